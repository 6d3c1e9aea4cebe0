"""Reading the pair from a server as one ledger has it, request by request, all of them pinned to that ledger."""

from __future__ import annotations

from typing import Any, TypeVar

from loguru import logger

from actors.venues.live.client import Client
from actors.venues.live.refusals import refusal
from actors.venues.live.socket import OTHER_MEND
from actors.venues.venue_errors import MalformedError
from neo.chain.pair import Pair
from neo.ledger import keys
from neo.ledger.amendments import of_ids
from neo.mirror.pinned_read import PinnedRead, PinnedReadError
from neo.wire import requests
from neo.wire.books import AmmInfo, OfferEntry, read_offer
from neo.wire.fields import FrameError
from neo.wire.frames import ErrorFrame, LedgerClosedFrame, TransactionFrame
from neo.wire.requests import At, WireRequest

T = TypeVar("T")

# Offers asked for of each side: the most that a server gives to who is no admin.
_OFFERS_MAX = 100
# Of one page of our transactions: the most that a server gives to who is no admin. A walk of more pages than this is
# given up: reading the ledgers since would take too long to be of use.
_PAGE_MAX = 200
_PAGES_MAX = 500
# Of our offers: more than any maker has. A server that never comes to the last one would keep us for ever.
_OFFER_PAGES_MAX = 50

# The one entry that lists the amendments in force. Source: xrpl.org, "Amendments entry" (its space key is ``f``).
_AMENDMENTS = keys.half_hash(b"\0f").hex().upper()


class PinnedReader:
    """Asks one server, with a deadline for each answer.

    Args:
        client: An open connection.
        pair: Ours.
        deadline_s: For each answer.
    """

    def __init__(self, client: Client, pair: Pair, deadline_s: float) -> None:
        self._client = client
        self._pair = pair
        self._deadline_s = deadline_s

    async def ask(self, request: WireRequest[T]) -> T:
        """One answer.

        Raises:
            VenueError: There is none.
        """
        return await self._client.request(request, deadline_s=self._deadline_s)

    async def _ask_for(self, request: WireRequest[T], absent: str) -> T | None:
        """One answer; None if the server says by this error that the ledger has no such thing."""
        answer = await self._client.ask(request, deadline_s=self._deadline_s)
        if not isinstance(answer, ErrorFrame):
            return answer
        if answer.error == absent:
            return None
        raise refusal(self._client.name, request.command, answer)

    async def amendments(self, at: str) -> frozenset[str]:
        """Those in force on a ledger, as far as the embedded ledger knows them; what it does not know is told."""
        entry = await self._ask_for(requests.ledger_entry(_AMENDMENTS, at), "entryNotFound")
        listed = of_ids(() if entry is None else entry.node.get("Amendments", ()))
        if listed.unknown:
            named = {"endpoint": self._client.name, "amendments": listed.unknown}
            logger.bind(**named).warning("amendments_unknown")
        return listed.known

    async def read(self, closed: LedgerClosedFrame, amendments: frozenset[str] | None = None) -> PinnedRead:
        """The pair on a ledger.

        Args:
            closed: Which, and what was told of it.
            amendments: In force on it, if they are known.

        Raises:
            VenueError: An answer did not come, or the account is not there.
        """
        pair, at = self._pair, closed.ledger_hash
        pool: AmmInfo | None = await self._ask_for(requests.amm_info(pair, at), "actNotFound")
        return PinnedRead(
            pair=pair,
            closed=closed,
            amendments=await self.amendments(at) if amendments is None else amendments,
            asks=await self.ask(requests.book_offers(pair, at, asks=True, limit=_OFFERS_MAX)),
            bids=await self.ask(requests.book_offers(pair, at, asks=False, limit=_OFFERS_MAX)),
            offers_max=_OFFERS_MAX,
            pool=pool,
            issuer=await self.ask(requests.account_info(pair.issuer, at)),
            own=await self.ask(requests.account_info(pair.account, at)),
            own_lines=await self.ask(requests.account_lines(pair.account, pair.issuer, at)),
            own_offers=await self._own_offers(at),
        )

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
        for _ in range(_OFFER_PAGES_MAX):
            page = await self.ask(requests.account_objects(self._pair.account, "offer", at, marker=marker))
            nodes += page.objects
            marker = page.marker
            if marker is None:
                return nodes
        raise MalformedError(f"{self._client.name}: more than {_OFFER_PAGES_MAX} pages of our offers", OTHER_MEND)

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
            rows += page.transactions
            if page.marker is None or not page.transactions:
                return rows
            next_first = page.transactions[-1].ledger_index
            marker = page.marker if next_first <= first else None
            first = max(first, next_first)
        raise MalformedError(f"{self._client.name}: more than {_PAGES_MAX} pages of our transactions", OTHER_MEND)

    def malformed(self, error: FrameError | PinnedReadError) -> MalformedError:
        """The server's answer is not what was promised."""
        return MalformedError(f"{self._client.name}: {error}", OTHER_MEND)
