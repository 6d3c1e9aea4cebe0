"""The reference path honours the recording exactly, goes on after it, and can be put down and taken up.

Method: properties over generated bars (hypothesis), and the recording that travels with the project.
"""

import json
import math
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sim_chance import BARS, chance

from neo.market.bars import Bar
from neo.market.minute_bridge import STEPS_MIN, bridge
from neo.market.path import LEDGER_INTERVAL_S_MAX, ReferencePath

prices = st.integers(min_value=1, max_value=10**15)


@st.composite
def ohlc(draw: st.DrawFn) -> tuple[int, int, int, int]:
    low, one, two, high = sorted(draw(st.tuples(prices, prices, prices, prices)))
    open_, close = draw(st.sampled_from([(one, two), (two, one), (low, high), (high, low), (one, one), (high, one)]))
    return open_, high, low, close


seeds = st.integers(min_value=0, max_value=2**32)


@given(ohlc(), st.integers(min_value=STEPS_MIN, max_value=60), seeds)
def test_bridge_honours_the_bar(bar: tuple[int, int, int, int], step_count: int, seed: int) -> None:
    """Within a minute the path begins at the open, touches high and low, ends at the close and never leaves the bar."""
    path = bridge(bar, step_count, chance(seed))
    open_, high, low, close = bar
    assert len(path) == step_count
    assert (path[0], path[-1]) == (open_, close)
    assert (max(path), min(path)) == (high, low)


def test_bridge_refuses_too_few_steps() -> None:
    """Fewer steps than a bar has prices can't honour them all."""
    with pytest.raises(ValueError, match="at least 4 steps"):
        bridge((1, 2, 1, 2), STEPS_MIN - 1, chance(0))


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
