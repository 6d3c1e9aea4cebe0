"""Which ledgers are ticks, by their close times alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from neo.strategy.ticks import TickClock


def test_the_first_ledger_is_a_tick_and_then_the_first_at_or_after_each_interval() -> None:
    """Ledgers of 3 to 5 s at an interval of 4: one that comes too early is none, a late one starts the next wait."""
    ticks = TickClock(4)
    assert [ticks.due(time_s) for time_s in (100, 103, 104, 109, 112, 113)] == [1, None, 2, 3, None, 4]


def test_a_ledger_that_comes_once_more_is_the_same_tick() -> None:
    """A crash delivers it again: its tick keeps its number, and the next one is not put off."""
    ticks = TickClock(4)
    assert [ticks.due(time_s) for time_s in (100, 100, 104, 104, 108)] == [1, 1, 2, 2, 3]


@given(st.integers(1, 60), st.lists(st.integers(1, 90), min_size=1, max_size=50))
def test_ticks_are_counted_without_a_gap_and_never_closer_than_the_interval(interval_s: int, gaps_s: list[int]) -> None:
    """Whatever the ledgers' rhythm; and no ledger is left out that an interval has passed before."""
    ticks, now_s = TickClock(interval_s), 0
    at_s: list[int] = []
    for gap_s in gaps_s:
        now_s += gap_s
        tick = ticks.due(now_s)
        if tick is None:
            assert now_s - at_s[-1] < interval_s
        else:
            assert not at_s or now_s - at_s[-1] >= interval_s
            at_s.append(now_s)
            assert tick == len(at_s)
    assert at_s[0] == gaps_s[0]
