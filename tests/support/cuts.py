"""Cuts: a task, with all that it started, is cancelled as one of them comes to its n-th await."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio


class Cut(trio.abc.Instrument):
    """Cancels work at one of its own awaits, however busy or idle everybody else is.

    A loop beside it that waits for the moment can't do that: it keeps the run from ever being idle, so that no clock
    jumps and nobody who waits for quiet goes on.

    Args:
        count: At which await, from 1: after so many steps of the work's own tasks. 0 cuts nothing.
    """

    def __init__(self, count: int) -> None:
        self._left = count
        self._own: set[trio.lowlevel.Task] = set()
        self._scope = trio.CancelScope()

    async def run(self, work: Callable[..., Awaitable[None]], *args: Any) -> bool:
        """Do the work; True if it was cut, False if it ended before its n-th await."""
        self._own.add(trio.lowlevel.current_task())
        trio.lowlevel.add_instrument(self)
        try:
            with self._scope:
                await work(*args)
        finally:
            trio.lowlevel.remove_instrument(self)
        return self._scope.cancelled_caught

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """Trio's: a task that ours started is ours."""
        if task.parent_nursery is not None and task.parent_nursery.parent_task in self._own:
            self._own.add(task)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Trio's: count, and cut in time."""
        if task in self._own:
            self._left -= 1
            if self._left == 0:
                self._scope.cancel()
