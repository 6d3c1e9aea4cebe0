"""The trading desk: orders, inventory and counts, as a fold over the journal.

The desk changes by :meth:`Desk.apply` alone, one record at a time, and every decision (:mod:`neo.desk.dealer`)
comes out as records. So a desk rebuilt from the journal is the desk that was lost: start-up and recovery are one path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.money import EXACT, sum_rlusd
from neo.desk.orders import LIVE, PENDING, Order, OrderEvent, event_told
from neo.desk.spending import Spending
from neo.messages import (
    Balances,
    CapitalMoved,
    CapitalOrdered,
    CapitalUnderWay,
    FeePaid,
    Fill,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderSubmitted,
    OwnOffer,
    QuotesJudged,
    Record,
    SessionStarted,
    SettlementBegun,
    SpendingCarried,
    Standing,
)
from neo.messages.reasons import HoldCode
from neo.position.inventory import Inventory
from neo.position.pnl import ProfitAndLoss, result_rlusd
from neo.watch.absence import AbsenceCount

_ZERO = Decimal(0)
_NOTHING_UNDER_WAY: Final = CapitalUnderWay(xrp_in_drops=0, xrp_out_drops=0, rlusd_in=_ZERO, rlusd_out=_ZERO)

# In place of a preliminary result, when there was no answer.
NO_ANSWER = "unknown"


class Checked(msgspec.Struct, frozen=True):
    """The inventory's parts and the ledger's balances when they were compared last."""

    ledger_index: int = 0
    xrp_ledger_drops: int = 0
    xrp_fills_drops: int = 0
    xrp_fees_drops: int = 0
    xrp_capital_drops: int = 0
    rlusd_ledger: Decimal = Decimal(0)
    rlusd_fills: Decimal = Decimal(0)
    rlusd_capital: Decimal = Decimal(0)


class Desk:
    """Everything the engine knows of its own doing in one session."""

    def __init__(self) -> None:
        self.pnl = ProfitAndLoss()
        self.checked = Checked()
        self.opening: Balances | None = None
        self.ledger_index = 0
        self.close_time_s = 0
        self.tick = 0
        self.ledgers = 0
        self.fills = 0
        self.taker_fills = 0
        self.refusals = 0
        self.refused: dict[str, int] = {}
        self.held_back: dict[str, int] = {}
        self.anchor_pulls = 0
        self.absence = AbsenceCount()
        self.spending = Spending()
        self.orders_made = 0
        # Ids of all deposits and withdrawals ordered, and by hash those whose payment may still come.
        self.capital_orders: set[str] = set()
        self.capital_pending: dict[str, CapitalOrdered] = {}
        self.halting = False
        # What is pulled from now on is pulled because the session ends.
        self.is_ending = False
        self.xrp_ledger_drops = 0
        self.rlusd_ledger = Decimal(0)
        self._anchor_pulled = False
        # Only orders that can still change; a finished one lives on in the journal.
        self._orders: dict[str, Order] = {}
        self._by_sequence: dict[int, Order] = {}
        self._by_hash: dict[str, Order] = {}
        self._takers = self._taken()

    @classmethod
    def replay(cls, records: Iterable[Record]) -> Desk:
        """The desk as these records, from a session's first on, leave it."""
        desk = cls()
        for record in records:
            desk.apply(record)
        return desk

    # --- Change ------------------------------------------------------------------------------------------------

    def apply(self, record: Record) -> None:
        """Take one record of the journal in.

        Raises:
            OrderStateError: if it tells of a step that an order can't take.
            BookingError: if it tells of an amount that can't be booked exactly.
        """
        self.pnl.apply(record)
        take = self._takers.get(type(record))
        if take is not None:
            take(record)

    def _taken(self) -> dict[type[Record], Callable[[Any], None]]:
        """What each kind of record does; how a session ended changes nothing on the desk."""
        return {
            LedgerObserved: self._observe,
            OrderChanged: self._change,
            OrderIntended: self._intend,
            OrderSigned: self._sign,
            OrderSubmitted: self._submit,
            QuotesJudged: self._judge,
            Fill: self._fill,
            FeePaid: self._pay_fee,
            SpendingCarried: self.spending.carry,
            CapitalMoved: self._move_capital,
            CapitalOrdered: self._order_capital,
            SessionStarted: self._open,
            InventoryChecked: self._check,
            HaltRaised: self._go_down,
            SettlementBegun: self._go_down,
        }

    def _intend(self, record: OrderIntended) -> None:
        self.orders_made += 1
        self.spending.add_request(record.close_time_s)
        self._orders[record.order_id] = order = _order(record)
        order.made_s = record.close_time_s

    def _pay_fee(self, record: FeePaid) -> None:
        self.capital_pending.pop(record.tx_hash, None)
        self.spending.add_fee(record.close_time_s, record.fee_drops)

    def _move_capital(self, record: CapitalMoved) -> None:
        self.capital_pending.pop(record.cause.rpartition(" ")[2], None)

    def _order_capital(self, record: CapitalOrdered) -> None:
        self.capital_orders.add(record.order_id)
        self.capital_pending[record.tx_hash] = record

    def _go_down(self, record: HaltRaised | SettlementBegun) -> None:
        self.halting = self.is_ending = True
        self.absence.apply(record)

    def _open(self, record: SessionStarted) -> None:
        opening = record.opening
        self.opening = opening
        self.ledger_index, self.close_time_s = record.ledger_index, record.close_time_s
        self.xrp_ledger_drops, self.rlusd_ledger = opening.xrp_drops, opening.rlusd
        # What the account opens with is about to be booked as capital.
        self.checked = Checked(
            ledger_index=record.ledger_index,
            xrp_ledger_drops=opening.xrp_drops,
            rlusd_ledger=opening.rlusd,
            xrp_capital_drops=opening.xrp_drops,
            rlusd_capital=opening.rlusd,
        )

    def _observe(self, record: LedgerObserved) -> None:
        # One row may stand for many ledgers that were caught up with.
        self.ledgers += record.ledger_index - self.ledger_index
        self.ledger_index, self.close_time_s = record.ledger_index, record.close_time_s
        self.absence.apply(record)
        self.xrp_ledger_drops, self.rlusd_ledger = record.xrp_drops, record.rlusd
        if self.capital_pending:
            # Past its last ledger a payment can never apply.
            payments = self.capital_pending.items()
            self.capital_pending = {key: one for key, one in payments if one.last_ledger_sequence > self.ledger_index}

    def _check(self, record: InventoryChecked) -> None:
        inventory = self.inventory
        self.checked = Checked(
            ledger_index=record.ledger_index,
            xrp_ledger_drops=record.xrp_ledger_drops,
            xrp_fills_drops=inventory.xrp_fills_drops,
            xrp_fees_drops=inventory.xrp_fees_drops,
            xrp_capital_drops=inventory.xrp_capital_drops,
            rlusd_ledger=record.rlusd_ledger,
            rlusd_fills=inventory.rlusd_fills,
            rlusd_capital=inventory.rlusd_capital,
        )

    def _judge(self, record: QuotesJudged) -> None:
        self.tick = record.tick
        self.absence.apply(record)
        self.refusals += len(record.refusals)
        for refusal in record.refusals:
            self.refused[refusal.code] = self.refused.get(refusal.code, 0) + 1
        codes = dict.fromkeys(held.code for held in record.held_back)
        for code in codes:
            self.held_back[code] = self.held_back.get(code, 0) + 1
        pulled = HoldCode.ANCHOR_DIVERGED in codes
        self.anchor_pulls += pulled and not self._anchor_pulled
        self._anchor_pulled = pulled

    def _sign(self, record: OrderSigned) -> None:
        order = self._orders[record.order_id]
        order.step(OrderEvent.SIGNED)
        order.tx_hash, order.blob = record.tx_hash, record.blob
        order.sequence, order.last_ledger_sequence = record.sequence, record.last_ledger_sequence
        self._by_sequence[order.sequence] = order
        self._by_hash[order.tx_hash] = order

    def _submit(self, record: OrderSubmitted) -> None:
        # The ledger's word may have come first (it closed while the answer was under way): then it stands.
        order = self._orders.get(record.order_id)
        if order is not None and order.status in PENDING:
            order.step(OrderEvent.NO_ANSWER if record.preliminary_result == NO_ANSWER else OrderEvent.KEPT)

    def _change(self, record: OrderChanged) -> None:
        order = self._orders[record.order_id]
        order.step(event_told(order, record.status, record.result))
        order.xrp_left_drops, order.rlusd_left = record.xrp_left_drops, record.rlusd_left
        if order.status not in LIVE:
            del self._orders[record.order_id]
            self._by_sequence.pop(order.sequence, None)
            self._by_hash.pop(order.tx_hash, None)

    def _fill(self, record: Fill) -> None:
        self.fills += 1
        self.taker_fills += record.taker

    # --- Read --------------------------------------------------------------------------------------------------

    @property
    def inventory(self) -> Inventory:
        """What we own."""
        return self.pnl.inventory

    def order(self, order_id: str) -> Order | None:
        """An order that can still change, by its id."""
        return self._orders.get(order_id)

    def order_of_offer(self, offer_sequence: int) -> Order | None:
        """The order whose transaction placed the offer with this sequence."""
        return self._by_sequence.get(offer_sequence)

    def order_of_hash(self, tx_hash: str) -> Order | None:
        """The order whose transaction has this hash."""
        return self._by_hash.get(tx_hash)

    def pending(self) -> list[Order]:
        """Orders whose transaction has left, or may have, and whose outcome is open; oldest first."""
        return [order for order in self._orders.values() if order.status in PENDING]

    def resting(self) -> list[Order]:
        """Orders with an offer on the ledger, oldest first."""
        return [order for order in self._orders.values() if order.status in LIVE]

    def left(self) -> list[Order]:
        """Offers of ours that are on the ledger, or may be: one under way counts beside the one that it replaces."""
        return [*self.resting(), *(order for order in self.pending() if order.cancels is None)]

    def free_sequence(
        self, account_sequence: int, taken: Collection[int] = (), void_hashes: Collection[str] = ()
    ) -> int:
        """The smallest sequence at or above the account's that nothing of ours has that may still apply, or rests.

        A server that is behind tells a sequence that an offer of ours has, and two orders must never share one.

        Args:
            account_sequence: The account's next one on the last validated ledger.
            taken: By what is about to be sent.
            void_hashes: Payments that can never apply, and so have none.
        """
        used = {order.sequence for order in self._orders.values()}
        payments = self.capital_pending.values()
        used.update(one.sequence for one in payments if one.own and one.tx_hash not in void_hashes)
        sequence = account_sequence
        while sequence in used or sequence in taken:
            sequence += 1
        return sequence

    def own_offers(self, offer_expiry_s: int | None = None) -> tuple[OwnOffer, ...]:
        """Our offers on the ledger and those that may be on their way to it.

        One that has run out rests, and locks its reserve, until it is met or replaced, so it is among them.

        Args:
            offer_expiry_s: How long an offer may rest; from half of that on it is to be renewed. None if for ever.
        """
        return tuple(
            OwnOffer(
                order.order_id,
                order.side,
                order.price,
                order.xrp_left_drops,
                order.rlusd_left,
                order.sequence,
                order.status in PENDING,
                order.ledger_index,
                None if offer_expiry_s is None else order.made_s + offer_expiry_s // 2,
            )
            for order in self._orders.values()
            if order.cancels is None and (order.status in PENDING or order.status in LIVE)
        )

    def capital_under_way(self) -> CapitalUnderWay:
        """Deposits and withdrawals whose outcome is open."""
        moves = self.capital_pending.values()
        if not moves:
            return _NOTHING_UNDER_WAY
        return CapitalUnderWay(
            xrp_in_drops=sum(max(0, move.xrp_drops) for move in moves),
            xrp_out_drops=sum(max(0, -move.xrp_drops) for move in moves),
            rlusd_in=sum_rlusd(max(_ZERO, move.rlusd) for move in moves),
            rlusd_out=sum_rlusd(max(_ZERO, EXACT.minus(move.rlusd)) for move in moves),
        )

    def standing(self) -> Standing:
        """Where the session stands now."""
        inventory = self.inventory
        split = self.pnl.parts()
        return Standing(
            ledger_index=self.ledger_index,
            close_time_s=self.close_time_s,
            ticks=self.tick,
            ledgers=self.ledgers,
            fills=self.fills,
            bought_drops=inventory.bought_drops,
            sold_drops=inventory.sold_drops,
            taker_fills=self.taker_fills,
            refusals=self.refusals,
            refused=dict(self.refused),
            held_back=dict(self.held_back),
            anchor_pulls=self.anchor_pulls,
            xrp_fills_drops=inventory.xrp_fills_drops,
            xrp_capital_drops=inventory.xrp_capital_drops,
            xrp_fees_drops=inventory.xrp_fees_drops,
            xrp_engine_drops=inventory.xrp_total_drops,
            xrp_ledger_drops=self.xrp_ledger_drops,
            rlusd_fills=inventory.rlusd_fills,
            rlusd_capital=inventory.rlusd_capital,
            rlusd_engine=inventory.rlusd_total,
            rlusd_ledger=self.rlusd_ledger,
            mid_price=self.pnl.mid,
            equity_start_rlusd=None if split is None else split.equity_start_rlusd,
            equity_end_rlusd=None if split is None else split.equity_end_rlusd,
            equity_change_rlusd=None if split is None else result_rlusd(split),
            orders_live=tuple(order.order_id for order in self.left()),
            split=split,
            absence=self.absence.told(),
        )


def _order(record: OrderIntended) -> Order:
    return Order(
        order_id=record.order_id,
        ledger_index=record.ledger_index,
        side=record.side,
        price=record.price,
        xrp_drops=record.xrp_drops,
        rlusd=record.rlusd,
        replaces=record.replaces,
        cancels=record.cancels,
    )
