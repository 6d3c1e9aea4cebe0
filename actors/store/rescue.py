"""What is saved of a database that was lost under a session.

The open connection still has it: the files' content as long as their names alone are gone, and what SQLite keeps in
memory. So a whole copy is written beside the place where it was, checked, and the session ends in that one. Where not
even that can be done, because the content itself was destroyed, what follows is kept as plain lines.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from actors.plumbing.files import create_private
from actors.store.connection import require_sound
from actors.store.journal import hash_of
from actors.store.store_errors import CorruptedError, StoreError, translating
from neo.text.printable import printable


class Loss(msgspec.Struct, frozen=True):
    """A database that was lost, and what is left of it.

    Args:
        path: Where it was.
        what: What became of it.
        kept: Where what was kept lies, a clause.
        mend: What to do about it, a sentence.
    """

    path: Path
    what: str
    kept: str
    mend: str

    def __str__(self) -> str:
        return f"{printable(str(self.path))}: {self.what} while the session ran; {self.kept}"


def saved_copy(
    connection: sqlite3.Connection, database: Path, moved: Path | None, session_id: str | None, sha256: str
) -> Path | None:
    """Write a whole and checked copy of what a connection has, beside the database or else where there is room.

    Args:
        connection: The writer's, in no transaction.
        database: Where it was.
        moved: Where it is now, if that is known.
        session_id: The session that it must have, if one has begun.
        sha256: Of that session's journal.

    Returns:
        The copy, or None if the content is lost, or nothing can be written anywhere.
    """
    for target in _targets(database, moved):
        with contextlib.suppress(OSError, StoreError):
            os.close(create_private(target))
            try:
                _copy(connection, target, session_id, sha256)
            except BaseException:
                target.unlink()
                raise
            return target
    return None


class Lifeboat:
    """A file of journal lines, as they are hashed, for what no database can take any more.

    Raises:
        OSError: It can't be made anywhere.
    """

    def __init__(self, database: Path, moved: Path | None) -> None:
        failure: OSError | None = None
        for target in _targets(database, moved):
            self.path = target.with_name(f"{target.name}.journal")
            try:
                self._file = create_private(self.path)
            except OSError as error:
                failure = error
            else:
                return
        assert failure is not None, "there is always a place to try"
        raise failure

    def add(self, lines: bytes) -> None:
        """Add lines; they are with the disk when this returns.

        Raises:
            OSError: They could not be written.
        """
        with open(self._file, "wb", closefd=False) as file:
            file.write(lines)
        os.fsync(self._file)

    def close(self) -> None:
        """Close it."""
        os.close(self._file)


def _targets(database: Path, moved: Path | None) -> Iterator[Path]:
    name = f"{database.name}.rescued-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    if database.parent.is_dir():
        yield database.with_name(name)
    if moved is not None:
        yield moved.with_name(name)
    # A folder of our own there: everybody may write beside it.
    yield Path(tempfile.mkdtemp(prefix="neo-rescued-")) / name


def _copy(connection: sqlite3.Connection, target: Path, session_id: str | None, sha256: str) -> None:
    with translating(target), contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        connection.backup(copy)
        require_sound(copy, target)
        if session_id is not None and hash_of(copy, session_id).hexdigest != sha256:
            raise CorruptedError(target, "the session's journal is not whole in it", "Restore a backup.")
