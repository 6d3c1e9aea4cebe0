"""The gateway actor: the only one that talks to the venue.

Closed ledgers come in from the venue, allowed orders from risk, the shutdown's rungs from the session. What follows
from each is decided in :mod:`neo.desk.dealing`; here it is made durable, and then done. Every record of the session's
course passes through here, so the journal has one order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

import msgspec
import trio
from loguru import logger

from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.plumbing.touch_log import TouchLog
from actors.venues.port import Venue
from actors.venues.venue_errors import VenueError
from neo.config.key_wiring import GatewaySettings
from neo.desk.capital_moves import (
    Funding,
    PaymentTerms,
    capital_ordered,
    capital_payment,
    failed_payments,
    told_payment,
)
from neo.desk.dealing import answered, draft, judged, observe, transaction, view_of, withdrawals
from neo.desk.desk import Desk
from neo.desk.orders import Order
from neo.desk.preflight import fresh, previewed
from neo.desk.reconcile import check, check_due
from neo.messages import (
    Append,
    Balances,
    CancelResting,
    CapitalOrdered,
    Durable,
    Finish,
    HaltRequested,
    LedgerClosed,
    LedgerCosts,
    MarketView,
    Message,
    MoveCapital,
    OrderIntended,
    OrdersAllowed,
    OrderSigned,
    OrderSubmitted,
    PauseQuoting,
    QuotingPaused,
    QuotingResumed,
    Reconcile,
    Reconciled,
    Record,
    RestingGone,
    ResumeQuoting,
    StopQuoting,
)
from neo.messages.halts import Halt
from neo.watch.health import request_failed, retry_after_s
from neo.watch.session_watch import SessionWatch

T = TypeVar("T")


class Opening(Protocol):
    """Makes a session's first records from what the venue said at the start: its facts, then its opening balance."""

    def __call__(self, first: LedgerClosed, account: str) -> Sequence[Record]:
        """The records, in the order in which they are appended."""


class JournalGoneError(Exception):
    """Persistence has ended for good: nothing may be done that it can't note first."""


class RequestFailedError(Exception):
    """A request to the venue failed past its retries.

    Args:
        halt: The cause to end the session.
    """

    def __init__(self, halt: Halt) -> None:
        super().__init__(halt.detail)
        self.halt = halt


class GatewayEnds(msgspec.Struct, frozen=True, kw_only=True):
    """The ends of one incarnation: exactly whom the gateway talks to.

    Args:
        own: Its own mailbox's sending end, for the ledgers that it reads from the venue.
        strategy: The box of the latest market view.
        persistence: The journal.
        durable: Persistence's receipts.
        session: Answers to the shutdown's rungs.
        telemetry: The lossy stream.
    """

    own: trio.MemorySendChannel[Message]
    strategy: LatestBox[MarketView]
    persistence: trio.MemorySendChannel[Append]
    durable: LatestBox[Durable]
    session: trio.MemorySendChannel[Message]
    telemetry: LossyEnd

    def close(self) -> None:
        """Close what belongs to this incarnation alone."""
        self.own.close()
        self.persistence.close()
        self.session.close()


class GatewayActor:
    """One incarnation of the gateway.

    Args:
        inbox: Ledgers, allowed orders and the shutdown's rungs.
        ends: Whom it talks to.
        venue: The ledger.
        opening: Makes the session's first records.
        load_journal: Reads the session's records back, for a new incarnation.
        batches: Numbers of what it appends, going on across incarnations.
        settings: What decides its doing.
        funding: Where deposits come from and withdrawals go to, if the venue has such an account.
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
        settings: GatewaySettings,
        funding: Funding | None = None,
    ) -> None:
        self._inbox = inbox
        self._ends = ends
        self._venue = venue
        self._opening = opening
        self._load_journal = load_journal
        self._batches = batches
        self._settings = settings
        self._funding = funding
        self._desk = Desk()
        self._watch = SessionWatch(settings.watch)
        self._touch = TouchLog()
        # The venue's time minus the session's: what the newest ledger's close time tells when it is reached.
        self._venue_ahead_s = 0.0
        self._account_sequence = 0
        self._balances: Balances | None = None
        self._quoting = True
        self._clearing = False
        # The last ledger when this incarnation reached the venue: until then the desk is behind.
        self._newest_index = 0

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Recover, then deal until told to finish."""
        try:
            await self._recover()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pump, self._desk.ledger_index)
                task_status.started()
                async for message in self._inbox:
                    if isinstance(message, Finish):
                        break
                    await self._handle(message)
                await self._venue.disconnect()
                nursery.cancel_scope.cancel()
        except* JournalGoneError:
            # Another incarnation could do no more. The supervisor's word about persistence ends the session.
            logger.error("gateway_without_journal")
        finally:
            self._ends.close()

    async def _recover(self) -> None:
        """Start-up and recovery are one path: the journal first, then the venue, then what was left open."""
        await self._append((), wait=True)
        records = await self._load_journal()
        self._desk = Desk.replay(records)
        self._watch = SessionWatch.replay(self._settings.watch, records)
        self._quoting = not self._desk.halting
        self._clearing = self._desk.halting
        first = await self._connect()
        self._account_sequence, self._balances = first.balances.sequence, first.balances
        self._newest_index = first.ledger_index
        self._venue_ahead_s = first.close_time_s - trio.current_time()
        if self._desk.opening is None:
            await self._open(first)
        # What a ledger has is booked when that ledger comes. Any other may or may not have arrived, and the same blob
        # again can't become a second order.
        await self._submit([order for order in self._desk.pending() if not await self._on_ledger_already(order)])
        for ordered in self._desk.capital_pending.values():
            await self._send_payment(ordered)

    async def _on_ledger_already(self, order: Order) -> bool:
        try:
            return await self._asked("lookup", partial(self._venue.lookup, order.tx_hash)) is not None
        except RequestFailedError as error:
            await self._request_halt(error.halt)
            raise

    async def _connect(self) -> LedgerClosed:
        try:
            return await self._asked("connect", self._venue.connect)
        except RequestFailedError as error:
            if self._desk.opening is not None:
                # Before the opening it is the session's start that fails, and nothing was traded.
                await self._request_halt(error.halt)
            raise

    async def _open(self, first: LedgerClosed) -> None:
        records = self._opening(first, self._venue.pair.account)
        for record in records:
            self._desk.apply(record)
        await self._append(records, wait=True)
        for record in records:
            self._ends.telemetry.publish(record)

    async def _pump(self, after_index: int) -> None:
        failures = 0
        while True:
            try:
                async with contextlib.aclosing(self._venue.ledgers(after_index)) as stream:
                    async for closed in stream:
                        await self._ends.own.send(closed)
                        after_index, failures = closed.ledger_index, 0
            except VenueError as error:
                failures += 1
                halt = await self._wait_to_retry("read ledgers", failures, error)
            else:
                return  # the gateway left the venue
            if halt is not None:
                # Through the mailbox, so that it has its place among the ledgers that came before.
                await self._ends.own.send(HaltRequested(halt=halt))
                return

    async def _handle(self, message: Message) -> None:
        match message:
            case LedgerClosed():
                await self._on_ledger(message)
            case OrdersAllowed():
                await self._on_allowed(message)
            case PauseQuoting() | ResumeQuoting():
                await self._on_pause(message)
            case MoveCapital():
                await self._on_capital(message)
            case HaltRequested():
                await self._request_halt(message.halt)
            case StopQuoting():
                self._stop_quoting()
            case CancelResting():
                self._clearing = True
                await self._clear()
            case Reconcile():
                await self._check_inventory()
                await self._ends.session.send(Reconciled(standing=self._desk.standing()))
            case _:
                raise AssertionError(f"the gateway was sent a {type(message).__name__}")

    # --- From the venue ----------------------------------------------------------------------------------------

    async def _on_ledger(self, closed: LedgerClosed) -> None:
        if closed.ledger_index < self._desk.ledger_index:
            return
        payments = dict(self._desk.capital_pending)
        records = observe(self._desk, closed, self._venue.pair)
        self._account_sequence, self._balances = closed.balances.sequence, closed.balances
        # Booked already if it is in hand once more after a crash; what follows from it may not have been done.
        if records:
            await self._append(records)
            for record in records:
                self._ends.telemetry.publish(record)
            self._touch.tell(self._desk.ledgers, records[-1])
            if check_due(self._desk, self._settings.reconcile_interval_ledgers):
                await self._check_inventory()
            self._warn(closed, failed_payments(payments, self._desk, records))
        costs = LedgerCosts(self._venue.base_fee_drops, self._venue.owner_reserve_drops)
        view = view_of(self._desk, closed, costs, self._watch.loss_room)
        self._ends.telemetry.publish(view)
        halt = self._watch.halt(trio.current_time() + self._venue_ahead_s - closed.close_time_s)
        if halt is not None and self._quoting:
            await self._request_halt(halt)
        if self._quoting:
            self._ends.strategy.put(view)
        if self._clearing:
            await self._clear()
        elif self._watch.must_pull:
            await self._send_out(withdrawals(self._desk))

    def _warn(self, closed: LedgerClosed, failed: Sequence[CapitalOrdered]) -> None:
        """Tell the operator what a ledger says beyond its records."""
        for ordered in failed:
            logger.bind(ledger_index=closed.ledger_index, payment=told_payment(ordered)).warning(
                "capital_payment_failed"
            )
        for quiet in self._watch.quiet():
            logger.bind(ledger_index=closed.ledger_index, **quiet.fields()).warning(quiet.event)
        if closed.notice is not None:
            logger.bind(ledger_index=closed.ledger_index, notice=closed.notice).warning("venue_notice")

    # --- From risk ---------------------------------------------------------------------------------------------

    async def _on_allowed(self, allowed: OrdersAllowed) -> None:
        if not self._quoting:
            return
        try:
            allowed = await self._tried(fresh(self._desk, self._watch.passed(allowed)))
        except RequestFailedError as error:
            await self._request_halt(error.halt)
            return
        self._ends.telemetry.publish(allowed)
        await self._send_out(judged(self._desk, allowed))
        if allowed.halt is not None:
            # Passed on from here, after its tick is in the journal, so that the journal has one order.
            await self._request_halt(allowed.halt)

    async def _tried(self, allowed: OrdersAllowed) -> OrdersAllowed:
        """Try every offer on the ledger's own rules before any leaves."""
        previews = []
        for quote in allowed.quotes:
            tx = draft(self._desk, quote, self._venue.pair, fee_drops=self._venue.base_fee_drops)
            previews.append(await self._asked("preview", partial(self._venue.preview, tx)))
        return previewed(allowed, previews)

    def _stop_quoting(self) -> None:
        self._quoting = False
        self._desk.absence.end()

    async def _request_halt(self, halt: Halt) -> None:
        """Ask for the session's end. Nothing is quoted any more, so nothing gets in between in the journal."""
        self._stop_quoting()
        await self._ends.session.send(HaltRequested(halt=halt))

    # --- From the session --------------------------------------------------------------------------------------

    async def _on_pause(self, message: PauseQuoting | ResumeQuoting) -> None:
        wanted = isinstance(message, PauseQuoting)
        # Said again, or after the session began to end: nothing changes.
        if wanted is self._watch.paused or not self._quoting:
            return
        kind = QuotingPaused if wanted else QuotingResumed
        record = kind(ledger_index=self._desk.ledger_index, close_time_s=self._desk.close_time_s, cause=message.cause)
        self._desk.apply(record)
        await self._append((record,))
        self._ends.telemetry.publish(record)
        if wanted:
            await self._send_out(withdrawals(self._desk))

    async def _clear(self) -> None:
        """Cancel what rests; once nothing of ours rests or is under way, say so."""
        if self._desk.ledger_index < self._newest_index:
            # What seems to rest may be long gone; the ledgers that tell are on their way.
            return
        await self._send_out(withdrawals(self._desk))
        if not self._desk.resting() and not self._desk.pending():
            self._clearing = False
            await self._ends.session.send(RestingGone(left=()))

    async def _on_capital(self, move: MoveCapital) -> None:
        """Make a deposit or a withdrawal durable as a signed payment, then send it. A second delivery sends nothing.

        Nor does one that comes when the session is ending; that is told with its end.
        """
        funding, desk = self._funding, self._desk
        if funding is None or move.order_id in desk.capital_orders or not self._quoting:
            return
        terms = PaymentTerms(
            self._venue.pair, self._venue.base_fee_drops, self._account_sequence, self._settings.order_lifetime_ledgers
        )
        tx = capital_payment(desk, funding, terms, move)
        record = capital_ordered(desk, move, tx, self._venue.sign(tx))
        desk.apply(record)
        await self._append((record,), wait=True)
        self._ends.telemetry.publish(record)
        await self._send_payment(record)

    async def _send_payment(self, ordered: CapitalOrdered) -> None:
        try:
            await self._asked("submit", partial(self._venue.submit, ordered.tx_hash, ordered.blob))
        except RequestFailedError as error:
            # It may have arrived all the same; only the ledger can tell.
            await self._request_halt(error.halt)

    async def _check_inventory(self) -> None:
        """Note how the ledger's balances came about since the last note. An unexplained difference halts by itself."""
        if self._balances is not None:
            record = check(self._desk, self._balances)
            self._desk.apply(record)
            await self._append((record,))
            self._ends.telemetry.publish(record)

    # --- To the journal and the venue --------------------------------------------------------------------------

    async def _send_out(self, records: list[Record]) -> None:
        """Sign every intent among the records, make it all durable, and only then let it leave."""
        signed = [self._sign(record) for record in records if isinstance(record, OrderIntended)]
        if not signed:
            if records:
                await self._append(records)
            return
        await self._append((*records, *signed), wait=True)
        await self._submit([order for record in signed if (order := self._desk.order(record.order_id)) is not None])

    def _sign(self, intent: OrderIntended) -> OrderSigned:
        order = self._desk.order(intent.order_id)
        assert order is not None, f"intent {intent.order_id} has no order"
        sequence = self._desk.next_sequence(self._account_sequence)
        last_ledger_sequence = self._desk.ledger_index + self._settings.order_lifetime_ledgers
        tx = transaction(
            self._desk,
            order,
            self._venue.pair,
            fee_drops=self._venue.base_fee_drops,
            sequence=sequence,
            last_ledger_sequence=last_ledger_sequence,
        )
        signed = self._venue.sign(tx)
        record = OrderSigned(
            order_id=order.order_id,
            tx_hash=signed.tx_hash,
            blob=signed.blob,
            sequence=sequence,
            last_ledger_sequence=last_ledger_sequence,
        )
        self._desk.apply(record)
        return record

    async def _submit(self, orders: Sequence[Order]) -> None:
        """Send transactions that are durable, and note what the venue said of each in one piece."""
        records: list[Record] = []
        halt = None
        for order in orders:
            try:
                result = await self._asked("submit", partial(self._venue.submit, order.tx_hash, order.blob))
            except RequestFailedError as error:
                # It may have arrived all the same: only the ledger can tell, by the order's last ledger sequence.
                result, halt = "unknown", error.halt
            submitted = OrderSubmitted(order_id=order.order_id, tx_hash=order.tx_hash, preliminary_result=result)
            self._desk.apply(submitted)
            records += [submitted, *answered(self._desk, order, result)]
        if records:
            await self._append(records)
        if halt is not None and self._quoting:
            await self._request_halt(halt)

    async def _asked(self, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What the venue answered, after as many retries as it took.

        Raises:
            RequestFailedError: They are used up.
        """
        failures = 0
        while True:
            try:
                return await ask()
            except VenueError as error:
                failures += 1
                halt = await self._wait_to_retry(what, failures, error)
            if halt is not None:
                raise RequestFailedError(halt)

    async def _wait_to_retry(self, what: str, failures: int, error: VenueError) -> Halt | None:
        """Wait out the back-off and return None, or the cause to end if the retries are used up."""
        after_s = retry_after_s(self._settings.retries, failures)
        logger.bind(request=what, failures=failures, cause=error.what).warning("venue_request_failed")
        if after_s is None:
            return request_failed(what, failures, str(error))
        await trio.sleep(after_s)
        return None

    async def _append(self, records: Sequence[Record], *, wait: bool = False) -> None:
        for record in records:
            self._watch.apply(record)
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
