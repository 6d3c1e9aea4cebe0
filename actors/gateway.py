"""The gateway actor: the only one that talks to the venue.

Closed ledgers come in from the venue, allowed orders from risk, the shutdown's rungs from the session. What follows
from each is decided in :mod:`neo.dealing`; here it is made durable, and then done. Every record of the session's
course passes through here, so the journal has one order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

import trio
from loguru import logger

from actors.mailbox import LatestBox, LossyEnd, Mailbox
from actors.venue import Venue
from neo.dealing import answered, judged, observe, transaction, view_of, withdrawals
from neo.desk import Desk
from neo.messages import (
    Append,
    CancelResting,
    CapitalMoved,
    Durable,
    Finish,
    LedgerClosed,
    MarketView,
    Message,
    OrderIntended,
    OrdersAllowed,
    OrderSigned,
    OrderSubmitted,
    Reconcile,
    Reconciled,
    Record,
    RestingGone,
    SessionStarted,
    StopQuoting,
)
from neo.orders import Order


class Opening(Protocol):
    """Makes a session's first record from what the venue said at the start."""

    def __call__(self, first: LedgerClosed, account: str) -> SessionStarted: ...


class JournalGoneError(Exception):
    """Persistence has ended for good: nothing may be done that it can't note first."""


class GatewayEnds:
    """The ends of one incarnation: exactly whom the gateway talks to.

    Args:
        own: Its own mailbox's sending end, for the ledgers that it reads from the venue.
        strategy: The box of the latest market view.
        persistence: The journal.
        durable: Persistence's receipts.
        session: Answers to the shutdown's rungs.
        telemetry: The lossy stream.
    """

    def __init__(
        self,
        *,
        own: trio.MemorySendChannel[Message],
        strategy: LatestBox[MarketView],
        persistence: trio.MemorySendChannel[Append],
        durable: LatestBox[Durable],
        session: trio.MemorySendChannel[Message],
        telemetry: LossyEnd,
    ) -> None:
        self.own = own
        self.strategy = strategy
        self.persistence = persistence
        self.durable = durable
        self.session = session
        self.telemetry = telemetry

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
        opening: Makes the session's first record.
        load_journal: Reads the session's records back, for a new incarnation.
        batches: Numbers of what it appends, going on across incarnations.
        order_lifetime_ledgers: How many ledgers an order's transaction may still enter.
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
        order_lifetime_ledgers: int,
    ) -> None:
        self._inbox = inbox
        self._ends = ends
        self._venue = venue
        self._opening = opening
        self._load_journal = load_journal
        self._batches = batches
        self._order_lifetime_ledgers = order_lifetime_ledgers
        self._desk = Desk()
        self._account_sequence = 0
        self._quoting = True
        self._clearing = False

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
        finally:
            self._ends.close()

    async def _recover(self) -> None:
        """Start-up and recovery are one path: the journal first, then the venue, then what was left open."""
        await self._append((), wait=True)
        self._desk = Desk.replay(await self._load_journal())
        self._quoting = not self._desk.halting
        self._clearing = self._desk.halting
        first = await self._venue.connect()
        self._account_sequence = first.balances.sequence
        if self._desk.opening is None:
            opening = first.balances
            started = self._opening(first, self._venue.pair.account)
            capital = CapitalMoved(
                ledger_index=first.ledger_index,
                close_time_s=first.close_time_s,
                cause="opening balance",
                xrp_drops=opening.xrp_drops,
                rlusd=opening.rlusd,
            )
            for record in (started, capital):
                self._desk.apply(record)
            await self._append((started, capital), wait=True)
            self._ends.telemetry.publish(started)
        for order in self._desk.pending():
            # The same blob again can't become a second order.
            await self._submit(order)

    async def _pump(self, after_index: int) -> None:
        async for closed in self._venue.ledgers(after_index):
            await self._ends.own.send(closed)

    async def _handle(self, message: Message) -> None:
        match message:
            case LedgerClosed():
                await self._on_ledger(message)
            case OrdersAllowed():
                await self._on_allowed(message)
            case StopQuoting():
                self._quoting = False
            case CancelResting():
                self._clearing = True
                await self._clear()
            case Reconcile():
                await self._ends.session.send(Reconciled(standing=self._desk.standing()))
            case _:
                raise AssertionError(f"the gateway was sent a {type(message).__name__}")

    # --- From the venue ----------------------------------------------------------------------------------------

    async def _on_ledger(self, closed: LedgerClosed) -> None:
        records = observe(self._desk, closed, self._venue.pair)
        if not records:
            return
        self._account_sequence = closed.balances.sequence
        await self._append(records)
        for record in records:
            self._ends.telemetry.publish(record)
        if closed.notice is not None:
            logger.bind(ledger_index=closed.ledger_index, notice=closed.notice).warning("venue_notice")
        view = view_of(self._desk, closed)
        self._ends.telemetry.publish(view)
        if self._quoting:
            self._ends.strategy.put(view)
        if self._clearing:
            await self._clear()

    # --- From risk ---------------------------------------------------------------------------------------------

    async def _on_allowed(self, allowed: OrdersAllowed) -> None:
        if not self._quoting:
            return
        self._ends.telemetry.publish(allowed)
        await self._send_out(judged(self._desk, allowed))
        if allowed.halt is not None:
            # Passed on from here, after its tick is in the journal, so that the journal has one order.
            self._quoting = False
            await self._ends.session.send(allowed.halt)

    # --- From the session --------------------------------------------------------------------------------------

    async def _clear(self) -> None:
        """Cancel what rests; once nothing of ours rests or is under way, say so."""
        await self._send_out(withdrawals(self._desk))
        if not self._desk.resting() and not self._desk.pending():
            self._clearing = False
            await self._ends.session.send(RestingGone(left=()))

    # --- To the journal and the venue --------------------------------------------------------------------------

    async def _send_out(self, records: list[Record]) -> None:
        """Sign every intent among the records, make it all durable, and only then let it leave."""
        signed = [self._sign(record) for record in records if isinstance(record, OrderIntended)]
        if not signed:
            if records:
                await self._append(records)
            return
        await self._append((*records, *signed), wait=True)
        for record in signed:
            order = self._desk.order(record.order_id)
            if order is not None:
                await self._submit(order)

    def _sign(self, intent: OrderIntended) -> OrderSigned:
        order = self._desk.order(intent.order_id)
        assert order is not None, f"intent {intent.order_id} has no order"
        sequence = self._desk.next_sequence(self._account_sequence)
        last_ledger_sequence = self._desk.ledger_index + self._order_lifetime_ledgers
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

    async def _submit(self, order: Order) -> None:
        result = await self._venue.submit(order.tx_hash, order.blob)
        submitted = OrderSubmitted(order_id=order.order_id, tx_hash=order.tx_hash, preliminary_result=result)
        self._desk.apply(submitted)
        await self._append((submitted, *answered(self._desk, order, result)))

    async def _append(self, records: Sequence[Record], *, wait: bool = False) -> None:
        batch = next(self._batches)
        await self._ends.persistence.send(
            Append(records=tuple(records), sender="gateway", batch=batch, wants_receipt=wait)
        )
        if wait:
            async for durable in self._ends.durable:
                # A receipt that an earlier incarnation asked for may still lie there.
                if durable.batch >= batch:
                    return
            raise JournalGoneError
