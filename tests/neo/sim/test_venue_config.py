"""The promises of the simulation's own section: what it opens with is exact, and the crowd is the one it describes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.profile_tables import sim_venue, tables

from neo.config import ConfigError, parse_config
from neo.sim.crowd_config import SimConfig
from neo.sim.venue_config import SimVenueConfig


def section(**changes: Any) -> SimVenueConfig:
    """The shipped profile's venue with these keys changed."""
    return sim_venue(parse_config(tables(**{f"venue__{key}": value for key, value in changes.items()}), "my.toml"))


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


# What the shipped profile's comments and docs/settings promise of each key: the least and the most.
WHOLE_NUMBERS = [
    ("seed", 0, 2**63 - 1),
    ("ledger_interval_seconds", 1, 15),
    ("maker_count", 0, 12),
    ("maker_offset_bps_min", 1, 14),
    ("maker_offset_bps_max", 4, 500),
    ("maker_size_xrp", 1, 20_000),
    ("maker_lag_ledgers_max", 1, 10),
    ("maker_tolerance_bps", 1, 100),
    ("taker_orders_per_day", 0, 200_000),
    ("taker_size_xrp_min", 1, 10_000),
    ("taker_informed_percent", 0, 100),
    ("amm_pool_xrp", 100, 50_000_000),
    ("amm_fee_bps", 1, 100),
]


@pytest.mark.parametrize(("key", "least", "most"), WHOLE_NUMBERS)
def test_a_number_at_its_bound_is_good_and_one_beyond_it_is_refused(key: str, least: int, most: int) -> None:
    """The nearest and the farthest maker bound each other, at the profile's 4 and 14."""
    for value in (least, most):
        assert getattr(section(**{key: value}), key) == value
    for value in (least - 1, most + 1):
        with pytest.raises(ConfigError) as caught:
            section(**{key: value})
        [line] = str(caught.value).splitlines()
        assert f"venue.{key} = {value}" in line


@pytest.mark.parametrize("key", [key for key, _, _ in WHOLE_NUMBERS])
@pytest.mark.parametrize("value", [Decimal("5.0"), "5", True, [5]])
def test_a_whole_number_is_written_as_one(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"venue.{key} = .*, the wrong type; write a whole number from "):
        section(**{key: value})


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("opening_xrp", 0, "must be above 0"),
        ("opening_xrp", Decimal("0.0000001"), "has more than 6 decimals"),
        ("opening_xrp", 100_000_000_000, "must be below 100000000000"),
        ("opening_rlusd", Decimal("-0.01"), "must be at least 0"),
        ("opening_rlusd", Decimal("0.1234567890123456"), "has more than 15 significant digits"),
        ("speed", Decimal("0.0009"), "is too slow: not even a ledger would close in an hour"),
        ("speed", "fast", "is a text, the wrong type"),
        ("speed", Decimal("NaN"), "is not a finite number"),
        ("market_file", "", "is empty"),
        ("market_file", 5, "is a whole number, the wrong type"),
    ],
)
def test_what_a_market_cannot_be_made_of_is_refused_with_its_key(key: str, value: object, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        section(**{key: value})
    assert f": {fault}; " in str(caught.value)
    assert f"venue.{key}" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "read"), [("max", math.inf), (1, 1.0), (Decimal("0.001"), 0.001), (Decimal("2.5"), 2.5)]
)
def test_a_speed_is_max_or_a_number(written: object, read: float) -> None:
    speed = section(speed=written).speed
    assert (speed, type(speed)) == (read, float)


def test_who_opens_without_rlusd_may() -> None:
    assert section(opening_rlusd=0).opening_rlusd == 0
