"""Which ledgers are ticks: the first one at or after each interval, so quoting follows the ledger's own rhythm."""

from __future__ import annotations


class TickClock:
    """Counts ticks by the ledgers' close times.

    Args:
        interval_s: Least time between the close times of two ticks.
    """

    def __init__(self, interval_s: int) -> None:
        self._interval_s = interval_s
        self._tick = 0
        self._last_s: int | None = None

    def due(self, close_time_s: int) -> int | None:
        """The number of the tick that this ledger is, or None if it comes too early for one.

        A ledger that is asked about again (delivered once more after a crash) is the same tick again.
        """
        if self._last_s is not None and close_time_s == self._last_s:
            return self._tick
        if self._last_s is not None and close_time_s - self._last_s < self._interval_s:
            return None
        self._last_s = close_time_s
        self._tick += 1
        return self._tick
