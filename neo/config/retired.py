"""Keys and sections that profiles once had, with what took their place.

Silence would let an old profile run without its limit, so each is refused by name. The config of an old session is read
with the names of today, so that two sessions differ only where they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from neo.config.problems import Problem

T = TypeVar("T")

# The same value, by another name.
RENAMED: Final[Mapping[str, str]] = {
    "session.venue": "venue.kind",
    "session.seed": "venue.seed",
    "session.speed": "venue.speed",
    "account.opening_xrp": "venue.opening_xrp",
    "account.opening_rlusd": "venue.opening_rlusd",
    "market.file": "venue.market_file",
    "sim.ledger_interval_s": "venue.ledger_interval_seconds",
    "sim.maker_count": "venue.maker_count",
    "sim.maker_offset_bps_min": "venue.maker_offset_bps_min",
    "sim.maker_offset_bps_max": "venue.maker_offset_bps_max",
    "sim.maker_size_xrp": "venue.maker_size_xrp",
    "sim.maker_lag_ledgers_max": "venue.maker_lag_ledgers_max",
    "sim.maker_tolerance_bps": "venue.maker_tolerance_bps",
    "sim.taker_orders_per_day": "venue.taker_orders_per_day",
    "sim.taker_size_xrp_min": "venue.taker_size_xrp_min",
    "sim.taker_informed_percent": "venue.taker_informed_percent",
    "sim.amm_pool_xrp": "venue.amm_pool_xrp",
    "sim.amm_fee_bps": "venue.amm_fee_bps",
}

_FIRST_NAMES: Final[Mapping[str, str]] = {now: once for once, now in RENAMED.items()}

# No single key holds what these meant.
RETIRED: Final[Mapping[str, str]] = {
    "strategy.max_inventory_usd": (
        "set the limits risk.max_xrp_exposure and risk.max_rlusd_exposure (values in RLUSD) and delete this key"
    ),
}

# Sections whose keys have all moved, with where to.
RETIRED_SECTIONS: Final[Mapping[str, str]] = {"account": "venue", "market": "venue", "sim": "venue"}


def retired_key(key: str, value: str) -> Problem | None:
    """What is told of a key that once was; None if it never was one.

    Args:
        key: The dotted name.
        value: As the file has it.
    """
    successor = RENAMED.get(key)
    mend = RETIRED.get(key) if successor is None else f"it is {successor} now: move it there"
    return None if mend is None else Problem(key, value, "retired key", mend)


def name_now(key: str) -> str:
    """What a key is called today."""
    return RENAMED.get(key, key)


def first_name(key: str) -> str:
    """What a key of today was called first."""
    return _FIRST_NAMES.get(key, key)


def names_now(values: Mapping[str, T]) -> dict[str, T]:
    """The same values by the keys of today."""
    return {name_now(key): value for key, value in values.items()}
