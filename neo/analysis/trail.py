"""A value's way so far in a bounded number of points, evenly spaced: what a sparkline is drawn of."""

from __future__ import annotations

from decimal import Decimal

# Points at which every other one is dropped: at least half as many are always there, more than a terminal has cells.
_POINTS_MAX = 240


class Trail:
    """Takes a value at every step, and keeps every first, second, fourth, ... of them as they become more."""

    def __init__(self) -> None:
        self._points: list[Decimal] = []
        self._last: Decimal | None = None
        self._steps = 0
        self._stride = 1

    def add(self, value: Decimal) -> None:
        """Take the next step's value."""
        self._last = value
        self._steps += 1
        if self._steps % self._stride:
            return
        self._points.append(value)
        if len(self._points) == _POINTS_MAX:
            self._points = self._points[1::2]
            self._stride *= 2

    @property
    def points(self) -> tuple[Decimal, ...]:
        """The values kept, oldest first, and the last one whether or not it is kept."""
        if self._last is None or self._steps % self._stride == 0:
            return tuple(self._points)
        return (*self._points, self._last)
