"""One endpoint: requests with their answers by number, and what its streams tell, in order.

Requests may be made from many tasks at once; each has a number of its own on this connection, its own deadline, and its
own answer. What comes for a number that nobody waits for any more is counted and dropped. A frame that is not known, or
not right, is counted, told once for its kind, and ends nothing.

The streams' frames go into one bounded channel. If its reader falls behind, the connection ends with an error: memory
does not grow, and nothing is left out silently. Once subscribed, ledgers have to keep coming.

However the connection ends, every request that waits, the reader of the streams, and every later call get the same
:class:`VenueError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, Never, TypeVar

import msgspec
import trio
from loguru import logger

from actors.venues.live.background import open_background
from actors.venues.live.refusals import refusal
from actors.venues.live.request_times import RequestTimes
from actors.venues.live.socket import (
    OTHER_MEND,
    WAIT_MEND,
    Dial,
    EndpointUrl,
    SocketSettings,
    WebSocket,
    connect_socket,
    dial_network,
)
from actors.venues.venue_errors import MalformedError, UnreachableError, VenueError
from neo.wire.budget import RequestBudget
from neo.wire.fields import FrameError
from neo.wire.frames import (
    AnswerFrame,
    ErrorFrame,
    LedgerClosedFrame,
    OtherFrame,
    ServerStatusFrame,
    TransactionFrame,
    parse_frame,
)
from neo.wire.oddities import Oddities
from neo.wire.requests import SUBMIT, SUBSCRIBE, WireRequest

T = TypeVar("T")

StreamFrame = LedgerClosedFrame | TransactionFrame | ServerStatusFrame
"""What comes without being asked for."""


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What one endpoint's client allows and how long it waits.

    Args:
        socket: Of its connection.
        frames_waiting_max: Stream frames that wait for their reader: about ten busy ledgers of the main network with
            all their transactions, some 40 MB.
        requests_waiting_max: Requests without an answer yet. A server has limits of its own, and cuts off.
        ledger_timeout_s: Once subscribed, how long it may be from one validated ledger to the next.
    """

    socket: SocketSettings = SocketSettings()
    frames_waiting_max: int = 2_000
    requests_waiting_max: int = 64
    ledger_timeout_s: float = 20.0


class Asked(msgspec.Struct, Generic[T], frozen=True):
    """A request that was begun, and its number."""

    request: WireRequest[T]
    number: int


class _Waiting:
    """A request without an answer yet."""

    def __init__(self, begun_s: float) -> None:
        self.begun_s = begun_s
        self.done = trio.Event()
        self.answer: AnswerFrame | ErrorFrame | FrameError | None = None
        self.came_s = 0.0


class Client:
    """An open connection to one endpoint; made by :func:`open_client`.

    Attributes:
        name: The endpoint's.
        newest_ledger: The highest that its stream told; None before.
        oddities: Frames that are not known or not right, by their kind.
        came_s: When the last bytes of what :meth:`next_frame` or :meth:`ask` returned last had come, by Trio's clock.
        late_answers: That came for a request that was given up, or a second time.
        load_warnings: Answers with the server's word that we ask too much.
    """

    def __init__(
        self, socket: WebSocket, settings: ClientSettings, budget: RequestBudget, times: RequestTimes | None = None
    ) -> None:
        self.name = socket.name
        self.oddities = Oddities()
        self.late_answers = 0
        self.load_warnings = 0
        self._socket = socket
        self._settings = settings
        self._budget = budget
        self._times = times or RequestTimes()
        self._number = 0
        self._waiting: dict[int, _Waiting] = {}
        self._frames_in: trio.MemorySendChannel[tuple[StreamFrame, float]]
        self._frames_out: trio.MemoryReceiveChannel[tuple[StreamFrame, float]]
        self._frames_in, self._frames_out = trio.open_memory_channel[tuple[StreamFrame, float]](
            settings.frames_waiting_max
        )
        self.came_s = 0.0
        self._failure: VenueError | None = None
        self._subscribed = trio.Event()
        self.newest_ledger: LedgerClosedFrame | None = None
        self._ledger_came = trio.Event()

    # --- What is told ----------------------------------------------------------------------------------------------

    @property
    def failure(self) -> VenueError | None:
        """Why the connection ended; None while it is open."""
        return self._failure

    @property
    def round_trip_s(self) -> float | None:
        """Of the last ping; None before the first answer to one."""
        return self._socket.round_trip_s

    @property
    def requests_last_minute(self) -> int:
        """Requests made in the last minute, to this endpoint and to others with the same budget; no submissions."""
        return self._budget.requests_last_minute(trio.current_time())

    # --- Asking ----------------------------------------------------------------------------------------------------

    async def request(self, request: WireRequest[T], *, deadline_s: float) -> T:
        """Make a request, and read its answer.

        Args:
            request: What is asked.
            deadline_s: How long to wait for the answer.

        Raises:
            VenueError: No answer came, or the server did not do it, or its answer is not what was promised. After any
                of them a submission may have been done all the same.
        """
        answer = await self.ask(request, deadline_s=deadline_s)
        if isinstance(answer, ErrorFrame):
            raise refusal(self.name, request.command, answer)
        return answer

    async def ask(self, request: WireRequest[T], *, deadline_s: float) -> T | ErrorFrame:
        """As :meth:`request`, where a server's error is an answer too: that something is not found, say.

        Raises:
            VenueError: No answer came, or it is not what was promised.
        """
        return await self.answer_to(self.begin(request), deadline_s=deadline_s)

    def begin(self, request: WireRequest[T], written: Callable[[], None] | None = None) -> Asked[T]:
        """Write a request down to be sent. What is begun without waiting between leaves in this order, at once.

        Args:
            request: What is asked.
            written: Called once it has been written to the socket.

        Returns:
            What :meth:`answer_to` has to be awaited for: until then it counts as waiting.

        Raises:
            VenueError: It can't be sent.
        """
        if self._failure is not None:
            self._raise_failure()
        if len(self._waiting) >= self._settings.requests_waiting_max:
            what = f"{self.name}: {len(self._waiting)} requests wait for their answers already"
            raise UnreachableError(what, WAIT_MEND)
        self._number += 1
        self._budget.note(trio.current_time(), self.name, is_submit=request.command == SUBMIT)
        self._socket.send(msgspec.json.encode(request.to_json(self._number)).decode(), written)
        self._waiting[self._number] = _Waiting(trio.current_time())
        return Asked(request, self._number)

    async def answer_to(self, asked: Asked[T], *, deadline_s: float) -> T | ErrorFrame:
        """The answer to a request that was begun; as :meth:`ask`."""
        request, waiting = asked.request, self._waiting[asked.number]
        try:
            with trio.move_on_after(deadline_s):
                await waiting.done.wait()
        finally:
            del self._waiting[asked.number]
        answer = waiting.answer
        if answer is None:
            self._times.note_failure()
            if self._failure is not None:
                self._raise_failure()
            raise UnreachableError(f"{self.name}: no answer to {request.command} for {deadline_s:g} s", WAIT_MEND)
        self.came_s = waiting.came_s
        self._times.note_answer(request.command, waiting.came_s - waiting.begun_s)
        return self._read_answer(request, answer)

    def _read_answer(self, request: WireRequest[T], answer: AnswerFrame | ErrorFrame | FrameError) -> T | ErrorFrame:
        if isinstance(answer, ErrorFrame):
            return answer
        if isinstance(answer, FrameError):
            raise self._malformed(request, answer) from answer
        try:
            result = request.read(answer.result)
        except FrameError as error:
            self._tell_oddity(f"answer to {request.command}: {error.what}")
            raise self._malformed(request, error) from error
        if request.command == SUBSCRIBE:
            self._subscribed.set()
        return result

    def _malformed(self, request: WireRequest[T], error: FrameError) -> MalformedError:
        return MalformedError(f"{self.name}: answered {request.command} with what is no answer ({error})", OTHER_MEND)

    # --- Streams ---------------------------------------------------------------------------------------------------

    async def next_frame(self) -> StreamFrame:
        """The next frame of the streams, in the order in which they came.

        Raises:
            VenueError: The connection ended, and all that came before was taken.
        """
        try:
            try:
                # What waits is taken at once: a trip through the scheduler for each frame of a ledger adds up.
                frame, self.came_s = self._frames_out.receive_nowait()
            except trio.WouldBlock:
                frame, self.came_s = await self._frames_out.receive()
        except trio.EndOfChannel:
            self._raise_failure()
        return frame

    # --- Within ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read until the connection ends."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._socket.run)
            nursery.start_soon(self._watch_ledgers)
            try:
                while self._failure is None:
                    text = await self._socket.receive()
                    # Somebody may have given the connection up meanwhile: what still comes is for nobody.
                    if self._failure is None:
                        self._take(text)
            except VenueError as error:
                self.end(error)
            nursery.cancel_scope.cancel()

    def end(self, failure: VenueError) -> None:
        """The connection has ended, or is of no use any more: whoever waits hears of it."""
        if self._failure is None:
            self._failure = failure
            self._frames_in.close()
            for waiting in self._waiting.values():
                waiting.done.set()

    def _take(self, text: str) -> None:
        try:
            frame = parse_frame(text)
        except FrameError as error:
            self._tell_oddity(str(error))
            if error.request_id is not None:
                self._answer(error.request_id, error)
            return
        if isinstance(frame, (AnswerFrame, ErrorFrame)):
            self._take_answer(frame)
        elif isinstance(frame, OtherFrame):
            if not frame.is_known:
                self._tell_oddity(f"kind {frame.kind}")
        else:
            self._take_stream(frame)
        if not isinstance(frame, (ErrorFrame, OtherFrame)):
            for name in frame.unknown_fields:
                self._tell_oddity(f"field {name} of {type(frame).__name__}")

    def _take_answer(self, frame: AnswerFrame | ErrorFrame) -> None:
        if frame.is_load_warned:
            self.load_warnings += 1
            if self.load_warnings == 1:
                logger.bind(endpoint=self.name).warning("endpoint_load_warning")
        if frame.request_id is None:
            named = f" {frame.error}" if isinstance(frame, ErrorFrame) else ""
            self._tell_oddity(f"answer to no request of ours{named}")
        else:
            self._answer(frame.request_id, frame)

    def _answer(self, number: int, answer: AnswerFrame | ErrorFrame | FrameError) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and waiting.answer is None:
            waiting.answer, waiting.came_s = answer, self._socket.came_s
            waiting.done.set()
        elif 1 <= number <= self._number:
            self.late_answers += 1
        else:
            self._tell_oddity("answer to a number that was never asked under")

    def _take_stream(self, frame: StreamFrame) -> None:
        if isinstance(frame, LedgerClosedFrame) and (
            self.newest_ledger is None or frame.ledger_index > self.newest_ledger.ledger_index
        ):
            self.newest_ledger = frame
            self._ledger_came.set()
        try:
            self._frames_in.send_nowait((frame, self._socket.came_s))
        except trio.WouldBlock:
            what = f"{self.name}: {self._settings.frames_waiting_max} frames of its streams wait to be read"
            self.end(UnreachableError(what, "This machine is too slow for them: free it, or subscribe to less"))

    async def _watch_ledgers(self) -> None:
        await self._subscribed.wait()
        while self._failure is None:
            with trio.move_on_after(self._settings.ledger_timeout_s) as waiting:
                await self._ledger_came.wait()
                self._ledger_came = trio.Event()
            if waiting.cancelled_caught:
                what = f"{self.name}: no ledger for {self._settings.ledger_timeout_s:g} s"
                self.end(UnreachableError(what, WAIT_MEND))

    def _tell_oddity(self, kind: str) -> None:
        first = self.oddities.note(kind)
        if first is not None:
            logger.bind(endpoint=self.name, kind=first).warning("endpoint_frame_odd")

    def _raise_failure(self) -> Never:
        assert self._failure is not None
        raise self._failure.again()


@asynccontextmanager
async def open_client(
    url: EndpointUrl,
    settings: ClientSettings | None = None,
    *,
    budget: RequestBudget | None = None,
    dial: Dial = dial_network,
    times: RequestTimes | None = None,
) -> AsyncIterator[Client]:
    """A client of an endpoint, for as long as the block lasts. What the block raises comes out as it is, in no group.

    Args:
        url: Where it is.
        settings: What it allows.
        budget: Counts its requests; of its own if there is none.
        dial: Makes the stream.
        times: Told how long each request took; of its own if there is none.

    Raises:
        VenueError: It can't be reached.
    """
    settings = settings or ClientSettings()
    socket = await connect_socket(url, settings.socket, dial)
    client = Client(socket, settings, budget or RequestBudget(), times)
    try:
        async with open_background() as background:
            background.start_soon(client.run)
            yield client
    finally:
        client.end(UnreachableError(f"{client.name}: the connection is closed", WAIT_MEND))
        await socket.aclose()
