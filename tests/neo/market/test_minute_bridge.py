"""Within a recorded minute: open first, close last, high and low touched, nothing outside, and the noise that is told.

Method: properties over generated bars, and minutes whose every draw is written down, in round numbers.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sim_chance import MiddleChance, WrittenChance, chance

from neo.market.minute_bridge import STEPS_MIN, bridge

prices = st.integers(min_value=1, max_value=10**15)
seeds = st.integers(min_value=0, max_value=2**32)


@st.composite
def ohlc(draw: st.DrawFn) -> tuple[int, int, int, int]:
    low, one, two, high = sorted(draw(st.tuples(prices, prices, prices, prices)))
    open_, close = draw(st.sampled_from([(one, two), (two, one), (low, high), (high, low), (one, one), (high, one)]))
    return open_, high, low, close


@given(ohlc(), st.integers(min_value=STEPS_MIN, max_value=60), seeds)
def test_a_bridge_honours_the_bar(bar: tuple[int, int, int, int], step_count: int, seed: int) -> None:
    """It begins at the open, touches high and low, ends at the close and never leaves the bar."""
    path = bridge(bar, step_count, chance(seed))
    open_, high, low, close = bar
    assert len(path) == step_count
    assert (path[0], path[-1]) == (open_, close)
    assert (max(path), min(path)) == (high, low)


@pytest.mark.parametrize("step_count", [STEPS_MIN - 1, 1, 0])
def test_fewer_steps_than_a_bar_has_prices_are_refused(step_count: int) -> None:
    """A minute too coarse to touch its open, high, low and close is not bent to fit."""
    with pytest.raises(ValueError, match=f"at least 4 steps, not {step_count}"):
        bridge((1, 2, 1, 2), step_count, chance(0))


def test_a_minute_of_one_price_stays_there_whatever_is_drawn() -> None:
    """Noise is in proportion to the range, and this one has none."""
    assert bridge((100, 100, 100, 100), 5, chance(1)) == [100] * 5


def test_without_noise_a_straight_minute_is_a_straight_line() -> None:
    """Open and close are the low and the high, so there is nothing else to touch."""
    assert bridge((100, 140, 100, 140), 5, MiddleChance()) == [100, 110, 120, 130, 140]
    assert bridge((140, 140, 100, 100), 5, MiddleChance()) == [140, 130, 120, 110, 100]


RISING = (120, 160, 100, 140)
FALLING = (140, 160, 100, 120)


def test_a_rising_minute_sees_its_low_first_and_a_falling_one_its_high() -> None:
    """Touched at steps 7 and 8 here; in between it goes in straight lines, each step rounded down."""
    rising = [120, 117, 114, 111, 108, 105, 102, 100, 160, 156, 152, 149, 146, 143, 140]
    assert bridge(RISING, 15, MiddleChance()) == rising
    falling = bridge(FALLING, 15, MiddleChance())
    assert (falling[7], falling[8]) == (160, 100)


@pytest.mark.parametrize(("detour", "low_first"), [(0, False), (1, True), (2, True), (3, True)])
def test_one_minute_in_four_takes_the_other_way(detour: int, low_first: bool) -> None:
    """A draw of 0 in 4 turns the two about."""
    path = bridge(RISING, 15, WrittenChance([0.0] * 20, [3, 8, detour]))
    assert (path.index(100) < path.index(160)) is low_first
    assert {path.index(100), path.index(160)} == {4, 10}, "1 + 3, and 1 + 8 past the place that is taken"


@pytest.mark.parametrize(
    ("bar", "extreme"), [((120, 160, 120, 140), 160), ((120, 140, 100, 140), 100), ((160, 160, 100, 160), 100)]
)
def test_an_extreme_that_is_the_open_or_the_close_needs_no_place(bar: tuple[int, int, int, int], extreme: int) -> None:
    """One draw places the other one, and no way is drawn."""
    path = bridge(bar, 15, WrittenChance([0.0] * 20, [4]))
    assert path[5] == extreme


def test_extremes_are_touched_at_every_inner_step_alike_and_never_both_at_one() -> None:
    """Of six steps four are inner ones: twelve ordered pairs, each about as often as any other."""
    places: Counter[tuple[int, int]] = Counter()
    for seed in range(2400):
        path = bridge(RISING, 6, chance(seed))
        low, high = path.index(100), path.index(160)
        places[low, high] += 1
    firsts = Counter(min(pair) for pair in places.elements())
    assert set(places) == {(a, b) for a in range(1, 5) for b in range(1, 5) if a != b}
    # Six pairs of places, each as likely; the first of the two is step 1 in three of them, 2 in two, 3 in one.
    assert [round(firsts[step] / 2400, 1) for step in (1, 2, 3)] == [0.5, 0.3, 0.2]
    low_first = sum(count for (low, high), count in places.items() if low < high)
    assert low_first / 2400 == pytest.approx(0.75, abs=0.04)


def test_the_noise_of_a_step_is_a_share_of_the_range_that_shrinks_toward_the_next_anchor() -> None:
    """0.35 of the range over the root of the steps, 0.175 of it here.

    Two steps before the close its part is the root of 2/3, then that of 1/2: up by one deviation, down by one.
    """
    path = bridge((0, 1_000_000, 0, 1_000_000), 4, WrittenChance([1.0, -1.0]))
    first = 333_333 + 142_800  # a third of the way, and 0.175 * 0.816
    assert path == [0, first, first + 261_933 - 123_725, 1_000_000]  # half of what is left, and 0.175 * 0.707


@pytest.mark.parametrize(("deviations", "shown"), [(10.0, 238_667), (30.0, 0), (-5.0, 380_667), (-30.0, 1_000_000)])
def test_a_price_that_leaves_the_bar_is_reflected_and_stays_within(deviations: float, shown: int) -> None:
    """Ten deviations above 333,333 are 1,761,333, which is as far above the high as 238,667 is below it.

    Five below it lie as far under the low. Much further out there is no more than the other end.
    """
    path = bridge((0, 1_000_000, 0, 1_000_000), 4, WrittenChance([deviations, 0.0]))
    assert path[1] == shown


@given(ohlc(), st.integers(4, 60), seeds)
def test_the_same_draws_give_the_same_minute(bar: tuple[int, int, int, int], step_count: int, seed: int) -> None:
    """And nothing else is asked: no clock, no order of calls."""
    assert bridge(bar, step_count, chance(seed)) == bridge(bar, step_count, chance(seed))
