"""CheckCancel: take a check back; anybody may once its time is over.

Source: CancelCheck.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.state import State
from neo.ledger.transactions.check_common import check_of, tear_up
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    tx.key("CheckID")  # fails if it is no key
    return "temINVALID_FLAG" if tx.flags & ~UNIVERSAL_FLAGS else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    check = check_of(state, tx)
    if check is None:
        return "tecNO_ENTRY"
    is_over = state.has_expired(check.count("Expiration"))
    its_own = tx.account in (check.word("Account"), check.word("Destination"))
    return SUCCESS if is_over or its_own else "tecNO_PERMISSION"


def apply(state: State, tx: Transaction) -> Effect:
    """Take the check out of the ledger."""
    check = check_of(state, tx)
    assert check is not None, "it was there when it was looked at"
    tear_up(state, check)
    return Effect(SUCCESS)
