"""The real ledger around a session: it is always there, so a lost session is settled on it by the journal alone.

Nothing of it is kept beside the database. A session that was lost is found again by what its journal says, whenever the
next start comes: its ledgers since are read from the account's transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from actors.operator.protocol import ServersTold
from actors.plumbing.clock import RealClock, SessionClock
from actors.store import Durability, LostSession
from actors.store.sent import TradingPlace, sent_orders, traded_at
from actors.store.spent_before import spent_before
from actors.venues.host import ClaimCapital, Unused, VenueFacts
from actors.venues.live.client import ClientSettings
from actors.venues.live.endpoints import Endpoints, EndpointsSettings
from actors.venues.live.live_settings import LiveSettings, StreamSettings
from actors.venues.live.live_venue import LiveStart, LiveVenue
from actors.venues.live.socket import Dial, EndpointUrl, dial_network
from actors.venues.port import Signer
from actors.venues.venue_errors import UnfitAccountError
from neo.desk.opening import AdoptedOffer, MovedBefore, SpentBefore
from neo.wire.fitness import FitnessLimits

# Its name in the settings.
LIVE: Final = "live"
# About; the network's own choice.
_LEDGER_INTERVAL_S: Final = 4


class LivePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session on the real ledger is started with besides what every session is.

    Args:
        settings: Which pair, and through which servers.
        signer: Reads the key; called as the host is made.
        dial: Makes a stream to a server.
        clock: Makes the session's clock.
    """

    settings: LiveSettings
    signer: Callable[[], Signer]
    dial: Dial = dial_network
    clock: Callable[[], SessionClock] = RealClock

    @property
    def facts(self) -> VenueFacts:
        """What is to be told of it."""
        return VenueFacts(
            venue=LIVE,
            seed=0,
            speed=1.0,
            ledger_interval_s=_LEDGER_INTERVAL_S,
            market="live",
            market_sha256="",
        )

    def host(self, database: Path) -> LiveHost:
        """Its host for sessions in this database."""
        return LiveHost(self, database)


def endpoints_of(settings: StreamSettings, dial: Dial = dial_network) -> Endpoints:
    """The servers of the settings.

    Raises:
        ValueError: An endpoint is no URL, or is named twice.
    """
    limits = FitnessLimits(
        build_version_min=settings.server_version_min,
        network_id=settings.network_id,
        validated_age_s_max=settings.validated_age_s_max,
    )
    # A connection on which no ledger comes is kept as long as its newest ledger may be traded by.
    client = ClientSettings(ledger_timeout_s=max(ClientSettings().ledger_timeout_s, settings.validated_age_s_max))
    return Endpoints(
        [EndpointUrl(url) for url in settings.endpoints],
        EndpointsSettings(limits=limits, client=client, answer_timeout_s=settings.request_timeout_s),
        dial=dial,
    )


def place_of(settings: LiveSettings) -> TradingPlace:
    """Where a session of these settings trades."""
    return TradingPlace(venue=LIVE, account=settings.account, network_id=settings.network_id)


def _unsettled(session_id: str, what: str, mend: str) -> UnfitAccountError:
    return UnfitAccountError(
        f"session {session_id} is to be settled first, and it traded {what}",
        f"{mend}, or name another database with --db",
    )


class LiveHost:
    """The host of the ``live`` venue; see :class:`actors.venues.host.VenueHost`.

    Args:
        plan: Of the session that starts.
        database: Which knows what was sent.

    Raises:
        ValueError: An endpoint is no URL, or is named twice.
    """

    # An order may be at the exchange already, and the journal must answer for it.
    durability = Durability.POWER_LOSS
    outlives_sessions = True

    def __init__(self, plan: LivePlan, database: Path) -> None:
        self._plan = plan
        self._database = database
        self._signer = plan.signer()
        self.place: Path | None = None
        self.facts = plan.facts
        self.clock = plan.clock()

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedLive:
        """The ledger, for a session that trades. What the account has is what the ledger says: nothing is claimed."""
        del session_id, claim
        return self._hosted(is_trading=True)

    def resume(self, left: LostSession) -> HostedLive | Unused:
        """The ledger, for what a session left there.

        Raises:
            UnfitAccountError: It traded with another account than this start is for, or on another network.
        """
        traded, ours = traded_at(self._database, left.id), place_of(self._plan.settings)
        if left.ledger_index is None or traded is None:
            return Unused()
        if traded.account != ours.account:
            what = f"with the account {traded.account}, not {ours.account}"
            raise _unsettled(left.id, what, "Start once with that account")
        if traded.network_id not in (None, ours.network_id):
            what = f"on the network {traded.network_id}, not {ours.network_id} (venue.network_id)"
            raise _unsettled(left.id, what, "Start once with that network's profile")
        return self._hosted(is_trading=False, needs_from=left.ledger_index)

    def _hosted(self, *, is_trading: bool, needs_from: int | None = None) -> HostedLive:
        start = LiveStart(is_trading=is_trading, needs_from=needs_from)
        return HostedLive(self._plan, self._signer, self._database, start)

    def leftover(self) -> str | None:
        """Nothing is kept."""
        return None

    def discard(self) -> None:
        """Nothing is kept."""

    def set_aside(self, name: str) -> Path | None:
        """Nothing is kept."""
        del name
        return None


class HostedLive:
    """The ledger as a session has it; see :class:`actors.venues.host.HostedVenue`.

    Args:
        plan: Of the session that starts.
        signer: Has the key.
        database: Which knows what was sent.
        start: How the session comes to it.
    """

    moved_before: Sequence[MovedBefore] = ()

    def __init__(self, plan: LivePlan, signer: Signer, database: Path, start: LiveStart) -> None:
        self._plan = plan
        self._signer = signer
        self._database = database
        self._start = start
        self._venue: LiveVenue | None = None
        self._endpoints: Endpoints | None = None

    def connection(self) -> LiveVenue:
        """A way to it."""
        settings = self._plan.settings
        self._endpoints = endpoints = endpoints_of(settings, self._plan.dial)
        start = self._start
        if start.is_trading:
            start = msgspec.structs.replace(start, known_hashes=sent_orders(self._database, place_of(settings)).hashes)
        self._venue = LiveVenue(settings, endpoints, self._signer, start)
        return self._venue

    def adopted(self) -> Sequence[AdoptedOffer]:
        """Those that the first look found, if the profile says so."""
        return () if self._venue is None else self._venue.adopted

    def spent_before(self, now_s: int) -> SpentBefore:
        """The account is one, and so are its budgets, whatever sessions it is traded by."""
        return spent_before(self._database, place_of(self._plan.settings), now_s)

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on; what was before is settled."""
        del session_id
        self._start = LiveStart(is_trading=True)

    def leave(self) -> None:
        """The connection went with its venue."""

    def remove(self) -> None:
        """The ledger stays."""

    def told_of_going_on(self) -> tuple[str, ...]:
        """Every session goes on with what the account has."""
        return ()

    def servers(self) -> ServersTold:
        """As its connection chooses among them; nothing before there is one."""
        return ServersTold() if self._endpoints is None else self._endpoints.told()
