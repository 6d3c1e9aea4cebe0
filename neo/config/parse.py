"""From the tables of a profile to a :class:`Config`, or to the list of all that is wrong with it."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from neo.config.problems import ConfigError, Problem
from neo.config.schema import Config
from neo.config.values import WrongValueError, convert, describe, nearest, show_value

# Keys that profiles once had, with what took their place. Silence would let an old profile run without its limit.
RETIRED = {
    "strategy.max_inventory_usd": (
        "set the limits risk.max_xrp_exposure and risk.max_rlusd_exposure (values in RLUSD) and delete this key"
    ),
}


def parse_config(data: Mapping[str, Any], source: str) -> Config:
    """Check a whole profile.

    Args:
        data: What a TOML reader gave, numbers with a point as ``Decimal``.
        source: The file's name, for the messages.

    Returns:
        The profile, frozen.

    Raises:
        ConfigError: The profile's author has something to mend; all of it is told at once.
    """
    problems: list[Problem] = []
    sections = {
        name: _parse_section(name, section_type, data, problems) for name, section_type in _fields(Config).items()
    }
    problems.extend(_unknown("", data, _fields(Config)))
    if problems:
        raise ConfigError(source, problems)
    config = Config(**sections)
    check_rules(config, source)
    return config


def check_rules(config: Config, source: str) -> None:
    """Check the rules that take more than one key.

    Called again after the command line has replaced a value.

    Raises:
        ConfigError: Two keys contradict each other.
    """
    problems = list(_broken_rules(config))
    if problems:
        raise ConfigError(source, problems)


def _parse_section(name: str, section_type: Any, data: Mapping[str, Any], problems: list[Problem]) -> Any:
    table = data.get(name)
    if table is None:
        problems.append(Problem(name, None, "the section is missing", f"add [{name}] with all its keys"))
        return None
    if not isinstance(table, Mapping):
        problems.append(Problem(name, show_value(table), "is not a section", f"write [{name}] and its keys below it"))
        return None
    fields = _fields(section_type)
    values: dict[str, Any] = {}
    for key, hint in fields.items():
        dotted = f"{name}.{key}"
        if key not in table:
            mend = f"no value is guessed: add `{key} = ...` under [{name}], {describe(hint)}"
            problems.append(Problem(dotted, None, "missing", mend))
            continue
        try:
            values[key] = convert(hint, table[key])
        except WrongValueError as error:
            problems.append(Problem(dotted, show_value(table[key]), error.fault, error.mend))
    problems.extend(_unknown(f"{name}.", table, fields))
    return _build(name, section_type, values, problems) if len(values) == len(fields) else None


def _build(name: str, section_type: Any, values: Mapping[str, Any], problems: list[Problem]) -> Any:
    """The section's struct; its own rules (``__post_init__``) speak as ``what is wrong; how to mend it``."""
    try:
        return section_type(**values)
    except ValueError as error:
        fault, _, mend = str(error).partition("; ")
        problems.append(Problem(name, None, fault, mend))
        return None


def _unknown(prefix: str, table: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Problem]:
    for key in table:
        dotted = f"{prefix}{key}"
        if key in known:
            continue
        if dotted in RETIRED:
            yield Problem(dotted, show_value(table[key]), "retired key", RETIRED[dotted])
        else:
            right = _right_name(prefix, key, known)
            mend = f"did you mean {right}?" if right else "delete it"
            yield Problem(dotted, show_value(table[key]), "unknown key", mend)


def _right_name(prefix: str, key: str, known: Mapping[str, Any]) -> str | None:
    close = nearest(key, list(known))
    if close:
        return f"{prefix}{close}"
    # The right name in the wrong section, or at the top of the file.
    leaves = {leaf: dotted for dotted in _dotted_keys() for leaf in [dotted.rpartition(".")[2]]}
    close = nearest(key, list(leaves))
    return leaves[close] if close else None


def _dotted_keys() -> list[str]:
    return [f"{name}.{key}" for name, section in _fields(Config).items() for key in _fields(section)]


def _fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(struct, include_extras=True)


def _broken_rules(config: Config) -> Iterator[Problem]:
    tick_s = config.engine.tick_interval_seconds
    requote_s = config.strategy.requote_interval_seconds
    if requote_s != tick_s:
        yield Problem(
            "strategy.requote_interval_seconds",
            str(requote_s),
            f"must equal engine.tick_interval_seconds = {tick_s}",
            "the engine re-quotes once a tick: write the same number in both",
        )
    duration_s = config.session.duration_seconds
    if duration_s < tick_s:
        yield Problem(
            "session.duration_seconds",
            str(duration_s),
            f"is shorter than one tick, engine.tick_interval_seconds = {tick_s}",
            f"write at least {tick_s}",
        )
    engine = config.engine
    if engine.restart_backoff_seconds > engine.restart_window_seconds:
        yield Problem(
            "engine.restart_backoff_seconds",
            str(engine.restart_backoff_seconds),
            f"is longer than engine.restart_window_seconds = {engine.restart_window_seconds}",
            "restarts would never be counted together: write a shorter back-off or a longer window",
        )
