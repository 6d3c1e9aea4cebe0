"""Which settings a sweep tries: from ``--set`` and ``--points`` to checked configurations, or to all that is wrong."""

from __future__ import annotations

import csv
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click
import msgspec
import tomli

from neo.config import Config, ConfigError, Problem, config_sha256, parse_config
from neo.config.retired import name_now, retired_key
from neo.text.bounds import SEED_MAX
from tools.console.errors import OperatorError
from tools.console.options import quoted
from tools.console.words import count
from tools.settings.profiles import settings_refused

# A sweep of more sessions is a slip of the keyboard rather than a plan: at a second each it takes more than a day.
RUNS_MAX = 100_000

_ON_THE_COMMAND_LINE = "--set"

# What has an option of its own, or is not the sweep's to choose.
_ELSEWHERE = {
    "venue.seed": "--seeds",
    "session.duration_seconds": "--duration",
    "venue.market_file": "--market",
    "venue.recording_file": "--recording",
    "venue.speed": "nothing: a sweep runs as fast as the machine allows",
}


# More than a profile has, by far.
_KEYS_MAX = 1000

# So many problems are told; a list of a hundred thousand settings may have as many.
_PROBLEMS_MAX = 20

# More digits than the largest seed has, so that one a little too large is told as such.
_SEEDS = re.compile(r"(\d{1,40})(?:-(\d{1,40}))?", re.ASCII)
_SEEDS_MEND = "write 1-20 or 1,2,5-9."


class Axis(msgspec.Struct, frozen=True):
    """Keys that change together, and the values they take, as written."""

    keys: tuple[str, ...]
    values: tuple[str, ...]


class Chosen(msgspec.Struct, frozen=True):
    """Values by dotted key, as written, and where they were written, for messages."""

    settings: dict[str, str]
    where: str


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
        if listed.count(",") >= RUNS_MAX:
            self.fail(f"{quoted(value)} has more than {RUNS_MAX:,} values; write fewer.", param, ctx)
        keys = tuple(key.strip() for key in names.split("+"))
        values = tuple(text.strip() for text in listed.split(","))
        if not sign or not all(keys) or not all(values):
            fault = "has an empty value" if sign and all(keys) and any(values) else "has no values"
            self.fail(f"{quoted(value)} {fault}; write section.key=2,4,6.", param, ctx)
        for key in keys:
            if name_now(key) in _ELSEWHERE:
                self.fail(f"{key} is not swept: use {_ELSEWHERE[name_now(key)]}.", param, ctx)
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
            match = _SEEDS.fullmatch(part.strip())
            if match is None:
                self.fail(f"{quoted(part.strip())} is no seed; write 1-20 or 1,2,5-9.", param, ctx)
            low, high = int(match[1]), int(match[2] or match[1])
            if high < low or high > SEED_MAX:
                self.fail(f"{quoted(part.strip())}: seeds go up, and to {SEED_MAX} at most; {_SEEDS_MEND}", param, ctx)
            if len(seeds) + high - low >= RUNS_MAX:
                self.fail(f"{quoted(value)} is more than {RUNS_MAX:,} seeds; {_SEEDS_MEND}", param, ctx)
            seeds |= dict.fromkeys(range(low, high + 1))
        return tuple(seeds)


def settings_of(axes: Sequence[Axis], *, zipped: bool) -> list[Chosen]:
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
        return [Chosen(settings, _ON_THE_COMMAND_LINE) for settings in _zipped(axes)]
    if math.prod(len(axis.values) for axis in axes) > RUNS_MAX:
        raise OperatorError(f"--set: more than {RUNS_MAX:,} combinations; write fewer values, or --zip them.", 2)
    combined = itertools.product(*(axis.values for axis in axes))
    return [Chosen(_merged(axes, values), _ON_THE_COMMAND_LINE) for values in combined]


def listed_settings(text: str, source: str) -> list[Chosen]:
    """The rows of a CSV whose header names keys; an empty cell leaves the profile's value.

    Raises:
        OperatorError: A row is wrong; its line is told.
    """
    reader = csv.DictReader(text.splitlines(), restkey="", strict=True)
    try:
        rows = [(reader.line_num, row) for row in itertools.islice(reader, RUNS_MAX + 1)]
    except csv.Error as error:
        raise OperatorError(f"{source}, line {reader.reader.line_num}: {error}; write a CSV of values.") from None
    if not rows or not reader.fieldnames:
        raise OperatorError(f"{source}: no settings; write a header of keys and a row for each set of values.")
    if len(rows) > RUNS_MAX:
        raise OperatorError(f"{source}: more than {RUNS_MAX:,} rows; write fewer.")
    keys = [key.strip() for key in reader.fieldnames]
    if len(keys) > _KEYS_MAX:
        raise OperatorError(f"{source}, line 1: has {len(keys):,} columns, more than there are keys; write fewer.")
    known: set[str] = set()
    for key in keys:
        if name_now(key) in _ELSEWHERE:
            raise OperatorError(f"{source}, line 1: {key} is not swept: use {_ELSEWHERE[name_now(key)]}.")
        if key in known:
            raise OperatorError(f"{source}, line 1: {key or 'an empty name'} is there twice; write each key once.")
        known.add(key)
    for number, row in rows:
        if "" in row or None in row.values():
            cells = count(len(reader.fieldnames), "cell")
            raise OperatorError(f"{source}, line {number}: has not the header's {cells}; write one for each key.")
    return [
        Chosen({key.strip(): value.strip() for key, value in row.items() if value.strip()}, f"{source}, line {number}")
        for number, row in rows
    ]


def checked_points(tables: Mapping[str, Any], listed: Iterable[Chosen]) -> list[Point]:
    """The configurations that settings make of a profile.

    Args:
        tables: A good profile as TOML gives it: what is wrong now is wrong with the settings.
        listed: Them.

    Raises:
        OperatorError: With the problems that they have, each told once, in the profile's own words and with the place
            where the value was written.
    """
    points: list[Point] = []
    problems: dict[Problem, str] = {}
    seen: set[tuple[tuple[str, str], ...]] = set()
    for chosen in listed:
        # At once; those that are the same and spelled differently show only as configurations, below.
        written = tuple(sorted(chosen.settings.items()))
        if written in seen:
            raise OperatorError(f"{chosen.where}: {_shown(chosen.settings)} is there twice; leave one out.", 2)
        seen.add(written)
        try:
            points.append(Point(dict(chosen.settings), _checked(tables, chosen)))
        except ConfigError as error:
            problems = problems | {one: chosen.where for one in error.problems if one not in problems}
            if len(problems) >= _PROBLEMS_MAX:
                break
    if problems:
        raise settings_refused(problems)
    known: dict[str, Point] = {}
    for point in points:
        twin = known.setdefault(config_sha256(point.config), point)
        if twin is not point:
            raise OperatorError(f"{label(point)} and {label(twin)} are the same settings; leave one out.", 2)
    return points


def _checked(tables: Mapping[str, Any], chosen: Chosen) -> Config:
    """The configuration that settings make of a profile.

    Raises:
        ConfigError: With the problems that they have. Retired keys are told alone: nobody wrote a section for them.
    """
    retired = [one for key, value in chosen.settings.items() if (one := retired_key(key, value)) is not None]
    if retired:
        raise ConfigError(chosen.where, retired)
    return parse_config(_with(tables, chosen.settings), chosen.where)


def label(point: Point) -> str:
    """A point in one line."""
    return _shown(point.settings)


def _shown(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items()) or "the profile"


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
    if not text.isprintable():  # a second line would be another key's
        return text
    try:
        value = tomli.loads(f"value = {text}", parse_float=Decimal)["value"]
    except (ValueError, ArithmeticError, RecursionError):  # no TOML, or a number that Python can't hold
        return text
    return value if isinstance(value, (bool, int, Decimal, str)) else text
