"""The shipped profiles are complete, and say what each of their values does."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from neo.config import dotted_values
from tools.settings.profiles import find_profile, read_profile, read_tables, shipped_profiles

# What a unit looks like in a comment, where the key's own name doesn't end in one.
_UNITS = re.compile(
    r"RLUSD|XRP|bps|basis points?|[Ss]econds?|[Ll]edgers?|percent|%|[Dd]igits|megabytes|[Cc]opies|files|Restarts|times"
    r"|[Tt]icks|[Tt]ransactions|[Tt]imes|orders|Makers|makers|Quotes|one of|\"|So many|Start of|path"
    r"|standard deviations|Risk aversion"
)


def test_there_are_two_profiles() -> None:
    """Those that the documentation names."""
    assert shipped_profiles() == ["live-stage1", "paper"]


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_profile_has_every_key_and_no_other(name: str) -> None:
    """What a session does is written in one file, with no default elsewhere."""
    keys = {f"{section}.{key}" for section, table in read_tables(find_profile(name)).items() for key in table}
    assert keys == set(dotted_values(read_profile(find_profile("paper"))))


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_key_has_a_comment_above_it_that_names_its_unit(name: str) -> None:
    """Nobody has to guess whether 5 are basis points or percent."""
    lines = find_profile(name).read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    assert len(keys) > 80
    for number in keys:
        comment: list[str] = []
        while lines[number - 1 - len(comment)].startswith("# "):
            comment.append(lines[number - 1 - len(comment)])
        assert comment, f"{lines[number]!r} has no comment"
        assert _UNITS.search(" ".join(comment)), f"{lines[number]!r}: its comment names no unit: {comment}"


def test_the_first_live_stage_is_small_and_says_where_it_runs() -> None:
    """Nobody takes it for the real market."""
    config = read_profile(find_profile("live-stage1"))
    assert config.risk.max_xrp_exposure == config.risk.max_rlusd_exposure == Decimal(150)
    assert config.order_size.base_size_rlusd == Decimal(15)
    assert config.venue.kind == "sim"
    head = find_profile("live-stage1").read_text(encoding="utf-8").split("\n\n")[0]
    assert "The live venue is not there" in head
    assert "embedded ledger" in head
