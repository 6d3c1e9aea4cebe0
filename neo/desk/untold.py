"""What is made of ledgers that no server tells of: what our account was left with says all that can be known.

A stand-alone server that starts again has the ledger's state and no history. A sequence that the account has not come
to is one of a transaction that never applied. An offer of ours that rests is told as it rests. What became of all the
rest is not known: it is ``lost``. What the account has more or less than the books is one movement of capital, with
its cause, so that the books are the ledger's again and say what they can't tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from neo.chain.money import EXACT
from neo.desk.daybook import Daybook
from neo.desk.orders import LIVE
from neo.messages import CapitalMoved, LedgerClosed, OrderChanged, OrderStatus, Record, RestingPart

_WORDS: Final = ", which no server tells of"


def book_untold(entries: Daybook, closed: LedgerClosed, offers: Sequence[RestingPart]) -> None:
    """Book ledgers that nobody tells of.

    Nothing follows if an offer of ours has a sequence that the account has not come to: then this is another ledger
    than the one that placed it.

    Args:
        entries: Takes the records.
        closed: The last of these ledgers.
        offers: All of ours that rest on it.
    """
    desk, sequence = entries.desk, closed.balances.sequence
    if any(order.sequence >= sequence for order in desk.resting()):
        return
    cause = f"ledgers {closed.first_index} to {closed.ledger_index}{_WORDS}"
    parts = {each.sequence: each for each in offers}
    for order in (*desk.resting(), *desk.pending()):
        part = parts.get(order.sequence) if order.cancels is None else None
        if order.sequence >= sequence:
            continue  # it did not apply, and does not any more if its last ledger has passed
        if part is None:
            entries.add(_changed(order.order_id, closed, OrderStatus.LOST, cause, 0, Decimal(0)))
            continue
        left = (part.xrp_left_drops, part.rlusd_left)
        is_less = left != (order.xrp_left_drops, order.rlusd_left)
        if is_less or order.status not in LIVE:
            status = OrderStatus.PARTIALLY_FILLED if is_less else OrderStatus.RESTING
            entries.add(_changed(order.order_id, closed, status, cause, *left))
    inventory, balances = desk.inventory, closed.balances
    xrp_drops = balances.xrp_drops - inventory.xrp_total_drops
    rlusd = EXACT.subtract(balances.rlusd, inventory.rlusd_total)
    if xrp_drops or rlusd:
        moved = CapitalMoved(
            ledger_index=closed.ledger_index,
            close_time_s=closed.close_time_s,
            cause=cause,
            xrp_drops=xrp_drops,
            rlusd=rlusd,
        )
        entries.add(moved)


def untold_in(records: Iterable[Record]) -> tuple[str, ...]:
    """The stretches of ledgers that a journal was settled without, in words; none if all were told."""
    told: dict[str, None] = {}
    for record in records:
        cause = record.cause if isinstance(record, CapitalMoved) else ""
        cause = record.result if isinstance(record, OrderChanged) else cause
        if cause.endswith(_WORDS):
            told[cause] = None
    return tuple(told)


def _changed(
    order_id: str, closed: LedgerClosed, status: OrderStatus, result: str, xrp_left_drops: int, rlusd_left: Decimal
) -> OrderChanged:
    return OrderChanged(
        order_id=order_id,
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        status=status,
        result=result,
        xrp_left_drops=xrp_left_drops,
        rlusd_left=rlusd_left,
    )
