"""One process at a time: the lock that a session holds on its database.

The lock is an open write transaction in a small SQLite file beside the database (``<name>.lock``). The operating
system frees it with the process, however that ends, so there is no stale lock to judge by process numbers that may
have been given away again, and SQLite brings the same behaviour to POSIX and Windows. Rejected: a file with a process
number (stale after a kill, racy to take over), ``flock`` (no Windows), and an exclusive lock on the database itself
(shuts out the readers that watch a session).

Readers of the lock file may still look while it is held, which is how a refused second start can name its holder.

On Linux the database's own file is locked too (``flock``, which SQLite does not use there), for what the name can't
tell: a lock file that was deleted under a session, a database that was moved, one mounted twice. SQLite's own locks on
that file are the process's, and go when *any* descriptor of it is closed, so it is released after every connection.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
import sys
from pathlib import Path
from typing import Final

from actors.plumbing.files import READ_NO_LINK, FileRefusedError, create_private, require_own
from actors.store.connection import guard
from actors.store.place import resolved
from actors.store.store_errors import NotADatabaseError, UnusablePathError, translated

_MEND = "Delete it if no session runs: it holds nobody's data."

# As SQLite keeps it, to the letter.
_HOLDER: Final = "CREATE TABLE holder (pid INTEGER NOT NULL) STRICT"


# The bytes of a database that SQLite's readers lock. Source: sqlite.org/fileformat2.html, "The Lock-Byte Page".
_READERS_FIRST: Final = 0x40000000 + 2
_READERS_COUNT: Final = 510

# So long a start waits for somebody who only looks whether the lock is held (``holder_of``), in real seconds.
_LOOKERS_S: Final = 0.5

# What is compared of a file that somebody else wrote to; read after each checkpoint, in a fraction of a millisecond.
_HEAD_BYTES: Final = 512 * 1024


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
        database: The database, by any name; the lock file stands beside it.
    """

    def __init__(self, database: Path) -> None:
        self._database = resolved(database)
        self.path = self._database.with_name(self._database.name + ".lock")
        self._file: int | None = None
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """Take the lock, within a moment or not at all.

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
            raise NotADatabaseError(self.path, f"a damaged lock file ({error})", _MEND) from error
        try:
            self._file = _locked_file(self._database)
        except BlockingIOError as error:
            self.release()
            raise HeldError(None) from error

    def release(self) -> None:
        """Give the lock back, when no connection to the database is open any more; without effect if it isn't held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def holder_pid(self) -> int | None:
        """The process that holds the lock, or held it last; None if that isn't known."""
        with contextlib.suppress(sqlite3.Error):
            uri = f"{self.path.resolve().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.0)) as reader:
                guard(reader)
                return int(reader.execute("SELECT pid FROM holder").fetchone()[0]) if _has_holder(reader) else None
        return None

    def read_head(self) -> bytes | None:
        """The database's first pages as they are in the file; None where no descriptor of it is kept.

        A descriptor opened for this alone would take SQLite's locks with it when it is closed.
        """
        return None if sys.platform == "win32" or self._file is None else os.pread(self._file, _HEAD_BYTES, 0)

    def whereabouts(self) -> Path | None:
        """Where the database is now, if it was moved and the system can say so."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                path = Path(f"/proc/self/fd/{self._file}").readlink()
                if path != self._database and os.path.samestat(path.stat(), os.fstat(self._file)):
                    return path
        return None

    def keep_sqlite_off(self) -> None:
        """Keep SQLite's last connection from working its log into the database as it closes: the file is another's now.

        For that it takes the database for itself alone, which a reader's lock of ours, of a kind that counts as
        another process's, prevents. Where there is none, SQLite does as it always does.
        """
        if sys.platform == "linux" and self._file is not None:
            import fcntl  # noqa: PLC0415 - not on Windows

            readers = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, _READERS_FIRST, _READERS_COUNT, 0)
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, readers)

    def _taken(self) -> sqlite3.Connection:
        try:
            require_own(self.path)
            with contextlib.suppress(FileExistsError):
                os.close(create_private(self.path))
        except FileRefusedError as error:
            raise UnusablePathError(error.path, error.what, error.mend) from error
        except OSError as error:
            mend = "Check the permissions of its folder."
            raise UnusablePathError(self.path, error.strerror or str(error), mend) from error
        connection = sqlite3.connect(self.path, timeout=_LOOKERS_S, isolation_level=None)
        try:
            guard(connection)
            connection.execute("BEGIN IMMEDIATE")
            if not _has_holder(connection):
                connection.execute(_HOLDER)
            connection.execute("DELETE FROM holder")
            connection.execute("INSERT INTO holder VALUES (?)", (os.getpid(),))
            connection.execute("COMMIT")
            # A rival that slips in between the two gets the lock, and this one is refused: never both.
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            connection.close()
            raise
        return connection


def holder_of(database: Path) -> HeldError | None:
    """Who has the lock on a database; None if nobody has, as it is taken for a moment to see.

    Raises:
        StoreError: It can't be seen.
    """
    lock = ProcessLock(database)
    try:
        if lock.path.exists():
            lock.acquire()
            lock.release()
        # Who only looks leaves no lock file behind; one that somebody deleted still has the database's own to tell.
        elif (file := _locked_file(resolved(database))) is not None:
            os.close(file)
    except HeldError as held:
        return held
    except BlockingIOError:
        return HeldError(None)
    return None


def _has_holder(connection: sqlite3.Connection) -> bool:
    """Whether a lock file has its table yet.

    Raises:
        sqlite3.DatabaseError: It has something else: a view or a trigger of somebody's may be a query without an end.
    """
    found = connection.execute("SELECT sql FROM sqlite_schema LIMIT 2").fetchall()
    if found not in ([], [(_HOLDER,)]):
        raise sqlite3.DatabaseError("what is in it, no lock has")
    return bool(found)


def _locked_file(database: Path) -> int | None:
    """A descriptor of the database that holds it locked; None where there is none, or no such lock.

    Raises:
        BlockingIOError: Another process has it, by whatever name.
    """
    if sys.platform != "linux":
        return None
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        file = os.open(database, READ_NO_LINK)
    except OSError:  # a restore may find no database
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise
    except OSError:  # a file system without such locks; the lock file alone has to do there
        os.close(file)
        return None
    return file
