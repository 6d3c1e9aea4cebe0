"""EscrowFinish: hand over what was locked, once its time has come; anybody may.

Source: Escrow.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import conditions
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions import deposits
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    amount_field,
    require_own,
)
from neo.ledger.transactions.escrow_common import escrow_of, is_past, preflight_fields, release
from neo.ledger.transactions.pool_common import check_may_hold


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    preflight_fields(tx)
    shown = [bytes.fromhex(tx.word(name)) for name in ("Condition", "Fulfillment") if name in tx.fields]
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    return MALFORMED if len(shown) == 1 else deposits.preflight_shown(tx)


def checking_drops(state: State, tx: Transaction) -> int:
    """What more a fulfillment costs to check, in drops: 32 base fees, and one for each 16 bytes of it."""
    return state.fees.base_fee_drops * (32 + len(bytes.fromhex(tx.word("Fulfillment"))) // 16)


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    if (refused := deposits.preclaim_shown(state, tx)) != SUCCESS:
        return refused
    escrow = escrow_of(state, tx)
    if escrow is None:
        return "tecNO_TARGET"
    value, issue = amount_field(escrow.fields["Amount"])
    require_own(state, issue, "escrow")
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
    if not _is_fulfilled(tx, escrow):
        return Effect("tecCRYPTOCONDITION_ERROR")
    target = state.accounts.get(escrow.word("Destination"))
    if target is None:
        return Effect("tecNO_DST")
    refused = deposits.refusal(state, tx, state.accounts[tx.account], target)
    if refused is not None:
        return refused
    return Effect(release(state, tx, escrow, target, back=False))


def _is_fulfilled(tx: Transaction, escrow: OtherEntry) -> bool:
    """Whether the escrow's condition, and no other, is shown together with what fulfils it; or none is asked for."""
    if "Condition" not in tx.fields:
        return "Condition" not in escrow.fields
    condition = bytes.fromhex(tx.word("Condition"))
    if not conditions.fulfils(bytes.fromhex(tx.word("Fulfillment")), condition):
        return False
    return "Condition" in escrow.fields and bytes.fromhex(escrow.word("Condition")) == condition
