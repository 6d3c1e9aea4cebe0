"""Where profiles, recorded prices and the user's data lie, and how they are read."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
import platformdirs
import tomli

import tools
from actors.control import endpoint_file
from actors.files import FileRefusedError, close_to_others, make_private_folder, printable, read_plain
from actors.store import StoreError, require_database
from actors.store.place import closed_to_others, database_at, require_ours
from neo.config import Config, ConfigError, Problem, parse_config
from neo.market.bars import Bar, MarketDataError, parse_bars
from tools.errors import OperatorError
from tools.redaction import redact

# Beside the packages, in a checkout as in an installed wheel.
PROFILES_FOLDER = Path(tools.__file__).parent.parent / "config"

# A year of minutes takes less than 40 MB.
TEXT_BYTES_MAX = 256 * 1024 * 1024


class Market(msgspec.Struct, frozen=True):
    """Recorded prices as read: the file's name, the hash of its bytes, its minutes."""

    name: str
    sha256: str
    bars: tuple[Bar, ...]


def shipped_profiles() -> list[str]:
    """The names that ``--config`` takes without a path."""
    return sorted(path.stem for path in PROFILES_FOLDER.glob("*.toml"))


def find_profile(name: str) -> Path:
    """The file of a shipped profile's name, or of a path.

    Raises:
        OperatorError: There is no such profile.
    """
    if name in shipped_profiles():
        return PROFILES_FOLDER / f"{name}.toml"
    path = _from_home(Path(name))
    if path.is_file():
        return path
    what = "is a folder" if path.is_dir() else "no such file"
    raise OperatorError(f"config {name}: {what}; give a profile ({', '.join(shipped_profiles())}) or the path of one.")


def read_profile(path: Path) -> Config:
    """Read and check a profile.

    Raises:
        OperatorError: It can't be read, is no TOML, or holds something to mend.
    """
    try:
        return parse_config(read_tables(path), str(path))
    except ConfigError as error:
        raise config_refused(error) from None


def read_tables(path: Path) -> dict[str, Any]:
    """A profile as TOML gives it, unchecked; numbers with a point as ``Decimal``.

    Raises:
        OperatorError: It can't be read, or is no TOML.
    """
    try:
        # Some editors begin a file with a byte order mark.
        return tomli.loads(read_text(path).removeprefix("\ufeff"), parse_float=Decimal)
    except tomli.TOMLDecodeError as error:
        where = f"{path}, line {error.lineno}, column {error.colno}"
        raise OperatorError(f"{where}: {error.msg}; a profile is TOML: `key = value` lines under [section]s.") from None
    except (ValueError, ArithmeticError):
        # What Python's own numbers can't hold: thousands of digits, or an exponent of as many.
        raise OperatorError(f"{path}: has a number that is too long to be read; write it shorter.") from None
    except RecursionError:
        raise OperatorError(
            f"{path}: has brackets within brackets without end; a value is one number or text."
        ) from None


def config_refused(error: ConfigError) -> OperatorError:
    """The operator's message for a profile with problems."""
    count = len(error.problems)
    lines = (problem.line(error.source) for problem in without_secrets(error.problems))
    return OperatorError("\n".join([f"The configuration has {count} problem{'s' if count > 1 else ''}:", *lines]))


def without_secrets(problems: Sequence[Problem]) -> list[Problem]:
    """Problems as they may be shown: a wallet's secret in a profile by mistake is told by its key alone."""
    return [msgspec.structs.replace(one, value=_shown(one.key, one.value)) for one in problems]


def _shown(key: str, value: str | None) -> str | None:
    return None if value is None else str(redact(key, value))


def read_market(path: Path) -> Market:
    """Read recorded prices.

    Raises:
        OperatorError: The file can't be read, or a row is wrong (its line is told).
    """
    text = read_text(path)
    try:
        bars = parse_bars(text, str(path))
    except MarketDataError as error:
        raise OperatorError(str(error)) from None
    return Market(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), bars)


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


def writable_database(path: Path) -> Path:
    """A database that is going to be written, made its owner's alone, which is said if it was not.

    Raises:
        OperatorError: It or something beside it is a link, another user's, or not what it must be.
    """
    with _told():
        real = require_ours(path)
    names = closed_to_others(real)
    if names:
        told = ", ".join(printable(name) for name in sorted(names))
        click.echo(f"neo: others on this machine could open {told} in {real.parent}; now only you can.", err=True)
    return real


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise OperatorError(f"database {error}") from None


def _from_home(path: Path) -> Path:
    # Not Path.expanduser, which raises where there is no such user.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def whole_path(path: Path) -> Path:
    """A path from the root on.

    Raises:
        OperatorError: It starts in a working folder that another window deleted.
    """
    try:
        return _from_home(path).absolute()
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
    path = default_database()
    make_private_folder(path.parent, "Choose a database with --db PATH.")
    close_to_others(path.parent)
    return writable_database(path)


def read_text(path: Path) -> str:
    """A text file's content.

    Raises:
        OperatorError: It can't be read, or is not UTF-8.
    """
    try:
        return read_plain(path, TEXT_BYTES_MAX).decode("utf-8")
    except FileRefusedError as error:
        raise OperatorError(str(error)) from None
    except UnicodeDecodeError as error:
        raise OperatorError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from None
