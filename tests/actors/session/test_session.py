"""Whole sessions, actors and database and all, under the virtual clock."""

from __future__ import annotations

import gc
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from support.sessions import Watcher, config_with, journal_of, plan_for, run
from support.store_log import log_lines

from actors.plumbing.wiring import LEAST_BOUNDS
from actors.session.session import StartupError
from actors.store import list_sessions
from neo.desk.desk import Desk
from neo.messages import (
    Fill,
    HaltRaised,
    LedgerObserved,
    MarketView,
    Message,
    OrderIntended,
    OrderSigned,
    OrderSubmitted,
    QuotesJudged,
    SessionEnded,
    SessionStarted,
)
from neo.messages.halts import HaltReason


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def test_a_session_runs_its_course_and_is_kept(database: Path) -> None:
    """Ninety ledgers in six minutes, a tick on each, quotes on both sides, and the row tells how it ended."""
    watcher = Watcher()
    summary = run(plan_for(database), watcher)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.ticks == 90
    # The way down waits for a ledger or two that show our offers gone.
    assert 91 <= summary.ledgers <= 93
    assert summary.rungs_failed == ()
    assert summary.orders_left == ()
    assert summary.restarts == 0
    assert summary.telemetry_dropped == 0
    assert summary.inventory.exact
    assert watcher.closed
    (row,) = list_sessions(database)
    assert row.id == summary.session_id
    assert row.halt_reason == "duration_elapsed"
    assert row.journal_sha256 == summary.journal_sha256
    assert (row.ticks, row.ledgers, row.fills) == (summary.ticks, summary.ledgers, summary.fills)


def test_the_collector_passes_over_what_was_loaded_while_a_session_runs(database: Path) -> None:
    """And goes through all of it again afterwards, whatever the session left."""
    frozen: list[int] = []
    run(plan_for(database, duration_s=4), Watcher(lambda _: frozen.append(gc.get_freeze_count())))
    assert min(frozen) > 10_000
    assert gc.get_freeze_count() == 0
    database.with_name("neo.sqlite3.kill").touch()
    with pytest.raises(StartupError):
        run(plan_for(database, duration_s=4))
    assert gc.get_freeze_count() == 0


def test_two_sessions_that_draw_the_same_name_have_names_of_their_own(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four characters beside the second: a start must not fail because an earlier one of that second had them."""
    drawn = iter(["20260101-000000-abcd", "20260101-000000-abcd", "20260101-000000-ef01"])
    monkeypatch.setattr("actors.session.session.new_session_id", lambda: next(drawn))
    assert [run(plan_for(database, duration_s=4)).session_id for _ in range(2)] == [
        "20260101-000000-abcd",
        "20260101-000000-ef01",
    ]


def test_quotes_rest_on_both_sides_and_get_filled(database: Path) -> None:
    """The account competes: most ledgers show quotes of ours on both sides, and takers come from both."""
    summary = run(plan_for(database, duration_s=3600))
    records = journal_of(database, summary.session_id)
    observed = [record for record in records if isinstance(record, LedgerObserved)]
    sides = [(record.own_bid is not None) + (record.own_ask is not None) for record in observed]
    assert sum(count >= 1 for count in sides) > 0.7 * len(observed)
    assert sum(count == 2 for count in sides) > 0.4 * len(observed)
    fills = [record for record in records if isinstance(record, Fill)]
    assert len(fills) == summary.fills > 5
    assert summary.bought_drops > 0
    assert summary.sold_drops > 0
    inventory = summary.inventory
    assert inventory.xrp_engine_drops == 100_000_000 + inventory.xrp_fills_drops - inventory.xrp_fees_drops
    sent = sum(isinstance(record, OrderSigned) for record in records)
    assert inventory.xrp_fees_drops == 10 * sent
    assert inventory.rlusd_engine == 200 + inventory.rlusd_fills


def test_the_same_seed_gives_the_same_journal_at_any_speed(tmp_path: Path) -> None:
    """Byte for byte: twice at full speed, once paced, and once after another in its database, whose fees it does not
    take over; another seed gives another one.
    """
    plans = {
        "first": plan_for(tmp_path / "a.sqlite3"),
        "after it": plan_for(tmp_path / "a.sqlite3"),
        "again": plan_for(tmp_path / "b.sqlite3"),
        "paced": plan_for(tmp_path / "c.sqlite3", speed=400),
        "other": plan_for(tmp_path / "d.sqlite3", seed=8),
    }
    hashes = {name: run(plan).journal_sha256 for name, plan in plans.items()}
    assert hashes["first"] == hashes["after it"] == hashes["again"] == hashes["paced"]
    assert hashes["other"] != hashes["first"]


def test_every_channel_at_its_smallest_gives_the_same_session(tmp_path: Path) -> None:
    """Nothing deadlocks and nothing changes when no channel holds more than a message in passing."""
    usual = run(plan_for(tmp_path / "a.sqlite3"))
    least = run(plan_for(tmp_path / "b.sqlite3"), bounds=LEAST_BOUNDS)
    assert least.journal_sha256 == usual.journal_sha256
    assert least.rungs_failed == ()


def test_an_order_is_in_the_journal_before_its_answer(database: Path) -> None:
    """Intent, then signed blob, then the venue's word: in that order for every order there is."""
    summary = run(plan_for(database))
    stage: dict[str, int] = {}
    for record in journal_of(database, summary.session_id):
        match record:
            case OrderIntended():
                assert record.order_id not in stage
                stage[record.order_id] = 1
            case OrderSigned():
                assert stage[record.order_id] == 1
                stage[record.order_id] = 2
            case OrderSubmitted():
                assert stage[record.order_id] == 2
                stage[record.order_id] = 3
    assert len(stage) > 40
    assert set(stage.values()) == {3}


def test_the_journal_alone_tells_where_the_session_stands(database: Path) -> None:
    """Replayed from the database, the desk's standing is the one that the session ended with."""
    summary = run(plan_for(database))
    records = journal_of(database, summary.session_id)
    assert isinstance(records[0], SessionStarted)
    assert isinstance(records[-1], SessionEnded)
    assert Desk.replay(records).standing() == records[-1].standing
    judged = [record.tick for record in records if isinstance(record, QuotesJudged)]
    assert judged == list(range(1, summary.ticks + 1))


def test_a_broken_limit_ends_the_session_with_its_numbers(database: Path) -> None:
    """Holding 200 RLUSD against a limit of 150 is a risk halt on the first tick, and nothing was quoted."""
    config = config_with(risk={"max_rlusd_exposure": Decimal(150)})
    summary = run(plan_for(database, config=config))
    assert summary.halt_reason is HaltReason.RISK_RLUSD_EXPOSURE
    assert summary.halt_detail == "200.00 > 150"
    assert summary.ticks == 1
    records = journal_of(database, summary.session_id)
    assert not [record for record in records if isinstance(record, OrderIntended)]
    (raised,) = [record for record in records if isinstance(record, HaltRaised)]
    assert (raised.reason, raised.first) == (HaltReason.RISK_RLUSD_EXPOSURE, True)
    assert list_sessions(database)[0].halt_detail == "200.00 > 150"


def test_a_halt_reason_does_not_survive_into_the_next_session(database: Path) -> None:
    """After a risk halt, the next session on the same database ends with its own reason."""
    run(plan_for(database, config=config_with(risk={"max_rlusd_exposure": Decimal(150)})))
    summary = run(plan_for(database))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    newest, oldest = sorted(list_sessions(database), key=lambda row: row.started_at, reverse=True)
    assert (oldest.halt_reason, newest.halt_reason) == ("risk_rlusd_exposure", "duration_elapsed")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("SIGINT", "sigint"), ("SIGTERM", "sigterm")] + ([("SIGUSR1", "sigterm")] if sys.platform != "win32" else []),
)
def test_a_signal_ends_the_session_properly(database: Path, name: str, reason: str) -> None:
    """Half way, the signal's own reason is written, nothing of ours is left resting, and the books are closed."""

    def interrupt(message: Message) -> None:
        if isinstance(message, MarketView) and message.ledger_index == start[0] + 45:
            os.kill(os.getpid(), getattr(signal, name))

    start: list[int] = []
    watcher = Watcher(lambda m: start.append(m.ledger_index) if isinstance(m, SessionStarted) else interrupt(m))
    summary = run(plan_for(database), watcher)
    assert (str(summary.halt_reason), summary.halt_detail) == (f"interrupted_{reason}", name)
    assert 45 <= summary.ledgers < 60
    assert summary.orders_left == ()
    assert summary.rungs_failed == ()
    assert summary.inventory.exact


def test_the_database_is_whole_and_its_log_empty_after_the_end(database: Path) -> None:
    """A clean end works the write-ahead log into the file."""
    run(plan_for(database))
    wal = database.with_name(database.name + "-wal")
    assert not wal.exists() or wal.stat().st_size == 0


def test_a_screen_that_breaks_is_told_once_and_ends_nothing(database: Path) -> None:
    """The session runs its course without it; nothing is restarted for it."""
    shown: list[Message] = []

    def break_down(message: Message) -> None:
        shown.append(message)
        raise TypeError("a cell that can't be drawn")

    with log_lines() as lines:
        summary = run(plan_for(database), Watcher(break_down))
    assert (summary.halt_reason, summary.restarts) == (HaltReason.DURATION_ELAPSED, 0)
    assert len(shown) == 1
    assert [line for line in lines if line.startswith("ERROR")] == ["ERROR screen_broke"]


def test_a_database_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    """A folder in the file's place: the error names the path."""
    folder = tmp_path / "folder.sqlite3"
    folder.mkdir()
    with pytest.raises(StartupError, match=r"folder\.sqlite3"):
        run(plan_for(folder))
