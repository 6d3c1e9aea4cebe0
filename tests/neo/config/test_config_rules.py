"""The profile's keys of quoting and risk: which values contradict each other, and what the operator is told.

Method: the shipped profile is read as the command reads it, with one value changed.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli

from neo.config import ConfigError, parse_config

PAPER = Path(__file__).parents[3] / "config" / "paper.toml"


def profile(**changes: Any) -> dict[str, Any]:
    """The shipped profile's tables, with ``section__key`` changed."""
    tables: dict[str, Any] = tomli.loads(PAPER.read_text(encoding="utf-8"), parse_float=Decimal)
    for name, value in changes.items():
        section, _, key = name.partition("__")
        tables[section][key] = value
    return tables


def refusal(**changes: Any) -> str:
    """What is said of a profile with these changes."""
    with pytest.raises(ConfigError) as caught:
        parse_config(profile(**changes), "my.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"risk__max_order_rlusd": 14},
            "order_size.base_size_rlusd = 15: is above risk.max_order_rlusd = 14; risk would refuse every quote",
        ),
        (
            {"order_size__min_remainder_rlusd": 16},
            "order_size.min_remainder_rlusd = 16: is above order_size.base_size_rlusd = 15;"
            " every quote would be too small: write at most that, or raise it",
        ),
        (
            {"strategy__clob_switch_threshold_bps": 41},
            "strategy.clob_switch_threshold_bps = 41: is above strategy.anchor_max_divergence_bps = 40;"
            " the order book would never be the anchor",
        ),
        (
            {"strategy__anchor_rejoin_bps": 41},
            "strategy.anchor_rejoin_bps = 41: is above strategy.anchor_max_divergence_bps = 40; quotes would flicker",
        ),
        (
            {"strategy__requote_delay_seconds": 3},
            "engine.tick_interval_seconds = 4: is above strategy.requote_delay_seconds = 3;"
            " a quote can't be replaced sooner than a tick",
        ),
        (
            {"strategy__levels": 3, "strategy__level_step_bps": 48},
            "strategy.bid_offset_bps = 5: puts the last of 3 levels 101 bps out, beyond risk.price_band_bps = 100",
        ),
        (
            {"risk__cancel_requests_minute": 59},
            "risk.cancel_requests_minute = 59: of risk.max_requests_minute = 60 can't serve 2 quotes",
        ),
        (
            {"risk__cancel_requests_minute": 1},
            "risk.cancel_requests_minute = 1: of risk.max_requests_minute = 60 can't serve 2 quotes",
        ),
        (
            {"strategy__ask_offset_bps": 101},
            "strategy.ask_offset_bps = 101: puts the last of 1 levels 101 bps out, beyond risk.price_band_bps = 100",
        ),
        (
            {"risk__max_rlusd_exposure": 14},
            "order_size.base_size_rlusd = 15: is above risk.max_rlusd_exposure = 14; one fill would end the session",
        ),
        (
            {"strategy__levels": 3, "risk__max_rlusd_exposure": 40},
            "strategy.levels = 3: of order_size.base_size_rlusd = 15 come to more than risk.max_rlusd_exposure = 40",
        ),
        ({"strategy__model": "fixed"}, 'strategy.model = "fixed": is not known here; write one of "fixed_offset"'),
        ({"strategy__model": 3}, 'strategy.model = 3: is the wrong type; write one of "fixed_offset"'),
    ],
)
def test_values_that_contradict_each_other_are_refused(changes: dict[str, Any], told: str) -> None:
    """The key, its value, the other key with its value, and what would come of it."""
    assert told in refusal(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy__bid_offset_bps": 100},
        {"order_size__base_size_rlusd": 25},
        {"risk__cancel_requests_minute": 58},
        {"risk__cancel_requests_minute": 2},
        {"strategy__levels": 2, "risk__max_xrp_exposure": 30},
    ],
)
def test_at_another_keys_limit_a_value_is_good(changes: dict[str, Any]) -> None:
    parse_config(profile(**changes), "my.toml")
