"""Exact money: drops, RLUSD, prices, basis points, and every rule by which a number of ours may be rounded.

XRP is an ``int`` of drops; RLUSD and prices are ``Decimal``. What is owned, owed, gained or lost is worked out under
:data:`EXACT` alone: a sum that would need rounding raises and is never a balance that is nearly right. The other
contexts are for what is rounded by its nature (a price, a share, a distance), and each says how. No other module makes
a context or works with Python's ambient one, which rounds at 28 digits without a word (a house rule holds that).

:mod:`neo.ledger` is exempt: its arithmetic is the ledger's own, digit by digit, and it imports nothing of ours. For the
same reason it keeps its own epoch and its own fees; everybody else has them from here.
"""

from __future__ import annotations

import decimal
import functools
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

# --- Facts of the network ----------------------------------------------------------------------------------------

DROPS_PER_XRP: Final = 1_000_000

# Seconds from the Unix epoch to the ledger's own, 2000-01-01 UTC. Source: xrpl.org, "Specifying Time".
RIPPLE_EPOCH_UNIX_S: Final = 946_684_800

# The main network's voted values. Source: xrpl.org, "Transaction Cost" and "Reserves". A venue tells its own; these are
# what a simulated network is made with.
BASE_FEE_DROPS: Final = 10
RESERVE_BASE_DROPS: Final = 1_000_000
RESERVE_OBJECT_DROPS: Final = 200_000

# --- Contexts ----------------------------------------------------------------------------------------------------

# A token amount has 16 digits and an exponent of -96..80, so sums and products of a few of them stay below 400 digits.
_DIGITS: Final = 400

# Sums and products of money. A result that would need rounding is an error.
EXACT: Final = Context(
    prec=_DIGITS,
    rounding=ROUND_HALF_EVEN,
    traps=[decimal.Inexact, decimal.InvalidOperation, decimal.DivisionByZero, decimal.FloatOperation],
)
# A price from two amounts: as many digits as the ledger keeps.
PRICE: Final = Context(prec=16, rounding=ROUND_HALF_EVEN)
PRICE_DOWN: Final = Context(prec=16, rounding=ROUND_FLOOR)
# What a quote is decided with: far more digits than any of its figures means, and few enough to be quick.
QUOTING: Final = Context(prec=18, rounding=ROUND_HALF_EVEN)
# A share, a ratio, a distance: figures about money that are no money. As many digits as Python takes by itself.
RATIO: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)
# The whole drops of a size: down, from more digits than rate and size have together.
SIZE_DOWN: Final = Context(prec=40, rounding=ROUND_FLOOR)
# A figure that is cut to a step: nothing before the step is rounded.
_STEPS: Final = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)

_ZERO = Decimal(0)
_ONE = Decimal(1)
_CENT = Decimal("0.01")
_TWO = Decimal(2)
_BPS = Decimal(10_000)
_BPS_STEP = Decimal("0.0001")
_DROPS = Decimal(DROPS_PER_XRP)

# Of a context each name is looked up anew among flags and traps, at half the cost of a sum.
_add, _multiply = EXACT.add, EXACT.multiply


@functools.cache
def rounding_up(digits: int) -> Context:
    """The context that rounds up to so many significant digits."""
    return Context(prec=digits, rounding=ROUND_CEILING)


def to_step(value: Decimal, step: Decimal) -> Decimal:
    """The multiple of a step (such as ``1e-15``) that is nearest, the even one of two."""
    return value.quantize(step, context=_STEPS)


def cents_up(value: Decimal) -> Decimal:
    """The least whole hundredth that is not below a value: an amount that somebody is told to pay."""
    return value.quantize(_CENT, rounding=ROUND_CEILING, context=_STEPS)


def share_of(whole: Decimal, part: int, parts: int, step: Decimal) -> Decimal:
    """``whole`` x ``part`` / ``parts``, to the nearest step. What is rounded off is the caller's to keep."""
    return to_step(_STEPS.divide(EXACT.multiply(whole, Decimal(part)), Decimal(parts)), step)


# --- Amounts -----------------------------------------------------------------------------------------------------


def sum_rlusd(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum of RLUSD amounts.

    Raises:
        decimal.Inexact: It has more digits than any sum of the ledger's amounts could have.
    """
    total = _ZERO
    for amount in amounts:
        total = _add(total, amount)
    return total


def xrp(drops: int) -> Decimal:
    """Drops as XRP, exact."""
    return Decimal(drops).scaleb(-6, EXACT)


def plain(value: Decimal) -> Decimal:
    """The same number in its shortest digits: no zeros at the end, no exponent above zero, and zero is ``0``."""
    # Adding 0 writes the zeros of a whole number out again, and takes the sign from a negative zero.
    return _add(value.normalize(EXACT), _ZERO)


def value_rlusd(drops: int, price: Decimal) -> Decimal:
    """What so many drops are worth in RLUSD at a price in RLUSD per XRP, exact."""
    return _multiply(drops, price).scaleb(-6, EXACT)


def equity_rlusd(drops: int, rlusd: Decimal, price: Decimal) -> Decimal:
    """What XRP (in drops) and RLUSD are worth together, in RLUSD at a price in RLUSD per XRP, exact."""
    return _add(value_rlusd(drops, price), rlusd)


# --- Prices ------------------------------------------------------------------------------------------------------


def price_of(drops: int, rlusd: Decimal) -> Decimal:
    """RLUSD per XRP of a trade, to 16 significant digits.

    Raises:
        ZeroDivisionError: if ``drops`` is 0, whatever ``rlusd`` is; the caller has no price then.
    """
    if not drops:
        raise ZeroDivisionError(f"{rlusd} RLUSD for no XRP is no price")
    return PRICE.divide(EXACT.multiply(rlusd, _DROPS), Decimal(drops))


def price_of_rate(rate: Decimal, *, of_ask: bool) -> Decimal:
    """RLUSD per XRP of an offer at a rate (taker pays / taker gets, XRP in drops), to 16 significant digits.

    Args:
        rate: As the ledger's books are sorted by.
        of_ask: Whether the offer gives XRP; a bid's rate is drops for a token.
    """
    return PRICE.multiply(rate, _DROPS) if of_ask else PRICE.divide(_DROPS, rate)


def price_tick(price: Decimal, digits: int) -> Decimal:
    """The smallest step of a price with so many significant digits."""
    return _ONE.scaleb(price.adjusted() - digits + 1, EXACT)


def middle(bid: Decimal, ask: Decimal) -> Decimal:
    """The price in the middle of a bid and an ask, exact."""
    return EXACT.divide(_add(bid, ask), _TWO)


def distance_bps(difference: Decimal, mid_price: Decimal) -> Decimal:
    """A price difference in basis points of the mid, to 1/10,000 of a basis point."""
    return to_step(RATIO.divide(_multiply(difference, _BPS), mid_price), _BPS_STEP)


def gap_bps(higher: Decimal | None, lower: Decimal | None, mid_price: Decimal | None) -> Decimal | None:
    """How far the first price lies above the second, in basis points of the mid; None if one of the three is absent."""
    if higher is None or lower is None or mid_price is None:
        return None
    return distance_bps(EXACT.subtract(higher, lower), mid_price)
