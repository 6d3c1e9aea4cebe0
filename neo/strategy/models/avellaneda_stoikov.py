"""Quotes around a reservation price, after Avellaneda and Stoikov.

Source: M. Avellaneda, S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8(3), 2008,
217-224: the reservation price (equation 29) and the optimal spread (equation 30),

    r = s - q * gamma * sigma^2 * (T - t)
    bid and ask at r -+ [ gamma * sigma^2 * (T - t) / 2 + ln(1 + gamma / kappa) / gamma ].

Units here, so that every number means the same at any price:

========== ========================== ==================================================================================
s          bps                        the anchor, as the origin: distances are counted from it
q          lots                       XRP above target, in orders of the base size
sigma^2    bps^2 per second           the measured variance
gamma      per bps and lot            risk aversion: 0.01 gives up 1 bps for a lot if a move over the horizon is 10 bps
kappa      per bps                    how fast fills get rarer with distance: their rate falls by e every 1/kappa bps
T - t      seconds                    a rolling horizon: this market has no closing bell that inventory must be flat by,
                                      so the time that inventory is held is a setting instead of a countdown
========== ========================== ==================================================================================
"""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import QUOTING
from neo.strategy.maths import ONE
from neo.strategy.models.interface import ModelSettings, Offsets, Situation


class AvellanedaStoikov:
    """The model ``avellaneda_stoikov``.

    Args:
        settings: Uses ``risk_aversion`` (gamma), ``fill_decay_per_bps`` (kappa) and ``horizon_s``.
    """

    def __init__(self, settings: ModelSettings) -> None:
        gamma, kappa = settings.risk_aversion, settings.fill_decay_per_bps
        self._gamma_horizon = QUOTING.multiply(gamma, settings.horizon_s)
        self._liquidity_bps = _liquidity_bps(gamma, kappa)

    def offsets(self, situation: Situation) -> Offsets:
        """Where the first level of each side should lie."""
        risk_bps = QUOTING.multiply(self._gamma_horizon, situation.variance_bps2_s)  # for one lot
        half_spread_bps = QUOTING.fma(risk_bps, _HALF, self._liquidity_bps)
        down_bps = QUOTING.multiply(risk_bps, situation.excess_lots)
        return Offsets(QUOTING.add(half_spread_bps, down_bps), QUOTING.subtract(half_spread_bps, down_bps))


_HALF = Decimal("0.5")
_SMALL = Decimal("1e-9")


def _liquidity_bps(gamma: Decimal, kappa: Decimal) -> Decimal:
    """ln(1 + gamma / kappa) / gamma. It comes to 1 / kappa as gamma comes to 0, where 1 + gamma / kappa has no digits
    left for it: there the logarithm's series, x - x^2 / 2, is nearer.
    """
    ratio = QUOTING.divide(gamma, kappa)
    if ratio < _SMALL:
        return QUOTING.divide(QUOTING.fma(QUOTING.minus(ratio), _HALF, ONE), kappa)
    return QUOTING.divide(QUOTING.ln(QUOTING.add(ONE, ratio)), gamma)
