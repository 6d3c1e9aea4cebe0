"""Where profiles and recorded prices lie, and how they are read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import tomli

import tools
from actors.plumbing.files import FileRefusedError, kind_of, read_plain
from neo.config import Config, ConfigError, Problem, parse_config, replace_values
from neo.market.bars import MarketDataError, market_sha256, parse_bars
from neo.market.plausible import Doubt, doubts_of
from neo.market.recording import Recording
from neo.text.printable import printable
from neo.text.redaction import hide_secrets
from tools.console.errors import OperatorError
from tools.console.file_kinds import other_kind
from tools.console.log_redaction import redact
from tools.console.paths import from_home
from tools.console.words import count

# Beside the packages, in a checkout as in an installed wheel.
PROFILES_FOLDER = Path(tools.__file__).parent.parent / "config"

# The shipped ones take 12 kB.
PROFILE_BYTES_MAX = 256 * 1024

# A year of minutes takes less than 40 MB.
MARKET_BYTES_MAX = 48 * 1024 * 1024

_DOUBTS_SHOWN = 5

# What Python's numbers refuse: thousands of digits, or an exponent of as many.
_LONG_NUMBER = re.compile(r"[0-9_]{1000}|[0-9.]e[+-]?[0-9_]{10}", re.IGNORECASE)


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
    path = from_home(Path(name))
    fault = _fault(path)
    if fault is None:
        return path
    raise OperatorError(
        f"config {printable(name)}: {fault}; give a profile ({', '.join(shipped_profiles())}) or the path of one."
    )


def _fault(path: Path) -> str | None:
    """Why a path is no plain file's, or None if it is one's."""
    try:
        kind = kind_of(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return "no such file"
    except (OSError, ValueError) as error:  # a name too long, a loop of links; a NUL in it
        return getattr(error, "strerror", None) or "no path"
    return None if kind is None else f"is {kind}"


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
    text, name = read_text(path, PROFILE_BYTES_MAX, "a profile"), printable(str(path))
    try:
        # Some editors begin a file with a byte order mark.
        return tomli.loads(text, parse_float=Decimal)
    except tomli.TOMLDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise OperatorError(f"{where}: {error.msg}; a profile is TOML: `key = value` lines under [section]s.") from None
    except (ValueError, ArithmeticError):
        # What Python's own numbers can't hold: thousands of digits, or an exponent of as many.
        found = _LONG_NUMBER.search(text)
        where = "" if found is None else f", line {text.count(chr(10), 0, found.start()) + 1}"
        raise OperatorError(f"{name}{where}: has a number that is too long to be read; write it shorter.") from None
    except RecursionError:
        raise OperatorError(
            f"{name}: is nested without end; a profile is `key = value` lines under [section]s."
        ) from None


def config_refused(error: ConfigError) -> OperatorError:
    """The operator's message for a profile with problems."""
    return settings_refused(dict.fromkeys(error.problems, error.source))


def with_options(config: Config, given: Mapping[str, tuple[str, object]]) -> Config:
    """A profile with values replaced by the command line's.

    Args:
        config: A good profile.
        given: By option: the dotted key, and the value or None where the profile decides.

    Raises:
        OperatorError: A new value contradicts another key, or this venue has no such key.
    """
    changes = {key: value for key, value in given.values() if value is not None}
    by_key = {key: option for option, (key, value) in given.items() if value is not None}
    options = ", ".join(by_key.values())
    try:
        return replace_values(config, options, changes)
    except ConfigError as error:
        # A rule may complain of a key that no option gave, and be broken by any of them.
        raise settings_refused({one: by_key.get(one.key, options) for one in error.problems}) from None


def settings_refused(problems: Mapping[Problem, str]) -> OperatorError:
    """The operator's message for problems, by where each was written."""
    lines = (
        problem.line(printable(where))
        for problem, where in zip(without_secrets(list(problems)), problems.values(), strict=True)
    )
    return OperatorError("\n".join([f"The configuration has {count(len(problems), 'problem')}:", *lines]))


def without_secrets(problems: Sequence[Problem]) -> list[Problem]:
    """Problems as they may be shown: a wallet's secret in a profile by mistake is told by its key alone."""
    return [_without_secret(one) for one in problems]


def _without_secret(one: Problem) -> Problem:
    return msgspec.structs.replace(one, key=hide_secrets(one.key), value=_shown(one.key, one.value))


def _shown(key: str, value: str | None) -> str | None:
    return None if value is None else hide_secrets(str(redact(key, value)))


def read_market(path: Path, given: str = "venue.market_file", *, implausible_allowed: bool = False) -> Recording:
    """Read recorded prices.

    Args:
        path: A CSV of minutes.
        given: The option or key that names it, for messages; empty if they name it already.
        implausible_allowed: Whether the operator said that prices are to be taken that can hardly have been.

    Raises:
        OperatorError: The file can't be read, a row is wrong or a price implausible (its line is told).
    """
    source = f"{given} {printable(str(path))}".lstrip()
    content = read_content(path, MARKET_BYTES_MAX, "a recording of at most a year of minutes", given)
    file_sha256 = hashlib.sha256(content).hexdigest()
    text = _decoded(content, source)
    del content  # as large as the text
    try:
        bars = parse_bars(text, source)
    except MarketDataError as error:
        raise OperatorError(str(error)) from None
    doubts = doubts_of(bars)
    if doubts and not implausible_allowed:
        raise implausible(source, doubts, "run or sweep")
    told = count(len(doubts), "implausible price")
    warning = f"{printable(path.name)}: {told} allowed; first {doubts[0].told('there')}" if doubts else None
    return Recording(hide_secrets(path.name), market_sha256(bars), file_sha256, bars, warning)


def implausible(source: str, doubts: Sequence[Doubt], to_do: str) -> OperatorError:
    """The operator's message for prices that can hardly have been.

    Args:
        source: The file's name.
        doubts: At least one.
        to_do: What is done with them all the same if the operator says so.
    """
    told = [doubt.told(source) for doubt in doubts[:_DOUBTS_SHOWN]]
    more = [f"and {len(doubts) - _DOUBTS_SHOWN:,} more"] if len(doubts) > _DOUBTS_SHOWN else []
    mend = f"Mend or cut those rows; or, if the market did that, say --allow-implausible-prices to {to_do}."
    return OperatorError("\n".join([*told, *more, mend]))


def read_text(path: Path, bytes_max: int, what: str, given: str = "") -> str:
    """A text file's content, without the byte order mark that some editors begin it with.

    Args:
        path: The file.
        bytes_max: More than that is refused.
        what: What it should be, such as ``a profile``, for the message.
        given: The option that names it, for the message.

    Raises:
        OperatorError: It can't be read, is too large, or is not UTF-8.
    """
    return _decoded(read_content(path, bytes_max, what, given), f"{given} {printable(str(path))}".lstrip())


def read_content(path: Path, bytes_max: int, what: str, given: str) -> bytes:
    """A plain file's bytes.

    Raises:
        OperatorError: It can't be read, or is larger than what it should be.
    """
    try:
        return read_plain(path, bytes_max, f"Check the path: {what}, a plain file that you may read, is needed.")
    except FileRefusedError as error:
        raise OperatorError(f"{given} {error}".lstrip()) from None


def _decoded(content: bytes, name: str) -> str:
    told = other_kind(content)
    if told is not None:
        raise OperatorError(f"{name}: {told}.")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OperatorError(f"{name}, line {line}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from None
