"""The promises of a bound: both sides of its edge, digits that are counted as written, and words for its range."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.text.bounds import RLUSD_MAX, SEED_MAX, Bounds

D = Decimal


@pytest.mark.parametrize(
    ("bounds", "good", "bad", "fault"),
    [
        (Bounds(gt=0), D("0.1"), D(0), "must be above 0"),
        (Bounds(ge=1), 1, 0, "must be at least 1"),
        (Bounds(lt=1000), D("999.9"), D(1000), "must be below 1000"),
        (Bounds(le=5), 5, 6, "must be at most 5"),
        (Bounds(decimals=2), D("1.25"), D("1.125"), "has more than 2 decimals"),
        (Bounds(digits=3), D("0.125"), D("1.125"), "has more than 3 significant digits"),
    ],
    ids=["gt", "ge", "lt", "le", "decimals", "digits"],
)
def test_a_value_at_the_edge_is_good_and_one_beyond_is_told(
    bounds: Bounds, good: int | Decimal, bad: int | Decimal, fault: str
) -> None:
    assert bounds.fault(good) is None
    assert bounds.fault(bad) == fault


def test_zeros_at_the_end_are_no_digits() -> None:
    assert Bounds(decimals=1, digits=2).fault(D("1.500000")) is None
    assert Bounds(digits=2).fault(D(1_500_000)) is None


def test_digits_are_counted_beyond_what_python_would_round_to() -> None:
    """More than the 28 digits that its ambient context keeps."""
    assert Bounds(decimals=35).fault(D(1) + D("1e-27")) is None
    assert Bounds(digits=40).fault(D(f"1.{'0' * 40}1")) == "has more than 40 significant digits"


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (Bounds(ge=1, le=5), "from 1 to 5"),
        (Bounds(gt=0, lt=9, digits=3), "above 0 and below 9 with at most 3 significant digits"),
        (Bounds(), ""),
    ],
)
def test_a_range_is_told_in_words(bounds: Bounds, told: str) -> None:
    assert bounds.describe() == told


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (Bounds(gt=0), "above 0"),
        (Bounds(ge=1), "at least 1"),
        (Bounds(lt=9), "below 9"),
        (Bounds(le=5), "at most 5"),
        (Bounds(gt=0, le=5), "above 0 and at most 5"),
        (Bounds(ge=0, lt=1, decimals=2), "at least 0 and below 1 with at most 2 decimals"),
        (Bounds(decimals=6, digits=16), "with at most 6 decimals with at most 16 significant digits"),
    ],
)
def test_every_end_has_its_word(bounds: Bounds, told: str) -> None:
    assert bounds.describe() == told


@pytest.mark.parametrize("value", [0, D(0), D("0.000000"), D("0E+9"), D("-0.00")])
def test_zero_has_no_digits_however_it_is_written(value: int | Decimal) -> None:
    assert Bounds(ge=0, decimals=0, digits=1).fault(value) is None
    assert Bounds(gt=0).fault(value) == "must be above 0"


@pytest.mark.parametrize(
    ("bounds", "value", "fault"),
    [
        (Bounds(gt=0, decimals=1), D("-0.01"), "must be above 0"),
        (Bounds(le=1, decimals=1), D("1.01"), "must be at most 1"),
        (Bounds(decimals=1, digits=2), D("0.123"), "has more than 1 decimals"),
    ],
)
def test_one_fault_is_told_and_the_range_comes_first(bounds: Bounds, value: Decimal, fault: str) -> None:
    """Whoever mends a value out of range writes its digits anew."""
    assert bounds.fault(value) == fault


def test_an_exponent_is_no_way_around_a_bound() -> None:
    """What a file may write as ``1e3`` is held to the same digits as ``1000``."""
    assert Bounds(le=1000).fault(D("1e3")) is None
    assert Bounds(le=1000).fault(D("1.001e3")) == "must be at most 1000"
    assert Bounds(decimals=3).fault(D("1e-3")) is None
    assert Bounds(decimals=3).fault(D("1e-4")) == "has more than 3 decimals"
    assert Bounds(digits=1).fault(D("1e9")) is None


def test_a_whole_number_has_its_digits_too() -> None:
    """A seed of nineteen digits is no seed of fifteen."""
    assert Bounds(digits=15).fault(SEED_MAX) == "has more than 15 significant digits"
    assert Bounds(decimals=0).fault(SEED_MAX) is None


def test_the_limits_of_what_is_written_are_where_they_say() -> None:
    """The seed's end is that of SQLite's integers; an amount of a trillion is one that a token can still have."""
    assert Bounds(ge=0, le=SEED_MAX).fault(9_223_372_036_854_775_807) is None
    assert Bounds(ge=0, le=SEED_MAX).fault(9_223_372_036_854_775_808) == "must be at most 9223372036854775807"
    assert Bounds(le=RLUSD_MAX).fault(D("1e12")) is None


@given(st.decimals(-(10**6), 10**6, allow_nan=False, places=9), st.integers(0, 9))
def test_decimals_are_those_that_the_number_needs(value: Decimal, most: int) -> None:
    """A number has at most so many decimals if so many shifts of its point make it whole."""
    is_whole = (Fraction(value) * 10**most).denominator == 1
    assert (Bounds(decimals=most).fault(value) is None) is is_whole


@given(st.integers(1, 10**12), st.integers(-30, 30), st.integers(1, 12))
def test_digits_are_those_between_the_first_and_the_last_that_is_none(whole: int, exponent: int, most: int) -> None:
    """Wherever the point stands, and however many zeros follow."""
    significant = len(str(whole).rstrip("0"))
    for value in (D(whole).scaleb(exponent), D(whole * 10**3).scaleb(exponent), -D(whole).scaleb(exponent)):
        assert (Bounds(digits=most).fault(value) is None) is (significant <= most)
