"""What others may ask of a database, on connections that can't change it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.table_rows import Bounded, LostSession, SessionRow, struct_from
from actors.store.tables import version_in_use
from neo.desk.orders import LIVE, PENDING
from neo.messages import CapitalOrdered, HaltRaised, SessionEnded
from neo.messages.halts import HaltReason

_SESSION_COLUMNS = (
    "id, parent_id, status, pid, started_at, ended_at, venue, seed, market, config, config_sha256, halt_reason,"
    " halt_detail, secondary_halts, rungs_failed, journal_sha256, ticks, ledgers, fills, equity_start_rlusd,"
    " equity_end_rlusd, equity_change_rlusd, profile, config_changes, restarts, warnings, results,"
    " (SELECT value FROM engine_state WHERE session_id = id AND key = 'settled.detail'),"
    " (SELECT value FROM engine_state WHERE session_id = id AND key = 'timings')"
)


def require_database(path: Path) -> None:
    """See that a path is a database of ours: who only looks must not be told that nothing runs on a mistyped name.

    Raises:
        StoreError: There is none, or it is something else.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)


def list_sessions(path: Path) -> list[SessionRow]:
    """All sessions of a database, newest first.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    return _sessions(path, "ORDER BY started_at DESC, rowid DESC", ())


def session(path: Path, session_id: str) -> SessionRow | None:
    """One session of a database, or None if it has no such session.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    rows = _sessions(path, "WHERE id = ?", (session_id,))
    return rows[0] if rows else None


def session_config(path: Path, session_id: str) -> str | None:
    """What a session ran with, as JSON, or None if the database has no such session: all that a chart asks of its row.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        row = connection.execute("SELECT config FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return None if row is None else str(row[0])


def counts(connection: sqlite3.Connection, session_id: str) -> tuple[int, int, int]:
    """Ticks, ledgers and fills that the tables have of a session."""
    ticks, ledgers, fills = connection.execute(
        "SELECT (SELECT count(*) FROM journal WHERE session_id = ?1 AND kind = 'QuotesJudged'),"
        " (SELECT count(*) FROM market_snapshots WHERE session_id = ?1),"
        " (SELECT count(*) FROM fills WHERE session_id = ?1)",
        (session_id,),
    ).fetchone()
    return int(ticks), int(ledgers), int(fills)


def running_session_id(connection: sqlite3.Connection) -> str | None:
    """The session whose row is open, or None."""
    row = connection.execute("SELECT id FROM sessions WHERE status = 'running' ORDER BY rowid DESC").fetchone()
    return None if row is None else str(row[0])


def unsettled_sessions(connection: sqlite3.Connection) -> list[str]:
    """Sessions that ended and left orders whose end their journal does not tell, or nobody was told, oldest first."""
    is_open = sorted(LIVE | PENDING)
    rows = connection.execute(
        "SELECT id FROM sessions WHERE status = 'ended' AND (id IN (SELECT session_id FROM orders"  # noqa: S608 - question marks
        f" WHERE status IN ({', '.join('?' * len(is_open))}))"
        " OR id IN (SELECT session_id FROM engine_state WHERE key = 'settlement.orders'"
        " EXCEPT SELECT session_id FROM engine_state WHERE key = 'settled.detail')) ORDER BY started_at, rowid",
        is_open,
    )
    return [str(row[0]) for row in rows]


def lost_session(connection: sqlite3.Connection, session_id: str) -> LostSession:
    """What is known of a session that was never ended, or that left orders open when it ended."""
    (pid,) = connection.execute("SELECT pid FROM sessions WHERE id = ?", (session_id,)).fetchone()
    ledger_index, last_kind, close_time_s = connection.execute(
        "SELECT coalesce((SELECT max(ledger_index) FROM market_snapshots WHERE session_id = ?1),"
        " (SELECT min(ledger_index) FROM journal WHERE session_id = ?1)),"
        " (SELECT kind FROM journal WHERE session_id = ?1 ORDER BY seq DESC LIMIT 1),"
        " (SELECT json_extract(body, '$.close_time_s') FROM journal WHERE session_id = ?1"
        "  AND kind IN ('SessionStarted', 'LedgerObserved') ORDER BY seq DESC LIMIT 1)",
        (session_id,),
    ).fetchone()
    halts = [
        reason
        for (reason,) in connection.execute(
            "SELECT json_extract(body, '$.reason') FROM journal WHERE session_id = ? AND kind = ? ORDER BY seq",
            (session_id, HaltRaised.__name__),
        )
    ]
    is_noted = HaltReason.PROCESS_LOST in halts
    # What is noted after that came in a recovery, and the session was not ending with it.
    own = halts[: halts.index(HaltReason.PROCESS_LOST)] if is_noted else halts
    orders = connection.execute(
        "SELECT status, submit_tx_hash, id FROM orders WHERE session_id = ? ORDER BY rowid", (session_id,)
    ).fetchall()
    payments = connection.execute(
        "SELECT json_extract(body, '$.tx_hash') FROM journal WHERE session_id = ? AND kind = ?",
        (session_id, CapitalOrdered.__name__),
    )
    return LostSession(
        id=session_id,
        pid=pid,
        was_ending=own[0] if own else None,
        ledger_index=ledger_index,
        close_time_s=close_time_s or 0,
        open_ids=tuple(order_id for status, _, order_id in orders if status in LIVE | PENDING),
        tx_hashes=frozenset(tx_hash for _, tx_hash, _ in orders).union(tx_hash for (tx_hash,) in payments),
        is_noted=is_noted,
        is_closed=last_kind == SessionEnded.__name__,
    )


def settled_orders(connection: sqlite3.Connection, session_id: str) -> dict[str, str]:
    """The orders that a session left open at its end, and what became of each."""
    rows = connection.execute(
        "SELECT id, status FROM orders WHERE session_id = ?1 AND id IN (SELECT value FROM json_each("
        " (SELECT value FROM engine_state WHERE session_id = ?1 AND key = 'settlement.orders'))) ORDER BY rowid",
        (session_id,),
    )
    return dict(rows.fetchall())


def session_rows(connection: sqlite3.Connection, which: str = "", values: tuple[str, ...] = ()) -> Iterator[SessionRow]:
    """The rows of ``sessions`` on a connection that is open already."""
    rows = connection.execute(f"SELECT {_SESSION_COLUMNS} FROM sessions {which}", values)  # noqa: S608 - constants
    for row in Bounded(rows):
        yield _session_row(connection, row)


def _sessions(path: Path, which: str, values: tuple[str, ...]) -> list[SessionRow]:
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        # One snapshot for the rows and the counts of the running ones.
        connection.execute("BEGIN")
        return list(session_rows(connection, which, values))


def _session_row(connection: sqlite3.Connection, row: tuple[object, ...]) -> SessionRow:
    fields = dict(zip(SessionRow.__struct_fields__, row, strict=True))
    if fields["ticks"] is None:
        fields["ticks"], fields["ledgers"], fields["fills"] = counts(connection, str(fields["id"]))
    return struct_from(SessionRow, tuple(fields.values()))
