"""One browser's connection: requests in, answers out, each within its bounds and its time.

HTTP itself is h11's: it has no input or output of its own, and knows what a request may look like. Here is what it
leaves open: how long a sender and a reader may take, how much a request may be, and what a browser is told.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import parse_qs, unquote

import h11
import msgspec
import trio

from actors.page.access import Caller
from actors.page.exchange import Answer, PageAnswer, PageEvent, PageRequest, PageStream
from actors.page.policies import headers_of

_CHUNK_BYTES: Final = 4096

# Of a query or a form; more than any page of ours has.
_FIELDS_MAX: Final = 100

_FORM: Final = "application/x-www-form-urlencoded"
_METHODS: Final = ("GET", "HEAD", "POST")

# Headers that decide who may do what: of two, another reader between would take the other one.
_ONCE: Final = frozenset({"host", "origin", "authorization", "content-type", "cookie"})

# What is still read of a request that was refused half-way: who sends on would not see the answer else.
_DRAINED_BYTES: Final = 262_144
_DRAIN_S: Final = 1.0


class PageBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much and how long.

    Args:
        header_bytes: A request's line and headers.
        body_bytes: Its body.
        request_s: From a request's first byte to its last.
        idle_s: From a connection's start or its last answer to the next request.
        write_s: A browser may take to read a piece of an answer.
        answer_s: A handler may take.
        heartbeat_s: A stream is silent for so long at most.
        retry_ms: A browser waits before it connects again.
    """

    header_bytes: int = 16_384
    body_bytes: int = 16_384
    request_s: float = 10.0
    idle_s: float = 75.0
    write_s: float = 20.0
    answer_s: float = 120.0
    heartbeat_s: float = 15.0
    retry_ms: int = 2000


class RefusedRequestError(Exception):
    """A request that is none of this page's.

    Args:
        status: Of HTTP.
        why: A sentence.
    """

    def __init__(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.answer = sentence(status, why, headers)


class Incoming(msgspec.Struct, frozen=True):
    """A whole request, and what the access rules look at."""

    request: PageRequest
    asked: Caller


def sentence(status: int, why: str, headers: Mapping[str, str] | None = None) -> PageAnswer:
    """A plain sentence as an answer."""
    body = f"{why}\n".encode()
    return PageAnswer(body=body, content_type="text/plain; charset=utf-8", status=status, headers=headers or {})


class Answerer(Protocol):
    """Who answers."""

    def waiting(self, scope: trio.CancelScope) -> AbstractContextManager[None]:
        """Entered while a request is waited for, which may be cancelled then."""
        ...

    def answering(self) -> AbstractContextManager[None]:
        """Entered while one is answered.

        Raises:
            RefusedRequestError: Too many are.
        """
        ...

    async def answer(self, incoming: Incoming) -> Answer:
        """What a request is answered."""
        ...


class Conversation:
    """One connection.

    Args:
        stream: To the browser.
        answerer: Who answers.
        bounds: See there.
        now_s: The machine's time of day, in seconds since 1970.
    """

    def __init__(
        self, stream: trio.abc.Stream, answerer: Answerer, bounds: PageBounds, now_s: Callable[[], float] = time.time
    ) -> None:
        self._stream = stream
        self._answerer = answerer
        self._bounds = bounds
        self._now_s = now_s
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=bounds.header_bytes)
        self._writing = trio.Lock()
        # Of the request that is waited for: whether something of it has come, and its method.
        self._began = False
        self._method = "GET"

    async def hold(self) -> None:
        """Answer one request after another, until either side has enough.

        Raises:
            trio.BrokenResourceError: The browser has left.
            trio.TooSlowError: It does not read.
        """
        try:
            while (incoming := await self._next()) is not None:
                with self._answerer.answering():
                    await self._answer(incoming)
                if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                    return
                self._http.start_next_cycle()
        except RefusedRequestError as error:
            await self._send_answer(error.answer, last=True)
            await self._drain()

    async def _answer(self, incoming: Incoming) -> None:
        answer: Answer = sentence(503, f"No answer came of it within {self._bounds.answer_s:g} seconds.")
        with trio.move_on_after(self._bounds.answer_s):
            answer = await self._answerer.answer(incoming)
        if isinstance(answer, PageAnswer):
            await self._send_answer(answer)
        elif self._method == "HEAD":
            await self._send_answer(PageAnswer(body=b"", content_type=_EVENTS))
        else:
            await self._send_stream(answer)

    # --- In ------------------------------------------------------------------------------------------------------

    async def _next(self) -> Incoming | None:
        """The next request; None if the browser left before one, or sent none for long."""
        with trio.CancelScope() as scope, self._answerer.waiting(scope):
            return await self._incoming(scope)
        if self._began:
            raise RefusedRequestError(408, "The request took too long to arrive.")
        return None

    async def _incoming(self, scope: trio.CancelScope) -> Incoming | None:
        self._began = bool(self._http.trailing_data[0])
        scope.deadline = trio.current_time() + (self._bounds.request_s if self._began else self._bounds.idle_s)
        try:
            event = await self._event(scope)
            if not isinstance(event, h11.Request):
                return None
            self._method = event.method.decode("ascii")
            head = _head(event, self._bounds.header_bytes)
            body = await self._body(scope, head)
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            raise RefusedRequestError(status, _PROTOCOL.get(status, _NOT_HTTP)) from None
        return _whole(head, body)

    async def _event(self, scope: trio.CancelScope) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            more = await self._stream.receive_some(_CHUNK_BYTES)
            if not self._began:
                # From its first byte on a request has its own time.
                self._began = True
                scope.deadline = trio.current_time() + self._bounds.request_s
            self._http.receive_data(bytes(more))
        return event

    async def _body(self, scope: trio.CancelScope, head: _Head) -> bytes:
        most = self._bounds.body_bytes
        # h11 has seen that it is a number.
        if int(head.headers.get("content-length", "0")) > most:
            raise RefusedRequestError(413, f"The body is larger than the {most:,} bytes that are read of one.")
        body = bytearray()
        while isinstance(event := await self._event(scope), h11.Data):
            body += event.data
            if len(body) > most:
                raise RefusedRequestError(413, f"The body is larger than the {most:,} bytes that are read of one.")
        return bytes(body)

    async def _drain(self) -> None:
        drained = 0
        with trio.move_on_after(_DRAIN_S):
            while drained < _DRAINED_BYTES and (more := await self._stream.receive_some(_CHUNK_BYTES)):
                drained += len(more)

    # --- Out -----------------------------------------------------------------------------------------------------

    async def _send_answer(self, answer: PageAnswer, *, last: bool = False) -> None:
        # Of an answer that has no body its length is none either; h11 knows which those are, but for its headers.
        has_body = answer.status not in (204, 304)
        framing = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))} if has_body else {}
        closing = {"Connection": "close"} if last else {}
        headers = headers_of({**framing, **answer.headers, **closing}, self._now_s())
        await self._send(
            h11.Response(status_code=answer.status, headers=headers, reason=HTTPStatus(answer.status).phrase)
        )
        if has_body and self._method != "HEAD":
            await self._send(h11.Data(data=answer.body))
        await self._send(h11.EndOfMessage())

    async def _send_stream(self, answer: PageStream) -> None:
        """Tell events until they end or the browser leaves; the connection is of no further use."""
        headers = headers_of({"Content-Type": _EVENTS, "X-Accel-Buffering": "no", "Connection": "close"}, self._now_s())
        await self._send(h11.Response(status_code=200, headers=headers, reason="OK"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._leave_with_browser, nursery.cancel_scope)
            nursery.start_soon(self._beat)
            await self._tell(f"retry: {self._bounds.retry_ms}\n\n")
            async with answer.events as events:
                async for event in events:
                    await self._tell(_framed(event))
            async with self._writing:
                await self._send(h11.EndOfMessage())
            nursery.cancel_scope.cancel()

    async def _leave_with_browser(self, scope: trio.CancelScope) -> None:
        with contextlib.suppress(trio.BrokenResourceError):
            while await self._stream.receive_some(_CHUNK_BYTES):
                pass
        scope.cancel()

    async def _beat(self) -> None:
        # What lies between drops a connection that is silent for long, and one that is dead shows when written to.
        while True:
            await trio.sleep(self._bounds.heartbeat_s)
            await self._tell(": alive\n\n")

    async def _tell(self, text: str) -> None:
        async with self._writing:
            await self._send(h11.Data(data=text.encode()))

    async def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            with trio.fail_after(self._bounds.write_s):
                await self._stream.send_all(data)


class _Head(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


# Of the stream's own lines; Python knows more line ends than it does.
_LINE_END: Final = re.compile(r"\r\n|\r|\n")

_EVENTS: Final = "text/event-stream; charset=utf-8"

_NOT_HTTP: Final = "That is no request as HTTP/1.1 has it."
_PROTOCOL: Final = {
    431: "The request's headers are too large.",
    501: "A body comes whole or in chunks, and not otherwise.",
}


def _head(event: h11.Request, bytes_max: int) -> _Head:
    # h11 has a bound only for one that has not ended yet. A name, a colon, a value, a line's end.
    if len(event.target) + sum(len(name) + len(value) + 4 for name, value in event.headers) > bytes_max:
        raise RefusedRequestError(431, _PROTOCOL[431])
    method = event.method.decode("ascii")
    if method not in _METHODS:
        named = ", ".join(_METHODS)
        raise RefusedRequestError(405, f"The page answers {named} only.", {"Allow": named})
    headers: dict[str, str] = {}
    for raw, value in event.headers:
        name = raw.decode("ascii")
        if name in headers and name in _ONCE:
            raise RefusedRequestError(400, "The request says one thing twice.")
        headers[name] = value.decode("latin-1")
    if "content-length" in headers and "transfer-encoding" in headers:
        # A proxy before us may go by the other one, and take the rest for somebody else's request.
        raise RefusedRequestError(400, "The request says the length of its body in two ways.")
    path, _, query = event.target.decode("ascii").partition("?")
    try:
        whole = unquote(path, errors="strict")
        fields = _fields(query)
    except ValueError:
        raise RefusedRequestError(400, "The address can't be read; write it in UTF-8, percent-encoded.") from None
    if not whole.startswith("/") or not whole.isprintable():
        raise RefusedRequestError(400, "The address is none of a page's; it begins with a slash.")
    return _Head(method, whole, fields, headers)


def _fields(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)


def _whole(head: _Head, body: bytes) -> Incoming:
    headers, form = head.headers, {}
    if head.method == "POST" and body:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise RefusedRequestError(415, f"A form is read as {_FORM} only.")
        try:
            form = {name: values[-1] for name, values in _fields(body.decode("ascii")).items()}
        except ValueError:
            raise RefusedRequestError(400, "The form can't be read; write it in UTF-8, percent-encoded.") from None
    accept = headers.get("accept", "")
    is_page = "text/html" in accept
    asked = Caller(
        method=head.method,
        path=head.path,
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
        authorization=headers.get("authorization", ""),
        cookie=headers.get("cookie", ""),
        token=form.pop("token", ""),
        is_page=head.method == "GET" and is_page,
    )
    request = PageRequest(
        method=head.method,
        path=head.path,
        query=head.query,
        form=form,
        accepts_json="application/json" in accept and not is_page,
        accepts_page=is_page,
        if_none_match=headers.get("if-none-match", ""),
    )
    return Incoming(request, asked)


def _framed(event: PageEvent) -> str:
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(event.data))
    return f"event: {event.event}\n{lines}\n"
