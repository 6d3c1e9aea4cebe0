"""The crowd as a world's file keeps it: every number there, none too many, whole ones throughout."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support.sim_world import CONFIG

from neo.sim.crowd_config import SimConfig

WRITTEN: dict[str, Any] = {
    "ledger_interval_s": 4,
    "maker_count": 4,
    "maker_offset_bps_min": 4,
    "maker_offset_bps_max": 14,
    "maker_size_xrp": 32,
    "maker_lag_ledgers_max": 3,
    "maker_tolerance_bps": 4,
    "taker_orders_per_day": 8000,
    "taker_size_xrp_min": 8,
    "taker_informed_percent": 25,
    "amm_pool_xrp": 100_000,
    "amm_fee_bps": 32,
}


def test_a_file_of_today_is_read_and_written_the_same() -> None:
    """The names stay what they are, or worlds that were put down could not be taken up."""
    assert msgspec.json.encode(CONFIG) == msgspec.json.encode(WRITTEN)
    assert msgspec.json.decode(msgspec.json.encode(WRITTEN), type=SimConfig) == CONFIG


@pytest.mark.parametrize("key", WRITTEN)
def test_a_number_that_is_missing_is_never_guessed(key: str) -> None:
    """Another value would be another world."""
    without = {name: value for name, value in WRITTEN.items() if name != key}
    with pytest.raises(msgspec.ValidationError, match=f"missing required field `{key}`"):
        msgspec.json.decode(msgspec.json.encode(without), type=SimConfig)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"maker_mood": 3}, "unknown field `maker_mood`"),
        ({"maker_count": 4.5}, "Expected `int`"),
        ({"maker_count": "4"}, "Expected `int`"),
        ({"amm_fee_bps": None}, "Expected `int`"),
    ],
)
def test_what_an_older_or_newer_program_wrote_is_refused_and_not_bent(change: dict[str, Any], what: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=what):
        msgspec.json.decode(msgspec.json.encode(WRITTEN | change), type=SimConfig)
