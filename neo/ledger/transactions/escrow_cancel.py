"""EscrowCancel: give what was locked back, once the time for fetching it is over; anybody may.

Source: Escrow.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.state import State
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction, amount_field, require_own
from neo.ledger.transactions.escrow_common import escrow_of, is_past, preflight_fields, release
from neo.ledger.transactions.pool_common import check_may_hold


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    preflight_fields(tx)
    return "temINVALID_FLAG" if tx.flags & ~UNIVERSAL_FLAGS else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    escrow = escrow_of(state, tx)
    if escrow is None:
        return "tecNO_TARGET"
    value, issue = amount_field(escrow.fields["Amount"])
    require_own(state, issue, "escrow")
    return SUCCESS if isinstance(value, int) else check_may_hold(state, state.accounts[escrow.word("Account")])


def apply(state: State, tx: Transaction) -> Effect:
    """Give it back."""
    escrow = escrow_of(state, tx)
    assert escrow is not None, "it was there when it was looked at"
    cancel = escrow.count("CancelAfter")
    if cancel is None or not is_past(state, cancel):
        return Effect("tecNO_PERMISSION")
    owner = state.accounts[escrow.word("Account")]
    if not isinstance(escrow.fields["Amount"], str) and owner.line is None and owner.address == tx.account:
        return Effect("tefEXCEPTION")  # the server asks the escrow, not its owner, for an owner count
    return Effect(release(state, tx, escrow, owner, back=True))
