"""The shipped profiles are complete, and say what each of their values does."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from neo.config import dotted_values
from neo.wire.live_config import LiveVenueConfig
from tools.settings.profiles import find_profile, read_profile, read_tables, shipped_profiles

# What a unit looks like in a comment, where the key's own name doesn't end in one.
_UNITS = re.compile(
    r"RLUSD|XRP|bps|basis points?|[Ss]econds?|[Ll]edgers?|percent|%|[Dd]igits|megabytes|[Cc]opies|files|Restarts|times"
    r"|[Tt]icks|[Tt]ransactions|[Tt]imes|orders|Makers|makers|Quotes|one of|\"|So many|Start of|path"
    r"|standard deviations|Risk aversion"
)


def test_there_are_five_profiles() -> None:
    """Those that the documentation names."""
    assert shipped_profiles() == ["live-stage1", "paper", "paper-network", "rehearsal", "replay"]


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_profile_has_every_key_and_no_other(name: str) -> None:
    """What a session does is written in one file, with no default elsewhere."""
    keys = {f"{section}.{key}" for section, table in read_tables(find_profile(name)).items() for key in table}
    config = read_profile(find_profile(name))
    assert keys == set(dotted_values(config))
    shipped = set(dotted_values(read_profile(find_profile("paper"))))
    own = {f"{one}.{key}" for one in ("venue", "gateway") for key in read_tables(find_profile(name)).get(one, {})}
    assert keys - own == {key for key in shipped if not key.startswith("venue.")}


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_key_has_a_comment_above_it_that_names_its_unit(name: str) -> None:
    """Nobody has to guess whether 5 are basis points or percent."""
    lines = find_profile(name).read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    assert len(keys) > 70
    for number in keys:
        comment: list[str] = []
        while lines[number - 1 - len(comment)].startswith("# "):
            comment.append(lines[number - 1 - len(comment)])
        assert comment, f"{lines[number]!r} has no comment"
        assert _UNITS.search(" ".join(comment)), f"{lines[number]!r}: its comment names no unit: {comment}"


def test_a_rehearsal_has_the_limits_of_the_first_live_stage_and_says_where_it_runs() -> None:
    """What is tried on the embedded ledger is what real money is bound by, and nobody takes one for the other."""
    live, rehearsal = (read_profile(find_profile(name)) for name in ("live-stage1", "rehearsal"))
    assert (live.venue.kind, rehearsal.venue.kind) == ("live", "sim")
    assert live.risk == rehearsal.risk
    assert live.order_size == rehearsal.order_size
    assert live.risk.max_xrp_exposure == live.risk.max_rlusd_exposure == Decimal(150)
    assert live.order_size.base_size_rlusd == Decimal(15)
    heads = [find_profile(name).read_text(encoding="utf-8").split("\n\n")[0] for name in ("live-stage1", "rehearsal")]
    assert "real money" in heads[0]
    assert "embedded ledger" in heads[1]


def test_the_live_profile_names_the_token_and_leaves_the_account_to_the_operator() -> None:
    """RLUSD's currency and issuer as its issuer publishes them; two operators' servers, so that they can agree."""
    venue = read_profile(find_profile("live-stage1")).venue
    assert isinstance(venue, LiveVenueConfig)
    assert bytes.fromhex(venue.currency).rstrip(b"\0") == b"RLUSD"
    assert venue.issuer == "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
    assert (venue.account, venue.seed_file) == ("", "")
    assert len(venue.endpoints) == 2
