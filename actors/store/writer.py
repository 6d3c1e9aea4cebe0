"""One thread that owns the database connection, and the hop to it from Trio.

A commit may take as long as the disk does, so where anyone keeps time with the session, peers or a person who watches,
it never runs in Trio's thread. A dedicated thread with a plain queue takes half the time of ``trio.to_thread``, which
picks a thread and a limiter slot for each call. Where nobody does, at full speed, the session's clock stands still
until the commit is done, and the hop there and back would cost as much as the commit.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import math
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, TypeVar

import trio

from actors.store.store_errors import StuckError

P = ParamSpec("P")
T = TypeVar("T")

# A commit that takes longer than this is a dead disk: the session has to be able to end and say so. The longest
# healthy stall known of consumer disks is a few seconds.
PATIENCE_S: Final = 30.0

# For a job whose caller may leave it at any time.
_AT_ANY_TIME: Final = -math.inf

# Real seconds in which a helper's thread that does not hang has ended.
_LEAVE_PATIENCE_S: Final = 1.0

# Real seconds for which a job aside holds the clock.
_HOLD_S: Final = 1.0


class Writer:
    """A thread for the jobs of one store.

    Args:
        path: The database, for errors.
        name: The thread's name.
        working: Holds the session's clock while a job is in flight (``VirtualClock.working``; under the real clock
            ``contextlib.nullcontext``).
        is_alone: Whether nobody keeps time with the session.
    """

    def __init__(
        self, path: Path, name: str, working: Callable[[], AbstractContextManager[None]], *, is_alone: bool = False
    ) -> None:
        self._path = path
        self._working = working
        self.is_alone = is_alone
        self._stuck = False
        self._in_flight = 0
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        # A daemon: a thread that hangs in a dead disk must not keep the process from ending.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job in the writer's thread and return what it returns, or raise what it raises.

        Jobs run one at a time, in the order of the calls. A job that was begun is waited for even if the caller is
        cancelled: the answer decides whether an order may leave, and half-known is worse than a moment late. The
        cancellation takes effect at the caller's next checkpoint.

        Raises:
            StuckError: The thread has not come back within ``PATIENCE_S``; what became of the job is not known.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        deadline = trio.current_time() + PATIENCE_S
        ticket = _Job(lambda: job(*args, **kwargs), deadline)
        self._in_flight += 1
        with self._working(), trio.CancelScope(deadline=deadline, shield=True):
            self._jobs.put(ticket)
            await trio.lowlevel.wait_task_rescheduled(ticket.abandon)
        self._stuck = not ticket.done
        # A job that was given up is in the thread for good.
        self._in_flight -= ticket.done
        if self._stuck:
            raise StuckError(self._path, f"the disk has not answered for {PATIENCE_S:.0f} s", "Check the disk.")
        return ticket.unwrap()

    async def run_briefly(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a job of a moment: in the caller's own turn if nobody keeps time, unless the thread is at one.

        Raises:
            StuckError: As above.
        """
        if self._in_flight or not self.is_alone:
            return await self.run(job, *args, **kwargs)
        return await _in_own_turn(job, *args, **kwargs)

    async def run_aside(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job that nothing waits for but its caller: it may take as long as it likes.

        It holds the clock for a moment, in which a healthy one is done, and not beyond. A caller that is cancelled
        leaves at once; the thread goes on with the job alone. Where nobody keeps time it is done in the caller's turn.
        """
        if self.is_alone:
            return await _in_own_turn(job, *args, **kwargs)
        ticket = _Job(lambda: job(*args, **kwargs), _AT_ANY_TIME)
        token = trio.lowlevel.current_trio_token()
        with contextlib.ExitStack() as held:
            held.enter_context(self._working())
            timer = threading.Timer(_HOLD_S, _release, (token, held))
            timer.daemon = True
            timer.start()
            try:
                self._jobs.put(ticket)
                await trio.lowlevel.wait_task_rescheduled(ticket.abandon)
            finally:
                timer.cancel()
        return ticket.unwrap()

    def beside(self, name: str) -> Writer:
        """Another thread for the same database and clock."""
        return Writer(self._path, name, self._working, is_alone=self.is_alone)

    def leave(self, last: Callable[[], None]) -> None:
        """End the thread after the jobs that wait in it and one more; of a thread that hangs in one nobody waits."""
        self._jobs.put(_Job(last, _AT_ANY_TIME, abandoned=True))
        self._jobs.put(None)
        self._thread.join(_LEAVE_PATIENCE_S)

    def close(self) -> None:
        """End the thread after the jobs that wait in it.

        Raises:
            StuckError: It hangs in a job.
        """
        self._jobs.put(None)
        # A thread that a job has been given up on has had its patience.
        self._thread.join(_LEAVE_PATIENCE_S if self._stuck else PATIENCE_S)
        if self._thread.is_alive():
            raise StuckError(self._path, f"the disk has not answered for {PATIENCE_S:.0f} s", "Check the disk.")

    def _serve(self) -> None:
        while (ticket := self._jobs.get()) is not None:
            ticket.perform()
            # Or the last job's arguments would live until the next one.
            del ticket


async def _in_own_turn(job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    await trio.lowlevel.checkpoint_if_cancelled()
    return job(*args, **kwargs)


def _release(token: trio.lowlevel.TrioToken, held: contextlib.ExitStack) -> None:
    """In the timer's thread: let the clock go on."""
    with contextlib.suppress(trio.RunFinishedError):
        token.run_sync_soon(held.close)


def _in_context(context: contextvars.Context, call: Callable[[], T]) -> T:
    return context.run(call)


class _Job(Generic[T]):
    """A call on its way through the thread and back. Made in a Trio task, which waits for it."""

    def __init__(self, call: Callable[[], T], deadline: float, *, abandoned: bool = False) -> None:
        # In the caller's context: what the job logs belongs to the session that asked for it.
        self._call = functools.partial(_in_context, contextvars.copy_context(), call)
        self._deadline = deadline
        self._task = trio.lowlevel.current_task()
        self._token = trio.lowlevel.current_trio_token()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._abandoned = abandoned
        self.done = False

    def perform(self) -> None:
        """In the thread: make the call, keep its outcome, wake the task."""
        try:
            self._result.append(self._call())
        except BaseException as error:  # noqa: BLE001 - not swallowed: it goes to the task that asked, whole
            self._error = error
        try:
            self._token.run_sync_soon(self._wake)
        except trio.RunFinishedError:
            # The run ended around a job it had given up on; there is nobody left to tell.
            return

    def abandon(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        """In Trio: give the job up if the patience is over. A KeyboardInterrupt, which no shield stops, waits."""
        if trio.current_time() < self._deadline:
            return trio.lowlevel.Abort.FAILED
        self._abandoned = True
        return trio.lowlevel.Abort.SUCCEEDED

    def unwrap(self) -> T:
        """What the call returned; raises what it raised."""
        error = self._error
        if error is None:
            return self._result[0]
        try:
            raise error
        finally:
            # The error's traceback holds this frame, and this frame the error: cut the circle.
            del error
            self._error = None

    def _wake(self) -> None:
        if not self._abandoned:
            self.done = True
            trio.lowlevel.reschedule(self._task)
