"""The lookout: services that show and tell a session to the outside, in a thread with a Trio of its own.

There time is the machine's, whatever the session's is, and nothing that a service waits for (a browser, a dead relay)
is ever waited for in the session's loop. A service that breaks is told of in the log and is no more; the session and
the others go on.

It begins before the session does, so that a session that can't begin is told of as well, and may see its end.
"""

from __future__ import annotations

import contextlib
import contextvars
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar

import trio
from loguru import logger

from actors.lookout.watched import Ended, Watched
from actors.operator.hand import Operator
from actors.operator.protocol import ServiceHealth
from actors.plumbing.supervisor import describe
from actors.plumbing.tap import Lost, Tapped, TapQueue
from neo.messages import Message
from neo.messages.halts import HaltReason
from neo.text.redaction import hide_secrets

T = TypeVar("T")

# How often the session's messages are fetched: soon enough for an eye, and no wake-up for each message.
_FETCH_INTERVAL_S: Final = 0.05

# How long a service may take until it is ready: to listen, or to load what it needs.
START_S: Final = 10.0

# How long the services may take for their last words, such as an alert that tells of the end.
FAREWELL_S: Final = 15.0

_NOT_READY: Final = "not ready within {:g} s; see the log, or turn it off in the profile"

# How long the thread of a service that can't even be cancelled is waited for beyond that.
_STUCK_S: Final = 5.0
_JOIN_S: Final = 0.1


class ServiceRefusedError(Exception):
    """A service can't begin as it is set up: what is wrong, and the mend."""


class Service(Protocol):
    """One thing that is shown or told to the outside. All of it runs in the lookout's thread.

    ``types`` are the messages that :meth:`observe` is to get. What is lost on the way, because the session was faster,
    comes as :class:`actors.plumbing.tap.Lost`.
    """

    name: str
    types: Collection[type[Message]]

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Serve until cancelled.

        Raises:
            ServiceRefusedError: Before it has started: it can't.
        """

    def begin(self, session: Watched) -> None:
        """A session has begun."""

    def observe(self, item: Tapped | Lost) -> None:
        """Take in a message of the session."""

    def warn(self, note: str) -> None:
        """Take in a warning that the log has, in a line."""

    def end(self, ended: Ended) -> None:
        """The session has ended, or could not begin."""

    async def farewell(self) -> None:
        """Finish what has to be told still. It is cancelled after :data:`FAREWELL_S`."""

    def health(self) -> Sequence[ServiceHealth]:
        """Whether it does what it is for: a row, or one for each of its parts. Called in any thread."""


class Lookout:
    """The services of one session. Without any it costs nothing: no thread, and no tap.

    Args:
        services: What is shown and told.
        start_s: Real seconds until each must be ready.
        farewell_s: Real seconds that all may take for their last words.
    """

    def __init__(
        self, services: Sequence[Service] = (), *, start_s: float = START_S, farewell_s: float = FAREWELL_S
    ) -> None:
        self._services = list(services)
        self._start_s = start_s
        self._farewell_s = farewell_s
        self._broken: tuple[ServiceHealth, ...] = ()
        self._queue: TapQueue | None = None
        self._operator: Operator | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._refused: ServiceRefusedError | None = None
        self._stopping = trio.Event()
        self._leaving = trio.CancelScope()
        self._is_told = False

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Serve while the block runs, and until all is told that has to be.

        What keeps a session from beginning, and is raised in the block before it did, is told like its end.

        Raises:
            ServiceRefusedError: A service can't begin.
        """
        if not self._services:
            yield
            return
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(trio.run, self._serve), name="lookout", daemon=True)
        self._thread.start()
        if not self._ready.wait(self._start_s * len(self._services) + _STUCK_S):
            # One of them holds up the whole thread.
            self._refused = ServiceRefusedError(f"what shows and tells the session: {_NOT_READY.format(self._start_s)}")
        if self._refused is not None:
            self.close()
            raise self._refused
        try:
            yield
        except BaseException as error:
            if not self._is_told:
                reason = HaltReason.STARTUP_FAILURE if self._operator is None else HaltReason.UNEXPECTED_HALT
                self.end(Ended(session_id="", reason=reason, detail=hide_secrets(str(error) or describe(error))))
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Let the services say their last words, and wait for them; once more does no harm.

        Called in the thread that opened it. A Ctrl+C meanwhile cuts them short.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._soon(self._stopping.set)
        last_s = time.monotonic() + self._farewell_s + _STUCK_S
        with self._cut_short_by_interrupt():
            # In pieces: a signal that comes to another thread is heard by this one between two of them only.
            while thread.is_alive() and time.monotonic() < last_s:
                thread.join(_JOIN_S)
        if thread.is_alive():
            # It is a daemon, and ends with the process.
            logger.error("lookout_stuck")

    # --- Called in the session's thread, or any other --------------------------------------------------------------

    def begin(self, database: Path, session_id: str, operator: Operator) -> None:
        """A session has begun. Called in its thread."""
        if not self._services:
            return
        self._operator = operator
        operator.services = self.health
        types = {kind for service in self._services for kind in service.types}
        if types:
            self._queue = TapQueue(types)
            operator.attach(self._queue)
        session = Watched(database, session_id, operator)
        self._soon(self._each, lambda service: service.begin(session))

    def end(self, ended: Ended) -> None:
        """It has ended, or could not begin. Called in its thread, or where it should have begun."""
        self._is_told = True
        if self._operator is not None and self._queue is not None:
            self._operator.detach(self._queue)
        self._soon(self._end, ended)

    def warn(self, note: str) -> None:
        """Take in a warning that the log has. Called in any thread."""
        self._soon(self._each, lambda service: service.warn(note))

    def health(self) -> tuple[ServiceHealth, ...]:
        """How all services are, those that broke too. Called in any thread."""
        return tuple(row for service in tuple(self._services) for row in _health(service)) + self._broken

    def hurry(self) -> None:
        """Leave without last words. Called in any thread."""
        self._soon(self._leaving.cancel)

    def _soon(self, job: Callable[..., object], *args: object) -> None:
        if self._token is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(job, *args)

    @contextlib.contextmanager
    def _cut_short_by_interrupt(self) -> Iterator[None]:
        """The session is over: who presses Ctrl+C now has waited enough for what is still to be told."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, lambda *_: self.hurry())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # --- In the lookout's thread -----------------------------------------------------------------------------------

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            try:
                for service in tuple(self._services):
                    await self._start(nursery, service)
            except ServiceRefusedError as error:
                self._refused = error
                nursery.cancel_scope.cancel()
            finally:
                self._ready.set()
            nursery.start_soon(self._fetch)
            await self._stopping.wait()
            self._drain()
            with trio.move_on_after(self._farewell_s), self._leaving:
                async with trio.open_nursery() as leaving:
                    for service in self._services:
                        leaving.start_soon(self._bid_farewell, service)
            nursery.cancel_scope.cancel()

    async def _start(self, nursery: trio.Nursery, service: Service) -> None:
        with trio.move_on_after(self._start_s) as starting:
            try:
                await nursery.start(self._guarded, service)
            except RuntimeError as error:
                # Trio's word for a task that ended before it was ready. If it broke, that is told already.
                if service in self._services:
                    self._broke(service, error)
        if starting.cancelled_caught:
            raise ServiceRefusedError(f"{service.name}: {_NOT_READY.format(self._start_s)}")

    async def _guarded(self, service: Service, task_status: trio.TaskStatus[None]) -> None:
        try:
            await service.run(task_status)
        except ServiceRefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks in showing it, the session goes on without it
            self._broke(service, error)

    async def _bid_farewell(self, service: Service) -> None:
        try:
            await service.farewell()
        except Exception as error:  # noqa: BLE001 - as above
            self._broke(service, error)

    async def _fetch(self) -> None:
        while True:
            await trio.sleep(_FETCH_INTERVAL_S)
            self._drain()

    def _drain(self) -> None:
        queue = self._queue
        while queue is not None and (item := queue.take()) is not None:
            for service in tuple(self._services):
                if isinstance(item, Lost) or type(item.message) in service.types:
                    self._do(service, service.observe, item)

    def _end(self, ended: Ended) -> None:
        if self._queue is not None:
            self._queue.tell_missed()
        self._drain()
        self._each(lambda service: service.end(ended))

    def _each(self, do: Callable[[Service], None]) -> None:
        for service in tuple(self._services):
            self._do(service, do, service)

    def _do(self, service: Service, do: Callable[[T], None], given: T) -> None:
        try:
            do(given)
        except Exception as error:  # noqa: BLE001 - as above
            self._broke(service, error)

    def _broke(self, service: Service, error: Exception) -> None:
        # Not served any more; its task, if it goes on, has nothing to tell.
        if service in self._services:
            self._services.remove(service)
            self._broken += (ServiceHealth(service.name, ok=False, detail="broke; the log tells how"),)
            logger.opt(exception=error).bind(service=service.name).error("service_broke")


def _health(service: Service) -> Sequence[ServiceHealth]:
    try:
        return service.health()
    except Exception as error:  # noqa: BLE001 - a status must not break over who only shows it
        return (ServiceHealth(service.name, ok=False, detail=f"can't be told ({type(error).__name__})"),)
