"""Verified copies: made before each run, listed, and put back."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import sqlite3
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from loguru import logger

from actors.plumbing.files import FileRefusedError, create_private, make_private_folder, open_plain, require_own
from actors.store.connection import connect_read_only, require_sound
from actors.store.place import KEPT_LEDGERS, beside, database_at, require_database_file
from actors.store.store_errors import CorruptedError, NotADatabaseError, UnusablePathError, translating
from actors.store.tables import APPLICATION_ID, version_of

_SUFFIX = ".backup"
_UNFINISHED = ".unfinished"
_STAMP = "%Y%m%dT%H%M%S.%fZ"

# Half a copy that nobody has written to for so long was left by a process that was killed.
_ABANDONED_S = 3600

# How a copy is called until it is whole, and what SQLite keeps beside it meanwhile.
_HALF = re.compile(r"\d{8}T\d{6}\.\d{6}Z\.\d+\.unfinished(-journal|-wal|-shm)?")

# Where a database says whose it is. Source: sqlite.org/fileformat2.html, "Application ID".
_OWNER_AT = slice(68, 72)

_ANOTHER_COPY = "Choose another copy; `neo db list` shows them."


class BackupFile(msgspec.Struct, frozen=True):
    """One copy of a database: where it is, when it was made (UTC) and its size in bytes."""

    path: Path
    made_at: str
    size_bytes: int


def folder_of(database: Path) -> Path:
    """Where the copies of a database are kept: beside it, so that they share its disk's permissions and mount."""
    return beside(database, "-backups")


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
    name = datetime.now(UTC).strftime(_STAMP)
    target = folder / f"{name}{_SUFFIX}"
    # Under another name until it is checked: a copy with the right name is a sound one, whenever we are killed.
    # A name of our own, for another process may be making a copy at this moment.
    unfinished = folder / f"{name}.{os.getpid()}{_UNFINISHED}"
    try:
        require_own(folder, folder=True)
        make_private_folder(folder)
        os.close(create_private(unfinished))
        with translating(unfinished):
            _copy_checked(connection, unfinished)
        unfinished.replace(target)
    except (OSError, FileRefusedError) as error:
        raise UnusablePathError(
            folder, f"no backup could be made: {error}", "Check the folder and its disk."
        ) from error
    finally:
        _clear_up(folder, unfinished)
    if keep is not None:
        let_go(database, keep)
    made = _described(target)
    assert made is not None, "a copy is named after its moment"
    return made


def let_go(database: Path, keep: int) -> None:
    """Delete the older copies of a database; one that can't be deleted, or is not ours, stays.

    Args:
        database: Its path.
        keep: Of the newest ones, so many stay.
    """
    for old in listed(database)[keep:]:
        if not _is_ours(old.path):
            continue
        try:
            old.path.unlink(missing_ok=True)
        except OSError as error:
            # One copy too many is no reason to keep a session from starting.
            logger.bind(path=str(old.path), cause=error.strerror).warning("old_backup_kept")


def listed(database: Path) -> list[BackupFile]:
    """The copies of a database, newest first; what has another name or is no plain file is an operator's own, and left
    alone.
    """
    paths = sorted(folder_of(database).glob(f"*{_SUFFIX}"), reverse=True)
    return [copy for path in paths if (copy := _described(path)) is not None]


def restore(backup: Path, database: Path) -> Path | None:
    """Put a copy in the database's place. Nothing is deleted: what stood there is set aside beside it.

    The caller holds the database's process lock.

    Returns:
        Where the database that stood there is now, or None if there was none.

    Raises:
        StoreError: The copy is not a sound database of ours, or there is no room for it; nothing was changed.
    """
    backup = database_at(backup)
    if require_database_file(backup) is None:
        raise UnusablePathError(backup, "no copy there", _ANOTHER_COPY)
    if database.exists() and backup.samefile(database):
        raise UnusablePathError(backup, "that is the database itself", _ANOTHER_COPY)
    staged = database.with_name(database.name + ".restoring")
    try:
        _stage(backup, staged)
        aside = _set_aside(database)
        staged.replace(database)
    finally:
        for leftover in staged.parent.glob(f"{glob.escape(staged.name)}*"):
            leftover.unlink()
    return aside


def _stage(backup: Path, staged: Path) -> None:
    """Copy a backup with what its log has, checked and flushed to the disk."""
    try:
        staged.unlink(missing_ok=True)
        os.close(create_private(staged))
    except OSError as error:
        raise UnusablePathError(staged, error.strerror or str(error), "Check the folder and its disk.") from error
    with _copy_trouble(backup), contextlib.closing(connect_read_only(backup, brief=True)) as connection:
        with translating(backup):
            if version_of(connection, backup) == 0:
                raise UnusablePathError(backup, "an empty file, no copy", _ANOTHER_COPY)
        require_sound(connection, backup)
        with translating(staged):
            _copy_checked(connection, staged)
    with staged.open("rb+") as file:
        os.fsync(file.fileno())


def _set_aside(database: Path) -> Path | None:
    """Put away what stands in a database's place; returns where, or None if nothing with content stood there.

    The log belongs to the file it was written for: left behind, it would be replayed into the copy, even if that file
    is gone already. So does the embedded ledger of a session that was lost in it.
    """
    aside = database.with_name(f"{database.name}.replaced-{datetime.now(UTC).strftime(_STAMP)}")
    kept = []
    for ending in ("", "-wal", "-shm", *KEPT_LEDGERS):
        part = database.with_name(database.name + ending)
        if part.exists():
            moved = part.replace(aside.with_name(aside.name + ending))
            kept += [moved] if moved.stat().st_size > 0 and ending != "-shm" else []
    return kept[0] if kept else None


@contextlib.contextmanager
def _copy_trouble(backup: Path) -> Iterator[None]:
    """What is wrong with a copy is mended with another copy."""
    try:
        yield
    except (CorruptedError, NotADatabaseError) as error:
        raise type(error)(backup, error.what, _ANOTHER_COPY) from error


def _clear_up(folder: Path, unfinished: Path) -> None:
    """Take away what is left of our own copy, and of those that a killed process never finished."""
    for leftover in folder.glob(f"*{_UNFINISHED}*"):
        with contextlib.suppress(FileNotFoundError):
            if not _HALF.fullmatch(leftover.name) or not stat.S_ISREG(leftover.lstat().st_mode):
                continue
            abandoned = time.time() - leftover.stat().st_mtime > _ABANDONED_S
            if abandoned or leftover.name.startswith(unfinished.name):
                leftover.unlink()


def _copy_checked(source: sqlite3.Connection, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.backup(copy)
        # The copy inherits WAL mode; as one plain file it needs no companions.
        copy.execute("PRAGMA journal_mode = DELETE")
        require_sound(copy, target)


def _is_ours(path: Path) -> bool:
    """Whether a file that is called like a copy is one: what an operator put there under such a name stays."""
    with contextlib.suppress(FileRefusedError), open_plain(path) as file:
        return file.read(_OWNER_AT.stop)[_OWNER_AT] == APPLICATION_ID.to_bytes(4, "big")
    return False


def _described(path: Path) -> BackupFile | None:
    made_at = _made_at(path)
    with contextlib.suppress(FileNotFoundError):  # another process may have let go of it meanwhile
        status = path.lstat()
        if made_at is not None and stat.S_ISREG(status.st_mode):
            return BackupFile(path, made_at.isoformat(timespec="seconds"), status.st_size)
    return None


def _made_at(path: Path) -> datetime | None:
    try:
        return datetime.strptime(path.name.removesuffix(_SUFFIX), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
