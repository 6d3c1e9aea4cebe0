"""The ``sim`` venue: the embedded ledger with its crowd, closing a ledger every interval of session time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
import trio

from actors.venues.port import SignedTransaction
from actors.venues.sim.world import World
from actors.venues.venue_errors import VenueError
from neo.chain.money import BASE_FEE_DROPS, RESERVE_OBJECT_DROPS
from neo.chain.pair import Pair
from neo.desk.preflight import Preview, preview_on
from neo.messages import LedgerClosed
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.sim.outbox import transaction_hash


class SimVenue:
    """Our connection to a simulated ledger.

    Args:
        world: The network.
    """

    base_fee_drops = BASE_FEE_DROPS
    owner_reserve_drops = RESERVE_OBJECT_DROPS

    def __init__(self, world: World) -> None:
        self.pair = Pair(world.origin.account, RLUSD_CURRENCY, RLUSD_ISSUER)
        self._world = world
        self._closed = trio.Event()
        self._connected = False

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
        """Reach the venue; returns the last closed ledger."""
        await trio.lowlevel.checkpoint()
        self._connected = True
        return self._world.latest

    async def ledgers(self, after_index: int) -> AsyncGenerator[LedgerClosed, None]:
        """Every ledger after that one, until :meth:`disconnect`.

        Raises:
            VenueError: if some of them are no longer kept.
        """
        while self._connected:
            newer = self._world.newer(after_index)
            if newer and newer[0].ledger_index != after_index + 1:
                raise VenueError(
                    f"ledgers {after_index + 1} to {newer[0].ledger_index - 1} are no longer kept",
                    "Start a new session.",
                )
            for closed in newer:
                yield closed
                after_index = closed.ledger_index
            if not newer:
                await self._closed.wait()

    async def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers now."""
        return preview_on(self.market.ledger, tx, self.pair)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """The simulation has no keys: a transaction's identity is the hash of its content."""
        transaction = dict(tx)
        return SignedTransaction(transaction_hash(transaction), msgspec.json.encode(transaction).decode())

    async def submit(self, tx_hash: str, blob: str) -> str:
        """Send a transaction for the next ledger; returns the preliminary result.

        Like the other answers of this venue it is there at once: a trip through the scheduler for nothing, several
        times a tick, would cost a day's session seconds.
        """
        return self._world.submit(msgspec.json.decode(blob), tx_hash)

    async def lookup(self, tx_hash: str) -> int | None:
        """The ledger that has a transaction of ours, or None."""
        await trio.lowlevel.checkpoint()
        return self._world.lookup(tx_hash)

    async def disconnect(self) -> None:
        """Leave the venue."""
        await trio.lowlevel.checkpoint()
        self._connected = False
        self._wake()

    def _wake(self) -> None:
        self._closed.set()
        self._closed = trio.Event()
