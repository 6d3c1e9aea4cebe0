"""Orders whose fate is unclear once their session is over.

A start settles what earlier sessions left by asking their ledger. What stays open after that, or was given up as
``lost`` because the ledger could not be asked, is an orphan: a person has to look, and to say what became of it.
"""

from __future__ import annotations

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.tables import version_in_use
from neo.desk.orders import LIVE, PENDING
from neo.messages import OrderStatus, SessionStarted, Side

# Before the reason that somebody gave.
BY_HAND: Final = "settled by hand: "

_UNCLEAR: Final = tuple(sorted(LIVE | PENDING | {OrderStatus.LOST}))
_ORPHANS: Final = (
    "SELECT o.session_id, o.id, o.status, o.created_at, o.side, o.price, o.submit_tx_hash, o.offer_sequence,"  # noqa: S608 - question marks
    " o.last_ledger_sequence, o.failure_reason, s.venue, s.status = 'ended' AS is_over,"
    " (SELECT json_extract(body, '$.account') FROM journal"
    f" WHERE session_id = s.id AND kind = '{SessionStarted.__name__}' ORDER BY seq LIMIT 1) AS account"
    " FROM orders AS o JOIN sessions AS s ON s.id = o.session_id"
    f" WHERE o.status IN ({', '.join('?' * len(_UNCLEAR))}) AND (o.result IS NULL OR instr(o.result, ?) <> 1)"
    " ORDER BY s.started_at, o.rowid"
)


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """An order whose fate is unclear, as the database knows it.

    Args:
        session_id: Its session.
        order_id: Its own name in it.
        status: The last that is known.
        created_at: When it was decided on.
        side: Of the market.
        price: RLUSD for an XRP.
        tx_hash: Of what was signed; None if nothing was.
        offer_sequence: The offer's on the ledger; None if nothing was signed.
        last_ledger: The last ledger that could take it.
        reason: Why it is unclear, if that was noted.
        venue: Where its session traded.
        is_over: Whether its session's end is written; else the next start settles it.
        account: Whose it is; None if its session never got to trade.
    """

    session_id: str
    order_id: str
    status: OrderStatus
    created_at: str
    side: Side
    price: Decimal
    tx_hash: str | None
    offer_sequence: int | None
    last_ledger: int | None
    reason: str | None
    venue: str
    is_over: bool
    account: str | None


def orphans_of(path: Path) -> list[Orphan]:
    """Every orphan, oldest first; of a session that runs, none of its orders is one yet, and all are told as such.

    Args:
        path: The database.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        rows = connection.execute(_ORPHANS, (*_UNCLEAR, BY_HAND)).fetchall()
    return [
        Orphan(
            session_id=session_id,
            order_id=order_id,
            status=OrderStatus(status),
            created_at=created_at,
            side=Side(side),
            price=Decimal(price),
            tx_hash=tx_hash,
            offer_sequence=sequence,
            last_ledger=last_ledger,
            reason=reason,
            venue=venue,
            is_over=bool(is_over),
            account=account,
        )
        for (
            session_id,
            order_id,
            status,
            created_at,
            side,
            price,
            tx_hash,
            sequence,
            last_ledger,
            reason,
            venue,
            is_over,
            account,
        ) in rows
    ]
