"""A pair watched from outside: no account, no key, every ledger in order, and a word wherever some are missing.

A connection that breaks is opened again, on the best server there is then, and the ledgers that were missed are asked
for one by one, each held to its parent's hash. What no server tells of, or is too much to be asked for, is told as a
gap (:class:`ObservedGap`), and after it comes the pair as it is then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Final

import msgspec
import trio
from loguru import logger

from actors.venues.live.endpoints import ChosenEndpoint, Endpoints
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.pair_feed import PairFeed
from actors.venues.live.pinned import PinnedReader
from actors.venues.live.socket import OTHER_MEND, WAIT_MEND
from actors.venues.venue_errors import (
    HistoryGoneError,
    MalformedError,
    NotSyncedError,
    UnreachableError,
    VenueError,
    WrongNetworkError,
)
from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.ledger import Fees
from neo.mirror.assembly import CompleteLedger, Completeness, LedgerAssembly, LedgerGap
from neo.mirror.mirror import Mirror
from neo.replay.pair_part import PairPart, state_of
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.wire import requests

# Missed ledgers that are asked for one by one: a quarter of an hour of them. Of more, the pair is read anew.
FILL_MAX: Final = 300
# That no server has the missed ledgers is believed after so many times.
_HISTORY_TRIES: Final = 3
# From one failed connection to the next, where the servers themselves are not being left alone.
_PAUSE_S: Final = 2.0
# What waits for its reader: more than what is filled in at once, and some minutes besides.
_WAITING_MAX: Final = FILL_MAX + 200

_OTHER_MEND: Final = (
    "What was observed since is on no ledger any more: begin anew; or use the endpoint that has it (venue.endpoints)"
)


class ObservedPlace(msgspec.Struct, frozen=True):
    """The last ledger that is known, and when it closed, in seconds of the ripple epoch."""

    ledger_index: int
    ledger_hash: str
    close_time_s: int


class ObservedGap(msgspec.Struct, frozen=True):
    """Ledgers that are not told, or not whole, and why not. The pair as the last of them left it comes next."""

    first_index: int
    last_index: int
    why: str


Observed = RecordedState | RecordedLedger | ObservedGap
"""What an observer tells."""


class Observer:
    """Watches a pair through the servers of its settings.

    It tells the pair as it is first, then each ledger after it. A further state is of the ledger that was told last:
    one comes after a gap, each time that the mirror was found not to be level and was mended, and as often as is asked.

    Args:
        settings: Which pair, and how.
        endpoints: The servers.
        after: What is known already: then it goes on with the ledger after that, and tells no state first.
        known: Accounts that have something of the pair there, whose doings since are told too.
        is_whole: Tell every transaction of a ledger; else those of the pair (:class:`PairPart`).
        snapshot_ledgers: After how many ledgers the pair is told as it is; 0 for never.

    Attributes:
        is_connected: It is told of ledgers as they close.
        is_catching_up: What it tells now closed a while ago.
        trouble: Why it is not connected; None if it is, or never tried.

    Raises:
        ValueError: Whole ledgers are wanted of streams that are filtered.
    """

    def __init__(
        self,
        settings: StreamSettings,
        endpoints: Endpoints,
        *,
        after: ObservedPlace | None = None,
        known: Collection[str] = (),
        is_whole: bool = False,
        snapshot_ledgers: int = 0,
    ) -> None:
        if is_whole and settings.completeness is not Completeness.ALL:
            raise ValueError('whole ledgers are told with venue.completeness = "all" only')
        self._settings = settings
        self._endpoints = endpoints
        self._last = after
        self._is_whole = is_whole
        self._snapshot_ledgers = snapshot_ledgers
        self._part = PairPart(Pair(settings.issuer, settings.currency, settings.issuer), known)
        self._fees: Fees | None = None
        # Why the ledgers from one on are given up, once they are.
        self._given_up: tuple[int, str] | None = None
        self._history_failures = 0
        self._wants_history = True
        self._waiting: deque[Observed] = deque()
        self._news = trio.Event()
        self._failure: VenueError | None = None
        self.is_connected = self.is_catching_up = False
        self.trouble: VenueError | None = None

    # --- For who reads it ------------------------------------------------------------------------------------------

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the connection, until cancelled or until trying again is of no use."""
        task_status.started()
        while self._failure is None:
            try:
                await self._follow()
            except VenueError as error:
                self._note_lost(error)
            finally:
                self.is_connected = False
            await trio.sleep(_PAUSE_S)

    async def next(self) -> Observed:
        """What is told next, for one reader; waits for it.

        Raises:
            VenueError: Trying again is of no use.
        """
        while not self._waiting:
            if self._failure is not None:
                raise self._failure.again()
            await self._news.wait()
        await trio.lowlevel.checkpoint()
        return self._waiting.popleft()

    # --- The connection --------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        is_asked = self._last is not None and self._given_up is None and self._wants_history
        needs_from = self._last.ledger_index if self._last is not None and is_asked else None
        async with self._endpoints.open_best(needs_from=needs_from) as chosen:
            feed = _ObservedFeed(chosen, self._endpoints, self._settings, self)
            try:
                if chosen.info.validated is not None:
                    # Before the stream begins, which would have to wait meanwhile.
                    await self._catch_up(feed.reader, chosen.info.validated.ledger_index)
                await feed.open()
                await self._join(feed)
                await feed.run()
            except VenueError as error:
                chosen.client.end(error)  # so that another server has its turn, if there is one
                raise

    def _note_lost(self, error: VenueError) -> None:
        logger.bind(cause=error.what).warning("observer_connection_lost")
        self.trouble = error
        # One server may be there and have no history, the other have it and be away: each has its turn.
        self._wants_history = not self._wants_history
        self._history_failures += isinstance(error, HistoryGoneError)
        if self._history_failures >= _HISTORY_TRIES and self._given_up is None and self._last is not None:
            self._given_up = (self._last.ledger_index + 1, "no server tells of them")
        if not error.retry:
            self._failure = error
            self._wake()

    async def _join(self, feed: _ObservedFeed) -> None:
        """Come from the last ledger that was told to the one that the mirror is level with.

        Raises:
            VenueError: It is on another ledger, or the ledgers between can't be had.
        """
        mirror = feed.mirror
        self._part.follow(mirror.embedded.state.accounts)
        await self._catch_up(feed.reader, mirror.ledger_index)
        if self._last is not None and self._given_up is None:
            self._require_same(mirror.ledger_index, mirror.ledger_hash)
        else:
            self._begin_at(mirror)
        self._history_failures, self._wants_history = 0, True
        self.is_connected, self.trouble = True, None

    def _begin_at(self, mirror: Mirror) -> None:
        if self._last is not None and self._given_up is not None:
            first, why = self._given_up
            if mirror.ledger_index < self._last.ledger_index:
                raise NotSyncedError(f"the server is behind ledger {self._last.ledger_index}", WAIT_MEND)
            logger.bind(first=first, last=mirror.ledger_index, why=why).warning("observer_gap")
            self._put(ObservedGap(first, mirror.ledger_index, why))
        self._given_up = None
        self._last = ObservedPlace(mirror.ledger_index, mirror.ledger_hash, mirror.ledger.parent_close_time_s)
        self._fees = mirror.ledger.fees
        self._put(state_of(mirror))

    async def _catch_up(self, reader: PinnedReader, through: int) -> None:
        """Ask for the ledgers after the last one that was told, up to this one.

        Raises:
            VenueError: They can't be had, or come after another ledger.
        """
        if self._last is None or self._given_up is not None:
            return
        first, missing = self._last.ledger_index + 1, through - self._last.ledger_index
        if missing > FILL_MAX:
            self._given_up = (first, f"{missing} are more than are asked for one by one ({FILL_MAX})")
            return
        account = self._settings.issuer
        assembly = LedgerAssembly(Completeness.ALL, self._last.ledger_index, account, "", self._last.ledger_hash)
        for index in range(first, through + 1):
            done = await self._missed(reader, assembly, index)
            self.is_catching_up = index < through
            for ledger in done:
                try:
                    self.take(ledger)
                except MetadataError as error:
                    raise MalformedError(str(error), OTHER_MEND) from error

    async def _missed(self, reader: PinnedReader, assembly: LedgerAssembly, index: int) -> tuple[CompleteLedger, ...]:
        assert self._last is not None, "a ledger is missed after another"
        try:
            header = await reader.ask(requests.ledger(index, with_transactions=True))
        except NotSyncedError as error:
            raise HistoryGoneError(error.what, error.mend) from error
        if header.validated and header.parent_hash != self._last.ledger_hash:
            raise _other_ledger(self._last, header.parent_hash)
        done = assembly.take_ledger(header, trio.current_time())
        if not done:
            raise HistoryGoneError(f"ledger {index} is not told in full", WAIT_MEND)
        return done

    def _require_same(self, index: int, ledger_hash: str) -> None:
        last = self._last
        if last is not None and index == last.ledger_index and ledger_hash != last.ledger_hash:
            raise _other_ledger(last, ledger_hash)

    # --- Telling ---------------------------------------------------------------------------------------------------

    def take(self, ledger: CompleteLedger) -> None:
        """Tell the next ledger; one that was told already is passed over.

        Raises:
            VenueError: It is another than was told, or nobody reads what is told.
            MetadataError: Its metadata lacks the ledger's shape.
        """
        last = self._last
        assert last is not None, "a ledger comes after a state"
        if ledger.index <= last.ledger_index:
            self._require_same(ledger.index, ledger.ledger_hash)
            return
        fees, self._fees = (None, self._fees) if ledger.fees in (None, self._fees) else (ledger.fees, ledger.fees)
        self._put(
            RecordedLedger(
                ledger_index=ledger.index,
                ledger_hash=ledger.ledger_hash,
                parent_hash=last.ledger_hash,
                close_time_s=ledger.close_time_s,
                parent_close_time_s=last.close_time_s,
                transactions=ledger.transactions if self._is_whole else self._part.of(ledger.transactions),
                is_whole=self._is_whole,
                fees=fees,
            )
        )
        self._last = ObservedPlace(ledger.index, ledger.ledger_hash, ledger.close_time_s)

    def tell_state(self, mirror: Mirror, *, is_due: bool = False) -> None:
        """Tell the pair as it is, if it is level with the last ledger that was told.

        Args:
            mirror: Which has it.
            is_due: Though it is not the time for it.
        """
        index, every = mirror.ledger_index, self._snapshot_ledgers
        is_due = is_due or (every > 0 and index % every == 0)
        if is_due and self._last is not None and index == self._last.ledger_index:
            self._put(state_of(mirror))

    def doubt(self, gap: LedgerGap) -> None:
        """Ledgers that were told already were not whole."""
        self._given_up = (gap.first_index, gap.why)

    def _put(self, told: Observed) -> None:
        if len(self._waiting) >= _WAITING_MAX:
            raise UnreachableError(f"{len(self._waiting)} ledgers wait for who reads them", WAIT_MEND)
        self._waiting.append(told)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = trio.Event()


def _other_ledger(last: ObservedPlace, found_hash: str) -> WrongNetworkError:
    what = (
        f"the server has another ledger {last.ledger_index} than was told before ({found_hash}, not {last.ledger_hash})"
    )
    return WrongNetworkError(what, _OTHER_MEND)


class _ObservedFeed(PairFeed):
    """One connection's view of the pair, for an observer."""

    def __init__(
        self, chosen: ChosenEndpoint, endpoints: Endpoints, settings: StreamSettings, observer: Observer
    ) -> None:
        super().__init__(chosen, endpoints, settings, None)
        self._observer = observer

    def _take_ledger(self, ledger: CompleteLedger) -> None:
        self._observer.take(ledger)
        self._observer.tell_state(self.mirror)

    def _note_mended(self) -> None:
        self._observer.tell_state(self.mirror, is_due=True)

    async def _close(self, gap: LedgerGap) -> None:
        if gap.first_index <= self.mirror.ledger_index:
            self._observer.doubt(gap)
        await super()._close(gap)
