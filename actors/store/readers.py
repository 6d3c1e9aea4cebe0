"""What others may ask of a database, on connections that can't change it."""

from __future__ import annotations

import contextlib
import sqlite3
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.store.connection import connect_read_only
from actors.store.errors import UnusablePathError, translating
from actors.store.rows import LostSession, SessionRow
from actors.store.schema import version_of
from neo.halt import Halt, HaltReason
from neo.messages import CapitalOrdered, HaltRaised, SessionEnded
from neo.orders import LIVE, PENDING

_SESSION_COLUMNS = (
    "id, parent_id, status, pid, started_at, ended_at, venue, seed, market, config, config_sha256, halt_reason,"
    " halt_detail, secondary_halts, rungs_failed, journal_sha256, ticks, ledgers, fills, equity_start_rlusd,"
    " equity_end_rlusd, equity_change_rlusd, profile, config_changes, restarts, warnings, results"
)


def require_database(path: Path) -> None:
    """See that a path is a database of ours: who only looks must not be told that nothing runs on a mistyped name.

    Raises:
        StoreError: There is none, or it is something else.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        if version_of(connection, path) == 0:
            raise UnusablePathError(path, "an empty file, no database yet", "Name another with --db, or run a session.")


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


def lost_session(connection: sqlite3.Connection, session_id: str) -> LostSession:
    """What is known of a session that was never ended."""
    (pid,) = connection.execute("SELECT pid FROM sessions WHERE id = ?", (session_id,)).fetchone()
    ledger_index, last_kind = connection.execute(
        "SELECT coalesce((SELECT max(ledger_index) FROM market_snapshots WHERE session_id = ?1),"
        " (SELECT min(ledger_index) FROM journal WHERE session_id = ?1)),"
        " (SELECT kind FROM journal WHERE session_id = ?1 ORDER BY seq DESC LIMIT 1)",
        (session_id,),
    ).fetchone()
    halts = [
        reason
        for (reason,) in connection.execute(
            "SELECT json_extract(body, '$.reason') FROM journal WHERE session_id = ? AND kind = ? ORDER BY seq",
            (session_id, HaltRaised.__name__),
        )
    ]
    orders = connection.execute("SELECT status, submit_tx_hash FROM orders WHERE session_id = ?", (session_id,))
    statuses, hashes = zip(*orders.fetchall() or [(None, None)], strict=True)
    payments = connection.execute(
        "SELECT json_extract(body, '$.tx_hash') FROM journal WHERE session_id = ? AND kind = ?",
        (session_id, CapitalOrdered.__name__),
    )
    return LostSession(
        id=session_id,
        pid=pid,
        was_ending=next((reason for reason in halts if reason != HaltReason.PROCESS_LOST), None),
        ledger_index=ledger_index,
        orders_open=sum(status in LIVE | PENDING for status in statuses),
        tx_hashes=frozenset(hashes).union(tx_hash for (tx_hash,) in payments),
        is_noted=HaltReason.PROCESS_LOST in halts,
        is_closed=last_kind == SessionEnded.__name__,
    )


def _sessions(path: Path, which: str, values: tuple[str, ...]) -> list[SessionRow]:
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        if version_of(connection, path) == 0:
            return []
        # One snapshot for the rows and the counts of the running ones.
        connection.execute("BEGIN")
        rows = connection.execute(f"SELECT {_SESSION_COLUMNS} FROM sessions {which}", values)  # noqa: S608 - constants
        return [_session_row(connection, row) for row in rows.fetchall()]


def _session_row(connection: sqlite3.Connection, row: tuple[object, ...]) -> SessionRow:
    fields = dict(zip(SessionRow.__struct_fields__, row, strict=True))
    if fields["ticks"] is None:
        fields["ticks"], fields["ledgers"], fields["fills"] = counts(connection, str(fields["id"]))
    fields["secondary_halts"] = msgspec.json.decode(str(fields["secondary_halts"]), type=tuple[Halt, ...])
    for name in ("rungs_failed", "config_changes", "restarts", "warnings"):
        fields[name] = msgspec.json.decode(str(fields[name]))
    for name in ("equity_start_rlusd", "equity_end_rlusd", "equity_change_rlusd"):
        text = fields[name]
        fields[name] = None if text is None else Decimal(str(text))
    return msgspec.convert(fields, SessionRow)
