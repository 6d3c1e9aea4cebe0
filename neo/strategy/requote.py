"""From the offers that rest to those that should: what stays, what is replaced, what is added, what goes.

Levels are matched by rank, the best price first. A replacement is one transaction (OfferCreate with OfferSequence), so
there is no ledger in which both rest, nor one in which neither does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from neo.messages import OwnOffer, Quote, Side
from neo.strategy.amounts import Placement
from neo.strategy.maths import BPS, CONTEXT
from neo.strategy.settings import RequoteSettings


class Requote(NamedTuple):
    """One side's step: quotes to place (some in place of resting offers), and offers to cancel."""

    quotes: list[Quote]
    withdraw: list[str]


def requote(
    settings: RequoteSettings, side: Side, resting: Sequence[OwnOffer], wanted: Sequence[Placement], ledger_index: int
) -> Requote:
    """What one side must do.

    Args:
        settings: When an offer is replaced.
        side: Of all these.
        resting: Our offers of this side, none of them under way.
        wanted: What should rest, the best price first.
        ledger_index: The ledger that this is decided on.
    """
    ranked = sorted(resting, key=lambda offer: offer.price, reverse=side is Side.BUY)
    quotes: list[Quote] = []
    for rank, placement in enumerate(wanted):
        replaces = None
        if rank < len(ranked):
            if _may_stay(settings, ranked[rank], placement.price, ledger_index):
                continue
            replaces = ranked[rank].order_id
        quotes.append(Quote(side, placement.price, placement.xrp_drops, placement.rlusd, replaces))
    return Requote(quotes, [offer.order_id for offer in ranked[len(wanted) :]])


def _may_stay(settings: RequoteSettings, offer: OwnOffer, price: Decimal, ledger_index: int) -> bool:
    if offer.rlusd < settings.min_remainder_rlusd or ledger_index - offer.ledger_index > settings.quote_age_ledgers_max:
        return False
    off = abs(CONTEXT.subtract(offer.price, price))
    return CONTEXT.multiply(off, BPS) <= CONTEXT.multiply(settings.tolerance_bps, price)
