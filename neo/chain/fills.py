"""The one fill reader: what a validated transaction did to our offers and balances, from its metadata.

Every venue hands over metadata in the ledger's own shape, so this code alone decides what a fill is:

- A fill is a change of an offer's TakerGets/TakerPays, never a node's deletion: expired, unfunded, replaced and
  self-crossed offers are deleted too (xrpl.org, "Transaction Metadata").
- Fills come from any transaction type, ours or not.
- Balances move by the fee as well; the fee is added back before a taker fill is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.money import EXACT
from neo.chain.pair import Pair
from neo.messages import LedgerTransaction, OrderStatus, Side

UNREADABLE: Final = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What fields of a wrong form run into: metadata is read as if it had the ledger's shape, and whoever reads it catches
these in the one place where it is told as the server's fault."""


class OfferChange(msgspec.Struct, frozen=True):
    """What one transaction did to one of our resting offers.

    ``status`` is where the offer stands after it. ``xrp_drops`` and ``rlusd`` are what was traded (0 if nothing).
    """

    offer_sequence: int
    side: Side
    xrp_drops: int
    rlusd: Decimal
    xrp_left_drops: int
    rlusd_left: Decimal
    status: OrderStatus


class Placed(msgspec.Struct, frozen=True):
    """The offer that our own transaction left on the book."""

    offer_sequence: int
    side: Side
    xrp_left_drops: int
    rlusd_left: Decimal


class Reading(msgspec.Struct, frozen=True):
    """All that one validated transaction means to us.

    ``xrp_change_drops`` is without the fee; ``fee_drops`` is 0 for others' transactions.
    """

    own: bool
    fee_drops: int
    xrp_change_drops: int
    rlusd_change: Decimal
    changes: tuple[OfferChange, ...]
    placed: Placed | None


class MetadataError(ValueError):
    """Metadata that is not in the ledger's shape, so nothing may be concluded from it."""

    def __init__(self, tx_hash: str, what: str) -> None:
        super().__init__(f"transaction {tx_hash}: {what}")
        self.tx_hash = tx_hash


def read(transaction: LedgerTransaction, pair: Pair, parent_close_time_s: int = 0, *, frozen: bool = False) -> Reading:
    """Read one validated transaction's metadata.

    Args:
        transaction: The transaction.
        pair: Ours.
        parent_close_time_s: When the ledger before closed: an offer has expired if its Expiration is not after that
            (xrpl.org, "Offers", offer expiration).
        frozen: Our line or its issuer was: what is found without funds then is so for that.

    Raises:
        MetadataError: if a field that must be there is missing or has another shape.
    """
    try:
        reading = _read(transaction, pair, parent_close_time_s)
    except UNREADABLE as error:
        raise MetadataError(transaction.tx_hash, f"metadata lacks the ledger's shape ({error!r})") from error
    return _as_frozen(reading) if frozen and reading.changes else reading


def _as_frozen(reading: Reading) -> Reading:
    changes = tuple(
        msgspec.structs.replace(change, status=OrderStatus.FROZEN) if change.status is OrderStatus.UNFUNDED else change
        for change in reading.changes
    )
    return msgspec.structs.replace(reading, changes=changes)


def _read(transaction: LedgerTransaction, pair: Pair, parent_close_time_s: int) -> Reading:
    tx = transaction.tx
    own = tx["Account"] == pair.account
    fee_drops = int(tx["Fee"]) if own else 0
    xrp_change_drops = fee_drops
    rlusd_change = Decimal(0)
    changes: list[OfferChange] = []
    placed: Placed | None = None
    for action, node in _nodes(transaction.meta):
        kind = node["LedgerEntryType"]
        if kind == "Offer":
            fields = node["NewFields"] if action == "CreatedNode" else node["FinalFields"]
            if fields["Account"] != pair.account or not _is_pair(fields, pair):
                continue
            if action == "CreatedNode":
                placed = _placed(fields)
            else:
                changes.append(_offer_change(action, node, tx if own else None, parent_close_time_s))
        elif kind == "AccountRoot":
            xrp_change_drops += _xrp_change(node, pair.account)
        elif kind == "RippleState":
            rlusd_change = EXACT.add(rlusd_change, _rlusd_change(action, node, pair))
    return Reading(own, fee_drops, xrp_change_drops, rlusd_change, tuple(changes), placed)


def _nodes(meta: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in meta["AffectedNodes"]:
        yield from entry.items()


def _is_pair(offer: Mapping[str, Any], pair: Pair) -> bool:
    gets, pays = offer["TakerGets"], offer["TakerPays"]
    token = pays if isinstance(gets, str) else gets
    if isinstance(gets, str) == isinstance(pays, str):
        return False
    return is_token(token, pair)


def is_token(amount: Mapping[str, Any], pair: Pair) -> bool:
    """Whether an amount is of the pair's token. A multi-purpose token's has neither currency nor issuer."""
    return (amount.get("currency"), amount.get("issuer")) == (pair.currency, pair.issuer)


def _amounts(fields: Mapping[str, Any]) -> tuple[Side, int, Decimal]:
    """An offer's side, XRP in drops and RLUSD: giving XRP is selling."""
    gets, pays = fields["TakerGets"], fields["TakerPays"]
    if isinstance(gets, str):
        return Side.SELL, int(gets), Decimal(pays["value"])
    return Side.BUY, int(pays), Decimal(gets["value"])


def _placed(fields: Mapping[str, Any]) -> Placed:
    side, xrp_drops, rlusd = _amounts(fields)
    return Placed(fields["Sequence"], side, xrp_drops, rlusd)


def _offer_change(
    action: str, node: Mapping[str, Any], own_tx: Mapping[str, Any] | None, parent_close_time_s: int
) -> OfferChange:
    final = node["FinalFields"]
    side, xrp_left_drops, rlusd_left = _amounts(final)
    xrp_drops, rlusd = 0, Decimal(0)
    previous = node.get("PreviousFields", {})
    if "TakerGets" in previous or "TakerPays" in previous:
        # A side that did not change is left out of PreviousFields.
        _, xrp_before_drops, rlusd_before = _amounts({**final, **previous})
        xrp_drops, rlusd = xrp_before_drops - xrp_left_drops, EXACT.subtract(rlusd_before, rlusd_left)
    if action == "ModifiedNode":
        status = OrderStatus.PARTIALLY_FILLED
    elif not xrp_left_drops or not rlusd_left:
        status = OrderStatus.FILLED
    else:
        status = _removed(final, own_tx, parent_close_time_s)
    return OfferChange(final["Sequence"], side, xrp_drops, rlusd, xrp_left_drops, rlusd_left, status)


def _removed(final: Mapping[str, Any], own_tx: Mapping[str, Any] | None, parent_close_time_s: int) -> OrderStatus:
    """Why an offer went that was not used up."""
    if own_tx is not None and own_tx.get("OfferSequence") == final["Sequence"]:
        return OrderStatus.REPLACED if own_tx["TransactionType"] == "OfferCreate" else OrderStatus.CANCELED
    if "Expiration" in final and final["Expiration"] <= parent_close_time_s:
        return OrderStatus.EXPIRED
    if own_tx is not None and own_tx["TransactionType"] == "OfferCreate":
        # Our own crossing offer, which the ledger does not let trade with it.
        return OrderStatus.SELF_CROSSED
    # A transaction met it on the way and found it without funds behind it.
    return OrderStatus.UNFUNDED


def _xrp_change(node: Mapping[str, Any], account: str) -> int:
    fields = node.get("FinalFields") or node.get("NewFields") or {}
    previous = node.get("PreviousFields", {})
    if fields.get("Account") != account or "Balance" not in previous:
        return 0
    return int(fields["Balance"]) - int(previous["Balance"])


def _rlusd_change(action: str, node: Mapping[str, Any], pair: Pair) -> Decimal:
    fields = node["NewFields"] if action == "CreatedNode" else node["FinalFields"]
    holders = (fields["LowLimit"]["issuer"], fields["HighLimit"]["issuer"])
    balance = fields["Balance"]
    if pair.account not in holders or pair.issuer not in holders or balance["currency"] != pair.currency:
        return Decimal(0)
    if action == "CreatedNode":
        change = Decimal(balance["value"])
    elif "Balance" in node.get("PreviousFields", {}):
        change = EXACT.subtract(Decimal(balance["value"]), Decimal(node["PreviousFields"]["Balance"]["value"]))
    else:
        return Decimal(0)
    # A trust line's balance is told from the low account's side.
    return change if holders[0] == pair.account else EXACT.minus(change)
