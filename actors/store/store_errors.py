"""What can be wrong with a database, said so that an operator can mend it.

Every error names the file, what was found and what to do about it; its text alone is fit for the terminal. SQLite's
own exceptions end here: nothing above the store needs to know them.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from neo.text.printable import printable


class StoreError(Exception):
    """Something is wrong with a database or its surroundings.

    Args:
        path: The file it is about.
        what: What was found, one clause.
        mend: What to do about it, one sentence.
    """

    def __init__(self, path: Path, what: str, mend: str) -> None:
        super().__init__(f"{printable(str(path))}: {what}. {mend}")
        self.path = path
        self.what = what
        self.mend = mend


class UnusablePathError(StoreError):
    """The path can't hold a database: its folder is missing, it is a folder itself, or it may not be written."""


class NotADatabaseError(StoreError):
    """The file is not a SQLite database, or another program's."""


class NewerSchemaError(StoreError):
    """A later NEO wrote this database."""


class CorruptedError(StoreError):
    """SQLite's own check found the file damaged."""


class ForeignSchemaError(CorruptedError):
    """Tables, triggers, views or settings in it are not those that NEO makes."""


class LockedError(StoreError):
    """Another program held the database locked for longer than we wait."""


class DiskFullError(StoreError):
    """No room for what was to be written; the transaction was rolled back whole."""


class RefusedError(StoreError):
    """The schema refused a record (a second order with one id, a fill of no order): a broken invariant, our fault."""


class GoneError(StoreError):
    """The database of a running session is not there any more, or not what it was, and could not be saved whole."""


class StuckError(StoreError):
    """The writer's thread has not come back from the disk within its patience."""


class OtherStoreError(StoreError):
    """What SQLite reports and none of the others covers; its words are in ``what``."""


class SessionRunningError(StoreError):
    """The database is in the hands of another process.

    Args:
        path: The database.
        pid: The process that has it, or None if it has not said yet.
        session_id: Its running session, or None if there is none (yet).
    """

    def __init__(self, path: Path, pid: int | None, session_id: str | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        doing = "is using it" if session_id is None else f"is running session {session_id} in it"
        super().__init__(path, f"{holder} {doing}", "Let it end, or give this one a database of its own with --db.")
        self.pid = pid
        self.session_id = session_id


class DamagedValueError(ValueError):
    """A value that we never write: what stands in a row can't be trusted. Its text tells what was found."""


RESTORE_MEND = "Run `neo db check` to see the damage and `neo db restore` to go back to the last backup."

_NO_TEXT = "damaged: a text in it can't be read"

# SQLite's primary result codes (the low byte of what sqlite3 reports as sqlite_errorcode).
_KINDS: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_PERM: (UnusablePathError, "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_BUSY: (LockedError, "Close the program that holds it (a database browser, say) and try again."),
    sqlite3.SQLITE_LOCKED: (LockedError, "Close the program that holds it (a database browser, say) and try again."),
    sqlite3.SQLITE_READONLY: (UnusablePathError, "Check the permissions of the file and of its folder."),
    sqlite3.SQLITE_CORRUPT: (CorruptedError, RESTORE_MEND),
    # Of a text that is longer than any of ours.
    sqlite3.SQLITE_TOOBIG: (CorruptedError, RESTORE_MEND),
    sqlite3.SQLITE_FULL: (DiskFullError, "Free some room on that disk, or choose another place with --db."),
    sqlite3.SQLITE_IOERR: (OtherStoreError, "Check that disk: whether it has room, and whether it can be read."),
    sqlite3.SQLITE_CANTOPEN: (UnusablePathError, "Check that the folder exists and may be written."),
    sqlite3.SQLITE_CONSTRAINT: (RefusedError, "This is a fault of NEO's: please report it with the log."),
    sqlite3.SQLITE_NOTADB: (NotADatabaseError, "Choose another file with --db, or restore it with `neo db restore`."),
}


def translated(path: Path, error: sqlite3.Error) -> StoreError:
    """The store's own error for one of SQLite's."""
    if str(error).startswith("Could not decode to UTF-8"):
        # The module quotes the text, which is no more fit for a terminal than for us.
        return CorruptedError(path, _NO_TEXT, RESTORE_MEND)
    # Errors that the library did not raise (a closed connection, a broken rule of our own) carry no code.
    uncoded = sqlite3.SQLITE_CONSTRAINT if isinstance(error, sqlite3.IntegrityError) else sqlite3.SQLITE_ERROR
    code = getattr(error, "sqlite_errorcode", uncoded)
    kind, mend = _KINDS.get(code & 0xFF, (OtherStoreError, "See the log for what led to it."))
    return kind(path, str(error), mend)


@contextlib.contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn SQLite's errors, and what can't be read in its rows, into the store's inside the block."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(path, error) from error
    except (DamagedValueError, msgspec.DecodeError, RecursionError) as error:
        raise CorruptedError(path, f"damaged: {error}", RESTORE_MEND) from error
    except UnicodeDecodeError as error:
        # Out of the module's hands it comes where SQLite quotes a damaged name in a message of its own.
        raise CorruptedError(path, _NO_TEXT, RESTORE_MEND) from error
