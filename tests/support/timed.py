"""Where a session's time goes: Trio's own word on every task step, and what is spent waiting in between."""

from __future__ import annotations

import time
from collections import Counter

import trio

# Task names, by the function that a task runs; supervised actors are told apart by the slot they run.
_WAITING = "waiting (database thread, operating system)"


class Stopwatch(trio.abc.Instrument):
    """Adds up the real time of each task's steps, and of the waits between them."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()
        self._names: dict[int, str] = {}
        self._began_s = 0.0

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        # An id may be used again once its task is gone.
        self._names.pop(id(task), None)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:  # noqa: ARG002 - the instrument's signature
        self._began_s = time.perf_counter()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        name = self._names.get(id(task))
        if name is None:
            name = self._names[id(task)] = _name(task)
        self.spent_s[name] += time.perf_counter() - self._began_s

    def before_io_wait(self, timeout: float) -> None:  # noqa: ARG002 - the instrument's signature
        self._began_s = time.perf_counter()

    def after_io_wait(self, timeout: float) -> None:  # noqa: ARG002 - the instrument's signature
        self.spent_s[_WAITING] += time.perf_counter() - self._began_s

    def shares(self) -> dict[str, float]:
        """Each part's share of all the time, largest first."""
        total_s = sum(self.spent_s.values())
        return {name: spent_s / total_s for name, spent_s in self.spent_s.most_common()}


def _name(task: trio.lowlevel.Task) -> str:
    frame = getattr(task.coro, "cr_frame", None)
    known = {} if frame is None else frame.f_locals
    if "slot" in known:
        return f"{known['slot'].name} actor"
    if "task" in known and hasattr(known["task"], "__qualname__"):
        return str(known["task"].__qualname__)
    return task.name.rsplit(".", 1)[-1]
