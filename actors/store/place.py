"""Where a database is: one file behind however many names, and what stands beside it, for its owner alone.

A name may be relative, lead through links, or be a link itself; everything beside a database (its lock, its log, its
backups, the way to its session) follows from the file at the end of it, so whoever opens that file by any name meets
all of it. A second hard link would have none of that, and is refused.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from actors.plumbing.files import (
    FileRefusedError,
    close_to_others,
    create_private,
    name_trouble,
    owner_name,
    require_own,
    require_owner,
    require_single,
)
from actors.store.store_errors import UnusablePathError
from neo.text.printable import printable

# What a file system takes for a name, in bytes, less the longest ending that we add (a database set aside, its log).
_NAME_BYTES_MAX: Final = 255 - 48

SQLITES: Final = ("-wal", "-shm", "-journal")
# Embedded ledgers in the course of a session; each is staged under its name and ".new".
KEPT_LEDGERS: Final = (".world", ".replay")
_FILES: Final = (
    *SQLITES,
    ".lock",
    ".lock-journal",
    ".log",
    *(f"{ending}{staged}" for ending in KEPT_LEDGERS for staged in ("", ".new")),
)
_FOLDER: Final = "-backups"

# Everything that was ever made beside a database, apart from the copies in their folder.
_BESIDE: Final = re.compile(
    r"-wal|-shm|-journal|-backups|\.control|\.lock(-journal)?|\.log(\.\d+)?"
    rf"|({'|'.join(map(re.escape, KEPT_LEDGERS))})(\.new|\.unusable-.*)?"
    r"|\.(restoring|replaced-|rescued-).*"
)

_ANOTHER: Final = "Choose another with --db."
_PLAIN: Final = "A database is a plain file: choose another --db."


def beside(database: Path, ending: str) -> Path:
    """The file of this ending that belongs to a database, by whatever name that is known."""
    real = resolved(database)
    return real.with_name(real.name + ending)


def resolved(path: Path) -> Path:
    """The file behind a name: absolute, every link followed; it need not be there yet.

    Raises:
        UnusablePathError: The name leads nowhere.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a NUL
        raise UnusablePathError(path, f"leads nowhere ({error})", _ANOTHER) from error


def database_trouble(name: str) -> str | None:
    """What keeps a name from being a database's; None if nothing does."""
    if name.startswith(":") or name.lower().startswith("file:"):
        return "SQLite's name for something that is no file"
    if name.endswith(SQLITES):
        return "SQLite's name for what belongs to another database"
    return name_trouble(name)


def database_at(path: Path) -> Path:
    """The file that a database's name means, there or not.

    Raises:
        UnusablePathError: The name can't be a database's, or leads through another user's link.
    """
    trouble = database_trouble(str(path)) or database_trouble(path.name)
    if trouble is not None:
        raise UnusablePathError(path, trouble, "Give the path of a file with --db.")
    _refuse_others_links(path)
    real = resolved(path)
    trouble = name_trouble(str(real))
    if trouble is not None:
        raise UnusablePathError(real, trouble, _ANOTHER)
    if len(os.fsencode(real.name)) > _NAME_BYTES_MAX:
        raise UnusablePathError(path, "File name too long, as more stands beside a database", "Choose a shorter one.")
    return real


def require_database_file(real: Path) -> os.stat_result | None:
    """What the system says of a database's file, None if there is none.

    Raises:
        UnusablePathError: It can't be looked at, is no plain file, or has several names.
    """
    try:
        found = real.stat()
        if stat.S_ISDIR(found.st_mode):
            raise UnusablePathError(real, "a folder, not a file", "Add a file name to --db, such as neo.db.")
        require_single(real, found, _PLAIN if not stat.S_ISREG(found.st_mode) else _single_mend(real))
    except FileNotFoundError:
        return None
    except FileRefusedError as error:
        raise UnusablePathError(error.path, error.what, error.mend) from error
    except OSError as error:
        raise UnusablePathError(real, error.strerror or str(error), _ANOTHER) from error
    return found


def require_ours(path: Path) -> Path:
    """The file that a database's name means, if we may write it and everything that belongs beside it.

    Raises:
        UnusablePathError: Something there is a link, another user's, or not what it must be.
    """
    real = database_at(path)
    found = require_database_file(real)
    try:
        if found is not None:
            require_owner(real, found, "Run NEO as that user, or choose another --db.")
        for ending in _FILES:
            require_own(real.with_name(real.name + ending))
        require_own(real.with_name(real.name + _FOLDER), folder=True)
    except FileRefusedError as error:
        raise UnusablePathError(error.path, error.what, error.mend) from error
    return real


def closed_to_others(real: Path) -> list[str]:
    """Make a database and what stands beside it its owner's alone; returns the names of what others could open."""
    return [path.name for path in _all_of(real) if close_to_others(path)]


def take_place(path: Path, *, create: bool = True) -> Path:
    """Make a database's place fit to be written: ours, private, and with a file that SQLite need not make.

    SQLite gives what it makes beside a database the database's own mode.

    Returns:
        The file.

    Raises:
        UnusablePathError: It can't be.
    """
    real = require_ours(path)
    names = closed_to_others(real)
    if names:
        from loguru import logger  # noqa: PLC0415 - brings asyncio, which no word to a session waits for

        logger.bind(folder=str(real.parent), files=names).warning("made_private")
    if create:
        try:
            with contextlib.suppress(FileExistsError):
                os.close(create_private(real))
        except OSError as error:
            raise UnusablePathError(
                real, error.strerror or str(error), "Check the permissions of the file and of its folder."
            ) from error
    return real


def _single_mend(real: Path) -> str:
    return f"Copy it to a file of its own (cp), or remove the other names (find -samefile {printable(real.name)})."


def _all_of(real: Path) -> Iterator[Path]:
    yield real
    with contextlib.suppress(OSError), os.scandir(real.parent) as entries:
        for entry in entries:
            if entry.name.startswith(real.name) and _BESIDE.fullmatch(entry.name.removeprefix(real.name)):
                yield Path(entry.path)
    with contextlib.suppress(OSError), os.scandir(real.with_name(real.name + _FOLDER)) as copies:
        yield from (Path(entry.path) for entry in copies)


def _refuse_others_links(path: Path) -> None:
    """In a folder where everybody may write, a link that another user made says where he wants us to write."""
    if sys.platform == "win32":
        return
    for link in (path, *path.parents):
        with contextlib.suppress(OSError):
            found = link.lstat()
            shared = link.parent.stat().st_mode & stat.S_IWOTH
            if stat.S_ISLNK(found.st_mode) and shared and found.st_uid not in {0, os.geteuid()}:
                raise UnusablePathError(
                    path, f"{printable(str(link))} is a link that {owner_name(found.st_uid)} made", _ANOTHER
                )
