"""The promises of a bound: both sides of its edge, digits that are counted as written, and words for its range."""

from __future__ import annotations

from decimal import Decimal

import pytest

from neo.text.bounds import Bounds

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
