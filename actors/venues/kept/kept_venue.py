"""The port of a venue whose ledger is embedded: what is asked is answered at once, what closes is told in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Generic, TypeVar

import msgspec
import trio

from actors.plumbing.bell import Bell
from actors.venues.kept.kept_world import KeptWorld
from actors.venues.venue_errors import VenueError
from neo.chain.shapes import SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.preflight import Preview, preview_on
from neo.messages import Fate, LedgerClosed, Lookup, Submit, Submitted, VenueEvent, VenueRequest
from neo.network.unsigned import unsigned

W = TypeVar("W", bound=KeptWorld[Any, Any])


class KeptVenue(ABC, Generic[W]):
    """Our connection to an embedded ledger. Whose it is says when ledgers close (:meth:`run`).

    Args:
        world: The network.
    """

    def __init__(self, world: W) -> None:
        self.pair = world.pair
        self.funding: Funding | None = None
        self._world = world
        self._news = Bell()
        self._answers: deque[VenueEvent] = deque()
        self._connected = False
        self._failure: VenueError | None = None

    @abstractmethod
    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close ledgers until cancelled. They close whether anyone listens or not, as on the network."""

    async def connect(self) -> LedgerClosed:
        """Reach the venue; returns the last closed ledger. Answers to what was asked before are lost."""
        await trio.lowlevel.checkpoint()
        self._answers.clear()
        self._connected = True
        return self._world.latest

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Answers as they come, and every ledger after that one, until :meth:`disconnect`.

        Raises:
            VenueError: Some of the ledgers are no longer kept, or there will be none (:meth:`fail`).
        """
        while self._connected:
            while self._answers:
                yield self._answers.popleft()
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            newer = self._world.newer(after_index)
            if newer and newer[0].first_index > after_index + 1:
                raise VenueError(
                    f"ledgers {after_index + 1} to {newer[0].first_index - 1} are no longer kept",
                    "Start a new session.",
                )
            for closed in newer:
                yield closed
                after_index = closed.ledger_index
            if not newer and not self._answers:
                await self._news.wait()

    def post(self, request: VenueRequest) -> None:
        """Do it at once; the answer waits among the events."""
        match request:
            case Submit():
                tx = msgspec.json.decode(request.blob)
                result = self._world.submit(tx, request.tx_hash, fail_hard=request.fail_hard)
                self._answers.append(Submitted(tx_hash=request.tx_hash, result=result))
            case Lookup():
                index = self._world.lookup(request.tx_hash)
                through = None if index is not None else self._world.latest.ledger_index
                self._answers.append(Fate(tx_hash=request.tx_hash, validated_in=index, absent_through=through))
        self.wake()

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers now."""
        return preview_on(self._world.market.ledger, tx, self.pair)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """There are no keys: a transaction's identity is the hash of its content."""
        return unsigned(dict(tx))

    async def disconnect(self) -> None:
        """Leave the venue."""
        await trio.lowlevel.checkpoint()
        self._connected = False
        self.wake()

    def tell(self, event: VenueEvent) -> None:
        """Have it among the events; :meth:`wake` who walks them."""
        self._answers.append(event)

    def fail(self, error: VenueError) -> None:
        """Have it raised among the events, once: who is on the way down walks them again."""
        self._failure = error
        self.wake()

    def wake(self) -> None:
        """There is news for who walks :meth:`events`."""
        self._news.ring()
