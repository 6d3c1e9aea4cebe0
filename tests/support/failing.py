"""More things that go wrong on purpose than drills need: see :mod:`tools.proofs.faults`."""

from __future__ import annotations

from actors.venues.host import RunningVenue
from neo.messages import Submit, VenueRequest
from tools.proofs.faults import CrashAt, InjectedFaultError, VenueWrapper


class HangingVenue(VenueWrapper):
    """A submission is never answered, and never arrives."""

    def post(self, request: VenueRequest) -> None:
        """Says nothing from the given ledger on."""
        if not self.failing or not isinstance(request, Submit):
            self.inner.post(request)


class CrashingVenue(VenueWrapper):
    """A submission that breaks its caller: before the order left, or after it did and before anyone knows.

    Args:
        inner: The venue inside.
        number: Which submission, counted from 1.
        sent: Whether it had left.
    """

    def __init__(self, inner: RunningVenue, number: int, *, sent: bool) -> None:
        super().__init__(inner, 0)
        self._number = number
        self._sent = sent
        self._seen = 0

    def post(self, request: VenueRequest) -> None:
        """Breaks once."""
        self._seen += isinstance(request, Submit)
        if not isinstance(request, Submit) or self._seen != self._number:
            self.inner.post(request)
            return
        if self._sent:
            self.inner.post(request)
        raise InjectedFaultError(f"submission {self._number} broke {'after' if self._sent else 'before'} it left")


class CountedCrash(CrashAt):
    """Counts its crashes."""

    def __init__(self, actor: str, numbers: set[int], moment: str) -> None:
        super().__init__(actor, numbers, moment)
        self.crashes = 0

    def __call__(self, actor: str, moment: str, message: object) -> None:
        """Crash if it is time to."""
        try:
            super().__call__(actor, moment, message)
        except InjectedFaultError:
            self.crashes += 1
            raise
