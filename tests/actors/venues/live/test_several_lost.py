"""Several sessions of one account that were lost, in one database: each is settled on the ledger, the oldest first.

Method: two sessions, each killed in a database of its own, whose rows are brought together in one; no start leaves it
so today, but a database may have come to it by another build, or by hand.
"""

from __future__ import annotations

import contextlib
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, end_process, killed_after
from support.sessions import journal_of
from support.store_database import rows, tamper

from actors.store import list_sessions
from actors.store.maintenance import check
from actors.store.orphans import orphans_of
from neo.messages import HaltRaised, InventoryChecked, SessionEnded
from neo.messages.halts import HaltReason

# Their order keeps every row behind the one that it refers to.
TABLES = (
    "sessions", "journal", "orders", "fills", "inventory_ledger", "capital_events", "fees", "market_snapshots",
    "taker_trades", "inventory_checks", "engine_state",
)  # fmt: skip


def killed(live: LiveWorld, folder: Path, delay_s: float) -> Path:
    """The database of a session that was killed after so many seconds; it took over what offers there were."""
    folder.mkdir()
    plan = live.plan(folder / "neo.db", unknown_offers="adopt", unknown_age_s=1)
    with pytest.raises(BaseExceptionGroup):
        live.run(plan, beside=killed_after(folder / "neo.db", delay_s))
    for _ in range(3):
        live.chain.close()
    return folder / "left.db"


def brought_together(live: LiveWorld, folder: Path) -> Path:
    """A database with two lost sessions of one account, the second of which traded after the first was lost."""
    database, later = killed(live, folder / "first", 61), killed(live, folder / "second", 50)
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS later", (str(later),))
        connection.execute("BEGIN")
        for table in TABLES:
            # Without those that are worked out.
            told = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({told}) SELECT {told} FROM later.{table}")  # noqa: S608 - names
        connection.execute("COMMIT")
    return database.rename(folder / "neo.db")


def lost_in(database: Path) -> list[str]:
    """Sessions without an end, the oldest first."""
    return [str(name) for (name,) in rows(database, "SELECT id FROM sessions WHERE status = 'running' ORDER BY rowid")]


def start_killed_once_settled(live: LiveWorld, database: Path, session_id: str) -> Path:
    """The database after a start that was killed as the journal of a lost session had its end, and nothing else did."""
    left = database.with_name("left.db")
    is_settled = "SELECT 1 FROM journal WHERE kind = 'SessionEnded' AND session_id = ?"

    def look() -> None:
        if not left.exists() and rows(database, is_settled, session_id):
            end_process(database)

    live.chain.listen(look)
    with pytest.raises(BaseExceptionGroup):
        live.run(live.plan(database))
    return left


@pytest.mark.parametrize("is_killed_between", [False, True])
def test_each_lost_session_is_settled_on_the_ledger(tmp_path: Path, is_killed_between: bool) -> None:
    """Also if the start that does it is killed once the first of them is settled: the next one goes on."""
    live = LiveWorld(LedgerServer(Chain(xrp_drops=150_000_000, rlusd=Decimal(300))))
    database = brought_together(live, tmp_path)
    first, second = lost_in(database)
    assert live.chain.truth[live.chain.newest.index].offers, "what they left rests on the ledger"
    assert {one.session_id for one in orphans_of(database)} == {first, second}
    if is_killed_between:
        database = start_killed_once_settled(live, database, first)
        assert lost_in(database) == [first, second]
    summary = live.run(live.plan(database, duration_s=40))
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert [notice.split()[1] for notice in summary.notices] == [first, second]
    assert ("found nothing of it open" in summary.notices[0]) is is_killed_between
    assert "settled" in summary.notices[1]
    assert [row.halt_reason for row in list_sessions(database)] == [
        "duration_elapsed", "process_lost", "process_lost",
    ]  # fmt: skip
    assert orphans_of(database) == []
    for session_id in (first, second):
        journal = journal_of(database, session_id)
        assert any(isinstance(each, HaltRaised) and each.reason is HaltReason.PROCESS_LOST for each in journal)
        assert [each.exact for each in journal if isinstance(each, InventoryChecked)][-1]
        [ended] = [each for each in journal if isinstance(each, SessionEnded)]
        assert (ended.reason, ended.standing.orders_live) == (HaltReason.PROCESS_LOST, ())
    truth = live.chain.truth[live.chain.newest.index]
    assert (truth.offers, summary.inventory.differences) == ((), ())
    assert (summary.inventory.xrp_engine_drops, summary.inventory.rlusd_engine) == (truth.xrp_drops, truth.tokens)
    assert check(database).findings == ()


def test_one_that_is_settled_keeps_no_session_of_another_account_waiting(tmp_path: Path) -> None:
    """Nothing is left to ask of its ledger, so it does not matter that this start has not its account."""
    live = LiveWorld(LedgerServer(Chain(xrp_drops=150_000_000, rlusd=Decimal(300))))
    database = brought_together(live, tmp_path)
    first, second = lost_in(database)
    left = start_killed_once_settled(live, database, first)
    account = f"json_set(body, '$.account', 'rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De') WHERE session_id = '{first}'"
    tamper(left, f"UPDATE journal SET body = {account} AND kind = 'SessionStarted'")  # noqa: S608 - a name of our own
    summary = live.run(live.plan(left, duration_s=20, unknown_age_s=1))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert [notice.split()[1] for notice in summary.notices] == [first, second]
