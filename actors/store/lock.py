"""One process at a time: the lock that a session holds on its database.

The lock is an open write transaction in a small SQLite file beside the database (``<name>.lock``). The operating
system frees it with the process, however that ends, so there is no stale lock to judge by process numbers that may
have been given away again, and SQLite brings the same behaviour to POSIX and Windows. Rejected: a file with a process
number (stale after a kill, racy to take over), ``flock`` (no Windows), and an exclusive lock on the database itself
(shuts out the readers that watch a session).

Readers of the lock file may still look while it is held, which is how a refused second start can name its holder.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from actors.store.errors import CorruptedError, NotADatabaseError, translated

_MEND = "Delete it if no session runs: it holds nobody's data."


class HeldError(Exception):
    """The lock is held.

    Args:
        pid: By this process, or None if it has not said yet.
    """

    def __init__(self, pid: int | None) -> None:
        super().__init__(pid)
        self.pid = pid


class ProcessLock:
    """The lock on one database, held from :meth:`acquire` to :meth:`release` or the end of the process.

    Args:
        database: The database's path; the lock file stands beside it.
    """

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """Take the lock, at once or not at all.

        Raises:
            HeldError: Another process (or another store of this one) has it.
            StoreError: The lock file can't be written.
        """
        try:
            self._connection = self._taken()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise HeldError(self.holder_pid()) from error
            raise translated(self.path, error) from error
        except sqlite3.Error as error:
            told = translated(self.path, error)
            if isinstance(told, (NotADatabaseError, CorruptedError)):
                raise type(told)(self.path, f"a damaged lock file ({error})", _MEND) from error
            raise told from error

    def release(self) -> None:
        """Give the lock back; without effect if it isn't held."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def holder_pid(self) -> int | None:
        """The process that holds the lock, or held it last; None if that isn't known."""
        with contextlib.suppress(sqlite3.Error):
            uri = f"{self.path.resolve().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.0)) as reader:
                return int(reader.execute("SELECT pid FROM holder").fetchone()[0])
        return None

    def _taken(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0.0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL) STRICT")
            connection.execute("DELETE FROM holder")
            connection.execute("INSERT INTO holder VALUES (?)", (os.getpid(),))
            connection.execute("COMMIT")
            # A rival that slips in between the two gets the lock, and this one is refused: never both.
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            connection.close()
            raise
        return connection
