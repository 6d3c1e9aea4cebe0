"""Recorded minutes that can hardly have happened are found, with their neighbours; what markets do do is not.

Method: the recording that travels with the project with one thing changed at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from support.sim_chance import RECORDING

from neo.market.bars import Bar, parse_bars
from neo.market.plausible import Doubt, doubts_of

BARS = parse_bars(RECORDING.read_text(), RECORDING.name)


def changed(place: int, **changes: object) -> list[Bar]:
    """The recording with one minute changed."""
    bars = list(BARS)
    bars[place] = msgspec.structs.replace(bars[place], **changes)
    return bars


def scaled(bar: Bar, percent: int) -> Bar:
    """A minute with all of its prices at so many percent."""
    names = ("open_nano", "high_nano", "low_nano", "close_nano")
    return msgspec.structs.replace(bar, **{name: getattr(bar, name) * percent // 100 for name in names})


def moved(bars: list[Bar], percents: dict[int, int], then: int) -> list[Bar]:
    """Minutes scaled one by one, and all after the last of them by ``then``."""
    last = max(percents)
    return [scaled(bar, percents.get(place, 100 if place < last else then)) for place, bar in enumerate(bars)]


def fall(percent: int) -> list[Bar]:
    """A crash of so many percent in minute 500, and the wild hour that follows one: it swings by a sixth of that."""
    bars = list(BARS)
    bottom = 100 - percent
    first = bars[500]
    low_nano = first.low_nano * bottom // 100
    bars[500] = msgspec.structs.replace(first, low_nano=low_nano, close_nano=low_nano)
    for place in range(501, 1000):
        one = scaled(bars[place], bottom)
        wide = msgspec.structs.replace(one, high_nano=one.high_nano * (600 + percent) // 600)
        bars[place] = wide if place < 560 else one
    return bars


def test_the_recording_that_travels_with_the_project_is_plausible() -> None:
    assert doubts_of(BARS) == ()


@pytest.mark.parametrize("percent", [5, 10, 20, 30])
def test_a_crash_is_no_mistake(percent: int) -> None:
    """A fall by up to a third in one minute, with the wild minutes that follow one, has happened and passes."""
    assert doubts_of(fall(percent)) == ()


ABSURD: dict[str, tuple[Callable[[], list[Bar]], int, str, str]] = {
    "a high of another scale": (lambda: changed(48, high_nano=99 * 10**9), 50, "high", "99"),
    "a low of another scale": (lambda: changed(48, low_nano=10**7), 50, "low", "0.01"),
    "a high a third above": (lambda: changed(48, high_nano=2_600_000_000), 50, "high", "2.6"),
    "a high a tenth above": (lambda: changed(300, high_nano=2_100_000_000), 302, "high", "2.1"),
    "a low a tenth below": (lambda: changed(300, low_nano=1_700_000_000), 302, "low", "1.7"),
    "the first minute": (lambda: changed(0, high_nano=5 * 10**9), 2, "high", "5"),
    "the last minute": (lambda: changed(999, low_nano=10**9), 1001, "low", "1"),
    "one minute ten times": (lambda: moved(list(BARS), {400: 1000}, 100), 402, "high", "19.8"),
    "one minute a tenth more": (lambda: moved(list(BARS), {400: 110}, 100), 402, "high", "2.178"),
    "dollars turned into cents": (lambda: moved(list(BARS), {400: 10_000}, 10_000), 402, "high", "198"),
    "a step in a quiet market": (lambda: moved(list(BARS), {400: 112}, 112), 402, "high", "2.2176"),
}


@pytest.mark.parametrize(("made", "line", "column", "value"), ABSURD.values(), ids=ABSURD)
def test_a_price_that_no_market_had_is_found(made: Callable[[], list[Bar]], line: int, column: str, value: str) -> None:
    """It is told with its line, column and value, and with the prices beside it."""
    first = doubts_of(made())[0]
    assert (first.line, first.column, first.value) == (line, column, value)
    if line > 2:
        assert f"line {line - 1} closes at " in first.problem
    if line < 1001:
        assert f"line {line + 1} opens at " in first.problem


def run_of(minutes: int, change: Callable[[Bar], Bar]) -> tuple[Doubt, ...]:
    """What is found where so many minutes from the 100th on are changed."""
    return doubts_of([change(bar) if 100 <= place < 100 + minutes else bar for place, bar in enumerate(BARS)])


def untraded(bar: Bar) -> Bar:
    return msgspec.structs.replace(bar, volume_xrp=Decimal("0.00"))


def hung(bar: Bar) -> Bar:
    return msgspec.structs.replace(BARS[100], start_s=bar.start_s, volume_xrp=bar.volume_xrp)


@pytest.mark.parametrize(("change", "column"), [(untraded, "volume"), (hung, "open")])
def test_a_feed_that_stands_still_is_found(change: Callable[[Bar], Bar], column: str) -> None:
    """Five quiet minutes pass, six don't, and the whole run is one doubt."""
    assert run_of(5, change) == ()
    [doubt] = run_of(6, change)
    assert (doubt.line, doubt.column) == (102, column)
    assert "6 minutes in a row" in doubt.problem


def test_a_hung_feed_without_volume_is_told_once() -> None:
    assert [doubt.column for doubt in run_of(30, lambda bar: untraded(hung(bar)))] == ["volume"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_recording_of_a_few_minutes_is_looked_through_too(count: int) -> None:
    assert doubts_of(BARS[:count]) == ()
    assert doubts_of(changed(0, high_nano=99 * 10**9)[:count])[0].line == 2
