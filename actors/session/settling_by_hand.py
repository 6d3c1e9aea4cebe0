"""Settling an order by hand whose fate no ledger tells any more: in its session's journal, never in a table.

What somebody found goes behind the session's end, as a start's own finding does (``recovery``), with the reason.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from actors.session.notes import results_text
from actors.store import Durability, Store
from actors.store.orphans import BY_HAND, orphans_of
from actors.store.store_errors import OtherStoreError
from neo.analysis.results import results_of
from neo.messages import Append, OrderChanged, OrderStatus, SettlementBegun

# What may be said of an order by hand. That it was filled may not: a fill has amounts, which only the ledger tells.
FATES: Final = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.FAILED, OrderStatus.LOST)


def settle_orphan(path: Path, session_id: str, order_id: str, fate: OrderStatus, reason: str) -> None:
    """Write down what became of an order, as somebody found it.

    Args:
        path: The database, which no session uses.
        session_id: The order's session, which is over.
        order_id: Its name in it.
        fate: One of :data:`FATES`.
        reason: In that person's words.

    Raises:
        SessionRunningError: A session uses the database.
        OtherStoreError: Its fate is not unclear, or the next start settles it.
        StoreError: It can't be written.
    """
    assert fate in FATES, "a fill is the ledger's to tell"
    store = Store.open(path, durability=Durability.POWER_LOSS, backup_keep=0)
    try:
        # As it is now that nobody else can write: a session may have come and gone since the order was listed.
        if not any(
            (one.session_id, one.order_id, one.is_over) == (session_id, order_id, True) for one in orphans_of(path)
        ):
            what = f"{order_id} of session {session_id} is no order of unclear fate whose session is over"
            raise OtherStoreError(path, what, "`neo orphans list` shows those there are.")
        left = store.lost_session(session_id)
        store.resume_session(session_id)
        ledger_index = left.ledger_index or 0
        begun = SettlementBegun(
            ledger_index=ledger_index,
            close_time_s=left.close_time_s,
            journal_sha256=store.journal_sha256,
            order_ids=(order_id,),
        )
        changed = OrderChanged(
            order_id=order_id,
            ledger_index=ledger_index,
            close_time_s=left.close_time_s,
            status=fate,
            result=f"{BY_HAND}{reason}",
            xrp_left_drops=0,
            rlusd_left=Decimal(0),
        )
        store.append((Append(records=(begun, changed), sender="hand", batch=1, wants_receipt=False),))
        # A start that could not settle it may have booked ledgers behind its end all the same.
        results = results_text(results_of(store.look_back(session_id)[0]))
        store.note_settlement(session_id, f"{BY_HAND}{order_id} {fate}: {reason}", results)
    finally:
        store.close()
