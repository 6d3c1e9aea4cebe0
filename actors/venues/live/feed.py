"""One account's view of the pair over a connection, told ledger by ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from actors.venues.live.endpoints import ChosenEndpoint, Endpoints
from actors.venues.live.live_settings import LiveSettings
from actors.venues.live.pair_feed import PairFeed
from actors.venues.live.socket import WAIT_MEND
from actors.venues.venue_errors import (
    HistoryGoneError,
    NotSyncedError,
    RequestRefusedError,
    WrongNetworkError,
)
from neo.chain.fills import MetadataError
from neo.messages import LedgerClosed, RestingPart
from neo.mirror.assembly import CompleteLedger, Completeness
from neo.mirror.mirror_view import ledger_told
from neo.mirror.own_history import HistoryError, OwnState, told_late
from neo.mirror.pinned_read import PinnedRead
from neo.mirror.terms_check import PairFacts, changes, facts_of
from neo.wire import requests
from neo.wire.frames import LedgerClosedFrame
from neo.wire.quote_times import QuoteTimes

# Ledgers that are kept for a gateway that is begun anew: minutes of them.
_KEPT_MAX: Final = 256

_OTHER_LEDGERS_MEND: Final = (
    "What was traded since is on no ledger any more: start again, so that the account is read anew; or use the endpoint"
    " that has it (venue.endpoints)"
)


class Feed(PairFeed):
    """One connection's view of the pair, with our account in it.

    Args:
        chosen: The server.
        endpoints: All of them, for what is asked of the one in use.
        settings: Which pair, and how.
        times: Told of each ledger as the mirror has it.
        told: Called after each ledger.

    Attributes:
        facts: What the newest complete ledger says of the token and our account; once open.
        newest: That ledger, as it is told.
    """

    def __init__(
        self,
        chosen: ChosenEndpoint,
        endpoints: Endpoints,
        settings: LiveSettings,
        times: QuoteTimes,
        told: Callable[[], None],
    ) -> None:
        super().__init__(chosen, endpoints, settings, settings.account)
        self.facts: PairFacts
        self.newest: LedgerClosed
        self._times = times
        self._tell = told
        self._kept: deque[LedgerClosed] = deque(maxlen=_KEPT_MAX)
        self._hashes: deque[tuple[int, str]] = deque(maxlen=_KEPT_MAX)
        self._root_ledger = 0

    async def open(self) -> None:
        """Subscribe, then read the pair from one ledger.

        Raises:
            VenueError: It could not be read.
        """
        await super().open()
        self.facts = facts_of(self.mirror)
        self.newest = self._told(None)
        self._hashes.append((self.mirror.ledger_index, self.mirror.ledger_hash))

    async def _read(self, closed: LedgerClosedFrame) -> PinnedRead:
        read = await self.reader.read(closed)
        since = read.own.entry.get("PreviousTxnLgrSeq")
        self._root_ledger = since if type(since) is int else closed.ledger_index
        return read

    def _take_ledger(self, ledger: CompleteLedger) -> None:
        self.newest = self._told(ledger)
        self._times.note_ledger(
            ledger.index, came_s=self.client.came_s, mirrored_s=trio.current_time(), complete_s=ledger.delay_s
        )
        self._kept.append(self.newest)
        self._hashes.append((ledger.index, ledger.ledger_hash))
        self._tell()

    def _told(self, ledger: CompleteLedger | None) -> LedgerClosed:
        facts = facts_of(self.mirror)
        notice = changes(self.facts, facts) if ledger is not None else None
        self.facts = facts
        newest = self.client.newest_ledger
        # With filtered streams a ledger is known to be whole as the next one closes.
        behind = 1 if self._settings.completeness is Completeness.FILTERED else 0
        told = ledger_told(
            self.mirror,
            ledger,
            fee_now_drops=self._fee_now_drops(),
            is_newest=newest is None or self.mirror.ledger_index >= newest.ledger_index - behind,
            notice=notice,
        )
        if ledger is not None and any(each.tx_hash == self.mirror.root_hash for each in ledger.transactions):
            self._root_ledger = ledger.index
        return told

    def _fee_now_drops(self) -> int:
        """What gets a transaction into the open ledger, by the last word on the server's load; never below the base."""
        base_drops = self.mirror.ledger.fees.base_fee_drops
        status = self._status
        told_drops = 0 if status is None else status.fee_drops(base_drops)
        return max(base_drops, told_drops, self._fee_asked_drops)

    # --- What is asked of it -------------------------------------------------------------------------------------

    def since(self, after_index: int) -> list[LedgerClosed] | None:
        """What was told after that ledger, if nothing between is missing; else it has to be read (:meth:`history`)."""
        if after_index >= self.mirror.ledger_index:
            return []
        first = self._kept[0].ledger_index if self._kept else self.mirror.ledger_index + 1
        if after_index + 1 < first:
            return None
        return [each for each in self._kept if each.ledger_index > after_index]

    def hash_of(self, index: int) -> str | None:
        """A ledger's hash, of those that this feed was level with lately."""
        return dict(self._hashes).get(index)

    async def require_follows(self, index: int, ledger_hash: str) -> None:
        """See that this server's ledgers come after one that another told, or the same one before it broke.

        A stand-alone server that starts again from an older ledger closes others under the same numbers.

        Raises:
            VenueError: They don't, or it can't be told.
        """
        known = self.hash_of(index)
        if known is None:
            known = (await self.reader.ask(requests.ledger(index + 1, with_transactions=False))).parent_hash
        if known != ledger_hash:
            what = f"{self.client.name}: has another ledger {index} than was told before ({known}, not {ledger_hash})"
            raise WrongNetworkError(what, _OTHER_LEDGERS_MEND)

    async def history(self, after_index: int) -> list[LedgerClosed]:
        """The ledgers after that one up to the newest, out of our account's transactions.

        Raises:
            VenueError: The server does not have all of them.
        """
        newest = self.newest
        state = OwnState(closed=newest, root_hash=self.mirror.root_hash, root_ledger=self._root_ledger)
        first, last = after_index + 1, newest.ledger_index
        if not self._has.covers(first, last):
            what = f"{self.client.name}: does not have all ledgers from {first} to {last}"
            raise HistoryGoneError(what, "Use another endpoint, with more history (venue.endpoints)")
        try:
            rows = await self.reader.own_transactions(first, last)
            return told_late(rows, state, self.pair, after_index)
        except (HistoryError, MetadataError, RequestRefusedError) as error:
            # A server that can't tell of these ledgers calls the range malformed.
            raise NotSyncedError(f"{self.client.name}: {error}", WAIT_MEND) from error

    def untold(self, after_index: int) -> LedgerClosed:
        """The ledgers after that one up to the newest, of which nothing is told but what they left."""
        first, newest = after_index + 1, self.newest
        return msgspec.structs.replace(
            newest,
            since_index=first if first < newest.ledger_index else None,
            market=None,
            transactions=(),
            trades=(),
            untold=tuple(RestingPart(each.sequence, each.xrp_drops, each.rlusd) for each in self.mirror.own_offers()),
        )

    @property
    def history_from(self) -> int:
        """The first ledger from which on the server has all up to the newest.

        Raises:
            VenueError: It does not say so: what it said last was before that ledger, or it lacks it.
        """
        index = self.newest.ledger_index
        for first, last in self._has.stretches:
            if first <= index <= last:
                return first
        raise NotSyncedError(f"{self.client.name}: does not say that it has ledger {index}", WAIT_MEND)
