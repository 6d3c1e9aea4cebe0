"""The ``sim`` venue: the embedded ledger with its crowd, closing a ledger every interval of session time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
import trio

from actors.venues.sim.funding import SimFunding
from actors.venues.sim.world import World
from actors.venues.venue_errors import VenueError
from neo.chain.pair import Pair
from neo.chain.shapes import SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.preflight import Preview, preview_on
from neo.messages import (
    Fate,
    LedgerClosed,
    Lookup,
    Submit,
    Submitted,
    VenueAnswer,
    VenueEvent,
    VenueRequest,
)
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.sim.outbox import transaction_hash


class SimVenue:
    """Our connection to a simulated ledger.

    Args:
        world: The network.
    """

    def __init__(self, world: World) -> None:
        self.pair = Pair(world.origin.account, RLUSD_CURRENCY, RLUSD_ISSUER)
        self._world = world
        self._news = trio.Event()
        self._answers: deque[VenueAnswer] = deque()
        self._connected = False
        self.funding: Funding | None = SimFunding(world.market.ledger.sequence, self.sign)

    @property
    def market(self) -> SimMarket:
        """The market on it."""
        return self._world.market

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close ledgers until cancelled. They close whether anyone listens or not, as on the network."""
        start_s = trio.current_time()
        task_status.started()
        count = 0
        while True:
            count += 1
            await trio.sleep_until(start_s + count * self._world.origin.config.ledger_interval_s)
            self._world.close_next()
            self._wake()

    async def connect(self) -> LedgerClosed:
        """Reach the venue; returns the last closed ledger. Answers to what was asked before are lost."""
        await trio.lowlevel.checkpoint()
        self._answers.clear()
        self._connected = True
        return self._world.latest

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Answers as they come, and every ledger after that one, until :meth:`disconnect`.

        Raises:
            VenueError: if some of the ledgers are no longer kept.
        """
        while self._connected:
            while self._answers:
                yield self._answers.popleft()
            newer = self._world.newer(after_index)
            if newer and newer[0].ledger_index != after_index + 1:
                raise VenueError(
                    f"ledgers {after_index + 1} to {newer[0].ledger_index - 1} are no longer kept",
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
        self._wake()

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers now."""
        return preview_on(self.market.ledger, tx, self.pair)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """The simulation has no keys: a transaction's identity is the hash of its content."""
        transaction = dict(tx)
        return SignedTransaction(transaction_hash(transaction), msgspec.json.encode(transaction).decode())

    async def disconnect(self) -> None:
        """Leave the venue."""
        await trio.lowlevel.checkpoint()
        self._connected = False
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = trio.Event()
