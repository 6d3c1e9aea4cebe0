"""The venues: a line each. Nothing else outside a venue's folder names it.

A venue is imported when it is asked: a simulated session waits for no socket, and no TLS.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from actors.venues.host import VenueOptions, VenuePlan
from neo.config import Config


class Recorded(enum.Enum):
    """What a file is a recording of, in words."""

    PRICES = "recorded prices"
    LEDGERS = "recorded ledgers"


class MarketSource(msgspec.Struct, frozen=True):
    """Where a venue's market comes from.

    Args:
        recorded: What kind of file it is.
        named_by: The file as a profile names it, a path from the profile's folder on.
    """

    recorded: Recorded
    named_by: Callable[[Config], str]


class VenueLine(msgspec.Struct, frozen=True):
    """One venue.

    Args:
        plan: Makes its part of a session's plan.
        kept_at: Where it is kept beside a database while a session of it is not at its end; None if it never is.
        market: What is recorded of its market, which the options of a session bring; None if nothing is.
    """

    plan: Callable[[Config, VenueOptions], VenuePlan]
    kept_at: Callable[[Path], Path] | None = None
    market: MarketSource | None = None


def _sim() -> VenueLine:
    from actors.venues.sim.sim_host import market_file, sim_plan  # noqa: PLC0415 - each venue when it is asked for
    from actors.venues.sim.world import world_file  # noqa: PLC0415 - the same

    return VenueLine(sim_plan, world_file, MarketSource(Recorded.PRICES, market_file))


def _replay() -> VenueLine:
    from actors.venues.replay.replay_host import recording_file, replay_plan  # noqa: PLC0415 - the same
    from actors.venues.replay.replay_world import replay_file  # noqa: PLC0415 - the same

    return VenueLine(replay_plan, replay_file, MarketSource(Recorded.LEDGERS, recording_file))


def _paper() -> VenueLine:
    from actors.venues.paper.paper_host import paper_plan  # noqa: PLC0415 - the same
    from actors.venues.paper.paper_world import paper_file  # noqa: PLC0415 - the same

    return VenueLine(paper_plan, paper_file)


def _live() -> VenueLine:
    from actors.venues.live.live_plan import live_plan  # noqa: PLC0415 - the same

    return VenueLine(live_plan)


VENUES: Final[Mapping[str, Callable[[], VenueLine]]] = {"sim": _sim, "replay": _replay, "paper": _paper, "live": _live}


def venue_plan(config: Config, options: VenueOptions) -> VenuePlan:
    """The venue's part of a session's plan.

    Args:
        config: The profile's effective values, which name the venue.
        options: What is said for this session alone.
    """
    return VENUES[config.venue.kind]().plan(config, options)


def market_source(config: Config) -> MarketSource | None:
    """Where the market of a profile's venue comes from; None if nothing is recorded of it."""
    return VENUES[config.venue.kind]().market


def is_venue_kept(database: Path) -> bool:
    """Whether a session was left that the next one may go on after, on its venue."""
    lines = (line() for line in VENUES.values())
    return any(line.kept_at is not None and line.kept_at(database).exists() for line in lines)
