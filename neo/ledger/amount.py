"""Amounts: XRP as whole drops, tokens as 16-digit decimals, and the ledger's rounding rules for both.

XRP is an ``int`` of drops. A token amount is a ``Token``: the same pair as a ``Number``, its exponent held to -96..80.
Code that is the same for both sides of a trade takes an ``Asset``: the arithmetic of one kind of amount.

Sources: IOUAmount.cpp, XRPAmount.h, STAmount.cpp (canonicalize, multiply, divide, mulRound, divRound and their strict
forms, mulRatio) and AmountConversions.h of the ledger server, with fixUniversalNumber and fixSTAmountCanonicalize.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias, TypeVar

from neo.ledger import number
from neo.ledger.number import NEAREST, POWERS_OF_TEN, TOWARD_ZERO, ZERO, AmountRangeError, Number
from neo.ledger.scale import SMALL, Scale

Token: TypeAlias = Number
Amount: TypeAlias = int | Token  # drops, or tokens

EXPONENT_MIN = -96
EXPONENT_MAX = 80
DROPS_MAX = 10**17  # all the XRP there can be
DROPS_UNLIMITED = 9 * 10**18  # what "as much as possible" means for XRP (STAmount::cMaxNative)
TOKEN_UNLIMITED: Token = (number.MANTISSA_MAX // 2, EXPONENT_MAX)
TOKEN_LEAST: Token = (number.MANTISSA_MIN, EXPONENT_MIN)
TOKEN_MOST: Token = (number.MANTISSA_MAX, EXPONENT_MAX)

RATE_ONE = 1_000_000_000  # a transfer rate, or a trust line's quality, of exactly one

A = TypeVar("A", int, Token)
In = TypeVar("In", int, Token)  # of the two sides of a trade, what the taker pays
Out = TypeVar("Out", int, Token)  # what the taker gets


def token(mantissa: int, exponent: int, mode: int = NEAREST) -> Token:
    """A token amount from any mantissa and exponent.

    Raises:
        AmountRangeError: it is larger than the ledger can hold.
    """
    return confined(number.normalize(mantissa, exponent, mode))


def confined(value: Number) -> Token:
    """Hold a number to a token's range: too small becomes zero, too large is an error (IOUAmount.cpp)."""
    exponent = value[1]
    if exponent < EXPONENT_MIN:
        return ZERO
    if exponent > EXPONENT_MAX:
        raise AmountRangeError("token amount too large")
    return value


def scaled_drops(drops: int) -> tuple[int, int]:
    """Drops as mantissa and exponent, with at least 16 digits: how the server lines XRP up beside a token."""
    missing = 16 - len(str(drops))
    if missing > 0:
        return drops * POWERS_OF_TEN[missing], -missing
    return drops, 0


def scaled(amount: Amount) -> tuple[int, int]:
    """``scaled_drops`` for drops; a token is itself already."""
    return scaled_drops(amount) if isinstance(amount, int) else amount


class Asset(Protocol[A]):
    """The arithmetic of one kind of amount. ``DROPS`` and ``TOKENS`` are the two there are.

    Attributes:
        is_xrp: whether it is XRP's.
        zero: nothing.
        least: the smallest amount there is above nothing.
        most: the largest there can be.
        unlimited: what stands for "as much as possible".
    """

    is_xrp: bool
    zero: A
    least: A
    most: A
    unlimited: A

    def of(self, value: Amount) -> A:
        """An amount that must be of this kind."""
        ...

    def add(self, x: A, y: A) -> A:
        """Sum of two amounts."""
        ...

    def subtract(self, x: A, y: A) -> A:
        """What is left of ``x`` without ``y``; it may be negative."""
        ...

    def less(self, x: A, y: A) -> bool:
        """Whether ``x < y``."""
        ...

    def is_positive(self, x: A) -> bool:
        """Whether it is more than nothing."""
        ...

    def ratio(self, x: A, numerator: int, denominator: int, *, up: bool) -> A:
        """``x * numerator / denominator`` for an amount that is not negative, its last digit rounded up or down."""
        ...

    def to_number(self, x: A, scale: Scale = SMALL) -> Number:
        """The amount as a number of a scale."""
        ...

    def from_number(self, x: Number, mode: int = NEAREST) -> A:
        """The amount that a number comes to, rounded in ``mode``."""
        ...

    def from_scaled(self, mantissa: int, exponent: int, mode: int) -> A:
        """The amount that ``mantissa * 10**exponent`` comes to, rounded in ``mode``.

        Raises:
            AmountRangeError: it is larger than the ledger can hold.
        """
        ...

    def round_up_scaled(self, mantissa: int, exponent: int, *, strict: bool) -> tuple[int, int]:
        """Round a scaled value up to what the amount can hold, before it becomes one; ``strict``: by the newer rule."""
        ...

    def total(self, parts: list[A]) -> A:
        """Sum of several amounts that are not negative."""
        ...


class Drops:
    """XRP's arithmetic: whole drops."""

    is_xrp = True
    zero = 0
    least = 1
    most = DROPS_MAX
    unlimited = DROPS_UNLIMITED

    def of(self, value: Amount) -> int:
        """An amount that must be drops."""
        assert isinstance(value, int), "drops were to move here, not tokens"
        return value

    def add(self, x: int, y: int) -> int:
        """Sum of two amounts."""
        return x + y

    def subtract(self, x: int, y: int) -> int:
        """What is left of ``x`` without ``y``; it may be negative."""
        return x - y

    def less(self, x: int, y: int) -> bool:
        """Whether ``x < y``."""
        return x < y

    def is_positive(self, x: int) -> bool:
        """Whether it is more than nothing."""
        return x > 0

    def ratio(self, x: int, numerator: int, denominator: int, *, up: bool) -> int:
        """``x * numerator / denominator`` for an amount that is not negative (XRPAmount.h ``mulRatio``)."""
        if numerator == denominator:
            return x
        whole, rest = divmod(x * numerator, denominator)
        return whole + 1 if rest and up else whole

    def to_number(self, x: int, scale: Scale = SMALL) -> Number:
        """Drops as a number; what it can't hold of them rounds to nearest."""
        return scale.normalize(x, 0)

    def from_number(self, x: Number, mode: int = NEAREST) -> int:
        """The whole drops that a number comes to, rounded in ``mode``."""
        return number.to_integer(x, mode)

    def from_scaled(self, mantissa: int, exponent: int, mode: int) -> int:
        """Drops out of a scaled product or quotient (``STAmount::canonicalize``).

        Raises:
            AmountRangeError: more XRP than there is.
        """
        if mantissa == 0 or exponent <= -20:
            return 0
        if exponent > 17:
            raise AmountRangeError("XRP amount out of range")
        if exponent > 0:
            drops = mantissa * POWERS_OF_TEN[exponent]
        else:
            drops = number.scaled_to_integer(mantissa, exponent, mode)
        if abs(drops) > DROPS_MAX:
            raise AmountRangeError("XRP amount out of range")
        return drops

    def round_up_scaled(self, mantissa: int, exponent: int, *, strict: bool) -> tuple[int, int]:
        """Round a scaled value up to whole drops, before it becomes an amount.

        The older rule looks at the first digit only: 0.1 drop and more rounds up, less does not, and a value scaled by
        one digit always gains a drop. The strict rule rounds up whenever anything was cut off.
        Source: ``canonicalizeRound`` and ``canonicalizeRoundStrict`` in STAmount.cpp.
        """
        if exponent >= 0:
            return mantissa, exponent
        places = -exponent - 1
        mantissa, rest = divmod(mantissa, 10**places)
        if strict:
            mantissa += 10 if rest else 9
        else:
            mantissa += 9 if places >= 2 else 10
        return mantissa // 10, 0

    def total(self, parts: list[int]) -> int:
        """Sum of several amounts."""
        return sum(parts)


class Tokens:
    """A token's arithmetic: 16 digits, each result rounded to nearest unless the rule says otherwise."""

    is_xrp = False
    zero = ZERO
    least = TOKEN_LEAST
    most = TOKEN_MOST
    unlimited = TOKEN_UNLIMITED

    def of(self, value: Amount) -> Token:
        """An amount that must be tokens."""
        assert isinstance(value, tuple), "tokens were to move here, not drops"
        return value

    def add(self, x: Token, y: Token) -> Token:
        """Sum of two amounts."""
        total = number.add(x, y)
        return total if EXPONENT_MIN <= total[1] <= EXPONENT_MAX else confined(total)

    def subtract(self, x: Token, y: Token) -> Token:
        """What is left of ``x`` without ``y``; it may be negative."""
        rest = number.add(x, (-y[0], y[1]))
        return rest if EXPONENT_MIN <= rest[1] <= EXPONENT_MAX else confined(rest)

    less = staticmethod(number.less)

    def is_positive(self, x: Token) -> bool:
        """Whether it is more than nothing."""
        return x[0] > 0

    def ratio(self, x: Token, numerator: int, denominator: int, *, up: bool) -> Token:
        """``x * numerator / denominator`` for an amount that is not negative (IOUAmount.cpp ``mulRatio``).

        The quotient is cut to 18 digits or so, rounded to nearest at 16, and then raised by one last digit if anything
        at all was cut and ``up`` is asked for.
        """
        if numerator == denominator or x[0] == 0:
            return x
        quotient, rest = divmod(x[0] * numerator, denominator)
        exponent = x[1]
        if rest:
            room = _RATIO_DIGITS - _log10_ceiling(quotient)
            if room > 0:
                exponent -= room
                extra, rest = divmod(rest * POWERS_OF_TEN[room], denominator)
                quotient = quotient * POWERS_OF_TEN[room] + extra
        inexact = rest > 0
        excess = _log10_ceiling(quotient) - _RATIO_DIGITS
        if excess > 0:
            exponent += excess
            quotient, cut = divmod(quotient, POWERS_OF_TEN[excess])
            inexact = inexact or cut > 0
        result = token(quotient, exponent)
        if inexact and up:
            return token(result[0] + 1, result[1]) if result[0] else TOKEN_LEAST
        return result

    def to_number(self, x: Token, scale: Scale = SMALL) -> Number:
        """A token is a number already, of the smaller scale."""
        return x if scale is SMALL else scale.widened(x)

    def from_number(self, x: Number, mode: int = NEAREST) -> Token:
        """A number is a token already, if it is in range; one of the larger scale loses its last digits in ``mode``."""
        if -number.MANTISSA_MAX <= x[0] <= number.MANTISSA_MAX:
            return confined(x)
        return confined(number.normalize(x[0], x[1], mode))

    def from_scaled(self, mantissa: int, exponent: int, mode: int) -> Token:
        """Tokens out of a scaled product or quotient, rounded to 16 digits in ``mode``.

        Raises:
            AmountRangeError: more than the ledger can hold.
        """
        return confined(number.normalize(mantissa, exponent, mode))

    def round_up_scaled(self, mantissa: int, exponent: int, *, strict: bool) -> tuple[int, int]:
        """Cut a scaled value to 16 digits, rounding up on the seventeenth (both rules are the same for tokens)."""
        del strict
        if mantissa <= number.MANTISSA_MAX:
            return mantissa, exponent
        while mantissa > 10 * number.MANTISSA_MAX:
            mantissa //= 10
            exponent += 1
        return (mantissa + 9) // 10, exponent + 1

    def total(self, parts: list[Token]) -> Token:
        """Sum from the smallest up, which loses the fewest digits and is what the server does (flat_multiset)."""
        if len(parts) == 1:
            return parts[0]
        result = ZERO
        for part in sorted(parts, key=_by_size):
            result = confined(number.add(result, part))
        return result


_RATIO_DIGITS = 18  # the largest power of ten in a signed 64-bit integer

DROPS = Drops()
TOKENS = Tokens()


def _by_size(x: Token) -> tuple[int, int]:
    """Order of amounts that are not negative."""
    return x[1], x[0]


def _log10_ceiling(value: int) -> int:
    digits = len(str(value))
    return digits - 1 if value <= POWERS_OF_TEN[digits - 1] else digits


def multiply(x: Amount, y: Token, asset: Asset[A]) -> A:
    """``x * y`` as an amount of ``asset``, rounded to nearest (STAmount.cpp ``multiply``)."""
    left = number.normalize(x, 0) if isinstance(x, int) else x
    mantissa, exponent = number.multiply(left, y)
    return asset.from_scaled(mantissa, exponent, NEAREST)


def divide(x: Amount, y: Amount, asset: Asset[A]) -> A:
    """``x / y`` as an amount of ``asset``: five added to the scaled quotient, then nearest (STAmount.cpp ``divide``).

    Raises:
        AmountRangeError: division by zero, or a result out of range.
    """
    xm, xe = scaled(x)
    ym, ye = scaled(y)
    if ym == 0:
        raise AmountRangeError("divided by zero")
    if xm == 0:
        return asset.zero
    return asset.from_scaled(xm * 10**17 // ym + 5, xe - ye - 17, NEAREST)


def multiply_round(x: Amount, y: Amount, asset: Asset[A], *, up: bool, strict: bool) -> A:
    """``x * y`` as an amount of ``asset``, rounded up or down; neither may be negative.

    Source: ``mulRound`` and ``mulRoundStrict`` in STAmount.cpp.
    """
    xm, xe = scaled(x)
    ym, ye = scaled(y)
    if xm == 0 or ym == 0:
        return asset.zero
    product = xm * ym
    if up:
        product += _TEN_TO_14 - 1
    mantissa, exponent = product // _TEN_TO_14, xe + ye + 14
    if up:
        mantissa, exponent = asset.round_up_scaled(mantissa, exponent, strict=strict)
    result = asset.from_scaled(mantissa, exponent, TOWARD_ZERO if strict else NEAREST)
    if up and not asset.is_positive(result):
        return asset.least
    return result


def divide_round(x: Amount, y: Amount, asset: Asset[A], *, up: bool, strict: bool) -> A:
    """``x / y`` as an amount of ``asset``, rounded up or down; neither may be negative.

    Source: ``divRound`` and ``divRoundStrict`` in STAmount.cpp. Both round up by the older rule; they differ in how the
    last digit of the result is settled.

    Raises:
        AmountRangeError: division by zero, or a result out of range.
    """
    xm, xe = scaled(x)
    ym, ye = scaled(y)
    if ym == 0:
        raise AmountRangeError("divided by zero")
    if xm == 0:
        return asset.zero
    mantissa, exponent = (xm * 10**17 + (ym - 1 if up else 0)) // ym, xe - ye - 17
    if up:
        mantissa, exponent = asset.round_up_scaled(mantissa, exponent, strict=False)
    mode = NEAREST if not strict else (number.UP if up else number.DOWN)
    result = asset.from_scaled(mantissa, exponent, mode)
    if up and not asset.is_positive(result):
        return asset.least
    return result


_TEN_TO_14 = 10**14
