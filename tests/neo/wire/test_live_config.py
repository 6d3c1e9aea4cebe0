"""What a live ``[venue]`` and its ``[gateway]`` take, and what is told of anything else.

Addresses are the ledger's own: its first account and RLUSD's issuer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import tomli
from support.profile_tables import PAPER, refused, tables

from neo.config import dotted_values, parse_config
from neo.wire.live_config import LiveVenueConfig, endpoint_name, is_address

LIVE = PAPER.parent / "live-stage1.toml"
ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"


def live(**changes: Any) -> dict[str, Any]:
    """The shipped live profile with keys of its venue changed; None leaves one out."""
    data: dict[str, Any] = tomli.loads(LIVE.read_text(encoding="utf-8"), parse_float=Decimal)
    data["venue"] = {key: value for key, value in (data["venue"] | changes).items() if value is not None}
    return data


def test_an_address_is_one_only_if_its_checksum_holds() -> None:
    """A mistyped character is found before any server is asked."""
    assert is_address(ACCOUNT)
    assert not is_address(ACCOUNT.replace("4b", "4c"))
    assert not is_address("snoPBrXtMeMyMHUVTgbuqAfg1SUTb")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("account", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTj", "is no account's address (its checksum does not hold)"),
        ("issuer", "", "is empty"),
        ("currency", "XRP", "is no currency of a token"),
        ("currency", "RLUSD", "is no currency of a token"),
        ("currency", "524c555344000000000000000000000000000000", "is no currency of a token"),
        (
            "currency",
            "0052" + 36 * "0",
            "is no currency of a token",
        ),  # 00: XRP or a short one
        ("server_version_min", "new", "is no version"),
        ("endpoints", [], "must have from 1 to 5 values"),
        ("endpoints", "wss://one", "is a text, the wrong type"),
        ("endpoints", ["wss://one", "wss://one"], "has one of them twice"),
        ("endpoints", ["wss://one", "wss://ONE:443/path"], "has one of them twice"),
        ("endpoints", ["wss://a:b@one", "wss://c:d@one"], "has one of them twice"),
        ("endpoints", ["wss://one..two"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://-one.net"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://[1:2]"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://[12345::1]"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://token@one"], "has what is no address of a ledger server"),
        ("endpoints", ["https://one"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://one:0"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://one:65536"], "has what is no address of a ledger server"),
        ("endpoints", ["wss://one:many"], "has what is no address of a ledger server"),
        ("endpoints", [7], "is a whole number, the wrong type"),
        ("completeness", "some", "is not known here"),
        ("network_id", 2**32, "must be at most 4294967295"),
    ],
)
def test_a_value_that_no_ledger_could_mean_is_told_by_its_key(key: str, value: object, told: str) -> None:
    """One line, with what to write instead."""
    [line] = refused(live(**{key: value}))
    assert line.startswith(f"my.toml: venue.{key} = ")
    assert f": {told}; write " in line


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "s1.ripple.com.", "[::1]", "[1:2:3:4:5:6:7:8]", "a-b_c.x"])
def test_whatever_could_be_looked_up_is_a_host(host: str) -> None:
    """Names, and addresses of both kinds."""
    venue = parse_config(live(endpoints=[f"ws://{host}:6006"]), "my.toml").venue
    assert isinstance(venue, LiveVenueConfig)
    assert venue.endpoints == (f"ws://{host}:6006",)


def test_a_seed_where_an_address_belongs_is_told_and_not_repeated() -> None:
    """The file has to be rid of it; the message must not spread it."""
    seed = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"
    [line] = refused(live(account=seed))
    assert "looks like a wallet's secret; take it out of the file" in line
    assert seed not in line


def test_only_a_live_venue_has_a_gateway_section_and_it_must_have_one() -> None:
    """A key that could do nothing is refused, and so is a live session that isn't told what it needs."""
    without = {name: table for name, table in live().items() if name != "gateway"}
    assert refused(without) == ["my.toml: gateway: the section is missing; add [gateway] with all its keys"]
    assert refused(tables() | {"gateway": live()["gateway"]}) == [
        'my.toml: [gateway]: a venue of kind "sim" has no such section; only a venue of kind "live" has it:'
        " delete it with its keys"
    ]
    values = dotted_values(parse_config(live(), "my.toml"))
    assert values["gateway.unknown_offers"] == "halt"
    assert not any(key.startswith("gateway.") for key in dotted_values(parse_config(tables(), "my.toml")))


def test_offers_must_not_expire_before_they_are_renewed() -> None:
    """30 ledgers, the tick that renews and one more, at 5 s each: 160 s."""
    parse_config(live(offer_expiry_seconds=160), "my.toml")
    [line] = refused(live(offer_expiry_seconds=159))
    assert line == (
        "my.toml: venue.offer_expiry_seconds = 159: is shorter than strategy.quote_age_ledgers_max = 30 with the"
        " network's 3 to 5 seconds from ledger to ledger; quotes would expire before they are renewed: give at least"
        " 160, or renew them sooner"
    )


def test_of_an_endpoint_only_scheme_host_and_port_are_shown() -> None:
    """A provider's token in the path, or a password, stays where it was written."""
    assert endpoint_name("wss://me:word@node.example:51233/token?key=1") == "wss://node.example:51233"
    assert endpoint_name("ws://[::1]:6006/") == "ws://[::1]:6006"
