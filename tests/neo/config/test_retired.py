"""The promise to who has an old profile or an old session: nothing that was renamed is lost or in the way.

Method: the profile that was shipped before venues had sections of their own is kept as a fixture. What is said of it is
followed to the letter, and nothing else is done to it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli

from neo.config import Config, ConfigError, config_sha256, dotted_values, parse_config
from neo.config.retired import RENAMED, RETIRED, RETIRED_SECTIONS, name_now

ROOT = Path(__file__).parents[3]
OLD = ROOT / "tests" / "data" / "profiles" / "paper-before-venues.toml"
PAPER = ROOT / "config" / "paper.toml"

# What the version that had this profile told of it: ``neo config show paper``.
OLD_SHA256 = "bf8a913f32675de3c8b398e179df871098fd6edddd075b74a2fe81cc323d8724"

MOVED = re.compile(r"old\.toml: (\w+)\.(\w+) = .*: retired key; it is (\w+)\.(\w+) now: move it there")
MISSING = re.compile(r"old\.toml: (\w+): the section is missing; add \[\1\] with all its keys")
EMPTIED = re.compile(
    r"old\.toml: \[(\w+)\]: retired section; its keys are in \[\w+\] now: delete it once they are moved"
)


def read(path: Path) -> dict[str, Any]:
    """A profile's tables."""
    tables: dict[str, Any] = tomli.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return tables


def told(data: dict[str, Any]) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(ConfigError) as caught:
        parse_config(data, "old.toml")
    return str(caught.value).splitlines()


def mended(data: dict[str, Any], lines: list[str]) -> dict[str, Any]:
    """A profile after each line was done as it says."""
    emptied = []
    for line in lines:
        if match := MOVED.fullmatch(line):
            section, key, successor, name = match.groups()
            data.setdefault(successor, {})[name] = data[section].pop(key)
        elif match := EMPTIED.fullmatch(line):
            emptied.append(match[1])
        else:
            assert MISSING.fullmatch(line), f"what is to be done about this? {line}"
    for section in emptied:
        assert data.pop(section) == {}
    return data


def test_who_does_as_the_messages_say_has_a_good_profile_after_one_reading() -> None:
    """An old profile is mended by its messages alone, and keeps every value."""
    old = read(OLD)
    values = {name_now(f"{name}.{key}"): value for name, table in old.items() for key, value in table.items()}
    now = dotted_values(parse_config(mended(old, told(old)), "old.toml"))
    assert now == values | {"venue.speed": math.inf}


def test_a_renamed_key_leaves_the_hash_as_it_was() -> None:
    """So the sessions of one configuration are found under one hash, whichever version ran them."""
    old = read(OLD)
    assert config_sha256(parse_config(mended(old, told(old)), "old.toml")) == OLD_SHA256


def test_an_old_profile_is_told_all_its_retired_keys_and_sections_at_once() -> None:
    """One start shows everything that has moved, each with its new place."""
    lines = told(read(OLD))
    moved = [match for line in lines if (match := MOVED.fullmatch(line))]
    assert {f"{one[1]}.{one[2]}": f"{one[3]}.{one[4]}" for one in moved} == RENAMED
    emptied = [match[1] for line in lines if (match := EMPTIED.fullmatch(line))]
    assert emptied == list(RETIRED_SECTIONS)


def test_a_key_that_a_retired_section_never_had_is_led_to_the_nearest_of_today() -> None:
    """A slip in an old section is helped as well as one in a new section."""
    data = read(PAPER)
    data["sim"] = {"maker_cuont": 4}
    assert "old.toml: sim.maker_cuont = 4: unknown key; did you mean venue.maker_count?" in told(data)


def test_an_old_section_that_is_empty_is_told_too() -> None:
    """A heading that has no meaning any more does not stay behind unnoticed."""
    data = read(PAPER)
    data["account"] = {}
    [line] = told(data)
    assert EMPTIED.fullmatch(line)


def test_every_successor_is_a_key_of_today_and_no_retired_name_is() -> None:
    """No message sends an operator to a key that has itself gone."""
    keys = set(dotted_values(parse_config(read(PAPER), "paper.toml")))
    assert set(RENAMED.values()) <= keys
    assert not (RENAMED.keys() | RETIRED.keys()) & keys
    assert set(RETIRED_SECTIONS) == {key.partition(".")[0] for key in RENAMED} - set(Config.__struct_fields__)
    assert not set(RETIRED_SECTIONS) & set(Config.__struct_fields__)
