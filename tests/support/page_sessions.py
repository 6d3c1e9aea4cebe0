"""Running sessions for the page's tests: a whole one's from the lookout's thread, and one that does as it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trio

from actors.lookout.watched import Ended, Watched
from actors.operator.protocol import Done, Order, Reply, ServiceHealth, Status
from actors.plumbing.tap import Lost, Tapped
from neo.messages import Message
from tools.page.running import OwnSession, PageEnding, SessionGoneError

T = TypeVar("T")

PATIENCE_S = 60.0


class Keeper:
    """A service that lends its session to a test, which runs in another thread."""

    name = "keeper"
    types: Collection[type[Message]] = ()

    def __init__(self) -> None:
        self.session: OwnSession | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._busy = 0
        self._done = trio.Event()

    def do(self, script: Callable[[OwnSession], Awaitable[T]]) -> T:
        """Run a script in the lookout's thread; it may go on beyond the session's end."""

        async def run() -> T:
            assert self.session is not None
            self._busy += 1
            try:
                with trio.fail_after(PATIENCE_S):
                    return await script(self.session)
            finally:
                self._busy -= 1
                self._done.set()
                self._done = trio.Event()

        return trio.from_thread.run(run, trio_token=self._token)

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        self._token = trio.lowlevel.current_trio_token()
        task_status.started()
        await trio.sleep_forever()

    def begin(self, session: Watched) -> None:
        self.session = OwnSession(session)

    def observe(self, item: Tapped | Lost) -> None: ...

    def warn(self, note: str) -> None: ...

    def end(self, ended: Ended) -> None:
        if self.session is not None:
            self.session.end(ended)

    def health(self) -> tuple[ServiceHealth, ...]:
        return ()

    async def farewell(self) -> None:
        while self._busy:
            await self._done.wait()


class ScriptedSession:
    """A running session that answers what a test puts into it.

    Args:
        statuses: One after another, the last one for ever; none for a session that can't be asked.
        items: What its tap tells.
    """

    def __init__(self, statuses: Sequence[Status] = (), items: Sequence[Tapped | Lost] = ()) -> None:
        self.session_id = "s1"
        self.database = Path("/nowhere/neo.sqlite3")
        self.orders: list[tuple[str, Order]] = []
        self.asked = 0
        self.taps = 0
        self.reply: Reply = Done("s1", "being done")
        self.over = trio.Event()
        self.how = PageEnding("s1", "kill_switch", "page kill: enough")
        self._statuses = list(statuses)
        self._items = list(items)

    async def status(self) -> Status:
        self.asked += 1
        if not self._statuses:
            raise SessionGoneError("Session s1 can't be asked: it has ended.")
        return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]

    def forget(self) -> None:
        """It can't be asked any more."""
        self._statuses = []

    async def obey(self, request_id: str, order: Order) -> Reply:
        self.orders.append((request_id, order))
        return self.reply

    @asynccontextmanager
    async def tap(self, types: tuple[str, ...]) -> AsyncGenerator[AsyncIterator[Tapped | Lost]]:
        self.taps += 1

        async def items() -> AsyncGenerator[Tapped | Lost]:
            for item in self._items:
                if isinstance(item, Lost) or not types or item.message["type"] in types:
                    yield item
            await self.over.wait()

        told = items()
        try:
            yield told
        finally:
            self.taps -= 1
            await told.aclose()

    async def ended(self) -> PageEnding:
        await self.over.wait()
        return self.how
