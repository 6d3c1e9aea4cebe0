"""A WebSocket server for tests: a script on streams in memory or on loopback, that misbehaves when it is told to.

It is built on the protocol of ``websockets`` without I/O, as our client is, but on its server's side. What it answers
is a function's; what goes wrong is a :class:`Fault` for the nth message that it would send, or a call of the test's.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable
from typing import Any

import trio
import trio.testing
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from actors.venues.live.socket import EndpointUrl

URL = "ws://ledger.test:6006"

Message = dict[str, Any]
Answer = Callable[[Message], Iterable["Message | str"]]
"""What is sent for a message that came: nothing, one message, or several in order."""


class Fault(enum.Enum):
    """What becomes of a message that would be sent."""

    DROP = enum.auto()
    DUPLICATE = enum.auto()
    DELAY = enum.auto()  # by DELAY_S
    REORDER = enum.auto()  # after the next one
    GARBAGE = enum.auto()  # something that is no JSON goes instead
    BROKEN_FRAME = enum.auto()  # bytes that are no WebSocket frame
    BAD_UTF8 = enum.auto()
    BINARY = enum.auto()
    OVERSIZE = enum.auto()
    FRAGMENTS = enum.auto()  # in pieces, with a ping between
    HALF_OPEN = enum.auto()  # from here on nothing is read and nothing sent
    CUT_OFF = enum.auto()  # close code 1008, as a server does to who asks too much
    CLOSE = enum.auto()  # close code 1000
    HANG_UP = enum.auto()  # the stream ends without a word


NO_CODE = 1005
DELAY_S = 5.0
OVERSIZE_BYTES = 20 * 2**20


def echo(message: Message) -> list[Message]:
    """Success with an empty result, whatever is asked."""
    return [{"type": "response", "status": "success", "id": message.get("id"), "result": {}}]


class WireConnection:
    """One client of the server's."""

    def __init__(self, server: WireServer, stream: trio.abc.Stream) -> None:
        self.received: list[Message] = []
        self.pings = 0
        self.sent = 0
        self.handshake: Request | None = None
        self.ended = trio.Event()
        self._server = server
        self._stream = stream
        self._protocol = ServerProtocol(max_size=None)
        self._held: list[str] = []
        self._is_frozen = False
        self._lock = trio.Lock()

    @property
    def close_code(self) -> int | None:
        """What the client said as it took leave; None if it has not, or just went."""
        return None if self._protocol.close_rcvd is None else self._protocol.close_rcvd.code

    async def serve(self) -> None:
        """Talk to the client until it goes."""
        try:
            async with trio.open_nursery() as nursery:
                while chunk := await self._stream.receive_some(65_536):
                    self._protocol.receive_data(bytes(chunk))
                    for event in self._protocol.events_received():
                        await self._take(event, nursery)
                    await self._flush()
                    if self._is_frozen:
                        await trio.sleep_forever()
                nursery.cancel_scope.cancel()
        except* (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.ended.set()
            await trio.aclose_forcefully(self._stream)

    async def _take(self, event: Any, nursery: trio.Nursery) -> None:
        if isinstance(event, Request):
            self.handshake = event
            status = self._server.status
            response = self._protocol.accept(event) if status is None else self._protocol.reject(status, "no")
            self._protocol.send_response(response)
        elif isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings += 1
        elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
            message = json.loads(event.data)
            self.received.append(message)
            for reply in self._server.answer(message):
                if self._server.next_fault is Fault.DELAY:
                    self._server.sent += 1
                    nursery.start_soon(self._send_late, reply)
                else:
                    await self.send(reply)

    async def _send_late(self, message: Message | str) -> None:
        await trio.sleep(DELAY_S)
        await self._text(message if isinstance(message, str) else json.dumps(message))

    async def send(self, message: Message | str) -> None:
        """Send a message, or do with it what the script says."""
        text = message if isinstance(message, str) else json.dumps(message)
        fault = self._server.next_fault
        self._server.sent += 1
        if fault is None:
            await self._text(text)
        elif fault is Fault.REORDER:
            self._held.append(text)
            return
        else:
            await self._misbehave(fault, text)
        held, self._held = self._held, []
        for late in held:
            await self._text(late)

    async def _misbehave(self, fault: Fault, text: str) -> None:  # noqa: C901 - a line or two for each fault
        match fault:
            case Fault.DUPLICATE:
                await self._text(text)
                await self._text(text)
            case Fault.GARBAGE:
                await self._text("{not json")
            case Fault.BROKEN_FRAME:
                await self._raw(b"\xff" * 16)
            case Fault.BAD_UTF8:
                self._protocol.send_text(b"\xff\xfe")
            case Fault.BINARY:
                self._protocol.send_binary(text.encode())
            case Fault.OVERSIZE:
                await self._text("x" * OVERSIZE_BYTES)
            case Fault.FRAGMENTS:
                self._fragments(text.encode())
            case Fault.HALF_OPEN:
                self._is_frozen = True
            case Fault.CUT_OFF:
                self._protocol.send_close(1008, "threshold exceeded")
            case Fault.CLOSE:
                self._protocol.send_close(1000)
            case Fault.HANG_UP:
                await trio.aclose_forcefully(self._stream)
            case _:
                pass  # dropped
        await self._flush()

    def _fragments(self, data: bytes) -> None:
        cut = len(data) // 3
        self._protocol.send_text(data[:cut], fin=False)
        self._protocol.send_ping(b"between")
        self._protocol.send_continuation(data[cut : 2 * cut], fin=False)
        self._protocol.send_continuation(b"", fin=False)
        self._protocol.send_continuation(data[2 * cut :], fin=True)

    async def send_together(self, messages: list[Message]) -> None:
        """Send several at once, as soon as all others have done what they can."""
        await trio.testing.wait_all_tasks_blocked()
        for message in messages:
            self._protocol.send_text(json.dumps(message).encode())
        await self._flush()

    async def send_pieces(self, piece: bytes, times: int) -> None:
        """Send a message that goes on and on."""
        self._protocol.send_text(piece, fin=False)
        for _ in range(times):
            self._protocol.send_continuation(piece, fin=False)
        await self._flush()

    async def _text(self, text: str) -> None:
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text.encode())
            await self._flush()

    async def _raw(self, data: bytes) -> None:
        async with self._lock:
            await self._stream.send_all(data)

    async def _flush(self) -> None:
        async with self._lock:
            data = b"".join(self._protocol.data_to_send())
            if self._is_frozen:
                return
            for start in range(0, len(data), self._server.chunk_bytes):
                await self._stream.send_all(data[start : start + self._server.chunk_bytes])
        if self._protocol.eof_sent:
            await trio.aclose_forcefully(self._stream)

    def freeze(self) -> None:
        """From here on nothing is sent, not even the answer to a ping: the connection is half open."""
        self._is_frozen = True

    async def close(self, code: int, reason: str = "") -> None:
        """End the connection in order; 1005 is a close that says nothing."""
        self._protocol.send_close(None if code == NO_CODE else code, reason)
        await self._flush()

    async def hang_up(self) -> None:
        """End the connection without a word."""
        await trio.aclose_forcefully(self._stream)


class WireServer:
    """A server that answers by a function, and misbehaves by a script.

    Args:
        answer: What is sent for a message.
        faults: By the number of the message that would be sent, counted from 0 over all connections.
        status: The HTTP status of a refused handshake; None lets everybody in.
        chunk_bytes: How much is sent at a time.
    """

    def __init__(
        self,
        answer: Answer = echo,
        faults: dict[int, Fault] | None = None,
        *,
        status: int | None = None,
        chunk_bytes: int = 2**20,
    ) -> None:
        self.answer = answer
        self.faults = faults or {}
        self.status = status
        self.chunk_bytes = chunk_bytes
        self.sent = 0
        self.connections: list[WireConnection] = []
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; :meth:`dial` reaches it as soon as it has started."""
        async with trio.open_nursery() as self._nursery:
            task_status.started()
            await trio.sleep_forever()

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one client, on whatever stream it came."""
        connection = WireConnection(self, stream)
        self.connections.append(connection)
        await connection.serve()

    @property
    def next_fault(self) -> Fault | None:
        """What becomes of the next message."""
        return self.faults.get(self.sent)

    async def dial(self, url: EndpointUrl) -> trio.abc.Stream:  # noqa: ARG002 - there is only this one
        """The client's end of a stream in memory to this server."""
        assert self._nursery is not None, "the server does not run"
        await trio.lowlevel.checkpoint()
        ours, theirs = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self.serve, theirs)
        return ours

    @property
    def client(self) -> WireConnection:
        """The connection that was made last."""
        return self.connections[-1]


async def dial_nothing(url: EndpointUrl) -> trio.abc.Stream:
    """An endpoint that can't be reached."""
    raise OSError("no route to it")
