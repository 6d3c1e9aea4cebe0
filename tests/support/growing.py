"""A session whose journal grows when a test says so: the journal of a whole one, told once more under another name."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from support.sessions import plan_for, run

NAME = "20300101-000000-grow"


class Growing:
    """A database with a whole session, and one that has as much of the same journal as it was let have.

    Args:
        path: Where to make it.
        duration_s: Of the whole session.
    """

    def __init__(self, path: Path, duration_s: int = 1200) -> None:
        self.path = path
        self.session_id = NAME
        self.whole_id = run(plan_for(path, duration_s=duration_s)).session_id
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            columns = [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
            ended = {"id": "?", "status": "'running'", "ended_at": "NULL", "halt_reason": "NULL", "results": "NULL"}
            told = ", ".join(ended.get(name, name) for name in columns)
            connection.execute(f"INSERT INTO sessions SELECT {told} FROM sessions WHERE id = ?", (NAME, self.whole_id))  # noqa: S608 - names of columns
            (self.records,) = connection.execute(
                "SELECT max(seq) FROM journal WHERE session_id = ?", (self.whole_id,)
            ).fetchone()

    def grow(self, upto: int) -> None:
        """Let it have its first so many records."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(
                "INSERT INTO journal SELECT ?1, seq, kind, ledger_index, body FROM journal WHERE session_id = ?2"
                " AND seq > (SELECT coalesce(max(seq), 0) FROM journal WHERE session_id = ?1) AND seq <= ?3",
                (NAME, self.whole_id, upto),
            )


def add_ledgers(database: Path, session_id: str, count: int, *, snapshots: bool = False) -> None:
    """Give a session so many ledgers more, after all that it has: the last one again, with a mid that moves.

    With ``snapshots`` in the table of ledgers as well.
    """
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        last, newest = connection.execute(
            "SELECT max(seq), max(ledger_index) FROM journal WHERE session_id = ?", (session_id,)
        ).fetchone()
        (text,) = connection.execute(
            "SELECT body FROM journal WHERE session_id = ? AND kind = 'LedgerObserved' ORDER BY seq DESC LIMIT 1",
            (session_id,),
        ).fetchone()
        body = json.loads(text)
        rows = []
        for number in range(1, count + 1):
            index = newest + number
            told = body | {
                "ledger_index": index, "close_time_s": body["close_time_s"] + 4 * number,
                "mid_price": f"{2 + (number * 37 % 1000) / 10_000:.4f}",
            }  # fmt: skip
            rows.append((session_id, last + number, index, json.dumps(told)))
        connection.executemany("INSERT INTO journal VALUES (?, ?, 'LedgerObserved', ?, ?)", rows)
        if snapshots:
            connection.execute(
                "INSERT INTO market_snapshots (session_id, ledger_index, created_at, mid_price, xrp_drops, rlusd)"
                " SELECT session_id, ledger_index, strftime('%Y-%m-%dT%H:%M:%SZ',"
                " json_extract(body, '$.close_time_s') + 946684800, 'unixepoch'), json_extract(body, '$.mid_price'),"
                " json_extract(body, '$.xrp_drops'), json_extract(body, '$.rlusd')"
                " FROM journal WHERE session_id = ? AND kind = 'LedgerObserved' AND seq > ?",
                (session_id, last),
            )
