"""The port of the ``paper`` venue: ledgers close as the real network's do, and what is ours is in the fork alone."""

from __future__ import annotations

from collections import deque
from typing import Final

import trio

from actors.venues.kept.fork_measured import fork_measured
from actors.venues.kept.kept_venue import KeptVenue
from actors.venues.live.observer import Observed, ObservedGap, Observer
from actors.venues.paper.paper_world import PaperWorld
from actors.venues.venue_errors import NeedsOperatorError, VenueError
from neo.messages import VenueRequest
from neo.replay.fork import UNREADABLE_LEDGER
from neo.replay.forked_market import UNTOLD_INTERVAL_S
from neo.replay.paper_market import BeginsAnew, NextLedger
from neo.replay.recorded import RecordedLedger, RecordedState

# Ledgers from one measurement of what became of others' transactions to the next.
_MEASURED_LEDGERS: Final = 15

_SHAPE_MEND: Final = "Start again, with another server if it is told so once more (venue.endpoints)"


class PaperVenue(KeptVenue[PaperWorld]):
    """Our connection to a fork of the real market.

    What is asked while no server is reached waits until one is: as it would on the real network.

    Args:
        world: The fork.
        observer: Tells of the real market from the fork's last ledger on.
    """

    def __init__(self, world: PaperWorld, observer: Observer) -> None:
        super().__init__(world)
        self._observer = observer
        self._gap: ObservedGap | None = None
        self._put_off: deque[VenueRequest] = deque()
        self._is_alone = False

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Live through every ledger of the real network, until cancelled.

        Once trying to reach it is of no use, ledgers close with nothing in them but what is ours, for the way down.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._observer.run)
            task_status.started()
            try:
                while True:
                    self._take(await self._observer.next())
                    if not self._observer.is_catching_up:
                        self._catch_up()
            except VenueError as error:
                self._is_alone = True
                self.fail(error)
            while True:
                self._catch_up()
                await trio.sleep(UNTOLD_INTERVAL_S)
                self._world.close_next()

    def post(self, request: VenueRequest) -> None:
        """Do it at once if the real network is reached, else as soon as it is; the answer waits among the events."""
        if self._is_alone or (self._observer.is_connected and not self._observer.is_catching_up):
            super().post(request)
        else:
            self._put_off.append(request)

    def _take(self, told: Observed) -> None:
        """Go by what was observed.

        Raises:
            NeedsOperatorError: It lacks the ledger's shape, and the fork is not level any more.
        """
        try:
            match told:
                case ObservedGap():
                    self._gap = told
                case RecordedState() if self._gap is not None or told.ledger_index > self._world.market.closed_index:
                    # Any other state is of a ledger that was lived through already, and says nothing new.
                    why = "" if self._gap is None else self._gap.why
                    self._world.hear(BeginsAnew(told, why or "nobody told of them"))
                    self._gap = None
                    self._measure(is_due=True)
                case RecordedLedger():
                    self._world.hear(NextLedger(told))
                    self._measure(is_due=told.ledger_index % _MEASURED_LEDGERS == 0)
        except UNREADABLE_LEDGER as error:
            what = f"ledger {self._world.market.closed_index + 1} lacks the ledger's shape ({error!r})"
            raise NeedsOperatorError(what, _SHAPE_MEND) from error

    def _measure(self, *, is_due: bool) -> None:
        market = self._world.market
        if is_due:
            self.tell(fork_measured(market.closed_index, market.counts, begun_anew=market.begun_anew))

    def _catch_up(self) -> None:
        """Tell what has closed, and do what was put off if it can be done now."""
        while self._put_off and (self._is_alone or self._observer.is_connected):
            super().post(self._put_off.popleft())
        self.wake()
