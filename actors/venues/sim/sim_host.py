"""The simulation around a session: its world is made for it, kept in a file beside the database, and found there."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from actors.plumbing.clock import SessionClock, VirtualClock
from actors.store import Durability, LostSession
from actors.store.reports import capital_orders
from actors.venues.host import ClaimCapital, Gone, Unused, VenueFacts, VenueOptions
from actors.venues.sim.venue import SimVenue
from actors.venues.sim.world import World, load_world, world_file
from actors.venues.venue_errors import WrongNetworkError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, sum_rlusd, xrp
from neo.config import Config
from neo.desk.opening import AdoptedOffer, MovedBefore, SpentBefore
from neo.market.recording import Recording
from neo.network.network_text import FORMAT, WorldError
from neo.sim.accounts import crowd_address
from neo.sim.crowd_config import SimConfig
from neo.sim.venue_config import SimVenueConfig
from neo.sim.world_text import WorldOrigin, WorldText

# Our account on every simulated ledger.
OUR_ACCOUNT: Final = crowd_address("our account")

_CAN_NOT_BE_ASKED: Final = "the simulated ledger can't be asked"

# More than any ledger's index: nothing is told of the ledgers that a file has.
_NONE_MISSED: Final = 2**32


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
    assert options.recording is not None, "a simulated market is laid over a recording"
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


class SimHost:
    """The host of the ``sim`` venue; see :class:`actors.venues.host.VenueHost`.

    Args:
        plan: Of the session that starts.
        database: Beside which the world is kept.
    """

    # Nothing of a simulated session is at an exchange that the journal would have to answer for.
    durability = Durability.PROCESS_LOSS
    # A session's world goes with it; what is kept is the newest one's.
    outlives_sessions = False

    def __init__(self, plan: SimPlan, database: Path) -> None:
        self._plan = plan
        self._database = database
        self._path = world_file(database)
        self.place: Path | None = self._path
        self.facts = plan.facts
        self.clock: SessionClock = VirtualClock(plan.speed)

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedWorld:
        """A world of its own for a session."""
        plan = self._plan
        moved = await claim(plan.xrp_drops, plan.rlusd)
        world = World.create(self._path, world_origin(plan, session_id, moved), plan.recording.bars)
        return HostedWorld(world, plan, self._database, moved)

    def resume(self, left: LostSession) -> HostedWorld | Unused | Gone:
        """The world that a session was on.

        Raises:
            WrongNetworkError: It goes on with another recording than the one that is given.
        """
        owner = left.id
        try:
            text = load_world(self._path)
            owner = text.session_id
            if left.ledger_index is None and text.origin.session_id == left.id:
                return Unused()
            return HostedWorld(self._reopened(left, text), self._plan, self._database)
        except WorldError as error:
            return Gone(_CAN_NOT_BE_ASKED, str(error), owner == left.id)

    def leftover(self) -> str | None:
        """Whose world lies there."""
        if not self._path.exists():
            return None
        try:
            return load_world(self._path).session_id
        except WorldError:
            return ""

    def discard(self) -> None:
        """Delete the world that lies there."""
        self._path.unlink()

    def set_aside(self, name: str) -> Path | None:
        """Keep a file that could not be used, for whoever looks into it, out of the next session's way."""
        aside = self._path.with_name(f"{self._path.name}.unusable-{name}")
        with contextlib.suppress(FileNotFoundError):
            return self._path.replace(aside)
        return None

    def _require_recording(self, text: WorldText) -> None:
        given, origin = self._plan.recording, text.origin
        if origin.market_sha256 in (given.sha256, given.file_sha256):
            return
        raise WrongNetworkError(
            f"{self._path}: session {text.session_id} is to be settled, and its ledger goes on with the recording"
            f" {origin.market_name} (sha256 {origin.market_sha256[:12]}), not with {given.name} ({given.sha256[:12]})",
            f"Give that file with --market; or move {self._path.name} away, which gives up what became of that"
            " session's open orders.",
        )

    def _reopened(self, left: LostSession, text: WorldText) -> World:
        """The world as its process left it.

        Raises:
            WorldError: It is not the one that the journal is about.
        """
        if left.ledger_index is not None and text.session_id != left.id:
            raise WorldError(f"its file is that of session {text.session_id}")
        self._require_recording(text)
        bars = self._plan.recording.bars
        if left.ledger_index is None:
            return World.reopen(self._path, text, bars, _NONE_MISSED)
        if text.snapshot is not None and text.snapshot.ledger_index > left.ledger_index:
            raise WorldError(
                f"its file begins after ledger {text.snapshot.ledger_index}, the journal ends with {left.ledger_index}"
            )
        world = World.reopen(self._path, text, bars, left.ledger_index)
        try:
            _require_known(left, world)
        except WorldError:
            world.leave()
            raise
        return world


class HostedWorld:
    """A world as a session has it; see :class:`actors.venues.host.HostedVenue`.

    Args:
        world: The network.
        plan: Of the session that starts.
        database: Its own.
        moved_before: Capital that was recorded for its opening.
    """

    def __init__(self, world: World, plan: SimPlan, database: Path, moved_before: Sequence[MovedBefore] = ()) -> None:
        self._world = world
        self._plan = plan
        self._database = database
        self.moved_before = moved_before

    def connection(self) -> SimVenue:
        """A way to it."""
        return SimVenue(self._world)

    def adopted(self) -> Sequence[AdoptedOffer]:
        """Nobody else places offers for our account."""
        return ()

    def spent_before(self, now_s: int) -> SpentBefore:
        """Each session begins its budgets anew, so that one seed always gives one journal."""
        del now_s
        return SpentBefore()

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on."""
        self._world.join(session_id)

    def leave(self) -> None:
        """Let go of the file."""
        self._world.leave()

    def remove(self) -> None:
        """Delete the file."""
        self._world.remove()

    def told_of_going_on(self) -> tuple[str, ...]:
        """What its account has, and what of the new session's settings and capital it does not take."""
        world, plan = self._world, self._plan
        balances = world.latest.balances
        told = [f"the ledger goes on with what the account has: {xrp(balances.xrp_drops)} XRP, {balances.rlusd} RLUSD"]
        if plan.crowd != world.origin.config or plan.seed != world.origin.seed:
            seed = world.origin.seed
            told.append(f"its market goes on as it began (seed {seed}); [venue] and --seed shape a new one only")
        if any(order.session_id is None for order in capital_orders(self._database)):
            told.append("recorded deposits and withdrawals wait for a session that opens with a ledger of its own")
        return tuple(told)


def _require_known(left: LostSession, world: World) -> None:
    """The ledger must go on from where the journal ends, with nothing of ours that the journal does not know.

    A journal that lost its last moments (a deleted log, a power cut) would book foreign orders as capital, and leave
    offers resting that nobody knows.

    Raises:
        WorldError: It is not so.
    """
    index = world.latest.ledger_index
    if left.ledger_index is not None and index < left.ledger_index:
        raise WorldError(f"its file ends with ledger {index}, the journal with {left.ledger_index}")
    unknown = [tx_hash for tx_hash in world.our_hashes() if tx_hash not in left.tx_hashes]
    if unknown:
        raise WorldError(
            f"it has {len(unknown)} of its transactions that the journal lacks (first {unknown[0][:12]}):"
            " the database lost its last moments"
        )
