"""The tap: every message on its way between the session's parts, for whoever watches, never holding anyone up.

Mailboxes tell the hub of each message as it is first delivered; a journal record is told with its number, which the
hub knows because it sees every append in the order in which persistence gets it. Each tap has a queue of its own; one
that is full loses what comes and is told how many it lost, in their place. With no tap open a message costs the hub
one look at an empty tuple.

A queue may be read from another thread (the control channel's): it is a deque, whose ends are safe to use from two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from neo.messages import Append, HaltRequested, Message, PoisonSetAside, Record
from neo.messages.routes import ROUTES, TELEMETRY, Routes

# A few seconds at full speed; a reader that is further behind than this is not reading.
TAP_BOUND = 4096


class Tapped(msgspec.Struct, frozen=True, tag=True):
    """One message on its way from one part of the session to another.

    ``seq`` is a journal record's number, None for what isn't in the journal. ``message`` is a
    :class:`neo.messages.Message`, or that message as builtins once it was read back from JSON.
    """

    seq: int | None
    source: str
    target: str
    message: Any


class Lost(msgspec.Struct, frozen=True, tag=True):
    """So many messages were lost here, because the reader was too slow for them."""

    count: int


class TapQueue:
    """What one tap has yet to read.

    Args:
        types: The messages wanted; None for all.
        bound: Most messages that wait for the reader.
    """

    def __init__(
        self,
        types: Collection[type[Message]] | None = None,
        bound: int = TAP_BOUND,
    ) -> None:
        self._types = None if types is None else frozenset(types)
        self._bound = bound
        self._waiting: deque[Tapped | Lost] = deque()
        self._missed = 0
        self.lost = 0

    def wants(self, kind: type[Message]) -> bool:
        """True if messages of this type are shown here."""
        return self._types is None or kind in self._types

    def has_room(self) -> bool:
        """True if there is room for one more; otherwise it is lost, and counted."""
        if len(self._waiting) < self._bound:
            return True
        self._missed += 1
        self.lost += 1
        return False

    def put(self, item: Tapped) -> None:
        """Take a message in, for which there is room."""
        self.tell_missed()
        self._waiting.append(item)

    def tell_missed(self) -> None:
        """Say how many were lost since the last one that wasn't. At the end, when no more comes, the reader says it."""
        if self._missed:
            self._waiting.append(Lost(self._missed))
            self._missed = 0

    def take(self) -> Tapped | Lost | None:
        """The next one, or None if there is none now."""
        return self._waiting.popleft() if self._waiting else None


class TapHub:
    """Where every message passes by, and taps are opened. Used in the session's thread alone.

    Args:
        routes: Who sends what, and what only telemetry hears of; all else passes one of the other channels too.
        journaled: Told of the records of each append, once; it must not wait.
    """

    def __init__(self, routes: Routes = ROUTES, journaled: Callable[[Sequence[Record]], None] | None = None) -> None:
        self._routes = routes
        self._journaled = journaled
        self._queues: tuple[TapQueue, ...] = ()
        self._batches: dict[str, int] = {}
        self.journal_seq = 0

    @property
    def count(self) -> int:
        """Taps that are open."""
        return len(self._queues)

    def attach(self, queue: TapQueue) -> int:
        """Open a tap; returns the number of the last journal record that came before it."""
        self._queues = (*self._queues, queue)
        return self.journal_seq

    def detach(self, queue: TapQueue) -> None:
        """Close a tap; without effect if it is closed already."""
        self._queues = tuple(other for other in self._queues if other is not queue)

    def delivered(self, channel: str, message: Message) -> None:
        """A mailbox delivered a message."""
        if isinstance(message, Append):
            self._appended(channel, message)
        elif self._queues and any(queue.wants(type(message)) for queue in self._queues):
            # Who sent it takes longer to find than that nobody asks.
            self._show(None, self._sender(channel, message), channel, message)

    def published(self, source: str, message: Message) -> None:
        """An actor told telemetry of something."""
        if self._queues and type(message) in self._routes.told_only:
            self._show(None, source, TELEMETRY, message)

    def _sender(self, channel: str, message: Message) -> str:
        # More than one part may ask for an end; who found the cause stands in it.
        if isinstance(message, HaltRequested):
            return message.halt.source
        return next(iter(self._routes.senders(type(message), channel)), "")

    def _appended(self, channel: str, append: Append) -> None:
        # An append that comes again was counted; the store passes it over too.
        if append.batch <= self._batches.get(append.sender, 0):
            return
        self._batches[append.sender] = append.batch
        if self._journaled is not None:
            self._journaled(append.records)
        if self._queues:
            for seq, record in enumerate(append.records, self.journal_seq + 1):
                self._show(seq, append.sender, channel, record)
        self.journal_seq += len(append.records)

    def _show(self, seq: int | None, source: str, target: str, message: Message) -> None:
        kind = type(message)
        wanting = [queue for queue in self._queues if queue.wants(kind) and queue.has_room()]
        if wanting:
            item = Tapped(seq, source, target, without_blobs(message))
            for queue in wanting:
                queue.put(item)


def without_blobs(message: Message) -> Message:
    """The message as it may be shown: a signed transaction is an order that anyone could send, so only its length."""
    blob = getattr(message, "blob", None)
    if isinstance(blob, str):
        return msgspec.structs.replace(message, blob=f"[{len(blob)} characters]")
    if isinstance(message, PoisonSetAside):
        return msgspec.structs.replace(message, body=f"[{len(message.body)} characters]")
    return message
