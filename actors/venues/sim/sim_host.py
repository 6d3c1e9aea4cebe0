"""The simulation around a session: its world is made for it, kept in a file beside the database, and found there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from actors.plumbing.clock import VirtualClock
from actors.venues.host import ClaimCapital, VenueFacts, VenueOptions
from actors.venues.kept.kept_host import HostedKept, KeptHost
from actors.venues.sim.venue import SimVenue
from actors.venues.sim.world import World, world_file
from actors.venues.venue_errors import WrongNetworkError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, sum_rlusd, xrp
from neo.config import Config
from neo.desk.opening import MovedBefore
from neo.market.recording import Recording
from neo.network.network_text import FORMAT
from neo.sim.accounts import crowd_address
from neo.sim.crowd_config import SimConfig
from neo.sim.venue_config import SimVenueConfig
from neo.sim.world_text import WorldOrigin, WorldText

# Our account on every simulated ledger.
OUR_ACCOUNT: Final = crowd_address("our account")


class SimPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session on the simulation is started with besides what every session is.

    Args:
        seed: Of every random choice.
        speed: Session seconds per real second; ``inf`` for as fast as the machine allows.
        recording: The prices behind its market.
        crowd: Who trades there.
        xrp_drops: What our account opens with, before what was recorded to come and go.
        rlusd: The same.
    """

    seed: int
    speed: float
    recording: Recording
    crowd: SimConfig
    xrp_drops: int
    rlusd: Decimal

    @property
    def facts(self) -> VenueFacts:
        """What is to be told of it."""
        return VenueFacts(
            venue="sim",
            seed=self.seed,
            speed=self.speed,
            ledger_interval_s=self.crowd.ledger_interval_s,
            market=self.recording.name,
            market_sha256=self.recording.sha256,
            warning=self.recording.warning,
            has_funding=True,
        )

    def host(self, database: Path) -> SimHost:
        """Its host for sessions in this database."""
        return SimHost(self, database)


def sim_plan(config: Config, options: VenueOptions) -> SimPlan:
    """The simulation as a profile and the options describe it; the one reader of its settings.

    Args:
        config: The profile's effective values.
        options: What is said for this session alone; the recording is that of :func:`market_file`, or another.
    """
    assert isinstance(options.recording, Recording), "a simulated market is laid over recorded prices"
    venue = _settings(config)
    return SimPlan(
        seed=venue.seed if options.seed is None else options.seed,
        speed=venue.speed if options.speed is None else options.speed,
        recording=options.recording,
        crowd=venue.crowd,
        xrp_drops=venue.opening_drops,
        rlusd=venue.opening_rlusd,
    )


def market_file(config: Config) -> str:
    """The recording that a profile's market is laid over, as the profile names it."""
    return _settings(config).market_file


def _settings(config: Config) -> SimVenueConfig:
    assert isinstance(config.venue, SimVenueConfig), "the table of venues leads here by the kind"
    return config.venue


def world_origin(plan: SimPlan, session_id: str, moved: Sequence[MovedBefore]) -> WorldOrigin:
    """What a session's own simulated ledger is made of; ``moved`` is capital that was recorded for its opening."""
    return WorldOrigin(
        format=FORMAT,
        session_id=session_id,
        seed=plan.seed,
        config=plan.crowd,
        market_name=plan.recording.name,
        market_sha256=plan.recording.sha256,
        account=OUR_ACCOUNT,
        xrp_drops=plan.xrp_drops + sum(part.xrp_drops for part in moved),
        rlusd=sum_rlusd((plan.rlusd, *(part.rlusd for part in moved))),
        start_close_time_s=plan.recording.bars[0].start_s - RIPPLE_EPOCH_UNIX_S,
    )


class SimHost(KeptHost[WorldOrigin, World, "HostedWorld"]):
    """The host of the ``sim`` venue.

    Args:
        plan: Of the session that starts.
        database: Beside which the world is kept.
    """

    can_not_be_asked = "the simulated ledger can't be asked"
    head = WorldOrigin

    def __init__(self, plan: SimPlan, database: Path) -> None:
        super().__init__(world_file(database), plan.facts, VirtualClock(plan.speed))
        self._plan = plan
        self._database = database

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedWorld:
        """A world of its own for a session."""
        plan = self._plan
        moved = await claim(plan.xrp_drops, plan.rlusd)
        world = World.create(self._path, world_origin(plan, session_id, moved), plan.recording.bars)
        return HostedWorld(world, plan, self._database, moved)

    def require_same(self, text: WorldText) -> None:
        """Its market must go on with the recording that it began with."""
        given, origin = self._plan.recording, text.origin
        if origin.market_sha256 in (given.sha256, given.file_sha256):
            return
        raise WrongNetworkError(
            f"{self._path}: session {text.session_id} is to be settled, and its ledger goes on with the recording"
            f" {origin.market_name} (sha256 {origin.market_sha256[:12]}), not with {given.name} ({given.sha256[:12]})",
            f"Give that file with --market; or move {self._path.name} away, which gives up what became of that"
            " session's open orders.",
        )

    def reopened(self, text: WorldText, after_index: int) -> World:
        """The world of a file, as it was when its process ended."""
        return World.reopen(self._path, text, self._plan.recording.bars, after_index)

    def hosted(self, world: World) -> HostedWorld:
        """A world that was left, as a session has it."""
        return HostedWorld(world, self._plan, self._database)


class HostedWorld(HostedKept[World]):
    """A world as a session has it.

    Args:
        world: The network.
        plan: Of the session that starts.
        database: Its own.
        moved_before: Capital that was recorded for its opening.
    """

    def __init__(self, world: World, plan: SimPlan, database: Path, moved_before: Sequence[MovedBefore] = ()) -> None:
        super().__init__(world, database, moved_before)
        self._plan = plan

    def connection(self) -> SimVenue:
        """A way to it."""
        return SimVenue(self._world)

    def told_of_going_on(self) -> tuple[str, ...]:
        """What its account has, and what of the new session's settings and capital it does not take."""
        world, plan = self._world, self._plan
        balances = world.latest.balances
        told = [f"the ledger goes on with what the account has: {xrp(balances.xrp_drops)} XRP, {balances.rlusd} RLUSD"]
        if plan.crowd != world.origin.config or plan.seed != world.origin.seed:
            seed = world.origin.seed
            told.append(f"its market goes on as it began (seed {seed}); [venue] and --seed shape a new one only")
        return (*told, *self.told_of_waiting_capital())
