"""Mailboxes that outlive their actors, and the ends that actors send through.

A mailbox belongs to the supervisor. An actor walks through it with ``async for``: a message counts as handled when
the loop's body is done with it, so the message in hand at a crash is delivered once more to the next incarnation.
The end of all senders is the end of the walk; there is no sentinel.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import trio

from neo.messages import ChannelDepth, Message

T = TypeVar("T")

# Told of each message the first time it is delivered: the channel's name and the message.
Observer = Callable[[str, Any], None]


class Inbox(ABC, Generic[T]):
    """What an actor walks through and its supervisor keeps: the message in hand comes once more after a crash.

    Args:
        name: The channel's name in statistics.
        observe: Told of each delivery, for taps; it must not wait.
    """

    def __init__(self, name: str, observe: Observer | None) -> None:
        self.name = name
        self._observe = observe
        self._delivered = 0
        self._hand: T | None = None
        self._deliveries = 0
        self._in_hand_since_s = 0.0
        self._redeliver = False

    def __aiter__(self) -> Inbox[T]:
        return self

    async def __anext__(self) -> T:
        if self._redeliver and self._hand is not None:
            self._redeliver = False
            self._deliveries += 1
            return self._hand
        self._hand, self._deliveries = None, 0
        message = self._waiting()
        if message is None:
            message = await self._next()
        self._hand, self._deliveries = message, 1
        self._in_hand_since_s = trio.current_time()
        self._delivered += 1
        if self._observe is not None:
            self._observe(self.name, message)
        return message

    @abstractmethod
    def _waiting(self) -> T | None:
        """The next message that waits, which is taken at once: a trip through the scheduler for each message would cost
        more than most messages do. None if none waits.
        """

    @abstractmethod
    async def _next(self) -> T:
        """The next message, once there is one.

        Raises:
            StopAsyncIteration: None will come any more.
        """

    def redeliver(self) -> None:
        """After a crash: the message in hand, if there is one, comes first in the next walk."""
        self._redeliver = self._hand is not None

    @abstractmethod
    def close(self) -> None:
        """Take no further messages."""

    @property
    def deliveries(self) -> int:
        """How often the message in hand was delivered; 0 if the hand is empty."""
        return self._deliveries

    @property
    def hand(self) -> T | None:
        """The message in hand."""
        return self._hand

    @property
    def in_hand_since_s(self) -> float | None:
        """The session time at which the message in hand was first delivered; None if the hand is empty."""
        return None if self._hand is None else self._in_hand_since_s


class Mailbox(Inbox[T]):
    """A bounded queue whose senders wait when it is full: nothing is lost, nothing overtakes.

    Args:
        name: The channel's name in statistics.
        bound: Most messages that wait in it.
        observe: Told of each delivery, for taps; it must not wait.
    """

    def __init__(self, name: str, bound: int, observe: Observer | None = None) -> None:
        super().__init__(name, observe)
        self._bound = bound
        self._send: trio.MemorySendChannel[T]
        self._receive: trio.MemoryReceiveChannel[T]
        self._send, self._receive = trio.open_memory_channel[T](bound)
        self.left: list[T] = []

    def sender(self) -> trio.MemorySendChannel[T]:
        """A new end to send through; who holds it closes it."""
        return self._send.clone()

    def seal(self) -> None:
        """No further :meth:`sender`: from now on the mailbox ends when the ends that were handed out are closed."""
        self._send.close()

    def _waiting(self) -> T | None:
        # The bound keeps this from going on for long.
        try:
            return self._receive.receive_nowait()
        except (trio.WouldBlock, trio.EndOfChannel):
            return None

    async def _next(self) -> T:
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None

    def depth(self) -> ChannelDepth:
        """Messages waiting, peak, bound and drops."""
        now = self._receive.statistics()
        return ChannelDepth(self.name, now.current_buffer_used, now.peak_buffer_used, self._bound, 0, self._delivered)

    def close(self) -> None:
        """Refuse further messages; what waited unread is in :attr:`left`."""
        with contextlib.suppress(trio.WouldBlock, trio.EndOfChannel, trio.ClosedResourceError):
            while True:
                self.left.append(self._receive.receive_nowait())
        self._receive.close()


async def send(end: trio.MemorySendChannel[T], message: T) -> None:
    """Send through one end of a mailbox, and wait if it is full.

    Where there is room the sender goes on at once, for the reason that what waits is taken at once.

    Raises:
        trio.BrokenResourceError: The mailbox is closed.
    """
    try:
        end.send_nowait(message)
    except trio.WouldBlock:
        await end.send(message)


class LatestBox(Inbox[T]):
    """A mailbox for a state: the sender never waits, a slow reader gets the latest, what it missed is counted.

    One sender end, one reader.

    Args:
        name: The channel's name in statistics.
        observe: Told of each delivery, for taps; it must not wait.
    """

    def __init__(self, name: str, observe: Observer | None = None) -> None:
        super().__init__(name, observe)
        self._latest: T | None = None
        self._arrived = trio.Event()
        self._closed = False
        self._peak = 0
        self._conflated = 0

    def put(self, message: T) -> None:
        """Leave the newest state, in place of one that was not read yet."""
        if self._latest is not None:
            self._conflated += 1
        self._latest = message
        self._peak = 1
        self._arrived.set()

    def close(self) -> None:
        """No further states: the reader's walk ends after the one that waits."""
        self._closed = True
        self._arrived.set()

    def _waiting(self) -> T | None:
        message, self._latest = self._latest, None
        return message

    async def _next(self) -> T:
        while (message := self._waiting()) is None:
            if self._closed:
                raise StopAsyncIteration
            self._arrived = trio.Event()
            await self._arrived.wait()
        return message

    def redeliver(self) -> None:
        """After a crash: the state in hand comes first in the next walk, unless a newer one waits."""
        super().redeliver()
        self._redeliver = self._redeliver and self._latest is None

    def depth(self) -> ChannelDepth:
        """States waiting (0 or 1), peak, bound, and how many were conflated away."""
        waiting = int(self._latest is not None)
        return ChannelDepth(self.name, waiting, self._peak, 1, self._conflated, self._delivered)


class LossyEnd:
    """An end to telemetry: it never waits; what doesn't fit is dropped and counted.

    Args:
        send: The telemetry mailbox's sending end.
        source: The actor that publishes here.
        observe: Told of each message published, dropped or not; it must not wait.
    """

    def __init__(
        self, send: trio.MemorySendChannel[Message], source: str = "", observe: Observer | None = None
    ) -> None:
        self._send = send
        self._source = source
        self._observe = observe
        self.dropped = 0

    def publish(self, message: Message) -> None:
        """Hand a message to telemetry, or drop it."""
        if self._observe is not None:
            self._observe(self._source, message)
        try:
            self._send.send_nowait(message)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError):
            self.dropped += 1

    def close(self) -> None:
        """Close this end."""
        self._send.close()
