"""What a session's row tells of its settings: the keys that make it another experiment than the shipped profile."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from neo.config import replace_values
from tools.settings.changes import changes_from_shipped
from tools.settings.profiles import find_profile, read_profile

PAPER = find_profile("paper")


def changes(profile: Path, **given: object) -> dict[str, tuple[str | None, str | None]]:
    """What is told of the default profile with these keys replaced, read from this file."""
    values = {name.replace("__", "."): value for name, value in given.items()}
    return changes_from_shipped(replace_values(read_profile(PAPER), "test", values), profile)


def test_a_key_that_differs_is_told_with_both_values() -> None:
    """5.0 is no change from 5."""
    assert changes(PAPER, venue__maker_count=5) == {"venue.maker_count": ("4", "5")}
    assert changes(PAPER, strategy__bid_offset_bps=Decimal("8.0")) == {}


def test_what_has_a_column_of_its_own_or_no_effect_is_no_change() -> None:
    """Seed and market are told beside it; neither speed nor log change what comes out."""
    assert changes(PAPER, venue__seed=1, venue__market_file="b.csv", venue__speed=1.0, log__level="DEBUG") == {}


def test_an_own_profile_is_compared_with_the_default_one_and_a_shipped_one_with_itself() -> None:
    """A shipped profile as it is has no changes."""
    own = changes(Path("mine.toml"), venue__opening_xrp=Decimal(99))
    assert own == {"venue.opening_xrp": ("100", "99")}
    stage1 = find_profile("rehearsal")
    assert changes_from_shipped(read_profile(stage1), stage1) == {}


def test_an_own_replay_is_compared_with_the_shipped_one() -> None:
    """And which recording it plays is told beside it."""
    values = {"venue.recording_file": "mine.gz", "venue.order_delay_ledgers": 3}
    config = replace_values(read_profile(find_profile("replay")), "test", values)
    assert changes_from_shipped(config, Path("mine.toml")) == {"venue.order_delay_ledgers": ("1", "3")}


def test_an_own_live_profile_is_compared_with_the_shipped_live_one() -> None:
    """Else a report would list every key that only one of the two kinds of venue has."""
    values = {"venue.account": "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De", "risk.max_xrp_exposure": Decimal(400)}
    config = replace_values(read_profile(find_profile("live-stage1")), "test", values)
    assert changes_from_shipped(config, Path("mine.toml")) == {
        "venue.account": ("", "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"),
        "risk.max_xrp_exposure": ("150", "400"),
    }
