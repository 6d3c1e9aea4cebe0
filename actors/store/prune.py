"""Old sessions let go, and old copies: what may leave a database, and what stays whatever its age.

A session leaves whole, its journal and all that follows from it; those that stay keep every record. What a later start
may ask the database about stays: a session without its end, one with orders whose fate is unclear or not settled,
what an account did on a real network in its last day of trading (its fees and transactions count against budgets), and
the newest session of all. So does what somebody put a note beside, and whatever one that stays goes on from.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from actors.store import backup
from actors.store.backup import BackupFile
from actors.store.connection import Durability, connect, connect_read_only, require_sound
from actors.store.maintenance import alone
from actors.store.money_text import ledger_time_from, ledger_time_text
from actors.store.orphans import orphans_of
from actors.store.place import database_at
from actors.store.readers import require_database, unsettled_sessions
from actors.store.store_errors import translating
from actors.store.tables import version_in_use
from actors.store.verify import NO_SESSIONS, tables
from neo.desk.spending import DAY_S

# What keeps the journal whole; it comes back within the transaction that lets sessions go.
_GUARD: Final = "journal_loses_nothing"

_ROWS: Final = "SELECT id, parent_id, status, started_at, coalesce(ended_at, started_at) FROM sessions"
_BYTES: Final = "SELECT session_id, sum(length(body)) FROM journal GROUP BY session_id"
# Where a profile names no network, there is none whose budgets could count on.
_LAST_LEDGERS: Final = (
    "SELECT id, (SELECT created_at FROM market_snapshots WHERE session_id = id ORDER BY ledger_index DESC LIMIT 1)"
    " FROM sessions WHERE json_valid(config) AND json_extract(config, '$.venue.network_id') IS NOT NULL"
)
_NEVER_OPENED: Final = "NOT EXISTS (SELECT 1 FROM capital_events AS e WHERE e.session_id = capital_orders.session_id)"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions and copies may go; a session has to be out of both bounds.

    Args:
        keep: So many of the newest sessions stay; None for no such bound.
        older_than: Only sessions that ended longer ago go; None for no such bound.
        copies: So many of the newest copies stay; None for all.
    """

    keep: int | None = None
    older_than: timedelta | None = None
    copies: int | None = None


class Prunable(msgspec.Struct, frozen=True, kw_only=True):
    """What a choice comes to.

    Args:
        sessions: The sessions that go, oldest first.
        stays: Those that the choice would let go and that stay, each with the reason.
        total: How many sessions there are.
        copies: The copies that go, newest first.
        size_bytes: Of the database.
        frees_bytes: Of the database, about so much: the sessions' share by what their journals hold.
    """

    sessions: tuple[str, ...]
    stays: dict[str, str]
    total: int
    copies: tuple[BackupFile, ...]
    size_bytes: int
    frees_bytes: int


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: the plan that was followed, and the database's size in bytes before and after."""

    plan: Prunable
    before_bytes: int
    after_bytes: int


def prunable(path: Path, choice: Choice, now: datetime) -> Prunable:
    """What would go; nothing is changed.

    Args:
        path: The database.
        choice: Which may go.
        now: This machine's time.

    Raises:
        StoreError: It can't be read.
    """
    unclear = {one.session_id for one in orphans_of(path)}
    with contextlib.closing(connect_read_only(path, brief=False)) as connection, translating(path):
        version_in_use(connection, path)
        connection.execute("BEGIN")
        rows = connection.execute(f"{_ROWS} ORDER BY started_at DESC, rowid DESC").fetchall()
        pinned = dict(_pinned(connection, unclear))
        sizes = dict(connection.execute(_BYTES))
    if rows:
        pinned.setdefault(rows[0][0], "is the newest of all")
    _pin_parents(pinned, {session_id: parent for session_id, parent, *_ in rows}, _not_chosen(rows, choice, now))
    chosen = [row[0] for row in rows if row[0] not in _not_chosen(rows, choice, now)]
    going = [session_id for session_id in reversed(chosen) if session_id not in pinned]
    size_bytes = database_at(path).stat().st_size
    share = sum(sizes.get(session_id, 0) for session_id in going) / max(1, sum(sizes.values()))
    return Prunable(
        sessions=tuple(going),
        stays={session_id: pinned[session_id] for session_id in chosen if session_id in pinned},
        total=len(rows),
        copies=() if choice.copies is None else tuple(backup.listed(path)[choice.copies :]),
        size_bytes=size_bytes,
        frees_bytes=round(size_bytes * share),
    )


def prune(path: Path, choice: Choice, now: datetime) -> Pruned:
    """Let sessions and copies go, and give their room back to the disk.

    Args:
        path: The database.
        choice: Which may go.
        now: This machine's time.

    Raises:
        SessionRunningError: A session runs in it.
        CorruptedError: It is damaged; nothing was changed.
        StoreError: It can't be read or written, or the disk has no room for the second copy that makes it small.
    """
    require_database(path)
    path = database_at(path)
    with alone(path):
        plan = prunable(path, choice, now)
        before_bytes = path.stat().st_size
        if plan.sessions:
            with contextlib.closing(connect(path, Durability.POWER_LOSS)) as connection, translating(path):
                require_sound(connection, path)
                _let_go(connection, plan.sessions)
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if choice.copies is not None:
            backup.let_go(path, choice.copies)
        return Pruned(plan=plan, before_bytes=before_bytes, after_bytes=path.stat().st_size)


def _not_chosen(rows: list[tuple[str, ...]], choice: Choice, now: datetime) -> set[str]:
    """The sessions that a choice leaves alone; of rows that are in order, the newest first."""
    kept = {row[0] for row in rows[: choice.keep]} if choice.keep is not None else set()
    if choice.older_than is not None:
        kept |= {row[0] for row in rows if now - datetime.fromisoformat(row[4]) <= choice.older_than}
    return kept


def _pinned(connection: sqlite3.Connection, unclear: set[str]) -> Iterator[tuple[str, str]]:
    """Every session that has to stay, with the reason; of several reasons, the weightiest comes last."""
    for (session_id,) in connection.execute("SELECT session_id FROM experiments WHERE note <> ''"):
        yield session_id, "has a note beside it"
    told = dict(connection.execute(_LAST_LEDGERS))
    newest = max((ledger_time_from(at) for at in told.values() if at is not None), default=0)
    for session_id, at in told.items():
        if at is not None and at > ledger_time_text(newest - DAY_S):
            yield session_id, "is of the last day on a real network, whose fees and transactions count"
    for session_id in unclear:
        yield session_id, "has orders whose fate is unclear"
    for session_id in unsettled_sessions(connection):
        yield session_id, "left orders that are not settled"
    for (session_id,) in connection.execute("SELECT id FROM sessions WHERE status = 'running'"):
        yield session_id, "has no end yet"


def _pin_parents(pinned: dict[str, str], parents: dict[str, str | None], not_chosen: set[str]) -> None:
    for session_id in {*pinned, *not_chosen}:
        child, parent = session_id, parents.get(session_id)
        while parent is not None:
            pinned.setdefault(parent, f"is what {child} goes on from")
            child, parent = parent, parents.get(parent)


def _let_go(connection: sqlite3.Connection, sessions: tuple[str, ...]) -> None:
    """Delete sessions with all that is theirs, in one transaction."""
    (guard,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (_GUARD,)).fetchone()
    mine = "IN (SELECT value FROM json_each(?1))"
    wanted = (msgspec.json.encode(sessions).decode(),)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # The rows refer to each other, and for a moment some are missing.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(f"DROP TRIGGER {_GUARD}")
        # What a session took to itself and never opened with goes on waiting.
        for name in NO_SESSIONS:
            connection.execute(
                f"UPDATE {name} SET session_id = NULL WHERE session_id {mine} AND {_NEVER_OPENED}",  # noqa: S608 - names of our own
                wanted,
            )
            connection.execute(f"DELETE FROM {name} WHERE session_id {mine}", wanted)  # noqa: S608
        for table in tables(connection):
            connection.execute(f"DELETE FROM {table.name} WHERE {table.session} {mine}", wanted)  # noqa: S608
        connection.execute(guard)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
