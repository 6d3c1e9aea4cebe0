"""Verified copies: made before each run, listed, and put back."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from actors.store.connection import connect_read_only, require_sound
from actors.store.errors import UnusablePathError, translating
from actors.store.schema import version_of

_SUFFIX = ".backup"


class BackupFile(msgspec.Struct, frozen=True):
    """One copy of a database: where it is, when it was made (UTC) and its size in bytes."""

    path: Path
    made_at: str
    size_bytes: int


def folder_of(database: Path) -> Path:
    """Where the copies of a database are kept: beside it, so that they share its disk's permissions and mount."""
    return database.with_name(database.name + "-backups")


def make(connection: sqlite3.Connection, database: Path, keep: int | None) -> BackupFile:
    """Copy a database while it is open, check the copy, and only then let go of older ones.

    Args:
        connection: Open on the database; others may read and write meanwhile.
        database: Its path.
        keep: Copies to keep, this one among them, at least 1; None keeps all.

    Raises:
        StoreError: The copy could not be made or is not sound. Older copies are untouched.
    """
    folder = folder_of(database)
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = folder / f"{name}{_SUFFIX}"
    # Under another name until it is checked: a copy with the right name is a sound one, whenever we are killed.
    unfinished = folder / f"{name}.unfinished"
    try:
        folder.mkdir(exist_ok=True)
        with translating(unfinished):
            _copy_checked(connection, unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise UnusablePathError(
            folder, f"no backup could be made: {error}", "Check the folder and its disk."
        ) from error
    finally:
        for leftover in folder.glob("*.unfinished*"):
            leftover.unlink()
    if keep is not None:
        for old in listed(database)[keep:]:
            old.path.unlink()
    return _described(target)


def listed(database: Path) -> list[BackupFile]:
    """The copies of a database, newest first."""
    return [_described(path) for path in sorted(folder_of(database).glob(f"*{_SUFFIX}"), reverse=True)]


def restore(backup: Path, database: Path) -> Path | None:
    """Put a copy in the database's place. Nothing is deleted: what stood there is set aside beside it.

    The caller holds the database's process lock.

    Returns:
        Where the database that stood there is now, or None if there was none.

    Raises:
        StoreError: The copy is not a sound database of ours; nothing was changed.
    """
    with contextlib.closing(connect_read_only(backup, brief=True)) as connection:
        with translating(backup):
            version_of(connection, backup)
        require_sound(connection, backup)
    staged = database.with_name(database.name + ".restoring")
    shutil.copyfile(backup, staged)
    with staged.open("rb+") as file:
        os.fsync(file.fileno())
    aside = None
    if database.exists():
        aside = database.with_name(f"{database.name}.replaced-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%fZ')}")
        # The log belongs to the file it was written for: left behind, it would be replayed into the copy. So does the
        # simulated ledger of a session that was lost in it.
        for ending in ("", "-wal", "-shm", ".world"):
            part = database.with_name(database.name + ending)
            if part.exists():
                part.replace(aside.with_name(aside.name + ending))
    staged.replace(database)
    return aside


def _copy_checked(source: sqlite3.Connection, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        # The copy inherits WAL mode; as one plain file it needs no companions.
        copy.execute("PRAGMA journal_mode = DELETE")
        require_sound(copy, target)


def _described(path: Path) -> BackupFile:
    stamp = datetime.strptime(path.name.removesuffix(_SUFFIX), "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    return BackupFile(path, stamp.isoformat(timespec="seconds"), path.stat().st_size)
