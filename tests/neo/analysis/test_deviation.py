"""How a figure spreads over sessions: mean, standard deviation, quantiles, and differences pair by pair."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.analysis.deviation import paired_differences, quantile, spread_of

numbers = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)


def test_a_spread_by_hand() -> None:
    spread = spread_of([4.0, 1.0, 3.0, 2.0])
    assert spread is not None
    assert (spread.n, spread.mean, spread.min, spread.max) == (4, 2.5, 1.0, 4.0)
    assert (spread.p25, spread.median, spread.p75) == (1.75, 2.5, 3.25)
    assert spread.sd == pytest.approx(1.2909944487)
    assert spread.se == pytest.approx(1.2909944487 / 2)


def test_of_one_session_nothing_is_said_about_others() -> None:
    spread = spread_of([3.0])
    assert spread is not None
    assert (spread.sd, spread.se, spread.p10, spread.p90) == (None, None, 3.0, 3.0)


def test_no_sessions_have_no_spread() -> None:
    assert spread_of([]) is None


@given(numbers)
def test_quantiles_are_those_of_the_standard_library_and_in_order(values: list[float]) -> None:
    spread = spread_of(values)
    assert spread is not None
    told = [spread.min, spread.p10, spread.p25, spread.median, spread.p75, spread.p90, spread.max]
    assert told == sorted(told)
    assert spread.median == pytest.approx(statistics.median(values))
    deciles = statistics.quantiles(values, n=10, method="inclusive")
    assert (spread.p10, spread.p90) == pytest.approx((deciles[0], deciles[-1]))


@given(numbers, st.floats(0, 1))
def test_a_quantile_lies_between_the_values(values: list[float], share: float) -> None:
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
