"""A stretch of a session's ledgers and fills, as their tables have them: what is drawn of it from near."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.table_rows import Bounded
from actors.store.tables import version_in_use

# By their names in the views for other programs; prices in RLUSD per XRP, distances in basis points.
LEDGER_COLUMNS = (
    "ledger", "time", "mid", "pool", "best_bid", "best_ask", "own_bid", "own_ask", "bid_distance", "ask_distance",
    "xrp", "rlusd",
)  # fmt: skip
_LEDGERS = """
    SELECT ledger_index, CAST(strftime('%s', created_at) AS INTEGER), CAST(mid_price AS REAL), CAST(pool_price AS REAL),
        CAST(best_bid AS REAL), CAST(best_ask AS REAL), CAST(own_bid AS REAL), CAST(own_ask AS REAL),
        CAST(distance_to_clob_bid_bps AS REAL), CAST(distance_to_clob_ask_bps AS REAL), xrp_drops / 1e6,
        CAST(rlusd AS REAL)
    FROM market_snapshots WHERE session_id = ? AND ledger_index BETWEEN ? AND ? ORDER BY ledger_index LIMIT ?
"""
FILL_COLUMNS = ("time", "bought", "at", "xrp")
_FILLS = """
    SELECT CAST(strftime('%s', created_at) AS INTEGER), side = 'buy', CAST(price AS REAL), xrp_drops / 1e6
    FROM fills WHERE session_id = ? AND ledger_index BETWEEN ? AND ? ORDER BY ledger_index LIMIT ?
"""

Row = tuple[float | None, ...]


class Stretch(msgspec.Struct, frozen=True):
    """Rows by :data:`LEDGER_COLUMNS` and :data:`FILL_COLUMNS`, the oldest first. Floats: they are drawn."""

    ledgers: list[Row]
    fills: list[Row]


def stretch(path: Path, session_id: str, first_index: int, last_index: int, most: int) -> Stretch:
    """The ledgers of a session from one to another, and the fills in them.

    Args:
        path: The database.
        session_id: Whose.
        first_index: The first ledger.
        last_index: The last one.
        most: No more ledgers than so many, and no more fills.

    Raises:
        StoreError: The database can't be read.
    """
    asked = (session_id, first_index, last_index, most)
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        # One snapshot for both.
        connection.execute("BEGIN")
        return Stretch(
            list(Bounded(connection.execute(_LEDGERS, asked))), list(Bounded(connection.execute(_FILLS, asked)))
        )
