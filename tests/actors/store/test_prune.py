"""What leaves a database when old sessions are let go, and what stays whatever its age; the rest is whole afterwards.

Method: real short sessions on the embedded ledger, and journals written by hand for what only a real network has.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.sessions import plan_for, run
from support.store_database import count, ending, opened, rows, tamper
from support.store_records import appends, changed, fee, intended, observed, opening, signed, started

from actors.store import SessionRunningError, list_sessions
from actors.store.backup import folder_of, listed
from actors.store.lock import ProcessLock
from actors.store.maintenance import check, make_backup
from actors.store.prune import Choice, prunable, prune
from actors.store.reports import capital_orders, record_capital, write_note
from actors.store.sent import TradingPlace
from actors.store.spent_before import spent_before
from neo.messages import OrderStatus, Record, Side

NOW = datetime(2026, 12, 24, tzinfo=UTC)
MONTH = timedelta(days=30)
LIVE = '{"venue":{"network_id":0}}'


def session(path: Path, session_id: str, *records: Record, ended_at: str = "2026-11-01T10:00:00Z", **row: Any) -> None:
    """A session that wrote these behind its first records, and ended then; "" for one that never did."""
    store = opened(path)
    began = {"started_at": ended_at or "2026-11-01T10:00:00Z", "config": "{}", **row}
    store.begin_session(msgspec.structs.replace(opening(session_id), **began))
    store.append(appends([started(), *((record,) for record in records)]))
    if ended_at:
        store.end_session(msgspec.structs.replace(ending(), ended_at=ended_at))
    store.close()


def ids(path: Path) -> set[str]:
    return {row.id for row in list_sessions(path)}


def placed(tick: int, status: OrderStatus) -> tuple[Record, ...]:
    """An order and the last that is known of it."""
    side = Side.BUY
    return (intended(tick, side), signed(tick, side), changed(tick, side, status), fee(tick, side), observed(tick))


# --- Real sessions -----------------------------------------------------------------------------------------------


def test_all_but_the_newest_go_with_every_row_and_the_room_comes_back(tmp_path: Path) -> None:
    """Those that stay are as they were to the last column; the journal can't be shortened any more than before."""
    path = tmp_path / "neo.sqlite3"
    names = [run(plan_for(path, duration_s=200, seed=seed)).session_id for seed in (1, 2, 3, 4)]
    kept = rows(path, "SELECT * FROM journal WHERE session_id IN (?, ?) ORDER BY session_id, seq", *names[2:])
    seen = prunable(path, Choice(keep=2), NOW)
    assert (seen.sessions, seen.stays, seen.total) == (tuple(names[:2]), {}, 4)
    assert ids(path) == set(names)
    done = prune(path, Choice(keep=2), NOW)
    assert ids(path) == set(names[2:])
    assert rows(path, "SELECT * FROM journal ORDER BY session_id, seq") == kept
    tables = ("orders", "fees", "market_snapshots", "taker_trades", "inventory_checks", "engine_state", "experiments")
    for table in tables:
        assert {row[0] for row in rows(path, f"SELECT DISTINCT session_id FROM {table}")} == set(names[2:]), table  # noqa: S608
    assert done.after_bytes == path.stat().st_size < done.before_bytes
    # Two of four alike sessions are about a half, and what was foretold came true to a tenth of the file.
    assert abs(seen.frees_bytes - (done.before_bytes - done.after_bytes)) < done.before_bytes / 10
    report = check(path)
    assert (report.findings, report.sessions) == ((), 2)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        rows(path, "DELETE FROM journal")
    assert run(plan_for(path, duration_s=20)).inventory.exact


def test_copies_go_too_but_the_newest(tmp_path: Path) -> None:
    """An operator's own file among them stays."""
    path = tmp_path / "neo.sqlite3"
    session(path, "one")
    made = [make_backup(path).path for _ in range(3)]
    own = folder_of(path) / "mine.backup"
    own.write_bytes(b"mine")
    assert [copy.path for copy in prunable(path, Choice(keep=1, copies=1), NOW).copies] == [made[1], made[0]]
    prune(path, Choice(keep=1, copies=1), NOW)
    assert [copy.path for copy in listed(path)] == [made[2]]
    assert own.read_bytes() == b"mine"


def test_nothing_is_done_while_a_session_runs(tmp_path: Path) -> None:
    """Refused, and everything is there."""
    path = tmp_path / "neo.sqlite3"
    for name in ("one", "two"):
        session(path, name)
    lock = ProcessLock(path)
    lock.acquire()
    try:
        with pytest.raises(SessionRunningError):
            prune(path, Choice(keep=1), NOW)
    finally:
        lock.release()
    assert ids(path) == {"one", "two"}


def test_one_that_is_interrupted_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one transaction: the guard of the journal stands again as well."""
    path = tmp_path / "neo.sqlite3"
    for name in ("one", "two"):
        session(path, name)
    monkeypatch.setattr("actors.store.prune.tables", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        prune(path, Choice(keep=1), NOW)
    assert ids(path) == {"one", "two"}
    assert check(path).findings == ()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        rows(path, "DELETE FROM journal")


# --- By age ------------------------------------------------------------------------------------------------------


def test_a_session_has_to_be_beyond_both_bounds(tmp_path: Path) -> None:
    """Old ones among the newest so many stay, and young ones beyond them."""
    path = tmp_path / "neo.sqlite3"
    for name, ended_at in (
        ("old", "2026-11-01"),
        ("older", "2026-10-01"),
        ("young", "2026-12-20"),
        ("new", "2026-12-23"),
    ):
        session(path, name, ended_at=f"{ended_at}T10:00:00Z")
    assert prunable(path, Choice(older_than=MONTH), NOW).sessions == ("older", "old")
    assert prunable(path, Choice(keep=1), NOW).sessions == ("older", "old", "young")
    assert prunable(path, Choice(keep=3, older_than=MONTH), NOW).sessions == ("older",)


# --- What stays --------------------------------------------------------------------------------------------------


def test_what_a_later_start_may_ask_about_stays_with_its_reason(tmp_path: Path) -> None:
    """Without an end, unsettled, of unclear fate, with a note, gone on from, the newest; a settled one goes."""
    path = tmp_path / "neo.sqlite3"
    session(path, "settled", *placed(1, OrderStatus.CANCELED))
    session(path, "resting", *placed(1, OrderStatus.RESTING))
    session(path, "unclear", *placed(1, OrderStatus.LOST))
    session(path, "noted")
    session(path, "parent")
    session(path, "child")
    session(path, "lost", ended_at="")
    write_note(path, "noted", "keep this one")
    tamper(path, "UPDATE sessions SET parent_id = 'parent' WHERE id = 'child'")
    write_note(path, "child", "and what it goes on from")
    found = prunable(path, Choice(older_than=timedelta(seconds=1)), NOW)
    assert found.sessions == ("settled",)
    assert found.stays == {
        "lost": "has no end yet",
        "child": "has a note beside it",
        "parent": "is what child goes on from",
        "noted": "has a note beside it",
        "unclear": "has orders whose fate is unclear",
        "resting": "left orders that are not settled",
    }


def test_budgets_of_a_real_network_count_on_after_what_is_old_has_gone(tmp_path: Path) -> None:
    """The last day by the ledger's clock stays, whatever this machine's clock says; the day before it goes."""
    path = tmp_path / "neo.sqlite3"
    day_later = 86_400 // 4
    for number, tick in enumerate((1, day_later - 9, day_later + 9)):
        session(path, f"live-{number}", *placed(tick, OrderStatus.CANCELED), venue="live", config=LIVE)
    session(path, "sim")
    here = TradingPlace(venue="live", account="rNEOexample", network_id=0)
    now_s = 822_268_800 + 4 * (day_later + 12)
    before = spent_before(path, here, now_s)
    assert len(before.fees) == 2
    assert prune(path, Choice(older_than=timedelta(seconds=1)), NOW).plan.sessions == ("live-0",)
    assert spent_before(path, here, now_s) == before


def test_capital_that_waits_goes_on_waiting_and_what_counted_never_counts_again(tmp_path: Path) -> None:
    """A deposit that a session opened with goes with it; one that a session took and never opened with waits."""
    path = tmp_path / "neo.sqlite3"
    session(path, "opened")
    session(path, "never", config="{}")
    tamper(path, "DELETE FROM capital_events WHERE session_id = 'never'")
    for drops in (1_000_000, 2_000_000, 3_000_000):
        record_capital(path, "deposit", drops, Decimal(0))
    tamper(
        path,
        "UPDATE capital_orders SET session_id = 'opened' WHERE id = 1",
        "UPDATE capital_orders SET session_id = 'never' WHERE id = 2",
    )
    session(path, "newest", ended_at="2026-12-01T10:00:00Z")
    prune(path, Choice(keep=1), NOW)
    assert [(order.xrp_drops, order.session_id) for order in capital_orders(path)] == [
        (2_000_000, None),
        (3_000_000, None),
    ]
    assert count(path, "sessions") == 1
