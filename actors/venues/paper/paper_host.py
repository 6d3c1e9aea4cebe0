"""The paper venue around a session: the real market through its servers, and the fork of it, kept beside the database.

A session that was lost is found again in that file. What the network did since is asked for; what no server tells is
begun anew from the market as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import trio

from actors.operator.protocol import ServersTold
from actors.plumbing.clock import RealClock, SessionClock
from actors.venues.host import ClaimCapital, VenueFacts, VenueOptions
from actors.venues.kept.kept_host import HostedKept, KeptHost
from actors.venues.live.endpoints import Endpoints
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.observer import ObservedPlace, Observer
from actors.venues.live.socket import WAIT_MEND, Dial, dial_network
from actors.venues.paper.paper_venue import PaperVenue
from actors.venues.paper.paper_world import PaperWorld, paper_file
from actors.venues.venue_errors import UnreachableError, VenueError, WrongNetworkError
from neo.chain.money import sum_rlusd, xrp
from neo.config import Config
from neo.desk.opening import MovedBefore
from neo.mirror.assembly import Completeness
from neo.network.network_text import FORMAT, WorldError
from neo.network.unsigned import made_up_address
from neo.replay.paper_text import PaperOrigin, PaperText
from neo.replay.recorded import RecordedState
from neo.wire.paper_config import PaperVenueConfig

# Our account on every paper market; nobody has it on the real ledger.
PAPER_ACCOUNT: Final = made_up_address("paper")

# Its name in the settings.
PAPER: Final = "paper"
# About; the network's own choice.
_LEDGER_INTERVAL_S: Final = 4
# How long the market is waited for as a session begins.
_OPENING_PATIENCE_S: Final = 60.0


class PaperPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a paper session is started with besides what every session is.

    Args:
        settings: Which pair, and through which servers.
        delay_ledgers: How many ledgers after the last one ours enter.
        xrp_drops: What our account opens with, before what was recorded to come and go.
        rlusd: The same.
        dial: Makes a stream to a server.
        clock: Makes the session's clock.
    """

    settings: StreamSettings
    delay_ledgers: int
    xrp_drops: int
    rlusd: Decimal
    dial: Dial = dial_network
    clock: Callable[[], SessionClock] = RealClock

    @property
    def facts(self) -> VenueFacts:
        """What is to be told of it."""
        return VenueFacts(
            venue=PAPER,
            seed=0,
            speed=1.0,
            ledger_interval_s=_LEDGER_INTERVAL_S,
            market=PAPER,
            market_sha256="",
        )

    def host(self, database: Path) -> PaperHost:
        """Its host for sessions in this database."""
        return PaperHost(self, database)


def paper_plan(config: Config, options: VenueOptions) -> PaperPlan:
    """A paper market as a profile describes it; the one reader of its settings.

    Args:
        config: The profile's effective values: endpoints of this session.
        options: A real market takes none of them, which is told where they are given.
    """
    del options
    venue = _settings(config)
    return PaperPlan(
        settings=stream_settings(venue),
        delay_ledgers=venue.order_delay_ledgers,
        xrp_drops=venue.opening_drops,
        rlusd=venue.opening_rlusd,
    )


def stream_settings(venue: PaperVenueConfig) -> StreamSettings:
    """Which pair of which ledger is watched, and through which servers."""
    return StreamSettings(
        currency=venue.currency,
        issuer=venue.issuer,
        endpoints=venue.endpoints,
        network_id=venue.network_id,
        server_version_min=venue.server_version_min,
        completeness=Completeness(venue.completeness),
        validated_age_s_max=venue.validated_age_seconds_max,
        request_timeout_s=float(venue.request_timeout_seconds),
        audit_interval_ledgers=venue.audit_interval_ledgers,
    )


def _settings(config: Config) -> PaperVenueConfig:
    assert isinstance(config.venue, PaperVenueConfig), "the table of venues leads here by the kind"
    return config.venue


class PaperHost(KeptHost[PaperOrigin, PaperWorld, "HostedPaper"]):
    """The host of the ``paper`` venue; see :class:`actors.venues.host.VenueHost`.

    Args:
        plan: Of the session that starts.
        database: Beside which the fork is kept.

    Raises:
        ValueError: An endpoint is no URL, or is named twice.
    """

    can_not_be_asked = "the ledger of the paper session can't be asked"
    head = PaperOrigin

    def __init__(self, plan: PaperPlan, database: Path) -> None:
        super().__init__(paper_file(database), plan.facts, plan.clock())
        self._plan = plan
        self._database = database
        self._endpoints = endpoints_of(plan.settings, plan.dial)

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedPaper:
        """A fork of the market as it is now.

        Raises:
            VenueError: It can't be read.
        """
        plan, observer = self._plan, Observer(self._plan.settings, self._endpoints)
        state = await _first_state(observer)
        moved = await claim(plan.xrp_drops, plan.rlusd)
        settings = plan.settings
        origin = PaperOrigin(
            format=FORMAT,
            session_id=session_id,
            network_id=settings.network_id,
            currency=settings.currency,
            issuer=settings.issuer,
            account=PAPER_ACCOUNT,
            xrp_drops=plan.xrp_drops + sum(part.xrp_drops for part in moved),
            rlusd=sum_rlusd((plan.rlusd, *(part.rlusd for part in moved))),
            delay_ledgers=plan.delay_ledgers,
            state=state,
        )
        world = PaperWorld.create(self._path, origin)
        return HostedPaper(world, plan, self._database, PaperSource(observer, self._endpoints), moved)

    def require_same(self, text: PaperText) -> None:
        """See that a kept fork is one of the market that this session is started with.

        Raises:
            WrongNetworkError: It is another pair's, or another network's.
        """
        settings, origin = self._plan.settings, text.origin
        ours = (settings.network_id, settings.currency, settings.issuer)
        theirs = (origin.network_id, origin.currency, origin.issuer)
        if ours != theirs:
            told, mine = (f"{currency} of {issuer} on network {number}" for number, currency, issuer in (theirs, ours))
            raise WrongNetworkError(
                f"{self._path}: session {text.session_id} is to be settled, and it traded {told}, not {mine}",
                f"Start once with that pair (venue.issuer, --issuer, venue.network_id); or move {self._path.name} away,"
                " which gives up what became of that session's open orders",
            )

    def reopened(self, text: PaperText, after_index: int) -> PaperWorld:
        """The fork of a file, as it was when its process ended.

        Raises:
            WorldError: It does not come out as the file says, or had left the real market.
        """
        world = PaperWorld.reopen(self._path, text, after_index)
        if world.market.place is None:
            world.leave()
            raise WorldError("it went on alone, after its servers had been given up")
        return world

    def hosted(self, world: PaperWorld) -> HostedPaper:
        """A kept fork as a session has it: what the network did since is asked for."""
        market = world.market
        assert market.place is not None, "it is reopened only if it is level with a real ledger"
        after = ObservedPlace(*msgspec.structs.astuple(market.place))
        observer = Observer(
            self._plan.settings, self._endpoints, after=after, known=tuple(market.ledger.state.accounts)
        )
        return HostedPaper(world, self._plan, self._database, PaperSource(observer, self._endpoints))


class PaperSource(NamedTuple):
    """Who tells of the real market, and through which servers."""

    observer: Observer
    endpoints: Endpoints


class HostedPaper(HostedKept[PaperWorld]):
    """A fork as a session has it; see :class:`actors.venues.host.HostedVenue`.

    Args:
        world: The fork.
        plan: Of the session that starts.
        database: Its own.
        source: Tells of the real market from the fork's last ledger on.
        moved_before: Capital that was recorded for its opening.
    """

    def __init__(
        self,
        world: PaperWorld,
        plan: PaperPlan,
        database: Path,
        source: PaperSource,
        moved_before: Sequence[MovedBefore] = (),
    ) -> None:
        super().__init__(world, database, moved_before)
        self._plan = plan
        self._source = source

    def connection(self) -> PaperVenue:
        """A way to it."""
        return PaperVenue(self._world, self._source.observer)

    def servers(self) -> ServersTold:
        """Those that tell of the real market."""
        return self._source.endpoints.told()

    def told_of_going_on(self) -> tuple[str, ...]:
        """What its account has, and which new settings it does not take."""
        world = self._world
        balances = world.latest.balances
        told = [f"the market goes on with what the account has: {xrp(balances.xrp_drops)} XRP, {balances.rlusd} RLUSD"]
        if self._plan.delay_ledgers != world.origin.delay_ledgers:
            told.append("orders go on to be as late as they were; venue.order_delay_ledgers shapes a new session only")
        return (*told, *self.told_of_waiting_capital())


async def _first_state(observer: Observer) -> RecordedState:
    """The market as it is.

    Raises:
        VenueError: It can't be read, or does not come in time.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(observer.run)
        told, failure = None, None
        with trio.move_on_after(_OPENING_PATIENCE_S):
            try:
                told = await observer.next()
            except VenueError as error:
                failure = error
        nursery.cancel_scope.cancel()
    if isinstance(told, RecordedState):
        return told
    late = UnreachableError(f"no server told of the market for {_OPENING_PATIENCE_S:g} s", WAIT_MEND)
    raise failure or observer.trouble or late
