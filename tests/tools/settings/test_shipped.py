"""The shipped profile of each kind of venue, and what is said of a venue and a profile that contradict each other."""

from __future__ import annotations

import click
import pytest

from neo.config.schema import VENUE_KINDS
from tools.settings.profiles import find_profile, read_profile
from tools.settings.shipped import SHIPPED, profile_name, require_venue


def test_every_kind_of_venue_has_a_shipped_profile_of_its_kind() -> None:
    """Who names a venue gets one that runs there."""
    assert SHIPPED.keys() == VENUE_KINDS.keys()
    assert {kind: read_profile(find_profile(name)).venue.kind for kind, name in SHIPPED.items()} == {
        kind: kind for kind in VENUE_KINDS
    }


@pytest.mark.parametrize(
    ("config", "venue", "name"),
    [
        (None, None, "paper"),
        (None, "replay", "replay"),
        (None, "live", "live-stage1"),
        ("mine.toml", "replay", "mine.toml"),
        ("rehearsal", None, "rehearsal"),
    ],
)
def test_a_profile_that_is_named_comes_before_the_one_of_the_venue(
    config: str | None, venue: str | None, name: str
) -> None:
    """And without either it is the default one."""
    assert profile_name(config, venue) == name


def test_a_venue_that_is_not_the_profiles_is_refused() -> None:
    """Nobody is left to guess which of the two was meant."""
    config = read_profile(find_profile("paper"))
    require_venue(config, "paper", None)
    require_venue(config, "paper", "sim")
    with pytest.raises(click.UsageError) as refused:
        require_venue(config, "paper", "replay")
    assert refused.value.message == (
        "--venue replay: the venue of 'paper' is of kind \"sim\"; leave one of the two out."
    )
