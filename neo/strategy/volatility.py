"""How much the price moves: an exponentially weighted mean of squared returns, ledger by ledger.

The variance is in bps squared per second, so its root is bps per square root of a second, and a move over t seconds has
a standard deviation of sigma * sqrt(t). Simple returns stand for logarithmic ones: at the size of a ledger's move the
difference is beyond every digit that matters.
Source: RiskMetrics Technical Document (J. P. Morgan/Reuters, 4th ed. 1996), section 5.2, here for unequal intervals.
"""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import QUOTING
from neo.chain.prices import apart_bps, kept_weight

_MINUTE_S = 60


class Volatility:
    """The estimate of one price's variance.

    Args:
        halflife_s: After so many seconds a return counts half.
        initial_bps_minute: Standard deviation of a minute's move, assumed until prices say otherwise.
    """

    def __init__(self, halflife_s: int, initial_bps_minute: Decimal) -> None:
        self._halflife_s = halflife_s
        self.variance_bps2_s = QUOTING.divide(QUOTING.multiply(initial_bps_minute, initial_bps_minute), _MINUTE_S)
        self._last: tuple[int, Decimal] | None = None

    @property
    def sigma_bps_sqrt_s(self) -> Decimal:
        """Standard deviation of the move in one second; over t seconds it is sqrt(t) times that."""
        return QUOTING.sqrt(self.variance_bps2_s)

    def observe(self, time_s: int, price: Decimal) -> None:
        """Take a price in. One that is not later than the last is passed over."""
        if self._last is None:
            self._last = (time_s, price)
            return
        last_s, last_price = self._last
        elapsed_s = time_s - last_s
        if elapsed_s <= 0:
            return
        move_bps = apart_bps(price, last_price)
        squared = QUOTING.divide(QUOTING.multiply(move_bps, move_bps), elapsed_s)
        kept = kept_weight(elapsed_s, self._halflife_s)
        # The mean of the old variance, as far as it is kept, and the new square, by the rest.
        self.variance_bps2_s = QUOTING.fma(kept, QUOTING.subtract(self.variance_bps2_s, squared), squared)
        self._last = (time_s, price)
