"""Several endpoints: which are fit, which one is used, and that two of them tell of the same ledger.

Each time a connection is wanted, all endpoints that are not being left alone are asked how they are, at once. Of those
that are fit the first of the settings is used that does not lag behind (:mod:`neo.wire.fitness`). If more than one is
configured, another one must have the same validated ledger, by its hash, before anything is quoted on it: one that can
be asked now, or else the last ledger that another one told before it broke. With a single one there is nothing to
compare, which is told.

An endpoint that breaks or can't be reached is left alone for a while, longer each time, and for some seconds one that
answers and can't be used; one that served for a while before it broke begins anew. One that turned out to be unfit is
left alone for longer, and is not waited for: once every endpoint is unfit, there is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
import trio
from loguru import logger

from actors.operator.protocol import EndpointHealth, ServersTold
from actors.plumbing.timings import Timings
from actors.venues.live.background import open_background
from actors.venues.live.client import Client, ClientSettings, open_client
from actors.venues.live.request_times import RequestTimes
from actors.venues.live.socket import WAIT_MEND, Dial, EndpointUrl, dial_network
from actors.venues.venue_errors import (
    HistoryGoneError,
    NoFitServerError,
    NotSyncedError,
    OverloadedError,
    UnfitServerError,
    UnreachableError,
    VenueError,
    WrongNetworkError,
)
from neo.wire import requests
from neo.wire.answers import ServerInfo, ValidatedLedger
from neo.wire.budget import RequestBudget
from neo.wire.fitness import (
    PASSING,
    Candidate,
    FitnessLimits,
    Unfit,
    Unfitness,
    backoff_s,
    in_order_of_use,
    lag_ledgers,
    may_witness,
    unfit_reasons,
)

# From here on a connection that breaks is the first failure again.
_SERVED_WELL_S = 60.0

_NETWORK_MEND = "Check venue.network_id and venue.endpoints"
_UNFIT_MEND = "Use servers that are up to date and level with the network (venue.endpoints)"
_MENDS = {
    Unfitness.WRONG_NETWORK: _NETWORK_MEND,
    Unfitness.AMENDMENT_BLOCKED: "Update it, or use another endpoint (venue.endpoints)",
    Unfitness.OLD_VERSION: "Update it, use another endpoint (venue.endpoints), or let venue.server_version_min be less",
}
_AGREE_MEND = "Find out which of them is on the network that is meant, and leave out the other (venue.endpoints)"


class EndpointsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What several endpoints have in common.

    Args:
        limits: What a server must be.
        client: Of each one's client.
        answer_timeout_s: How long to wait for what is asked to choose among them.
    """

    limits: FitnessLimits
    client: ClientSettings = ClientSettings()
    answer_timeout_s: float = 10.0


class EndpointStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint stands, to be shown.

    Args:
        name: Its own.
        is_used: Whether it is the one that is used.
        info: What it told of itself last; None if it never did.
        lag_ledgers: How far it was behind the farthest one, each as it told last; None if it told of no ledger.
        problems: What was wrong with it last, in words; none if it is fit.
        mend: What to do about them; None if there are none.
        failures: In a row.
        wait_s: How long it will be left alone yet.
    """

    name: str
    is_used: bool
    info: ServerInfo | None
    lag_ledgers: int | None
    problems: tuple[str, ...]
    mend: str | None
    failures: int
    wait_s: float


class ChosenEndpoint(msgspec.Struct, frozen=True):
    """The endpoint that is used: its client, what it told of itself, and which other one has the same ledger.

    ``agreed_with`` is None if it is the only one that is configured.
    """

    client: Client
    info: ServerInfo
    agreed_with: str | None


class _Endpoint:
    """What is known of one endpoint."""

    def __init__(self, url: EndpointUrl, timings: Timings) -> None:
        self.url = url
        self.info: ServerInfo | None = None
        self.unfit: tuple[Unfit, ...] = ()
        self.error: VenueError | None = None
        # The newest ledger that it told of, and the newest of which its word counts.
        self.told: ValidatedLedger | None = None
        self.proof: ValidatedLedger | None = None
        self.failures = 0
        self.not_before_s = 0.0
        self.client: Client | None = None
        # Of every connection so far.
        self.requests = RequestTimes(timings)
        self.failed = 0
        self.release = trio.Event()
        self.gone = trio.Event()

    @property
    def candidate(self) -> Candidate:
        return Candidate(self.url.name, None if self.told is None else self.told.ledger_index, self.unfit)

    @property
    def is_witness(self) -> bool:
        """Whether it answered, and what it tells of the validated ledger counts."""
        return self.error is None and may_witness(self.unfit)

    @property
    def problems(self) -> tuple[str, ...]:
        return (self.error.what,) if self.error is not None else tuple(each.what for each in self.unfit)

    @property
    def mend(self) -> str | None:
        if self.error is not None:
            return self.error.mend
        if not self.unfit:
            return None
        # What an old server lacks besides goes with its being old.
        mends = [_MENDS[each.problem] for each in self.unfit if each.problem in _MENDS]
        return ". ".join(dict.fromkeys(mends)) or WAIT_MEND

    def note_failure(self, error: VenueError, served_s: float) -> None:
        self.error = error
        self.failed += 1
        self.failures = 1 if served_s >= _SERVED_WELL_S else self.failures + 1
        pause_s = backoff_s(self.failures, is_long=isinstance(error, (OverloadedError, UnfitServerError)))
        self.not_before_s = trio.current_time() + pause_s
        logger.bind(endpoint=self.url.name, cause=error.what, pause_s=pause_s).warning("endpoint_failed")

    def health(self, lag_ledgers: int | None, *, is_used: bool) -> EndpointHealth:
        """How it stands, to be shown."""
        problems = self.problems if self.info is not None or self.error is not None else ("not asked yet",)
        latency_s = self.requests.last_s
        return EndpointHealth(
            endpoint=self.url.name,
            state="in use" if is_used else "down" if problems else "ready",
            detail="" if is_used else "; ".join(problems),
            lag_ledgers=lag_ledgers,
            latency_ms=None if latency_s is None else round(latency_s * 1000, 3),
            failures=self.failed + self.requests.failed,
        )

    def note_unused(self) -> None:
        """It answered, and none could be used: it is not asked over and over."""
        if self.error is None:
            self.failures += 1
            self.not_before_s = trio.current_time() + backoff_s(self.failures, is_long=False)


class Endpoints:
    """The endpoints of a session, in the order of its settings.

    Args:
        urls: Where they are; one at least, each another server.
        settings: What they have in common.
        budget: Counts the requests to all of them.
        dial: Makes a stream to one.
    """

    def __init__(
        self,
        urls: Sequence[EndpointUrl],
        settings: EndpointsSettings,
        *,
        budget: RequestBudget | None = None,
        dial: Dial = dial_network,
    ) -> None:
        if not urls:
            raise ValueError("no endpoint is configured (venue.endpoints)")
        names = [url.name for url in urls]
        if len(set(names)) < len(names):
            raise ValueError(f"{', '.join(names)}: one server twice is no second opinion (venue.endpoints)")
        self.budget = budget or RequestBudget()
        self._settings = settings
        self._dial = dial
        self._timings = Timings()
        self._endpoints = [_Endpoint(url, self._timings) for url in urls]
        self._used: _Endpoint | None = None

    def standings(self) -> list[EndpointStanding]:
        """How each stands, in the order of the settings."""
        lags = lag_ledgers([each.candidate for each in self._endpoints])
        return [
            EndpointStanding(
                name=each.url.name,
                is_used=each is self._used,
                info=each.info,
                lag_ledgers=lags.get(each.url.name),
                problems=each.problems,
                mend=each.mend,
                failures=each.failures,
                wait_s=max(0.0, each.not_before_s - trio.current_time()),
            )
            for each in self._endpoints
        ]

    def told(self) -> ServersTold:
        """How each stands, in the order of the settings, and how long their requests took."""
        lags = lag_ledgers([each.candidate for each in self._endpoints])
        health = [each.health(lags.get(each.url.name), is_used=each is self._used) for each in self._endpoints]
        return ServersTold(endpoints=tuple(health), timings=self._timings.told())

    @asynccontextmanager
    async def open_best(self, *, needs_from: int | None = None) -> AsyncIterator[ChosenEndpoint]:
        """The best endpoint, for as long as the block lasts. If its connection breaks, the next choice knows.

        Waits while every endpoint is being left alone.

        Args:
            needs_from: The first ledger that it will be asked about; None if none before its newest.

        Raises:
            VenueError: None is fit, or two don't agree.
        """
        await self._wait_for_one()
        self.budget.note_opening(trio.current_time())
        async with open_background() as background:
            asked = await self._ask_all(background, needs_from)
            try:
                used = self._choose(asked)
                agreed_with = await self._agreement(used, asked)
            except VenueError:
                for each in asked:
                    each.note_unused()
                raise
            for other in asked:
                if other is not used:
                    other.release.set()
            assert used.client is not None
            assert used.info is not None
            self._used, begun_s = used, trio.current_time()
            logger.bind(endpoint=used.url.name, agreed_with=agreed_with or "-").info("endpoint_used")
            try:
                yield ChosenEndpoint(used.client, used.info, agreed_with)
            finally:
                self._used = None
                self._note_end(used, trio.current_time() - begun_s)
                used.release.set()
                await used.gone.wait()

    async def recheck(self, chosen: ChosenEndpoint) -> ServerInfo:
        """Ask the endpoint in use once more how it is.

        Raises:
            VenueError: It does not answer. If it is fit no more, its connection has ended with this.
        """
        info = await chosen.client.request(requests.server_info(), deadline_s=self._settings.answer_timeout_s)
        unfit = unfit_reasons(info, self._settings.limits)
        if unfit:
            what = f"{chosen.client.name}: {'; '.join(each.what for each in unfit)}"
            is_passing = all(each.problem in PASSING for each in unfit)
            error = NotSyncedError(what, WAIT_MEND) if is_passing else UnfitServerError(what, _UNFIT_MEND)
            chosen.client.end(error)
            raise error
        return info

    async def confirm(self, chosen: ChosenEndpoint) -> None:
        """Hold the newest ledger of the endpoint in use against another one, and see which of them lags.

        Another that can't be asked, or can't tell, is told in the log and changes nothing.

        Raises:
            WrongNetworkError: It has another ledger; the connection has ended with this.
        """
        used, newest = self._used, chosen.client.newest_ledger
        if used is None or newest is None or len(self._endpoints) == 1:
            return
        used.told = used.proof = ValidatedLedger(newest.ledger_index, newest.ledger_hash)
        now_s = trio.current_time()
        others = [each for each in self._endpoints if each is not used and each.not_before_s <= now_s]
        async with open_background() as background:
            for other in others:
                await background.start(self._hold, other, None)
            try:
                witness = await self._witness(used, others)
            except WrongNetworkError as error:
                chosen.client.end(error)
                raise
            finally:
                for other in others:
                    other.release.set()
        lags = {each.name: each.lag_ledgers for each in self.standings()}
        told = logger.bind(endpoint=used.url.name, agreed_with=witness or "-", lag_ledgers=lags)
        if witness is None:
            told.warning("endpoint_unconfirmed")
        else:
            told.info("endpoints_agree")

    # --- Asking ----------------------------------------------------------------------------------------------------

    async def _wait_for_one(self) -> None:
        """Wait until one may be asked; one that is unfit is not waited for.

        Raises:
            NoFitServerError: All are.
        """
        now_s = trio.current_time()
        not_before_s = [
            each.not_before_s
            for each in self._endpoints
            if each.not_before_s <= now_s or not isinstance(each.error, UnfitServerError)
        ]
        if not not_before_s:
            raise self._none_fit()
        await trio.sleep_until(min(not_before_s))

    async def _ask_all(self, background: trio.Nursery, needs_from: int | None) -> list[_Endpoint]:
        """Those that are not being left alone, each with its client open until it is released, or with its error."""
        asked = [each for each in self._endpoints if each.not_before_s <= trio.current_time()]
        async with trio.open_nursery() as nursery:
            for endpoint in asked:
                nursery.start_soon(background.start, self._hold, endpoint, needs_from)
        return asked

    async def _hold(
        self, endpoint: _Endpoint, needs_from: int | None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        endpoint.error, endpoint.unfit, endpoint.release, endpoint.gone = None, (), trio.Event(), trio.Event()
        try:
            async with open_client(
                endpoint.url, self._settings.client, budget=self.budget, dial=self._dial, times=endpoint.requests
            ) as endpoint.client:
                info = await endpoint.client.request(requests.server_info(), deadline_s=self._settings.answer_timeout_s)
                endpoint.info, endpoint.told = info, info.validated
                endpoint.unfit = unfit_reasons(info, self._settings.limits, needs_from)
                if endpoint.is_witness:
                    endpoint.proof = info.validated
                task_status.started()
                await endpoint.release.wait()
        except VenueError as error:
            endpoint.note_failure(error, 0.0)
            task_status.started()
        finally:
            endpoint.gone.set()

    def _note_end(self, endpoint: _Endpoint, served_s: float) -> None:
        """A connection was used and has ended: what it told last is remembered, and why it broke if it did."""
        client = endpoint.client
        assert client is not None
        newest = client.newest_ledger
        if newest is not None:
            endpoint.told = endpoint.proof = ValidatedLedger(newest.ledger_index, newest.ledger_hash)
        if client.failure is not None:
            endpoint.note_failure(client.failure, served_s)

    # --- Choosing --------------------------------------------------------------------------------------------------

    def _choose(self, asked: list[_Endpoint]) -> _Endpoint:
        answered = [each for each in asked if each.error is None]
        order = in_order_of_use([each.candidate for each in answered], self._settings.limits.lag_ledgers_max)
        if order:
            return next(each for each in answered if each.url.name == order[0])
        raise self._none_fit()

    def _none_fit(self) -> VenueError:
        """Why none of them can be used, those that are being left alone too."""
        what = "no endpoint is fit: " + "; ".join(
            f"{each.url.name}: {', '.join(each.problems)}" if each.error is None else each.error.what
            for each in self._endpoints
        )
        if any(each.error is not None and not isinstance(each.error, UnfitServerError) for each in self._endpoints):
            return UnreachableError(what, WAIT_MEND)
        answered = [{unfit.problem for unfit in each.unfit} for each in self._endpoints if each.error is None]
        if len(answered) == len(self._endpoints) and all(Unfitness.WRONG_NETWORK in each for each in answered):
            return WrongNetworkError(what, _NETWORK_MEND)
        if len(answered) == len(self._endpoints) and all(each == {Unfitness.HISTORY_GAP} for each in answered):
            return HistoryGoneError(what, WAIT_MEND)
        if any(each <= PASSING for each in answered):
            return NotSyncedError(what, WAIT_MEND)
        return NoFitServerError(what, _UNFIT_MEND)

    async def _agreement(self, used: _Endpoint, asked: list[_Endpoint]) -> str | None:
        """The name of another endpoint that has the same validated ledger."""
        if len(self._endpoints) == 1:
            logger.bind(endpoint=used.url.name).warning("endpoint_alone")
            return None
        others = [each for each in self._endpoints if each is not used]
        open_now = [each for each in others if each in asked and each.is_witness]
        witness = await self._witness(used, open_now)
        if witness is not None:
            return witness
        # One that broke has told of ledgers before.
        for other in (each for each in others if each not in open_now):
            if other.proof is not None and await self._has(used, other.proof, other.url.name):
                return other.url.name
        what = f"no other endpoint than {used.url.name} tells of a validated ledger, and two have to agree on one"
        raise UnreachableError(what, WAIT_MEND)

    async def _witness(self, used: _Endpoint, others: Sequence[_Endpoint]) -> str | None:
        """The name of the first of those that are open now which has the same validated ledger."""
        for other in others:
            if other.is_witness and await self._agree(used, other):
                return other.url.name
        return None

    async def _agree(self, used: _Endpoint, other: _Endpoint) -> bool:
        """Ask the one that is ahead for the newest ledger of the one that is behind."""
        assert used.told is not None
        assert other.told is not None
        if used.told.ledger_index >= other.told.ledger_index:
            return await self._has(used, other.told, other.url.name)
        return await self._has(other, used.told, used.url.name)

    async def _has(self, endpoint: _Endpoint, told: ValidatedLedger, teller: str) -> bool:
        """Whether an endpoint has the ledger that another one told of; False if it can't tell.

        Raises:
            WrongNetworkError: It has another ledger there.
        """
        assert endpoint.client is not None
        request = requests.ledger(told.ledger_index, with_transactions=False)
        try:
            header = await endpoint.client.request(request, deadline_s=self._settings.answer_timeout_s)
        except VenueError as error:
            logger.bind(endpoint=endpoint.url.name, cause=error.what).warning("endpoint_agreement_unknown")
            return False
        if not header.validated:
            return False
        if header.ledger_hash != told.ledger_hash:
            what = f"{endpoint.url.name} and {teller} don't have the same ledger {told.ledger_index}"
            raise WrongNetworkError(what, _AGREE_MEND)
        return True
