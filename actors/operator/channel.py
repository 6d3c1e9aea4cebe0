"""The local control channel: how ``neo kill``, ``pause``, ``resume``, ``status`` and ``tap`` reach a running session.

Who may speak: the same user on the same machine. Where a session listens (``endpoint.py``) and how both sides prove
themselves before a command is told (``handshake.py``) is the same for every command.

Why a thread of its own, with a Trio of its own: here time is the machine's (the session's may run a thousand times
faster, and a handshake's deadline would be over before it began), and nothing that a stranger sends, and no reader
that stalls, is ever waited for in the session's loop. Between the two go small calls (``bridge.py``) and tap
queues.

Bounds: a whole exchange has one deadline, ``EXCHANGE_S``. A stranger gets one short line, and strangers beyond
``STRANGERS_MAX`` push out the oldest of themselves, never one who has proved to be none. Every ``ACCEPT_INTERVAL_S`` at
most ``ACCEPTED_AT_ONCE`` connections are looked at, and of those that come without a greeting ``SILENT_AT_ONCE`` are
waited for, so that a flood costs the session little and keeps nobody waiting who greets. The log is told how many were
turned away, not a line for each, and nothing of what they sent.
"""

from __future__ import annotations

import contextlib
import contextvars
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import trio
from loguru import logger

from actors.operator import handshake
from actors.operator.bridge import Bridge, Errands, NotDoneError, UnsureError
from actors.operator.endpoint import Door, clear_left_behind, endpoint_file, is_same_user, open_door
from actors.operator.filters import MESSAGE_TYPES, line_of, stream_refused
from actors.operator.hand import Operator
from actors.operator.killfile import KillFileWatch
from actors.operator.protocol import (
    EXCHANGE_S,
    LINE_BYTES_MAX,
    Command,
    GetChannels,
    GetStatus,
    OpenTap,
    OperatorRequest,
    Order,
    Refused,
    Reply,
    Stream,
    TapOpened,
    Unsure,
)
from actors.plumbing.files import FileRefusedError
from actors.plumbing.tap import Lost, Tapped, TapQueue

# Connections at once, on either side of the proof: far more than an operator's programs open, and far fewer than the
# descriptors that a system gives a process (1,024 mostly), of which the database needs some.
STRANGERS_MAX: Final = 64
KNOWN_MAX: Final = 64
# Taps and tables of channels at once: each message costs the session a look at every tap.
STREAMS_MAX: Final = 16
ACCEPTED_AT_ONCE: Final = 64
SILENT_AT_ONCE: Final = 8
ACCEPT_INTERVAL_S: Final = 0.01

# How often a tap's queue is emptied. Not told by the session: a wake-up for each message would cost it more than the
# message does.
_TAP_INTERVAL_S: Final = 0.05
_TAP_BATCH: Final = 256

# What the system may hold for a tap that doesn't read, in bytes: its own guess is megabytes, all encoded for nothing.
_TAP_BUFFER_BYTES: Final = 65_536

# Lines kept for the next tap that wants the same message.
_LINES_KEPT: Final = 1024

# How long a start waits for the channel, and an end for those who are still being answered: as long as something goes
# to one of them, but not for ever.
_READY_S: Final = 5.0
_GOODBYE_STALLED_S: Final = 1.0
_GOODBYE_MOST_S: Final = 15.0

# How often the log is told how many were turned away, if any were.
_TELL_INTERVAL_S: Final = 60.0

_decode_request = msgspec.json.Decoder(OperatorRequest).decode
_decode_command: Callable[[msgspec.Raw], Command] = msgspec.json.Decoder(Command).decode

# All that decoding says about a line that is none; the nesting of one may be deeper than the decoder goes, and a number
# larger than can be.
_NOT_DECODED: Final = (msgspec.MsgspecError, ValueError, RecursionError, ArithmeticError)


class UnknownClientError(Exception):
    """A connection of somebody who can't prove to be the same user. It is closed without a word."""


class NotTakenError(Exception):
    """A request that is not done, and why."""


class Crowd:
    """Connections of one kind: one too many pushes out the oldest.

    Args:
        most: So many are let in at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._scopes: dict[trio.CancelScope, None] = {}

    def __bool__(self) -> bool:
        return bool(self._scopes)

    @contextlib.contextmanager
    def joined(self, scope: trio.CancelScope) -> Iterator[None]:
        """Be one of them; being pushed out is ``scope`` being cancelled."""
        if len(self._scopes) >= self._most:
            oldest = next(iter(self._scopes))
            del self._scopes[oldest]
            oldest.cancel()
        self._scopes[scope] = None
        try:
            yield
        finally:
            self._scopes.pop(scope, None)


class ControlChannel:
    """The channel of one session, from :meth:`start` to :meth:`stop`, both called in the session's thread.

    Args:
        database: Beside which its files lie.
        session_id: The session.
        operator: What can be said to it.
        open_door: Listens.
    """

    def __init__(
        self, database: Path, session_id: str, operator: Operator, open_door: Callable[[Path], Door] = open_door
    ) -> None:
        self._database = database
        # Looked up once: what has the database's name later on may be another's.
        self._endpoint_file = endpoint_file(database)
        self._session_id = session_id
        self._operator = operator
        self._open_door = open_door
        self._key = handshake.new_key()
        self._session = trio.lowlevel.current_trio_token()
        self._bridge = Bridge(self._session)
        self._errands = Errands()
        self._kill_file_watch = KillFileWatch(database, self._kill_file_seen)
        self._ready = threading.Event()
        self._failure: OSError | FileRefusedError | None = None
        self._loop: trio.lowlevel.TrioToken | None = None
        self._stopping = trio.Event()
        self._strangers = Crowd(STRANGERS_MAX)
        self._known = Crowd(KNOWN_MAX)
        self._turned_away = 0
        self._streams = 0
        # Pieces that went to taps: what shows that they read.
        self._sent = 0
        self._lines: dict[int, tuple[Tapped | Lost, bytes]] = {}
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(trio.run, self._serve), name="control", daemon=True
        )

    def start(self) -> None:
        """Listen, or say in the log why that can't be; the kill file is watched in either case."""
        self._kill_file_watch.start()
        self._thread.start()
        self._ready.wait(_READY_S)
        if self._failure is not None:
            logger.bind(cause=str(self._failure)).warning("control_channel_unavailable")

    def stop(self) -> None:
        """Let taps read what waits for them, as long as they do; then close everything and remove the file."""
        self._kill_file_watch.stop()
        if self._loop is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._loop.run_sync_soon(self._stopping.set)
        self._thread.join(_GOODBYE_MOST_S + _GOODBYE_STALLED_S)
        with contextlib.suppress(OSError):
            self._endpoint_file.unlink(missing_ok=True)

    def kill_file_words(self) -> str:
        """What the kill file says, once it was seen; see :meth:`KillFileWatch.words`. May wait: not for the session's
        thread.
        """
        return self._kill_file_watch.words()

    def _kill_file_seen(self) -> None:
        def kill() -> None:
            try:
                self._operator.kill_by_file(self._kill_file_watch.file.name)
            except Exception as error:  # noqa: BLE001 - what is raised here would end Trio itself, with offers resting
                logger.opt(exception=error).error("kill_file_broke")

        with contextlib.suppress(trio.RunFinishedError):
            self._session.run_sync_soon(kill)

    async def _serve(self) -> None:
        self._loop = trio.lowlevel.current_trio_token()
        with contextlib.ExitStack() as doors:
            async with trio.open_nursery() as nursery:
                try:
                    door = doors.enter_context(contextlib.closing(self._opened()))
                except (OSError, FileRefusedError) as error:
                    self._failure = error
                else:
                    nursery.start_soon(self._accept, door, nursery)
                    nursery.start_soon(self._tell_of_strangers)
                self._ready.set()
                await self._stopping.wait()
                await self._take_leave()
                nursery.cancel_scope.cancel()
        self._tell_turned_away()

    async def _take_leave(self) -> None:
        """Wait for taps, which end by themselves once they have told everything, and for who has asked to be answered.

        On a busy machine that may take its time. One who doesn't read gets a moment.
        """
        sent = self._sent
        with trio.move_on_after(_GOODBYE_MOST_S), trio.move_on_after(_GOODBYE_STALLED_S) as stalled:
            while self._streams or self._known:
                await trio.sleep(_TAP_INTERVAL_S)
                if self._sent != sent:
                    sent, stalled.deadline = self._sent, trio.current_time() + _GOODBYE_STALLED_S

    def _opened(self) -> Door:
        clear_left_behind(self._database)
        door = self._open_door(self._database)
        try:
            door.tell(self._database, self._session_id, self._key)
        except BaseException:
            door.close()
            raise
        return door

    async def _tell_of_strangers(self) -> None:
        while True:
            await trio.sleep(_TELL_INTERVAL_S)
            self._tell_turned_away()

    def _tell_turned_away(self) -> None:
        if self._turned_away:
            logger.bind(count=self._turned_away).warning("control_connections_turned_away")
            self._turned_away = 0

    # --- One connection ----------------------------------------------------------------------------------------

    async def _accept(self, door: Door, nursery: trio.Nursery) -> None:
        while True:
            await trio.lowlevel.wait_readable(door.listener)
            silent = 0
            # None are left, or there are no descriptors for one more: later there may be.
            with contextlib.suppress(OSError):
                for _ in range(ACCEPTED_AT_ONCE):
                    connection, _address = door.listener.accept()
                    said = _said_at_once(connection)
                    silent += said == b""
                    if said is None or silent > SILENT_AT_ONCE or self._is_hopeless(said):
                        self._turned_away += 1
                        connection.close()
                        continue
                    stream = trio.SocketStream(trio.socket.from_stdlib_socket(connection))
                    nursery.start_soon(self._meet, stream, said)
            await trio.sleep(ACCEPT_INTERVAL_S)

    def _is_hopeless(self, said: bytes) -> bool:
        """True if a first line is whole and proves nothing."""
        is_whole = b"\n" in said or len(said) >= handshake.GREETING_BYTES_MAX
        return is_whole and handshake.greeted(self._key, said.removesuffix(b"\n")) is None

    async def _meet(self, stream: trio.SocketStream, said: bytes) -> None:
        async with stream:
            with trio.move_on_after(EXCHANGE_S) as scope:
                try:
                    with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                        await self._converse(stream, said, scope)
                except UnknownClientError:
                    self._turned_away += 1
                except NotTakenError as error:
                    with contextlib.suppress(trio.BrokenResourceError):
                        await _send(stream, Refused(str(error)))
                except Exception as error:  # noqa: BLE001 - whatever one client brings about must not end the channel
                    # Its kind alone: a line of the traceback may hold what the client sent.
                    logger.bind(error=type(error).__name__).error("control_client_broke")
            if scope.cancelled_caught:
                self._turned_away += 1

    async def _converse(self, stream: trio.SocketStream, said: bytes, scope: trio.CancelScope) -> None:
        with self._strangers.joined(scope):
            client = handshake.greeted(self._key, await _read_line(stream, handshake.GREETING_BYTES_MAX, said))
        if client is None:
            raise UnknownClientError
        with self._known.joined(scope):
            request, welcomed_s = await self._request(stream, client)
            command = _decoded(request)
            if not isinstance(command, (GetChannels, OpenTap)):
                await _send(stream, await self._answer(request, command, welcomed_s + request.within_s))
                return
        # A stream has no end of its own.
        scope.deadline = math.inf
        await self._stream(stream, command)

    async def _request(self, stream: trio.SocketStream, client: bytes) -> tuple[OperatorRequest, float]:
        """What a client asks for, and when it was welcomed, on this process's monotonic clock."""
        own = handshake.new_nonce()
        welcomed_s = time.monotonic()
        await stream.send_all(handshake.welcome(self._key, client, own) + b"\n")
        body = handshake.unsealed(self._key, client, own, await _read_line(stream, LINE_BYTES_MAX))
        if body is None:
            raise UnknownClientError
        try:
            return _decode_request(body), welcomed_s
        except _NOT_DECODED:
            raise NotTakenError("not a request that this version knows") from None

    async def _answer(self, request: OperatorRequest, command: Order | GetStatus, last_s: float) -> Reply:
        operator = self._operator
        if isinstance(command, GetStatus):
            return await self._called(operator.status, last_s)
        return await self._called(
            lambda: self._errands.once(request.id, bytes(request.command), lambda: operator.obey(command)), last_s
        )

    async def _called(self, job: Callable[[], Reply], last_s: float) -> Reply:
        try:
            return await self._bridge.call(job, last_s)
        except NotDoneError as error:
            return Refused(str(error))
        except UnsureError as error:
            return Unsure(str(error))

    # --- Streams -----------------------------------------------------------------------------------------------

    async def _stream(self, stream: trio.SocketStream, command: Stream) -> None:
        """Tell until the session ends or the other side leaves."""
        if (refused := stream_refused(command)) is not None:
            raise NotTakenError(refused)
        if self._streams >= STREAMS_MAX:
            raise NotTakenError(f"{STREAMS_MAX} taps are open already")
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
                    try:
                        await self._tell(stream, command)
                    except (NotDoneError, UnsureError) as error:
                        await _send(stream, Refused(str(error)))
                nursery.cancel_scope.cancel()
        finally:
            self._streams -= 1

    async def _tell(self, stream: trio.SocketStream, command: Stream) -> None:
        if isinstance(command, GetChannels):
            await self._tell_channels(stream, command)
        else:
            await self._tell_messages(stream, command)

    async def _tell_channels(self, stream: trio.SocketStream, command: GetChannels) -> None:
        while not self._stopping.is_set():
            await _send(stream, await self._bridge.call(self._operator.channels, time.monotonic() + EXCHANGE_S))
            with trio.move_on_after(command.interval_s):
                await self._stopping.wait()

    async def _tell_messages(self, stream: trio.SocketStream, command: OpenTap) -> None:
        queue = TapQueue([MESSAGE_TYPES[name] for name in command.types] or None)
        stream.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_SNDBUF, _TAP_BUFFER_BYTES)
        try:
            seq = await self._bridge.call(lambda: self._operator.attach(queue), time.monotonic() + EXCHANGE_S)
            await _send(stream, TapOpened(self._session_id, seq))
            while True:
                ending = self._stopping.is_set()
                if ending:
                    queue.tell_missed()
                lines = [self._line(item) for _ in range(_TAP_BATCH) if (item := queue.take())]
                if lines:
                    await stream.send_all(b"\n".join([*lines, b""]))
                    self._sent += 1
                elif ending:
                    return
                else:
                    await trio.sleep(_TAP_INTERVAL_S)
        finally:
            with contextlib.suppress(trio.RunFinishedError):
                self._session.run_sync_soon(self._operator.detach, queue)

    def _line(self, item: Tapped | Lost) -> bytes:
        """A message as it is sent: encoded once, however many taps want it."""
        kept = self._lines.get(id(item))
        if kept is None:
            if len(self._lines) >= _LINES_KEPT:
                self._lines.clear()
            # Kept with the message itself, or another one could come to have its number.
            kept = self._lines[id(item)] = (item, line_of(item))
        return kept[1]


def _decoded(request: OperatorRequest) -> Command:
    try:
        return _decode_command(request.command)
    except _NOT_DECODED:
        raise NotTakenError("not a command that this version knows") from None


async def _send(stream: trio.SocketStream, reply: Reply) -> None:
    await stream.send_all(line_of(reply) + b"\n")


async def _read_line(stream: trio.SocketStream, bytes_max: int, read: bytes = b"") -> bytes:
    """A line without its end. Nothing follows it: the other side has the next word only when it was answered.

    Raises:
        UnknownClientError: What comes is longer than such a line, or ends before it.
    """
    while not read.endswith(b"\n"):
        more = await stream.receive_some(bytes_max + 1 - len(read))
        read += more
        if not more or len(read) > bytes_max:
            raise UnknownClientError
    return read[:-1]


def _said_at_once(connection: socket.socket) -> bytes | None:
    """What a new connection brought along; None if it is of no use: gone already, or another user's."""
    connection.settimeout(0.0)
    try:
        return (connection.recv(handshake.GREETING_BYTES_MAX) or None) if is_same_user(connection) else None
    except BlockingIOError:
        return b""
    except OSError:
        return None
