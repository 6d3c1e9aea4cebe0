"""How a figure spreads over sessions: mean, standard deviation, quantiles, and differences pair by pair."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.analysis.deviation import paired_differences, quantile, spread_of

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)


def test_a_spread_by_hand() -> None:
    """Four sessions, worked out on paper: the deviation is that of a sample, and the error shrinks with its root."""
    spread = spread_of([4.0, 1.0, 3.0, 2.0])
    assert spread is not None
    assert (spread.n, spread.mean, spread.min, spread.max) == (4, 2.5, 1.0, 4.0)
    assert (spread.p25, spread.median, spread.p75) == (1.75, 2.5, 3.25)
    assert spread.sd == pytest.approx(1.2909944487)
    assert spread.se == pytest.approx(1.2909944487 / 2)


def test_of_one_session_nothing_is_said_about_others() -> None:
    """One run shows its own figure; how far another might be from it stays unsaid instead of zero."""
    spread = spread_of([3.0])
    assert spread is not None
    assert (spread.sd, spread.se, spread.p10, spread.p90) == (None, None, 3.0, 3.0)


def test_no_sessions_have_no_spread() -> None:
    """Where every session failed a table has a gap, and no figure that somebody could believe."""
    assert spread_of([]) is None


@given(numbers)
def test_quantiles_are_those_of_the_standard_library_and_in_order(values: list[float]) -> None:
    """Whoever checks our table with Python's own ``statistics`` finds the same figures."""
    spread = spread_of(values)
    assert spread is not None
    told = [spread.min, spread.p10, spread.p25, spread.median, spread.p75, spread.p90, spread.max]
    assert told == sorted(told)
    assert spread.median == pytest.approx(statistics.median(values))
    deciles = statistics.quantiles(values, n=10, method="inclusive")
    assert (spread.p10, spread.p90) == pytest.approx((deciles[0], deciles[-1]))


@given(numbers, st.floats(0, 1))
def test_a_quantile_lies_between_the_values(values: list[float], share: float) -> None:
    """Rounding never shows a session worse than the worst or better than the best."""
    ordered = sorted(values)
    assert ordered[0] <= quantile(ordered, share) <= ordered[-1]


def test_differences_are_taken_seed_by_seed() -> None:
    """Two settings whose sessions differ by 1 each are told apart, however much seeds differ among themselves."""
    base = {1: 100.0, 2: -50.0, 3: 7.0, 4: 0.0}
    ours = {1: 101.0, 2: -49.0, 3: 8.0, 9: 500.0}
    spread = paired_differences(ours, base)
    assert spread is not None
    assert (spread.n, spread.mean, spread.sd) == (3, 1.0, 0.0)
    assert paired_differences({5: 1.0}, base) is None


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 10.0), (0.25, 20.0), (0.5, 30.0), (0.6, 34.0), (0.99, 49.6), (1, 50.0)]
)
def test_a_quantile_by_hand(share: float, expected: float) -> None:
    """Of five values each quarter is a value of its own, and between two of them it goes straight."""
    assert quantile([10.0, 20.0, 30.0, 40.0, 50.0], share) == pytest.approx(expected)


def test_one_value_is_every_quantile() -> None:
    """A single session is at once its worst, its middle and its best."""
    assert [quantile([7.0], share) for share in (0, 0.3, 1)] == [7.0, 7.0, 7.0]


@given(st.floats(-1e6, 1e6), st.integers(1, 20))
def test_sessions_that_are_all_alike_have_no_spread(value: float, count: int) -> None:
    """Whatever their figure is, it is every quantile of them."""
    spread = spread_of([value] * count)
    assert spread is not None
    assert {spread.min, spread.p10, spread.p25, spread.median, spread.p75, spread.p90, spread.max} == {value}
    assert spread.mean == pytest.approx(value)
    assert spread.sd == (None if count == 1 else 0)


@given(numbers, st.floats(-1e6, 1e6))
def test_a_shift_moves_the_mean_and_not_the_spread(values: list[float], shift: float) -> None:
    """All sessions better by the same are better by that, and just as far apart as before."""
    before, after = spread_of(values), spread_of([value + shift for value in values])
    assert before is not None
    assert after is not None
    assert after.mean - before.mean == pytest.approx(shift, abs=1e-3)
    assert after.sd == pytest.approx(before.sd, abs=1e-3)


def test_a_mean_is_surer_by_the_root_of_the_sessions() -> None:
    """Four times as many sessions that spread alike halve the standard error."""
    few, many = spread_of([0.0, 2.0] * 50), spread_of([0.0, 2.0] * 200)
    assert few is not None
    assert many is not None
    assert few.se is not None
    assert many.se == pytest.approx(few.se / 2, rel=0.01)


def test_pairs_need_a_value_on_both_sides() -> None:
    """A seed that only one of the two settings ran is no pair; without a pair nothing is said."""
    assert paired_differences({}, {}) is None
    assert paired_differences({1: 2.0}, {}) is None
    one = paired_differences({1: 2.0, 2: 9.0}, {1: 5.0, 3: 1.0})
    assert one is not None
    assert (one.n, one.mean, one.sd) == (1, -3.0, None)
