"""The WAL checkpointer: works the write-ahead log into the database file, beside the writer and never in its way.

It has a connection of its own and asks for ``PASSIVE`` checkpoints only: these copy what they can and wait for nobody.

Why a checkpoint is sometimes left out
--------------------------------------
SQLite 3.7.0 to 3.51.2 (fixed in 3.51.3, 3.50.7 and 3.44.6) can lose a commit if a checkpoint begins on a log that is
wholly checkpointed already, at the moment in which a writer starts that log over (sqlite.org/wal.html, "The WAL-reset
bug"). Python brings whatever SQLite the machine has, so the rule here keeps out of that moment on all of them: after
a complete checkpoint there is no next one until a commit has surely begun after it, for that commit has started
the log over, and no other can while we run. It costs nothing, since such a checkpoint has next to nothing to do.
The rule needs us to be the only ones who checkpoint while a writer writes, hence ``Store.disable_autocheckpoint``.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from actors.store.connection import Durability, connect
from actors.store.holders import holders_of
from actors.store.store_errors import translating
from neo.messages import WalCheckpointed

# A log of this many frames (16 MB at 4 KiB a page) is past what readers search quickly. It gets there only while the
# writer never pauses: then one checkpoint is made in the writer's own turn, between two commits.
LOG_FRAMES_MAX: Final = 4096

# A reader that keeps the log from being copied any further for this many rounds is not just slow.
PINNED_ROUNDS: Final = 3


# The event that tells of a round that failed; the session's summary counts them.
CHECKPOINT_FAILED: Final = "checkpoint_failed"


class Pin(msgspec.Struct, frozen=True):
    """A reader that holds on to an old snapshot, so that the log can only grow.

    Args:
        held_frames: Frames that could not be copied for it.
        holders: Processes that have the database open; None where the system doesn't say.
    """

    held_frames: int
    holders: tuple[str, ...] | None


class Checkpointer:
    """Makes the periodic checkpoints of one database. Used by one thread at a time.

    Args:
        path: The database.
        durability: The writer's.
        commits: Counts the writer's commits; read from this thread.

    Raises:
        StoreError: The database can't be opened.
    """

    def __init__(self, path: Path, durability: Durability, commits: Callable[[], int]) -> None:
        self._path = path
        self._connection = connect(path, durability, shared=True)
        self._commits = commits
        # What stands in the log now, and since when, is not known: as after a complete one.
        self._complete_at: int | None = commits()
        self._stalled_at = 0
        self._stalled_rounds = 0

    def passive(self) -> WalCheckpointed | None:
        """One round.

        Returns:
            What it did, or None if too little has been written since the last complete one (see above).

        Raises:
            StoreError: It failed. The next one may well succeed.
        """
        # A commit that is counted may have been made just before the last checkpoint looked; the one after it can't.
        if self._complete_at is not None and self._commits() < self._complete_at + 2:
            return None
        done = checkpoint(self._connection, self._path, "PASSIVE")
        self.note(done)
        return done

    def note(self, done: WalCheckpointed) -> None:
        """Take in what a checkpoint did, one of ours or one in the writer's turn."""
        complete = not done.busy and done.checkpointed_frames == done.log_frames
        self._complete_at = self._commits() if complete else None
        stalled = not complete and done.checkpointed_frames == self._stalled_at
        self._stalled_rounds = self._stalled_rounds + 1 if stalled else 0
        self._stalled_at = 0 if complete else done.checkpointed_frames

    def pin(self, done: WalCheckpointed) -> Pin | None:
        """The reader that pins the log, once it has for ``PINNED_ROUNDS`` rounds, and again every so many."""
        if self._stalled_rounds == 0 or self._stalled_rounds % PINNED_ROUNDS != 0:
            return None
        return Pin(done.log_frames - done.checkpointed_frames, holders_of(self._path))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def checkpoint(connection: sqlite3.Connection, path: Path, mode: str) -> WalCheckpointed:
    """Make one checkpoint and measure it.

    Args:
        connection: In no transaction.
        path: The database.
        mode: ``PASSIVE`` or ``TRUNCATE``.

    Raises:
        StoreError: It failed.
    """
    begun_s = time.perf_counter()
    with translating(path):
        busy, log_frames, checkpointed_frames = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    elapsed_ms = (time.perf_counter() - begun_s) * 1000
    wal = path.with_name(path.name + "-wal")
    return WalCheckpointed(
        mode=mode,
        busy=bool(busy),
        log_frames=log_frames,
        checkpointed_frames=checkpointed_frames,
        elapsed_ms=round(elapsed_ms, 3),
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
    )
