"""The rows of a price file as they came, and the minutes that they make once all have come."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from neo.market.minutes import MINUTE_S, Minutes
from neo.market.price_cells import VOLUME_DECIMALS_MAX


class Gaps(msgspec.Struct, frozen=True):
    """Where rows leave minutes out.

    Args:
        count: How many gaps there are.
        minutes: All that they leave out.
        longest: The minutes of the longest.
        longest_after_s: The minute before it, in seconds since 1970 (UTC).
        first_place: The row after the first one.
    """

    count: int = 0
    minutes: int = 0
    longest: int = 0
    longest_after_s: int = 0
    first_place: int = 0


class RowStore:
    """Rows of prices, a column each. Volumes are in millionths of XRP, prices in nano-RLUSD per XRP."""

    def __init__(self) -> None:
        self.starts, self.lines, self._volumes = array("q"), array("q"), array("q")
        self._prices = tuple(array("q") for _ in range(4))

    def add(self, line: int, start_s: int, prices: Sequence[int], volume: int) -> None:
        """Add a row: its line in the file, its minute, its open, high, low and close, and its volume."""
        opens, highs, lows, closes = self._prices
        open_nano, high_nano, low_nano, close_nano = prices
        self.lines.append(line)
        self.starts.append(start_s)
        opens.append(open_nano)
        highs.append(high_nano)
        lows.append(low_nano)
        closes.append(close_nano)
        self._volumes.append(volume)

    def last(self) -> tuple[int, ...]:
        """The last row: its minute, its prices, its volume."""
        return (self.starts[-1], *(column[-1] for column in self._prices), self._volumes[-1])

    def turn_around(self) -> None:
        """Put the last row first."""
        for column in (self.starts, self.lines, self._volumes, *self._prices):
            column.reverse()

    def gaps(self) -> Gaps:
        """Where minutes are left out; the rows are the oldest first."""
        found = [
            ((after_s - before_s) // MINUTE_S - 1, before_s, place)
            for place, (before_s, after_s) in enumerate(pairwise(self.starts), 1)
            if after_s - before_s != MINUTE_S
        ]
        if not found:
            return Gaps()
        longest, longest_after_s, _ = max(found, key=lambda gap: gap[0])
        return Gaps(len(found), sum(minutes for minutes, _, _ in found), longest, longest_after_s, found[0][2])

    def minutes(self) -> tuple[Minutes, Sequence[int]]:
        """Every minute from the first to the last, and the line of each; the rows are the oldest first.

        One that is left out has the close before it four times, no volume, and the line of the row before it.
        """
        minutes, lines, close_nano = Minutes(self.starts[0]), array("q"), 0
        rows = zip(self.lines, self.starts, *self._prices, self._volumes, strict=True)
        for line, start_s, open_nano, high_nano, low_nano, last_nano, volume in rows:
            while minutes.next_start_s < start_s:
                minutes.add(close_nano, close_nano, close_nano, close_nano, 0, 0)
                lines.append(lines[-1])
            close_nano = last_nano
            minutes.add(open_nano, high_nano, low_nano, close_nano, *_short(volume))
            lines.append(line)
        return minutes, lines


def _short(volume: int) -> tuple[int, int]:
    """A volume as digits and their scale, without zeros at the end."""
    scale = VOLUME_DECIMALS_MAX
    while scale and volume % 10 == 0:
        volume, scale = volume // 10, scale - 1
    return volume, scale
