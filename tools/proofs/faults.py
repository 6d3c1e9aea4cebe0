"""Things going wrong on purpose, for drills: parts that fail where they are told to.

Each stands in a part's place (:class:`actors.session.parts.SessionParts`); the session can't tell it from the real one.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, TypeVar

import msgspec
import trio

from actors.plumbing.mailbox import Inbox, LatestBox, Mailbox, Observer
from actors.plumbing.wiring import ChannelBounds, Channels
from actors.venues.host import RunningVenue
from actors.venues.venue_errors import VenueError
from neo.chain.shapes import SignedTransaction
from neo.desk.preflight import Preview
from neo.messages import (
    Durable,
    Fate,
    ForkMeasured,
    LedgerClosed,
    Lookup,
    MarketState,
    RequestCause,
    RequestFailed,
    Submit,
    TwinObserved,
    VenueAnswer,
    VenueEvent,
    VenueMeasured,
    VenueRequest,
)

T = TypeVar("T")

# Told the actor's name, "before" or "after" its handling of a message, and the message; raises to crash the actor.
Trigger = Callable[[str, str, Any], None]


class InjectedFaultError(Exception):
    """A fault put there on purpose."""


# --- Venues ------------------------------------------------------------------------------------------------------


class VenueWrapper:
    """A venue that does what the one inside does; its children change one thing from a given ledger on.

    Args:
        inner: The venue inside.
        ledgers_well: Ledgers after the opening that are as they should be.
    """

    def __init__(self, inner: RunningVenue, ledgers_well: int) -> None:
        self.inner = inner
        self.pair = inner.pair
        self.funding = inner.funding
        self._ledgers_well = ledgers_well
        self._first_index: int | None = None
        self._latest_index = 0

    @property
    def failing(self) -> bool:
        """True from the given ledger on."""
        return self._first_index is not None and self._latest_index - self._first_index >= self._ledgers_well

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """As the one inside."""
        await self.inner.run(task_status)

    async def connect(self) -> LedgerClosed:
        """As the one inside."""
        first = await self.inner.connect()
        if self._first_index is None:
            self._first_index = first.ledger_index
        self._latest_index = first.ledger_index
        return first

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """As the one inside."""
        async with contextlib.aclosing(self.inner.events(after_index)) as stream:
            async for event in stream:
                if isinstance(event, LedgerClosed):
                    self._latest_index = event.ledger_index
                    yield self.seen(event)
                elif isinstance(event, VenueMeasured | ForkMeasured | TwinObserved):
                    yield event
                else:
                    yield self.answered(event)

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        """A ledger as it is passed on."""
        return closed

    def answered(self, answer: VenueAnswer) -> VenueAnswer:
        """An answer as it is passed on."""
        return answer

    def post(self, request: VenueRequest) -> None:
        """As the one inside."""
        self.inner.post(request)

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """As the one inside."""
        return self.inner.preview(tx)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """As the one inside."""
        return self.inner.sign(tx)

    async def disconnect(self) -> None:
        """As the one inside."""
        await self.inner.disconnect()


class UnreachableVenue(VenueWrapper):
    """It can't be connected to."""

    async def connect(self) -> LedgerClosed:
        """Fails."""
        await trio.lowlevel.checkpoint()
        raise VenueError("the venue does not answer (a drill)", "Nothing to mend: it is a drill.")


class RefusingVenue(VenueWrapper):
    """Every submission fails."""

    def __init__(self, inner: RunningVenue, ledgers_well: int) -> None:
        super().__init__(inner, ledgers_well)
        self._refused: dict[str, Submit] = {}

    def post(self, request: VenueRequest) -> None:
        """From the given ledger on a submission doesn't arrive: a question goes in its place."""
        if self.failing and isinstance(request, Submit):
            self._refused[request.tx_hash] = request
            self.inner.post(Lookup(tx_hash=request.tx_hash))
        else:
            self.inner.post(request)

    def answered(self, answer: VenueAnswer) -> VenueAnswer:
        """The answer to that question is the failure."""
        if isinstance(answer, Fate) and (request := self._refused.pop(answer.tx_hash, None)) is not None:
            what = "the node answers 503 (a drill)"
            return RequestFailed(
                request=request, cause=RequestCause.UNREACHABLE, what=what, mend="Nothing to mend: it is a drill."
            )
        return answer


class SilentVenue(VenueWrapper):
    """Its stream of ledgers dries up, without a word."""

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Dries up."""
        async with contextlib.aclosing(super().events(after_index)) as stream:
            async for event in stream:
                if self.failing:
                    await trio.sleep_forever()
                yield event


class EmptyVenue(VenueWrapper):
    """The market goes away: no book, no pool."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        """Without a market from the given ledger on."""
        return msgspec.structs.replace(closed, market=MarketState((), (), None)) if self.failing else closed


class LeakingVenue(VenueWrapper):
    """A drop of XRP goes that no transaction tells of."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        """A drop short from the given ledger on."""
        if not self.failing:
            return closed
        balances = msgspec.structs.replace(closed.balances, xrp_drops=closed.balances.xrp_drops - 1)
        return msgspec.structs.replace(closed, balances=balances)


class BreakingVenue(VenueWrapper):
    """A task of the engine itself breaks, which nothing in the engine may do."""

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Runs well for a while, and beside it waits for the moment to break."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.inner.run)
            task_status.started()
            while not self.failing:  # noqa: ASYNC110 - on the session's clock, where waiting costs nothing
                await trio.sleep(0.5)
            raise InjectedFaultError("a task of the engine broke (a drill)")


# --- Actors ------------------------------------------------------------------------------------------------------


class CrashAt:
    """Crashes an actor around its messages.

    Args:
        actor: Whose.
        numbers: Which of its messages, counted from 1 as they first come; each crashes once.
        moment: ``before`` the actor has done anything about it, or ``after`` it has done everything.
    """

    def __init__(self, actor: str, numbers: set[int], moment: str) -> None:
        self._actor = actor
        self._left = set(numbers)
        self._moment = moment
        self._last: object = None
        self.seen = 0

    def __call__(self, actor: str, moment: str, message: object) -> None:
        """Count, and crash if it is time to. What comes once more after a crash isn't counted again."""
        if actor != self._actor or moment != self._moment or message is self._last:
            return
        self._last = message
        self.seen += 1
        if self.seen in self._left:
            self._left.discard(self.seen)
            raise InjectedFaultError(f"{actor} crashed {moment} its message {self.seen} ({type(message).__name__})")


class CrashOn:
    """Crashes an actor at every message that is poison to it.

    Args:
        actor: Whose.
        poison: Told of a message, whether it is.
    """

    def __init__(self, actor: str, poison: Callable[[Any], bool]) -> None:
        self._actor = actor
        self._poison = poison

    def __call__(self, actor: str, moment: str, message: object) -> None:
        """Crash if it is poison."""
        if actor == self._actor and moment == "before" and self._poison(message):
            raise InjectedFaultError(f"{actor} can't stomach a {type(message).__name__} (a drill)")


class _Crashing(Inbox[T]):
    """A walk that the trigger hears of before and after each message."""

    trigger: Trigger
    _handled = False

    async def __anext__(self) -> T:
        if self._handled:
            self._handled = False
            self.trigger(self.name, "after", self.hand)
        message = await super().__anext__()
        self.trigger(self.name, "before", message)
        self._handled = True
        return message

    def redeliver(self) -> None:
        self._handled = False
        super().redeliver()


class _CrashingMailbox(_Crashing[T], Mailbox[T]):
    def __init__(self, name: str, bound: int, observe: Observer | None, trigger: Trigger) -> None:
        super().__init__(name, bound, observe)
        self.trigger = trigger


class _CrashingBox(_Crashing[T], LatestBox[T]):
    def __init__(self, name: str, observe: Observer | None, trigger: Trigger) -> None:
        super().__init__(name, observe)
        self.trigger = trigger


class CrashingChannels(Channels):
    """Channels whose mailboxes crash the actors that walk them.

    Args:
        bounds: The size of each.
        trigger: Says when.
    """

    def __init__(self, bounds: ChannelBounds, trigger: Trigger) -> None:
        super().__init__(bounds)
        told = self.taps.delivered
        self.gateway = _CrashingMailbox("gateway", bounds.gateway, told, trigger)
        self.strategy = _CrashingBox("strategy", told, trigger)
        self.risk = _CrashingMailbox("risk", bounds.risk, told, trigger)
        self.persistence = _CrashingMailbox("persistence", bounds.persistence, told, trigger)
        self.telemetry = _CrashingMailbox("telemetry", bounds.telemetry, None, trigger)


class _DeafBox(LatestBox[Durable]):
    def __init__(self, name: str, observe: Observer | None, receipts_well: int) -> None:
        super().__init__(name, observe)
        self._left = receipts_well

    def put(self, message: Durable) -> None:
        if self._left > 0:
            self._left -= 1
            super().put(message)


class UnreceiptedChannels(Channels):
    """Channels on which the journal's receipts to the gateway stop coming, though all that it says is noted.

    Args:
        bounds: The size of each.
        receipts_well: Receipts that still come.
    """

    def __init__(self, bounds: ChannelBounds, receipts_well: int) -> None:
        super().__init__(bounds)
        self.durable["gateway"] = _DeafBox("durable.gateway", self.taps.delivered, receipts_well)
