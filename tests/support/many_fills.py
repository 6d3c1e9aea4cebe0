"""A session with many fills, made of one that had few: what a page of tables is measured with."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

# Newer than all that a session of a test has.
FIRST = 1_000_000
_BEGIN = datetime(2027, 1, 15, tzinfo=UTC)


def add_fills(database: Path, session_id: str, count: int) -> None:
    """Give a session so many fills more, of a buy and a sell in turn, every tenth as taker."""
    orders, fills, booked, journal = [], [], [], []
    for number in range(1, count + 1):
        index, order, tx_hash = FIRST + number, f"x{number:06d}", f"{number:064X}"
        moment = (_BEGIN + timedelta(seconds=4 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        side, taker = ("sell", "buy")[number % 2], number % 10 == 0
        traded = {"xrp_drops": 7_700_000, "rlusd": "15.015", "price": "1.95", "mid_price": "1.951"}
        body = {
            "type": "Fill", "order_id": order, "offer_sequence": number, "tx_hash": tx_hash, "ledger_index": index,
            "close_time_s": 853_315_200 + 4 * number, "side": side, "taker": taker, "rlusd_rounding": "0", **traded,
        }  # fmt: skip
        orders.append((session_id, order, moment, index, number, side, tx_hash, moment))
        fills.append((session_id, order, tx_hash, number, index, moment, side, taker))
        booked.append((session_id, index, index, moment))
        journal.append((session_id, index, index, json.dumps(body)))
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO orders (session_id, id, status, created_at, ledger_index, tick, side, price, xrp_drops, rlusd,"
            " submit_tx_hash, result, changed_at, xrp_left_drops, rlusd_left)"
            " VALUES (?, ?, 'filled', ?, ?, ?, ?, '1.95', 7700000, '15.015', ?, 'tesSUCCESS', ?, 0, '0')",
            orders,
        )
        connection.executemany(
            "INSERT INTO fills (session_id, order_id, tx_hash, offer_sequence, ledger_index, created_at, side, taker,"
            " xrp_drops, rlusd, rlusd_rounding, price, mid_price)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 7700000, '15.015', '0', '1.95', '1.951')",
            fills,
        )
        connection.executemany("INSERT INTO inventory_ledger VALUES (?, ?, 'XRP', 7700000, 0, ?, ?)", booked)
        connection.executemany("INSERT INTO journal VALUES (?, ?, 'Fill', ?, ?)", journal)
