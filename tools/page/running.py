"""A running session, asked from the page: the one of this process, or another process's by its control channel."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

import msgspec
import trio

from actors.lookout.watched import Ended, Watched
from actors.operator.bridge import NotDoneError, UnsureError
from actors.operator.filters import MESSAGE_TYPES
from actors.operator.protocol import GetStatus, OpenTap, Order, Reply, Status, Unsure
from actors.plumbing.tap import Lost, Tapped, TapQueue
from tools.console.errors import OperatorError
from tools.console.link import EXIT_UNSURE, Errand, Link, answered

T = TypeVar("T")

# How often a tap's queue is emptied, in seconds: soon enough for an eye.
_TAP_INTERVAL_S: Final = 0.1

# What waits for one listener. More a second than this and a listener reads with gaps, which it is told.
_TAP_BOUND: Final = 1024

# How long a thread waits for a line before it looks whether its listener is still there, in seconds.
_LINE_PATIENCE_S: Final = 0.5
_LINES_AT_ONCE: Final = 256


class SessionGoneError(Exception):
    """The session can't be asked: it has ended, or does not answer. Its text says which, as a sentence."""


class PageEnding(msgspec.Struct, frozen=True):
    """How a session ended.

    Args:
        session: Which.
        reason: The halt reason; "" if nobody knows it, because it was killed or its machine went down.
        detail: Its numbers or words.
    """

    session: str
    reason: str
    detail: str

    def __str__(self) -> str:
        return ": ".join(filter(None, [self.reason or "for a reason that nobody wrote down", self.detail]))


class RunningSession(Protocol):
    """A session that runs, here or in another process."""

    session_id: str
    database: Path

    async def status(self) -> Status:
        """Where it stands.

        Raises:
            SessionGoneError: It can't be asked.
        """
        ...

    async def obey(self, request_id: str, order: Order) -> Reply:
        """Its answer to an order, which is done once at most for an id.

        Raises:
            SessionGoneError: It can't be asked, and nothing was done.
        """
        ...

    def tap(self, types: tuple[str, ...]) -> AbstractAsyncContextManager[AsyncIterator[Tapped | Lost]]:
        """Its messages as they flow, as builtins, until it ends; some are lost to a slow reader, who is told.

        Args:
            types: Names of those that are wanted; empty for all.

        Raises:
            SessionGoneError: It can't be asked.
        """
        ...

    async def ended(self) -> PageEnding:
        """Wait until it has ended; tells how."""
        ...


class OwnSession:
    """The session of this very process, from the lookout's thread.

    Args:
        watched: The session.
    """

    def __init__(self, watched: Watched) -> None:
        self.session_id = watched.session_id
        self.database = watched.database
        self._watched = watched
        self._ending = trio.Event()
        self._how: PageEnding | None = None

    def end(self, how: Ended) -> None:
        """It has ended: whoever listens is let go."""
        self._how = PageEnding(self.session_id, str(how.reason), how.detail)
        self._ending.set()

    async def status(self) -> Status:
        """As :class:`RunningSession`."""
        return await self._asked(self._watched.status)

    async def obey(self, request_id: str, order: Order) -> Reply:
        """As :class:`RunningSession`."""
        return await self._watched.obey(request_id, order)

    @contextlib.asynccontextmanager
    async def tap(self, types: tuple[str, ...]) -> AsyncGenerator[AsyncIterator[Tapped | Lost]]:
        """As :class:`RunningSession`."""
        queue = TapQueue([MESSAGE_TYPES[name] for name in types] or None, _TAP_BOUND)
        try:
            await self._asked(partial(self._watched.attach, queue))
            async with contextlib.aclosing(self._items(queue)) as items:
                yield items
        finally:
            self._watched.detach(queue)

    async def ended(self) -> PageEnding:
        """As :class:`RunningSession`."""
        await self._ending.wait()
        assert self._how is not None, "set before the event is"
        return self._how

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self._how is not None:
            raise SessionGoneError(f"Session {self.session_id} has ended.")
        try:
            return await ask()
        except (NotDoneError, UnsureError) as error:
            raise SessionGoneError(f"Session {self.session_id} can't be asked: {error}.") from None

    async def _items(self, queue: TapQueue) -> AsyncGenerator[Tapped | Lost]:
        while True:
            over = self._ending.is_set()
            if over:
                queue.tell_missed()
            while (item := queue.take()) is not None:
                yield item if isinstance(item, Lost) else _as_builtins(item)
            if over:
                return
            with trio.move_on_after(_TAP_INTERVAL_S):
                await self._ending.wait()


class OtherSession:
    """A session of another process.

    Args:
        database: Its database.
        session_id: Its name, as its control channel tells it.
    """

    def __init__(self, database: Path, session_id: str) -> None:
        self.session_id = session_id
        self.database = database
        self._ending = trio.Event()
        self._how: PageEnding | None = None

    def end(self, how: PageEnding) -> None:
        """It has ended, as its database tells."""
        self._how = how
        self._ending.set()

    async def status(self) -> Status:
        """As :class:`RunningSession`."""
        errand = Errand(self.database, GetStatus(), session_id=self.session_id)
        reply = await self._asked(lambda: answered(errand.reply()))
        assert isinstance(reply, Status), "a session answers what it was asked"
        return reply

    async def obey(self, request_id: str, order: Order) -> Reply:
        """As :class:`RunningSession`."""
        errand = Errand(self.database, order, request_id=request_id, session_id=self.session_id)
        try:
            return await trio.to_thread.run_sync(errand.reply, abandon_on_cancel=True)
        except OperatorError as error:
            if error.exit_code == EXIT_UNSURE:
                return Unsure(error.message)
            raise SessionGoneError(error.message) from None

    @contextlib.asynccontextmanager
    async def tap(self, types: tuple[str, ...]) -> AsyncGenerator[AsyncIterator[Tapped | Lost]]:
        """As :class:`RunningSession`."""
        errand = Errand(self.database, OpenTap(types), session_id=self.session_id)
        link = await self._asked(errand.link)
        try:
            await self._asked(lambda: answered(link.first()))
            async with contextlib.aclosing(self._items(link)) as items:
                yield items
        finally:
            link.close()

    async def ended(self) -> PageEnding:
        """As :class:`RunningSession`."""
        await self._ending.wait()
        assert self._how is not None, "set before the event is"
        return self._how

    async def _asked(self, ask: Callable[[], T]) -> T:
        try:
            # What waits for another process is left to itself when nobody waits for it any more.
            return await trio.to_thread.run_sync(ask, abandon_on_cancel=True)
        except OperatorError as error:
            raise SessionGoneError(error.message) from None
        except OSError:
            raise SessionGoneError(f"Session {self.session_id} has just ended.") from None

    async def _items(self, link: Link) -> AsyncGenerator[Tapped | Lost]:
        while (lines := await trio.to_thread.run_sync(_lines, link)) is not None:
            for line in lines:
                yield line


def _lines(link: Link) -> list[Tapped | Lost] | None:
    """What came, after a moment's wait at most; None at the end. In a thread: who left is seen between two calls."""
    found: list[Tapped | Lost] = []
    try:
        while len(found) < _LINES_AT_ONCE:
            reply = link.reply(time.monotonic() + (0.0 if found else _LINE_PATIENCE_S))
            if reply is None:
                return found or None
            if isinstance(reply, Tapped | Lost):
                found.append(reply)
    except TimeoutError:
        pass
    except (OSError, OperatorError):
        return found or None
    return found


def _as_builtins(item: Tapped) -> Tapped:
    """A message as it looks once it was read back from JSON."""
    return Tapped(item.seq, item.source, item.target, msgspec.to_builtins(item.message))
