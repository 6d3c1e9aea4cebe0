"""The ledger's decimal number: a 16-digit mantissa, a power of ten, and guard digits that decide the rounding.

A number is a plain pair ``(mantissa, exponent)``: the mantissa is 0 or has exactly 16 digits (either sign), and zero is
always ``ZERO``. Two numbers are equal exactly when the pairs are. Every operation rounds once, in the mode it is given.

Source: Number.cpp and Number.h of the ledger server (the ``Number`` type as of version 2.3). Where that type departs
from ideal rounding the departure is kept and named here, because the ledger's digits depend on it.
"""

from __future__ import annotations

from typing import TypeAlias

Number: TypeAlias = tuple[int, int]

NEAREST = 0  # ties to even
TOWARD_ZERO = 1
DOWN = 2
UP = 3

MANTISSA_MIN = 10**15
MANTISSA_MAX = 10**16 - 1
POWERS_OF_TEN: tuple[int, ...] = tuple(10**power for power in range(64))

ZERO: Number = (0, -100)
ONE: Number = (MANTISSA_MIN, -15)

_SHIFT_MAX = 18  # a shift this long leaves nothing but a sticky trace; longer ones round the same way


class AmountRangeError(ArithmeticError):
    """An amount left the range the ledger can hold, or was divided by zero. What asked for it fails."""


def _away(rest: int, unit: int, odd: int, negative: bool, mode: int) -> bool:
    """Whether the digits cut off (``rest`` out of ``unit``) move the magnitude one step away from zero."""
    if mode == NEAREST:
        twice = rest + rest
        return twice > unit or (twice == unit and odd == 1)
    if mode == UP:
        return rest > 0 and not negative
    return mode == DOWN and rest > 0 and negative


def normalize(mantissa: int, exponent: int, mode: int = NEAREST) -> Number:
    """Bring any integer mantissa to 16 digits.

    Args:
        mantissa: any integer.
        exponent: its power of ten.
        mode: how digits beyond the sixteenth round.
    """
    if mantissa == 0:
        return ZERO
    negative = mantissa < 0
    magnitude = -mantissa if negative else mantissa
    if not 10**16 <= magnitude < 10**18:
        excess = len(str(magnitude)) - 16
    elif magnitude < 10**17:  # what most quotients come to is told faster than by counting the digits
        excess = 1
    else:
        excess = 2
    if excess < 0:
        return mantissa * POWERS_OF_TEN[-excess], exponent + excess
    if excess > 0:
        unit = POWERS_OF_TEN[excess]
        magnitude, rest = divmod(magnitude, unit)
        exponent += excess
        if rest and _away(rest, unit, magnitude & 1, negative, mode):
            magnitude += 1
            if magnitude > MANTISSA_MAX:
                magnitude //= 10
                exponent += 1
        return (-magnitude if negative else magnitude), exponent
    return mantissa, exponent


def negate(x: Number) -> Number:
    """The number with its sign turned."""
    return -x[0], x[1]


def add(x: Number, y: Number, mode: int = NEAREST) -> Number:  # noqa: C901 - signs and shifts, told apart once
    """Sum of two numbers. The guard digits carry the sign of the operand that was shifted, as in the server."""
    xm, xe = x
    ym, ye = y
    if ym == 0:
        return x
    if xm == 0:
        return y
    if xe == ye and xm == -ym:
        return ZERO
    x_negative, y_negative = xm < 0, ym < 0
    xm, ym = abs(xm), abs(ym)
    rest, unit, guard_negative = 0, 1, False
    if xe < ye:
        guard_negative = x_negative
        xm, rest, unit = _shift(xm, ye - xe)
        xe = ye
    elif xe > ye:
        guard_negative = y_negative
        ym, rest, unit = _shift(ym, xe - ye)
    if x_negative == y_negative:
        xm += ym
        if xm > MANTISSA_MAX:
            xm, digit = divmod(xm, 10)
            rest += digit * unit
            unit *= 10
            xe += 1
        if rest and _away(rest, unit, xm & 1, guard_negative, mode):
            xm += 1
            if xm > MANTISSA_MAX:
                xm //= 10
                xe += 1
        return (-xm if x_negative else xm), xe
    if xm > ym:
        xm -= ym
    else:
        xm = ym - xm
        x_negative = y_negative
    xm, xe = _borrow(xm, xe, rest, unit, guard_negative, mode)
    return (-xm if x_negative else xm), xe


def _shift(mantissa: int, places: int) -> tuple[int, int, int]:
    """Move a mantissa right; returns (what is left, what was cut off, the unit of what was cut off)."""
    if places > _SHIFT_MAX:
        return 0, 1, POWERS_OF_TEN[_SHIFT_MAX]
    unit = POWERS_OF_TEN[places]
    left, rest = divmod(mantissa, unit)
    return left, rest, unit


def _borrow(
    mantissa: int,
    exponent: int,
    rest: int,
    unit: int,
    guard_negative: bool,
    mode: int,
) -> tuple[int, int]:
    """Finish a subtraction: give the guard digits back one at a time until 16 digits stand, then round the rest."""
    while mantissa < MANTISSA_MIN:
        if rest == 0:
            places = 16 - len(str(mantissa))
            return mantissa * POWERS_OF_TEN[places], exponent - places
        unit //= 10
        digit, rest = divmod(rest, unit)
        mantissa = mantissa * 10 - digit
        exponent -= 1
    if rest and _away(rest, unit, mantissa & 1, guard_negative, mode):
        mantissa -= 1
        if mantissa < MANTISSA_MIN:
            mantissa *= 10
            exponent -= 1
    return mantissa, exponent


def subtract(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Difference of two numbers: the sum with the second one's sign turned."""
    return add(x, (-y[0], y[1]), mode)


def multiply(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Product of two numbers, rounded once from the exact product."""
    product = x[0] * y[0]
    if product == 0:
        return ZERO
    negative = product < 0
    if negative:
        product = -product
    excess = 16 if product >= 10**31 else 15
    unit = POWERS_OF_TEN[excess]
    mantissa, rest = divmod(product, unit)
    exponent = x[1] + y[1] + excess
    if rest and _away(rest, unit, mantissa & 1, negative, mode):
        mantissa += 1
        if mantissa > MANTISSA_MAX:
            mantissa //= 10
            exponent += 1
    return (-mantissa if negative else mantissa), exponent


def divide(x: Number, y: Number, mode: int = NEAREST) -> Number:
    """Quotient of two numbers.

    The server divides after scaling by 10**17 and drops the integer remainder before it rounds, so a directed mode sees
    only the one or two guard digits that are left. That is kept.

    Raises:
        AmountRangeError: the divisor is zero.
    """
    ym = y[0]
    if ym == 0:
        raise AmountRangeError("divided by zero")
    xm = x[0]
    if xm == 0:
        return ZERO
    quotient = abs(xm) * 10**17 // abs(ym)
    return normalize(quotient if (xm < 0) == (ym < 0) else -quotient, x[1] - y[1] - 17, mode)


def less(x: Number, y: Number) -> bool:
    """Whether ``x < y``."""
    xm, xe = x
    ym, ye = y
    if xm <= 0 or ym <= 0 or xe == ye:
        if (xm < 0) != (ym < 0):
            return xm < 0
        if xm == 0:
            return ym > 0
        if ym == 0:
            return False
        if xe == ye:
            return xm < ym
        return (xe < ye) == (xm > 0)
    return xe < ye


def to_integer(x: Number, mode: int = NEAREST) -> int:
    """Round a number to a whole one, for drops (the server's conversion to ``rep``)."""
    mantissa, exponent = x
    if exponent >= 0:
        return mantissa * POWERS_OF_TEN[exponent] if mantissa else 0
    return scaled_to_integer(mantissa, exponent, mode)


def scaled_to_integer(mantissa: int, exponent: int, mode: int) -> int:
    """``to_integer`` for a mantissa that need not have 16 digits and an exponent of 0 or less."""
    negative = mantissa < 0
    unit = POWERS_OF_TEN[min(-exponent, 40)]
    whole, rest = divmod(-mantissa if negative else mantissa, unit)
    if rest and _away(rest, unit, whole & 1, negative, mode):
        whole += 1
    return -whole if negative else whole
