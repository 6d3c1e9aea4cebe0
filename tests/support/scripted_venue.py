"""A venue that does what a test says, and nothing else: every event is told by hand, every request is kept."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import trio
from support.desk_by_hand import PAIR, Pen, ledger

from actors.venues.venue_errors import VenueError
from neo.chain.shapes import SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.preflight import Preview
from neo.messages import LedgerClosed, VenueEvent, VenueRequest


class ScriptedVenue:
    """One account's venue under a test's hand.

    Args:
        first: What :meth:`connect` answers.
    """

    def __init__(self, first: LedgerClosed | None = None) -> None:
        self.pair = PAIR
        self.funding: Funding | None = None
        self.first = first or ledger(10)
        self.posted: list[VenueRequest] = []
        self.walks: list[int] = []
        self.connects = 0
        self.is_left = False
        self._pen = Pen()
        # What each attempt to connect meets first; used up, it succeeds.
        self.connect_errors: list[VenueError] = []
        self._send, self._receive = trio.open_memory_channel[VenueEvent | VenueError](math.inf)

    def tell(self, *events: VenueEvent | VenueError) -> None:
        """Put these into the stream: late, doubled, reordered, as the test likes. An error breaks it off."""
        for event in events:
            self._send.send_nowait(event)

    async def connect(self) -> LedgerClosed:
        """The first ledger, or the next error of the script."""
        await trio.lowlevel.checkpoint()
        self.connects += 1
        if self.connect_errors:
            raise self.connect_errors.pop(0)
        return self.first

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """What is told, in that order; where the walk began is noted."""
        self.walks.append(after_index)
        async for event in self._receive:
            if isinstance(event, VenueError):
                raise event
            yield event

    def post(self, request: VenueRequest) -> None:
        """Keep it. Nobody answers unless the test does."""
        self.posted.append(request)

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """Everything only rests."""
        return self._pen.preview(tx)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """By hand."""
        return self._pen.sign(tx)

    async def disconnect(self) -> None:
        """Note it."""
        await trio.lowlevel.checkpoint()
        self.is_left = True
