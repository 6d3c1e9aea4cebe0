"""How long one endpoint's requests took so far, and how many got no answer, over all of its connections."""

from __future__ import annotations

from actors.plumbing.timings import REQUEST, Timings


class RequestTimes:
    """What its clients note.

    Args:
        timings: Keeps the times of all endpoints, by method.

    Attributes:
        last_s: Of the request that was answered last; None before the first.
        failed: Requests that got no answer, or one that is none.
    """

    def __init__(self, timings: Timings | None = None) -> None:
        self._timings = timings or Timings()
        self.last_s: float | None = None
        self.failed = 0

    def note_answer(self, command: str, took_s: float) -> None:
        """A request was answered so many seconds after it had been written down. A server's error is an answer too."""
        self.last_s = took_s
        self._timings.note(REQUEST, took_s, command)

    def note_failure(self) -> None:
        """A request got no answer."""
        self.failed += 1
