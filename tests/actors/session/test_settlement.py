"""Orders that a session left open when it *ended*: the next start settles them, and says so.

Method: whole sessions under the virtual clock that end without pulling what rests (a second Ctrl+C, a venue that does
not answer, a database that is locked for long), then the next session on the same database.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.failing import HangingVenue
from support.last_row import untruths
from support.sessions import Watcher, journal_of, plan_for, shipped_recording
from support.sim_world import load_world
from support.store_database import rows, state, tamper
from support.store_log import log_lines

from actors.session.parts import SessionParts
from actors.session.session import StartupError, start_session
from actors.store import DiskFullError, LockedError, SessionRow, Store, StoreError, list_sessions
from actors.store.maintenance import check, rebuild
from actors.venues.host import RunningVenue
from actors.venues.sim.world import World, world_file
from neo.analysis.summary import SessionSummary
from neo.messages import (
    HaltRaised,
    LedgerObserved,
    Message,
    SessionEnded,
    SettlementBegun,
    VenueRequest,
)
from neo.messages.halts import HaltReason
from neo.sim.accounts import crowd_address
from tools.proofs.faults import UnreachableVenue

OPEN = "('signed', 'submitted', 'unknown', 'resting', 'partially_filled')"
OPEN_ORDERS = f"SELECT id FROM orders WHERE status IN {OPEN} ORDER BY rowid"  # noqa: S608 - a constant


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def session(
    database: Path,
    *,
    watcher: Watcher | None = None,
    venue: Callable[[RunningVenue], RunningVenue] = lambda venue: venue,
    duration_s: int = 80,
) -> SessionSummary:
    """A session of some twenty ledgers."""
    plan = plan_for(database, duration_s=duration_s)
    parts = SessionParts(venue=venue)
    return start_session(plan, watcher or Watcher(), parts=parts)


def twice_interrupted(ledger_index: int = 16) -> Watcher:
    """Ctrl+C when so many ledgers are in, and again when the session says that it is ending."""
    left = [2]

    def shown(message: Message) -> None:
        begun = isinstance(message, LedgerObserved) and message.ledger_index == ledger_index and left[0] == 2
        again = isinstance(message, HaltRaised) and left[0] == 1
        if begun or again:
            left[0] -= 1
            signal.raise_signal(signal.SIGINT)

    return Watcher(shown)


def row_of(database: Path, session_id: str) -> SessionRow:
    """A session's row."""
    return next(row for row in list_sessions(database) if row.id == session_id)


def open_orders(database: Path) -> list[str]:
    """Orders whose end the database does not tell."""
    return [order_id for (order_id,) in rows(database, OPEN_ORDERS)]


@pytest.fixture
def left(database: Path) -> SessionSummary:
    """A session that a second Ctrl+C cut short."""
    return session(database, watcher=twice_interrupted())


def on_the_ledger(database: Path) -> set[str]:
    """Our orders whose offers are on the ledger that was left, as its file tells."""
    file = world_file(database)
    if not file.exists():
        return set()
    world = World.reopen(file, load_world(file), shipped_recording().bars, 0)
    world.leave()
    sequences = {offer.sequence for offer in world.market.ledger.offers(crowd_address("our account"))}
    orders = rows(database, "SELECT id, offer_sequence FROM orders WHERE cancels IS NULL")
    return {order_id for order_id, sequence in orders if sequence in sequences}


def test_what_an_ended_session_left_is_settled_by_the_next_start(database: Path, left: SessionSummary) -> None:
    """Each order has its end and why it came late, the fills between are booked, the operator is told; once."""
    was = open_orders(database)
    assert set(left.orders_left) <= set(was)
    assert len(was) > 1
    assert "the next start settles it" in left.notices[-1]
    before, journal = row_of(database, left.session_id), journal_of(database, left.session_id)
    with log_lines() as logged:
        summary = session(database)
    after = row_of(database, left.session_id)
    assert open_orders(database) == []
    settled = rows(database, "SELECT id, status, failure_reason FROM orders WHERE failure_reason LIKE 'left open by%'")
    assert sorted(order_id for order_id, _, _ in settled) == sorted(was)
    (notice,) = summary.notices
    assert notice.startswith(f"session {left.session_id} had ended and left orders behind, ")
    assert all(f"{order_id} {status}" in notice for order_id, status, _ in settled)
    assert "WARNING orders_left_settled" in logged
    assert after.settled is not None
    # How it ended stays as it was written; what it came to is what its journal says.
    same = ("halt_reason", "halt_detail", "secondary_halts", "rungs_failed", "warnings", "ended_at", "restarts")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert msgspec.json.decode(state(database, "orders_live_at_shutdown", left.session_id)) == list(left.orders_left)
    grown = journal_of(database, left.session_id)
    assert grown[: len(journal)] == journal
    begun, ended = grown[len(journal)], grown[-1]
    assert begun == SettlementBegun(
        ledger_index=journal[-1].standing.ledger_index,  # type: ignore[union-attr]  # a session's last record
        close_time_s=journal[-1].standing.close_time_s,  # type: ignore[union-attr]
        journal_sha256=left.journal_sha256,
        order_ids=tuple(was),
    )
    assert isinstance(ended, SessionEnded)
    assert (ended.reason, ended.detail) == (left.halt_reason, left.halt_detail)
    assert ended.standing.exact
    assert after.fills == ended.standing.fills == rows(database, "SELECT count(*) FROM fills")[0][0] - summary.fills
    assert check(database).findings == ()
    assert rebuild(database).changed == ()
    assert check(database).findings == ()


def test_a_reason_that_is_none_keeps_the_next_session_from_starting(database: Path, left: SessionSummary) -> None:
    """It is told with its mend, and after that settled."""
    tamper(database, "UPDATE sessions SET halt_reason = 'sudden_death'")
    with pytest.raises(StartupError, match=r"'sudden_death' in its row is no reason to end.*--rebuild"):
        session(database)
    rebuild(database)
    assert row_of(database, left.session_id).halt_reason == "interrupted_sigint"
    session(database)
    assert open_orders(database) == []
    assert check(database).findings == ()


def test_nothing_is_settled_twice(database: Path, left: SessionSummary) -> None:
    """Two sessions later the journal is as the first one left it, and nobody is told again."""
    session(database)
    journal = journal_of(database, left.session_id)
    later = session(database)
    assert (later.notices, journal_of(database, left.session_id)) == ((), journal)
    assert not world_file(database).exists()


def test_the_session_after_it_is_as_any(database: Path, left: SessionSummary) -> None:
    """It has a ledger of its own, no parent, and the journal that its seed gives."""
    summary = session(database)
    assert row_of(database, summary.session_id).parent_id is None
    assert summary.journal_sha256 == session(database.with_name("fresh.sqlite3")).journal_sha256
    assert left.session_id != summary.session_id


def test_orders_whose_ledger_is_gone_get_a_last_status_that_says_so(database: Path, left: SessionSummary) -> None:
    """They are lost, with the reason in each row; no fill is invented, and the ending stays what it was."""
    was = open_orders(database)
    world_file(database).unlink()
    fills = rows(database, "SELECT count(*) FROM fills")
    summary = session(database)
    assert rows(database, "SELECT id, status FROM orders WHERE status = 'lost' ORDER BY rowid") == [
        (order_id, "lost") for order_id in was
    ]
    reasons = [reason for (reason,) in rows(database, "SELECT failure_reason FROM orders WHERE status = 'lost'")]
    assert len(reasons) == len(was) > 1
    assert all(reason.endswith("its file is not there") for reason in reasons)
    assert "the simulated ledger can't be asked (its file is not there)" in summary.notices[0]
    booked = "SELECT count(*) FROM fills WHERE session_id = ?"
    assert rows(database, booked, left.session_id) == fills
    assert row_of(database, left.session_id).halt_reason == "interrupted_sigint"
    assert check(database).findings == ()
    assert session(database).notices == ()


def test_the_ledger_of_another_session_is_not_asked(database: Path, left: SessionSummary) -> None:
    """As in a database of before, whose later sessions took no notice."""
    kept = world_file(database).read_bytes().replace(left.session_id.encode(), b"20200101-000000-aaaa")
    world_file(database).write_bytes(kept)
    summary = session(database)
    assert any("its file is that of session 20200101-000000-aaaa" in notice for notice in summary.notices)
    assert open_orders(database) == []


def test_a_settlement_that_fails_is_made_again(database: Path, left: SessionSummary) -> None:
    """A venue that can't be reached: the start is refused with the mend, and the next one settles."""
    with pytest.raises(StartupError, match=r"ended \(interrupted_sigint\), and \d open orders? could not be settled"):
        session(database, venue=lambda inner: UnreachableVenue(inner, 0))
    assert world_file(database).exists()
    assert row_of(database, left.session_id).halt_reason == "interrupted_sigint"
    session(database)
    assert open_orders(database) == []
    assert row_of(database, left.session_id).secondary_halts == left.secondary_halts
    assert check(database).findings == ()


def test_a_signal_while_it_is_settled_ends_the_session_that_follows(database: Path, left: SessionSummary) -> None:
    """And is no cause of the one that had ended long before."""

    def interrupted(inner: RunningVenue) -> RunningVenue:
        post = inner.post

        def cancelled(request: VenueRequest) -> None:
            signal.raise_signal(signal.SIGTERM)
            post(request)

        inner.post = cancelled  # type: ignore[method-assign]  # the venue's own, with a signal at each cancel
        return inner

    summary = session(database, venue=interrupted)
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGTERM
    assert summary.ticks <= 1
    row = row_of(database, left.session_id)
    assert (row.halt_reason, row.secondary_halts) == ("interrupted_sigint", left.secondary_halts)
    assert row.settled is not None


def test_a_venue_that_does_not_answer_is_settled_too(database: Path) -> None:
    """What rests can't be cancelled, all of it is named, and the next start does it."""
    first = session(database, venue=lambda inner: HangingVenue(inner, 12), duration_s=400)
    assert first.halt_reason is HaltReason.RISK_RPC_FAILURE
    assert "was not answered by its last ledger" in first.halt_detail
    assert first.orders_left != ()
    assert on_the_ledger(database) <= set(first.orders_left)
    assert untruths(database, row_of(database, first.session_id), first) == []
    session(database)
    assert open_orders(database) == []


@pytest.mark.parametrize(("commit", "error"), [(12, LockedError), (23, DiskFullError), (32, LockedError)])
def test_a_database_that_takes_nothing_for_long(
    database: Path, monkeypatch: pytest.MonkeyPatch, commit: int, error: type[StoreError]
) -> None:
    """Persistence gives up; what it had is written when the database takes it again, and the row counts that too."""
    append, calls = Store.append, [0]

    def failing(store: Store, appends: Any) -> None:
        calls[0] += 1
        if commit <= calls[0] < commit + 4:
            raise error(store.path, "it fails on purpose", "Nothing to mend: it is a test.")
        append(store, appends)

    monkeypatch.setattr(Store, "append", failing)
    summary = session(database, duration_s=400)
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert untruths(database, row_of(database, summary.session_id), summary) == []
    assert on_the_ledger(database) <= set(summary.orders_left)
    assert world_file(database).exists() is bool(open_orders(database))
    monkeypatch.setattr(Store, "append", append)
    session(database)
    assert open_orders(database) == []
    assert check(database).findings == ()


def test_a_settlement_that_was_never_told_is_told_by_the_next_start(
    database: Path, left: SessionSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process ended after the last record and before the note: nothing is settled again, but it is said."""

    def gone(store: Store, *_: object) -> None:
        raise DiskFullError(store.path, "it ends here on purpose", "Nothing to mend: it is a test.")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "note_settlement", gone)
        with pytest.raises(StartupError, match="it ends here on purpose"):
            session(database)
    journal = journal_of(database, left.session_id)
    assert open_orders(database) == []
    (notice,) = session(database).notices
    assert notice.startswith(f"session {left.session_id} had ended and left orders behind, settled on the ledger: o0")
    assert journal_of(database, left.session_id) == journal
    assert row_of(database, left.session_id).settled is not None
    assert session(database).notices == ()
