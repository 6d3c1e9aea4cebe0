"""The venues: a line each. Nothing else outside a venue's folder names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from actors.venues.host import VenueOptions, VenuePlan
from actors.venues.live.live_plan import live_plan
from actors.venues.sim.sim_host import market_file as sim_market_file
from actors.venues.sim.sim_host import sim_plan
from actors.venues.sim.world import world_file
from neo.config import Config


class VenueLine(msgspec.Struct, frozen=True):
    """One venue.

    Args:
        plan: Makes its part of a session's plan.
        kept_at: Where it is kept beside a database while a session of it is not at its end; None if it never is.
        market_file: How a profile names the recorded prices that its market is laid over; None if it has no such
            market, and then it is given no recording.
    """

    plan: Callable[[Config, VenueOptions], VenuePlan]
    kept_at: Callable[[Path], Path] | None = None
    market_file: Callable[[Config], str] | None = None


VENUES: Final[Mapping[str, VenueLine]] = {
    "sim": VenueLine(sim_plan, world_file, sim_market_file),
    "live": VenueLine(live_plan),
}


def venue_plan(config: Config, options: VenueOptions) -> VenuePlan:
    """The venue's part of a session's plan.

    Args:
        config: The profile's effective values, which name the venue.
        options: What is said for this session alone.
    """
    return VENUES[config.venue.kind].plan(config, options)


def market_file(config: Config) -> str | None:
    """The recording that a profile names, a path from the profile's folder on; None if its venue takes none."""
    named = VENUES[config.venue.kind].market_file
    return None if named is None else named(config)


def is_venue_kept(database: Path) -> bool:
    """Whether a session was left that the next one may go on after, on its venue."""
    return any(line.kept_at is not None and line.kept_at(database).exists() for line in VENUES.values())
