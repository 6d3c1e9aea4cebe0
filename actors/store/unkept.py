"""A database of which nothing is kept: for a session that only its figures are wanted of, as a sweep's.

It has the tables, the rules and the journal of any other, and no file that has a name: nobody else sees it, and nothing
is left of it. What SQLite calls a temporary database is in memory as far as its cache goes and beyond that in a file
that the system deletes by itself, so a session of a day takes no more memory than one with a file.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from actors.store.connection import Durability, guard
from actors.store.lock import ProcessLock
from actors.store.store import Store
from actors.store.store_errors import translating
from actors.store.tables import migrate
from actors.store.watch import FileWatch

# SQLite's name for a temporary database.
_TEMPORARY = ""

# So much of it stays in memory; two hours of market are some 7 MB.
_CACHE_KIB = 16 * 1024


class NoFiles(FileWatch):
    """The watch over files of which there are none: nobody can take them away or write to them."""

    def __init__(self) -> None:
        """Nothing is looked at."""

    def trouble(self) -> str | None:
        """Nothing can become of them."""
        return None

    def content_trouble(self, session_id: str | None, journal_sha256: str) -> str | None:  # noqa: ARG002 - the watch's own
        """Nobody else writes."""
        return None

    def note(self, *endings: str) -> None:
        """Nothing is remembered."""

    @contextlib.contextmanager
    def checkpointing(self) -> Iterator[None]:
        """There is no log to work in."""
        yield


def unkept_store(path: Path) -> Store:
    """A store that is gone when it is closed.

    Args:
        path: What it is called in messages; nothing is written there.

    Raises:
        StoreError: There is no place for it.
    """
    with translating(path):
        connection = sqlite3.connect(_TEMPORARY, isolation_level=None, check_same_thread=False)
        try:
            guard(connection)
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            # A transaction can be undone, and need not survive the process.
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA recursive_triggers = ON")
            migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return Store(path, Durability.PROCESS_LOSS, connection, ProcessLock(path), NoFiles())
