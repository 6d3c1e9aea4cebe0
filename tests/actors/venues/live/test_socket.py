"""One WebSocket: whatever the other side does, it ends in one error of the right cause that names the endpoint.

Method: a scripted server on the same protocol's other side, over streams in memory under virtual time; a few over real
loopback sockets. Nothing here may hang: each test has its own limit of virtual seconds.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
from support.ws_wire import DELAY_S, URL, Fault, WireServer, dial_nothing
from trio.testing import MockClock

from actors.venues.live.socket import Dial, EndpointUrl, SocketSettings, WebSocket, connect_socket, dial_network
from actors.venues.venue_errors import (
    MalformedError,
    OverloadedError,
    RequestRefusedError,
    UnreachableError,
    VenueError,
)

ASK = '{"id": 1}'
ANSWER = '{"type": "response", "status": "success", "id": 1, "result": {}}'
SETTINGS = SocketSettings(message_bytes_max=2**20)


@asynccontextmanager
async def socket_to(
    server: WireServer, *, url: str = URL, settings: SocketSettings = SETTINGS, dial: Dial | None = None
) -> AsyncIterator[WebSocket]:
    """A running socket to a running server."""
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        socket = await connect_socket(EndpointUrl(url), settings, dial or server.dial)
        nursery.start_soon(socket.run)
        yield socket
        nursery.cancel_scope.cancel()


async def error_of(step: Callable[[], Awaitable[object]], within_s: float = 60.0) -> VenueError:
    """The error that a step ends in, within so many virtual seconds."""
    with trio.fail_after(within_s):
        while True:
            try:
                await step()
            except VenueError as error:
                return error


# --- Talking -----------------------------------------------------------------------------------------------------


async def test_messages_go_both_ways_and_keep_their_order(autojump_clock: MockClock) -> None:
    """Nothing is lost or overtaken, however many questions are sent before the first answer is read."""
    async with socket_to(WireServer(lambda message: [message, {"after": message["id"]}])) as socket:
        for number in range(50):
            socket.send(f'{{"id": {number}}}')
        heard = [await socket.receive() for _ in range(100)]
    assert heard[:4] == ['{"id": 0}', '{"after": 0}', '{"id": 1}', '{"after": 1}']
    assert heard[-1] == '{"after": 49}'


class Slow(trio.abc.Stream):
    """A stream that takes three seconds for whatever is sent after its handshake."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self._inner = inner
        self._sent = 0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._sent += 1
        if self._sent > 1:
            await trio.sleep(3)
        await self._inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._inner.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_it_tells_when_a_message_has_been_written_and_when_one_came(autojump_clock: MockClock) -> None:
    """Written when the stream has taken all of it, three seconds later; came when it was read off."""
    server = WireServer()
    written_s: list[float] = []

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        return Slow(await server.dial(url))

    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        socket = await connect_socket(EndpointUrl(URL), SocketSettings(), dial)
        nursery.start_soon(socket.run)
        socket.send("{}", lambda: written_s.append(trio.current_time()))
        socket.send("{}")
        await trio.sleep(1)
        assert written_s == []
        await trio.sleep(4)
        assert written_s == [3.0]
        await socket.receive()
        await trio.sleep(1)
        await socket.receive()
        assert socket.came_s == 5.0, "both came when the first one was waited for"
        nursery.cancel_scope.cancel()


async def test_a_message_in_pieces_comes_whole_and_a_ping_between_is_answered(
    autojump_clock: MockClock,
) -> None:
    """Byte by byte, with an empty piece among them and a control frame in the middle."""
    server = WireServer(faults={0: Fault.FRAGMENTS}, chunk_bytes=1)
    async with socket_to(server) as socket:
        socket.send(ASK)
        assert await socket.receive() == ANSWER
        socket.send(ASK)
        assert await socket.receive() == ANSWER, "and the connection goes on"


async def test_the_handshake_asks_for_no_compression_and_tells_the_urls_password_to_the_server_alone(
    autojump_clock: MockClock,
) -> None:
    """A password in the URL opens the server's door and is not in the name that logs show."""
    server = WireServer()
    async with socket_to(server, url="ws://user:secret@ledger.test:6006/way?token=hidden") as socket:
        assert socket.name == URL
        shaken = server.client.handshake
    assert shaken is not None
    assert shaken.path == "/way?token=hidden"
    assert "Sec-WebSocket-Extensions" not in shaken.headers
    assert shaken.headers["Authorization"].startswith("Basic ")


async def test_it_pings_and_tells_the_way_there_and_back(autojump_clock: MockClock) -> None:
    """A quiet connection is known to be alive, and the operator can see how far away the server is."""
    server = WireServer()
    async with socket_to(server) as socket, trio.open_nursery() as nursery:
        nursery.start_soon(socket.receive)
        await trio.sleep(35)
        assert server.client.pings == 3
        assert socket.round_trip_s == 0
        nursery.cancel_scope.cancel()


async def test_it_takes_leave_in_order(autojump_clock: MockClock) -> None:
    """Leaving does not cut the server off, may be done twice, and whoever receives later is told."""
    server = WireServer()
    async with socket_to(server) as socket:
        connection = server.client
        await trio.testing.wait_all_tasks_blocked()
    await socket.aclose()
    assert isinstance(await error_of(socket.receive), UnreachableError)
    assert connection.ended.is_set()


async def test_leaving_waits_no_longer_for_the_other_side_than_it_may(autojump_clock: MockClock) -> None:
    """The server says nothing any more; the stream is let go of after two seconds."""
    async with trio.open_nursery() as nursery:
        server = WireServer()
        await nursery.start(server.run)
        socket = await connect_socket(EndpointUrl(URL), SETTINGS, server.dial)
        server.client.freeze()
        begun = trio.current_time()
        await socket.aclose()
        assert trio.current_time() - begun == SETTINGS.close_timeout_s
        nursery.cancel_scope.cancel()


# --- What goes wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "cause", "told"),
    [
        (Fault.BROKEN_FRAME, MalformedError, "broke the WebSocket protocol (invalid opcode)"),
        (Fault.BAD_UTF8, MalformedError, "sent a text that is no UTF-8"),
        (Fault.BINARY, MalformedError, "sent a message that is no text"),
        (Fault.OVERSIZE, MalformedError, "sent a message of more than 1048576 bytes"),
        (Fault.CUT_OFF, OverloadedError, "closed the connection (code 1008, 'threshold exceeded')"),
        (Fault.CLOSE, UnreachableError, "closed the connection (code 1000)"),
        (Fault.HANG_UP, UnreachableError, "the connection ended without a word"),
        (Fault.HALF_OPEN, UnreachableError, "no answer to a ping for 10 s"),
    ],
)
async def test_each_way_to_end_is_told_by_its_cause(
    autojump_clock: MockClock, fault: Fault, cause: type[VenueError], told: str
) -> None:
    """What was sent before is received first; then the same error whoever asks, however often."""
    async with socket_to(WireServer(faults={1: fault})) as socket:
        socket.send(ASK)
        socket.send(ASK)
        assert await socket.receive() == ANSWER
        error = await error_of(socket.receive)
        assert (type(error), error.what) == (cause, f"{URL}: {told}")
        assert type(await error_of(socket.receive)) is cause
        with pytest.raises(cause):
            socket.send(ASK)


async def test_why_the_other_side_went_is_told_even_if_we_found_out_by_sending(autojump_clock: MockClock) -> None:
    """It cut us off and closed its end; what it said last is there to be read, and nothing can be sent any more."""
    server = WireServer()
    async with socket_to(server) as socket:
        await server.client.close(1008, "threshold exceeded")
        await server.client.hang_up()
        socket.send(ASK)
        await trio.sleep(1)
        assert type(await error_of(socket.receive)) is OverloadedError


async def test_nobody_waits_for_the_last_word_of_who_is_gone_for_longer_than_they_may(
    autojump_clock: MockClock,
) -> None:
    """A server that breaks off and says no more holds the desk up no longer than the closing time."""

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        ours = await server.dial(url)
        assert isinstance(ours, trio.StapledStream)
        return trio.StapledStream(ours.send_stream, _DeafAfterHandshake(ours.receive_stream))

    server = WireServer()
    async with socket_to(server, dial=dial) as socket:
        await server.client.hang_up()
        socket.send(ASK)
        begun_s = trio.current_time()
        error = await error_of(socket.receive)
        assert error.what.startswith(f"{URL}: the connection broke")
        assert trio.current_time() - begun_s < SETTINGS.close_timeout_s + 0.1


class _DeafAfterHandshake(trio.abc.ReceiveStream):
    """Passes on the first thing received; from then on nothing comes, not even the end."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream, self._is_first = stream, True
        self._closed = trio.Event()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if self._is_first:
            self._is_first = False
            return await self._stream.receive_some(max_bytes)
        await self._closed.wait()
        raise trio.ClosedResourceError

    async def aclose(self) -> None:
        self._closed.set()
        await self._stream.aclose()


async def test_pieces_that_never_end_are_cut_at_the_largest_message(autojump_clock: MockClock) -> None:
    """Each of them is small enough; the message would have 20 x 60,000 bytes, and no end."""
    server = WireServer()
    async with socket_to(server) as socket, trio.open_nursery() as nursery:
        nursery.start_soon(server.client.send_pieces, b"x" * 60_000, 20)
        error = await error_of(socket.receive)
        assert error.what == f"{URL}: sent a message of more than 1048576 bytes"


async def test_what_never_leaves_ends_the_connection(autojump_clock: MockClock) -> None:
    """The other side takes nothing: its end of the stream is full."""

    async def dial_full(url: EndpointUrl) -> trio.abc.Stream:
        ours = await server.dial(url)
        assert isinstance(ours, trio.StapledStream)
        send = trio.testing.lockstep_stream_pair()[0]
        return trio.StapledStream(_FullAfterHandshake(ours.send_stream, send), ours.receive_stream)

    server = WireServer()
    async with socket_to(server, dial=dial_full) as socket:
        socket.send(ASK)
        error = await error_of(socket.receive)
    assert (type(error), error.what) == (UnreachableError, f"{URL}: took nothing for 10 s")


class _FullAfterHandshake(trio.abc.SendStream):
    """Passes on the first thing sent; from then on nobody takes anything."""

    def __init__(self, first: trio.abc.SendStream, then: trio.abc.SendStream) -> None:
        self._first, self._then, self._is_first = first, then, True

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        stream, self._is_first = (self._first if self._is_first else self._then), False
        await stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await self._first.aclose()
        await self._then.aclose()


# --- Connecting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, RequestRefusedError),
        (404, RequestRefusedError),
        (302, RequestRefusedError),
        (429, OverloadedError),
        (503, OverloadedError),
        (502, UnreachableError),
    ],
)
async def test_a_refused_handshake_is_told_by_its_status(
    autojump_clock: MockClock, status: int, cause: type[VenueError]
) -> None:
    """The status decides what helps: other settings, a longer pause, or another try."""
    async with trio.open_nursery() as nursery:
        server = WireServer(status=status)
        await nursery.start(server.run)
        error = await error_of(lambda: connect_socket(EndpointUrl(URL), SETTINGS, server.dial))
        assert (type(error), error.what) == (cause, f"{URL}: answered {status} to the WebSocket handshake")
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("said", "cause", "told"),
    [
        (b"", UnreachableError, "the connection ended in the handshake"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", RequestRefusedError, "answered 200"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", MalformedError, "speaks no WebSocket"),
        (b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n", MalformedError, "speaks no WebSocket"),
        (b"\x00" * 9000, MalformedError, "speaks no WebSocket"),
    ],
)
async def test_who_does_not_shake_hands_is_refused(
    autojump_clock: MockClock, said: bytes, cause: type[VenueError], told: str
) -> None:
    """Whatever else answers at that port, the operator is told so, and no text of it is taken for a message."""

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        await theirs.send_all(said)
        await theirs.send_eof()
        return ours

    error = await error_of(lambda: connect_socket(EndpointUrl(URL), SETTINGS, dial))
    assert type(error) is cause
    assert error.what.startswith(f"{URL}: {told}")


async def test_who_never_answers_is_given_up_in_time(autojump_clock: MockClock) -> None:
    """A port that accepts and stays silent costs no more than the time allowed to connect."""

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        return trio.testing.memory_stream_pair()[0]

    begun = trio.current_time()
    error = await error_of(lambda: connect_socket(EndpointUrl(URL), SETTINGS, dial))
    assert (type(error), error.what) == (UnreachableError, f"{URL}: no connection within 10 s")
    assert trio.current_time() - begun == SETTINGS.connect_timeout_s


async def test_who_can_not_be_reached_is_told_with_the_systems_word(autojump_clock: MockClock) -> None:
    """The operator reads the system's own reason, which tells a wrong name from a server that is down."""
    error = await error_of(lambda: connect_socket(EndpointUrl(URL), SETTINGS, dial_nothing))
    assert (type(error), error.what) == (UnreachableError, f"{URL}: no connection (no route to it)")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("ws://127.0.0.1:6006", "ws://127.0.0.1:6006"),
        ("wss://x.example/", "wss://x.example:443"),
        ("ws://x.example", "ws://x.example:80"),
        ("wss://user:secret@x.example/token?key=hidden", "wss://x.example:443"),
        ("ws://[::1]:6006", "ws://[::1]:6006"),
    ],
)
def test_an_endpoint_is_named_by_host_and_port_alone(url: str, name: str) -> None:
    """Passwords and keys in a user's URL never get into a log by its name."""
    assert EndpointUrl(url).name == repr(EndpointUrl(url)) == name


@pytest.mark.parametrize(
    "url",
    ["", "https://secret.example", "secret.example:51233", "ws://", "ws://x:port", "ws://secret@x", "ws://[::1", "ws://x#secret"],
)  # fmt: skip
def test_what_is_no_url_of_a_websocket_is_refused_without_repeating_it(url: str) -> None:
    """A slip in the settings is told with how to mend it, and a secret in it is not shown, not even by a cause."""
    with pytest.raises(ValueError, match=r"^no WebSocket URL\. Write it as wss://") as refused:
        EndpointUrl(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


# --- Cancellation ------------------------------------------------------------------------------------------------


async def test_connecting_may_be_cancelled_anywhere_and_leaves_no_stream_open(
    autojump_clock: MockClock,
) -> None:
    """At the first wait, the second, and so on, until one try comes through."""
    for waits in range(500):
        opened: list[trio.abc.Stream] = []
        server = WireServer(chunk_bytes=7)
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)

            async def dial(url: EndpointUrl, server: WireServer = server, opened: list[trio.abc.Stream] = opened) -> trio.abc.Stream:  # fmt: skip  # noqa: E501
                opened.append(await server.dial(url))
                return opened[0]

            with trio.CancelScope() as scope:
                async with trio.open_nursery() as inner:
                    inner.start_soon(_cancel_after, waits, scope)
                    await connect_socket(EndpointUrl(URL), SETTINGS, dial)
                    inner.cancel_scope.cancel()
            for stream in opened if scope.cancelled_caught else []:
                with pytest.raises(trio.ClosedResourceError):
                    await stream.receive_some(1)
            nursery.cancel_scope.cancel()
        if not scope.cancelled_caught:
            assert waits > 20
            return
    raise AssertionError("no try came through")


async def _cancel_after(waits: int, scope: trio.CancelScope) -> None:
    for _ in range(waits):
        await trio.lowlevel.checkpoint()
    scope.cancel()


async def test_who_is_cancelled_while_receiving_loses_nothing(autojump_clock: MockClock) -> None:
    """A message that comes after a receiver gave up goes to the next one."""
    async with socket_to(WireServer(faults={0: Fault.DELAY})) as socket:
        socket.send(ASK)
        with trio.move_on_after(DELAY_S / 2) as scope:
            await socket.receive()
        assert scope.cancelled_caught
        assert await socket.receive() == ANSWER


# --- Real sockets ------------------------------------------------------------------------------------------------


async def test_it_talks_over_a_real_socket_and_hears_of_its_end(nursery: trio.Nursery) -> None:
    """What holds in memory holds over TCP, and a hang-up there is heard by whoever waits."""
    server = WireServer(faults={1: Fault.HANG_UP})
    listeners = await nursery.start(trio.serve_tcp, server.serve, 0)
    port = listeners[0].socket.getsockname()[1]
    socket = await connect_socket(EndpointUrl(f"ws://127.0.0.1:{port}"), SETTINGS, dial_network)
    nursery.start_soon(socket.run)
    socket.send(ASK)
    assert await socket.receive() == ANSWER
    socket.send(ASK)
    assert isinstance(await error_of(socket.receive), UnreachableError)
    await socket.aclose()


async def test_a_closed_port_is_unreachable() -> None:
    """A server that is not running is told as unreachable, with its address, and not as a defect."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()
    error = await error_of(lambda: connect_socket(EndpointUrl(f"ws://127.0.0.1:{port}"), SETTINGS, dial_network))
    assert type(error) is UnreachableError
    assert error.what.startswith(f"ws://127.0.0.1:{port}: no connection (")


async def test_who_does_not_encrypt_is_no_wss_endpoint(nursery: trio.Nursery) -> None:
    """A user who asked for encryption never talks in the clear by mistake."""
    server = WireServer()
    listeners = await nursery.start(trio.serve_tcp, server.serve, 0)
    port = listeners[0].socket.getsockname()[1]
    error = await error_of(lambda: connect_socket(EndpointUrl(f"wss://127.0.0.1:{port}"), SETTINGS, dial_network))
    assert type(error) is UnreachableError
    assert error.what.startswith(f"wss://127.0.0.1:{port}: ")


# A certificate for "localhost" and its key, made for these tests alone.
CERTIFICATE = Path(__file__).parents[3] / "data" / "live" / "localhost.pem"


@pytest.fixture
async def encrypted(nursery: trio.Nursery) -> str:
    """The URL of a server that encrypts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    serve = functools.partial(trio.serve_ssl_over_tcp, WireServer().serve, 0, context, host="127.0.0.1")
    listeners = await nursery.start(serve)
    return f"wss://localhost:{listeners[0].transport_listener.socket.getsockname()[1]}"


async def test_it_talks_over_an_encrypted_socket_and_takes_leave(
    encrypted: str, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is one that this machine trusts, and for the name in the URL."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    socket = await connect_socket(EndpointUrl(encrypted), SETTINGS, dial_network)
    nursery.start_soon(socket.run)
    socket.send(ASK)
    assert await socket.receive() == ANSWER
    await socket.aclose()


@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
async def test_a_certificate_that_is_not_trusted_or_for_another_name_is_refused(
    encrypted: str, monkeypatch: pytest.MonkeyPatch, host: str, trusted: bool
) -> None:
    """Nobody in between can pose as the user's server: each of the two faults alone is enough."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    url = EndpointUrl(encrypted.replace("localhost", host))
    error = await error_of(lambda: connect_socket(url, SETTINGS, dial_network))
    assert type(error) is UnreachableError
    assert "certificate verify failed" in error.what
