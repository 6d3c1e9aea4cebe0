"""What cashing and cancelling a check have in common.

Source: CashCheck.cpp and CancelCheck.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import others
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import Transaction


def check_of(state: State, tx: Transaction) -> OtherEntry | None:
    """The check that a transaction names, None if there is none."""
    entry = state.others.get(tx.key("CheckID"))
    return entry if entry is not None and entry.kind == "Check" else None


def tear_up(state: State, check: OtherEntry) -> None:
    """Take a check out of the ledger, and give its writer the reserve back."""
    others.delete(state, check, keep_root=True)
    state.adjust_owner_count(state.accounts[check.word("Account")], -1)
