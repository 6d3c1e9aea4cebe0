"""Which settings a sweep tries: from ``--set`` and ``--points`` to checked configurations, or to all that is wrong."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
import msgspec
import tomli

from neo.config import Config, ConfigError, Problem, config_sha256, parse_config
from neo.config.schema import SEED_MAX
from tools.errors import OperatorError
from tools.profiles import config_refused

# A sweep of more sessions is a slip of the keyboard rather than a plan: at a second each it takes more than a day.
RUNS_MAX = 100_000

# What has an option of its own, or is not the sweep's to choose.
_ELSEWHERE = {
    "session.seed": "--seeds",
    "session.duration_seconds": "--duration",
    "market.file": "--market",
    "session.speed": "nothing: a sweep runs as fast as the machine allows",
}


class Axis(msgspec.Struct, frozen=True):
    """Keys that change together, and the values they take, as written."""

    keys: tuple[str, ...]
    values: tuple[str, ...]


class Point(msgspec.Struct, frozen=True):
    """One set of values: the swept keys as written, and the whole configuration that they make."""

    settings: dict[str, str]
    config: Config


class AxisOption(click.ParamType[Axis]):
    """``key=value,value`` or ``key+key=value,value`` for keys that take the same value."""

    name = "key=values"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Axis:
        """The axis, or a usage error that says what to write."""
        if isinstance(value, Axis):
            return value
        names, sign, listed = str(value).partition("=")
        keys = tuple(key.strip() for key in names.split("+"))
        values = tuple(text.strip() for text in listed.split(","))
        if not sign or not all(keys) or not all(values):
            self.fail(f"{value!r} has no values; write section.key=2,4,6.", param, ctx)
        for key in keys:
            if key in _ELSEWHERE:
                self.fail(f"{key} is not swept: use {_ELSEWHERE[key]}.", param, ctx)
        return Axis(keys, values)


class SeedsOption(click.ParamType[tuple[int, ...]]):
    """``1-20`` or ``1,2,5-9``."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The seeds in their order, each once."""
        if isinstance(value, tuple):
            return value
        seeds: dict[int, None] = {}
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.isdecimal()):
                self.fail(f"{part.strip()!r} is no seed; write 1-20 or 1,2,5-9.", param, ctx)
            low, high = int(first), int(last or first)
            if high < low or high > SEED_MAX:
                self.fail(f"{part.strip()!r}: seeds go up, and to {SEED_MAX} at most.", param, ctx)
            if high - low >= RUNS_MAX:
                self.fail(f"{part.strip()!r} is more than {RUNS_MAX:,} seeds.", param, ctx)
            seeds |= dict.fromkeys(range(low, high + 1))
        return tuple(seeds)


def settings_of(axes: Sequence[Axis], *, zipped: bool) -> list[dict[str, str]]:
    """Every combination of the axes' values, or the first of each, then the second of each, and so on.

    Raises:
        OperatorError: The axes don't go together.
    """
    seen: set[str] = set()
    for key in itertools.chain.from_iterable(axis.keys for axis in axes):
        if key in seen:
            raise OperatorError(f"--set {key}: given twice; write all its values in one --set.", 2)
        seen.add(key)
    if zipped:
        return list(_zipped(axes))
    if math.prod(len(axis.values) for axis in axes) > RUNS_MAX:
        raise OperatorError(f"--set: more than {RUNS_MAX:,} combinations; write fewer values, or --zip them.", 2)
    return [_merged(axes, values) for values in itertools.product(*(axis.values for axis in axes))]


def listed_settings(text: str, source: str) -> list[dict[str, str]]:
    """The rows of a CSV whose header names keys; an empty cell leaves the profile's value.

    Raises:
        OperatorError: A row is wrong; its line is told.
    """
    # Spreadsheets begin a file with a byte order mark.
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines(), restkey="", strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise OperatorError(f"{source}, line {reader.reader.line_num}: {error}; write a CSV of values.") from None
    if not rows or not reader.fieldnames:
        raise OperatorError(f"{source}: no settings; write a header of keys and a row for each set of values.")
    keys = [key.strip() for key in reader.fieldnames]
    for number, key in enumerate(keys):
        if key in _ELSEWHERE:
            raise OperatorError(f"{source}, line 1: {key} is not swept: use {_ELSEWHERE[key]}.")
        if key in keys[:number]:
            raise OperatorError(f"{source}, line 1: {key or 'an empty name'} is there twice; write each key once.")
    for number, row in rows:
        if "" in row or None in row.values():
            raise OperatorError(f"{source}, line {number}: has not the header's {len(reader.fieldnames)} cells.")
    return [{key.strip(): value.strip() for key, value in row.items() if value.strip()} for _, row in rows]


def checked_points(tables: Mapping[str, Any], settings: Iterable[Mapping[str, str]], source: str) -> list[Point]:
    """The configurations that settings make of a profile.

    Args:
        tables: The profile as TOML gives it.
        settings: Values by dotted key, as written on the command line.
        source: The profile's name, for messages.

    Raises:
        OperatorError: With every problem that any of them has, each told once, in the profile's own words.
    """
    points: list[Point] = []
    problems: dict[Problem, None] = {}
    for chosen in settings:
        try:
            points.append(Point(dict(chosen), parse_config(_with(tables, chosen), source)))
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise config_refused(ConfigError(source, list(problems)))
    known: dict[str, Point] = {}
    for point in points:
        twin = known.setdefault(config_sha256(point.config), point)
        if twin is not point:
            raise OperatorError(f"{label(point)} and {label(twin)} are the same settings; leave one out.", 2)
    return points


def label(point: Point) -> str:
    """A point in one line."""
    return ", ".join(f"{key}={value}" for key, value in point.settings.items()) or "the profile"


def _zipped(axes: Sequence[Axis]) -> Iterable[dict[str, str]]:
    length = max((len(axis.values) for axis in axes), default=1)
    for axis in axes:
        if len(axis.values) not in {1, length}:
            told = f"--zip: {'+'.join(axis.keys)} has {len(axis.values)} values, another key has {length}"
            raise OperatorError(f"{told}; write as many, or one for all.", 2)
    for place in range(length):
        yield _merged(axes, [axis.values[place if len(axis.values) > 1 else 0] for axis in axes])


def _merged(axes: Sequence[Axis], values: Sequence[str]) -> dict[str, str]:
    return {key: value for axis, value in zip(axes, values, strict=True) for key in axis.keys}


def _with(tables: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """A profile's tables with values replaced; what is no key of the profile is there for its check to refuse."""
    changed = {name: dict(table) if isinstance(table, Mapping) else table for name, table in tables.items()}
    for key, text in chosen.items():
        section, _, name = key.rpartition(".")
        table = changed.setdefault(section, {}) if section else changed
        if isinstance(table, dict):
            table[name] = _value(text)
    return changed


def _value(text: str) -> Any:
    """A value as TOML reads it; what TOML doesn't know is a text, so names need no quotes."""
    try:
        value = tomli.loads(f"value = {text}", parse_float=Decimal)["value"]
    except (ValueError, ArithmeticError, RecursionError):  # no TOML, or a number that Python can't hold
        return text
    return value if isinstance(value, (bool, int, Decimal, str)) else text
