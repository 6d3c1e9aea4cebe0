"""The journal of a session that is running, read by another process from a given moment on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from actors.store.connection import connect_read_only
from actors.store.journal import decode_record, read_journal
from actors.store.store_errors import translating
from actors.store.tables import version_in_use
from neo.messages import Record


def records_since(
    database: Path, session_id: str, since_s: int | None, after_seq: int = 0
) -> Iterator[tuple[int, Record]]:
    """A session's records with their numbers, as far as they are in the database now.

    Args:
        database: Where they are.
        session_id: Whose.
        since_s: From so many seconds of market time before the newest ledger on; None for all.
        after_seq: Only those after this number.

    Raises:
        StoreError: The database can't be read.
    """
    with contextlib.closing(connect_read_only(database, brief=False)) as connection, translating(database):
        version_in_use(connection, database)
        if since_s is not None:
            newest = connection.execute(
                "SELECT max(created_at) FROM market_snapshots WHERE session_id = ?", (session_id,)
            ).fetchone()[0]
            if newest is not None:
                moment = datetime.fromisoformat(newest) - timedelta(seconds=since_s)
                before = connection.execute(
                    "SELECT coalesce(max(j.seq), 0) FROM journal j JOIN market_snapshots m"
                    " ON m.session_id = j.session_id AND m.ledger_index = j.ledger_index"
                    " WHERE j.session_id = ? AND datetime(m.created_at) < datetime(?)",
                    (session_id, moment.isoformat()),
                ).fetchone()[0]
                after_seq = max(after_seq, before)
        yield from read_journal(connection, session_id, after_seq)


def next_records(
    database: Path, session_id: str, kinds: Sequence[str], after_seq: int, most: int
) -> list[tuple[int, Record]]:
    """The next of a session's records of some kinds, with their numbers; fewer than asked for if there are no more yet.

    The database is held only while their text is fetched, so whoever reads a long journal in pieces keeps nobody from
    tidying its log up.

    Args:
        database: Where they are.
        session_id: Whose.
        kinds: Names of records.
        after_seq: Only those after this number.
        most: No more than so many.

    Raises:
        StoreError: The database can't be read.
    """
    with contextlib.closing(connect_read_only(database, brief=True)) as connection, translating(database):
        version_in_use(connection, database)
        rows = connection.execute(
            "SELECT seq, body FROM journal WHERE session_id = ? AND seq > ?"  # noqa: S608 - question marks
            f" AND kind IN ({', '.join('?' * len(kinds))}) ORDER BY seq LIMIT ?",
            (session_id, after_seq, *kinds, most),
        ).fetchall()
    with translating(database):
        return [(seq, decode_record(body)) for seq, body in rows]
