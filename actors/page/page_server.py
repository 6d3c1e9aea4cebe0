"""The page's server: who listens, how many are let in, and what is told of those who are not.

It is Trio's own listeners with h11 between: small enough to be read, and all of its waiting is Trio's. A server for
ASGI would bring more than a page needs; Hypercorn, the one that knows Trio, does not tell an application there that its
reader has left (its issue 210), and a stream of events has to know.

Connections that wait for a request are bounded: one too many pushes out the one that waits longest, so a flood of them
keeps nobody out who asks something. Those that are answered are bounded too; beyond, a request is told to come again.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final
from urllib.parse import urlencode

import msgspec
import trio
from loguru import logger

from actors.operator.channel import Crowd
from actors.page.access import LOGIN_PATH, Gate
from actors.page.conversation import Conversation, Incoming, PageBounds, RefusedRequestError, sentence
from actors.page.exchange import Answer, PageEvent, PageStream, Site

# Connections that wait, requests that are being answered, and streams among them; the same descriptors are the
# database's and the servers' of a session.
WAITING_MAX: Final = 128
ANSWERING_MAX: Final = 64
STREAMS_MAX: Final = 16

# Wrong tokens are answered one after another, each after so many seconds; who comes while so many wait is sent away.
_WRONG_S: Final = 0.5
_WRONG_WAITING_MAX: Final = 8
# How often the log tells of them, in seconds.
_TELL_INTERVAL_S: Final = 10.0

# A closing connection may take, in seconds.
_GOODBYE_S: Final = 1.0

Listener = trio.SocketListener | trio.SSLListener[trio.SocketStream]


class PageServer:
    """One page, served to whoever connects.

    Args:
        site: What a request is answered.
        gate: Who may ask what.
        bounds: Of one connection.
        now_s: The machine's time of day, in seconds since 1970.
    """

    def __init__(
        self, site: Site, gate: Gate, bounds: PageBounds | None = None, now_s: Callable[[], float] = time.time
    ) -> None:
        self._site = site
        self._gate = gate
        self._bounds = bounds or PageBounds()
        self._now_s = now_s
        self._waiting = Crowd(WAITING_MAX)
        self._answering = 0
        self._streams = 0
        self._wrong = WrongTokens()
        self._quiet = trio.Event()

    async def serve(self, listeners: Sequence[Listener]) -> None:
        """Serve until cancelled."""
        await trio.serve_listeners(self.hold, list(listeners))

    async def quiet(self) -> None:
        """Wait until nothing is being answered."""
        while self._answering:
            await self._quiet.wait()

    async def hold(self, stream: trio.abc.Stream) -> None:
        """Answer one connection until it is over."""
        try:
            async with _closing(stream):
                await Conversation(stream, self, self._bounds, self._now_s).hold()
        except* (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError, ssl.SSLError):
            pass  # the browser has left, does not read, or speaks no TLS
        except* Exception as broken:  # noqa: BLE001 - one connection's fault must not be another's
            logger.opt(exception=broken).error("page_broke")

    # --- As a conversation's desk ----------------------------------------------------------------------------------

    def waiting(self, scope: trio.CancelScope) -> AbstractContextManager[None]:
        """Entered while a request is waited for, which may be cancelled then."""
        return self._waiting.joined(scope)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Entered while one is answered.

        Raises:
            RefusedRequestError: Too many are.
        """
        if self._answering >= ANSWERING_MAX:
            raise RefusedRequestError(503, "Too many requests are being answered; come again in a moment.")
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1
            if not self._answering:
                self._quiet.set()
                self._quiet = trio.Event()

    async def answer(self, incoming: Incoming) -> Answer:
        """What a request is answered."""
        judged = self._gate.judge(incoming.asked)
        if judged.is_wrong:
            await self._wrong.slow_down()
        if judged.status == 303:
            target = f"{LOGIN_PATH}?{urlencode({'next': incoming.request.path})}"
            return sentence(303, judged.why, {"Location": target})
        if judged.status != 200:
            asks = {"WWW-Authenticate": 'Bearer realm="NEO"'} if judged.status == 401 else {}
            return sentence(judged.status, judged.why, asks)
        try:
            answer = await self._site(msgspec.structs.replace(incoming.request, may_act=judged.may_act))
        except Exception as error:  # noqa: BLE001 - whatever broke, who asked is told that something did
            logger.opt(exception=error).error("page_broke")
            return sentence(500, "The page broke over that; the log tells how. What it shows elsewhere is good.")
        if not isinstance(answer, PageStream):
            return answer
        if self._streams >= STREAMS_MAX:
            return sentence(503, f"{STREAMS_MAX} streams are open already; close a page.")
        return PageStream(self._counted(answer))

    @contextlib.asynccontextmanager
    async def _counted(self, answer: PageStream) -> AsyncGenerator[AsyncIterator[PageEvent]]:
        self._streams += 1
        try:
            async with answer.events as events:
                yield events
        finally:
            self._streams -= 1


class WrongTokens:
    """Wrong tokens: slowed, and counted in the log without what was sent."""

    def __init__(self) -> None:
        self._one_by_one = trio.Lock()
        self._count = 0
        self._told_s = -_TELL_INTERVAL_S

    async def slow_down(self) -> None:
        """Wait until one who sent a wrong token may be told so.

        Raises:
            RefusedRequestError: Too many wait.
        """
        self._count += 1
        if trio.current_time() - self._told_s >= _TELL_INTERVAL_S:
            logger.bind(count=self._count).warning("page_token_wrong")
            self._told_s = trio.current_time()
        if self._one_by_one.statistics().tasks_waiting >= _WRONG_WAITING_MAX:
            raise RefusedRequestError(429, "Too many wrong tokens came; try again in a while.")
        async with self._one_by_one:
            await trio.sleep(_WRONG_S)


@contextlib.asynccontextmanager
async def _closing(stream: trio.abc.Stream) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        # TLS says goodbye, which who does not read could hold up; Trio closes it all the same.
        with trio.move_on_after(_GOODBYE_S):
            await stream.aclose()
