"""EscrowFinish: hand over what was locked, once its time has come; anybody may.

Source: Escrow.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.state import State
from neo.ledger.transactions import deposits
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction, amount_field
from neo.ledger.transactions.escrow_common import escrow_of, is_past, preflight_fields, release
from neo.ledger.transactions.pool_common import check_may_hold


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger.

    Raises:
        UnsupportedTransactionError: it shows a fulfillment.
    """
    preflight_fields(tx)
    return "temINVALID_FLAG" if tx.flags & ~UNIVERSAL_FLAGS else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    escrow = escrow_of(state, tx)
    if escrow is None:
        return "tecNO_TARGET"
    value, _ = amount_field(escrow.fields["Amount"])
    target = state.accounts.get(escrow.word("Destination"))
    if isinstance(value, int) or target is None or target is state.issuer:
        return SUCCESS
    if (refused := check_may_hold(state, target)) != SUCCESS:
        return refused
    return "tecFROZEN" if target.line is not None and target.line.is_deep_frozen else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Hand it over, if it is time and not too late."""
    escrow = escrow_of(state, tx)
    assert escrow is not None, "it was there when it was looked at"
    finish, cancel = escrow.count("FinishAfter"), escrow.count("CancelAfter")
    if finish is not None and not is_past(state, finish):
        return Effect("tecNO_PERMISSION")
    if cancel is not None and is_past(state, cancel):
        return Effect("tecNO_PERMISSION")
    if "Condition" in escrow.fields:
        return Effect("tecCRYPTOCONDITION_ERROR")
    target = state.accounts.get(escrow.word("Destination"))
    if target is None:
        return Effect("tecNO_DST")
    if not deposits.may_pay(state, state.accounts[tx.account], target):
        return Effect("tecNO_PERMISSION")
    return Effect(release(state, tx, escrow, target, back=False))
