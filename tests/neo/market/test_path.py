"""The reference path honours the recording exactly, goes on after it, and can be put down and taken up.

Method: the recording that travels with the project, and small ones of round prices for figures worked out by hand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sim_chance import BARS, MiddleChance, WrittenChance, chance

from neo.market.minutes import Bar
from neo.market.path import LEDGER_INTERVAL_S_MAX, ReferencePath

seeds = st.integers(min_value=0, max_value=2**32)


@given(st.integers(min_value=1, max_value=LEDGER_INTERVAL_S_MAX), seeds)
def test_path_follows_the_recording_at_any_interval(interval_s: int, seed: int) -> None:
    """Whatever the ledger interval, each recorded minute shows its open first, its close last, its high and its low."""
    bars = BARS[:7]
    path = ReferencePath(bars, interval_s, chance(seed))
    minutes: dict[int, list[int]] = {}
    for step in range(math.ceil(60 * len(bars) / interval_s)):
        shown = path.next()
        assert not shown.is_resampled
        minutes.setdefault(step * interval_s // 60, []).append(shown.price_nano)
    assert path.next().is_resampled
    for bar, shown_prices in zip(bars, minutes.values(), strict=True):
        assert (shown_prices[0], shown_prices[-1]) == (bar.open_nano, bar.close_nano)
        assert (max(shown_prices), min(shown_prices)) == (bar.high_nano, bar.low_nano)


def test_path_goes_on_after_the_recording() -> None:
    """A session longer than its recording gets prices without a jump, and can tell from which step on."""
    path = ReferencePath(BARS, 4, chance(5))
    steps = [path.next() for _ in range(15_000 + 6_000)]
    assert [step.is_resampled for step in steps[14_999:15_001]] == [False, True]
    largest_move = max(abs(b.price_nano - a.price_nano) / a.price_nano for a, b in pairwise(steps[14_990:]))
    assert largest_move < 0.008  # the recording's largest move in a whole minute is 79 bps


def test_path_moves_as_the_recording_does() -> None:
    """A ledger's step moves about 11 bps / sqrt(15), so a crowd that re-quotes each ledger sees real volatility."""
    path = ReferencePath(BARS, 4, chance(2))
    steps = [path.next().price_nano for _ in range(15_000)]
    mean_square = sum((b / a - 1) ** 2 for a, b in pairwise(steps)) / len(steps)
    assert 2.5e-4 < mean_square**0.5 < 3.5e-4


def test_busy_minutes_count_more_and_the_mean_is_kept() -> None:
    """Activity follows recorded volume, 1000 in the mean, and stays even where a recording has no volumes."""
    path = ReferencePath(BARS, 4, chance(2))
    activity = [path.next().activity_permille for _ in range(15_000)]
    assert abs(sum(activity) / len(activity) - 1000) < 10
    assert max(activity) > 3000
    silent = tuple(Bar(60 * i, 10, 11, 9, 10, Decimal(0)) for i in range(3))
    assert {ReferencePath(silent, 4, chance(2)).next().activity_permille} == {1000}


@given(st.integers(min_value=0, max_value=200), seeds)
def test_path_put_down_and_taken_up_is_the_same_path(put_down_after: int, seed: int) -> None:
    """A path restored from its state, through JSON, goes on exactly as the one that never stopped."""
    bars = BARS[:5]  # 75 steps: some are put down within the recording, some after it
    path = ReferencePath(bars, 4, chance(seed))
    for _ in range(put_down_after):
        path.next()
    taken_up = ReferencePath(bars, 4, chance("another"))
    taken_up.restore(json.loads(json.dumps(path.to_state())))
    assert [path.next() for _ in range(100)] == [taken_up.next() for _ in range(100)]


@pytest.mark.parametrize("interval_s", [0, LEDGER_INTERVAL_S_MAX + 1])
def test_path_refuses_an_interval_that_cannot_show_a_bar(interval_s: int) -> None:
    """An interval too long for four steps a minute is refused, not bent."""
    with pytest.raises(ValueError, match="ledger interval"):
        ReferencePath(BARS, interval_s, chance(0))


def test_path_refuses_to_start_from_nothing() -> None:
    """Without a recorded minute there is no first price."""
    with pytest.raises(ValueError, match="at least one recorded minute"):
        ReferencePath((), 4, chance(0))


# --- By hand -----------------------------------------------------------------------------------------------------


def rising(minute: int, open_nano: int, close_nano: int, volume: int = 1) -> Bar:
    """A minute that goes straight up, so that nothing is drawn about its high and low."""
    return Bar(60 * minute, open_nano, close_nano, open_nano, close_nano, Decimal(volume))


def flat(*prices: int) -> tuple[Bar, ...]:
    """Minutes of one price each."""
    return tuple(rising(minute, price, price) for minute, price in enumerate(prices))


def minutes_of(path: ReferencePath, steps: Iterable[int]) -> list[tuple[int, int]]:
    """The first and the last price of each of the next minutes, which have so many steps."""
    shown = []
    for count in steps:
        prices = [path.next().price_nano for _ in range(count)]
        shown.append((prices[0], prices[-1]))
    return shown


@pytest.mark.parametrize(
    ("interval_s", "steps"),
    [(1, [60, 60, 60]), (4, [15, 15, 15]), (7, [9, 9, 8]), (11, [6, 5, 6]), (13, [5, 5, 4]), (15, [4, 4, 4])],
)
def test_a_step_belongs_to_the_minute_that_its_moment_lies_in(interval_s: int, steps: list[int]) -> None:
    """Step k shows second k times the interval: with 7 s, the first minute has 0 to 56, the second 63 to 119."""
    path = ReferencePath(flat(100, 200, 300), interval_s, MiddleChance())
    shown = [path.next().price_nano for _ in range(sum(steps))]
    assert [shown.count(price) for price in (100, 200, 300)] == steps


def test_after_the_recording_its_moves_are_laid_on_the_last_price() -> None:
    """Up 10 %, up 20 %. Then the first minute is drawn and its neighbour follows: from 1,320, up 10 % and 20 % again.

    After the last minute comes the first one, if no new block begins.
    """
    bars = (rising(0, 1000, 1100), rising(1, 1100, 1320))
    no_new_block = 7
    draws = WrittenChance([0.0] * 200, [0, no_new_block, no_new_block])
    path = ReferencePath(bars, 15, draws)
    assert minutes_of(path, [4] * 5) == [(1000, 1100), (1100, 1320), (1320, 1452), (1452, 1742), (1742, 1916)]


def test_a_block_ends_where_chance_says_and_the_next_one_begins_anywhere() -> None:
    """A draw of 0 in 60 begins another block: here the third minute, twice in a row."""
    bars = (rising(0, 1000, 1000), rising(1, 1000, 1000), rising(2, 1000, 2000))
    path = ReferencePath(bars, 15, WrittenChance([0.0] * 200, [2, 0, 2]))
    assert minutes_of(path, [4] * 5)[3:] == [(2000, 4000), (4000, 8000)]


def test_a_gap_between_two_minutes_comes_again_with_the_second_of_them() -> None:
    """The first closed at 1,000, the second opened at 1,500: half up, whatever the price is now."""
    bars = (rising(0, 1000, 1000), rising(1, 1500, 1500))
    path = ReferencePath(bars, 15, WrittenChance([0.0] * 200, [1, 7]))
    assert minutes_of(path, [4] * 4) == [(1000, 1000), (1500, 1500), (2250, 2250), (2250, 2250)]


def test_a_price_never_falls_to_nothing() -> None:
    """A recording that fell to a billionth of a dollar: its falls, again and again, end at the least price there is."""
    bars = (Bar(0, 1000, 1000, 1, 1, Decimal(1)),)
    path = ReferencePath(bars, 15, chance(1))
    assert {path.next().price_nano for _ in range(400)} >= {1}
    assert path.next().price_nano == 1


@pytest.mark.parametrize(
    ("volumes", "activity"),
    [
        ([0, 100, 200], [500, 1000, 1500]),
        ([7], [1000]),
        ([0, 0], [1000, 1000]),
        # 15 times the mean counts as 8; what that takes off the mean, 467 of 1,000, is put back.
        ([1500] + [0] * 14, [8004] + [500] * 14),
    ],
)
def test_activity_is_half_even_and_half_in_step_with_the_volume(volumes: list[int], activity: list[int]) -> None:
    """Busy minutes are busier in the simulation too, but none runs away and none falls silent."""
    bars = tuple(rising(minute, 100, 100, volume) for minute, volume in enumerate(volumes))
    path = ReferencePath(bars, 15, MiddleChance())
    assert [path.next().activity_permille for _ in range(4 * len(bars))][::4] == activity


def test_a_path_holds_no_more_than_the_minute_in_hand() -> None:
    """However long a session is: what it would be put down with is the most that it has in mind."""
    path = ReferencePath(BARS[:5], 1, chance(1))
    held = []
    for _ in range(5000):
        path.next()
        held.append(len(path.to_state()["prices"]))
    assert max(held) == 59
