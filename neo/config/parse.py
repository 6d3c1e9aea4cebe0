"""From the tables of a profile to a :class:`Config`, or to the list of all that is wrong with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from neo.config.problems import ConfigError, Problem
from neo.config.reading import WrongValueError, convert, describe, is_private, nearest, show_value
from neo.config.retired import RENAMED, RETIRED_SECTIONS, name_now, retired_key
from neo.config.rules import broken_rules
from neo.config.schema import SECTION_KINDS, TELLING_SECTIONS, VENUE_KINDS, Config, section_fields, sections_of
from neo.text.bounds import OneOf
from neo.text.redaction import HIDDEN, secrets_in
from neo.wire.live_config import LiveVenueConfig, endpoint_name
from neo.wire.paper_config import PaperVenueConfig

# Of unknown keys in one place so many are told: who has more gave another file, and each costs a search.
_UNKNOWN_MAX = 20

_BARE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


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
    reading = _Reading(data)
    sections = {name: reading.section(name, data) for name in Config.__struct_fields__}
    reading.unknown_sections(data)
    reading.problems.extend(broken_rules(reading.values))
    if reading.problems:
        raise ConfigError(source, reading.problems)
    return Config(**sections)


def replace_values(config: Config, source: str, changes: Mapping[str, Any]) -> Config:
    """A profile with values replaced, as by the command line; the rules are checked again.

    Args:
        config: A good profile.
        source: Who replaces them, for the messages.
        changes: Good values by dotted key.

    Raises:
        ConfigError: A new value contradicts another key, or its key is not one of this kind of venue.
    """
    problems = []
    for dotted, value in changes.items():
        name, _, key = dotted.partition(".")
        section = getattr(config, name)
        if section is not None and key in section.__struct_fields__:
            config = msgspec.structs.replace(config, **{name: msgspec.structs.replace(section, **{key: value})})
        else:
            fault = f'is no key of a venue of kind "{config.venue.kind}"'
            problems.append(Problem(dotted, show_value(value), fault, "leave that option out"))
    problems += broken_rules(dotted_values(config))
    if problems:
        raise ConfigError(source, problems)
    return config


def dotted_values(config: Config) -> dict[str, Any]:
    """Every value of a profile by its dotted key, in the schema's order."""
    return {
        f"{name}.{key}": value
        for name in config.__struct_fields__
        if (section := getattr(config, name)) is not None
        for key, value in msgspec.structs.asdict(section).items()
    }


def config_json(config: Config) -> str:
    """A profile as a session's row keeps it: its sections, and of an endpoint what may be shown."""
    sections = {name: part for name in config.__struct_fields__ if (part := getattr(config, name)) is not None}
    if isinstance(config.venue, LiveVenueConfig | PaperVenueConfig):
        shown = tuple(endpoint_name(url) for url in config.venue.endpoints)
        sections["venue"] = msgspec.structs.replace(config.venue, endpoints=shown)
    return msgspec.json.encode(sections).decode()


class _Reading:
    """One file on its way to a Config: what could be read, and what is wrong."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        venue = data.get("venue")
        kind = venue.get("kind") if isinstance(venue, Mapping) else None
        # None if the profile names no kind that there is.
        self._kind = kind if isinstance(kind, str) and kind in VENUE_KINDS else None
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def section(self, name: str, data: Mapping[str, Any]) -> Any:
        """One section's struct; None if it is not whole, which is noted, or if this kind of venue has none."""
        table = data.get(name)
        if name not in sections_of(self._kind) or (table is None and self._kind is None and name in SECTION_KINDS):
            if table is not None:
                kinds = " and ".join(f'"{kind}"' for kind in SECTION_KINDS[name])
                mend = f"only a venue of kind {kinds} has it: delete it with its keys"
                self._add(f"[{name}]", None, f'a venue of kind "{self._kind}" has no such section', mend)
            return None
        if table is None:
            # Of channels that are there it says what holds for all of them.
            is_needed = name == "alerts" and any(each.startswith("alert_") for each in TELLING_SECTIONS & data.keys())
            if name not in TELLING_SECTIONS or is_needed:
                self._add(name, None, "the section is missing", f"add [{name}] with all its keys")
            return None
        if not isinstance(table, Mapping):
            self._add(name, table, "is not a section", f"write [{name}] and its keys below it")
            return None
        section_type = self._venue_type(table) if name == "venue" else sections_of(self._kind)[name]
        if section_type is None:
            return None
        fields = section_fields(section_type)
        for key, hint in fields.items():
            self._value(name, key, hint, table)
        self._unknown_keys(name, {key: value for key, value in table.items() if key not in fields}, list(fields))
        values = {key: self.values[f"{name}.{key}"] for key in fields if f"{name}.{key}" in self.values}
        return section_type(**values) if len(values) == len(fields) else None

    def unknown_sections(self, data: Mapping[str, Any]) -> None:
        """Note what stands at the top of the file and is no section of today's."""
        known = Config.__struct_fields__
        unknown = {name: value for name, value in data.items() if name not in known}
        sections = {name: value for name, value in unknown.items() if isinstance(value, Mapping)}
        for name in itertools.islice(sections, _UNKNOWN_MAX):
            self._unknown_section(name, sections[name])
        self._more(len(sections), "sections")
        self._unknown_keys("", {name: value for name, value in unknown.items() if name not in sections}, [])

    def _unknown_section(self, name: str, table: Mapping[str, object]) -> None:
        successor = RETIRED_SECTIONS.get(name)
        if successor is not None:
            mend = f"its keys are in [{successor}] now: delete it once they are moved"
            self._add(f"[{name}]", None, "retired section", mend)
            siblings = [key.partition(".")[2] for key in RENAMED if key.startswith(f"{name}.")]
            self._unknown_keys(name, table, siblings)
            return
        close = nearest(name, Config.__struct_fields__)
        mend = f"did you mean [{close}]?" if close else "delete it"
        self._add(f"[{_shown_name(name)}]", None, "unknown section", mend)

    def _venue_type(self, table: Mapping[str, Any]) -> type[msgspec.Struct] | None:
        """The struct of the venue that a profile names.

        None if it names none that there is: then its keys can't be judged, but for those that no venue has.
        """
        if self._kind is None:
            self._value("venue", "kind", Annotated[str, OneOf(tuple(VENUE_KINDS))], table)
            keys = list(dict.fromkeys(key for one in VENUE_KINDS.values() for key in section_fields(one)))
            self._unknown_keys("venue", {key: value for key, value in table.items() if key not in keys}, keys)
            return None
        return VENUE_KINDS[self._kind]

    def _value(self, section: str, key: str, hint: Any, table: Mapping[str, Any]) -> None:
        dotted = f"{section}.{key}"
        if key not in table:
            mend = f"no value is guessed: add `{key} = ...` under [{section}], {describe(hint)}"
            self._add(dotted, None, "missing", mend)
            return
        try:
            self.values[dotted] = convert(hint, table[key])
        except WrongValueError as error:
            self._add(dotted, HIDDEN if is_private(hint) else table[key], error.fault, error.mend)

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
        retired = retired_key(dotted, show_value(value))
        if retired is not None:
            self.problems.append(retired)
            return
        self._add(dotted, value, "unknown key", self._meant(section, key, siblings))

    def _meant(self, section: str, key: str, siblings: list[str]) -> str:
        """What to do about a key that is not there."""
        owners = [kind for kind, one in VENUE_KINDS.items() if section == "venue" and key in section_fields(one)]
        if owners:
            named = " and ".join(f'"{kind}"' for kind in owners)
            return f"only a venue of kind {named} has it, this one has {', '.join(siblings)}: delete it"
        close = nearest(key, siblings)
        if close:
            return f"did you mean {name_now(f'{section}.{close}')}?"
        right = _elsewhere(key)
        return f"did you mean {right}?" if right else "delete it"

    def _add(self, key: str, value: object, fault: str, mend: str) -> None:
        self.problems.append(Problem(key, None if value is None else show_value(value), fault, mend))


def _shown_name(name: str) -> str:
    """A key that may be anything, on one line and not too long; as it is if it can stand bare and is no secret."""
    return name if _BARE.fullmatch(name) and not secrets_in(name) else show_value(name)


def _elsewhere(key: str) -> str | None:
    """The dotted key of another section that ``key`` was probably meant to be."""
    leaves = {dotted.rpartition(".")[2]: dotted for dotted in _dotted_keys()}
    close = nearest(key, list(leaves))
    return leaves[close] if close else None


def _dotted_keys() -> Iterator[str]:
    for name, section in sections_of(None).items():
        for one in VENUE_KINDS.values() if name == "venue" else (section,):
            for key in section_fields(one):
                yield f"{name}.{key}"
