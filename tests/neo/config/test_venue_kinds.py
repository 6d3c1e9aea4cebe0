"""The promises of ``[venue]``: a profile chooses a kind, and has that kind's keys and no other's.

Method: the shipped profile's venue is changed or replaced. A second kind, which is only here, joins by one line.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from support.profile_tables import refused, tables

from neo.config import ConfigError, config_sha256, dotted_values, parse_config, replace_values
from neo.config.schema import VENUE_KINDS
from neo.text.bounds import Bounds


class MoonVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A venue that nobody has: with keys of its own, without the simulation's."""

    kind: Literal["moon"]
    endpoint: str
    retries_max: Annotated[int, Bounds(ge=1, le=5)]


MOON = {"kind": "moon", "endpoint": "wss://moon", "retries_max": 3}


@pytest.fixture
def moon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(VENUE_KINDS, "moon", MoonVenueConfig)


def with_venue(**venue: Any) -> dict[str, Any]:
    """The shipped profile with another ``[venue]``."""
    return tables() | {"venue": venue}


def sim(**changes: Any) -> dict[str, Any]:
    """The shipped profile with its venue's keys changed; None leaves one out."""
    venue = tables()["venue"] | changes
    return with_venue(**{key: value for key, value in venue.items() if value is not None})


def test_a_profile_without_a_kind_is_told_the_kinds_there_are(moon: None) -> None:
    """No venue is chosen for the operator, who reads which ones there are."""
    assert refused(sim(kind=None)) == [
        "my.toml: venue.kind: missing; no value is guessed: add `kind = ...` under [venue],"
        ' one of "sim", "replay", "paper", "live", "moon"'
    ]


def test_a_kind_that_is_not_there_is_led_to_the_nearest(moon: None) -> None:
    """A slip in the venue's name is mended from the message and starts no other venue."""
    assert refused(sim(kind="mooon")) == [
        'my.toml: venue.kind = "mooon": is not known here; write one of "sim", "replay", "paper", "live", "moon"'
        ' (did you mean "moon"?)'
    ]


def test_where_the_kind_is_not_known_a_key_that_no_kind_has_is_told_all_the_same(moon: None) -> None:
    """And no other key is: whether it is missing or too much nobody can know yet."""
    lines = refused(with_venue(kind="sun", endpiont="x", seed=1))
    assert [line.split(": ", 1)[1] for line in lines] == [
        'venue.kind = "sun": is not known here; write one of "sim", "replay", "paper", "live", "moon"',
        'venue.endpiont = "x": unknown key; did you mean venue.endpoint?',
    ]


def test_a_key_of_another_kind_is_told_with_what_this_kind_has(moon: None) -> None:
    """Who changed the venue learns which of the old keys must go, and why."""
    [line] = refused(with_venue(**MOON, maker_count=4))
    assert line == (
        'my.toml: venue.maker_count = 4: unknown key; only a venue of kind "sim" has it,'
        " this one has kind, endpoint, retries_max: delete it"
    )


def test_each_kind_has_its_own_keys_and_bounds(moon: None) -> None:
    """A second venue brings its own settings along, checked as strictly, and shares none by accident."""
    config = parse_config(with_venue(**MOON), "my.toml")
    assert dotted_values(config)["venue.retries_max"] == 3
    assert not {"venue.seed", "venue.opening_xrp"} & dotted_values(config).keys()
    assert config_sha256(config) != config_sha256(parse_config(sim(), "my.toml"))
    assert refused(with_venue(**MOON | {"retries_max": 6})) == [
        "my.toml: venue.retries_max = 6: must be at most 5; write a whole number from 1 to 5"
    ]
    assert [line.partition(";")[0] for line in refused(with_venue(kind="moon", endpoint="x"))] == [
        "my.toml: venue.retries_max: missing"
    ]


def test_where_a_venue_has_no_ledgers_of_its_own_the_networks_3_to_5_seconds_hold(moon: None) -> None:
    """At the least for what must outlive a tick, at the most for what must outlive a ledger."""
    data = with_venue(**MOON)
    data["engine"]["quote_ttl_ledgers"], data["risk"]["stale_ledger_seconds"] = 2, 5
    assert refused(data) == [
        "my.toml: engine.quote_ttl_ledgers = 2: is shorter than engine.tick_interval_seconds = 4 with a ledger every"
        " 3 s; quotes would be pulled between two ticks: give at least 3",
        "my.toml: risk.stale_ledger_seconds = 5: is not above the network's 3 to 5 seconds from ledger to ledger;"
        " the session would end between two ledgers: write several times that",
    ]
    data["engine"]["quote_ttl_ledgers"], data["risk"]["stale_ledger_seconds"] = 3, 6
    parse_config(data, "my.toml")


def test_a_rule_about_a_key_waits_until_that_key_is_good() -> None:
    """The network's seconds don't stand in for a wrong value of the venue's own."""
    data = sim(ledger_interval_seconds=16)
    data["risk"]["stale_ledger_seconds"] = 5
    [line] = refused(data)
    assert line.startswith("my.toml: venue.ledger_interval_seconds = 16: must be at most 15; ")


def test_an_option_for_a_key_that_this_kind_lacks_is_refused(moon: None) -> None:
    """An option that could do nothing here is not swallowed in silence."""
    config = parse_config(with_venue(**MOON), "my.toml")
    with pytest.raises(ConfigError) as caught:
        replace_values(config, "--seed", {"venue.seed": 7})
    assert str(caught.value) == ('--seed: venue.seed = 7: is no key of a venue of kind "moon"; leave that option out')


def test_the_kinds_are_known_by_what_a_profile_writes() -> None:
    """There are the simulation, a recording and a real ledger, and a profile can choose nothing else."""
    assert list(VENUE_KINDS) == ["sim", "replay", "paper", "live"]
    assert parse_config(sim(), "my.toml").venue.kind == "sim"
