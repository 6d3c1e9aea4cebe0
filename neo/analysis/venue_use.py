"""What a session on a real venue measured of itself: how fast quotes were replaced, and how much servers were asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from neo.messages import EndpointRequests, QuoteTiming, VenueMeasured

_BOTH_SIDES = 2


class Times(msgspec.Struct, frozen=True):
    """Of one stage, over all ledgers, in milliseconds. Of n times in order p50 is number n / 2, rounded up; so p99."""

    p50_ms: float
    p99_ms: float
    max_ms: float


class QuoteSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """From the last frame of a ledger to the last of its replacements on the socket, and the stages in between.

    ``ledgers`` are those in which quotes were replaced and all replacements left, ``both_sides`` those of them with two
    replacements or more, ``unsent`` those whose replacements did not all leave, which no time is of. ``complete`` lies
    before all that: from a ledger's close to its last frame, where the stream told both.
    """

    ledgers: int
    both_sides: int
    unsent: int
    complete: Times | None
    total: Times
    mirror: Times
    decision: Times
    journal: Times
    socket: Times


class RequestUse(msgspec.Struct, frozen=True, kw_only=True):
    """What servers were asked; submissions of transactions are counted apart from requests.

    ``steady_minute_most`` leaves minutes out in which a connection was being opened.
    """

    minutes: float
    requests: int
    submits: int
    endpoints: tuple[EndpointRequests, ...]
    requests_minute_mean: float
    requests_minute_most: int
    steady_minute_most: int
    submits_minute_mean: float
    submits_minute_most: int


class VenueUseFold:
    """The fold over a journal's measurements."""

    def __init__(self) -> None:
        self._last: VenueMeasured | None = None
        # By ledger: a message in hand at a crash is journaled once more.
        self._quotes: dict[int, QuoteTiming] = {}

    def apply(self, record: VenueMeasured) -> None:
        """Take one in."""
        self._last = record
        self._quotes |= {each.ledger_index: each for each in record.quotes}

    def speed(self) -> QuoteSpeed | None:
        """How fast quotes were replaced; None if none were."""
        last, quotes = self._last, list(self._quotes.values())
        if last is None or not quotes:
            return None

        def times(of: Callable[[QuoteTiming], int]) -> Times:
            return _times(sorted(of(each) for each in quotes))

        complete = sorted(each.complete_us for each in quotes if each.complete_us is not None)
        return QuoteSpeed(
            complete=_times(complete) if complete else None,
            ledgers=len(quotes),
            both_sides=sum(each.offers >= _BOTH_SIDES for each in quotes),
            unsent=last.quotes_unsent,
            total=times(lambda each: each.total_us),
            mirror=times(lambda each: each.mirror_us),
            decision=times(lambda each: each.decision_us),
            journal=times(lambda each: each.journal_us),
            socket=times(lambda each: each.socket_us),
        )

    def requests(self) -> RequestUse | None:
        """What servers were asked; None if that was not measured."""
        last = self._last
        if last is None:
            return None
        minutes = last.over_ms / 60_000
        requests = sum(each.requests for each in last.requests)
        submits = sum(each.submits for each in last.requests)
        return RequestUse(
            minutes=round(minutes, 2),
            requests=requests,
            submits=submits,
            endpoints=last.requests,
            requests_minute_mean=round(requests / minutes, 2) if minutes else 0.0,
            requests_minute_most=last.requests_minute_most,
            steady_minute_most=last.steady_minute_most,
            submits_minute_mean=round(submits / minutes, 2) if minutes else 0.0,
            submits_minute_most=last.submits_minute_most,
        )


def _times(in_order_us: Sequence[int]) -> Times:
    count = len(in_order_us)
    return Times(*(in_order_us[-(-count * percent // 100) - 1] / 1000 for percent in (50, 99, 100)))
