"""What a start does about a lost session, case by case: settled on its ledger, or told plainly what can't be known.

Method: two sessions are killed once for this file (``support/kill_child.py``), an early one and one past its first
checkpoint; each test takes a copy, damages it or not, and starts the next session on it. POSIX only.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from support.kill_child import Job
from support.kills import Run, kill_server
from support.sessions import Watcher, config_with, journal_of, plan_for, run, shipped_recording
from support.sim_world import load_world
from support.store_database import opened, rows, sound, tamper
from support.store_log import log_lines

from actors.session.parts import SessionParts
from actors.session.plan import opening_row
from actors.session.session import SessionPlan, StartupError, start_session
from actors.store import SessionRow, list_sessions
from actors.store.maintenance import check, restore_backup
from actors.store.reports import capital_orders, record_capital
from actors.venues.host import RunningVenue, VenueFacts
from actors.venues.sim.sim_host import SimPlan
from actors.venues.sim.world import world_file
from neo.analysis.summary import SessionSummary
from neo.market.recording import Recording
from neo.messages import (
    Append,
    CapitalMoved,
    HaltRaised,
    LedgerClosed,
    Lookup,
    OrderChanged,
    OrderStatus,
    SessionEnded,
    SessionStarted,
    VenueRequest,
)
from neo.messages.halts import HaltReason
from tools.proofs.faults import UnreachableVenue, VenueWrapper

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the children are forked")

EARLY, LATE = "early", "late"

OPEN = "('signed', 'submitted', 'unknown', 'resting', 'partially_filled')"


@pytest.fixture(scope="module")
def kills() -> Iterator[Run]:
    """Runs a job in a process of its own."""
    with kill_server() as serve:
        yield serve


@pytest.fixture(scope="module")
def lost_ones(kills: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with a database whose session was killed after an order of it had arrived."""
    folder = tmp_path_factory.mktemp("lost")
    for name, number in ((EARLY, 14), (LATE, 60)):
        (folder / name).mkdir()
        job = Job(str(folder / name / "neo.sqlite3"), 7, 200, step="submitted_unanswered", number=number)
        assert kills(job) == 9
    return folder


@pytest.fixture
def lost(lost_ones: Path, tmp_path: Path) -> Path:
    """A database whose session was killed early."""
    return copied(lost_ones / EARLY, tmp_path / "copy")


def copied(folder: Path, to: Path) -> Path:
    """A copy of a killed session's files."""
    shutil.copytree(folder, to)
    return to / "neo.sqlite3"


def next_one(database: Path, **changed: Any) -> SessionSummary:
    """The session after it: forty seconds."""
    return run(plan_for(database, duration_s=40, **changed))


def other_recording(file_sha256: str = "") -> Recording:
    """The same prices under another name and another hash."""
    changed = {"name": "other.csv", "sha256": "ab" * 32, "file_sha256": file_sha256}
    return msgspec.structs.replace(shipped_recording(), **changed)


def two_rows(database: Path) -> tuple[SessionRow, SessionRow]:
    """The lost session's row and its successor's."""
    newer, older = list_sessions(database)
    assert newer.parent_id == older.id
    assert (older.status, older.halt_reason) == ("ended", "process_lost")
    assert check(database).findings == ()
    assert sound(database)
    return older, newer


def test_a_lost_session_is_settled_and_its_ledger_goes_on(lost: Path) -> None:
    """Its journal ends with its end, its inventory is exact, and the next one opens with what it left."""
    summary = next_one(lost)
    older, newer = two_rows(lost)
    assert f"process {older.pid} ended without a word; the next start settled " in (older.halt_detail or "")
    assert older.rungs_failed == ()
    assert older.results is not None
    before, after = journal_of(lost, older.id), journal_of(lost, newer.id)
    ended = before[-1]
    assert isinstance(ended, SessionEnded)
    assert ended.reason is HaltReason.PROCESS_LOST
    assert ended.standing.exact
    assert ended.standing.orders_live == ()
    assert [record.reason for record in before if isinstance(record, HaltRaised)] == [HaltReason.PROCESS_LOST]
    started = after[0]
    assert isinstance(started, SessionStarted)
    assert started.opening.xrp_drops == ended.standing.xrp_ledger_drops
    assert started.opening.rlusd == ended.standing.rlusd_ledger
    assert summary.inventory.exact
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    first, second = summary.notices
    assert first == f"session {older.id} was lost: {older.halt_detail}"
    assert second.startswith("the ledger goes on with what the account has: ")
    assert not world_file(lost).exists()


def test_the_operator_is_warned_of_it(lost: Path) -> None:
    """The log's warning is what the screen shows."""
    with log_lines() as logged:
        next_one(lost)
    assert "WARNING session_lost" in "\n".join(logged)


def test_the_market_goes_on_whatever_the_next_sessions_seed(lost: Path) -> None:
    """Another seed, and another crowd in the profile, shape a new ledger only; the summary says so."""
    sim = config_with(venue={"maker_count": 2})
    summary = next_one(lost, seed=8, config=sim)
    assert "its market goes on as it began (seed 7); [venue] and --seed shape a new one only" in summary.notices
    assert summary.inventory.exact
    assert len(next_one(lost, seed=8).notices) == 0


def test_another_recording_is_refused_with_the_mend(lost: Path) -> None:
    """The ledger can't go on with other prices: nothing is touched, and with the right file it is settled."""
    with pytest.raises(StartupError, match=r"goes on with the recording .*--market; or move .*\.world away"):
        next_one(lost, recording=other_recording())
    assert [row.status for row in list_sessions(lost)] == ["running"]
    next_one(lost)
    two_rows(lost)


# --- What can't be asked -------------------------------------------------------------------------------------------


def without(database: Path) -> None:
    world_file(database).unlink()


def with_a_bad_line(database: Path) -> None:
    world = world_file(database)
    world.write_bytes(world.read_bytes().replace(b'"Closed"', b'"Cloned"', 1))


def of_another_session(database: Path) -> None:
    world = world_file(database)
    world.write_bytes(world.read_bytes().replace(b'"session_id":"2', b'"session_id":"3', 1))


def behind_the_journal(database: Path) -> None:
    world = world_file(database)
    lines = world.read_bytes().splitlines(keepends=True)
    world.write_bytes(b"".join(lines[: len(lines) // 3]))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (without, "its file is not there"),
        (with_a_bad_line, "can't be read"),
        (of_another_session, "its file is that of session 3"),
        (behind_the_journal, "its file ends with ledger"),
    ],
)
def test_a_ledger_that_can_not_be_asked_is_told(lost: Path, damage: Callable[[Path], None], why: str) -> None:
    """The session ends as lost, with what can not be known; its file is set aside; the next one is as any."""
    damage(lost)
    had_file = world_file(lost).exists()
    [(session_id,)] = rows(lost, "SELECT id FROM sessions")
    before = journal_of(lost, session_id)
    left = [row for (row,) in rows(lost, f"SELECT id FROM orders WHERE status IN {OPEN}")]  # noqa: S608 - the test's own
    summary = next_one(lost)
    older, _ = two_rows(lost)
    detail = older.halt_detail or ""
    assert "the simulated ledger can't be asked: " in detail
    assert why in detail
    assert "open orders is not known" in detail
    # Nothing is booked but that it will never be known, and each order's row says why.
    added = journal_of(lost, session_id)[len(before) :]
    assert [(record.order_id, record.status) for record in added if isinstance(record, OrderChanged)] == [
        (order_id, OrderStatus.LOST) for order_id in left
    ]
    assert len(added) == len(left) > 0
    reasons = rows(lost, "SELECT failure_reason FROM orders WHERE status = 'lost'")
    assert len(reasons) == len(left)
    assert all(why in reason for (reason,) in reasons)
    fresh = next_one(lost.with_name("fresh.sqlite3"))
    assert summary.journal_sha256 == fresh.journal_sha256
    aside = list(lost.parent.glob("*.world.unusable-*"))
    assert len(aside) == had_file


def test_a_ledger_that_names_its_recording_by_the_files_bytes_is_gone_on_with(lost: Path) -> None:
    """As an earlier version wrote it: the same file is still the same recording."""
    named = load_world(world_file(lost)).origin.market_sha256
    summary = next_one(lost, recording=other_recording(file_sha256=named))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED


def test_a_journal_that_lost_its_log_is_not_settled_by_guessing(lost_ones: Path, tmp_path: Path) -> None:
    """Without its WAL the journal is at its last checkpoint: orders that only the ledger knows are told, not booked."""
    database = copied(lost_ones / LATE, tmp_path / "copy")
    database.with_name("neo.sqlite3-wal").unlink()
    database.with_name("neo.sqlite3-shm").unlink(missing_ok=True)
    next_one(database)
    older, _ = two_rows(database)
    assert "of its transactions that the journal lacks" in (older.halt_detail or "")
    assert "the database lost its last moments" in (older.halt_detail or "")
    assert len(list(database.parent.glob("*.world.unusable-*"))) == 1


def test_a_session_that_only_the_ledger_knows_is_told(lost: Path) -> None:
    """With its log gone before the first checkpoint even its row is gone: its ledger is set aside, with a warning."""
    lost.with_name("neo.sqlite3-wal").unlink()
    lost.with_name("neo.sqlite3-shm").unlink(missing_ok=True)
    assert list_sessions(lost) == []
    with log_lines() as logged:
        summary = next_one(lost)
    assert len(list_sessions(lost)) == 1
    (notice,) = summary.notices
    assert "left by a session that this database does not know" in notice
    assert any(line.startswith("WARNING unknown_world_set_aside") for line in logged)
    assert lost.with_name("neo.sqlite3.world.unusable-unknown").exists()


@pytest.mark.parametrize("cut_bytes", [1, 3000, 30_000, 300_000])
def test_a_truncated_log_is_recovered_or_told(lost_ones: Path, tmp_path: Path, cut_bytes: int) -> None:
    """Whatever is cut off the WAL: no half commit, and either all is settled or the ending says what is not known."""
    database = copied(lost_ones / LATE, tmp_path / "copy")
    wal = database.with_name("neo.sqlite3-wal")
    os.truncate(wal, max(0, wal.stat().st_size - cut_bytes))
    summary = next_one(database)
    older, _ = two_rows(database)
    detail = older.halt_detail or ""
    assert ("settled" in detail) != ("the database lost its last moments" in detail)
    assert summary.inventory.exact


def test_a_restored_backup_takes_no_foreign_ledger(lost: Path, tmp_path: Path) -> None:
    """A restore sets the ledger's file aside with the database that it belongs to."""
    other = tmp_path / "other.sqlite3"
    next_one(other)
    aside = restore_backup(lost, other)
    assert aside is not None
    assert not world_file(lost).exists()
    assert aside.with_name(f"{aside.name}.world").exists()


# --- Capital -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["capital_claimed", "world_created"])
def test_a_deposit_is_not_lost_with_a_session_that_never_opened(kills: Run, tmp_path: Path, step: str) -> None:
    """Claimed for an opening that never was, it waits for the next one, and is in it once."""
    database = tmp_path / "neo.sqlite3"
    record_capital(database, "deposit", 5_000_000, Decimal(0))
    assert kills(Job(str(database), 7, 40, step=step)) == 9
    summary = next_one(database)
    older, newer = two_rows(database)
    assert "before anything was journaled, so nothing had been sent" in (older.halt_detail or "")
    assert [order.session_id for order in capital_orders(database)] == [newer.id]
    assert summary.inventory.xrp_capital_drops == 105_000_000
    assert summary.inventory.exact


def test_a_deposit_waits_while_a_lost_ledger_goes_on(lost: Path) -> None:
    """The ledger's balances are what they are; the deposit is in the next opening, and the notice says so."""
    record_capital(lost, "deposit", 5_000_000, Decimal(0))
    summary = next_one(lost)
    assert "recorded deposits and withdrawals wait for a session that opens with a ledger of its own" in summary.notices
    assert next_one(lost).inventory.xrp_capital_drops == 105_000_000
    causes = [record.cause for record in journal_of(lost, summary.session_id) if isinstance(record, CapitalMoved)]
    assert causes == ["opening balance"]


# --- Trouble in the recovery ---------------------------------------------------------------------------------------


def run_with(plan: SessionPlan, venue: Callable[[RunningVenue], RunningVenue]) -> SessionSummary:
    """A session on another venue."""
    parts = SessionParts(venue=venue)
    return start_session(plan, Watcher(), parts=parts)


def test_orders_that_can_not_be_settled_keep_the_next_session_from_starting(lost: Path) -> None:
    """A venue that does not answer: a clear refusal, the row stays open, and the next start settles it."""
    plan = plan_for(lost, duration_s=40)
    with pytest.raises(StartupError, match=r"could not be settled .*Start again to try once more; or move .*\.world"):
        run_with(plan, lambda inner: UnreachableVenue(inner, 0))
    assert [row.status for row in list_sessions(lost)] == ["running"]
    next_one(lost)
    older, _ = two_rows(lost)
    assert "settled" in (older.halt_detail or "")


class MoonPlan(SimPlan, frozen=True, kw_only=True):
    """The simulation by another name: as much as a database sees of another venue."""

    @property
    def facts(self) -> VenueFacts:
        """Another venue's."""
        return msgspec.structs.replace(super().facts, venue="moon")


@pytest.mark.parametrize("ended", [False, True], ids=["lost", "ended with orders open"])
def test_a_session_of_another_venue_is_settled_there_first(lost: Path, ended: bool) -> None:
    """The host of this one could only say that it is gone, and its orders would be given up."""
    if ended:
        tamper(lost, "UPDATE sessions SET status = 'ended', ended_at = started_at, halt_reason = 'kill_switch'")
    usual = plan_for(lost, duration_s=40)
    assert isinstance(usual.venue, SimPlan)
    moon = MoonPlan(**{name: getattr(usual.venue, name) for name in SimPlan.__struct_fields__})
    with pytest.raises(StartupError, match=r'settled first, on venue "sim", .* is "moon"\. Start once with .* --db'):
        start_session(msgspec.structs.replace(usual, venue=moon), Watcher())
    assert world_file(lost).exists()
    next_one(lost)
    assert rows(lost, "SELECT id FROM orders WHERE status = 'lost'") == []


class MuteVenue(VenueWrapper):
    """What became of a transaction it never says; what it is sent for the first time it takes."""

    asked: ClassVar[list[str]] = []

    def post(self, request: VenueRequest) -> None:
        """Swallow lookups."""
        if isinstance(request, Lookup):
            self.asked.append(request.tx_hash)
        else:
            self.inner.post(request)


@pytest.mark.parametrize("step", ["submitted_unanswered", "before_submission_arrives"])
def test_a_lookup_that_is_never_answered_is_answered_by_the_ledgers(kills: Run, tmp_path: Path, step: str) -> None:
    """Whether the order had arrived or not: it rests and is cancelled, or its last ledger passes without it."""
    MuteVenue.asked.clear()
    database = tmp_path / "neo.sqlite3"
    assert kills(Job(str(database), 7, 200, step=step, number=14)) == 9
    run_with(plan_for(database, duration_s=40), lambda inner: MuteVenue(inner, 0))
    older, _ = two_rows(database)
    assert MuteVenue.asked != []
    assert "settled" in (older.halt_detail or "")
    assert older.rungs_failed == ()
    assert rows(database, f"SELECT id FROM orders WHERE status IN {OPEN}") == []  # noqa: S608 - a constant
    results = dict(rows(database, "SELECT submit_tx_hash, result FROM orders"))
    # Of those that left in one go, the last one did not arrive where it was killed before that.
    passed = [results[tx_hash] == "tefMAX_LEDGER" for tx_hash in MuteVenue.asked]
    assert passed == [False] * (len(passed) - 1) + [step == "before_submission_arrives"]
    settled = journal_of(database, older.id)[-1]
    assert isinstance(settled, SessionEnded)
    assert settled.standing.exact


class InterruptedVenue(VenueWrapper):
    """Ctrl+C while it is connected to."""

    async def connect(self) -> LedgerClosed:
        """Interrupts once."""
        if not interrupted:
            interrupted.append(True)
            os.kill(os.getpid(), signal.SIGINT)
        return await super().connect()


interrupted: list[bool] = []


def test_an_interrupt_in_the_recovery_ends_the_session_that_follows(lost: Path) -> None:
    """The lost session is settled all the same; the next one begins and ends at once, for that reason."""
    interrupted.clear()
    summary = run_with(plan_for(lost, duration_s=40), lambda inner: InterruptedVenue(inner, 0))
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGINT
    assert summary.ticks <= 1
    assert summary.orders_left == ()
    older, _ = two_rows(lost)
    assert "settled" in (older.halt_detail or "")
    assert not world_file(lost).exists()


def test_the_ledgers_file_names_the_session_that_trades_on_it(lost: Path) -> None:
    """So that a restored or foreign database is never settled on it."""
    assert load_world(world_file(lost)).session_id == list_sessions(lost)[0].id


# --- What it was ending with ---------------------------------------------------------------------------------------

LOST, TERM, KILL = HaltReason.PROCESS_LOST, HaltReason.INTERRUPTED_SIGTERM, HaltReason.KILL_SWITCH


@pytest.mark.parametrize(
    ("noted", "was_ending"),
    [
        ((), None),
        ((TERM,), TERM),
        ((KILL, TERM), KILL),
        ((LOST,), None),
        ((TERM, LOST), TERM),
        ((LOST, TERM), None),
        ((KILL, LOST, TERM), KILL),
        ((LOST, TERM, KILL, TERM), None),
    ],
)
def test_only_what_was_noted_before_the_loss_is_what_it_was_ending_with(
    tmp_path: Path, noted: tuple[HaltReason, ...], was_ending: HaltReason | None
) -> None:
    """A cause that an earlier recovery added is no ending that the session had begun itself."""
    store = opened(tmp_path / "neo.sqlite3")
    store.begin_session(opening_row(plan_for(tmp_path / "neo.sqlite3"), "one", "2026-11-26T00:00:00Z"))
    records = tuple(
        HaltRaised(reason=reason, detail="", source="", first=number == 0) for number, reason in enumerate(noted)
    )
    store.append([Append(records=records, sender="session", batch=1, wants_receipt=False)])
    lost = store.lost_session("one")
    store.close()
    assert lost.was_ending == was_ending
    assert ("it was ending with" in lost.cause) is (was_ending is not None)


class SignalledVenue(VenueWrapper):
    """A signal at each attempt to reach it."""

    async def connect(self) -> LedgerClosed:
        """Signals, then does it."""
        signal.raise_signal(signal.SIGHUP)
        return await super().connect()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_signals_in_recoveries_are_never_a_cause_of_the_loss(lost: Path) -> None:
    """In one that fails and in one that settles: the lost session's ending is the kill, and nothing else."""
    with pytest.raises(StartupError, match="was lost, and"):
        run_with(plan_for(lost, duration_s=40), lambda inner: SignalledVenue(UnreachableVenue(inner, 0), 0))
    summary = run_with(plan_for(lost, duration_s=40), lambda inner: SignalledVenue(inner, 0))
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGHUP
    older, _ = two_rows(lost)
    assert "it was ending with" not in (older.halt_detail or "")
    assert older.secondary_halts == ()
    raised = [record.reason for record in journal_of(lost, older.id) if isinstance(record, HaltRaised)]
    assert raised == [HaltReason.PROCESS_LOST]
