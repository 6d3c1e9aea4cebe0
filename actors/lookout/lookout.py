"""The lookout: services that show and tell a session to the outside, in a thread with a Trio of its own.

There time is the machine's, whatever the session's is, and nothing that a service waits for (a browser, a dead relay)
is ever waited for in the session's loop. A service that breaks is told of in the log and is no more; the session and
the others go on.

It begins before the session does, so that a session that can't begin is told of as well, and may see its end.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import trio
from loguru import logger

from actors.lookout.watched import Ended, Watched
from actors.operator.hand import Operator
from actors.plumbing.tap import Lost, Tapped, TapQueue
from neo.messages import Message

# How often the session's messages are fetched: soon enough for an eye, and no wake-up for each message.
_FETCH_INTERVAL_S: Final = 0.05

# How long the services may take for their last words, such as an alert that tells of the end.
FAREWELL_S: Final = 15.0


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


class Lookout:
    """The services of one session. Without any it costs nothing: no thread, and no tap.

    Args:
        services: What is shown and told.
    """

    def __init__(self, services: Sequence[Service] = ()) -> None:
        self._services = list(services)
        self._queue: TapQueue | None = None
        self._operator: Operator | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._ready = threading.Event()
        self._refused: ServiceRefusedError | None = None
        self._stopping = trio.Event()

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Serve while the block runs, and until all is told that has to be.

        Raises:
            ServiceRefusedError: A service can't begin.
        """
        if not self._services:
            yield
            return
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(trio.run, self._serve), name="lookout", daemon=True)
        thread.start()
        self._ready.wait()
        if self._refused is not None:
            thread.join()
            raise self._refused
        try:
            yield
        finally:
            self._soon(self._stopping.set)
            thread.join()

    # --- Called in the session's thread, or any other --------------------------------------------------------------

    def begin(self, database: Path, session_id: str, operator: Operator) -> None:
        """A session has begun. Called in its thread."""
        if not self._services:
            return
        self._operator = operator
        types = {kind for service in self._services for kind in service.types}
        if types:
            self._queue = TapQueue(types)
            operator.attach(self._queue)
        session = Watched(database, session_id, operator)
        self._soon(self._each, lambda service: service.begin(session))

    def end(self, ended: Ended) -> None:
        """It has ended, or could not begin. Called in its thread, or where it should have begun."""
        if self._operator is not None and self._queue is not None:
            self._operator.detach(self._queue)
        self._soon(self._end, ended)

    def warn(self, note: str) -> None:
        """Take in a warning that the log has. Called in any thread."""
        self._soon(self._each, lambda service: service.warn(note))

    def _soon(self, job: Callable[..., object], *args: object) -> None:
        if self._token is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(job, *args)

    # --- In the lookout's thread -----------------------------------------------------------------------------------

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            try:
                for service in tuple(self._services):
                    await nursery.start(self._guarded, service)
            except ServiceRefusedError as error:
                self._refused = error
                nursery.cancel_scope.cancel()
            finally:
                self._ready.set()
            nursery.start_soon(self._fetch)
            await self._stopping.wait()
            self._drain()
            with trio.move_on_after(FAREWELL_S):
                async with trio.open_nursery() as leaving:
                    for service in self._services:
                        leaving.start_soon(self._bid_farewell, service)
            nursery.cancel_scope.cancel()

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
            self._each(partial(_observed, item))

    def _end(self, ended: Ended) -> None:
        if self._queue is not None:
            self._queue.tell_missed()
        self._drain()
        self._each(lambda service: service.end(ended))

    def _each(self, do: Callable[[Service], None]) -> None:
        for service in tuple(self._services):
            try:
                do(service)
            except Exception as error:  # noqa: BLE001 - as above
                self._broke(service, error)

    def _broke(self, service: Service, error: Exception) -> None:
        # Not served any more; its task, if it goes on, has nothing to tell.
        if service in self._services:
            self._services.remove(service)
        logger.opt(exception=error).bind(service=service.name).error("service_broke")


def _observed(item: Tapped | Lost, service: Service) -> None:
    if isinstance(item, Lost) or type(item.message) in service.types:
        service.observe(item)
