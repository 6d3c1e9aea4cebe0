"""Mailboxes that outlive their actors, and the ends that actors send through.

A mailbox belongs to the supervisor. An actor walks through it with ``async for``: a message counts as handled when
the loop's body is done with it, so the message in hand at a crash is delivered once more to the next incarnation.
The end of all senders is the end of the walk; there is no sentinel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import trio

from actors.plumbing.bell import Bell
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
        self._bell = Bell()
        self._delivered = 0
        self._hand: T | None = None
        self._deliveries = 0
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


class Mailbox(Inbox[T]):
    """A bounded queue whose senders wait when it is full: nothing is lost, nothing overtakes.

    It does what Trio's memory channel does, for one reader and at two thirds of its cost.

    Args:
        name: The channel's name in statistics.
        bound: Most messages that wait in it; with 0 sender and reader meet.
        observe: Told of each delivery, for taps; it must not wait.
    """

    def __init__(self, name: str, bound: int, observe: Observer | None = None) -> None:
        super().__init__(name, observe)
        self._bound = bound
        self._queue: deque[T] = deque()
        # What was handed to the reader that waited, until its turn comes. It is in no queue and takes up no place.
        self._handed: T | None = None
        self._senders: deque[_Held[T]] = deque()
        self._ends = 0
        self._peak = 0
        self._sealed = False
        self._closed = False
        self.left: list[T] = []

    def sender(self) -> SendEnd[T]:
        """A new end to send through; who holds it closes it.

        Raises:
            trio.ClosedResourceError: The mailbox is sealed.
        """
        if self._sealed:
            raise trio.ClosedResourceError
        self._ends += 1
        return SendEnd(self)

    def seal(self) -> None:
        """No further :meth:`sender`: from now on the mailbox ends when the ends that were handed out are closed."""
        self._sealed = True
        if self._is_ended:
            self._bell.ring()

    def put(self, message: T) -> None:
        """Take a message in, for an end.

        Raises:
            trio.WouldBlock: It is full.
            trio.BrokenResourceError: It is closed.
        """
        if self._closed:
            raise trio.BrokenResourceError
        if self._bell.ring():
            self._handed = message
        elif len(self._queue) < self._bound:
            self._queue.append(message)
            self._peak = max(self._peak, len(self._queue))
        else:
            raise trio.WouldBlock

    async def wait_to_put(self, message: T, end: SendEnd[T]) -> None:
        """Wait for an end until there is room for its message, behind all that wait already.

        Raises:
            trio.ClosedResourceError: The end was closed meanwhile.
        """
        held = _Held(message, end, trio.lowlevel.current_task())
        self._senders.append(held)

        def leave(_raise_cancel: object) -> trio.lowlevel.Abort:
            self._senders.remove(held)
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(leave)
        if not held.is_taken:
            raise trio.ClosedResourceError

    def leave_out(self, end: SendEnd[T]) -> None:
        """An end is closed: nothing comes through it any more, nor what waited to."""
        for held in [held for held in self._senders if held.end is end]:
            self._senders.remove(held)
            trio.lowlevel.reschedule(held.task)
        self._ends -= 1
        if self._is_ended:
            self._bell.ring()

    def _waiting(self) -> T | None:
        # The bound keeps this from going on for long.
        if self._senders:
            held = self._senders.popleft()
            held.is_taken = True
            self._queue.append(held.message)
            trio.lowlevel.reschedule(held.task)
        return self._queue.popleft() if self._queue else None

    async def _next(self) -> T:
        if not (self._closed or self._is_ended):
            await self._bell.wait()
        message, self._handed = self._handed, None
        if message is not None:
            return message
        if self._closed:
            raise trio.ClosedResourceError
        raise StopAsyncIteration

    @property
    def _is_ended(self) -> bool:
        return self._sealed and self._ends == 0

    def depth(self) -> ChannelDepth:
        """Messages waiting, peak, bound and drops."""
        return ChannelDepth(self.name, len(self._queue), self._peak, self._bound, 0, self._delivered)

    def close(self) -> None:
        """Refuse further messages; what waited unread is in :attr:`left`."""
        while (message := self._waiting()) is not None:
            self.left.append(message)
        self._closed = True
        self._bell.ring()


class _Held(Generic[T]):
    """A message that waits with its sender for room."""

    __slots__ = ("end", "is_taken", "message", "task")

    def __init__(self, message: T, end: SendEnd[T], task: trio.lowlevel.Task) -> None:
        self.message = message
        self.end = end
        self.task = task
        self.is_taken = False


class SendEnd(Generic[T]):
    """An end that messages to a mailbox are sent through. Made by :meth:`Mailbox.sender`.

    Args:
        box: The mailbox.
    """

    __slots__ = ("_box", "_closed")

    def __init__(self, box: Mailbox[T]) -> None:
        self._box = box
        self._closed = False

    def __enter__(self) -> SendEnd[T]:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.close()

    def send_nowait(self, message: T) -> None:
        """Send where there is room.

        Raises:
            trio.WouldBlock: There is none.
            trio.BrokenResourceError: The mailbox is closed.
            trio.ClosedResourceError: This end is.
        """
        if self._closed:
            raise trio.ClosedResourceError
        self._box.put(message)

    async def send(self, message: T) -> None:
        """Send, and wait if the mailbox is full.

        Where there is room the sender goes on at once, for the reason that what waits is taken at once.

        Raises:
            trio.BrokenResourceError: The mailbox is closed.
            trio.ClosedResourceError: This end is, or was while it waited.
        """
        try:
            self.send_nowait(message)
        except trio.WouldBlock:
            await self._box.wait_to_put(message, self)

    def close(self) -> None:
        """Send nothing more through it; when the last end of a sealed mailbox closes, so does its reader's walk."""
        if not self._closed:
            self._closed = True
            self._box.leave_out(self)


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
        self._closed = False
        self._peak = 0
        self._conflated = 0

    def put(self, message: T) -> None:
        """Leave the newest state, in place of one that was not read yet."""
        if self._latest is not None:
            self._conflated += 1
        self._latest = message
        self._peak = 1
        self._bell.ring()

    def close(self) -> None:
        """No further states: the reader's walk ends after the one that waits."""
        self._closed = True
        self._bell.ring()

    def _waiting(self) -> T | None:
        message, self._latest = self._latest, None
        return message

    async def _next(self) -> T:
        while (message := self._waiting()) is None:
            if self._closed:
                raise StopAsyncIteration
            await self._bell.wait()
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

    def __init__(self, send: SendEnd[Message], source: str = "", observe: Observer | None = None) -> None:
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
