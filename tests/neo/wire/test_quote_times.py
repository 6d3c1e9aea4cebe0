"""The time from a ledger's last frame to its replacements on the socket: what starts it, ends it, and its stages."""

from __future__ import annotations

from typing import Any

import pytest

from neo.messages import QuoteTiming
from neo.wire.quote_times import QuoteTimes

LIFETIME = 5


def replacement(ledger_index: int, **changed: Any) -> dict[str, Any]:
    """An offer that was decided on after this ledger and replaces one of ours; a field changed to None is left out."""
    form = {
        "TransactionType": "OfferCreate",
        "OfferSequence": 7,
        "LastLedgerSequence": ledger_index + LIFETIME,
    } | changed
    return {name: value for name, value in form.items() if value is not None}


def times_with(*ledgers: int) -> QuoteTimes:
    """Ledger n's last frame came at n seconds, and the mirror had it 2 ms later."""
    times = QuoteTimes(LIFETIME)
    for index in ledgers:
        times.note_ledger(index, came_s=float(index), mirrored_s=index + 0.002, complete_s=0.25)
    return times


def leave(times: QuoteTimes, tx_hash: str, posted_s: float, written_s: float) -> None:
    times.note_posted(tx_hash, posted_s)
    times.note_written(tx_hash, written_s)


def test_a_ledgers_time_ends_with_the_last_of_its_replacements_and_is_the_sum_of_its_stages() -> None:
    """Frame at 10 s; mirror 2 ms, both signed 3 ms later, journal 4 ms, socket 0.5 ms: 9.5 ms, not 9.1."""
    times = times_with(10)
    times.note_signed(replacement(10), "A", 10.004)
    times.note_signed(replacement(10), "B", 10.005)
    times.note_posted("A", 10.0089)
    times.note_posted("B", 10.009)
    times.note_written("A", 10.0091)
    assert not times.has_news, "one of the two is not on the socket yet"
    times.note_written("B", 10.0095)
    (timing,) = times.take()
    assert timing == QuoteTiming(
        ledger_index=10,
        offers=2,
        mirror_us=2_000,
        decision_us=3_000,
        journal_us=4_000,
        socket_us=500,
        complete_us=250_000,
    )
    assert timing.total_us == 9_500
    assert times.take() == ()


def test_a_decision_that_comes_after_the_next_ledgers_frame_still_counts_from_its_own() -> None:
    """It is told by the transaction's last ledger: 1.5 s late, not 0.5 s."""
    times = times_with(10, 11)
    times.note_signed(replacement(10), "A", 11.4)
    leave(times, "A", 11.45, 11.5)
    (timing,) = times.take()
    assert (timing.ledger_index, timing.total_us) == (10, 1_500_000)


@pytest.mark.parametrize(
    "form",
    [
        replacement(10, OfferSequence=None),
        replacement(10, TransactionType="OfferCancel"),
        replacement(9),
    ],
    ids=["a first offer", "a cancel", "of a ledger that was read and not streamed"],
)
def test_what_replaces_nothing_has_no_time(form: dict[str, Any]) -> None:
    """Nor is it unsent: it is none of these."""
    times = times_with(10)
    times.note_signed(form, "A", 10.004)
    leave(times, "A", 10.005, 10.006)
    assert (times.take(), times.unsent) == ((), 0)


def test_what_is_sent_again_left_when_it_left_first() -> None:
    """The same blob on doubt, seconds later, changes no time."""
    times = times_with(10)
    for tx_hash in "AB":
        times.note_signed(replacement(10), tx_hash, 10.004)
    leave(times, "A", 10.005, 10.006)
    leave(times, "A", 13.0, 13.0)
    leave(times, "B", 10.006, 10.007)
    leave(times, "B", 14.0, 14.0)
    (timing,) = times.take()
    assert timing.total_us == 7_000


def test_replacements_that_never_left_are_counted_and_forgotten() -> None:
    """Sixteen ledgers are waited for; a late one is in the figure with all of its time, one beyond is not."""
    times = times_with(10, 11)
    for index in (10, 11):
        times.note_signed(replacement(index), f"never {index}", index + 0.004)
    for index in range(12, 27):
        times.note_ledger(index, came_s=float(index), mirrored_s=float(index))
        times.note_signed(replacement(index), f"late {index}", index + 0.001)
    assert times.unsent == 1
    leave(times, "never 10", 27.0, 27.0)
    leave(times, "never 11", 27.0, 27.0)
    (late,) = times.take()
    assert (late.ledger_index, late.total_us) == (11, 16_000_000)
