"""The life of an order, as one table.

The rules of the file: an order's status changes along an arrow of :data:`NEXT` or not at all; a status without
arrows is final; ``unknown`` is not ``failed``, it waits for the ledger's word like ``submitted``; only a validated
ledger makes an order rest, fill or go.
"""

from __future__ import annotations

from decimal import Decimal

from neo.messages import OrderStatus, Side

_ON_LEDGER = frozenset(
    {
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.REPLACED,
        OrderStatus.EXPIRED,
        OrderStatus.UNFUNDED,
    }
)
# What a transaction whose outcome is open may turn out to be. A crossing one can be filled, or killed by its own
# flags (canceled), without ever resting.
_OPEN = _ON_LEDGER | {OrderStatus.RESTING, OrderStatus.FAILED, OrderStatus.DONE, OrderStatus.LOST}

NEXT: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.INTENDED: frozenset({OrderStatus.SIGNED, OrderStatus.FAILED}),
    # Signed may go straight to an outcome: a restart finds on the ledger what the crash kept from being noted.
    OrderStatus.SIGNED: _OPEN | {OrderStatus.SUBMITTED, OrderStatus.UNKNOWN},
    # The same blob may be sent again, so submitted and unknown lead to each other and to themselves.
    OrderStatus.SUBMITTED: _OPEN | {OrderStatus.SUBMITTED, OrderStatus.UNKNOWN},
    OrderStatus.UNKNOWN: _OPEN | {OrderStatus.SUBMITTED, OrderStatus.UNKNOWN},
    OrderStatus.RESTING: _ON_LEDGER | {OrderStatus.LOST},
    OrderStatus.PARTIALLY_FILLED: _ON_LEDGER | {OrderStatus.LOST},
    OrderStatus.FILLED: frozenset(),
    OrderStatus.CANCELED: frozenset(),
    OrderStatus.REPLACED: frozenset(),
    OrderStatus.EXPIRED: frozenset(),
    OrderStatus.UNFUNDED: frozenset(),
    OrderStatus.FAILED: frozenset(),
    OrderStatus.DONE: frozenset(),
    OrderStatus.LOST: frozenset(),
}

PENDING = frozenset({OrderStatus.SIGNED, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})
LIVE = frozenset({OrderStatus.RESTING, OrderStatus.PARTIALLY_FILLED})


class OrderStateError(Exception):
    """An order was told to take a step that its state has no arrow for: a broken invariant of the engine."""

    def __init__(self, order_id: str, status: OrderStatus, wanted: OrderStatus) -> None:
        super().__init__(f"order {order_id}: no step from {status} to {wanted}")
        self.order_id = order_id
        self.status = status
        self.wanted = wanted


class Order:
    """One transaction of ours and what became of it. Changed by :class:`neo.desk.desk.Desk` alone."""

    __slots__ = (
        "blob",
        "cancels",
        "last_ledger_sequence",
        "ledger_index",
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

    def step(self, status: OrderStatus) -> None:
        """Take a step along an arrow of :data:`NEXT`.

        Raises:
            OrderStateError: if there is no such arrow.
        """
        if status not in NEXT[self.status]:
            raise OrderStateError(self.order_id, self.status, status)
        self.status = status
