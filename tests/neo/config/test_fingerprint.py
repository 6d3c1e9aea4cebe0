"""The hash of what a configuration makes the engine do: of values and not of spelling, and of what decides alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profile_tables import changed, tables

from neo.config import Config, config_sha256, dotted_values, parse_config, replace_values
from neo.config.schema import TELLING_SECTIONS
from tools.settings.profiles import find_profile, read_tables


def shipped() -> Config:
    return parse_config(tables(), "paper.toml")


def hash_with(key: str, value: object) -> str:
    """The shipped profile's hash with one value changed."""
    return config_sha256(parse_config(changed(key, value), "my.toml"))


def test_it_is_64_digits_in_small_letters_and_the_same_each_time() -> None:
    """Sessions can be grouped by the text alone, in any tool."""
    assert re.fullmatch("[0-9a-f]{64}", config_sha256(shipped()))
    assert config_sha256(shipped()) == config_sha256(shipped())


def _replaced(key: str, value: object) -> Callable[[Config], Config]:
    return lambda config: replace_values(config, "my.toml", {key: value})


@pytest.mark.parametrize(
    "change",
    [
        _replaced("venue.speed", 10.0),
        _replaced("venue.seed", 1),
        _replaced("venue.market_file", "other.csv"),
        _replaced("session.duration_seconds", 60),
        _replaced("log.level", "DEBUG"),
        _replaced("log.rotation_mb", 7),
        _replaced("log.keep_files", 7),
        _replaced("alerts.repeat_seconds", 7),
        _replaced("alert_slack.url_variable", "SLACK"),
        _replaced("heartbeat.file", "alive"),
    ],
    ids=[
        "speed",
        "seed",
        "market",
        "duration",
        "log level",
        "log size",
        "log files",
        "alerts",
        "a channel",
        "heartbeat",
    ],
)
def test_the_hash_leaves_out_what_the_journal_tells_beside_it_or_what_changes_nothing(
    change: Callable[[Config], Config],
) -> None:
    """Runs with other seeds, speeds or logs are found as runs of one configuration."""
    assert config_sha256(change(shipped())) == config_sha256(shipped())


def test_the_hash_is_of_values_not_of_spelling_or_order() -> None:
    """To tidy a profile does not part its sessions from those before."""
    data = tables(strategy__bid_offset_bps=Decimal("8.00"), log__level="DEBUG")
    respelled = {name: dict(reversed(table.items())) for name, table in reversed(data.items())}
    assert config_sha256(parse_config(respelled, "a")) == config_sha256(shipped())


@pytest.mark.parametrize(
    ("key", "one", "other"),
    [
        ("strategy.inventory_skew_bps", 0, "-0.0"),
        ("strategy.inventory_skew_bps", "0E-7", "0.000"),
        ("strategy.inventory_skew_bps", 100, "1E+2"),
        ("strategy.inventory_skew_bps", "0.5", "5E-1"),
        ("risk.max_xrp_exposure", 400, "400." + "0" * 30),
    ],
)
def test_one_value_has_one_hash_however_it_is_written(key: str, one: object, other: str) -> None:
    """A zero below zero is zero, and an exponent is a way to write."""
    assert hash_with(key, Decimal(str(one))) == hash_with(key, Decimal(other))


@settings(max_examples=40)
@given(st.decimals(0, 999, places=10), st.decimals(0, 999, places=10))
def test_two_values_have_two_hashes_down_to_their_last_digit(one: Decimal, other: Decimal) -> None:
    """No two settings of an experiment are ever taken for the same one."""
    same = hash_with("strategy.inventory_skew_bps", one) == hash_with("strategy.inventory_skew_bps", other)
    assert same is (one == other)


def test_digits_that_no_sum_of_ours_would_keep_count_too() -> None:
    """Forty of them, where Python rounds at 28 without a word."""
    long = "1." + "0" * 38 + "1"
    assert hash_with("strategy.inventory_skew_bps", Decimal(long)) != hash_with("strategy.inventory_skew_bps", 1)


def test_the_hash_changes_with_every_key_that_decides_a_sessions_course() -> None:
    """Sessions that share a hash really ran by the same rules: no key of weight is left out."""
    config = shipped()
    hashes = {config_sha256(config)}
    keys = [
        key
        for key, value in dotted_values(config).items()
        if isinstance(value, (int, Decimal)) and not key.startswith(("log.", "session.")) and key != "venue.seed"
        if key.partition(".")[0] not in TELLING_SECTIONS
    ]
    for key in keys:
        data = tables()
        section, _, name = key.partition(".")
        data[section][name] -= 1 if data[section][name] > 1 else Decimal("0.25") if section == "engine" else -1
        # Rules that tie two keys together are not what is asked here.
        if key.endswith("_interval_seconds") and not key.startswith("engine.wal"):
            data["strategy"]["requote_interval_seconds"] = data["engine"]["tick_interval_seconds"] = 3
        hashes.add(config_sha256(parse_config(data, "my.toml")))
    # Tick and requote interval can only change together.
    assert len(hashes) == len(keys)


def test_a_page_is_no_other_course() -> None:
    """Sessions that are looked at are in one group with those that are not."""
    assert hash_with("operator.page", "127.0.0.1:8017") == config_sha256(shipped())


def test_another_model_is_another_course() -> None:
    """Results of two models are never put in one group."""
    assert hash_with("strategy.model", "avellaneda_stoikov") != config_sha256(shipped())


def test_a_recording_of_ledgers_is_told_beside_the_hash_too() -> None:
    """By its content; how late our orders come is a matter of the hash."""
    replay = parse_config(read_tables(find_profile("replay")), "replay.toml")
    other = replace_values(replay, "my.toml", {"venue.recording_file": "other.gz", "venue.seed": 1})
    late = replace_values(replay, "my.toml", {"venue.order_delay_ledgers": 2})
    assert config_sha256(other) == config_sha256(replay) != config_sha256(late)
