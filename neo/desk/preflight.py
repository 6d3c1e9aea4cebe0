"""The last look before an offer leaves: is the verdict about the newest ledger, and would the offer only rest?

Pricing behind the market is not enough to be a maker for sure: the flag tfPassive spares offers of equal quality only,
and a read of the market has but so many levels. So each offer is tried on the exact ledger first. What happens between
this look and the ledger that the offer enters can't be known: a fill as taker is counted as an incident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from neo.chain.pair import Pair
from neo.chain.result_codes import TES_SUCCESS
from neo.desk.desk import Desk
from neo.desk.fee import Fee
from neo.desk.orders import LIVE
from neo.ledger import Ledger
from neo.messages import HeldBack, OrdersAllowed, Quote
from neo.messages.reasons import HoldCode


class Preview(msgspec.Struct, frozen=True):
    """What would come of an offer if it were applied to the last closed ledger: its result code, and whether it would
    trade, or delete an offer of ours that it doesn't replace.
    """

    result: str
    takes: bool

    @property
    def only_rests(self) -> bool:
        """True if all that would come of it is an offer on the book."""
        return not self.takes and self.result == TES_SUCCESS


def preview_on(ledger: Ledger, tx: Mapping[str, Any], pair: Pair) -> Preview:
    """Try an offer on an embedded ledger, which stays as it is.

    Args:
        ledger: As the last closed one left it.
        tx: An OfferCreate of ours; its place in the account's sequence doesn't matter.
        pair: Whose offer it is.
    """
    trial = ledger.preview({**tx, "Sequence": ledger.sequence(pair.account)})
    return Preview(trial.result, trial.takes)


def fresh(desk: Desk, allowed: OrdersAllowed, newest_index: int, fee: Fee) -> OrdersAllowed:
    """The verdict without quotes that time has overtaken.

    A verdict about an older ledger doesn't know of what was sent since; a newer one is on its way. And an offer that
    was to be replaced but has gone was filled, most likely: a new one would double the exposure.
    So would one beside an order whose fate is not known. And above the cap of the fee no offer gets in.

    Args:
        desk: As the last booked ledger left it.
        allowed: The verdict.
        newest_index: The newest ledger known, which a desk that catches up has not booked yet.
        fee: What a transaction burns.
    """
    held: list[HeldBack] = []
    quotes: list[Quote] = []
    waiting = {order.side: order for order in desk.pending() if order.cancels is None}
    for quote in allowed.quotes:
        if allowed.ledger_index < newest_index:
            detail = f"ledger {allowed.ledger_index}, now {newest_index}"
            held.append(HeldBack(HoldCode.STALE_VERDICT, quote.side, detail))
        elif not _replaceable(desk, quote):
            held.append(HeldBack(HoldCode.REPLACED_GONE, quote.side, f"{quote.replaces}"))
        elif quote.side in waiting:
            order = waiting[quote.side]
            held.append(HeldBack(HoldCode.ORDER_PENDING, quote.side, f"{order.order_id} is {order.status}"))
        elif fee.is_above_cap:
            detail = f"{fee.asked_drops} > {fee.drops} drops"
            held.append(HeldBack(HoldCode.FEE_ABOVE_CAP, quote.side, detail))
        else:
            quotes.append(quote)
    return _without(allowed, quotes, held, ()) if held else allowed


def _replaceable(desk: Desk, quote: Quote) -> bool:
    if quote.replaces is None:
        return True
    target = desk.order(quote.replaces)
    return target is not None and target.status in LIVE


def previewed(allowed: OrdersAllowed, previews: Sequence[Preview]) -> OrdersAllowed:
    """The verdict without quotes that would not simply rest; what they were to replace is withdrawn.

    Args:
        allowed: The verdict.
        previews: One for each of its quotes.
    """
    held: list[HeldBack] = []
    quotes: list[Quote] = []
    withdraw: list[str] = []
    for quote, preview in zip(allowed.quotes, previews, strict=True):
        if preview.only_rests:
            quotes.append(quote)
            continue
        code = HoldCode.WOULD_CROSS if preview.takes else HoldCode.WOULD_FAIL
        held.append(HeldBack(code, quote.side, f"{preview.result} at {quote.price}"))
        if quote.replaces is not None:
            withdraw.append(quote.replaces)
    return _without(allowed, quotes, held, withdraw) if held else allowed


def _without(
    allowed: OrdersAllowed, quotes: Sequence[Quote], held: Sequence[HeldBack], withdraw: Sequence[str]
) -> OrdersAllowed:
    return msgspec.structs.replace(
        allowed,
        quotes=tuple(quotes),
        held_back=(*allowed.held_back, *held),
        withdraw=(*allowed.withdraw, *withdraw),
    )
