"""An HTTP server on loopback that does as it is told: answers, refuses, hangs, breaks off, lies, leads elsewhere.

Each connection gets the next of its answers, the last one for ever. An answer is the bytes that are sent, or one of the
constants below. Requests are read by their header and length, and kept.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import trio

HANGS = b"HANGS"
DROPS = b"DROPS"


class Asked(msgspec.Struct, frozen=True):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def reply(status: int = 200, body: bytes = b"ok", **headers: str) -> bytes:
    """A proper answer; ``retry_after="3"`` is the header of that name."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# What says that more is to come than comes.
LIES = b"HTTP/1.1 503 No\r\nContent-Length: 1000000\r\n\r\nshort"
LIES_OF_SUCCESS = b"HTTP/1.1 200 Yes\r\nContent-Length: 1000000\r\n\r\nshort"
GARBAGE = b"\x00\xff\x13 what is this\r\n\r\n"
HALF = b"HTTP/1.1 200 O"
ENDLESS = b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"


class OddHttp:
    """The server; serve it with :func:`serving` in this loop, or :func:`served` in a thread."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers) or [reply()]
        self.asked: list[Asked] = []
        self.port = 0
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_asked(self, count: int, bound_s: float = 20) -> list[Asked]:
        """So many requests, once they have come; for a server in a thread."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count, bound_s), self.asked
        return self.asked

    async def take(self, stream: trio.abc.Stream) -> None:
        """One connection."""
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            async with stream:
                await self._read(stream)
                if answer == HANGS:
                    await trio.sleep_forever()
                if answer != DROPS:
                    await stream.send_all(answer)
                    while answer == ENDLESS:
                        await stream.send_all(b"400\r\n" + b"x" * 1024 + b"\r\n")

    async def _read(self, stream: trio.abc.Stream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = await stream.receive_some()
            if not part:
                return
            head += part
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", "0")):
            body += await stream.receive_some()
        method, path, _ = first.split(" ")
        with self._changed:
            self.asked.append(Asked(method, path, headers, bytes(body)))
            self._changed.notify_all()


@contextlib.asynccontextmanager
async def serving(*answers: bytes) -> AsyncIterator[OddHttp]:
    """A server in this loop."""
    server = OddHttp(*answers)
    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, server.take, [listener])
        yield server
        nursery.cancel_scope.cancel()


@contextlib.contextmanager
def served(*answers: bytes) -> Iterator[OddHttp]:
    """A server in a thread of its own."""
    running: queue.Queue[tuple[OddHttp, trio.lowlevel.TrioToken, trio.CancelScope]] = queue.Queue()

    async def main() -> None:
        with trio.CancelScope() as scope:
            async with serving(*answers) as server:
                running.put((server, trio.lowlevel.current_trio_token(), scope))
                await trio.sleep_forever()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    server, token, scope = running.get(timeout=30)
    try:
        yield server
    finally:
        trio.from_thread.run_sync(scope.cancel, trio_token=token)
        thread.join()
