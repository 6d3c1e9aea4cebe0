"""The promises of neo.config: strict, complete, and every refusal tells the file, the key, the value and the mend.

Method: the shipped profile is read as the command reads it, one thing is changed in its tables, and the message is
compared as the operator would read it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from neo.config import Config, ConfigError, config_sha256, dotted_values, parse_config, replace_values
from neo.config.schema import DURATION_MAX_S
from neo.text.bounds import SEED_MAX

PAPER = Path(__file__).parents[3] / "config" / "paper.toml"

Tables = dict[str, dict[str, Any]]


def tables() -> Tables:
    """The shipped profile as TOML gives it."""
    return tomli.loads(PAPER.read_text(encoding="utf-8"), parse_float=Decimal)


def refused(data: dict[str, Any]) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(ConfigError) as caught:
        parse_config(data, "my.toml")
    return str(caught.value).splitlines()


def changed(key: str, value: object) -> Tables:
    """The shipped profile with one value replaced or added."""
    data = tables()
    section, _, name = key.partition(".")
    data.setdefault(section, {})[name] = value
    return data


def test_the_shipped_profile_says_what_the_operator_was_promised() -> None:
    config = parse_config(tables(), "paper.toml")
    assert config.venue.kind == "sim"
    assert config.venue.speed == math.inf
    assert config.engine.tick_interval_seconds == 4
    assert config.order_size.base_size_rlusd == Decimal(15)
    assert config.venue.opening_drops == 100_000_000


def test_every_key_of_the_shipped_profile_has_a_comment_above_it() -> None:
    lines = PAPER.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\w+ = ", line):
            assert lines[number - 1].startswith("# "), f"{line!r} has no comment"


def test_leaving_any_key_out_is_refused_by_its_name() -> None:
    keys = list(dotted_values(parse_config(tables(), "paper.toml")))
    assert len(keys) > 30
    for key in keys:
        section, _, name = key.partition(".")
        data = tables()
        del data[section][name]
        [line] = refused(data)
        assert line.startswith(f"my.toml: {key}: missing; no value is guessed: add `{name} = ...` under [{section}], ")


def test_a_missing_section_is_named() -> None:
    data = tables()
    del data["risk"]
    assert refused(data) == ["my.toml: risk: the section is missing; add [risk] with all its keys"]


def test_a_section_that_is_a_value_is_refused() -> None:
    data: dict[str, Any] = tables()
    data["risk"] = 5
    assert refused(data) == ["my.toml: risk = 5: is not a section; write [risk] and its keys below it"]


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("risk.max_xrp_exposur", 4, "risk.max_xrp_exposur = 4: unknown key; did you mean risk.max_xrp_exposure?"),
        (
            "engine.base_size_rlusd",
            15,
            "engine.base_size_rlusd = 15: unknown key; did you mean order_size.base_size_rlusd?",
        ),
        ("log.colour_of_the_sky", True, "log.colour_of_the_sky = true: unknown key; delete it"),
        (
            "strategy.max_inventory_usd",
            400,
            "strategy.max_inventory_usd = 400: retired key; set the limits risk.max_xrp_exposure and"
            " risk.max_rlusd_exposure (values in RLUSD) and delete this key",
        ),
        ("venue.kind", "live", 'venue.kind = "live": is not known here; write "sim"'),
        ("venue.kind", 3, 'venue.kind = 3: is the wrong type; write "sim"'),
        (
            "log.level",
            "INOF",
            'log.level = "INOF": is not known here; write one of "DEBUG", "INFO", "WARNING", "ERROR"'
            ' (did you mean "INFO"?)',
        ),
        (
            "session.duration_seconds",
            Decimal("7200.0"),
            "session.duration_seconds = 7200.0: is a number with a point, the wrong type;"
            f" write a whole number from 1 to {DURATION_MAX_S}",
        ),
        (
            "session.duration_seconds",
            0,
            f"session.duration_seconds = 0: must be at least 1; write a whole number from 1 to {DURATION_MAX_S}",
        ),
        (
            "venue.seed",
            2**63,
            f"venue.seed = {2**63}: must be at most {SEED_MAX}; write a whole number from 0 to {SEED_MAX}",
        ),
        (
            "engine.backup_keep",
            True,
            "engine.backup_keep = true: is true or false, the wrong type; write a whole number from 0 to 1000",
        ),
        (
            "risk.max_xrp_exposure",
            "400",
            'risk.max_xrp_exposure = "400": is a text, the wrong type;'
            " write a number above 0 and below 1000000000000 with at most 15 significant digits",
        ),
        (
            "risk.max_xrp_exposure",
            Decimal("Infinity"),
            "risk.max_xrp_exposure = Infinity: is not a finite number;"
            " write a number above 0 and below 1000000000000 with at most 15 significant digits",
        ),
        (
            "venue.opening_xrp",
            Decimal("1.0000001"),
            "venue.opening_xrp = 1.0000001: has more than 6 decimals;"
            " write a number above 0 and below 100000000000 with at most 6 decimals",
        ),
        (
            "venue.opening_rlusd",
            Decimal("1234567890.1234567"),
            "venue.opening_rlusd = 1234567890.1234567: has more than 15 significant digits;"
            " write a number at least 0 and below 1000000000000 with at most 15 significant digits",
        ),
        (
            "venue.opening_rlusd",
            Decimal("1e90"),
            "venue.opening_rlusd = 1E+90: must be below 1000000000000;"
            " write a number at least 0 and below 1000000000000 with at most 15 significant digits",
        ),
        (
            "strategy.bid_offset_bps",
            1000,
            "strategy.bid_offset_bps = 1000: must be below 1000; write a number at least 0 and below 1000",
        ),
        ("venue.speed", 0, 'venue.speed = 0: must be above 0; write "max" or a number of 0.001 or more'),
        (
            "venue.speed",
            "fast",
            'venue.speed = "fast": is a text, the wrong type; write "max" or a number of 0.001 or more',
        ),
        (
            "venue.speed",
            Decimal("NaN"),
            'venue.speed = NaN: is not a finite number; write "max" or a number of 0.001 or more',
        ),
        (
            "venue.speed",
            Decimal("1e-400"),
            "venue.speed = 1E-400: is too slow: not even a ledger would close in an hour;"
            ' write "max" or a number of 0.001 or more',
        ),
        (
            "venue.speed",
            Decimal("1e400"),
            'venue.speed = 1E+400: has more than 40 digits, written out; write "max" or a number of 0.001 or more',
        ),
        (
            "venue.kind",
            "a\n\x1b[31m\x7f",
            'venue.kind = "a\\n\\u001b[31m\\u007f": is not known here; write "sim"',
        ),
        ("venue.market_file", " ", 'venue.market_file = " ": is empty; write a text in quotes'),
        ("venue.amm_fee_bps", 101, "venue.amm_fee_bps = 101: must be at most 100; write a whole number from 1 to 100"),
    ],
)
def test_a_wrong_value_is_told_with_file_key_value_and_mend(key: str, value: object, line: str) -> None:
    assert refused(changed(key, value)) == [f"my.toml: {line}"]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("egnine", {"tick": 4}, "my.toml: [egnine]: unknown section; did you mean [engine]?"),
        ("colours", {}, "my.toml: [colours]: unknown section; delete it"),
        ("duration_seconds", 5, "my.toml: duration_seconds = 5: unknown key; did you mean session.duration_seconds?"),
    ],
)
def test_what_stands_at_the_top_of_the_file_by_mistake_is_told(name: str, value: object, line: str) -> None:
    data: dict[str, Any] = tables()
    data[name] = value
    assert refused(data) == [line]


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("strategy.requote_interval_seconds", 8, "must equal engine.tick_interval_seconds = 4"),
        ("session.duration_seconds", 3, "is shorter than one tick, engine.tick_interval_seconds = 4"),
        ("supervision.risk_backoff_seconds", 301, "is longer than supervision.risk_window_seconds = 300"),
        ("engine.quote_ttl_ledgers", 1, "is shorter than engine.tick_interval_seconds = 4 with a ledger every 4 s"),
        ("order_size.base_size_rlusd", 401, "is above risk.max_xrp_exposure = 400"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(key: str, value: object, fault: str) -> None:
    assert refused(changed(key, value))[0].startswith(f"my.toml: {key} = {value}: {fault}; ")


def test_a_rule_of_the_crowd_is_told_like_any_other() -> None:
    [line] = refused(changed("venue.maker_offset_bps_min", 200))
    assert line.startswith(
        "my.toml: venue.maker_offset_bps_min = 200: is above venue.maker_offset_bps_max = 14;"
        " no maker would be between the two"
    )


def test_all_problems_of_a_file_are_told_at_once() -> None:
    data = tables()
    data["venue"]["speed"] = "fast"
    data["strategy"]["requote_interval_seconds"] = 8
    data["risk"]["max_xrp_exposre"] = data["risk"].pop("max_xrp_exposure")
    lines = refused(data)
    assert [line.split(": ")[1].split(" = ")[0] for line in lines] == [
        "venue.speed",
        "risk.max_xrp_exposure",
        "risk.max_xrp_exposre",
        "strategy.requote_interval_seconds",
    ]


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
    ],
    ids=["speed", "seed", "market", "duration", "log"],
)
def test_the_hash_leaves_out_what_the_journal_tells_beside_it_or_what_changes_nothing(
    change: Callable[[Config], Config],
) -> None:
    config = parse_config(tables(), "paper.toml")
    assert config_sha256(change(config)) == config_sha256(config)


def test_the_hash_is_of_values_not_of_spelling_or_order() -> None:
    data = tables()
    data["strategy"]["bid_offset_bps"] = Decimal("5.00")
    data["log"]["level"] = "DEBUG"
    respelled = {name: dict(reversed(table.items())) for name, table in reversed(data.items())}
    assert config_sha256(parse_config(respelled, "a")) == config_sha256(parse_config(tables(), "b"))


def test_the_hash_changes_with_every_key_that_decides_a_sessions_course() -> None:
    config = parse_config(tables(), "paper.toml")
    hashes = {config_sha256(config)}
    keys = [
        key
        for key, value in dotted_values(config).items()
        if isinstance(value, (int, Decimal)) and not key.startswith(("log.", "session.")) and key != "venue.seed"
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


def test_a_replaced_value_is_checked_against_the_rules_again() -> None:
    config = parse_config(tables(), "paper.toml")
    with pytest.raises(ConfigError, match="shorter than one tick"):
        replace_values(config, "my.toml", {"session.duration_seconds": 2})


@given(st.decimals(min_value=0, max_value=10**6, places=6))
def test_opening_xrp_becomes_drops_without_loss(amount: Decimal) -> None:
    data = changed("venue.opening_xrp", amount + Decimal("0.000001"))
    drops = parse_config(data, "my.toml").venue.opening_drops
    assert Decimal(drops) == (amount + Decimal("0.000001")) * 1_000_000
