"""The ``sim`` venue: the embedded ledger with its crowd, closing a ledger every interval of session time."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec
import trio

from actors.venue import SignedTransaction, VenueError
from neo.fills import Pair
from neo.messages import LedgerClosed
from neo.preflight import Preview, preview_on
from neo.sim.facts import BASE_FEE_DROPS, RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.sim.orders import transaction_hash
from neo.sim.report import opening_ledger, report

# Ledgers kept for a gateway that comes back after a restart: far more than any back-off lasts.
_LEDGERS_KEPT = 512


class SimVenue:
    """A simulated ledger that one account trades on.

    Args:
        market: The world.
        account: Our address in it.
        interval_s: Session seconds between two ledgers.
    """

    base_fee_drops = BASE_FEE_DROPS

    def __init__(self, market: SimMarket, account: str, interval_s: int) -> None:
        self.pair = Pair(account, RLUSD_CURRENCY, RLUSD_ISSUER)
        self.market = market
        self._interval_s = interval_s
        self._latest = opening_ledger(market, account)
        self._recent: deque[LedgerClosed] = deque(maxlen=_LEDGERS_KEPT)
        self._closed = trio.Event()
        self._connected = False

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close ledgers until cancelled. They close whether anyone listens or not, as on the network."""
        start_s = trio.current_time()
        task_status.started()
        count = 0
        while True:
            count += 1
            await trio.sleep_until(start_s + count * self._interval_s)
            self._latest = report(self.market, self.market.close_next(), self.pair.account)
            self._recent.append(self._latest)
            self._wake()

    async def connect(self) -> LedgerClosed:
        """Reach the venue; returns the last closed ledger."""
        await trio.lowlevel.checkpoint()
        self._connected = True
        return self._latest

    async def ledgers(self, after_index: int) -> AsyncGenerator[LedgerClosed, None]:
        """Every ledger after that one, until :meth:`disconnect`.

        Raises:
            VenueError: if some of them are no longer kept.
        """
        while self._connected:
            newer = self._newer(after_index)
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
        return self.market.submit(msgspec.json.decode(blob), tx_hash)

    async def disconnect(self) -> None:
        """Leave the venue."""
        await trio.lowlevel.checkpoint()
        self._connected = False
        self._wake()

    def _newer(self, after_index: int) -> list[LedgerClosed]:
        """The kept ledgers after that one, oldest first. Usually there is one, so they are looked for from the end."""
        newer = list(itertools.takewhile(lambda closed: closed.ledger_index > after_index, reversed(self._recent)))
        newer.reverse()
        return newer

    def _wake(self) -> None:
        self._closed.set()
        self._closed = trio.Event()
