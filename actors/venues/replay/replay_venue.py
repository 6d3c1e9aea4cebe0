"""The port of the ``replay`` venue: ledgers close as far apart as they were recorded, and empty ones after the last."""

from __future__ import annotations

from typing import Final

import trio

from actors.plumbing.clock import sleep_until
from actors.plumbing.files import FileRefusedError
from actors.venues.kept.fork_measured import fork_measured
from actors.venues.kept.kept_venue import KeptVenue
from actors.venues.replay.replay_world import ReplayWorld
from actors.venues.venue_errors import NotReadyError
from neo.replay.fork import UNREADABLE_LEDGER

# Ledgers from one measurement of what became of others' transactions to the next.
_MEASURED_LEDGERS: Final = 15


class ReplayVenue(KeptVenue[ReplayWorld]):
    """Our connection to a recording that is being played.

    Args:
        world: The network.
    """

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Close each ledger at its recorded distance from the one before, until cancelled.

        Where the recording can't be gone on with, they close with nothing in them but what is ours, for the way down.
        """
        market = self._world.market
        due_s = trio.current_time()
        task_status.started()
        while True:
            try:
                due_s += market.next_after_s
                await sleep_until(due_s)
                self._close_next()
            except FileRefusedError as error:
                market.give_up()
                self.fail(NotReadyError(f"{error.path}: {error.what}", error.mend))
            except UNREADABLE_LEDGER as error:
                market.give_up()
                what = f"ledger {market.closed_index + 1} of the recording lacks the ledger's shape ({error!r})"
                self.fail(NotReadyError(what, "Name another recording with --recording."))

    def _close_next(self) -> None:
        market = self._world.market
        was_used_up = market.is_used_up
        index = self._world.close_next().ledger_index
        if market.is_used_up > was_used_up or (index % _MEASURED_LEDGERS == 0 and not was_used_up):
            self.tell(fork_measured(index, market.counts, begun_anew=market.begun_anew))
        self.wake()
