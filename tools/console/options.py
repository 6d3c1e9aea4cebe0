"""The types of the command line's values: durations with a unit, speeds, whole numbers, choices."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from actors.plumbing.files import name_trouble
from actors.store.place import database_trouble
from neo.text.bounds import DURATION_MAX_S, SPEED_MIN
from neo.text.redaction import excerpt

# Seconds in a day, an hour, a minute and a second, in the order of the pattern.
_UNITS_S = (86_400, 3600, 60, 1)
_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


# Of a value that is told, in characters: enough to know it again.
_SHOWN_CHARS = 60

_DIGITS = re.compile(r"-?\d{1,40}", re.ASCII)
_SPEED = re.compile(r"\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}", re.ASCII)

# Where a shell says that it asks what a word may become.
COMPLETE_VARIABLE = "_NEO_COMPLETE"

allow_implausible_option = click.option(
    "--allow-implausible-prices",
    is_flag=True,
    help="Take recorded prices that can hardly have been, as the file has them.",
)


def quoted(value: object) -> str:
    """What was written, in quotes, on one line and not too long."""
    return f"'{excerpt(str(value), _SHOWN_CHARS - 2)}'"


class Whole(click.ParamType[int]):
    """A whole number in a range.

    Args:
        least: The smallest.
        most: The largest.
    """

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a usage error that says what to write."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        mend = f"write one from {self._least} to {self._most}"
        if not _DIGITS.fullmatch(text):
            is_long = text.isascii() and text.lstrip("-").isdecimal()
            fault = f"has {len(text)} digits" if is_long else "is not a whole number"
            self.fail(f"{quoted(value)} {fault}; {mend}.", param, ctx)
        number = int(text)
        if number < self._least:
            self.fail(f"{quoted(value)} is too small; {mend}.", param, ctx)
        if number > self._most:
            self.fail(f"{quoted(value)} is too large; {mend}.", param, ctx)
        return number


class NameOf(click.ParamType[str]):
    """One of a few words, in any case; the word as it is listed."""

    name = "choice"

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:  # noqa: ARG002 - click's signature
        return f"[{'|'.join(self._words)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word, or a usage error that lists them."""
        found = next((word for word in self._words if word.lower() == str(value).strip().lower()), None)
        if found is None:
            self.fail(f"{quoted(value)} is not known here; write {' or '.join(self._words)}.", param, ctx)
        return found


class FolderName(click.ParamType[Path]):
    """A folder's path, refused here for what only its text tells and a path no longer does."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or a usage error."""
        trouble = self._trouble(os.fsdecode(value))
        if trouble is not None:
            self.fail(f"{quoted(os.fsdecode(value))} is {trouble}; give the path of {self._wanted}.", param, ctx)
        return Path(os.fsdecode(value))

    _wanted = "a folder"

    def _trouble(self, text: str) -> str | None:
        return name_trouble(text)


class DatabaseName(FolderName):
    """The path of a database's file."""

    _wanted = "a file"

    def _trouble(self, text: str) -> str | None:
        is_folder = text.endswith(tuple(filter(None, (os.sep, os.altsep))))
        return "the name of a folder" if is_folder else database_trouble(text)


class Duration(click.ParamType[int]):
    """``90s``, ``30m``, ``2h``, ``1h30m``, ``2d``: whole seconds, above zero."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds, or a usage error that says what to write."""
        if isinstance(value, int):
            return value
        text = str(value).strip().lower()
        if text.strip("0") and text.isdecimal():
            self.fail(f"{quoted(value)} has no unit; {_with_unit(text)}.", param, ctx)
        match = _DURATION.fullmatch(text if text.strip("0") else f"{text}s")
        if not text or match is None:
            self.fail(f"{quoted(value)} is not a duration; write 90s, 30m, 2h or 1h30m.", param, ctx)
        counts = zip(match.groups("0"), _UNITS_S, strict=True)
        duration_s = sum(int(count) * unit_s for count, unit_s in counts)
        if duration_s == 0:
            self.fail(f"{quoted(value)} is no time at all; write 90s, 30m or 2h.", param, ctx)
        if duration_s > DURATION_MAX_S:
            self.fail(
                f"{quoted(value)} is longer than {DURATION_MAX_S // 86_400} days; write a shorter one.", param, ctx
            )
        return duration_s


def _with_unit(digits: str) -> str:
    return f"write {digits}s, {digits}m or {digits}h" if len(digits) <= 9 else "write 90s, 30m, 2h or 1h30m"


class SpeedType(click.ParamType[float]):
    """``max``, or how many market seconds pass in a real one."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Market seconds per real second, infinity for ``max``."""
        if isinstance(value, float):
            return value
        if str(value).strip().lower() == "max":
            return math.inf
        text = str(value).strip()
        mend = f"write max, or market seconds in a real second, {SPEED_MIN} or more, such as 1 or 10"
        if not _SPEED.fullmatch(text):
            self.fail(f"{quoted(value)} is not a speed in plain digits; {mend}.", param, ctx)
        speed = float(text)
        if speed < SPEED_MIN:
            self.fail(f"{quoted(value)} is too slow: not even a ledger would close in an hour; {mend}.", param, ctx)
        return speed
