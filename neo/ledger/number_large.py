"""The ledger's decimal number with 19 digits, as it is once single-asset vaults or lending are in force.

The functions are those of ``neo.ledger.number``, for the same plain pairs. A mantissa has 19 digits and must fit the
server's signed 64 bits: beyond 9223372036854775807 only multiples of ten can be held. Every operation gives the exact
result, rounded once to what can be held; division too, which under the smaller scale drops its remainder.

Source: Number.cpp and Number.h of the ledger server, version 3.4 (``MantissaScale::Large330``).
"""

from __future__ import annotations

from neo.ledger.number import DOWN, NEAREST, UP, ZERO, AmountRangeError, Number, less, negate, to_integer

DIGITS = 19
MANTISSA_MIN = 10**18
REP_MAX = 2**63 - 1  # the largest mantissa that need not be a multiple of ten
_REP_NEXT = REP_MAX + 3  # the next one that can be held
_TEN_TO_19 = 10**19
_SHIFT_MAX = 2 * DIGITS  # a shift this long leaves nothing but a trace; longer ones round the same way
ONE: Number = (MANTISSA_MIN, -18)

__all__ = [
    "ONE",
    "ZERO",
    "add",
    "divide",
    "less",
    "multiply",
    "negate",
    "normalize",
    "subtract",
    "to_integer",
]


def normalize(mantissa: int, exponent: int, mode: int = NEAREST) -> Number:
    """Bring any integer mantissa to 19 digits.

    Args:
        mantissa: any integer.
        exponent: its power of ten.
        mode: how digits beyond what can be held round.
    """
    return _rounded(mantissa, 1, exponent, mode)


def _rounded(numerator: int, denominator: int, exponent: int, mode: int) -> Number:
    """A fraction of a power of ten as the number next to it: nearest, below or above, as the mode says."""
    if numerator == 0:
        return ZERO
    negative = (numerator < 0) != (denominator < 0)
    above, below = abs(numerator), abs(denominator)
    places = len(str(above)) - len(str(below)) - DIGITS
    above, below = _shifted(above, below, places)
    if above >= below * _TEN_TO_19:
        below, places = below * 10, places + 1
    exponent += places
    low, step, ties_up = _held_below(above // below, exact=above % below == 0)
    twice, unit = 2 * (above - low * below), step * below
    if twice and _goes_up(twice, unit, mode, ties_up=ties_up, negative=negative):
        low += step
    if low == _TEN_TO_19:
        low, exponent = MANTISSA_MIN, exponent + 1
    return (-low if negative else low), exponent


def _shifted(above: int, below: int, places: int) -> tuple[int, int]:
    """A fraction, its point moved to the left."""
    return (above, below * 10**places) if places > 0 else (above * 10**-places, below)


def _held_below(whole: int, *, exact: bool) -> tuple[int, int, bool]:
    """(the largest mantissa up to this one that can be held, the way to the next, whether half of it goes up)."""
    if whole < REP_MAX or (whole == REP_MAX and exact):
        return whole, 1, whole % 2 == 1
    if whole < _REP_NEXT:
        return REP_MAX, _REP_NEXT - REP_MAX, True
    return whole - whole % 10, 10, whole // 10 % 2 == 1


def _goes_up(twice: int, unit: int, mode: int, *, ties_up: bool, negative: bool) -> bool:
    """Whether what lies between two numbers that can be held goes to the larger one."""
    if mode == NEAREST:
        return twice > unit or (twice == unit and ties_up)
    return (mode == UP and not negative) or (mode == DOWN and negative)


def add(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Sum of two numbers."""
    (xm, xe), (ym, ye) = x, y
    if ym == 0:
        return x
    if xm == 0:
        return y
    low = min(xe, ye)
    if max(xe, ye) - low > _SHIFT_MAX:  # the smaller one is but a trace
        return _with_trace(x, y, mode) if xe > ye else _with_trace(y, x, mode)
    return _rounded(xm * 10 ** (xe - low) + ym * 10 ** (ye - low), 1, low, mode)


def _with_trace(large: Number, small: Number, mode: int) -> Number:
    return _rounded(large[0] * 10**_SHIFT_MAX + (1 if small[0] > 0 else -1), 1, large[1] - _SHIFT_MAX, mode)


def subtract(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Difference of two numbers: the sum with the second one's sign turned."""
    return add(x, (-y[0], y[1]), mode)


def multiply(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Product of two numbers."""
    return _rounded(x[0] * y[0], 1, x[1] + y[1], mode)


def divide(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Quotient of two numbers.

    Raises:
        AmountRangeError: the divisor is zero.
    """
    if y[0] == 0:
        raise AmountRangeError("divided by zero")
    return _rounded(x[0], y[0], x[1] - y[1], mode)
