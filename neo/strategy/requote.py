"""From the offers that rest to those that should: what stays, what is replaced, what is added, what goes.

Levels are matched by rank, the best price first. A replacement is one transaction (OfferCreate with OfferSequence), so
there is no ledger in which both rest, nor one in which neither does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from neo.chain.money import QUOTING
from neo.messages import OwnOffer, Side
from neo.strategy.maths import BPS
from neo.strategy.settings import RequoteSettings


class Requote(NamedTuple):
    """One side's step: prices to quote at, each in place of an offer (its order's id) or beside them; and cancels."""

    place: list[tuple[Decimal, str | None]]
    withdraw: list[str]


def requote(
    settings: RequoteSettings, side: Side, resting: Sequence[OwnOffer], prices: Sequence[Decimal], now: tuple[int, int]
) -> Requote:
    """What one side must do.

    Args:
        settings: When an offer is replaced.
        side: Of all these.
        resting: Our offers of this side, none of them under way.
        prices: Where offers should rest, the best first.
        now: The ledger that this is decided on, and when it closed.
    """
    ranked = sorted(resting, key=_price, reverse=side is Side.BUY)
    place: list[tuple[Decimal, str | None]] = []
    for rank, price in enumerate(prices):
        if rank >= len(ranked):
            place.append((price, None))
        elif not _may_stay(settings, ranked[rank], price, now):
            place.append((price, ranked[rank].order_id))
    return Requote(place, [offer.order_id for offer in ranked[len(prices) :]])


def _price(offer: OwnOffer) -> Decimal:
    return offer.price


def _may_stay(settings: RequoteSettings, offer: OwnOffer, price: Decimal, now: tuple[int, int]) -> bool:
    ledger_index, now_s = now
    if offer.renew_from_s is not None and now_s >= offer.renew_from_s:
        return False
    if offer.rlusd < settings.least_rlusd or ledger_index - offer.ledger_index > settings.quote_age_ledgers_max:
        return False
    off = abs(QUOTING.subtract(offer.price, price))
    return QUOTING.multiply(off, BPS) <= QUOTING.multiply(settings.tolerance_bps, price)
