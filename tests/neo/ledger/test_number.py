"""The ledger's arithmetic: its number type against exact fractions, its roundings at the digits where they differ.

Method: hypothesis compares with ``fractions``; the odd corners (where the server departs from ideal rounding) are given
by example.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.ledger import amount, number, quality, text
from neo.ledger.amount import DROPS, TOKENS
from neo.ledger.number import DOWN, NEAREST, TOWARD_ZERO, UP, ZERO, AmountRangeError, Number
from neo.ledger.scale import SMALL

MANY = settings(max_examples=300)

mantissas = st.integers(number.MANTISSA_MIN, number.MANTISSA_MAX)
numbers = st.builds(
    lambda mantissa, exponent, sign: (mantissa * sign, exponent),
    mantissas,
    st.integers(-40, 20),
    st.sampled_from([1, -1]),
)
positive = st.builds(lambda mantissa, exponent: (mantissa, exponent), mantissas, st.integers(-40, 20))
modes = st.sampled_from([NEAREST, TOWARD_ZERO, DOWN, UP])


def exact(value: Number) -> Fraction:
    return value[0] * Fraction(10) ** value[1]


def step(value: Number) -> Fraction:
    return Fraction(10) ** value[1]


def is_normal(value: Number) -> bool:
    return value == ZERO or number.MANTISSA_MIN <= abs(value[0]) <= number.MANTISSA_MAX


def is_rounded(result: Number, ideal: Fraction, mode: int) -> bool:
    """Whether a result is the ideal one rounded in a mode, to the last digit."""
    error, digit = exact(result) - ideal, step(result)
    if mode == NEAREST:
        return abs(error) <= digit / 2
    if mode == TOWARD_ZERO:
        return abs(exact(result)) <= abs(ideal) and abs(error) < digit
    return 0 <= error < digit if mode == UP else -digit < error <= 0


@MANY
@given(numbers, numbers, modes)
def test_products_round_once_from_the_exact_product(x: Number, y: Number, mode: int) -> None:
    result = number.multiply(x, y, mode)
    assert is_normal(result)
    assert is_rounded(result, exact(x) * exact(y), mode)


@MANY
@given(numbers, numbers)
def test_sums_are_right_to_the_last_digit(x: Number, y: Number) -> None:
    result = number.add(x, y)
    assert is_normal(result)
    assert abs(exact(result) - exact(x) - exact(y)) <= step(result)


@MANY
@given(positive, positive, modes)
def test_sums_of_positive_numbers_round_in_their_mode(x: Number, y: Number, mode: int) -> None:
    assert is_rounded(number.add(x, y, mode), exact(x) + exact(y), mode)


@MANY
@given(numbers, numbers)
def test_quotients_are_right_to_the_last_digit(x: Number, y: Number) -> None:
    result = number.divide(x, y)
    assert is_normal(result)
    assert abs(exact(result) - exact(x) / exact(y)) <= step(result)


@MANY
@given(numbers, numbers)
def test_order_is_the_order_of_values(x: Number, y: Number) -> None:
    assert number.less(x, y) == (exact(x) < exact(y))
    assert number.less(x, ZERO) == (x[0] < 0)
    assert number.less(ZERO, x) == (x[0] > 0)


@MANY
@given(positive)
def test_the_square_of_a_root_is_the_number(x: Number) -> None:
    root = SMALL.square_root(x)
    assert abs(exact(root) ** 2 / exact(x) - 1) < Fraction(1, 10**14)


def test_what_is_dropped_before_a_directed_quotient_rounds_is_lost() -> None:
    """The server divides integers first: a remainder beyond its guard digits does not push a quotient up."""
    assert number.divide(number.ONE, number.normalize(3, 0), UP) == (3333333333333334, -16)
    above_one = number.divide((1000000000000001, 0), (1000000000000000, 0), UP)
    assert above_one == (1000000000000001, -15)
    barely = number.divide((9999999999999999, 0), (9999999999999998, 0), UP)  # 1.0000000000000001000...
    assert barely == (1000000000000001, -15)
    lost = number.divide((3000000000000001, 0), (3000000000000000, 0), UP)  # 1.000000000000000333...
    assert exact(lost) > 1


def test_special_values() -> None:
    assert number.normalize(0, 5) == ZERO
    assert number.normalize(-25, 0) == (-2500000000000000, -14)
    assert number.normalize(99999999999999995, 0) == (1000000000000000, 2)
    assert number.add((5000000000000000, 0), (-5000000000000000, 0)) == ZERO
    assert SMALL.square_root(ZERO) == ZERO
    assert SMALL.square_root(number.ONE) == number.ONE
    with pytest.raises(AmountRangeError):
        SMALL.square_root((-number.MANTISSA_MIN, 0))
    with pytest.raises(AmountRangeError):
        number.divide(number.ONE, ZERO)


@pytest.mark.parametrize(
    ("value", "nearest", "down", "up"),
    [
        ("0.5", 0, 0, 1),
        ("1.5", 2, 1, 2),
        ("2.5", 2, 2, 3),
        ("-0.5", 0, -1, 0),
        ("7", 7, 7, 7),
        ("1e3", 1000, 1000, 1000),
    ],
)
def test_whole_numbers_round_half_to_even(value: str, nearest: int, down: int, up: int) -> None:
    parsed = text.parse_token(value)
    assert [number.to_integer(parsed, mode) for mode in (NEAREST, DOWN, UP)] == [nearest, down, up]


@MANY
@given(numbers)
def test_amounts_survive_their_text(x: Number) -> None:
    assert text.parse_token(text.format_token(x)) == x


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("1", "1"),
        ("-12.50", "-12.5"),
        ("0.0000336987158196841", "0.0000336987158196841"),
        ("1000000000", "1000000000"),
        ("99999999999", "99999999999"),
        ("100000000000", "1000000000000000e-4"),
        ("1e15", "1000000000000000"),
        ("1e16", "1000000000000000e1"),
        ("1e-30", "1000000000000000e-45"),
    ],
)
def test_amounts_are_written_as_the_server_writes_them(value: str, shown: str) -> None:
    assert text.format_token(text.parse_token(value)) == shown


@pytest.mark.parametrize("value", ["", "1,5", "abc", "1.", ".5", "0x1", "1e", " 1"])
def test_what_is_no_amount_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="not a token amount"):
        text.parse_token(value)


def test_a_token_has_a_largest_and_a_smallest_amount() -> None:
    assert text.parse_token("1e-97") == ZERO
    with pytest.raises(AmountRangeError):
        text.parse_token("1e96")


@MANY
@given(positive, st.integers(1, 2 * 10**9), st.integers(1, 2 * 10**9))
def test_token_ratios_round_up_or_stay_near(x: Number, top: int, bottom: int) -> None:
    ideal = exact(x) * top / bottom
    up, down = (TOKENS.ratio(x, top, bottom, up=up) for up in (True, False))
    assert exact(up) >= ideal or exact(up) == exact(down)
    assert abs(exact(down) - ideal) <= step(down)


@MANY
@given(st.integers(0, 10**17), st.integers(1, 2 * 10**9), st.integers(1, 2 * 10**9))
def test_drop_ratios_are_exact_to_the_drop(drops: int, top: int, bottom: int) -> None:
    assert DROPS.ratio(drops, top, bottom, up=False) == drops * top // bottom
    assert DROPS.ratio(drops, top, bottom, up=True) == -(-drops * top // bottom)


@pytest.mark.parametrize(
    ("drops", "up", "strict", "expected"),
    [
        ("1.05", True, False, 1),  # the older rule overlooks less than a tenth of a drop
        ("1.05", True, True, 2),
        ("1.1", True, False, 2),
        ("1.9", False, True, 1),
        ("1.9", False, False, 2),  # and rounds to nearest when it is asked to round down
        ("0.000001", True, True, 1),
    ],
)
def test_drops_round_by_the_rule_asked_for(drops: str, up: bool, strict: bool, expected: int) -> None:
    value = text.parse_token(drops)
    assert amount.multiply_round(value, number.ONE, DROPS, up=up, strict=strict) == expected


def test_too_much_xrp_is_an_error() -> None:
    with pytest.raises(AmountRangeError):
        amount.multiply(text.parse_token("1e18"), number.ONE, DROPS)
    with pytest.raises(AmountRangeError):
        amount.divide(5, 0, DROPS)


def test_a_quality_is_what_the_taker_pays_for_a_unit() -> None:
    dear, cheap = (
        quality.quality_of(2_000_000, text.parse_token("1")),
        quality.quality_of(1_000_000, text.parse_token("1")),
    )
    assert cheap < dear
    assert text.format_token(quality.rate_of(dear)) == "2000000"
    assert quality.quality_of(1, 1) == quality.QUALITY_ONE
    assert quality.quality_of(0, 1) == quality.quality_of(1, 0) == 0


@MANY
@given(st.integers(1, 10**12), positive, st.integers(3, 15))
def test_a_tick_never_makes_an_offer_better(drops: int, tokens: Number, digits: int) -> None:
    plain = quality.quality_of(drops, tokens)
    ticked = quality.round_to_tick(plain, digits)
    assert ticked >= plain
    assert (ticked & ((1 << 56) - 1)) % 10 ** (16 - digits) == 0


@MANY
@given(st.integers(2, 10**12), positive, st.integers(1, 10**12))
def test_cutting_an_offer_down_keeps_its_quality(drops: int, tokens: Number, limit: int) -> None:
    """A part of an offer is never better for its taker than the whole was, beyond a last digit or a drop."""
    whole = quality.quality_of(drops, tokens)
    pays, gets = quality.limit_in(whole, drops, tokens, limit, DROPS, TOKENS)
    assert pays <= drops
    assert not number.less(tokens, gets)
    assert exact(gets) * exact(quality.rate_of(whole)) <= pays * (1 + Fraction(1, 10**14))
