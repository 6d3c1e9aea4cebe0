"""The replay around a session: its recording, and its ledger, kept in a file beside the database and found there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.plumbing.clock import VirtualClock
from actors.recordings.ledger_recording import LedgerRecording, begins_with
from actors.venues.host import ClaimCapital, VenueFacts, VenueOptions
from actors.venues.kept.kept_host import HostedKept, KeptHost
from actors.venues.replay.replay_venue import ReplayVenue
from actors.venues.replay.replay_world import ReplayWorld, replay_file
from actors.venues.venue_errors import WrongNetworkError
from neo.chain.money import sum_rlusd, xrp
from neo.config import Config
from neo.desk.opening import MovedBefore
from neo.network.network_text import FORMAT
from neo.network.unsigned import made_up_address
from neo.replay.replay_config import ReplayVenueConfig
from neo.replay.replay_text import ReplayOrigin, ReplayText


class ReplayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session on a recording is started with besides what every session is.

    Args:
        seed: Of our account's address, which gives our place among others in each ledger.
        speed: Session seconds per real second; ``inf`` for as fast as the machine allows.
        recording: What is played.
        delay_ledgers: How many ledgers after the last one ours enter.
        xrp_drops: What our account opens with, before what was recorded to come and go.
        rlusd: The same.
        asked_s: How long the session was asked to last, in session seconds; None where the profile decides.
    """

    seed: int
    speed: float
    recording: LedgerRecording
    delay_ledgers: int
    xrp_drops: int
    rlusd: Decimal
    asked_s: int | None = None

    @property
    def account(self) -> str:
        """Our address: another one for another seed, and so another place in the ledger's order."""
        return made_up_address(f"replay {self.seed}")

    @property
    def facts(self) -> VenueFacts:
        """What is to be told of it."""
        recording = self.recording
        return VenueFacts(
            venue="replay",
            seed=self.seed,
            speed=self.speed,
            ledger_interval_s=max(1, round(recording.lasts_s / recording.ledgers)),
            market=recording.name,
            market_sha256=recording.sha256,
            warning=self._warning(),
            lasts_s=recording.lasts_s,
        )

    def host(self, database: Path) -> ReplayHost:
        """Its host for sessions in this database."""
        return ReplayHost(self, database)

    def _warning(self) -> str | None:
        recording = self.recording
        told = [] if recording.warning is None else [recording.warning]
        if self.asked_s is not None and self.asked_s > recording.lasts_s:
            told.append(f"{recording.name} lasts {recording.lasts_s} s of {self.asked_s} s: the session ends with it")
        return "; ".join(told) or None


def replay_plan(config: Config, options: VenueOptions) -> ReplayPlan:
    """The replay as a profile and the options describe it; the one reader of its settings.

    Args:
        config: The profile's effective values.
        options: What is said for this session alone; the recording is that of :func:`recording_file`, or another.
    """
    assert isinstance(options.recording, LedgerRecording), "a replay plays a recording of ledgers"
    venue = _settings(config)
    return ReplayPlan(
        seed=venue.seed if options.seed is None else options.seed,
        speed=venue.speed if options.speed is None else options.speed,
        recording=options.recording,
        delay_ledgers=venue.order_delay_ledgers,
        xrp_drops=venue.opening_drops,
        rlusd=venue.opening_rlusd,
        asked_s=options.duration_s,
    )


def recording_file(config: Config) -> str:
    """The recording that a profile plays, as the profile names it."""
    return _settings(config).recording_file


def _settings(config: Config) -> ReplayVenueConfig:
    assert isinstance(config.venue, ReplayVenueConfig), "the table of venues leads here by the kind"
    return config.venue


def replay_origin(plan: ReplayPlan, session_id: str, moved: Sequence[MovedBefore]) -> ReplayOrigin:
    """What a session's own replay is made of; ``moved`` is capital that was recorded for its opening."""
    return ReplayOrigin(
        format=FORMAT,
        session_id=session_id,
        recording_name=plan.recording.name,
        recording_sha256=plan.recording.sha256,
        recording_bytes=plan.recording.size_bytes,
        currency=plan.recording.currency,
        issuer=plan.recording.issuer,
        account=plan.account,
        xrp_drops=plan.xrp_drops + sum(part.xrp_drops for part in moved),
        rlusd=sum_rlusd((plan.rlusd, *(part.rlusd for part in moved))),
        delay_ledgers=plan.delay_ledgers,
    )


class ReplayHost(KeptHost[ReplayOrigin, ReplayWorld, "HostedReplay"]):
    """The host of the ``replay`` venue.

    Args:
        plan: Of the session that starts.
        database: Beside which the replay is kept.
    """

    can_not_be_asked = "the replayed ledger can't be asked"
    head = ReplayOrigin

    def __init__(self, plan: ReplayPlan, database: Path) -> None:
        super().__init__(replay_file(database), plan.facts, VirtualClock(plan.speed))
        self._plan = plan
        self._database = database

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedReplay:
        """A replay of its own for a session."""
        plan = self._plan
        moved = await claim(plan.xrp_drops, plan.rlusd)
        world = ReplayWorld.create(self._path, replay_origin(plan, session_id, moved), plan.recording)
        return HostedReplay(world, plan, self._database, moved)

    def require_same(self, text: ReplayText) -> None:
        """It must go on with the recording that it began with, to which a recorder may have added meanwhile."""
        given, origin = self._plan.recording, text.origin
        if begins_with(given, origin.recording_bytes, origin.recording_sha256):
            return
        raise WrongNetworkError(
            f"{self._path}: session {text.session_id} is to be settled, and its ledger goes on with the recording"
            f" {origin.recording_name} (sha256 {origin.recording_sha256[:12]}), not with {given.name}"
            f" ({given.sha256[:12]})",
            f"Give that file with --recording; or move {self._path.name} away, which gives up what became of that"
            " session's open orders.",
        )

    def reopened(self, text: ReplayText, after_index: int) -> ReplayWorld:
        """The replay of a file, as it was when its process ended."""
        return ReplayWorld.reopen(self._path, text, self._plan.recording, after_index)

    def hosted(self, world: ReplayWorld) -> HostedReplay:
        """A replay that was left, as a session has it."""
        return HostedReplay(world, self._plan, self._database)


class HostedReplay(HostedKept[ReplayWorld]):
    """A replay as a session has it.

    Args:
        world: The network.
        plan: Of the session that starts.
        database: Its own.
        moved_before: Capital that was recorded for its opening.
    """

    def __init__(
        self, world: ReplayWorld, plan: ReplayPlan, database: Path, moved_before: Sequence[MovedBefore] = ()
    ) -> None:
        super().__init__(world, database, moved_before)
        self._plan = plan

    def connection(self) -> ReplayVenue:
        """A way to it."""
        return ReplayVenue(self._world)

    def told_of_going_on(self) -> tuple[str, ...]:
        """What its account has, where the recording goes on, and which new settings it does not take."""
        world, plan = self._world, self._plan
        balances = world.latest.balances
        told = [
            f"the ledger goes on with what the account has: {xrp(balances.xrp_drops)} XRP, {balances.rlusd} RLUSD",
            f"the recording goes on behind ledger {world.latest.ledger_index}; after {plan.recording.last_index}, its"
            " last one, nobody else trades",
        ]
        if (plan.account, plan.delay_ledgers) != (world.origin.account, world.origin.delay_ledgers):
            told.append("the replay goes on as it began; [venue] and --seed shape a new one only")
        return (*told, *self.told_of_waiting_capital())
