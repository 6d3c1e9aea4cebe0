"""The session's clock: the real one where sockets are, else a virtual one, never ahead of work in flight.

The virtual clock runs as fast as the machine allows, or paced.

Trio asks a clock how long it may sleep only when no task can run. That question is where virtual time moves: when
everything that could happen at this instant has happened, the clock steps to the next deadline, or to the next alarm
(:func:`sleep_until`), which is what a deadline is without a cancel scope. Work that Trio can't
see, a commit in a worker thread say, would look like idleness, so whoever hands work to a thread says so
(:meth:`VirtualClock.working`) and the clock holds still until it is done.

The order of events therefore depends on the session's seed and configuration alone, not on the machine's load or
on the speed that the operator chose.
"""

from __future__ import annotations

import abc
import contextlib
import heapq
import itertools
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import trio

from actors.plumbing.bell import Bell

# A worker that hangs (a dead disk, say) must not freeze the deadlines that would end the session: after this much
# real time the clock moves although work is in flight. Far beyond any healthy commit.
WORK_PATIENCE_S = 30.0

# Trio caps its sleeps at a day; any larger number means "until something happens".
_UNTIL_WOKEN_S = 86_400.0


class SessionClock(trio.abc.Clock):
    """A clock that Trio runs a session with."""

    @abc.abstractmethod
    def working(self) -> AbstractContextManager[None]:
        """Entered and left in a Trio task, around work that runs where Trio can't see it."""


class RealClock(SessionClock):
    """Real time, counted from the session's start. Where sockets are no other will do: the peers keep time too.

    Args:
        real_time_s: A monotonic clock in seconds, given by tests.
    """

    def __init__(self, *, real_time_s: Callable[[], float] = time.monotonic) -> None:
        self._real_time_s = real_time_s
        self._start_s = 0.0

    def start_clock(self) -> None:
        """Called once by Trio as the run begins."""
        self._start_s = self._real_time_s()

    def current_time(self) -> float:
        """Seconds since the run began."""
        return self._real_time_s() - self._start_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Called by Trio when no task can run: how long to wait at most."""
        return max(0.0, deadline - self.current_time())

    def working(self) -> AbstractContextManager[None]:
        """Nothing has to be held: this clock goes on whoever works."""
        return contextlib.nullcontext()


class VirtualClock(SessionClock):
    """Virtual time for Trio.

    Args:
        speed: Virtual seconds per real second; ``math.inf`` jumps straight to each deadline.
        real_time_s: A monotonic clock in seconds, given by tests that check the pacing.
    """

    def __init__(self, speed: float = math.inf, *, real_time_s: Callable[[], float] = time.monotonic) -> None:
        if not speed > 0:
            raise ValueError(f"speed: {speed} is not a positive number of virtual seconds per real second")
        self._speed = speed
        self._real_time_s = real_time_s
        self._now_s = 0.0
        self._real_start_s = 0.0
        self._in_flight = 0
        self._held_since_s: float | None = None
        # When each rings, and in which order they were set.
        self._alarms: list[tuple[float, int, Bell]] = []
        self._alarm_numbers = itertools.count()

    def start_clock(self) -> None:
        """Called once by Trio as the run begins."""
        self._real_start_s = self._real_time_s()

    def current_time(self) -> float:
        """Virtual seconds since the run began."""
        return self._now_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Called by Trio when no task can run: step to the deadline, or say how long to wait in real seconds."""
        if self._alarms:
            deadline = min(deadline, self._alarms[0][0])
        if deadline <= self._now_s:
            return 0.0
        wait_s = self._hold_s()
        if wait_s == 0.0:
            if math.isinf(deadline):
                return _UNTIL_WOKEN_S
            wait_s = self._pace_s(deadline)
        if wait_s > 0.0:
            return wait_s
        self._now_s = deadline
        while self._alarms and self._alarms[0][0] <= deadline:
            heapq.heappop(self._alarms)[2].ring()
        return 0.0

    async def alarm(self, at_s: float) -> None:
        """Return at a time that has not come yet; see :func:`sleep_until`."""
        bell = Bell()
        alarm = (at_s, next(self._alarm_numbers), bell)
        heapq.heappush(self._alarms, alarm)
        try:
            await bell.wait()
        except BaseException:
            self._alarms.remove(alarm)
            heapq.heapify(self._alarms)
            raise

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Hold the clock while work runs where Trio can't see it. Enter and leave it in a Trio task."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            if self._in_flight == 0:
                self._held_since_s = None

    def _hold_s(self) -> float:
        if self._in_flight == 0:
            return 0.0
        now_s = self._real_time_s()
        if self._held_since_s is None:
            self._held_since_s = now_s
        return max(0.0, WORK_PATIENCE_S - (now_s - self._held_since_s))

    def _pace_s(self, deadline: float) -> float:
        if math.isinf(self._speed):
            return 0.0
        due_s = self._real_start_s + deadline / self._speed
        return max(0.0, due_s - self._real_time_s())


async def sleep_until(at_s: float) -> None:
    """``trio.sleep_until`` for what sleeps every ledger. There a cancel scope is opened, and cancelled, for each sleep,
    which costs more than most of what is woken does; a virtual clock knows by itself whom it has to wake.
    """
    clock = trio.lowlevel.current_clock()
    if isinstance(clock, VirtualClock) and at_s > clock.current_time():
        await clock.alarm(at_s)
    else:
        await trio.sleep_until(at_s)
