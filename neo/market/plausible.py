"""Whether recorded minutes can have happened: what is well-formed and still no price of any market.

One absurd minute decides a whole session's result: whoever quotes there buys or sells at a price that nobody would
have paid. So a recording is looked through before it is used. Nothing here is changed or left out; an operator who
knows better says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from neo.market.bars import COLUMNS
from neo.market.minutes import Bar, Minutes, price_text

_Value = TypeVar("_Value")

JUMP_MAX = Decimal("1.5")
"""How many times the close before it a price may be, or the close it. Falls and rises of 20 to 30 % in one minute have
happened on large exchanges; a third down or half up in one has to be said by the recording's owner."""

LONE_MOVE_MIN = Decimal("1.05")
"""From here on a move that stands alone is doubted. The widest minute of the recording of 2026-01-21, its close before
it included, spans 0.98 %: five times that."""

LONE_TIMES = 10
"""How many times wider than every minute around it a lone move is. In the recording of 2026-01-21 it is 2.0 at most:
five times that. After a real crash the market stays wild for many minutes, so it passes."""

NEAR_MINUTES = 10
"""How far around a minute others as wide are looked for. The two beside it don't count: a wrong price widens them."""

RUN_MAX_MINUTES = 5
"""How many minutes in a row may be without a trade, or have the same four prices. In the recording of 2026-01-21 no
minute is without a trade and no two in a row are the same; a feed that hangs repeats itself for longer."""

_FIRST_ROW = 2  # below the header


class Doubt(msgspec.Struct, frozen=True):
    """Something in a recording that can hardly have happened.

    Args:
        line: In the file, from 1; of a run, its first.
        column: The column's name.
        value: What it has, in RLUSD per XRP, or XRP for the volume.
        problem: What is wrong with it, with the minutes beside it, in words that follow the value.
    """

    line: int
    column: str
    value: str
    problem: str

    def told(self, source: str) -> str:
        """The doubt in one line, without a mend."""
        return f"{source}, line {self.line}, column {self.column}: {self.value} {self.problem}"


def doubts_of(bars: Sequence[Bar], lines: Sequence[int] | None = None) -> tuple[Doubt, ...]:
    """All that is implausible in recorded minutes, in their order.

    Args:
        bars: The minutes.
        lines: The line of each in its file; None if they are a row each, right below the header.
    """
    minutes = Minutes.of(bars)
    lines = range(_FIRST_ROW, _FIRST_ROW + len(minutes)) if lines is None else lines
    found = [*_jumps(minutes, lines), *_idle_runs(minutes, lines), *_still_runs(minutes, lines)]
    return tuple(doubt for _, doubt in sorted(found, key=lambda one: one[0]))


_Found = Iterator[tuple[int, Doubt]]  # each with its minute's place


def _jumps(bars: Minutes, lines: Sequence[int]) -> _Found:
    for place in _wide(bars):
        width = _width(bars, place)
        if width > JUMP_MAX:
            yield (
                place,
                _jump(bars, lines, place, f"moves more than a market does in one minute (over {JUMP_MAX} times)"),
            )
        elif _stands_alone(bars, place):
            told = f"is a move of {(width - 1) * 100:.1f} % that stands alone, {LONE_TIMES} times any around it"
            yield place, _jump(bars, lines, place, told)


def _wide(bars: Minutes) -> Iterator[int]:
    """The minutes that are wider than :data:`LONE_MOVE_MIN`: few, found without a division for each."""
    times, over = LONE_MOVE_MIN.as_integer_ratio()
    base_nano = bars.open_nano[0] if bars else 0
    for place, (high_nano, low_nano) in enumerate(zip(bars.high_nano, bars.low_nano, strict=True)):
        top_nano = max(base_nano, high_nano)
        bottom_nano = min(base_nano, low_nano)
        if over * top_nano > times * bottom_nano:
            yield place
        base_nano = bars.close_nano[place]


def _width(bars: Sequence[Bar], place: int) -> Decimal:
    """A minute's highest price over its lowest, the close before it included: what was traversed to get there."""
    bar = bars[place]
    base_nano = bars[place - 1].close_nano if place else bar.open_nano
    return Decimal(max(bar.high_nano, base_nano)) / min(bar.low_nano, base_nano)


def _stands_alone(bars: Sequence[Bar], place: int) -> bool:
    before = range(max(0, place - NEAR_MINUTES), max(0, place - 1))
    after = range(place + 2, min(place + NEAR_MINUTES + 1, len(bars)))
    near = [_width(bars, other) for other in (*before, *after)]
    return bool(near) and _width(bars, place) - 1 > LONE_TIMES * (max(near) - 1)


def _jump(bars: Sequence[Bar], lines: Sequence[int], place: int, problem: str) -> Doubt:
    """The price of a minute that is furthest from the close before it (of the first minute: from the next open)."""
    bar = bars[place]
    beside = bars[place - 1].close_nano if place else bars[min(1, len(bars) - 1)].open_nano

    def times(price_nano: int) -> Decimal:
        return Decimal(max(price_nano, beside)) / min(price_nano, beside)

    column, price_nano = "high", bar.high_nano
    if times(bar.low_nano) > times(bar.high_nano):
        column, price_nano = "low", bar.low_nano
    return Doubt(lines[place], column, price_text(price_nano), f"{problem}; {_beside(bars, lines, place)}")


def _idle_runs(bars: Minutes, lines: Sequence[int]) -> _Found:
    for place, count, is_untraded in _runs(bars.untraded()):
        if is_untraded:
            problem = f"for {count} minutes in a row: nobody traded, and prices are no prices"
            yield place, Doubt(lines[place], "volume", "0", f"{problem}; {_beside(bars, lines, place, count)}")


def _still_runs(bars: Minutes, lines: Sequence[int]) -> _Found:
    for place, count, _ in _runs(zip(bars.open_nano, bars.high_nano, bars.low_nano, bars.close_nano, strict=True)):
        if any(bar.volume_xrp for bar in bars[place : place + count]):  # without any it is told as idle
            problem = f"and the other prices stay the same for {count} minutes in a row, as of a feed that hangs"
            value = price_text(bars[place].open_nano)
            yield place, Doubt(lines[place], COLUMNS[1], value, f"{problem}; {_beside(bars, lines, place, count)}")


def _runs(values: Iterable[_Value]) -> Iterator[tuple[int, int, _Value]]:
    """Where one value stands for longer than it should: its first place, how often, and the value."""
    first, last, place = 0, None, 0
    for place, value in enumerate(values):
        if place == 0 or value != last:
            if last is not None and place - first > RUN_MAX_MINUTES:
                yield first, place - first, last
            first, last = place, value
    if last is not None and place + 1 - first > RUN_MAX_MINUTES:
        yield first, place + 1 - first, last


def _beside(bars: Sequence[Bar], lines: Sequence[int], place: int, count: int = 1) -> str:
    """The minutes before and after, by their closes and opens."""
    told = []
    if place:
        told.append(f"line {lines[place - 1]} closes at {price_text(bars[place - 1].close_nano)}")
    if place + count < len(bars):
        told.append(f"line {lines[place + count]} opens at {price_text(bars[place + count].open_nano)}")
    return " and ".join(told) or "there is no other minute"
