"""What a session has done so far, counted: a fold over its own journal, and over what only the session itself tells.

The counts are for figures that rise until the session ends, so nothing in them is ever taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.money import EXACT
from neo.messages import (
    ActorRestarted,
    FeePaid,
    Fill,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    Message,
    OrderChanged,
    OrderIntended,
    OrderSubmitted,
    QuotesJudged,
    Record,
    Side,
    TakerTraded,
)

# What an order was made for.
PLACE: Final = "place"
REPLACE: Final = "replace"
CANCEL: Final = "cancel"


class Traded(msgspec.Struct, frozen=True):
    """Our fills of one side."""

    fills: int = 0
    xrp_drops: int = 0
    rlusd: Decimal = Decimal(0)


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """A session's counts so far.

    Args:
        records: Of its journal.
        ledgers: That it has seen.
        ticks: That it has decided on.
        bought: Fills of our bids.
        sold: Fills of our asks.
        taker_fills: Of both, those in which the transaction that traded was our own.
        orders: Transactions made for offers, by what for: ``place``, ``replace`` or ``cancel``.
        submits: Preliminary answers to transactions for offers, by the ledger's result; ``unknown`` if none came.
        order_changes: Steps of orders, by the status that they came to.
        refused: Quotes that risk refused, by code.
        held_back: Ticks that left a side without a quote though nothing was refused, by code.
        halts: Causes to end the session, by reason.
        restarts: Of actors, by name.
        fees_drops: Burned by our transactions.
        checks: Comparisons of the engine's inventory with the ledger's.
        checks_unequal: Of these, those that did not agree to the last digit.
        takers_drops: XRP that others traded in the pair.
        takers_won_drops: Of these, what they traded with us.
    """

    records: int = 0
    ledgers: int = 0
    ticks: int = 0
    bought: Traded = Traded()
    sold: Traded = Traded()
    taker_fills: int = 0
    orders: dict[str, int] = {}
    submits: dict[str, int] = {}
    order_changes: dict[str, int] = {}
    refused: dict[str, int] = {}
    held_back: dict[str, int] = {}
    halts: dict[str, int] = {}
    restarts: dict[str, int] = {}
    fees_drops: int = 0
    checks: int = 0
    checks_unequal: int = 0
    takers_drops: int = 0
    takers_won_drops: int = 0


class SessionTally:
    """The fold."""

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._by: dict[str, Counter[str]] = {
            name: Counter()
            for name in ("orders", "submits", "order_changes", "refused", "held_back", "halts", "restarts")
        }
        self._traded = dict.fromkeys(Side, Traded())
        self._takers: dict[type[Message], Callable[[Any], None]] = {
            LedgerObserved: self._on_ledger,
            QuotesJudged: self._on_judged,
            OrderIntended: self._on_intended,
            OrderSubmitted: self._on_submitted,
            OrderChanged: self._on_changed,
            Fill: self._on_fill,
            FeePaid: self._on_fee,
            InventoryChecked: self._on_check,
            TakerTraded: self._on_taker,
        }

    def journaled(self, record: Record) -> None:
        """Take a record of the journal in, each once."""
        self._numbers["records"] += 1
        taker = self._takers.get(type(record))
        if taker is not None:
            taker(record)

    def told(self, message: Message) -> None:
        """Take in what the session tells; what the journal may not have, or not yet, is counted here."""
        if isinstance(message, HaltRaised):
            self._by["halts"][message.reason] += 1
        elif isinstance(message, ActorRestarted):
            self._by["restarts"][message.actor] += 1

    def counts(self) -> Counts:
        """So far."""
        numbers: dict[str, Any] = dict(self._numbers)
        by: dict[str, Any] = {name: dict(sorted(counter.items())) for name, counter in self._by.items()}
        return Counts(bought=self._traded[Side.BUY], sold=self._traded[Side.SELL], **numbers, **by)

    def _on_ledger(self, _record: LedgerObserved) -> None:
        self._numbers["ledgers"] += 1

    def _on_judged(self, record: QuotesJudged) -> None:
        self._numbers["ticks"] += 1
        self._by["refused"].update(str(refusal.code) for refusal in record.refusals)
        self._by["held_back"].update({str(held.code) for held in record.held_back})

    def _on_intended(self, record: OrderIntended) -> None:
        kind = CANCEL if record.cancels is not None else REPLACE if record.replaces is not None else PLACE
        self._by["orders"][kind] += 1

    def _on_submitted(self, record: OrderSubmitted) -> None:
        self._by["submits"][record.preliminary_result] += 1

    def _on_changed(self, record: OrderChanged) -> None:
        self._by["order_changes"][record.status] += 1

    def _on_fill(self, record: Fill) -> None:
        so_far = self._traded[record.side]
        self._traded[record.side] = Traded(
            so_far.fills + 1, so_far.xrp_drops + record.xrp_drops, EXACT.add(so_far.rlusd, record.rlusd)
        )
        self._numbers["taker_fills"] += record.taker

    def _on_fee(self, record: FeePaid) -> None:
        self._numbers["fees_drops"] += record.fee_drops

    def _on_check(self, record: InventoryChecked) -> None:
        self._numbers["checks"] += 1
        self._numbers["checks_unequal"] += not record.exact

    def _on_taker(self, record: TakerTraded) -> None:
        self._numbers["takers_drops"] += record.trade.xrp_drops
        self._numbers["takers_won_drops"] += record.trade.won_drops
