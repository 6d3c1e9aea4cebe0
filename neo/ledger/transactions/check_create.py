"""CheckCreate: promise somebody up to so much, to be fetched later if it is there.

Source: CreateCheck.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, others, views
from neo.ledger.entries import DISALLOW_INCOMING_CHECK, LINE_FREEZE, REQUIRE_DEST_TAG
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_legal,
    is_positive,
    issue_of,
)


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    keys.account_id(tx.destination())  # fails if it is no address
    if tx.account == tx.destination():
        return "temREDUNDANT"
    most, issue = tx.amount("SendMax")
    if not is_legal(most) or not is_positive(most):
        return "temBAD_AMOUNT"
    if is_bad_currency(issue):
        return "temBAD_CURRENCY"
    return "temBAD_EXPIRATION" if tx.counts.get("Expiration") == 0 else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    target = state.accounts.get(tx.destination())
    if target is None:
        return "tecNO_DST"
    if target.flags & DISALLOW_INCOMING_CHECK or target.is_amm:
        return "tecNO_PERMISSION"
    if target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in tx.counts:
        return "tecDST_TAG_NEEDED"
    _, issue = tx.amount("SendMax")
    if issue != XRP:
        if issue != issue_of(state):
            raise UnsupportedTransactionError("the embedded ledger has one token; this check is of another")
        if _is_frozen(state, tx):
            return "tecFROZEN"
    return "tecEXPIRED" if state.has_expired(tx.counts.get("Expiration")) else SUCCESS


def _is_frozen(state: State, tx: Transaction) -> bool:
    """Whether the token is frozen everywhere, for who writes the check, or by whom it is for."""
    if state.is_frozen(state.accounts[tx.account]):
        return True
    target = state.accounts[tx.destination()].line
    return target is not None and target.holder_has(LINE_FREEZE)


def apply(state: State, tx: Transaction) -> Effect:
    """Write the check; it wants its reserve."""
    account, target = state.accounts[tx.account], state.accounts[tx.destination()]
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    fields: JsonObject = {
        "Account": account.address,
        "Destination": target.address,
        "Flags": 0,
        "SendMax": views.amount_json(state.token, tx.amount("SendMax")[0]),
        "Sequence": tx.sequence,
        **tx.kept("SourceTag", "DestinationTag", "InvoiceID", "Expiration"),
    }
    places = ((target, "DestinationNode"), (account, "OwnerNode"))
    others.create(state, "Check", keys.check_key(account.id, tx.sequence), fields, places)
    state.adjust_owner_count(account, 1)
    return Effect(SUCCESS)
