"""Opening a database file: the checks that come before SQLite's, and the settings of each connection."""

from __future__ import annotations

import enum
import sqlite3
from pathlib import Path

from actors.store.place import SQLITES, database_at, require_database_file, take_place
from actors.store.store_errors import RESTORE_MEND, CorruptedError, OtherStoreError, UnusablePathError, translating
from actors.store.tables import version_of

# How long one connection waits for another's lock. WAL readers never block us; what does is a foreign program in a
# write transaction, and five seconds are far beyond any honest one.
BUSY_TIMEOUT_S = 5.0

# STRICT tables came with SQLite 3.37.
SQLITE_VERSION_MIN = (3, 37, 0)

# A text or a row of ours is far smaller: a journal record of some hundred bytes, a config of some thousand, a message
# that was set aside with all the transactions of a ledger. What is larger is not read, in the schema no more than in a
# table.
_TEXT_BYTES_MAX = 8_000_000


class Durability(enum.Enum):
    """What a commit has to survive; the value is SQLite's ``synchronous``.

    ``POWER_LOSS``: the log is flushed to the disk before the commit returns. A live order's intent must be there after
    a power cut, because the order may already be at the exchange.

    ``PROCESS_LOSS``: a commit is in the operating system's hands when it returns, so it survives any death of the
    process; the disk is flushed at checkpoints. After a power cut the last moments may be missing, but the database is
    whole. A simulated or paper session has nothing at an exchange that the journal would have to answer for.
    ``OFF`` would be faster still, but a power cut could damage the file, and with it the live sessions in it.
    """

    POWER_LOSS = "FULL"
    PROCESS_LOSS = "NORMAL"


def connect(path: Path, durability: Durability, *, shared: bool = False) -> sqlite3.Connection:
    """A connection that may write, in WAL mode, with foreign keys on.

    Args:
        path: The file; its folder must exist.
        durability: What a commit has to survive.
        shared: There is another connection to it here, so the file must be there.

    Raises:
        StoreError: The path can't hold a database, or what it holds isn't one of NEO's and nothing else.
    """
    _require_sqlite(path)
    path = database_at(path)
    _require_folder(path)
    # Another connection to an open database must not make a new one where that one is gone.
    path = take_place(path, create=not shared)
    with translating(path):
        # Transactions are ours to begin (isolation_level None): the module would open them behind our back.
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            # One at a time; the writer sees to that.
            check_same_thread=False,
        )
        try:
            guard(connection)
            # Before anything is written, the change to WAL mode included.
            version_of(connection, path)
            _require_wal(connection, path)
            connection.execute(f"PRAGMA synchronous = {durability.value}")
            connection.execute("PRAGMA foreign_keys = ON")
            # Without it INSERT OR REPLACE deletes rows past the triggers that keep the journal append-only.
            connection.execute("PRAGMA recursive_triggers = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def connect_read_only(path: Path, *, brief: bool) -> sqlite3.Connection:
    """A connection that can't change the database and creates none.

    Args:
        path: The file.
        brief: For a look of milliseconds: if nobody is writing now, it is assumed that nobody begins to meanwhile, and
            no file is left beside the database.

    Raises:
        UnusablePathError: There is no such file, or it is no plain one with a single name.
    """
    path = database_at(path)
    if require_database_file(path) is None:
        raise UnusablePathError(path, "no database there", "Name another with --db, or run a session first.")
    for ending in SQLITES:
        # SQLite opens what has such a name, and waits for ever at a pipe.
        require_database_file(path.with_name(path.name + ending))
    # Without a log nobody is writing. Told so, SQLite needs no log and no shared memory of its own, which it would
    # leave behind, and which it can't make at all where we may only read.
    quiet = brief and not path.with_name(path.name + "-wal").exists()
    mode = "mode=ro&immutable=1" if quiet else "mode=ro"
    with translating(path):
        connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=BUSY_TIMEOUT_S)
        try:
            guard(connection)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def guard(connection: sqlite3.Connection) -> None:
    """Trust nothing that a file brings along: no function in its schema, no text without an end, no cell on its word.

    Raises:
        sqlite3.Error: The file can't be read.
    """
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT_BYTES_MAX)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")


def require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite's ``quick_check`` of the whole file.

    Raises:
        CorruptedError: It found damage; the first findings are in ``what``.
    """
    with translating(path):
        findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    if findings != ["ok"]:
        raise CorruptedError(path, "damaged: " + "; ".join(findings), RESTORE_MEND)


def _require_sqlite(path: Path) -> None:
    if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
        needed = ".".join(str(part) for part in SQLITE_VERSION_MIN)
        raise OtherStoreError(
            path, f"this Python has SQLite {sqlite3.sqlite_version}", f"Use one with SQLite {needed} or newer."
        )


def _require_folder(path: Path) -> None:
    if not path.parent.exists():
        raise UnusablePathError(path, f"the folder {path.parent} does not exist", "Create it, or choose another --db.")
    if not path.parent.is_dir():
        raise UnusablePathError(path, f"{path.parent} is a file, not a folder", "Choose another --db.")


def _require_wal(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    # Some network file systems have no shared memory: SQLite then keeps the old mode and says so.
    if mode != "wal":
        raise UnusablePathError(path, f"WAL mode refused (it stays {mode})", "Choose a local disk with --db.")
