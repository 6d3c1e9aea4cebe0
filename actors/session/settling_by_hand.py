"""Settling an order by hand whose fate no ledger tells any more: in its session's journal, never in a table.

What somebody found goes behind the session's end, as a start's own finding does (``recovery``), with the reason.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from actors.store import Durability, Store
from actors.store.orphans import BY_HAND, Orphan
from neo.messages import Append, OrderChanged, OrderStatus, SettlementBegun

# What may be said of an order by hand. That it was filled may not: a fill has amounts, which only the ledger tells.
FATES: Final = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.FAILED, OrderStatus.LOST)


def settle_orphan(path: Path, orphan: Orphan, fate: OrderStatus, reason: str) -> None:
    """Write down what became of an order, as somebody found it.

    Args:
        path: The database, which no session uses.
        orphan: The order; its session is over.
        fate: One of :data:`FATES`.
        reason: In that person's words.

    Raises:
        SessionRunningError: A session uses the database.
        StoreError: It can't be written.
    """
    assert orphan.is_over, "what a start settles is not settled by hand"
    assert fate in FATES, "a fill is the ledger's to tell"
    store = Store.open(path, durability=Durability.POWER_LOSS, backup_keep=0)
    try:
        left = store.lost_session(orphan.session_id)
        store.resume_session(orphan.session_id)
        ledger_index = left.ledger_index or 0
        begun = SettlementBegun(
            ledger_index=ledger_index,
            close_time_s=left.close_time_s,
            journal_sha256=store.journal_sha256,
            order_ids=(orphan.order_id,),
        )
        changed = OrderChanged(
            order_id=orphan.order_id,
            ledger_index=ledger_index,
            close_time_s=left.close_time_s,
            status=fate,
            result=f"{BY_HAND}{reason}",
            xrp_left_drops=0,
            rlusd_left=Decimal(0),
        )
        store.append((Append(records=(begun, changed), sender="hand", batch=1, wants_receipt=False),))
        store.note_settlement(orphan.session_id, f"{BY_HAND}{orphan.order_id} {fate}: {reason}", None)
    finally:
        store.close()
