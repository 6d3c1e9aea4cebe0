"""The number of 19 digits against exact fractions, the largest of which can be held in ten steps only.

Method: as in ``test_number.py``. What can be held is said here anew: 19 digits that fit 63 bits, or a multiple of ten.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.ledger import number, number_large
from neo.ledger.number import DOWN, NEAREST, TOWARD_ZERO, UP, ZERO, AmountRangeError, Number
from neo.ledger.scale import LARGE, SCALES

MANY = settings(max_examples=300, derandomize=True)
REP_MAX = 9_223_372_036_854_775_807

held = st.one_of(
    st.integers(10**18, REP_MAX),
    st.integers(REP_MAX - 5, REP_MAX),
    st.integers(922_337_203_685_477_581, 10**18 - 1).map(lambda tenth: tenth * 10),
)
numbers = st.builds(
    lambda mantissa, exponent, sign: (mantissa * sign, exponent), held, st.integers(-40, 20), st.sampled_from([1, -1])
)
modes = st.sampled_from([NEAREST, TOWARD_ZERO, DOWN, UP])


def exact(value: Number) -> Fraction:
    return value[0] * Fraction(10) ** value[1]


def can_be_held(mantissa: int) -> bool:
    size = abs(mantissa)
    return 10**18 <= size < 10**19 and (size <= REP_MAX or size % 10 == 0)


def neighbours(value: Number) -> tuple[Fraction, Fraction]:
    """The numbers just below and just above."""
    steps = (1, 3, 10, 11, 12)
    mantissa, exponent = value
    below = [step for step in steps if can_be_held(mantissa - step)]
    above = [step for step in steps if can_be_held(mantissa + step)]
    ends = Fraction(10) ** exponent
    low = exact((mantissa - below[0], exponent)) if below else exact(value) - 10 * ends
    return low, exact((mantissa + above[0], exponent)) if above else exact(value) + 10 * ends


def is_rounded(result: Number, ideal: Fraction, mode: int) -> bool:
    """Whether no number that can be held is nearer to the ideal one, on the side that the mode asks for."""
    if result == ZERO or not can_be_held(result[0]):
        return result == ZERO and ideal == 0
    value, (low, high) = exact(result), neighbours(result)
    if mode == NEAREST:
        return abs(value - ideal) <= min(abs(low - ideal), abs(high - ideal))
    if mode == TOWARD_ZERO:
        mode = DOWN if ideal > 0 else UP
    return value <= ideal < high if mode == DOWN else low < ideal <= value


@MANY
@given(numbers, numbers, modes)
def test_products_of_19_digits_are_right_to_the_last(x: Number, y: Number, mode: int) -> None:
    """In every mode, where ten steps are one, too."""
    assert is_rounded(number_large.multiply(x, y, mode), exact(x) * exact(y), mode)


@MANY
@given(numbers, numbers, modes)
def test_sums_of_19_digits_are_right_to_the_last(x: Number, y: Number, mode: int) -> None:
    """However far apart the two are, and of whichever signs."""
    assert is_rounded(number_large.add(x, y, mode), exact(x) + exact(y), mode)
    assert is_rounded(number_large.subtract(x, y, mode), exact(x) - exact(y), mode)


@MANY
@given(numbers, numbers, modes)
def test_quotients_of_19_digits_are_right_to_the_last(x: Number, y: Number, mode: int) -> None:
    """The remainder counts, other than in 16 digits."""
    assert is_rounded(number_large.divide(x, y, mode), exact(x) / exact(y), mode)


def test_a_directed_quotient_sees_its_remainder_in_19_digits_and_not_in_16() -> None:
    """1 / 1.000000000000001 rounds up from 0.999999999999999000000000000001; in 16 digits nothing is left to round."""
    one, more = (10**15, -15), (10**15 + 1, -15)
    assert number.divide(one, more, UP) == (9_999_999_999_999_990, -16)
    wide, wider = (number_large.normalize(*value) for value in (one, more))
    assert number_large.divide(wide, wider, UP) == (9_999_999_999_999_990_010, -19)
    assert number_large.divide(wide, wider, DOWN) == (9_999_999_999_999_990_000, -19)


@pytest.mark.parametrize(
    ("tenths", "nearest", "down", "up"),
    [(5, 807, 807, 810), (14, 807, 807, 810), (15, 810, 807, 810), (16, 810, 807, 810), (30, 810, 810, 810)],
)
def test_between_the_largest_whole_mantissa_and_the_first_ten_half_goes_up(
    tenths: int, nearest: int, down: int, up: int
) -> None:
    """From 9223372036854775807 the next is ...810: 1.5 above is the middle, and goes to the one that ends in zero."""
    base = REP_MAX - 807
    for mode, ending in ((NEAREST, nearest), (DOWN, down), (UP, up)):
        assert number_large.normalize(REP_MAX * 10 + tenths, -1, mode) == (base + ending, 0)
        turned = {UP: DOWN, DOWN: UP}.get(mode, mode)
        assert number_large.normalize(-REP_MAX * 10 - tenths, -1, turned) == (-base - ending, 0)


def test_roots_of_19_digits_and_what_has_none() -> None:
    """The root of two by the server's own iteration, and the refusals."""
    assert LARGE.square_root(number_large.normalize(2, 0))[0] in range(
        1_414_213_562_373_095_048, 1_414_213_562_373_095_050
    )
    assert LARGE.square_root(number_large.ONE) == number_large.ONE
    with pytest.raises(AmountRangeError, match="negative"):
        LARGE.square_root(number_large.normalize(-2, 0))
    with pytest.raises(AmountRangeError, match="zero"):
        number_large.divide(number_large.ONE, ZERO)


def test_a_token_amount_takes_the_digits_of_the_scale_it_is_reckoned_in() -> None:
    """One has nineteen in the larger scale, sixteen in the smaller: numbers then compare by their pairs."""
    one = (10**15, -15)
    assert SCALES[19].widened(one) == number_large.ONE
    assert SCALES[16].widened(one) == one
