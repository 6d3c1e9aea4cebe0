"""Prices of a market as it stands: the middle, and how far a quote is from the touch."""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import distance_bps
from neo.messages import Level, Pool

_NEAR_BPS = Decimal(-2)


def mid_price(bids: tuple[Level, ...], asks: tuple[Level, ...], pool: Pool | None) -> Decimal | None:
    """The middle of the touch without our offers; the pool's spot price where a side is empty; else None."""
    if bids and asks:
        return (bids[0].price + asks[0].price) / 2
    return None if pool is None else pool.price


def touch_distance_bps(higher: Decimal | None, lower: Decimal | None, mid: Decimal | None) -> Decimal | None:
    """Our quote against the touch: 0 at it, negative behind it. An absent side is absent, not zero."""
    if higher is None or lower is None or mid is None:
        return None
    return distance_bps(higher - lower, mid)


def within_2bps(distance: Decimal | None) -> bool | None:
    """At most 2 bps behind the touch; ahead of it is nearer still. None where there is no distance."""
    return None if distance is None else distance >= _NEAR_BPS
