"""What a database knows of our own transactions, for whoever has to tell them from a stranger's."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.tables import version_in_use
from neo.messages import SessionStarted

# The newest ones, of whatever session: a session sends far fewer in the minutes that anybody asks about.
_ORDERS_MAX: Final = 50_000


def known_transactions(path: Path) -> frozenset[str]:
    """Hashes of what was signed lately, in every session.

    Args:
        path: The database.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        orders = connection.execute(
            "SELECT submit_tx_hash FROM orders WHERE submit_tx_hash IS NOT NULL ORDER BY rowid DESC LIMIT ?",
            (_ORDERS_MAX,),
        )
        return frozenset(tx_hash for (tx_hash,) in orders)


def account_of(path: Path, session_id: str) -> str | None:
    """Whose account a session traded on; None if it never got to trade.

    Args:
        path: The database.
        session_id: Its name.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        row = connection.execute(
            "SELECT json_extract(body, '$.account') FROM journal WHERE session_id = ? AND kind = ?"
            " ORDER BY seq LIMIT 1",
            (session_id, SessionStarted.__name__),
        ).fetchone()
        return None if row is None else str(row[0])


def known_sequences(path: Path) -> frozenset[int]:
    """Sequences of the offers that were signed lately, in every session.

    Args:
        path: The database.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        orders = connection.execute(
            "SELECT offer_sequence FROM orders WHERE offer_sequence IS NOT NULL ORDER BY rowid DESC LIMIT ?",
            (_ORDERS_MAX,),
        )
        return frozenset(sequence for (sequence,) in orders)
