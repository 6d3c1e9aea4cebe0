"""The local control channel: how ``neo kill``, ``pause``, ``resume``, ``status`` and ``tap`` reach a running session.

Who may speak: the same user on the same machine. The channel listens on 127.0.0.1 alone, at a port that the system
picks, and every request carries a token that stands in one file beside the database (``<database>.control``, readable
by its owner alone), which is removed at the end. A Unix socket with its file permissions would need no token, but
Windows' operators have none under Trio.

Why a thread of its own, with a Trio of its own: here time is the machine's (the session's may run a thousand times
faster, and a handshake's deadline would be over before it began), and nothing that a stranger sends, and no reader
that stalls, is ever waited for in the session's loop. Between the two go small calls (:class:`Bridge`) and tap queues.

Bounds: a request is one line of at most ``LINE_BYTES_MAX`` within ``HANDSHAKE_S``; strangers beyond
``HANDSHAKES_MAX`` push out the oldest of themselves; connections are taken at most every ``ACCEPT_INTERVAL_S``.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec
import trio
from loguru import logger

from actors.files import FileRefusedError, write_whole
from actors.operator import Operator
from actors.store.place import beside
from actors.tap import TapQueue
from neo.control import (
    LINE_BYTES_MAX,
    Capital,
    Command,
    Endpoint,
    GetChannels,
    GetStatus,
    Kill,
    Lost,
    OpenTap,
    Pause,
    Refused,
    Reply,
    Request,
    Resume,
    TapOpened,
    Tapped,
)
from neo.tapping import MESSAGE_TYPES, without_secrets

T = TypeVar("T")

HANDSHAKE_S: Final = 5.0
HANDSHAKES_MAX: Final = 8
STREAMS_MAX: Final = 16
ACCEPT_INTERVAL_S: Final = 0.005

# How often the kill file is looked for and a tap's queue is emptied. Not told by the session: a wake-up for each
# message would cost it more than the message does.
KILL_FILE_INTERVAL_S: Final = 0.2
_TAP_INTERVAL_S: Final = 0.05
_TAP_BATCH: Final = 256

# What the system may hold for a tap that doesn't read, in bytes: its own guess is megabytes, all encoded for nothing.
_TAP_BUFFER_BYTES: Final = 65_536

# Lines kept for the next tap that wants the same message.
_LINES_KEPT: Final = 1024

# The session's loop answers within microseconds, unless it hangs.
_ANSWER_S: Final = 5.0
_GOODBYE_S: Final = 1.0

_encode = msgspec.json.Encoder(decimal_format="string").encode
_decode_request = msgspec.json.Decoder(Request).decode
_decode_command: Callable[[msgspec.Raw], Command] = msgspec.json.Decoder(Command).decode


def endpoint_file(database: Path) -> Path:
    """Where a session on this database tells how it can be reached."""
    return beside(database, ".control")


def kill_file(database: Path) -> Path:
    """The file whose being there ends a session on this database."""
    return beside(database, ".kill")


class SessionGoneError(Exception):
    """The session's loop has ended, or does not answer."""


class RefusedError(Exception):
    """A connection that gets no further, and why."""


class Bridge:
    """Calls from the channel's loop into the session's.

    Args:
        token: Of the session's loop.
    """

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self._token = token

    async def call(self, job: Callable[[], T]) -> T:
        """What ``job`` returns, run between two of the session's steps; it must not wait.

        Raises:
            SessionGoneError: There is no session to run it.
        """
        ticket = _Ticket(job)
        try:
            self._token.run_sync_soon(ticket.perform)
        except trio.RunFinishedError:
            raise SessionGoneError("the session has ended") from None
        with trio.move_on_after(_ANSWER_S):
            await ticket.done.wait()
        if not ticket.results:
            raise SessionGoneError("the session does not answer")
        return ticket.results[0]


class _Ticket(Generic[T]):
    def __init__(self, job: Callable[[], T]) -> None:
        self._job = job
        self._home = trio.lowlevel.current_trio_token()
        self.done = trio.Event()
        self.results: list[T] = []

    def perform(self) -> None:
        try:
            self.results.append(self._job())
        except Exception as error:  # noqa: BLE001 - what is raised here would end Trio itself; it is told, and not answered
            logger.opt(exception=error).error("control_call_broke")
        with contextlib.suppress(trio.RunFinishedError):
            self._home.run_sync_soon(self.done.set)


class ControlChannel:
    """The channel of one session, from :meth:`start` to :meth:`stop`, both called in the session's thread.

    Args:
        database: Beside which its files lie.
        session_id: The session.
        operator: What can be said to it.
    """

    def __init__(self, database: Path, session_id: str, operator: Operator) -> None:
        self._database = database
        self._session_id = session_id
        self._operator = operator
        self._token = secrets.token_urlsafe(32)
        self._bridge = Bridge(trio.lowlevel.current_trio_token())
        self._ready = threading.Event()
        self._failure: OSError | FileRefusedError | None = None
        self._loop: trio.lowlevel.TrioToken | None = None
        self._stopping = trio.Event()
        self._handshakes: deque[trio.CancelScope] = deque()
        self._streams = 0
        self._lines: dict[int, tuple[Tapped | Lost, bytes]] = {}
        self._thread = threading.Thread(target=trio.run, args=(self._serve,), name="control", daemon=True)

    def start(self) -> None:
        """Listen, or say in the log why that can't be; the kill file is watched in either case."""
        self._thread.start()
        self._ready.wait(_ANSWER_S)
        if self._failure is not None:
            logger.bind(cause=str(self._failure)).warning("control_channel_unavailable")

    def stop(self) -> None:
        """Let taps read what waits for them, for a moment; then close everything and remove the file."""
        if self._loop is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._loop.run_sync_soon(self._stopping.set)
        self._thread.join(2 * _GOODBYE_S)
        with contextlib.suppress(OSError):
            endpoint_file(self._database).unlink(missing_ok=True)

    async def _serve(self) -> None:
        self._loop = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_kill_file)
            try:
                listener = await self._listen()
            except (OSError, FileRefusedError) as error:
                self._failure = error
            else:
                nursery.start_soon(self._accept, listener, nursery)
            self._ready.set()
            await self._stopping.wait()
            # Taps end by themselves once they have told everything.
            with trio.move_on_after(_GOODBYE_S):
                while self._streams:  # noqa: ASYNC110 - at the very end, within a second: no event is worth it
                    await trio.sleep(_TAP_INTERVAL_S)
            nursery.cancel_scope.cancel()

    async def _listen(self) -> trio.SocketListener:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        endpoint = Endpoint(pid=os.getpid(), session_id=self._session_id, port=port, token=self._token)
        write_whole(endpoint_file(self._database), _encode(endpoint))
        return listener

    async def _watch_kill_file(self) -> None:
        file = kill_file(self._database)
        while not _is_there(file):  # noqa: ASYNC110 - nothing tells of a file that comes to be
            await trio.sleep(KILL_FILE_INTERVAL_S)
        words = await kill_file_words(file)
        with contextlib.suppress(SessionGoneError):
            await self._bridge.call(lambda: self._operator.kill(f"kill file {file.name}", words))

    # --- One connection ----------------------------------------------------------------------------------------

    async def _accept(self, listener: trio.SocketListener, nursery: trio.Nursery) -> None:
        async with listener:
            while True:
                # A client that is gone before it was taken, or no descriptors left: the next one may do better.
                with contextlib.suppress(OSError, trio.BrokenResourceError):
                    nursery.start_soon(self._meet, await listener.accept())
                await trio.sleep(ACCEPT_INTERVAL_S)

    async def _meet(self, stream: trio.SocketStream) -> None:
        async with stream:
            try:
                with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await self._answer(stream, await self._handshake(stream))
            except (RefusedError, SessionGoneError) as error:
                with contextlib.suppress(trio.BrokenResourceError), trio.move_on_after(_GOODBYE_S):
                    await _send(stream, Refused(str(error)))
            except Exception as error:  # noqa: BLE001 - whatever one client brings about must not end the channel
                logger.opt(exception=error).error("control_client_broke")

    async def _handshake(self, stream: trio.SocketStream) -> Command:
        if len(self._handshakes) >= HANDSHAKES_MAX:
            self._handshakes.popleft().cancel()
        with trio.move_on_after(HANDSHAKE_S) as scope:
            self._handshakes.append(scope)
            try:
                line = await _read_line(stream)
            finally:
                with contextlib.suppress(ValueError):
                    self._handshakes.remove(scope)
        if scope.cancelled_caught:
            raise RefusedError("no request in time")
        try:
            request = _decode_request(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RefusedError("not a request") from None
        # In constant time: how far a guess was right must not show.
        if not hmac.compare_digest(request.token.encode(errors="replace"), self._token.encode()):
            raise RefusedError("wrong token")
        try:
            return _decode_command(request.command)
        except msgspec.DecodeError:
            raise RefusedError("not a command that this version knows") from None

    async def _answer(self, stream: trio.SocketStream, command: Command) -> None:
        operator, call = self._operator, self._bridge.call
        match command:
            case Kill():
                reply: Reply = await call(lambda: operator.kill("neo kill", command.reason))
            case Pause():
                reply = await call(lambda: operator.pause("neo pause", command.reason))
            case Resume():
                reply = await call(lambda: operator.resume("neo resume", command.reason))
            case Capital():
                reply = await call(lambda: operator.move_capital(command.xrp_drops, command.rlusd))
            case GetStatus():
                reply = await call(operator.status)
            case GetChannels():
                await self._stream(stream, lambda: self._tell_channels(stream, command))
                return
            case OpenTap():
                await self._stream(stream, lambda: self._tell_messages(stream, command))
                return
        with trio.move_on_after(HANDSHAKE_S):
            await _send(stream, reply)

    async def _stream(self, stream: trio.SocketStream, tell: Callable[[], Awaitable[None]]) -> None:
        """Tell until the session ends or the other side leaves."""
        if self._streams >= STREAMS_MAX:
            raise RefusedError(f"{STREAMS_MAX} taps are open already")
        self._streams += 1
        try:
            async with trio.open_nursery() as nursery:

                async def leave_with_the_reader() -> None:
                    with contextlib.suppress(trio.BrokenResourceError):
                        while await stream.receive_some(LINE_BYTES_MAX):
                            pass
                    nursery.cancel_scope.cancel()

                nursery.start_soon(leave_with_the_reader)
                with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await tell()
                nursery.cancel_scope.cancel()
        finally:
            self._streams -= 1

    async def _tell_channels(self, stream: trio.SocketStream, command: GetChannels) -> None:
        interval_s = max(command.interval_s, KILL_FILE_INTERVAL_S)
        while not self._stopping.is_set():
            await _send(stream, await self._bridge.call(self._operator.channels))
            with trio.move_on_after(interval_s):
                await self._stopping.wait()

    async def _tell_messages(self, stream: trio.SocketStream, command: OpenTap) -> None:
        types = [MESSAGE_TYPES[name] for name in command.types if name in MESSAGE_TYPES]
        queue = TapQueue(types or None)
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, _TAP_BUFFER_BYTES)
        seq = await self._bridge.call(lambda: self._operator.attach(queue))
        try:
            await _send(stream, TapOpened(self._session_id, seq))
            while True:
                ending = self._stopping.is_set()
                lines = [self._line(item) for _ in range(_TAP_BATCH) if (item := queue.take())]
                if lines:
                    await stream.send_all(b"\n".join([*lines, b""]))
                elif ending:
                    return
                else:
                    await trio.sleep(_TAP_INTERVAL_S)
        finally:
            with trio.CancelScope(shield=True), contextlib.suppress(SessionGoneError):
                await self._bridge.call(lambda: self._operator.detach(queue))

    def _line(self, item: Tapped | Lost) -> bytes:
        """A message as it is sent: encoded once, however many taps want it."""
        kept = self._lines.get(id(item))
        if kept is None:
            if len(self._lines) >= _LINES_KEPT:
                self._lines.clear()
            # Kept with the message itself, or another one could come to have its number.
            kept = self._lines[id(item)] = (item, without_secrets(_encode(item)))
        return kept[1]


def _is_there(file: Path) -> bool:
    # A folder that may not be looked into must not end the channel: what can't be seen is not there.
    with contextlib.suppress(OSError):
        return file.exists()
    return False


async def kill_file_words(file: Path) -> str:
    """What a kill file says; one that is made first and written then (``echo why > ...``) gets a moment for that."""
    words = b""
    for wait_s in (0.0, KILL_FILE_INTERVAL_S):
        if not words:
            await trio.sleep(wait_s)
            with contextlib.suppress(OSError), file.open("rb") as content:
                words = content.read(LINE_BYTES_MAX)
    return words.decode(errors="replace")


async def _send(stream: trio.SocketStream, reply: Reply) -> None:
    await stream.send_all(without_secrets(_encode(reply)) + b"\n")


async def _read_line(stream: trio.SocketStream) -> bytes:
    read = b""
    while b"\n" not in read:
        if len(read) > LINE_BYTES_MAX:
            raise RefusedError("the line is too long")
        more = await stream.receive_some(LINE_BYTES_MAX)
        if not more:
            raise RefusedError("not a request")
        read += more
    return read[: read.index(b"\n")]
