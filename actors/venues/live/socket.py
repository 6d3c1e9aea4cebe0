"""One WebSocket to a ledger server: a Trio shell over the protocol of the ``websockets`` package, which does no I/O.

It runs on any stream of Trio's, a real one or one in memory. What others leave to defaults is set here on purpose:

- No proxy: nothing of the environment is read. An endpoint is reached as it is written, or not at all.
- No compression: inflating costs time between a ledger and our quotes, and without it no small message becomes a large
  one in memory. A server that insists is refused in the handshake.
- A largest message, a time for connecting, for sending and for closing, and pings whose answers are waited for: a
  connection that looks open and isn't ends within :attr:`SocketSettings.ping_interval_s` + ``ping_timeout_s``.
- No queue: a message is read from the stream when it is asked for, so that a slow reader holds back the server, not
  memory. (A server cuts off who is too slow for it, with close code 1008.)

However it ends, it ends in one :class:`VenueError` that names the endpoint by :attr:`EndpointUrl.name`, never by the
rest of its URL, which may hold a password or a token.

Source: RFC 6455.
"""

from __future__ import annotations

import logging
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Never

import msgspec
import trio
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage, InvalidStatus, InvalidURI, PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from actors.venues.venue_errors import (
    MalformedError,
    OverloadedError,
    RequestRefusedError,
    UnreachableError,
    VenueError,
)
from neo.text.printable import printable

_CHUNK_BYTES = 65_536
_PEER_TEXT_MAX = 200

_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_SERVICE_UNAVAILABLE = 503

WAIT_MEND = "Wait, or use another endpoint (venue.endpoints)"
FEWER_MEND = "Wait longer before the next connection, and ask for less"
OTHER_MEND = "Use another endpoint (venue.endpoints)"
URL_MEND = "Write it as wss://HOST[:PORT][/PATH], or ws:// for a server of your own (venue.endpoints)"

# The protocol's own log would tell every message, and the header that a password goes in.
_NO_LOG = logging.getLogger("neo.websocket")
_NO_LOG.setLevel(logging.CRITICAL + 1)


class SocketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection allows and how long it waits.

    Args:
        connect_timeout_s: For the connection and its handshake.
        send_timeout_s: For what is sent to leave.
        ping_interval_s: From one ping to the next.
        ping_timeout_s: For a ping's answer.
        close_timeout_s: For the other side's part in closing.
        message_bytes_max: A ledger of the main network with all its transactions has a few million bytes.
    """

    connect_timeout_s: float = 10.0
    send_timeout_s: float = 10.0
    ping_interval_s: float = 10.0
    ping_timeout_s: float = 10.0
    close_timeout_s: float = 2.0
    message_bytes_max: int = 16 * 2**20


class EndpointUrl:
    """Where an endpoint is. Only its ``name`` is ever shown: scheme, host and port.

    Raises:
        ValueError: It is no WebSocket URL. The text does not repeat it.
    """

    def __init__(self, url: str) -> None:
        try:
            self.uri = parse_uri(url)
        except (InvalidURI, ValueError):
            # The library's own error tells all of it.
            raise ValueError(f"no WebSocket URL. {URL_MEND}") from None
        host = f"[{self.uri.host}]" if ":" in self.uri.host else self.uri.host
        self.name = f"{'wss' if self.uri.secure else 'ws'}://{printable(host)}:{self.uri.port}"

    def __repr__(self) -> str:
        return self.name


Dial = Callable[[EndpointUrl], Awaitable[trio.abc.Stream]]
"""Makes the stream to an endpoint; raises ``OSError`` if it can't."""


async def dial_network(url: EndpointUrl) -> trio.abc.Stream:
    """A stream through the network, encrypted and the server's name checked for ``wss``.

    Raises:
        OSError: There is no way.
    """
    if not url.uri.secure:
        return await trio.open_tcp_stream(url.uri.host, url.uri.port)
    # As browsers do: a server that ends without the encryption's own farewell is no error, the WebSocket has one too.
    return await trio.open_ssl_over_tcp_stream(
        url.uri.host, url.uri.port, https_compatible=True, ssl_context=ssl.create_default_context()
    )


async def connect_socket(url: EndpointUrl, settings: SocketSettings, dial: Dial = dial_network) -> WebSocket:
    """Reach an endpoint and shake hands. Whoever gets the socket runs it and closes it.

    Raises:
        VenueError: It can't be reached, or does not speak WebSocket, or does not let us in.
    """
    try:
        with trio.fail_after(settings.connect_timeout_s):
            stream = await dial(url)
            socket = WebSocket(stream, url, settings)
            try:
                await socket.shake_hands()
            except BaseException:
                await trio.aclose_forcefully(stream)
                raise
    except trio.TooSlowError:
        what = f"{url.name}: no connection within {settings.connect_timeout_s:g} s"
        raise UnreachableError(what, WAIT_MEND) from None
    except OSError as error:
        raise UnreachableError(f"{url.name}: no connection ({_cause_of(error)})", WAIT_MEND) from error
    return socket


class WebSocket:
    """A connection after its handshake. :meth:`run` has to run beside whoever sends and receives.

    One task receives; any may send.

    Args:
        stream: Open, and ours to close.
        url: Of the endpoint behind it.
        settings: What it allows.

    Attributes:
        name: The endpoint's.
        round_trip_s: Of the last ping; None before the first answer to one.
        came_s: When the last bytes of the message that was received last were read off the stream, by Trio's clock.
    """

    def __init__(self, stream: trio.abc.Stream, url: EndpointUrl, settings: SocketSettings) -> None:
        self.name = url.name
        self.round_trip_s: float | None = None
        self.came_s = 0.0
        self._stream = stream
        self._settings = settings
        self._protocol = ClientProtocol(url.uri, max_size=settings.message_bytes_max, logger=_NO_LOG)
        self._texts: deque[tuple[str, float]] = deque()
        self._leaving: list[Callable[[], None]] = []
        self._parts = bytearray()
        self._read_at_s = 0.0
        self._failure: VenueError | None = None
        self._ended = trio.Event()
        self._wake = trio.Event()
        self._is_torn = False
        self._ping: bytes | None = None
        self._pong = trio.Event()

    # --- Reading -------------------------------------------------------------------------------------------------

    async def shake_hands(self) -> None:
        """The opening handshake, before anything else.

        Raises:
            VenueError: The other side does not take part in it.
        """
        protocol = self._protocol
        protocol.send_request(protocol.connect())
        try:
            await self._stream.send_all(b"".join(protocol.data_to_send()))
        except (trio.BrokenResourceError, OSError) as error:
            raise UnreachableError(f"{self.name}: the connection broke ({_cause_of(error)})", WAIT_MEND) from error
        while protocol.state is State.CONNECTING and protocol.handshake_exc is None and self._failure is None:
            await self._read_more()
        if protocol.handshake_exc is not None:
            raise self._handshake_failed(protocol.handshake_exc)
        if self._failure is not None and not self._texts:
            self._raise_failure()

    async def receive(self) -> str:
        """The next message.

        Raises:
            VenueError: The connection ended, and all that came before was received.
        """
        while not self._texts:
            if self._failure is not None:
                self._raise_failure()
            await self._read_more()
        text, self.came_s = self._texts.popleft()
        return text

    async def _read_more(self) -> None:
        try:
            chunk = await self._stream.receive_some(_CHUNK_BYTES)
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError) as error:
            self._fail(UnreachableError(f"{self.name}: the connection broke ({_cause_of(error)})", WAIT_MEND))
            return
        self._read_at_s = trio.current_time()
        if chunk:
            self._protocol.receive_data(bytes(chunk))
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and self._failure is None:
                self._take(event)
        if self._protocol.state in {State.CLOSING, State.CLOSED} and self._failure is None:
            self._fail(self._why_closed())

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PING:
            self._wake.set()  # the protocol has its answer ready
        elif frame.opcode is Opcode.PONG:
            if bytes(frame.data) == self._ping:
                self._pong.set()
        elif frame.opcode in {Opcode.TEXT, Opcode.CONT}:
            self._parts += frame.data
            if frame.fin:
                self._take_text()
        elif frame.opcode is Opcode.BINARY:
            self._protocol.fail(CloseCode.UNSUPPORTED_DATA)
            self._fail(MalformedError(f"{self.name}: sent a message that is no text", OTHER_MEND))

    def _take_text(self) -> None:
        whole, self._parts = self._parts, bytearray()
        try:
            self._texts.append((whole.decode(), self._read_at_s))
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA)
            self._fail(MalformedError(f"{self.name}: sent a text that is no UTF-8", OTHER_MEND))

    # --- Sending -------------------------------------------------------------------------------------------------

    def send(self, text: str, written: Callable[[], None] | None = None) -> None:
        """Send a message. It leaves as soon as :meth:`run` gets to it; nothing here waits for that.

        Args:
            text: The message.
            written: Called once all of its bytes have been written to the stream.

        Raises:
            VenueError: The connection has ended.
        """
        if self._failure is not None:
            self._raise_failure()
        if self._protocol.state is not State.OPEN:
            # The other side has begun to close, and how it ended is not read yet.
            raise UnreachableError(f"{self.name}: the connection is being closed", WAIT_MEND)
        self._protocol.send_text(text.encode())
        if written is not None:
            self._leaving.append(written)
        self._wake.set()

    async def run(self) -> None:
        """Send what is to be sent, and ping, until the connection ends; how it ended is told by :meth:`receive`."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_alive)
            await self._send_all()
            nursery.cancel_scope.cancel()

    async def _send_all(self) -> None:
        while True:
            data = b"".join(self._protocol.data_to_send())
            leaving, self._leaving = self._leaving, []
            if data:
                await self._send_now(data)
                if not self._is_torn:
                    for written in leaving:
                        written()
            elif self._failure is not None:
                return
            else:
                await self._wake.wait()
                self._wake = trio.Event()

    async def _send_now(self, data: bytes) -> None:
        # Whoever is cancelled here leaves half a message behind, after which nothing can be sent any more.
        self._is_torn = True
        try:
            with trio.fail_after(self._settings.send_timeout_s):
                await self._stream.send_all(data)
        except trio.TooSlowError:
            what = f"{self.name}: took nothing for {self._settings.send_timeout_s:g} s"
            await self._break(UnreachableError(what, WAIT_MEND))
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError) as error:
            # The other side may have said why it went, in what was not read yet.
            with trio.move_on_after(self._settings.close_timeout_s):
                await self._ended.wait()
            what = f"{self.name}: the connection broke ({_cause_of(error)})"
            await self._break(UnreachableError(what, WAIT_MEND))
        else:
            self._is_torn = False

    async def _keep_alive(self) -> None:
        number = 0
        while True:
            await trio.sleep(self._settings.ping_interval_s)
            if self._failure is not None or self._protocol.state is not State.OPEN:
                return
            number += 1
            self._ping, self._pong = b"%d" % number, trio.Event()
            sent_s = trio.current_time()
            self._protocol.send_ping(self._ping)
            self._wake.set()
            with trio.move_on_after(self._settings.ping_timeout_s) as waiting:
                await self._pong.wait()
                self.round_trip_s = trio.current_time() - sent_s
            if waiting.cancelled_caught:
                what = f"{self.name}: no answer to a ping for {self._settings.ping_timeout_s:g} s"
                await self._break(UnreachableError(what, WAIT_MEND))

    # --- Ending --------------------------------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Take leave if the connection is in order, within ``close_timeout_s``; then let go of it.

        Nobody else may be sending, receiving or running it any more.
        """
        try:
            if self._failure is None and not self._is_torn:
                with trio.move_on_after(self._settings.close_timeout_s):
                    await self._take_leave()
        finally:
            self._fail(UnreachableError(f"{self.name}: the connection is closed", WAIT_MEND))
            await trio.aclose_forcefully(self._stream)

    async def _take_leave(self) -> None:
        self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
        try:
            await self._stream.send_all(b"".join(self._protocol.data_to_send()))
            while self._protocol.close_rcvd is None and (chunk := await self._stream.receive_some(_CHUNK_BYTES)):
                self._protocol.receive_data(bytes(chunk))
                self._protocol.events_received()  # what still comes is for nobody
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            return

    def _fail(self, failure: VenueError) -> None:
        """The connection has ended: the first cause is the one that is told."""
        if self._failure is None:
            self._failure = failure
        self._ended.set()
        self._wake.set()

    async def _break(self, failure: VenueError) -> None:
        """As :meth:`_fail`, where the other side does not take part any more: whoever waits for it stops waiting."""
        self._fail(failure)
        await trio.aclose_forcefully(self._stream)

    def _raise_failure(self) -> Never:
        assert self._failure is not None
        raise self._failure.again()

    def _why_closed(self) -> VenueError:
        protocol = self._protocol
        closed, broken = protocol.close_rcvd, protocol.parser_exc
        if isinstance(broken, PayloadTooBig):
            most = self._settings.message_bytes_max
            return MalformedError(f"{self.name}: sent a message of more than {most} bytes", OTHER_MEND)
        if broken is not None and not isinstance(broken, EOFError):
            return MalformedError(f"{self.name}: broke the WebSocket protocol ({_shown(broken)})", OTHER_MEND)
        if closed is None:
            return UnreachableError(f"{self.name}: the connection ended without a word", WAIT_MEND)
        reason = f", {_shown(closed.reason)!r}" if closed.reason else ""
        what = f"{self.name}: closed the connection (code {closed.code}{reason})"
        if closed.code == CloseCode.POLICY_VIOLATION:
            return OverloadedError(what, FEWER_MEND)
        return UnreachableError(what, WAIT_MEND)

    def _handshake_failed(self, failure: Exception) -> VenueError:
        if isinstance(failure, InvalidStatus):
            status = failure.response.status_code
            what = f"{self.name}: answered {status} to the WebSocket handshake"
            if status in {_TOO_MANY_REQUESTS, _SERVICE_UNAVAILABLE}:
                return OverloadedError(what, FEWER_MEND)
            if status >= _SERVER_ERRORS:
                return UnreachableError(what, WAIT_MEND)
            return RequestRefusedError(what, f"Check its path and its password. {URL_MEND}")
        if isinstance(failure, InvalidMessage) and isinstance(failure.__cause__, EOFError):
            return UnreachableError(f"{self.name}: the connection ended in the handshake", WAIT_MEND)
        return MalformedError(f"{self.name}: speaks no WebSocket ({_shown(failure)})", OTHER_MEND)


def _shown(told: object) -> str:
    """What the other side may have had a part in, as it may be shown."""
    return printable(str(told))[:_PEER_TEXT_MAX]


def _cause_of(error: BaseException) -> str:
    """What the system or the encryption says; Trio's own error is only around it."""
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) and error.__cause__ else error
    return _shown(cause) or type(cause).__name__
