"""Reading the pair from a server as one ledger has it, request by request, all of them pinned to that ledger."""

from __future__ import annotations

from typing import Any, TypeVar

import trio
from loguru import logger

from actors.venues.live.client import Client
from actors.venues.live.refusals import is_busy, refusal
from actors.venues.live.socket import OTHER_MEND, WAIT_MEND
from actors.venues.venue_errors import MalformedError, NoSuchAccountError, NotSyncedError
from neo.chain.pair import Pair
from neo.ledger import keys
from neo.ledger.amendments import of_ids
from neo.mirror.pinned_read import PinnedRead, PinnedReadError
from neo.wire import requests
from neo.wire.answers import AccountInfo, AccountLines
from neo.wire.books import AmmInfo, OfferEntry, read_offer
from neo.wire.fields import FrameError
from neo.wire.frames import ErrorFrame, LedgerClosedFrame, TransactionFrame
from neo.wire.requests import At, WireRequest

T = TypeVar("T")

# Of a page of what an account owns, the most that a server gives to who is no admin.
_LINES_MAX = 400
# Offers asked for of each side: the most that a server gives to who is no admin.
_OFFERS_MAX = 100
# From one try to the next where a server is too busy.
_BUSY_PAUSES_S = (1.0, 2.0)
# Of one page of our transactions: the most that a server gives to who is no admin. A walk of more pages than this is
# given up: reading the ledgers since would take too long to be of use.
_PAGE_MAX = 200
_PAGES_MAX = 500
# Of what an account owns: more than any maker has. A server that never comes to the last page would keep us for ever.
_OWNED_PAGES_MAX = 50

# The one entry that lists the amendments in force. Source: xrpl.org, "Amendments entry" (its space key is ``f``).
_AMENDMENTS = keys.half_hash(b"\0f").hex().upper()


class PinnedReader:
    """Asks one server, with a deadline for each answer.

    Args:
        client: An open connection.
        pair: Ours.
        deadline_s: For each answer.

    Attributes:
        unknown_amendments: The identifiers of those in force that may bear on the exchange and are not known here, as
            of the last read.
    """

    def __init__(self, client: Client, pair: Pair, deadline_s: float) -> None:
        self._client = client
        self._pair = pair
        self._deadline_s = deadline_s
        self.unknown_amendments: tuple[str, ...] = ()

    async def ask(self, request: WireRequest[T]) -> T:
        """One answer.

        Raises:
            VenueError: There is none.
        """
        answer = await self._ask_for(request, absent="")
        assert answer is not None, "an answer is read to a value"
        return answer

    async def _ask_for(self, request: WireRequest[T], absent: str) -> T | None:
        """One answer; None if the server says by this error that the ledger has no such thing.

        A server that is too busy for one request is asked again: who leaves it for that begins with all of them anew.
        """
        answer = await self._client.ask(request, deadline_s=self._deadline_s)
        for pause_s in _BUSY_PAUSES_S:
            if not (isinstance(answer, ErrorFrame) and is_busy(answer)):
                break
            await trio.sleep(pause_s)
            answer = await self._client.ask(request, deadline_s=self._deadline_s)
        if not isinstance(answer, ErrorFrame):
            return answer
        if answer.error == absent:
            return None
        raise refusal(self._client.name, request.command, answer)

    async def amendments(self, at: str) -> frozenset[str]:
        """Those in force on a ledger, as far as the embedded ledger knows them; what it does not know is told."""
        entry = await self._ask_for(requests.ledger_entry(_AMENDMENTS, at), "entryNotFound")
        ids = [] if entry is None else entry.node.get("Amendments", [])
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise self.malformed(FrameError("Amendments", "is no list of hashes"))
        listed = of_ids(ids)
        if listed.unknown and listed.unknown != self.unknown_amendments:  # each read would tell them again
            named = {"endpoint": self._client.name, "amendments": listed.unknown}
            logger.bind(**named).warning("amendments_unknown")
        self.unknown_amendments = listed.unknown
        return listed.known

    async def read(self, closed: LedgerClosedFrame) -> PinnedRead:
        """The pair on a ledger.

        Args:
            closed: Which, and what was told of it.

        Raises:
            VenueError: An answer did not come, or the account is not there.
        """
        pair, at = self._pair, closed.ledger_hash
        pool: AmmInfo | None = await self._ask_for(requests.amm_info(pair, at), "actNotFound")
        return PinnedRead(
            pair=pair,
            closed=closed,
            amendments=await self.amendments(at),
            asks=await self.ask(requests.book_offers(pair, at, asks=True, limit=_OFFERS_MAX)),
            bids=await self.ask(requests.book_offers(pair, at, asks=False, limit=_OFFERS_MAX)),
            offers_max=_OFFERS_MAX,
            pool=pool,
            issuer=await self._root(pair.issuer, "issuer", at),
            own=await self._root(pair.account, "account", at),
            own_lines=await self.line(pair.account, at),
            own_offers=await self._own_offers(at),
        )

    async def _root(self, address: str, name: str, at: str) -> AccountInfo:
        """An account by its address, and by what it is called in the settings."""
        root = await self._ask_for(requests.account_info(address, at), "actNotFound")
        if root is None:
            mend = f"Check that address (venue.{name}, --{name}, NEO_{name.upper()}), and venue.network_id"
            raise NoSuchAccountError(f"{self._client.name}: its ledger does not have the {name} {address}", mend)
        return root

    async def _own_offers(self, at: str) -> tuple[OfferEntry, ...]:
        try:
            return tuple(read_offer(each) for each in await self.own_offer_nodes(at))
        except FrameError as error:
            raise self.malformed(error) from error

    async def own_offer_nodes(self, at: At) -> list[dict[str, Any]]:
        """Our account's offers on a ledger, as it has them, whatever their pair.

        Raises:
            VenueError: A page did not come, or there are too many.
        """
        nodes: list[dict[str, Any]] = []
        marker = None
        for _ in range(_OWNED_PAGES_MAX):
            page = await self.ask(requests.account_objects(self._pair.account, "offer", at, marker=marker))
            nodes += page.objects
            at, marker = page.ledger_hash or at, page.marker
            if marker is None:
                return nodes
        raise self._endless("our offers")

    async def line(self, account: str, at: At = requests.VALIDATED) -> AccountLines:
        """An account's line of the pair's token on a ledger; no lines if it has none.

        A server counts everything that the account owns towards a page, so that the line may come on a later one.

        Raises:
            VenueError: A page did not come, or there are too many.
        """
        pair, marker = self._pair, None
        for _ in range(_OWNED_PAGES_MAX):
            page = await self.ask(requests.account_lines(account, pair.issuer, at, limit=_LINES_MAX, marker=marker))
            found = any(each.peer == pair.issuer and each.currency == pair.currency for each in page.lines)
            at, marker = page.ledger_hash or at, page.marker
            if found or marker is None:
                return page
        raise self._endless(f"lines of {account}")

    async def own_transactions(self, first: int, last: int) -> list[TransactionFrame]:
        """Our account's transactions in these ledgers, oldest first, some twice.

        Pages overlap by a whole ledger, since a server may leave one out between two. Only where a single ledger fills
        a page does the next one begin at the server's mark.

        Raises:
            VenueError: A page did not come, or there are too many.
        """
        rows: list[TransactionFrame] = []
        marker = None
        for _ in range(_PAGES_MAX):
            request = requests.account_tx(self._pair.account, first, last, forward=True, limit=_PAGE_MAX, marker=marker)
            page = await self.ask(request)
            if page.ledger_index_min > first or page.ledger_index_max < last:
                searched = f"{page.ledger_index_min} to {page.ledger_index_max}"
                what = f"{self._client.name}: told of our transactions in ledgers {searched}, not in {first} to {last}"
                raise NotSyncedError(what, WAIT_MEND)
            rows += page.transactions
            if page.marker is None:
                return rows
            next_first = page.transactions[-1].ledger_index if page.transactions else first
            marker = page.marker if next_first <= first else None
            first = max(first, next_first)
        raise self._endless("our transactions", _PAGES_MAX)

    def _endless(self, rows: str, pages_max: int = _OWNED_PAGES_MAX) -> MalformedError:
        return MalformedError(f"{self._client.name}: more than {pages_max} pages of {rows}", OTHER_MEND)

    def malformed(self, error: FrameError | PinnedReadError) -> MalformedError:
        """The server's answer is not what was promised."""
        return MalformedError(f"{self._client.name}: {error}", OTHER_MEND)
