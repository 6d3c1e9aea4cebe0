"""The types of the command line's values: durations with a unit, speeds."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import click

from actors.files import name_trouble
from actors.store.place import database_trouble
from neo.config.schema import DURATION_MAX_S, SPEED_MIN

# Seconds in a day, an hour, a minute and a second, in the order of the pattern.
_UNITS_S = (86_400, 3600, 60, 1)
_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


class FolderName(click.ParamType[Path]):
    """A folder's path, refused here for what only its text tells and a path no longer does."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, or a usage error."""
        trouble = self._trouble(os.fsdecode(value))
        if trouble is not None:
            self.fail(f"{os.fsdecode(value)!a} is {trouble}; give the path of {self._wanted}.", param, ctx)
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
            self.fail(f"{value!r} has no unit; write {value}s, {value}m or {value}h.", param, ctx)
        match = _DURATION.fullmatch(text if text.strip("0") else f"{text}s")
        if not text or match is None:
            self.fail(f"{value!r} is not a duration; write 90s, 30m, 2h or 1h30m.", param, ctx)
        counts = zip(match.groups("0"), _UNITS_S, strict=True)
        duration_s = sum(int(count) * unit_s for count, unit_s in counts)
        if duration_s == 0:
            self.fail(f"{value!r} is no time at all; write 90s, 30m or 2h.", param, ctx)
        if duration_s > DURATION_MAX_S:
            self.fail(f"{value!r} is longer than {DURATION_MAX_S // 86_400} days; write a shorter one.", param, ctx)
        return duration_s


class Speed(click.ParamType[float]):
    """``max``, or how many market seconds pass in a real one."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Market seconds per real second, infinity for ``max``."""
        if isinstance(value, float):
            return value
        if str(value).strip().lower() == "max":
            return math.inf
        try:
            speed = float(value)
        except ValueError:
            speed = math.nan
        if not (speed >= SPEED_MIN and math.isfinite(speed)):
            self.fail(f"{value!r} is not a speed; write max, or a number above 0 such as 1 or 10.", param, ctx)
        return speed
