"""What our own doing used up lately, for the budgets: fees of a trailing day, transactions of a trailing minute.

Counted in ledger time, from the journal's records alone, so that a restart neither forgets nor doubles anything.
"""

from __future__ import annotations

from collections import deque

from neo.messages import Spent

_DAY_S = 86_400
_MINUTE_S = 60


class _Window:
    """The sum of what was added in the last so many seconds; one entry for each time."""

    def __init__(self, length_s: int) -> None:
        self._length_s = length_s
        self._entries: deque[tuple[int, int]] = deque()
        self._sum = 0

    def add(self, time_s: int, amount: int) -> None:
        self._sum += amount
        entries = self._entries
        if entries and entries[-1][0] == time_s:
            entries[-1] = (time_s, entries[-1][1] + amount)
        else:
            entries.append((time_s, amount))

    def total(self, now_s: int) -> int:
        entries = self._entries
        while entries and entries[0][0] <= now_s - self._length_s:
            self._sum -= entries.popleft()[1]
        return self._sum


class Spending:
    """Fees and transactions of one session."""

    def __init__(self) -> None:
        self._fees = _Window(_DAY_S)
        self._requests = _Window(_MINUTE_S)

    def add_fee(self, time_s: int, fee_drops: int) -> None:
        """Count the fee that a validated transaction of ours burned."""
        self._fees.add(time_s, fee_drops)

    def add_request(self, time_s: int) -> None:
        """Count a transaction that was made to be sent."""
        self._requests.add(time_s, 1)

    def spent(self, now_s: int) -> Spent:
        """What was used up by now; ``now_s`` must not go back."""
        return Spent(self._fees.total(now_s), self._requests.total(now_s))
