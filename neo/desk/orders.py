"""The life of an order, as two tables: one of an offer, one of a cancel.

The rules of the file: an order's status changes along an arrow of its table or not at all; a status without arrows is
final; ``unknown`` is not ``failed``, it waits for the ledger's word like ``submitted``; only a validated ledger makes
an offer rest, fill or go. What is in no table can't happen, and raises.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Final

from neo.chain.result_codes import MAX_LEDGER, ResultClass, result_class
from neo.messages import OrderStatus, Side


class OrderEvent(enum.StrEnum):
    """What can happen to a transaction of ours, and to the offer that it placed."""

    SIGNED = "signed"
    # From the server that it was sent to; final in one case only.
    KEPT = "kept"  # it was applied to the open ledger, or waits with the server
    NO_ANSWER = "no answer"
    NEVER_APPLIES = "never applies"
    # From the validated ledger that has it, or that was its last.
    PLACED = "placed"
    PARTLY_FILLED = "partly filled"  # on its entry, or as it rested
    FILLED = "filled"
    KILLED = "killed"  # nothing rests of it, and nothing was wrong
    CLAIMED = "claimed"  # a tec: the fee is gone, and nothing else happened
    TAKEN = "taken"  # a cancel that the ledger took, whatever it found
    PASSED = "passed its last ledger"
    # From others' transactions and our own later ones.
    CANCELED = "canceled"
    REPLACED = "replaced"
    UNFUNDED = "unfunded"
    FROZEN = "frozen"
    SELF_CROSSED = "self crossed"
    EXPIRED = "expired"  # as it rested; or it came too late, which is a tec of its own
    LOST = "lost"


_S, _E = OrderStatus, OrderEvent

PENDING = frozenset({_S.SIGNED, _S.SUBMITTED, _S.UNKNOWN})
LIVE = frozenset({_S.RESTING, _S.PARTIALLY_FILLED})

Table = dict[tuple[OrderStatus, OrderEvent], OrderStatus]

# Signed may go straight to an outcome: a restart finds on the ledger what the crash kept from being noted. The same
# blob may be sent again, so submitted and unknown lead to each other and to themselves.
_UNTIL_THE_LEDGER: Final[dict[OrderEvent, OrderStatus]] = {
    _E.KEPT: _S.SUBMITTED,
    _E.NO_ANSWER: _S.UNKNOWN,
    _E.NEVER_APPLIES: _S.FAILED,
    _E.CLAIMED: _S.FAILED,
    _E.PASSED: _S.FAILED,
    _E.LOST: _S.LOST,
}
# A crossing offer can be filled, or killed by its own flags, without ever resting.
_ENTERED: Final[dict[OrderEvent, OrderStatus]] = {
    _E.PLACED: _S.RESTING,
    _E.PARTLY_FILLED: _S.PARTIALLY_FILLED,
    _E.FILLED: _S.FILLED,
    _E.KILLED: _S.CANCELED,
    _E.EXPIRED: _S.EXPIRED,
}
_RESTING: Final[dict[OrderEvent, OrderStatus]] = {
    _E.PARTLY_FILLED: _S.PARTIALLY_FILLED,
    _E.FILLED: _S.FILLED,
    _E.CANCELED: _S.CANCELED,
    _E.REPLACED: _S.REPLACED,
    _E.UNFUNDED: _S.UNFUNDED,
    _E.FROZEN: _S.FROZEN,
    _E.SELF_CROSSED: _S.SELF_CROSSED,
    _E.EXPIRED: _S.EXPIRED,
    _E.LOST: _S.LOST,
}

OFFER: Final[Table] = {
    (_S.INTENDED, _E.SIGNED): _S.SIGNED,
    **{(status, event): after for status in PENDING for event, after in (_UNTIL_THE_LEDGER | _ENTERED).items()},
    **{(status, event): after for status in LIVE for event, after in _RESTING.items()},
}
CANCEL: Final[Table] = {
    (_S.INTENDED, _E.SIGNED): _S.SIGNED,
    **{(status, event): after for status in PENDING for event, after in _UNTIL_THE_LEDGER.items()},
    **{(status, _E.TAKEN): _S.DONE for status in PENDING},
}

_EVENTS: Final[dict[OrderStatus, OrderEvent]] = {
    _S.RESTING: _E.PLACED,
    _S.PARTIALLY_FILLED: _E.PARTLY_FILLED,
    _S.FILLED: _E.FILLED,
    _S.REPLACED: _E.REPLACED,
    _S.UNFUNDED: _E.UNFUNDED,
    _S.FROZEN: _E.FROZEN,
    _S.SELF_CROSSED: _E.SELF_CROSSED,
    _S.EXPIRED: _E.EXPIRED,
    _S.DONE: _E.TAKEN,
    _S.LOST: _E.LOST,
}


class OrderStateError(Exception):
    """An order was told of something that can't happen to it: a broken invariant of the engine."""

    def __init__(self, order_id: str, status: OrderStatus, event: str) -> None:
        super().__init__(f"order {order_id}: '{event}' can't happen to one that is {status}")
        self.order_id = order_id
        self.status = status
        self.event = event


def event_told(order: Order, status: OrderStatus, result: str) -> OrderEvent:
    """What happened to an order, from how the journal tells it: where it stands after, with the ledger's result.

    Raises:
        OrderStateError: if no event leads there.
    """
    if status is OrderStatus.CANCELED:
        return OrderEvent.CANCELED if order.status in LIVE else OrderEvent.KILLED
    if status is OrderStatus.FAILED:
        if result == MAX_LEDGER:
            return OrderEvent.PASSED
        # A transaction with a hash of its own that came to nothing: tes for a cancel of an older journal's making.
        in_a_ledger = result_class(result) in {ResultClass.CLAIMED, ResultClass.SUCCESS}
        return OrderEvent.CLAIMED if in_a_ledger else OrderEvent.NEVER_APPLIES
    if status not in _EVENTS:
        raise OrderStateError(order.order_id, order.status, f"told as {status}")
    return _EVENTS[status]


class Order:
    """One transaction of ours and what became of it. Changed by :class:`neo.desk.desk.Desk` alone."""

    __slots__ = (
        "blob",
        "cancels",
        "last_ledger_sequence",
        "ledger_index",
        "made_s",
        "order_id",
        "price",
        "replaces",
        "rlusd_left",
        "sequence",
        "side",
        "status",
        "tx_hash",
        "xrp_left_drops",
    )

    def __init__(
        self,
        *,
        order_id: str,
        ledger_index: int,
        side: Side,
        price: Decimal,
        xrp_drops: int,
        rlusd: Decimal,
        replaces: str | None,
        cancels: str | None,
    ) -> None:
        self.order_id = order_id
        self.ledger_index = ledger_index  # the last one known when it was made
        self.made_s = 0  # when that closed; the desk notes it
        self.side = side
        self.price = price
        self.xrp_left_drops = xrp_drops
        self.rlusd_left = rlusd
        self.replaces = replaces
        self.cancels = cancels
        self.status = OrderStatus.INTENDED
        self.tx_hash = ""
        self.blob = ""
        self.sequence = 0
        self.last_ledger_sequence = 0

    def step(self, event: OrderEvent) -> None:
        """Take what happened, along an arrow of the order's table.

        Raises:
            OrderStateError: if there is no such arrow.
        """
        table = OFFER if self.cancels is None else CANCEL
        after = table.get((self.status, event))
        if after is None:
            raise OrderStateError(self.order_id, self.status, event)
        self.status = after
