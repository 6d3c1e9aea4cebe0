"""The ``live`` venue: the XRP Ledger through servers that others run, behind the port.

One connection at a time has the pair (:mod:`actors.venues.live.feed`); if it breaks, another one is opened, on the best
server there is then, and what was missed is read from our account's transactions and proven whole. The gateway hears of
none of it but the ledgers, in order and without a gap. That no ledger comes for too long, others watch.

Before the first order of a session that is to trade, the ledger is asked what is there already: whether somebody else
acts for the account, what keeps us from quoting, and offers of ours that no journal knows.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import msgspec
import trio
from loguru import logger

from actors.venues.live.client import Client
from actors.venues.live.endpoints import ChosenEndpoint, Endpoints
from actors.venues.live.feed import Feed
from actors.venues.live.first_look import look_around, offers_found
from actors.venues.live.live_settings import LiveSettings
from actors.venues.live.posting import Posting
from actors.venues.live.twin_run import TwinRun
from actors.venues.port import Signer
from actors.venues.venue_errors import HistoryGoneError, NotSyncedError, VenueError
from neo.chain.shapes import SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.opening import AdoptedOffer
from neo.desk.preflight import Preview
from neo.messages import LedgerClosed, Submit, TwinObserved, VenueAnswer, VenueEvent, VenueMeasured, VenueRequest
from neo.wire.quote_times import QuoteTimes

# A settlement does without the history after so many times that none of the servers had it.
_HISTORY_TRIES: Final = 3
# From one failed connection to the next, where the servers themselves are not being left alone.
_PAUSE_S: Final = 2.0
# What is measured is told this often at the least.
_MEASURED_S: Final = 15.0
# Ledgers with new quotes from one look through all of the memory to the next: some minutes.
_TIDY_WHOLE_LEDGERS: Final = 100


class LiveStart(msgspec.Struct, frozen=True, kw_only=True):
    """How a session comes to the ledger.

    Args:
        is_trading: It is to trade; else it only clears up what an earlier one left.
        needs_from: The last ledger that is known already; None if none is.
        known_hashes: Of every transaction that a journal knows.
    """

    is_trading: bool
    needs_from: int | None = None
    known_hashes: frozenset[str] = frozenset()


class _Link:
    """A connection that is being opened, is open, or is over."""

    def __init__(self) -> None:
        self.settled = trio.Event()
        self.scope = trio.CancelScope()
        self.feed: Feed | None = None
        self.failure: VenueError | None = None
        self.is_over = False


class LiveVenue:
    """Our connection to the ledger.

    Args:
        settings: Which pair, and how.
        endpoints: The servers.
        signer: Has the key.
        start: How this session comes to it.

    Attributes:
        adopted: Our offers on the ledger that was reached, which a session that begins there takes into its journal.
    """

    def __init__(self, settings: LiveSettings, endpoints: Endpoints, signer: Signer, start: LiveStart) -> None:
        self.pair = settings.pair
        self.funding: Funding | None = None
        self.adopted: tuple[AdoptedOffer, ...] = ()
        self._settings = settings
        self._endpoints = endpoints
        self._signer = signer
        self._start = start
        self._needs_look = start.is_trading
        self._needs_from = start.needs_from
        self._nursery: trio.Nursery | None = None
        self._running = trio.Event()
        self._connected = False
        self._link: _Link | None = None
        self._feed: Feed | None = None
        # The newest ledger that was told, and the feed that is known to go on from it.
        self._last: tuple[int, str] | None = None
        self._joined: Feed | None = None
        self._history_failures = 0
        self._answers: deque[VenueAnswer | TwinObserved] = deque()
        self._news = trio.Event()
        self._times = QuoteTimes(settings.order_lifetime_ledgers)
        self._begun_s = self._measured_s = 0.0
        self._tidied = 0
        # Only a session that trades has a twin: what another one left is nothing to compare.
        has_twin = settings.paper_twin and start.is_trading
        self._twin = TwinRun(settings.pair, self._answer) if has_twin else None
        self._posting = Posting(self._client, self._answer, settings.request_timeout_s, self._written)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the connection and send what is posted, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._begun_s = self._measured_s = trio.current_time()
            nursery.start_soon(self._posting.run)
            if self._twin is not None:
                nursery.start_soon(self._twin.run)
            self._running.set()
            task_status.started()
            await trio.sleep_forever()

    # --- The connection --------------------------------------------------------------------------------------------

    async def connect(self) -> LedgerClosed:
        """Reach the ledger; returns the newest one that is known. Answers to what was asked before are lost.

        Raises:
            VenueError: It can't be reached, or must not be traded on.
        """
        await self._running.wait()
        self._answers.clear()
        self._connected = True
        feed = await self._open()
        if self._needs_look:
            await look_around(feed, self._settings, self._start.known_hashes)
            self._needs_look = False
        if self._start.is_trading:
            # Of the very ledger that is told: whoever begins with it begins with its offers.
            self.adopted = offers_found(feed, self._settings)
        newest = feed.newest
        if self._last is None:
            self._note_told(feed, newest)
        return newest

    async def disconnect(self) -> None:
        """Leave the ledger."""
        await trio.lowlevel.checkpoint()
        self._connected = False
        if self._link is not None:
            self._link.scope.cancel()
        self._wake()

    async def _open(self) -> Feed:
        """The open connection's feed, or that of one that is opened now.

        Raises:
            VenueError: It can't be opened.
        """
        if self._link is None or self._link.is_over:
            assert self._nursery is not None, "the venue runs"
            self._link = _Link()
            self._nursery.start_soon(self._hold, self._link)
        link = self._link
        await link.settled.wait()
        if link.feed is None:
            assert link.failure is not None, "a connection that is over without a feed has failed"
            raise link.failure.again()
        return link.feed

    async def _hold(self, link: _Link) -> None:
        try:
            with link.scope:
                needs_from = None if self._is_history_given_up else self._needs_from
                async with self._endpoints.open_best(needs_from=needs_from) as chosen:
                    await self._follow(link, self._new_feed(chosen))
            link.failure = NotSyncedError("the connection was given up", "Wait")
        except VenueError as error:
            self._history_failures += isinstance(error, HistoryGoneError)
            link.failure = error
            logger.bind(cause=error.what).warning("venue_connection_lost")
        finally:
            link.is_over = True
            link.settled.set()
            self._wake()

    @property
    def _newest_closed(self) -> int:
        """The newest ledger that is known to have closed."""
        newest = None if self._feed is None else self._feed.client.newest_ledger
        return 0 if newest is None else newest.ledger_index

    def _new_feed(self, chosen: ChosenEndpoint) -> Feed:
        return Feed(chosen, self._endpoints, self._settings, self._times, self._wake, self._twin)

    async def _follow(self, link: _Link, feed: Feed) -> None:
        try:
            await feed.open()
            self._feed = link.feed = feed
            link.settled.set()
            self._wake()
            await feed.run()
        except VenueError as error:
            feed.client.end(error)  # so that another server has its turn, if there is one
            raise

    async def _client(self) -> Client:
        """The client of the open connection, as soon as there is one."""
        while self._link is None or self._link.is_over or self._link.feed is None:
            await self._news.wait()
        return self._link.feed.client

    # --- The stream ------------------------------------------------------------------------------------------------

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Every ledger after that one, and answers as they come, until :meth:`disconnect`.

        A connection that breaks is opened again, for as long as it takes.

        Raises:
            VenueError: Trying again is of no use.
        """
        while self._connected:
            while self._answers:
                yield self._answers.popleft()
            news = self._news
            for closed in await self._newer(after_index):
                yield closed
                after_index = self._needs_from = closed.ledger_index
            measured = self._measured(after_index)
            if measured is not None:
                yield measured
                self._tidy(measured)
            if self._connected and news is self._news and not self._answers:
                await news.wait()

    async def _newer(self, after_index: int) -> list[LedgerClosed]:
        """What came after that ledger; nothing if the connection has broken, and is to be opened again.

        Raises:
            VenueError: Trying again is of no use.
        """
        self._needs_from, feed = after_index, None
        try:
            feed = await self._open()
            return await self._newer_of(feed, after_index)
        except VenueError as error:
            if not error.retry:
                raise
            logger.bind(cause=error.what).warning("venue_not_reached")
            if feed is not None:
                feed.client.end(error)  # another server may do better
            await trio.sleep(_PAUSE_S)
            self._wake()
            return []

    async def _newer_of(self, feed: Feed, after_index: int) -> list[LedgerClosed]:
        if self._last is not None and feed is not self._joined and feed.newest.ledger_index < self._last[0]:
            return []  # a server that is behind is waited for
        newer = feed.since(after_index)
        newer = _in_one_go(await self._history(feed, after_index) if newer is None else newer)
        if newer:
            if self._last is not None and feed is not self._joined:
                await feed.require_follows(*self._last)
            self._note_told(feed, newer[-1])
        return newer

    @property
    def _is_history_given_up(self) -> bool:
        """Whether what an earlier session left is settled by the ledger's state alone; never while one trades."""
        return not self._start.is_trading and self._history_failures >= _HISTORY_TRIES

    async def _history(self, feed: Feed, after_index: int) -> list[LedgerClosed]:
        try:
            return await feed.history(after_index)
        except HistoryGoneError as error:
            if not self._is_history_given_up:
                raise
            logger.bind(cause=error.what).warning("settled_without_history")
            return [feed.untold(after_index)]

    def _note_told(self, feed: Feed, newest: LedgerClosed) -> None:
        ledger_hash = feed.hash_of(newest.ledger_index)
        if ledger_hash is not None:
            self._last, self._joined = (newest.ledger_index, ledger_hash), feed

    # --- Requests --------------------------------------------------------------------------------------------------

    def post(self, request: VenueRequest) -> None:
        """Take a request; its answer comes among the events."""
        if isinstance(request, Submit):
            self._times.note_posted(request.tx_hash, trio.current_time())
            if self._twin is not None:
                self._twin.note_sent(request.tx_hash, self._newest_closed)
        self._posting.post(request)

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers now, by the exact rules."""
        assert self._feed is not None, "the venue was reached"
        return self._feed.mirror.preview(tx)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction."""
        signed = self._signer.sign(tx)
        self._times.note_signed(tx, signed.tx_hash, trio.current_time())
        if self._twin is not None:
            self._twin.note_signed(tx, signed.tx_hash)
        return signed

    def _written(self, tx_hash: str) -> None:
        self._times.note_written(tx_hash, trio.current_time())
        if self._times.has_news:
            self._wake()

    def _tidy(self, measured: VenueMeasured) -> None:
        """Collect garbage now that the quotes have left: else Python would at any moment, the next ledger's among them.

        What lives long is looked through now and then only, as that takes many times as long.
        """
        self._tidied += len(measured.quotes)
        if measured.quotes:
            gc.collect(2 if self._tidied % _TIDY_WHOLE_LEDGERS == 0 else 1)

    def _measured(self, ledger_index: int) -> VenueMeasured | None:
        """What is to be told of requests and of speed: as quotes have left, or after a while.

        A venue that only settles what another session left tells of nothing.
        """
        now_s = trio.current_time()
        if not self._start.is_trading or not (self._times.has_news or now_s >= self._measured_s + _MEASURED_S):
            return None
        self._measured_s, budget = now_s, self._endpoints.budget
        return VenueMeasured(
            ledger_index=ledger_index,
            over_ms=round((now_s - self._begun_s) * 1e3),
            requests=budget.counts(),
            requests_minute=budget.requests_last_minute(now_s),
            requests_minute_most=budget.requests_minute_most,
            steady_minute_most=budget.steady_minute_most,
            submits_minute=budget.submits_last_minute(now_s),
            submits_minute_most=budget.submits_minute_most,
            quotes=self._times.take(),
            quotes_unsent=self._times.unsent,
        )

    def _answer(self, answer: VenueAnswer | TwinObserved) -> None:
        self._answers.append(answer)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = trio.Event()


def _in_one_go(ledgers: list[LedgerClosed]) -> list[LedgerClosed]:
    """Several at once: each but the last tells how far they go, so that nobody acts on it as on the newest."""
    return [
        *(msgspec.structs.replace(each, newest_index=ledgers[-1].ledger_index) for each in ledgers[:-1]),
        *ledgers[-1:],
    ]
