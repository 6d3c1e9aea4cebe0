"""A browser without a browser: requests as bytes, answers taken apart, over memory or a socket."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
import trio
import trio.testing

from actors.page.access import Gate
from actors.page.conversation import PageBounds
from actors.page.exchange import PageAnswer, PageRequest, Site
from actors.page.page_server import PageServer

TOKEN = "a-token-of-the-tests-alone"  # noqa: S105 - and of nothing else

# Longer than anything here takes, on the machine's clock or on the virtual one.
PATIENCE_S = 30.0


class Got(msgspec.Struct, frozen=True):
    """An answer: status, headers by their small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def asked(target: str = "/", method: str = "GET", body: str | None = None, **headers: str) -> bytes:
    """A request; of its headers ``_`` is written as ``-``, and a body is a form."""
    told: dict[str, str] = {"Host": "127.0.0.1:8017"}
    if body is not None:
        told |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
    told |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items() if value)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n{body or ''}".encode()


class Browser:
    """One connection, read an answer at a time."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._read = b""

    async def ask(self, target: str = "/", method: str = "GET", body: str | None = None, **headers: str) -> Got:
        """A request and its answer."""
        await self.stream.send_all(asked(target, method, body, **headers))
        return await self.got(has_body=method != "HEAD")

    async def got(self, *, has_body: bool = True) -> Got:
        """The next answer that has a length."""
        head = await self._until(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", "0")) if has_body else 0
        while len(self._read) < length:
            self._read += await self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Got(int(first.split(" ")[1]), headers, body)

    async def events(self) -> AsyncGenerator[tuple[str, str]]:
        """The events of a stream whose head is next, comments and all: what each is, and its data."""
        await self._until(b"\r\n\r\n")
        text = ""
        while True:
            size = int((await self._until(b"\r\n")).decode(), 16)
            while len(self._read) < size + 2:
                self._read += await self._more()
            text += self._read[:size].decode()
            self._read = self._read[size + 2 :]
            while "\n\n" in text:
                event, _, text = text.partition("\n\n")
                fields = dict(re.findall(r"^([a-z]*): ?(.*)$", event, re.MULTILINE))
                name = "comment" if event.startswith(":") else fields.get("event", "retry")
                yield name, fields.get("data", fields.get("retry", ""))
            if not size:
                return

    async def is_closed(self) -> bool:
        """Whether the other side has ended the connection; waits until it has."""
        with trio.fail_after(PATIENCE_S):
            try:
                while await self.stream.receive_some(4096):
                    pass
            except trio.BrokenResourceError:
                pass
        return True

    async def _until(self, end: bytes) -> bytes:
        while end not in self._read:
            self._read += await self._more()
        found, _, self._read = self._read.partition(end)
        return found

    async def _more(self) -> bytes:
        with trio.fail_after(PATIENCE_S):
            more = bytes(await self.stream.receive_some(4096))
        assert more, f"closed after {self._read!r}"
        return more


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Browser]:
    """A connection over a socket of this machine."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    try:
        yield Browser(stream)
    finally:
        await trio.aclose_forcefully(stream)


async def mirror(request: PageRequest) -> PageAnswer:
    """A site that tells what it was asked."""
    return PageAnswer(body=msgspec.json.encode(request), content_type="application/json")


class Served:
    """A page's server whose connections are in memory.

    Args:
        site: What answers.
        gate: Who may ask; the usual rules of a loopback page unless given.
        bounds: Of a connection.
    """

    def __init__(
        self, nursery: trio.Nursery, site: Site, gate: Gate | None = None, bounds: PageBounds | None = None
    ) -> None:
        self.server = PageServer(site, gate or Gate(TOKEN), bounds, now_s=lambda: 1_790_000_000.0)
        self._nursery = nursery

    def connect(self) -> Browser:
        """A new connection."""
        theirs, ours = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self.server.hold, ours)
        return Browser(theirs)


@asynccontextmanager
async def serving(
    site: Site = mirror, gate: Gate | None = None, bounds: PageBounds | None = None
) -> AsyncGenerator[Served]:
    """Serve while the block runs."""
    async with trio.open_nursery() as nursery:
        yield Served(nursery, site, gate, bounds)
        nursery.cancel_scope.cancel()


def heard(**headers: str) -> Mapping[str, str]:
    """Headers of who knows the token."""
    return {"authorization": f"Bearer {TOKEN}"} | headers
