"""The gateway actor: the only one that talks to the venue.

It receives, asks the dealer (:mod:`neo.desk.dealer`), makes durable, posts, and sends on. Every record of the session's
course passes through here, so the journal has one order. Nothing in its loop waits for the network: what the venue
tells, answers too, comes through the mailbox. The one thing it waits for is the journal.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

import msgspec
import trio
from loguru import logger

from actors.plumbing.gateway_times import GatewayTimes
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox, SendEnd
from actors.plumbing.timings import Timings
from actors.plumbing.touch_log import TouchLog
from actors.venues.port import Venue
from actors.venues.venue_errors import VenueError
from neo.desk.dealer import Dealer
from neo.desk.dealer_settings import DealerSettings
from neo.desk.effects import Delayed, Effects
from neo.desk.opening import Opening
from neo.messages import (
    Append,
    CancelResting,
    Durable,
    Fate,
    Finish,
    ForkMeasured,
    HaltRequested,
    LedgerClosed,
    MarketView,
    Message,
    MoveCapital,
    OrdersAllowed,
    PauseQuoting,
    Reconcile,
    Record,
    RequestFailed,
    ResumeQuoting,
    StopQuoting,
    Submitted,
    TwinObserved,
    VenueMeasured,
)
from neo.messages.halts import Halt
from neo.watch.health import request_failed, retry_after_s

# Between two attempts to hear of the venue once that it failed has been told: the session is ending by then.
_WAY_DOWN_PAUSE_S: Final = 3.0


class JournalGoneError(Exception):
    """Persistence has ended for good: nothing may be done that it can't note first."""


class VenueLostError(Exception):
    """The venue could not be reached.

    Args:
        halt: The cause to end the session.
    """

    def __init__(self, halt: Halt) -> None:
        super().__init__(halt.detail)
        self.halt = halt


class GatewayEnds(msgspec.Struct, frozen=True, kw_only=True):
    """The ends of one incarnation: exactly whom the gateway talks to.

    Args:
        own: Its own mailbox's sending end, for what it reads from the venue.
        strategy: The box of the latest market view.
        persistence: The journal.
        durable: Persistence's receipts.
        session: Answers to the shutdown's rungs.
        telemetry: The lossy stream.
    """

    own: SendEnd[Message]
    strategy: LatestBox[MarketView]
    persistence: SendEnd[Append]
    durable: LatestBox[Durable]
    session: SendEnd[Message]
    telemetry: LossyEnd

    def close(self) -> None:
        """Close what belongs to this incarnation alone."""
        self.own.close()
        self.persistence.close()
        self.session.close()


class GatewayActor:
    """One incarnation of the gateway.

    Args:
        inbox: What the venue tells, allowed orders and the shutdown's rungs.
        ends: Whom it talks to.
        venue: The ledger.
        opening: Makes the session's first records.
        load_journal: Reads the session's records back, for a new incarnation.
        batches: Numbers of what it appends, going on across incarnations.
        settings: What decides the dealer's doing.
        timings: Told how long things took.
    """

    def __init__(
        self,
        inbox: Mailbox[Message],
        ends: GatewayEnds,
        venue: Venue,
        *,
        opening: Opening,
        load_journal: Callable[[], Awaitable[Sequence[Record]]],
        batches: Iterator[int],
        settings: DealerSettings,
        timings: Timings | None = None,
    ) -> None:
        self._inbox = inbox
        self._ends = ends
        self._venue = venue
        self._opening = opening
        self._load_journal = load_journal
        self._batches = batches
        self._settings = settings
        self._touch = TouchLog()
        self._times = GatewayTimes(timings or Timings())

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Recover, then deal until told to finish."""
        try:
            async with trio.open_nursery() as nursery:
                dealer = await self._recover(nursery)
                nursery.start_soon(self._pump, dealer.ledger_index)
                task_status.started()
                async for message in self._inbox:
                    if isinstance(message, Finish):
                        break
                    self._times.begin(message)
                    await self._do(_asked(dealer, message), nursery)
                    self._times.end(message)
                await self._venue.disconnect()
                nursery.cancel_scope.cancel()
        except* JournalGoneError:
            # Another incarnation could do no more. The supervisor's word about persistence ends the session.
            logger.error("gateway_without_journal")
        finally:
            self._ends.close()

    async def _recover(self, nursery: trio.Nursery) -> Dealer:
        """Start-up and recovery are one path: the journal first, then the venue, then what was left open."""
        await self._append((), wait=True)
        venue = self._venue
        dealer = Dealer(
            self._settings,
            venue.pair,
            await self._load_journal(),
            preview=venue.preview,
            sign=venue.sign,
            funding=venue.funding,
        )
        try:
            first = await self._connect()
        except VenueLostError as error:
            if dealer.is_opened:
                # Before the opening it is the session's start that fails, and nothing was traded.
                await self._ends.session.send(HaltRequested(halt=error.halt))
            raise
        await self._do(dealer.on_connected(first, trio.current_time(), self._opening), nursery)
        return dealer

    async def _do(self, effects: Effects, nursery: trio.Nursery) -> None:
        """Do what follows from a message: the journal first, then the venue, then everyone else."""
        ends = self._ends
        if effects.records:
            await self._append(effects.records, wait=effects.durable)
        for request in effects.requests:
            self._venue.post(request)
        for delayed in effects.later:
            nursery.start_soon(self._post_later, delayed)
        for message in effects.told:
            ends.telemetry.publish(message)
        if effects.touch is not None:
            self._touch.tell(*effects.touch)
        for warned in effects.warnings:
            logger.bind(**warned.fields).warning(warned.event)
        if effects.halt is not None:
            await ends.session.send(HaltRequested(halt=effects.halt))
        if effects.view is not None:
            self._times.note_view(effects.view)
            ends.strategy.put(effects.view)
        if effects.answer is not None:
            await ends.session.send(effects.answer)

    async def _append(self, records: Sequence[Record], *, wait: bool = False) -> None:
        batch = next(self._batches)
        append = Append(records=tuple(records), sender="gateway", batch=batch, wants_receipt=wait)
        try:
            await self._ends.persistence.send(append)
        except trio.BrokenResourceError:
            raise JournalGoneError from None
        if wait:
            async for durable in self._ends.durable:
                # A receipt that an earlier incarnation asked for may still lie there.
                if durable.batch >= batch:
                    return
            raise JournalGoneError

    # --- The venue, beside the loop ----------------------------------------------------------------------------

    async def _post_later(self, delayed: Delayed) -> None:
        await trio.sleep(delayed.after_s)
        self._venue.post(delayed.request)

    async def _connect(self) -> LedgerClosed:
        failures = 0
        while True:
            try:
                return await self._venue.connect()
            except VenueError as error:
                failures += 1
                halt = await self._wait_to_retry("connect", failures, error)
            if halt is not None:
                raise VenueLostError(halt)

    async def _pump(self, after_index: int) -> None:
        """Forward what the venue tells into the mailbox, on the way down too: what rests is cancelled by ledgers."""
        failures, is_told = 0, False
        while True:
            try:
                async with contextlib.aclosing(self._venue.events(after_index)) as events:
                    async for event in events:
                        await self._ends.own.send(event)
                        failures = 0
                        if isinstance(event, LedgerClosed):
                            after_index = event.ledger_index
            except VenueError as error:
                failures += 1
                halt = await self._wait_to_retry("read ledgers", failures, error)
            else:
                return  # the gateway left the venue
            if halt is not None:
                if not is_told:
                    # Through the mailbox, so that it has its place among the ledgers that came before.
                    await self._ends.own.send(HaltRequested(halt=halt))
                    is_told = True
                await trio.sleep(_WAY_DOWN_PAUSE_S)

    async def _wait_to_retry(self, what: str, failures: int, error: VenueError) -> Halt | None:
        """Wait out the back-off and return None, or the cause to end if trying again is of no use."""
        after_s = retry_after_s(self._settings.retries, failures) if error.retry else None
        logger.bind(request=what, failures=failures, cause=error.what).warning("venue_request_failed")
        if after_s is None:
            return request_failed(what, failures, str(error))
        await trio.sleep(after_s)
        return None


def _asked(dealer: Dealer, message: Message) -> Effects:  # noqa: PLR0911 - one flat branch for each kind of message
    """What follows from a message."""
    match message:
        case LedgerClosed():
            return dealer.on_ledger(message, trio.current_time())
        case VenueMeasured() | ForkMeasured() | TwinObserved():
            # Nothing is decided by it: it is only kept, and shown.
            return Effects(records=(message,), told=(message,))
        case OrdersAllowed():
            return dealer.on_verdict(message)
        case Submitted() | Fate() | RequestFailed():
            return dealer.on_answer(message)
        case PauseQuoting() | ResumeQuoting():
            return dealer.on_pause(message)
        case MoveCapital():
            return dealer.on_capital(message)
        case HaltRequested():
            return dealer.on_halt(message.halt)
        case StopQuoting() | CancelResting() | Reconcile():
            return dealer.on_rung(message)
        case _:
            raise AssertionError(f"the gateway was sent a {type(message).__name__}")
