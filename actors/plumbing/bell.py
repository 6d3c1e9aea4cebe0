"""What one task waits for and others ring: an event that is used again and again, at a fraction of an event's cost."""

from __future__ import annotations

import trio


class Bell:
    """Wakes the one task that waits for it. A ring that nobody waits for is lost, so who waits has looked before."""

    def __init__(self) -> None:
        self._waiting: trio.lowlevel.Task | None = None

    async def wait(self) -> None:
        """Until it rings.

        Raises:
            trio.BusyResourceError: Another task waits for it.
        """
        if self._waiting is not None:
            raise trio.BusyResourceError("a bell has one listener")
        self._waiting = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._leave)

    def ring(self) -> bool:
        """Wake who waits, at its next turn; False if nobody does."""
        waiting = self._waiting
        if waiting is None:
            return False
        self._waiting = None
        trio.lowlevel.reschedule(waiting)
        return True

    def _leave(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._waiting = None
        return trio.lowlevel.Abort.SUCCEEDED
