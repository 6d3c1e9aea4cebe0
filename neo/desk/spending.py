"""What our own doing used up lately, for the budgets: fees of a trailing day, transactions of a trailing minute.

Counted in ledger time, from the journal's records alone, so that a restart neither forgets nor doubles anything. That
is also the one clock that two sessions share: each fee has the close time of the ledger that burned it, whatever the
clock of the machine said, and what earlier sessions of the account used up falls out of the window as their own would.
"""

from __future__ import annotations

from collections import deque

from neo.messages import SpendingCarried, Spent

DAY_S = 86_400
MINUTE_S = 60


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
    """Fees and transactions of one session, and what it carries of those before."""

    def __init__(self) -> None:
        self._fees = _Window(DAY_S)
        self._requests = _Window(MINUTE_S)

    def carry(self, carried: SpendingCarried) -> None:
        """Count what earlier sessions used up; before anything of this one."""
        for part in carried.fees:
            self._fees.add(part.close_time_s, part.amount)
        for part in carried.requests:
            self._requests.add(part.close_time_s, part.amount)

    def add_fee(self, time_s: int, fee_drops: int) -> None:
        """Count the fee that a validated transaction of ours burned."""
        self._fees.add(time_s, fee_drops)

    def add_request(self, time_s: int) -> None:
        """Count a transaction that was made to be sent."""
        self._requests.add(time_s, 1)

    def spent(self, now_s: int) -> Spent:
        """What was used up by now; ``now_s`` must not go back."""
        return Spent(self._fees.total(now_s), self._requests.total(now_s))
