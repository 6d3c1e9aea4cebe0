"""What prices say: the mid of a ledger, how far two of them are apart, how near a quote stands to the touch.

Whoever tells them asks here.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from neo.chain.money import QUOTING, middle
from neo.messages import Level, PoolState

_BPS: Final = Decimal(10_000)
_HALF: Final = Decimal("0.5")

# So near to the touch counts as at it.
_NEAR_BPS: Final = Decimal(-2)


def mid_price(bids: Sequence[Level], asks: Sequence[Level], pool: PoolState | None) -> Decimal | None:
    """The middle of the touch without our offers; the pool's spot price where a side is empty; else None."""
    if bids and asks:
        return middle(bids[0].price, asks[0].price)
    return None if pool is None else pool.price


def within_2bps(distance_bps: Decimal | float | None) -> bool | None:
    """At most 2 bps behind the touch; ahead of it is nearer still. None where there is no distance."""
    return None if distance_bps is None else distance_bps >= _NEAR_BPS


def apart_bps(price: Decimal, reference: Decimal) -> Decimal:
    """How far a price lies above (+) or below (-) a reference, in bps of the reference, as a quote is decided with."""
    return QUOTING.multiply(QUOTING.divide(QUOTING.subtract(price, reference), reference), _BPS)


@functools.lru_cache(maxsize=1024)
def kept_weight(elapsed_s: int, halflife_s: int) -> Decimal:
    """The weight that what was known of a price keeps after so many seconds: a half to the power of half-lives gone."""
    return QUOTING.power(_HALF, QUOTING.divide(elapsed_s, halflife_s))
