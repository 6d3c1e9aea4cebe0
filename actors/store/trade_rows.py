"""A session's orders and fills as the tables have them, for whoever lists them."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.table_rows import Bounded, struct_from
from actors.store.tables import version_in_use
from neo.messages import OrderStatus, Side


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fill.

    Args:
        created_at: When its ledger closed, UTC.
        ledger_index: That ledger.
        side: Ours.
        xrp_drops: What was traded.
        rlusd: The same.
        price: RLUSD for an XRP.
        mid_price: The market's in that ledger; None if there was none.
        taker: Whether our order took, rather than rested.
        order_id: Our order.
        tx_hash: Of the transaction that filled it.
    """

    created_at: str
    ledger_index: int
    side: Side
    xrp_drops: int
    rlusd: Decimal
    price: Decimal
    mid_price: Decimal | None
    taker: int
    order_id: str
    tx_hash: str


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order: an offer, or the cancel of one.

    Args:
        created_at: When the ledger closed after which it was decided on, UTC.
        ledger_index: That ledger.
        tick: Of the session.
        id: Its own name in the session.
        side: Ours.
        price: RLUSD for an XRP.
        xrp_drops: Its size.
        rlusd: The same.
        status: The last that is known.
        result: The ledger's result code, or what stands for it.
        failure_reason: Why it failed, if it did.
        changed_at: When its status changed last; None if it never did.
        xrp_left_drops: What is left of it.
        rlusd_left: The same.
        replaces: The order whose offer it takes the place of.
        cancels: The order that it cancels; None of an offer.
        submit_tx_hash: Of its transaction; None if none was signed.
        offer_sequence: Of that transaction.
        last_ledger_sequence: The last ledger that could take it.
    """

    created_at: str
    ledger_index: int
    tick: int
    id: str
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    status: OrderStatus
    result: str | None
    failure_reason: str | None
    changed_at: str | None
    xrp_left_drops: int
    rlusd_left: Decimal
    replaces: str | None
    cancels: str | None
    submit_tx_hash: str | None
    offer_sequence: int | None
    last_ledger_sequence: int | None


Row = TypeVar("Row", FillRow, OrderRow)

_FILLS: Final = "fills WHERE session_id = ? ORDER BY ledger_index, tx_hash, order_id"
_ORDERS: Final = "orders WHERE session_id = ? ORDER BY rowid"


def fills_of(path: Path, session_id: str) -> list[FillRow]:
    """A session's fills, the oldest first.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    return _rows(path, FillRow, _FILLS, session_id)


def orders_of(path: Path, session_id: str) -> list[OrderRow]:
    """A session's orders, the oldest first.

    Raises:
        StoreError: As :func:`fills_of`.
    """
    return _rows(path, OrderRow, _ORDERS, session_id)


def _rows(path: Path, kind: type[Row], source: str, session_id: str) -> list[Row]:
    query = f"SELECT {', '.join(kind.__struct_fields__)} FROM {source}"  # noqa: S608 - names of our own
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        return [struct_from(kind, row) for row in Bounded(connection.execute(query, (session_id,)))]
