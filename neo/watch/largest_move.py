"""How far the price moved at once of late: what a move before our next quotes may come to.

A standard deviation says little of jumps, so a limit on losses reckons with the largest move instead.
"""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import QUOTING
from neo.chain.prices import apart_bps, kept_weight


class LargestMove:
    """The largest move of one price from a ledger to the next, of which every half-life takes half away.

    Args:
        halflife_s: After so many seconds a move counts half.
        least_bps: No move is taken to be smaller.
    """

    def __init__(self, halflife_s: int, least_bps: Decimal) -> None:
        self._halflife_s = halflife_s
        self._least_bps = least_bps
        self.bps = least_bps
        self._last: tuple[int, Decimal] | None = None

    def observe(self, time_s: int, price: Decimal) -> None:
        """Take a price in. One that is not later than the last is passed over."""
        if self._last is not None:
            last_s, last_price = self._last
            elapsed_s = time_s - last_s
            if elapsed_s <= 0:
                return
            faded_bps = QUOTING.multiply(self.bps, kept_weight(elapsed_s, self._halflife_s))
            self.bps = max(abs(apart_bps(price, last_price)), faded_bps, self._least_bps)
        self._last = (time_s, price)
