"""The shipped profile as a TOML reader gives it, with keys changed, and what is said of it then."""

from __future__ import annotations

import copy
import functools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli

from neo.config import Config, ConfigError, parse_config
from neo.sim.venue_config import SimVenueConfig

PAPER = Path(__file__).parents[2] / "config" / "paper.toml"

Tables = dict[str, dict[str, Any]]


@functools.cache
def _shipped() -> Tables:
    return tomli.loads(PAPER.read_text(encoding="utf-8"), parse_float=Decimal)


def tables(**changes: Any) -> Tables:
    """The shipped profile's tables, with ``section__key`` changed."""
    shipped = copy.deepcopy(_shipped())
    for name, value in changes.items():
        section, _, key = name.partition("__")
        shipped[section][key] = value
    return shipped


def changed(key: str, value: object) -> Tables:
    """The shipped profile with one value replaced or added, by its dotted key."""
    data = tables()
    section, _, name = key.partition(".")
    data.setdefault(section, {})[name] = value
    return data


def refused(data: dict[str, Any]) -> list[str]:
    """The lines of the refusal, each for one problem."""
    with pytest.raises(ConfigError) as caught:
        parse_config(data, "my.toml")
    return str(caught.value).splitlines()


def sim_venue(config: Config) -> SimVenueConfig:
    """A profile's venue, which is the simulation."""
    assert isinstance(config.venue, SimVenueConfig)
    return config.venue
