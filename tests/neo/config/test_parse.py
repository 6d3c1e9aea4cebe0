"""The promises of neo.config: strict, complete, and every refusal tells the file, the key, the value and the mend.

Method: the shipped profile is read as the command reads it, one thing is changed in its tables, and the message is
compared as the operator would read it.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profile_tables import PAPER, changed, refused, sim_venue, tables

from neo.config import ConfigError, dotted_values, parse_config, replace_values
from neo.config.schema import TELLING_SECTIONS
from neo.text.bounds import DURATION_MAX_S, SEED_MAX


def test_the_shipped_profile_says_what_the_operator_was_promised() -> None:
    """Without a change to it the profile runs a simulation, flat out, with 100 XRP."""
    config = parse_config(tables(), "paper.toml")
    assert config.venue.kind == "sim"
    assert sim_venue(config).speed == math.inf
    assert config.engine.tick_interval_seconds == 4
    assert config.order_size.base_size_rlusd == Decimal(15)
    assert sim_venue(config).opening_drops == 100_000_000


def test_every_key_of_the_shipped_profile_has_a_comment_above_it() -> None:
    """Whoever opens the file can set any key without the manual."""
    lines = PAPER.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\w+ = ", line):
            assert lines[number - 1].startswith("# "), f"{line!r} has no comment"


def test_leaving_any_key_out_is_refused_by_its_name() -> None:
    """No limit is ever made up: the engine does not start on a value that nobody chose."""
    keys = list(dotted_values(parse_config(tables(), "paper.toml")))
    assert len(keys) > 30
    for key in keys:
        section, _, name = key.partition(".")
        data = tables()
        del data[section][name]
        [line] = refused(data)
        assert line.startswith(f"my.toml: {key}: missing; no value is guessed: add `{name} = ...` under [{section}], ")


def test_a_missing_section_is_named() -> None:
    """One line tells of the section, instead of one for each of its keys."""
    data = tables()
    del data["risk"]
    assert refused(data) == ["my.toml: risk: the section is missing; add [risk] with all its keys"]


def test_a_section_that_is_a_value_is_refused() -> None:
    """Who wrote a key where a section belongs is told so and how to write it."""
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
        (
            "venue.kind",
            "life",
            'venue.kind = "life": is not known here; write one of "sim", "replay", "paper", "live"'
            ' (did you mean "live"?)',
        ),
        ("venue.kind", 3, 'venue.kind = 3: is the wrong type; write one of "sim", "replay", "paper", "live"'),
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
            'venue.kind = "a\\n\\u001b[31m\\u007f": is not known here; write one of "sim", "replay", "paper", "live"',
        ),
        ("venue.market_file", " ", 'venue.market_file = " ": is empty; write a text in quotes'),
        ("venue.amm_fee_bps", 101, "venue.amm_fee_bps = 101: must be at most 100; write a whole number from 1 to 100"),
    ],
)
def test_a_wrong_value_is_told_with_file_key_value_and_mend(key: str, value: object, line: str) -> None:
    """The operator can mend the line from the message alone."""
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
    """A misspelt heading, or a key above all headings, is led to where it belongs."""
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
    """Two good values that don't go together stop the start, with both of them named."""
    assert refused(changed(key, value))[0].startswith(f"my.toml: {key} = {value}: {fault}; ")


def test_a_rule_of_the_crowd_is_told_like_any_other() -> None:
    """A crowd that could not exist is refused before a simulation begins."""
    [line] = refused(changed("venue.maker_offset_bps_min", 200))
    assert line.startswith(
        "my.toml: venue.maker_offset_bps_min = 200: is above venue.maker_offset_bps_max = 14;"
        " no maker would be between the two"
    )


def test_all_problems_of_a_file_are_told_at_once() -> None:
    """The operator mends a file in one go, and does not start again for each mistake."""
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


def test_a_replaced_value_is_checked_against_the_rules_again() -> None:
    """An option of the command line is no way around the rules of the profile."""
    config = parse_config(tables(), "paper.toml")
    with pytest.raises(ConfigError, match="shorter than one tick"):
        replace_values(config, "my.toml", {"session.duration_seconds": 2})


@given(st.decimals(min_value=0, max_value=10**6, places=6))
def test_opening_xrp_becomes_drops_without_loss(amount: Decimal) -> None:
    """The account opens with exactly what the profile says, to the millionth."""
    data = changed("venue.opening_xrp", amount + Decimal("0.000001"))
    drops = sim_venue(parse_config(data, "my.toml")).opening_drops
    assert Decimal(drops) == (amount + Decimal("0.000001")) * 1_000_000


# --- Everything at once ------------------------------------------------------------------------------------------

ALL_KEYS = list(dotted_values(parse_config(tables(), "paper.toml")))
# Without the kind nobody can say which keys a venue has.
BREAKABLE = [key for key in ALL_KEYS if key != "venue.kind"]


def keys_told(lines: list[str]) -> list[str]:
    """The key that each line is about."""
    return [line.split(": ")[1].split(" = ")[0] for line in lines]


@settings(max_examples=40)
@given(
    st.sets(st.sampled_from(BREAKABLE), max_size=12),
    st.sets(st.sampled_from(BREAKABLE), max_size=12),
    st.sets(st.sampled_from(list(tables())), max_size=9),
)
def test_every_key_that_is_wrong_missing_or_unknown_is_told_once_and_nothing_else_is(
    wrong: set[str], missing: set[str], crowded: set[str]
) -> None:
    """However many there are: a list where a value belongs, a key that is not there, one too many in a section."""
    data = tables()
    for key in wrong - missing:
        section, _, name = key.partition(".")
        data[section][name] = [1]
    for key in missing:
        section, _, name = key.partition(".")
        del data[section][name]
    for section in crowded:
        data[section]["wombat"] = 1
    if not wrong | missing | crowded:
        parse_config(data, "my.toml")
        return
    told = keys_told(refused(data))
    assert sorted(told) == sorted([*(wrong | missing), *(f"{section}.wombat" for section in crowded)])


def test_an_empty_file_is_told_every_section_that_it_lacks() -> None:
    """Who begins with nothing gets the list of what to write."""
    assert refused({}) == [
        f"my.toml: {name}: the section is missing; add [{name}] with all its keys"
        for name in tables()
        if name not in TELLING_SECTIONS
    ]


def test_a_profile_from_before_a_session_had_a_page_is_whole_without_its_section() -> None:
    """It says that there is none; a section that is there says all that belongs to it."""
    data = tables()
    del data["operator"]
    assert parse_config(data, "my.toml").operator is None
    data["operator"] = {"page": ""}
    assert keys_told(refused(data)) == ["operator.page_certificate", "operator.page_key"]


def test_an_empty_section_is_told_every_key_that_it_lacks() -> None:
    """A heading alone sets nothing, and all that belongs under it is named."""
    data = tables()
    data["log"] = {}
    assert keys_told(refused(data)) == ["log.level", "log.rotation_mb", "log.keep_files"]


def test_problems_come_in_the_order_of_sections_and_what_does_not_belong_after_them() -> None:
    """Then the rules that take more than one key."""
    data = tables(log__level="LOUD", session__duration_seconds=3, risk__wombat=1)
    data["extra"] = {}
    data["loose"] = 5  # type: ignore[assignment]
    assert keys_told(refused(data)) == ["risk.wombat", "log.level", "[extra]", "loose", "session.duration_seconds"]


@pytest.mark.parametrize("section", tables())
@pytest.mark.parametrize(("value", "shown"), [([{"a": 1}], "a list of 1"), ("x", '"x"'), (False, "false")])
def test_each_section_must_be_one(section: str, value: object, shown: str) -> None:
    """Two brackets make a list of sections, none a value."""
    data: dict[str, Any] = tables()
    data[section] = value
    [line] = refused(data)
    assert line == f"my.toml: {section} = {shown}: is not a section; write [{section}] and its keys below it"


# --- What does not belong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unknown", "more"), [(20, None), (21, "1 more keys"), (5020, "5,000 more keys")])
def test_of_many_unknown_keys_twenty_are_told_and_how_many_more(unknown: int, more: str | None) -> None:
    """Who has more gave another file."""
    data = tables()
    data["risk"] |= {f"wombat_{number}": number for number in range(unknown)}
    lines = refused(data)
    assert keys_told(lines)[:20] == [f"risk.wombat_{number}" for number in range(20)]
    assert lines[20:] == ([] if more is None else [f"my.toml: {more}: unknown too; is this a profile of NEO's?"])


def test_of_many_unknown_sections_twenty_are_told_and_how_many_more() -> None:
    """A file of some other program is called one, without a flood of lines."""
    data = tables() | {f"wombat{number}": {} for number in range(23)}
    lines = refused(data)
    assert (len(lines), lines[-1]) == (21, "my.toml: 3 more sections: unknown too; is this a profile of NEO's?")


@pytest.mark.parametrize(
    ("section", "key", "mend"),
    [
        ("risk", "Max_XRP_exposure", "did you mean risk.max_xrp_exposure?"),
        ("strategy", "max_order_rlusd", "did you mean risk.max_order_rlusd?"),
        ("risk", "maker_count", "did you mean venue.maker_count?"),
        ("venue", "ledger_interval_s", "did you mean venue.ledger_interval_seconds?"),
        ("order_size", "qqq", "delete it"),
    ],
)
def test_an_unknown_key_is_led_to_the_nearest_of_its_section_or_of_another(section: str, key: str, mend: str) -> None:
    """A slip of the pen, or a key under the wrong heading, is mended from the message."""
    assert refused(changed(f"{section}.{key}", 5)) == [f"my.toml: {section}.{key} = 5: unknown key; {mend}"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b", '"a b"'),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        ("\x1b[31m", '"\\u001b[31m"'),
        ("x" * 80, "x" * 80),
        ("x" * 81, f'"{"x" * 76}...'),
        ("sEdTM1uX8pu2do5XvTnutH6HsouMaM2", '"[hidden]"'),
        ("my sEdTM1uX8pu2do5XvTnutH6HsouMaM2", '"my [hidden]"'),
    ],
)
def test_a_name_that_may_be_anything_is_shown_on_one_line_and_without_a_secret(name: str, shown: str) -> None:
    """As a key in a section, as one at the top, and as a section."""
    assert refused(changed(f"risk.{name}", 1)) == [f"my.toml: risk.{shown} = 1: unknown key; delete it"]
    data: dict[str, Any] = tables()
    data[name] = 1
    assert refused(data) == [f"my.toml: {shown} = 1: unknown key; delete it"]
    data[name] = {}
    assert refused(data) == [f"my.toml: [{shown}]: unknown section; delete it"]


def test_the_value_of_an_unknown_key_is_no_way_for_a_secret_to_come_out() -> None:
    """A wallet's seed that was put into a profile by mistake is not repeated on screen or in a log."""
    lines = refused(changed("venue.wallet", "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"))
    assert lines == ['my.toml: venue.wallet = "[hidden]": unknown key; delete it']


# --- Replacing values --------------------------------------------------------------------------------------------


def test_a_replaced_value_leaves_the_profile_that_it_came_from_as_it_was() -> None:
    """One profile serves many runs: what was changed for one is not changed for the next."""
    config = parse_config(tables(), "paper.toml")
    other = replace_values(config, "--seed", {"venue.seed": 7, "session.duration_seconds": 60})
    assert (sim_venue(other).seed, other.session.duration_seconds) == (7, 60)
    assert config == parse_config(tables(), "paper.toml")
    assert {key for key, value in dotted_values(other).items() if dotted_values(config)[key] != value} == {
        "venue.seed",
        "session.duration_seconds",
    }


def test_nothing_to_replace_is_the_same_profile() -> None:
    """A command without options runs the file as it stands."""
    config = parse_config(tables(), "paper.toml")
    assert replace_values(config, "command line", {}) == config


def test_values_that_agree_with_each_other_may_be_replaced_together() -> None:
    """Neither alone would do."""
    config = parse_config(tables(), "paper.toml")
    both = {"engine.tick_interval_seconds": 8, "strategy.requote_interval_seconds": 8}
    assert replace_values(config, "sweep", both).engine.tick_interval_seconds == 8
    for key, value in both.items():
        with pytest.raises(ConfigError, match=r"sweep: strategy.requote_interval_seconds = \d: must equal"):
            replace_values(config, "sweep", {key: value})


def test_values_are_told_by_dotted_key_in_the_profiles_order() -> None:
    """A listing of the settings reads like the file, key by key, with nothing left out."""
    shipped = tables()
    assert [f"{section}.{key}" for section, table in shipped.items() for key in table] == ALL_KEYS
    values = dotted_values(parse_config(shipped, "paper.toml"))
    assert values["venue.speed"] == math.inf
    assert {key: values[key] for key in ALL_KEYS if key != "venue.speed"} == {
        f"{section}.{key}": tuple(value) if isinstance(value, list) else value
        for section, table in shipped.items()
        for key, value in table.items()
        if key != "speed"
    }
