"""The table of venues: the name in the settings chooses the host; what is said for one session comes first."""

from __future__ import annotations

import math
from pathlib import Path

from support.sessions import config_with, shipped_recording

from actors.plumbing.clock import VirtualClock
from actors.store import Durability
from actors.venues.host import VenueOptions
from actors.venues.table import VENUES, is_venue_kept, venue_plan
from neo.config.schema import VENUE_KINDS


def test_the_settings_name_the_venue_and_a_session_may_change_seed_and_speed(tmp_path: Path) -> None:
    """The host of the simulation has a virtual clock, and a journal that need not survive a power cut."""
    recording = shipped_recording()
    config = config_with(venue={"seed": 3, "speed": 10.0})
    usual = venue_plan(config, VenueOptions(recording=recording)).facts
    assert (usual.venue, usual.seed, usual.speed) == ("sim", 3, 10.0)
    assert (usual.market, usual.market_sha256) == (recording.name, recording.sha256)
    plan = venue_plan(config, VenueOptions(recording=recording, seed=4, speed=math.inf))
    assert (plan.facts.seed, plan.facts.speed) == (4, math.inf)
    host = plan.host(tmp_path / "neo.sqlite3")
    assert isinstance(host.clock, VirtualClock)
    assert host.durability is Durability.PROCESS_LOSS
    assert host.facts.has_funding


def test_every_kind_that_a_profile_may_choose_has_its_line_and_no_other() -> None:
    """A profile can't name a venue that nothing opens, and no venue is there that none can name."""
    assert VENUES.keys() == VENUE_KINDS.keys()


def test_a_venue_that_was_left_is_seen_beside_the_database(tmp_path: Path) -> None:
    """Whatever venue it is."""
    database = tmp_path / "neo.sqlite3"
    assert not is_venue_kept(database)
    kept_at = VENUES["sim"]().kept_at
    assert kept_at is not None
    kept_at(database).touch()
    assert is_venue_kept(database)
