"""Whether a session's database is still the one that was opened, and still what we wrote.

SQLite writes on into files that nobody can find any more: a database that is removed, moved or replaced under a
session takes everything that follows with it, in silence. So before each commit its name is looked up again. It costs
three system calls, some microseconds beside a commit's hundreds.

What changed in the files and not by us may be harmless (another program's commit, or its checkpoint) or the end of
them (``cp other.db neo.db``). Times and sizes can't tell, so then the content is looked at: first whether what changed
in the file's head is what a checkpoint would have put there, then all of it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from actors.store.journal import hash_of
from actors.store.store_errors import UnusablePathError

_NAMES: Final = (
    ("", "the database"),
    ("-wal", "the database's log (-wal)"),
    ("-shm", "the database's shared memory (-shm)"),
)

_LOG_HEAD_BYTES: Final = 32
_FRAME_HEAD_BYTES: Final = 24

# Another program that writes all the time must not make us read everything before each commit: at most this part of
# the time goes into it.
_LOOKING_SHARE: Final = 0.1

# For the one look at the content; who holds the database locked for so long has not overwritten it.
_LOOK_TIMEOUT_S: Final = 1.0


class FileWatch:
    """The files of one open database. Used in its writer's thread; a checkpointer's may write meanwhile.

    Args:
        database: Open, in WAL mode, with a transaction behind it, so that all its files are there.
        read_head: Reads the file's first pages past SQLite; None where that can't be done without harm.
        snapshot: The database as the writer's connection has it; None if it is too large for that.

    Raises:
        UnusablePathError: They are not.
    """

    def __init__(
        self, database: Path, read_head: Callable[[], bytes | None], snapshot: Callable[[], bytes | None]
    ) -> None:
        self._snapshot = snapshot
        self._read_head = read_head
        self._head = read_head()
        self._paths = {ending: database.with_name(database.name + ending) for ending, _ in _NAMES}
        self._guard = threading.Lock()
        self._checkpoints = 0
        try:
            self._seen = {ending: path.lstat() for ending, path in self._paths.items()}
        except OSError as error:
            what = f"it was taken away while it was opened ({error.strerror})"
            raise UnusablePathError(database, what, "Try again.") from error
        self._suspect = False
        self._look_after_s = 0.0

    def trouble(self) -> str | None:
        """What became of the files, as far as the system's word about them tells; None if nothing did."""
        with self._guard:
            for ending, name in _NAMES:
                try:
                    now = self._paths[ending].lstat()
                except (FileNotFoundError, NotADirectoryError):
                    return f"{name} was removed, or moved away"
                except OSError as error:
                    return f"{name} can't be reached any more ({error.strerror})"
                seen = self._seen[ending]
                if not os.path.samestat(now, seen):
                    # By a link to itself, too: who opens it there looks for its log beside what the link means.
                    return f"{name} was replaced by another file"
                # The log may be emptied by another program's checkpoint, a database never.
                if ending == "" and now.st_size < seen.st_size:
                    return f"{name} was cut short, to {now.st_size:,} bytes"
                ours = ending == "-shm" or (ending == "" and self._checkpoints > 0)
                if not ours and (now.st_mtime_ns, now.st_size) != (seen.st_mtime_ns, seen.st_size):
                    self._suspect = True
                    self._seen[ending] = now
                    if ending == "" and not self._is_head_ours(now.st_size):
                        return f"{name} was overwritten"
        return None

    def is_in_place(self) -> bool:
        """True if every file is the one that was opened, whatever became of its content."""
        with contextlib.suppress(OSError):
            return all(os.path.samestat(path.lstat(), self._seen[ending]) for ending, path in self._paths.items())
        return False

    def set_log_aside(self, saved: Path) -> None:
        """Once all connections are closed: what ``saved`` has whole must not be replayed into what lies here now."""
        for ending in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                if os.path.samestat(self._paths[ending].lstat(), self._seen[ending]):
                    self._paths[ending].replace(saved.with_name(f"{saved.name}.left{ending}"))

    def content_trouble(self, session_id: str | None, journal_sha256: str) -> str | None:
        """What became of the content, looked at only if somebody else wrote to the files since the last time."""
        begun_s = time.monotonic()
        if not self._suspect or begun_s < self._look_after_s:
            return None
        try:
            self._suspect, found = False, _content(self._paths[""], session_id, journal_sha256)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return f"the database was overwritten ({error})"
            self._suspect, found = True, None
        except (sqlite3.Error, UnicodeDecodeError) as error:
            return f"the database was overwritten ({error})"
        now_s = time.monotonic()
        self._look_after_s = now_s + (now_s - begun_s) / _LOOKING_SHARE
        return None if found is None else f"the database was overwritten ({found})"

    def note(self, *endings: str) -> None:
        """What we have just written is as it should be."""
        with self._guard:
            for ending in endings:
                # If it is gone, the next look finds it so.
                with contextlib.suppress(OSError):
                    now = self._paths[ending].lstat()
                    if os.path.samestat(now, self._seen[ending]):
                        self._seen[ending] = now
                        self._head = self._read_head() if ending == "" else self._head

    def _is_head_ours(self, size_bytes: int) -> bool:
        """True if what changed in the file's head is what another program's checkpoint would have put there."""
        head = self._read_head()
        known, self._head = self._head, head
        if head is None or known is None or head == known:
            return True
        snapshot = self._snapshot()
        try:
            log = self._paths["-wal"].read_bytes()
        except OSError:
            return False
        if snapshot is None or len(log) <= _LOG_HEAD_BYTES:
            return True  # the content has to tell
        if size_bytes > len(snapshot):
            return False
        page_bytes = int.from_bytes(log[8:12], "big")
        logged = set(_logged_pages(log, page_bytes))
        starts = range(0, min(len(head), len(snapshot)), page_bytes)
        pages = {at // page_bytes + 1: slice(at, at + page_bytes) for at in starts}
        # What the log has of a page hides what the file has, until a checkpoint puts it there.
        return all(number in logged or head[page] in (known[page], snapshot[page]) for number, page in pages.items())

    @contextlib.contextmanager
    def checkpointing(self) -> Iterator[None]:
        """While the block runs, the database's own file is written by us."""
        with self._guard:
            self._checkpoints += 1
        try:
            yield
        finally:
            self.note("")
            with self._guard:
                self._checkpoints -= 1


def _logged_pages(log: bytes, page_bytes: int) -> Iterator[int]:
    """The numbers of the pages in a write-ahead log. Source: sqlite.org/fileformat2.html, "WAL File Format"."""
    salts = log[16:24]
    for at in range(_LOG_HEAD_BYTES, len(log) - page_bytes, _FRAME_HEAD_BYTES + page_bytes):
        # Frames from before the log was last started over have other salts.
        if log[at + 8 : at + 16] == salts:
            yield int.from_bytes(log[at : at + 4], "big")


def _content(database: Path, session_id: str | None, journal_sha256: str) -> str | None:
    """Look at a database through a connection of its own, which has nothing in memory yet."""
    uri = f"{database.as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_LOOK_TIMEOUT_S)) as look:
        look.execute("BEGIN")
        finding = str(look.execute("PRAGMA quick_check(1)").fetchone()[0])
        if finding != "ok":
            return finding
        if session_id is not None and hash_of(look, session_id).hexdigest != journal_sha256:
            return "it has not what the session wrote to it"
    return None
