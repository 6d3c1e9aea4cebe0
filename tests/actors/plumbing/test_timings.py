"""The times that a session keeps of itself: what is counted where, from several threads, and how it is kept."""

from __future__ import annotations

import threading

import pytest

from actors.operator.protocol import TIMING_BOUNDS_S, Timing
from actors.plumbing.timings import JOURNAL_COMMIT, REQUEST, TICK, KeptTimings, Timings, kept_timings, timings_text


def buckets(**at: int) -> tuple[int, ...]:
    """So many in the buckets of these places."""
    return tuple(at.get(f"b{place}", 0) for place in range(len(TIMING_BOUNDS_S) + 1))


def test_a_time_is_counted_in_the_first_bucket_that_reaches_it() -> None:
    """A bound is in its own bucket, as Prometheus reads one; what is longer than all has the last."""
    timings = Timings()
    for duration_s in (0.0, 0.0005, 0.00051, 10.0, 10.1):
        timings.note(TICK, duration_s)
    (told,) = timings.told()
    assert told.buckets == buckets(b0=2, b1=1, b13=1, b14=1)
    assert (told.name, told.label, told.count, told.max_s) == ("tick", "", 5, 10.1)
    assert told.sum_s == pytest.approx(20.10101)


def test_labels_are_told_apart_and_things_in_their_order() -> None:
    """What is seen first is told in the same place in every session."""
    timings = Timings()
    timings.note(REQUEST, 0.2, "submit")
    timings.note(REQUEST, 0.1, "ledger")
    timings.note(JOURNAL_COMMIT, 0.003)
    timings.note(REQUEST, 0.4, "submit")
    assert [(one.name, one.label, one.count) for one in timings.told()] == [
        ("journal_commit", "", 1),
        ("request", "ledger", 1),
        ("request", "submit", 2),
    ]


def test_no_time_is_lost_between_threads() -> None:
    """The journal's thread and the session's may note at once, and the lookout's may ask meanwhile."""
    timings, each = Timings(), 2_000

    def note() -> None:
        for _ in range(each):
            timings.note(JOURNAL_COMMIT, 0.0004)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for told in iter(timings.told, None):
        if any(one.count == sum(one.buckets) == 4 * each for one in told):
            break
        assert all(one.count == sum(one.buckets) for one in told), "a look never sees a time half noted"
    for thread in threads:
        thread.join()
    assert [one.count for one in timings.told()] == [4 * each]


def test_what_is_kept_is_read_back_with_its_bounds() -> None:
    """A later build may count in other buckets, and still reads what this one counted."""
    timings = Timings()
    timings.note(TICK, 0.3)
    assert kept_timings(timings_text(timings.told())) == KeptTimings(TIMING_BOUNDS_S, timings.told())
    assert isinstance(timings.told()[0], Timing)


@pytest.mark.parametrize("text", [None, "", "[]", '{"bounds_s": 1}', '{"bounds_s": [], "timings": [{}]}'])
def test_where_nothing_was_kept_nothing_is_told(text: str | None) -> None:
    """A database of an older build, or one that somebody wrote in, still reports."""
    assert kept_timings(text) == KeptTimings((), ())


def test_a_session_without_times_keeps_none() -> None:
    """An empty list would look as if all had been timed."""
    assert timings_text(()) is None
