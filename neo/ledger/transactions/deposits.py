"""Who may pay an account that wants to be asked first.

Source: ``verifyDepositPreauth`` in CredentialHelpers.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys
from neo.ledger.entries import DEPOSIT_AUTH, Account
from neo.ledger.state import State


def may_pay(state: State, source: Account, target: Account) -> bool:
    """Whether an account takes what another brings: it asks for no leave, or has given it, or it is the same one."""
    if not target.flags & DEPOSIT_AUTH or target is source:
        return True
    return keys.preauth_key(target.id, source.id) in state.others
