"""The one arithmetic of quoting: Decimal in a fixed context, so that every machine gets the same digits.

Offsets and volatilities are in basis points (bps), 1/10,000 of the anchor price; 18 digits are far more than any of
them means, and few enough to be quick. Prices are rounded once, when an offer's amounts are made
(:mod:`neo.strategy.amounts`).
"""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import QUOTING

ZERO = Decimal(0)
ONE = Decimal(1)
BPS = Decimal(10_000)


def moved(price: Decimal, bps: Decimal) -> Decimal:
    """A price moved by so many bps of itself."""
    return QUOTING.fma(QUOTING.divide(bps, BPS), price, price)
