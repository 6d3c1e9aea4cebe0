"""What the prices of a ledger say: the mid, and how near a quote stands to the touch. Whoever tells them asks here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from neo.chain.money import middle
from neo.messages import Level, Pool

# So near to the touch counts as at it.
_NEAR_BPS: Final = Decimal(-2)


def mid_price(bids: Sequence[Level], asks: Sequence[Level], pool: Pool | None) -> Decimal | None:
    """The middle of the touch without our offers; the pool's spot price where a side is empty; else None."""
    if bids and asks:
        return middle(bids[0].price, asks[0].price)
    return None if pool is None else pool.price


def within_2bps(distance_bps: Decimal | None) -> bool | None:
    """At most 2 bps behind the touch; ahead of it is nearer still. None where there is no distance."""
    return None if distance_bps is None else distance_bps >= _NEAR_BPS
