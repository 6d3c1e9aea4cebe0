"""The port of the ``replay`` venue: ledgers close as far apart as they were recorded, and empty ones after the last."""

from __future__ import annotations

from typing import Final

import trio

from actors.venues.kept.fork_measured import fork_measured
from actors.venues.kept.kept_venue import KeptVenue
from actors.venues.replay.replay_world import ReplayWorld

# Ledgers from one measurement of what became of others' transactions to the next.
_MEASURED_LEDGERS: Final = 15


class ReplayVenue(KeptVenue[ReplayWorld]):
    """Our connection to a recording that is being played.

    Args:
        world: The network.
    """

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close each ledger at its recorded distance from the one before, until cancelled."""
        market = self._world.market
        due_s = trio.current_time()
        task_status.started()
        while True:
            due_s += market.next_after_s
            await trio.sleep_until(due_s)
            was_used_up = market.is_used_up
            index = self._world.close_next().ledger_index
            if market.is_used_up > was_used_up or (index % _MEASURED_LEDGERS == 0 and not was_used_up):
                self.tell(fork_measured(index, market.counts, begun_anew=market.begun_anew))
            self.wake()
