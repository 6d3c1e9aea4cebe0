"""From the tables of a profile to a :class:`Config`, or to the list of all that is wrong with it."""

from __future__ import annotations

import itertools
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from neo.config.problems import ConfigError, Problem
from neo.config.reading import WrongValueError, convert, describe, nearest, show_value
from neo.config.rules import broken_rules
from neo.config.schema import Config

# Of unknown keys in one place so many are told: who has more gave another file, and each costs a search.
_UNKNOWN_MAX = 20

_BARE = re.compile(r"[A-Za-z0-9_.-]{1,80}")

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
    reading = _Reading()
    sections = {name: reading.section(name, section_type, data) for name, section_type in _fields(Config).items()}
    reading.unknown_sections(data)
    reading.problems.extend(broken_rules(reading.values))
    if reading.problems:
        raise ConfigError(source, reading.problems)
    return Config(**sections)


def replace_session(config: Config, source: str, **changes: Any) -> Config:
    """A profile with values of ``[session]`` replaced, as by the command line; the rules are checked again.

    Raises:
        ConfigError: A new value contradicts another key.
    """
    changed = msgspec.structs.replace(config, session=msgspec.structs.replace(config.session, **changes))
    problems = list(broken_rules(dotted_values(changed)))
    if problems:
        raise ConfigError(source, problems)
    return changed


def dotted_values(config: Config) -> dict[str, Any]:
    """Every value of a profile by its dotted key, in the schema's order."""
    return {
        f"{name}.{key}": value
        for name in config.__struct_fields__
        for key, value in msgspec.structs.asdict(getattr(config, name)).items()
    }


class _Reading:
    """One file on its way to a Config: what could be read, and what is wrong."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def section(self, name: str, section_type: Any, data: Mapping[str, Any]) -> Any:
        table = data.get(name)
        if table is None:
            self._add(name, None, "the section is missing", f"add [{name}] with all its keys")
            return None
        if not isinstance(table, Mapping):
            self._add(name, table, "is not a section", f"write [{name}] and its keys below it")
            return None
        fields = _fields(section_type)
        for key, hint in fields.items():
            self._value(name, key, hint, table)
        self._unknown_keys(name, {key: value for key, value in table.items() if key not in fields}, list(fields))
        values = {key: self.values[f"{name}.{key}"] for key in fields if f"{name}.{key}" in self.values}
        return self._build(name, section_type, values) if len(values) == len(fields) else None

    def unknown_sections(self, data: Mapping[str, Any]) -> None:
        known = _fields(Config)
        unknown = {name: value for name, value in data.items() if name not in known}
        sections = {name: value for name, value in unknown.items() if isinstance(value, Mapping)}
        for name in itertools.islice(sections, _UNKNOWN_MAX):
            close = nearest(name, list(known))
            mend = f"did you mean [{close}]?" if close else "delete it"
            self._add(f"[{_shown_name(name)}]", None, "unknown section", mend)
        self._more(len(sections), "sections")
        self._unknown_keys("", {name: value for name, value in unknown.items() if name not in sections}, [])

    def _value(self, section: str, key: str, hint: Any, table: Mapping[str, Any]) -> None:
        dotted = f"{section}.{key}"
        if key not in table:
            mend = f"no value is guessed: add `{key} = ...` under [{section}], {describe(hint)}"
            self._add(dotted, None, "missing", mend)
            return
        try:
            self.values[dotted] = convert(hint, table[key])
        except WrongValueError as error:
            self._add(dotted, table[key], error.fault, error.mend)

    def _build(self, name: str, section_type: Any, values: Mapping[str, Any]) -> Any:
        """The section's struct; its own rules (``__post_init__``) speak as ``what is wrong; how to mend it``."""
        try:
            return section_type(**values)
        except ValueError as error:
            fault, _, mend = str(error).partition("; ")
            self._add(name, None, fault, mend)
            return None

    def _unknown_keys(self, section: str, unknown: Mapping[str, object], siblings: list[str]) -> None:
        for key in itertools.islice(unknown, _UNKNOWN_MAX):
            self._unknown_key(section, key, unknown[key], siblings)
        self._more(len(unknown), "keys")

    def _more(self, unknown: int, what: str) -> None:
        if unknown > _UNKNOWN_MAX:
            self._add(f"{unknown - _UNKNOWN_MAX:,} more {what}", None, "unknown too", "is this a profile of NEO's?")

    def _unknown_key(self, section: str, key: str, value: object, siblings: list[str]) -> None:
        shown = _shown_name(key)
        dotted = f"{section}.{shown}" if section else shown
        if dotted in RETIRED:
            self._add(dotted, value, "retired key", RETIRED[dotted])
            return
        close = nearest(key, siblings)
        right = f"{section}.{close}" if close else _elsewhere(key)
        self._add(dotted, value, "unknown key", f"did you mean {right}?" if right else "delete it")

    def _add(self, key: str, value: object, fault: str, mend: str) -> None:
        self.problems.append(Problem(key, None if value is None else show_value(value), fault, mend))


def _shown_name(name: str) -> str:
    """A key that may be anything, on one line and not too long; as it is if it can stand bare in a profile."""
    return name if _BARE.fullmatch(name) else show_value(name)


def _elsewhere(key: str) -> str | None:
    """The dotted key of another section that ``key`` was probably meant to be."""
    leaves = {dotted.rpartition(".")[2]: dotted for dotted in _dotted_keys()}
    close = nearest(key, list(leaves))
    return leaves[close] if close else None


def _dotted_keys() -> Iterator[str]:
    for name, section in _fields(Config).items():
        for key in _fields(section):
            yield f"{name}.{key}"


def _fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return typing.get_type_hints(struct, include_extras=True)
