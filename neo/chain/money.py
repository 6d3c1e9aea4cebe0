"""Exact money: drops, RLUSD, prices and basis points.

XRP is an ``int`` of drops; RLUSD and prices are ``Decimal``. Every function here is exact or says how it rounds.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

DROPS_PER_XRP = 1_000_000
_BPS = Decimal(10_000)
_DROPS = Decimal(DROPS_PER_XRP)

# The ledger keeps 16 significant digits of a token amount; twice that and some leaves every product here exact.
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)
_PRICE = Context(prec=16, rounding=ROUND_HALF_EVEN)
_BPS_STEP = Decimal("0.0001")


def xrp(drops: int) -> Decimal:
    """Drops as XRP, exact."""
    return Decimal(drops).scaleb(-6)


def plain(value: Decimal) -> Decimal:
    """The same number in its shortest digits: no zeros at the end, no exponent above zero, and zero is ``0``."""
    # + 0 takes the sign from a negative zero.
    return value.quantize(Decimal(1)) + 0 if value == value.to_integral_value() else value.normalize(_EXACT)


def value_rlusd(drops: int, price: Decimal) -> Decimal:
    """What so many drops are worth in RLUSD at a price in RLUSD per XRP, exact."""
    return _EXACT.multiply(Decimal(drops), price).scaleb(-6, _EXACT)


def price_of(drops: int, rlusd: Decimal) -> Decimal:
    """RLUSD per XRP of a trade, to 16 significant digits.

    Raises:
        ZeroDivisionError: if ``drops`` is 0; the caller has no price then.
    """
    return _PRICE.divide(rlusd * _DROPS, Decimal(drops))


def price_tick(price: Decimal, digits: int) -> Decimal:
    """The smallest step of a price with so many significant digits."""
    return Decimal(1).scaleb(price.adjusted() - digits + 1)


def distance_bps(difference: Decimal, mid_price: Decimal) -> Decimal:
    """A price difference in basis points of the mid, to 1/10,000 of a basis point."""
    return (difference * _BPS / mid_price).quantize(_BPS_STEP, rounding=ROUND_HALF_EVEN)
