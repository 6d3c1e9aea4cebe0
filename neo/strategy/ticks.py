"""Which ledgers are ticks: the first one at or after each interval, so quoting follows the ledger's own rhythm."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from itertools import pairwise

# The ledger rounds close times to a multiple of this, in seconds; coarser roundings are multiples of it too.
_ROUNDING_S = 10
# Ledgers of late whose mean interval is taken: minutes of them, which leaves a rounding hardly any weight.
_WINDOW = 64
# Where an interval is a mean, so much of it is enough: a network that closes every 3.9 seconds on average keeps a tick
# of 4 at every ledger, not at every second one.
_ENOUGH = Fraction(4, 5)


class TickClock:
    """Counts ticks by the ledgers' close times.

    A network's close times are rounded, and one that would not be after its parent's is put a second after it. Of
    ledgers 4 seconds apart some are told 10 seconds apart, then, and most one. Where times have that shape, what a
    ledger stands for is the mean interval of the ledgers of late.
    Source: xrpl.org, "Ledger Close Times".

    Args:
        interval_s: Least time between two ticks.
    """

    def __init__(self, interval_s: int) -> None:
        self._interval_s = interval_s
        self._tick = 0
        self._last: tuple[int, int] | None = None
        self._seen: deque[tuple[int, int]] = deque(maxlen=_WINDOW)

    def due(self, ledger_index: int, close_time_s: int) -> int | None:
        """The number of the tick that this ledger is, or None if it comes too early for one.

        A ledger that is asked about again (delivered once more after a crash) is the same tick again.
        """
        if not self._seen or ledger_index > self._seen[-1][0]:
            self._seen.append((ledger_index, close_time_s))
        if self._last is not None:
            last_index, last_s = self._last
            if ledger_index == last_index:
                return self._tick
            if close_time_s - last_s < self._interval_s and not self._is_time(ledger_index - last_index):
                return None
        self._last = (ledger_index, close_time_s)
        self._tick += 1
        return self._tick

    def _is_time(self, ledgers: int) -> bool:
        """Whether so many ledgers are an interval, where seconds can't tell."""
        if not _is_rounded(self._seen):
            return False
        (first_index, first_s), (newest_index, newest_s) = self._seen[0], self._seen[-1]
        mean_s = Fraction(newest_s - first_s, newest_index - first_index)
        return ledgers * mean_s > self._interval_s * _ENOUGH


def _is_rounded(seen: deque[tuple[int, int]]) -> bool:
    """Whether these close times are a network's: each a multiple of the rounding, or a second after its parent's."""
    steps = [
        (later_s - earlier_s, later_s % _ROUNDING_S == 0)
        for (earlier, earlier_s), (later, later_s) in pairwise(seen)
        if later == earlier + 1
    ]
    seconds = {step_s for step_s, _ in steps}
    return 1 in seconds and len(seconds) > 1 and all(step_s == 1 or is_round for step_s, is_round in steps)
