"""What a session on a real venue measured of itself: quantiles of each stage, and what servers were asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo.analysis.venue_use import QuoteSpeed, Times, VenueUseFold
from neo.messages import EndpointRequests, QuoteTiming, VenueMeasured


def timing(ledger_index: int, **changed: int) -> QuoteTiming:
    """Of a ledger: each stage took nothing if nothing else is said."""
    stages = {"offers": 2, "mirror_us": 0, "decision_us": 0, "journal_us": 0, "socket_us": 0} | changed
    return QuoteTiming(ledger_index=ledger_index, **stages)


def measured(quotes: Sequence[QuoteTiming] = (), **changed: Any) -> VenueMeasured:
    """A record after two minutes, with 12 requests and 61 submissions."""
    usual: dict[str, Any] = {
        "ledger_index": 10,
        "over_ms": 120_000,
        "requests": (EndpointRequests("wss://one:443", 9, 61), EndpointRequests("wss://two:443", 3, 0)),
        "requests_minute": 1,
        "requests_minute_most": 11,
        "steady_minute_most": 4,
        "submits_minute": 30,
        "submits_minute_most": 32,
        "quotes_unsent": 0,
    }
    return VenueMeasured(quotes=tuple(quotes), **(usual | changed))


def speed_of(*records: VenueMeasured) -> QuoteSpeed:
    fold = VenueUseFold()
    for record in records:
        fold.apply(record)
    speed = fold.speed()
    assert speed is not None
    return speed


def test_quantiles_are_times_that_were_measured() -> None:
    """Of 199 ledgers that took 0.01 to 1.99 ms: the 100th, the 198th and the last, in whatever order they came."""
    ledgers = [timing(index, journal_us=10 * ((index * 77) % 199 + 1)) for index in range(199)]
    speed = speed_of(measured(ledgers[:50]), measured(ledgers[50:]))
    assert (speed.ledgers, speed.both_sides) == (199, 199)
    assert speed.journal == Times(1.0, 1.98, 1.99)
    assert speed.total == speed.journal
    assert speed.mirror == Times(0.0, 0.0, 0.0)


def test_the_whole_is_each_ledgers_own_sum() -> None:
    """Slow in the mirror is one ledger, slow in the journal another: no ledger took the sum of both worst."""
    speed = speed_of(measured([timing(1, mirror_us=900, offers=1), timing(2, journal_us=700, decision_us=100)]))
    assert (speed.mirror.max_ms, speed.journal.max_ms, speed.total.max_ms) == (0.9, 0.7, 0.9)
    assert (speed.total.p50_ms, speed.both_sides) == (0.8, 1)


def test_how_long_ledgers_took_to_be_complete_is_told_beside_the_whole_and_is_no_part_of_it() -> None:
    """Of those that the stream told: the network's time, not ours."""
    speed = speed_of(measured([timing(1, mirror_us=900, complete_us=40_000), timing(2), timing(3, complete_us=60_000)]))
    assert speed.complete == Times(40.0, 60.0, 60.0)
    assert speed.total.max_ms == 0.9
    assert speed_of(measured([timing(1)])).complete is None


def test_a_ledger_that_is_journaled_twice_counts_once() -> None:
    """The message in hand at a crash is delivered once more."""
    record = measured([timing(1, socket_us=100)])
    assert speed_of(record, record).ledgers == 1


def test_ledgers_whose_replacements_did_not_leave_are_told_beside_the_times() -> None:
    """They have none, and a figure without them would be too good."""
    assert speed_of(measured([timing(1)]), measured(quotes_unsent=3)).unsent == 3


def test_requests_are_a_minutes_mean_and_most_and_submissions_apart() -> None:
    """12 requests in two minutes are 6 a minute, 61 submissions 30.5; the last record has all of the session."""
    fold = VenueUseFold()
    fold.apply(measured(over_ms=60_000, requests=(EndpointRequests("wss://one:443", 9, 30),)))
    fold.apply(measured())
    use = fold.requests()
    assert use is not None
    assert (use.minutes, use.requests, use.submits) == (2.0, 12, 61)
    assert (use.requests_minute_mean, use.requests_minute_most, use.steady_minute_most) == (6.0, 11, 4)
    assert (use.submits_minute_mean, use.submits_minute_most) == (30.5, 32)
    assert [each.endpoint for each in use.endpoints] == ["wss://one:443", "wss://two:443"]


def test_a_journal_without_measurements_has_neither() -> None:
    """A simulation's, and any that is older: absent, not zero."""
    fold = VenueUseFold()
    assert (fold.speed(), fold.requests()) == (None, None)
    fold.apply(measured())
    assert fold.speed() is None, "no quote was replaced"
