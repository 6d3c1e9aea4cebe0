"""Recorded minutes that can hardly have happened are found, with their neighbours; what markets do do is not.

Method: the recording that travels with the project with one thing changed at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from support.sim_chance import RECORDING

from neo.market.bars import parse_bars
from neo.market.minutes import Bar
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
    """A new user's first run begins without a warning."""
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
    """A fault of many minutes is one line to read, and not one for each rule that it breaks."""
    assert [doubt.column for doubt in run_of(30, lambda bar: untraded(hung(bar)))] == ["volume"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_recording_of_a_few_minutes_is_looked_through_too(count: int) -> None:
    """Short files are as carefully checked as long ones."""
    assert doubts_of(BARS[:count]) == ()
    assert doubts_of(changed(0, high_nano=99 * 10**9)[:count])[0].line == 2


# --- By hand -----------------------------------------------------------------------------------------------------

# Prices in thousandths of a dollar, so that 1,000 is one.
MILLI = 10**6


def quiet(minutes: int, spread_permille: int = 5) -> list[Bar]:
    """Minutes at a dollar, each so many thousandths wide, with another close each so that none is like the last."""
    low, high = 1000, 1000 + spread_permille
    return [
        Bar(60 * n, low * MILLI, high * MILLI, low * MILLI, (high if n % 2 else low) * MILLI, Decimal(5))
        for n in range(minutes)
    ]


def with_high(bars: list[Bar], place: int, high: int) -> list[Bar]:
    """The minutes with one high changed."""
    bars[place] = msgspec.structs.replace(bars[place], high_nano=high * MILLI)
    return bars


def lines(bars: list[Bar]) -> list[int]:
    """Where something is doubted."""
    return [doubt.line for doubt in doubts_of(bars)]


@pytest.mark.parametrize(("high", "doubted"), [(1500, []), (1501, [32])])
def test_a_move_of_half_passes_where_the_market_is_wild_and_more_nowhere(high: int, doubted: list[int]) -> None:
    """Its neighbours move by 7 % each, so it does not stand alone; the thirtieth minute is in line 32."""
    assert lines(with_high(quiet(60, spread_permille=70), 30, high)) == doubted


@pytest.mark.parametrize(("spread", "high", "doubted"), [(5, 1050, []), (5, 1051, [32]), (6, 1055, [])])
def test_a_move_stands_alone_if_it_is_over_a_twentieth_and_ten_times_any_around_it(
    spread: int, high: int, doubted: list[int]
) -> None:
    """Ten times 0.5 % is the twentieth itself; where minutes move by 0.6 %, 5.5 % are less than ten times that."""
    assert lines(with_high(quiet(60, spread), 30, high)) == doubted


@pytest.mark.parametrize(("apart", "doubted"), [(1, [32, 33]), (2, []), (10, []), (11, [32, 43]), (12, [32, 44])])
def test_another_wide_minute_within_ten_makes_a_move_believable_unless_it_is_right_beside(
    apart: int, doubted: list[int]
) -> None:
    """A wrong price widens the minutes beside it, so these don't count."""
    assert lines(with_high(with_high(quiet(60), 30, 1060), 30 + apart, 1060)) == doubted


def test_a_minute_is_as_wide_as_the_way_to_it() -> None:
    """It opens 6 % above the close before it: the gap was traversed, though no price of the minute is unusual."""
    bars = quiet(30) + [
        Bar(60 * n, 1060 * MILLI, 1065 * MILLI, 1060 * MILLI, (1065 if n % 2 else 1060) * MILLI, Decimal(5))
        for n in range(30, 60)
    ]
    [doubt] = doubts_of(bars)
    assert (doubt.line, doubt.column, doubt.value) == (32, "high", "1.065")
    assert "a move of 6.0 % that stands alone" in doubt.problem


def test_a_doubt_is_one_sentence_with_the_file_the_line_and_the_minutes_beside_it() -> None:
    """The user can go to the line and judge for himself."""
    [doubt] = doubts_of(with_high(quiet(60), 30, 1600))
    assert doubt.told("prices.csv") == (
        "prices.csv, line 32, column high: 1.6 moves more than a market does in one minute (over 1.5 times);"
        " line 31 closes at 1.005 and line 33 opens at 1"
    )


def test_a_minute_alone_has_no_other_to_be_told_with() -> None:
    """A file of one line has its fault told as well, without a neighbour made up for it."""
    [doubt] = doubts_of(with_high(quiet(1), 0, 1600))
    assert doubt.problem.endswith("; there is no other minute")


@pytest.mark.parametrize(("first", "line"), [(0, 2), (20, 22), (54, 56)])
def test_a_run_of_six_is_told_wherever_it_lies(first: int, line: int) -> None:
    """At the start, in the middle or at the end of a recording of sixty minutes."""
    bars = quiet(60)
    bars[first : first + 6] = [untraded(bar) for bar in bars[first : first + 6]]
    [doubt] = doubts_of(bars)
    assert (doubt.line, doubt.column, doubt.value) == (line, "volume", "0")
    assert doubt.problem.startswith("for 6 minutes in a row: nobody traded, and prices are no prices; ")


def test_each_run_is_told_by_itself_and_all_doubts_in_the_order_of_lines() -> None:
    """The list is read along with the file, from top to bottom."""
    bars = with_high(quiet(60), 30, 1600)
    for first, count in ((40, 6), (10, 7)):
        bars[first : first + count] = [untraded(bar) for bar in bars[first : first + count]]
    assert [(doubt.line, doubt.column) for doubt in doubts_of(bars)] == [(12, "volume"), (32, "high"), (42, "volume")]


def test_an_empty_recording_leaves_nothing_to_doubt() -> None:
    """That a file has no minutes is for its reader to say, not a doubt about prices."""
    assert doubts_of([]) == ()
