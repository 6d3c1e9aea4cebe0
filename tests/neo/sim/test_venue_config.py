"""The promises of the simulation's own section: what it opens with is exact, and the crowd is the one it describes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import tomli

from neo.config import parse_config
from neo.sim.crowd_config import SimConfig
from neo.sim.venue_config import SimVenueConfig

PAPER = Path(__file__).parents[3] / "config" / "paper.toml"


def section(**changes: Any) -> SimVenueConfig:
    """The shipped profile's venue with these keys changed."""
    tables = tomli.loads(PAPER.read_text(encoding="utf-8"), parse_float=Decimal)
    tables["venue"] |= changes
    return parse_config(tables, "my.toml").venue


def test_every_number_of_the_crowd_comes_from_its_key() -> None:
    """The keys have their names in a world's file, but for the one whose unit settings spell out."""
    values = {key: number for number, key in enumerate(SimConfig.__struct_fields__[1:], start=1)}
    values["amm_pool_xrp"] = 100
    crowd = section(ledger_interval_seconds=15, **values).crowd
    assert msgspec.to_builtins(crowd) == {"ledger_interval_s": 15} | values
    assert len(set(values.values())) == len(values)


def test_the_smallest_amount_of_xrp_is_a_drop_and_the_largest_loses_none() -> None:
    assert section(opening_xrp=Decimal("0.000001")).opening_drops == 1
    assert section(opening_xrp=Decimal("99999999999.999999")).opening_drops == 99_999_999_999_999_999
