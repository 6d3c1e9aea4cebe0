"""How much was asked of servers: the streams do the work, and requests are few."""

from __future__ import annotations

from collections import deque
from typing import Final

from neo.messages.values import EndpointRequests

REQUESTS_MINUTE_MAX: Final = 12
"""In steady state, submissions apart."""

_MINUTE_S: Final = 60.0


class RequestBudget:
    """Counts requests, and submissions apart from them. One for all endpoints, as it is one NEO that asks.

    It refuses nothing: a start and a reconnect need more for a moment. Whoever asks for what can wait asks here first.

    Args:
        requests_minute_max: How many requests there may be in a minute.

    Attributes:
        requests_minute_most: Requests in the minute that had the most.
        steady_minute_most: The same without minutes in which a connection was being opened.
        submits_minute_most: Submissions in the minute that had the most.
    """

    def __init__(self, requests_minute_max: int = REQUESTS_MINUTE_MAX) -> None:
        self.requests_minute_max = requests_minute_max
        self.requests_minute_most = self.steady_minute_most = self.submits_minute_most = 0
        self._requests_s: deque[float] = deque()
        self._submits_s: deque[float] = deque()
        self._opened_s = float("-inf")
        self._counts: dict[str, EndpointRequests] = {}

    def note(self, now_s: float, endpoint: str, *, is_submit: bool) -> None:
        """One is made at this moment, in seconds of any clock that only goes forward."""
        (self._submits_s if is_submit else self._requests_s).append(now_s)
        count = self._counts.get(endpoint, EndpointRequests(endpoint, 0, 0))
        self._counts[endpoint] = EndpointRequests(endpoint, count.requests + (not is_submit), count.submits + is_submit)
        requests = self.requests_last_minute(now_s)
        self.requests_minute_most = max(self.requests_minute_most, requests)
        self.submits_minute_most = max(self.submits_minute_most, self.submits_last_minute(now_s))
        if now_s >= self._opened_s + _MINUTE_S:
            self.steady_minute_most = max(self.steady_minute_most, requests)

    def note_opening(self, now_s: float) -> None:
        """A connection is being opened at this moment: what that takes is no steady state."""
        self._opened_s = now_s

    def counts(self) -> tuple[EndpointRequests, ...]:
        """All that was made so far, by endpoint."""
        return tuple(self._counts.values())

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
