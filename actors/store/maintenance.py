"""What an operator does to a database between sessions: check it whole, put a backup in its place, make it small."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from actors.store import backup
from actors.store.backup import BackupFile
from actors.store.connection import Durability, connect, connect_read_only, require_sound
from actors.store.derive import derive
from actors.store.journal import hash_of, read_journal
from actors.store.lock import HeldError, ProcessLock
from actors.store.place import database_at, take_place
from actors.store.readers import require_database, session_rows
from actors.store.reports import moved_before
from actors.store.store_errors import RESTORE_MEND, CorruptedError, DamagedValueError, SessionRunningError, translating
from actors.store.tables import migrate, version_in_use
from actors.store.verify import differences, limited, tables

# Findings of one kind that are told; where there are so many, the rest is no news.
_FINDINGS_MAX: Final = 20


class CheckReport(msgspec.Struct, frozen=True):
    """What a check found.

    Args:
        schema_version: Of the database.
        sessions: How many it has.
        records: How many its journal has.
        findings: What is wrong, one line each; empty if it is sound.
    """

    schema_version: int
    sessions: int
    records: int
    findings: tuple[str, ...]


class Rebuilt(msgspec.Struct, frozen=True):
    """What a rebuild did: the copy it made before, and what was not as the journal gives it, one line each."""

    copy: BackupFile
    changed: tuple[str, ...]


def check(path: Path) -> CheckReport:
    """Check a database to the last row: SQLite's own checks, its schema, gaps in the journal, each ended session's
    hash, and every table against what the journal gives.

    Raises:
        StoreError: It can't be read at all.
    """
    try:
        return _checked(path)
    except CorruptedError as error:
        # So damaged that SQLite's check gave up, or not as NEO makes one: that is what was found.
        return CheckReport(0, 0, 0, (error.what,))


def rebuild(path: Path) -> Rebuilt:
    """Put in the place of every table that follows from the journal what the journal gives, in one transaction, after a
    backup.

    Raises:
        SessionRunningError: A session runs in it.
        CorruptedError: The journal or the file itself is damaged; nothing was changed.
        StoreError: It can't be read or written.
    """
    require_database(path)
    with alone(path), contextlib.closing(connect(path, Durability.POWER_LOSS)) as connection, translating(path):
        require_sound(connection, path)
        damaged = limited(_journal_findings(connection, path), _FINDINGS_MAX)
        if damaged:
            raise CorruptedError(path, f"its journal is damaged: {damaged[0]}", RESTORE_MEND)
        copy = backup.make(connection, path, keep=None)
        migrate(connection, path)
        changed = limited(_derived_findings(connection, path), _FINDINGS_MAX)
        damaged = [line for line in changed if line.startswith(("journal ", "session "))]
        if damaged:
            raise CorruptedError(path, f"its journal is damaged: {damaged[0]}", RESTORE_MEND)
        connection.execute("BEGIN IMMEDIATE")
        try:
            _write_anew(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Rebuilt(copy, tuple(changed))


def _write_anew(connection: sqlite3.Connection) -> None:
    # The rows refer to each other, and for a moment some are missing.
    connection.execute("PRAGMA defer_foreign_keys = ON")
    sessions = list(session_rows(connection, "ORDER BY rowid"))
    notes = connection.execute("SELECT session_id, note FROM experiments WHERE note <> ''").fetchall()
    for table in tables(connection):
        if table.name != "journal":
            connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - the schema's names
    for session in sessions:
        sha256 = hash_of(connection, session.id).hexdigest
        derive(connection, session, read_journal(connection, session.id), journal=False, sha256=sha256)
    connection.executemany("UPDATE experiments SET note = ?2 WHERE session_id = ?1", notes)


def _checked(path: Path) -> CheckReport:
    with contextlib.closing(connect_read_only(path, brief=False)) as connection, translating(path):
        version = version_in_use(connection, path)
        # One snapshot, though a session goes on meanwhile.
        connection.execute("BEGIN")
        findings = [text for (text,) in connection.execute(f"PRAGMA integrity_check({_FINDINGS_MAX})") if text != "ok"]
        if findings:
            # In a damaged file the rows can't be trusted to tell anything.
            return CheckReport(version, 0, 0, tuple(findings))
        findings += limited(
            (
                f"row {rowid} of {table} refers to a missing row of {parent}"
                for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check")
            ),
            _FINDINGS_MAX,
        )
        findings += limited(_journal_findings(connection, path), _FINDINGS_MAX)
        findings += limited(_recorded_findings(connection), _FINDINGS_MAX)
        if not findings:
            # A journal that is not whole gives other tables.
            findings += limited(_derived_findings(connection, path), _FINDINGS_MAX)
        sessions = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
        records = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        return CheckReport(version, sessions, records, tuple(findings))


def _recorded_findings(connection: sqlite3.Connection) -> Iterator[str]:
    for number, *move in connection.execute("SELECT id, kind, xrp_drops, rlusd FROM capital_orders ORDER BY id"):
        try:
            moved_before(*move)
        except DamagedValueError as error:
            yield f"capital_orders {number}: {error}"


def _derived_findings(connection: sqlite3.Connection, path: Path) -> Iterator[str]:
    for session in session_rows(connection, "ORDER BY rowid"):
        yield from differences(connection, path, session)


def make_backup(path: Path) -> BackupFile:
    """A verified copy, also while a session runs; no older copy leaves for it.

    Raises:
        StoreError: The database can't be read, or the copy could not be made.
    """
    with contextlib.closing(connect_read_only(path, brief=False)) as connection:
        with translating(path):
            version_in_use(connection, path)
        take_place(path, create=False)
        return backup.make(connection, path, keep=None)


def restore_backup(path: Path, copy: Path) -> Path | None:
    """Put a copy in the place of a database that no session runs in.

    Returns:
        Where the database that stood there was set aside, or None.

    Raises:
        StoreError: A session runs in it, or the copy is not sound; nothing was changed.
    """
    with alone(path):
        return backup.restore(copy, database_at(path))


def vacuum(path: Path) -> tuple[int, int]:
    """Write a database anew without its empty pages.

    Returns:
        Its size before and after, in bytes.

    Raises:
        StoreError: A session runs in it, there is none, or the disk has no room for the second copy.
    """
    require_database(path)
    path = database_at(path)
    with alone(path):
        before_bytes = path.stat().st_size
        with contextlib.closing(connect(path, Durability.POWER_LOSS)) as connection, translating(path):
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before_bytes, path.stat().st_size


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a database against sessions and whoever else writes it.

    Raises:
        SessionRunningError: A session runs in it.
    """
    lock = ProcessLock(take_place(path, create=False))
    try:
        lock.acquire()
    except HeldError as held:
        raise SessionRunningError(path, held.pid, None) from held
    try:
        yield
    finally:
        lock.release()


def _journal_findings(connection: sqlite3.Connection, path: Path) -> Iterator[str]:
    rows = connection.execute(
        "SELECT id, journal_sha256, (SELECT count(*) FROM journal WHERE session_id = id),"
        " (SELECT max(seq) FROM journal WHERE session_id = id) FROM sessions"
    ).fetchall()
    for session_id, claimed, records, last_seq in rows:
        if records != (last_seq or 0):
            yield f"session {session_id}: {last_seq - records} of {last_seq} journal records are missing"
        elif claimed is not None and _hash_of(connection, path, session_id) != claimed:
            yield f"session {session_id}: its journal is not the one that its hash was taken of"


def _hash_of(connection: sqlite3.Connection, path: Path, session_id: str) -> str | None:
    """The hash of a session's journal, None if a record is not even text any more."""
    try:
        with translating(path):
            return hash_of(connection, session_id).hexdigest
    except CorruptedError:
        return None
