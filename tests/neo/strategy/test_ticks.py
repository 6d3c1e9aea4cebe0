"""Which ledgers are ticks, by their close times, exact ones and a network's rounded ones."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.strategy.ticks import TickClock


def test_the_first_ledger_is_a_tick_and_then_the_first_at_or_after_each_interval() -> None:
    """Ledgers of 3 to 5 s at an interval of 4: one that comes too early is none, a late one starts the next wait."""
    ticks = TickClock(4)
    times_s = (100, 103, 104, 109, 112, 113)
    assert [ticks.due(index, time_s) for index, time_s in enumerate(times_s)] == [1, None, 2, 3, None, 4]


def test_a_ledger_that_comes_once_more_is_the_same_tick() -> None:
    """A crash delivers it again: its tick keeps its number, and the next one is not put off."""
    ticks = TickClock(4)
    assert [ticks.due(*ledger) for ledger in ((5, 100), (5, 100), (6, 104), (6, 104), (7, 108))] == [1, 1, 2, 2, 3]


def closed(true_s: Iterable[float], rounding_s: int = 10) -> list[int]:
    """Close times as the network has them: rounded, and a second after the parent's where that is not later."""
    told_s: list[int] = []
    for moment_s in true_s:
        rounded_s = round(moment_s / rounding_s) * rounding_s
        told_s.append(max(rounded_s, told_s[-1] + 1) if told_s else rounded_s)
    return told_s


@pytest.mark.parametrize(("every_s", "rounding_s"), [(4.0, 10), (3.6, 10), (4.0, 30), (5.0, 10)])
def test_of_rounded_close_times_every_ledger_is_a_tick_where_the_interval_is_a_ledger(
    every_s: float, rounding_s: int
) -> None:
    """Rounded to 10 s, most ledgers are told a second after the one before; a maker must not sit still for that."""
    ticks, times_s = TickClock(4), closed((every_s * number for number in range(200)), rounding_s)
    due = [ticks.due(index, time_s) for index, time_s in enumerate(times_s)]
    learnt = due[2 * rounding_s :]
    assert None not in learnt
    # Until the rhythm is known, at least those are ticks that the told times alone make one.
    assert sum(tick is not None for tick in due[: 2 * rounding_s]) >= 5


def test_of_rounded_close_times_a_longer_interval_is_kept_on_the_mean() -> None:
    """Of ledgers 4 s apart, told 10 s and 1 s apart, every fifth is a tick of 20 s."""
    ticks, times_s = TickClock(20), closed(4 * number for number in range(400))
    due = [index for index, time_s in enumerate(times_s) if ticks.due(index, time_s) is not None][4:]
    gaps = [later - earlier for earlier, later in pairwise(due)]
    assert set(gaps) <= {4, 5, 6}
    assert 4.5 <= sum(gaps) / len(gaps) <= 5.5


def test_exact_times_are_taken_at_their_word() -> None:
    """A ledger a second after the last one, among times that are not rounded, is a second later."""
    ticks = TickClock(4)
    assert [ticks.due(index, time_s) for index, time_s in enumerate((103, 107, 108, 112))] == [1, 2, None, 3]


@given(st.integers(1, 60), st.lists(st.integers(1, 90), min_size=1, max_size=50))
def test_ticks_are_counted_without_a_gap_and_never_closer_than_the_interval(interval_s: int, gaps_s: list[int]) -> None:
    """Whatever the rhythm of exact times; and no ledger is left out that an interval has passed before."""
    ticks, now_s = TickClock(interval_s), 1
    at_s: list[int] = []
    for index, gap_s in enumerate(gaps_s):
        now_s += 2 * gap_s  # odd, and never a second apart: no network's rounding makes such times
        tick = ticks.due(index, now_s)
        if tick is None:
            assert now_s - at_s[-1] < interval_s
        else:
            assert not at_s or now_s - at_s[-1] >= interval_s
            at_s.append(now_s)
            assert tick == len(at_s)
    assert at_s[0] == 1 + 2 * gaps_s[0]
