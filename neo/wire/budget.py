"""How much was asked of servers in the last minute: the streams do the work, and requests are few."""

from __future__ import annotations

from collections import deque
from typing import Final

REQUESTS_MINUTE_MAX: Final = 12
"""In steady state, submissions apart."""

_MINUTE_S: Final = 60.0


class RequestBudget:
    """Counts requests, and submissions apart from them. One for all endpoints, as it is one NEO that asks.

    It refuses nothing: a start and a reconnect need more for a moment. Whoever asks for what can wait asks here first.

    Args:
        requests_minute_max: How many requests there may be in a minute.
    """

    def __init__(self, requests_minute_max: int = REQUESTS_MINUTE_MAX) -> None:
        self.requests_minute_max = requests_minute_max
        self._requests_s: deque[float] = deque()
        self._submits_s: deque[float] = deque()

    def note(self, now_s: float, *, is_submit: bool) -> None:
        """One is made at this moment, in seconds of any clock that only goes forward."""
        (self._submits_s if is_submit else self._requests_s).append(now_s)

    def requests_last_minute(self, now_s: float) -> int:
        """Requests in the minute that ends now; submissions are not among them."""
        return _within(self._requests_s, now_s)

    def submits_last_minute(self, now_s: float) -> int:
        """Submissions in the minute that ends now."""
        return _within(self._submits_s, now_s)

    def has_room(self, now_s: float) -> bool:
        """Whether one more request keeps within what a minute may have."""
        return self.requests_last_minute(now_s) < self.requests_minute_max


def _within(times_s: deque[float], now_s: float) -> int:
    while times_s and times_s[0] <= now_s - _MINUTE_S:
        times_s.popleft()
    return len(times_s)
