"""Paths as an operator gives them: from the home folder, from the root on, and those of databases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click
import platformdirs

from actors.operator.endpoint import endpoint_file
from actors.plumbing.files import close_to_others, make_private_folder
from actors.store import StoreError, require_database
from actors.store.place import closed_to_others, database_at, require_ours
from neo.text.printable import printable
from neo.text.redaction import hide_secrets, hide_seeds, secrets_in
from tools.console.errors import OperatorError

# How every SQLite file begins. Source: sqlite.org/fileformat.html, "The Database Header".
_DATABASE = b"SQLite format 3\x00"


def default_database() -> Path:
    """The database in the user's data folder."""
    return platformdirs.user_data_path("neo", appauthor=False) / "neo.sqlite3"


def find_database(db: Path | None) -> Path:
    """The file that ``--db`` names, or the one in the user's data folder, by its own name and no link's.

    A shell leaves the ``~`` of ``--db=~/mine.sqlite3`` to us, and every command must find what ``neo run`` wrote there.

    Raises:
        OperatorError: A database can't be called so.
    """
    with _told():
        return database_at(whole_path(default_database() if db is None else db))


def session_database(db: Path | None) -> Path:
    """The database whose session is meant.

    Raises:
        OperatorError: Nothing of a session is there, nor a database: a mistyped name must not reassure.
    """
    path = find_database(db)
    # A session whose database somebody took away can still be spoken to.
    if db is not None and not endpoint_file(path).exists():
        with _told():
            require_database(path)
    return path


def writable_database(path: Path, *, damaged_allowed: bool = False) -> Path:
    """A database that is going to be written, made its owner's alone, which is said if it was not.

    Args:
        path: Its file, there or not.
        damaged_allowed: Whether it is about to be replaced, whatever it is.

    Raises:
        OperatorError: It or something beside it is a link, another user's, or not what it must be.
    """
    with _told():
        real = require_ours(path)
    if not damaged_allowed and not _may_be_a_database(real):
        # Before anything is done about it: whoever else reads that file must still be able to.
        raise OperatorError(
            f"database {real}: file is not a database. Choose another file with --db, or restore it with"
            " `neo db restore`."
        )
    names = closed_to_others(real)
    if names:
        told = ", ".join(printable(name) for name in sorted(names))
        click.echo(f"neo: others on this machine could open {told} in {real.parent}; now only you can.", err=True)
    return real


def _may_be_a_database(real: Path) -> bool:
    """Whether a plain file is not there, empty, or begins as SQLite's do; one that can't be read is told later."""
    try:
        with real.open("rb") as file:
            return file.read(len(_DATABASE)) in (b"", _DATABASE)
    except OSError:
        return True


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise OperatorError(f"database {error}") from None


def from_home(path: Path) -> Path:
    """A path whose ``~`` is the user's home folder, or is left as it is where there is no such user."""
    # Not Path.expanduser, which raises then.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def whole_path(path: Path) -> Path:
    """A path from the root on.

    Raises:
        OperatorError: It starts in a working folder that another window deleted, or holds a wallet's secret.
    """
    if secrets_in(path.name) or hide_seeds(str(path)) != str(path):
        raise OperatorError(f"{hide_secrets(str(path))}: looks like a wallet's secret, and the name is told everywhere;"
                            " choose another.")  # fmt: skip
    try:
        return from_home(path).absolute()
    except FileNotFoundError:
        raise OperatorError(f"{path}: the working folder is gone; change to one that is there.") from None


def place_database(path: Path) -> Path:
    """The file of a database named by hand, in a folder that is there, fit to be written.

    Checked before anything is written, the log beside it included: a folder that is not there may be mistyped.

    Raises:
        OperatorError: A database can't stand there.
    """
    path = find_database(path)
    if path.is_dir():
        raise OperatorError(f"database {path}: is a folder; add a file name, such as --db {path / 'neo.sqlite3'}.")
    if not path.parent.exists():
        raise OperatorError(f"database {path}: its folder does not exist; make it, or choose another --db.")
    if not path.parent.is_dir():
        raise OperatorError(f"database {path}: {path.parent} is a file, not a folder; choose another --db.")
    return writable_database(path)


def prepare_default_database() -> Path:
    """The database in the user's data folder, which is made if it isn't there.

    Raises:
        FileRefusedError: The folder can't be made.
        OperatorError: The database there can't be written.
    """
    data_folder()
    return writable_database(default_database())


def data_folder() -> Path:
    """The user's data folder, which is made if it isn't there, and closed to others.

    Raises:
        FileRefusedError: It can't be made.
    """
    folder = default_database().parent
    make_private_folder(folder, "Choose a database with --db PATH.")
    close_to_others(folder)
    return folder
