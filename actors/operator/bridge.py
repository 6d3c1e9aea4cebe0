"""From the control channel's thread into the session's: calls that are made in time or not at all, and once.

A call that the session does not get to in time is withdrawn: it will never be made, and that can be said. Which of the
two happened is decided once, by whoever is first, the session that begins it or the channel that gives it up.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import trio
from loguru import logger

from actors.operator.protocol import Refused, Reply, Unsure

T = TypeVar("T")

# Requests whose answers are kept. One is asked again within seconds, and no operator gives thousands of orders in them.
_ANSWERS_KEPT: Final = 4096

_BROKE: Final = "the session broke while it did that, and the log tells how"


class NotDoneError(Exception):
    """The session has ended, or did not get to it in time: it was not done and will not be."""


class UnsureError(Exception):
    """It was begun, and what came of it is not known."""


class Bridge:
    """Calls from the channel's loop into the session's.

    Args:
        token: Of the session's loop.
    """

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self._token = token

    async def call(self, job: Callable[[], T], last_s: float) -> T:
        """What ``job`` returns, run between two of the session's steps; it must not wait.

        Args:
            job: What to do.
            last_s: On this process's monotonic clock: what was not begun by then is not done.

        Raises:
            NotDoneError: There is no session to run it, or not in time.
            UnsureError: It broke.
        """
        ticket = _Ticket(job, last_s)
        try:
            self._token.run_sync_soon(contextvars.copy_context().run, ticket.perform)
        except trio.RunFinishedError:
            raise NotDoneError("the session has ended") from None
        try:
            with trio.move_on_after(max(0.0, last_s - time.monotonic())):
                await ticket.done.wait()
        finally:
            # Also when this wait was cancelled: nobody is there any more to be told that it was done late.
            is_withdrawn = ticket.take()
        if is_withdrawn:
            raise NotDoneError("the session did not get to it in time, so it is not done")
        # It has begun, and takes no time.
        await ticket.done.wait()
        if not ticket.results:
            raise UnsureError(_BROKE)
        return ticket.results[0]


class _Ticket(Generic[T]):
    def __init__(self, job: Callable[[], T], last_s: float) -> None:
        self._job = job
        self._last_s = last_s
        self._home = trio.lowlevel.current_trio_token()
        self._untaken = threading.Lock()
        self.done = trio.Event()
        self.results: list[T] = []

    def take(self) -> bool:
        """True for the first one who takes it: to do it, or to withdraw it."""
        return self._untaken.acquire(blocking=False)

    def perform(self) -> None:
        if time.monotonic() >= self._last_s or not self.take():
            return
        try:
            self.results.append(self._job())
        except Exception as error:  # noqa: BLE001 - what is raised here would end Trio itself; it is told, and not answered
            logger.opt(exception=error).error("control_call_broke")
        with contextlib.suppress(trio.RunFinishedError):
            self._home.run_sync_soon(self.done.set)


class Errands:
    """What was asked of a session, by the request's id: done once; asked again, the first answer is given again.

    Used in the session's thread alone.
    """

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bytes, Reply]] = {}

    def once(self, request_id: str, command: bytes, do: Callable[[], Reply]) -> Reply:
        """The answer to a command, which is done if it was not done before.

        Args:
            request_id: Its own.
            command: As it was sent: by its bytes, for what is no number is not even equal to itself.
            do: Does it.
        """
        if request_id in self._answers:
            asked, answer = self._answers[request_id]
            return answer if asked == command else Refused("another command had this request's id")
        if len(self._answers) >= _ANSWERS_KEPT:
            del self._answers[next(iter(self._answers))]
        # Before it is done: what breaks half-way is not begun a second time.
        self._answers[request_id] = (command, Unsure(_BROKE))
        answer = do()
        self._answers[request_id] = (command, answer)
        return answer
