"""The ``sim`` venue: the embedded ledger with its crowd, closing a ledger every interval of session time."""

from __future__ import annotations

import trio

from actors.plumbing.clock import sleep_until
from actors.venues.kept.kept_venue import KeptVenue
from actors.venues.sim.funding import SimFunding
from actors.venues.sim.world import World
from neo.sim.market import SimMarket


class SimVenue(KeptVenue[World]):
    """Our connection to a simulated ledger.

    Args:
        world: The network.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.funding = SimFunding(world.market.ledger.sequence, self.sign)

    @property
    def market(self) -> SimMarket:
        """The market on it."""
        return self._world.market

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close a ledger every interval until cancelled."""
        start_s = trio.current_time()
        task_status.started()
        count = 0
        while True:
            count += 1
            await sleep_until(start_s + count * self._world.origin.config.ledger_interval_s)
            self._world.close_next()
            self.wake()
