"""``[venue]`` of kind ``replay``: what it takes, and what it does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.profile_tables import refused, tables

from neo.config import parse_config
from neo.replay.replay_config import ReplayVenueConfig
from tools.settings.profiles import find_profile, read_tables


def with_venue(**changes: Any) -> dict[str, Any]:
    """The shipped replay with its venue's keys changed."""
    shipped = read_tables(find_profile("replay"))
    return shipped | {"venue": shipped["venue"] | changes}


def test_the_opening_is_told_in_drops() -> None:
    """100.000001 XRP, to the drop."""
    venue = parse_config(with_venue(opening_xrp=Decimal("100.000001")), "my.toml").venue
    assert isinstance(venue, ReplayVenueConfig)
    assert venue.opening_drops == 100_000_001


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"order_delay_ledgers": 0}, "must be at least 1; write a whole number from 1 to 5"),
        ({"order_delay_ledgers": 6}, "must be at most 5; write a whole number from 1 to 5"),
        ({"opening_xrp": 0}, "must be above 0; write a number above 0 and below 100000000000 with at most 6 decimals"),
    ],
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any], told: str) -> None:
    """A server tries one of ours again in five ledgers at most."""
    [(key, value)] = change.items()
    assert refused(with_venue(**change)) == [f"my.toml: venue.{key} = {value}: {told}"]


def test_an_order_that_could_never_be_in_time_is_refused() -> None:
    """It would be void before it enters a ledger."""
    data = with_venue(order_delay_ledgers=4)
    data["engine"]["order_lifetime_ledgers"] = 3
    assert refused(data) == [
        "my.toml: venue.order_delay_ledgers = 4: is above engine.order_lifetime_ledgers = 3; no order would be in time:"
        " write at most that"
    ]


def test_a_simulations_keys_are_none_of_its() -> None:
    """Who changed the kind learns what has to go."""
    lines = refused(tables() | {"venue": with_venue()["venue"] | {"maker_count": 4}})
    assert len(lines) == 1
    assert lines[0].startswith('my.toml: venue.maker_count = 4: unknown key; only a venue of kind "sim" has it')
