"""What a database knows of our own transactions, for whoever has to tell them from a stranger's."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import msgspec

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.tables import version_in_use
from neo.messages import SessionStarted

# The newest ones: a session sends far fewer in the minutes that anybody asks about.
_ORDERS_MAX: Final = 50_000

_ACCOUNT: Final = (
    "(SELECT json_extract(body, '$.account') FROM journal WHERE session_id = s.id"  # noqa: S608 - a class of our own
    f" AND kind = '{SessionStarted.__name__}' ORDER BY seq LIMIT 1)"
)
# Of a profile that names none, and of an old one that is no JSON, it is not known.
_NETWORK: Final = "CASE WHEN json_valid(s.config) THEN json_extract(s.config, '$.venue.network_id') END"
_TRADED: Final = f"SELECT s.venue, {_ACCOUNT}, {_NETWORK} FROM sessions AS s WHERE s.id = ?"  # noqa: S608 - no value in it
# The sessions at a place, whose fields are the parameters.
SESSIONS_AT: Final = (
    f"SELECT s.id FROM sessions AS s WHERE s.venue = :venue AND {_ACCOUNT} = :account"  # noqa: S608 - no value in it
    f" AND ifnull({_NETWORK}, :network_id) = :network_id"
)
_SENT: Final = (
    "SELECT o.submit_tx_hash, o.offer_sequence FROM orders AS o"  # noqa: S608 - no value in it
    f" WHERE o.session_id IN ({SESSIONS_AT}) AND o.submit_tx_hash IS NOT NULL ORDER BY o.rowid DESC LIMIT :most"
)


class TradingPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session trades: an account's hashes and sequences mean nothing on another ledger.

    Args:
        venue: Its name in the settings.
        account: Ours there.
        network_id: The network's; None if the session's profile names none.
    """

    venue: str
    account: str
    network_id: int | None


class SentOrders(msgspec.Struct, frozen=True):
    """What was signed: the hashes, and the sequences of the transactions."""

    hashes: frozenset[str] = frozenset()
    sequences: frozenset[int] = frozenset()


def sent_orders(path: Path, place: TradingPlace) -> SentOrders:
    """What was signed lately at a place, in every session there.

    Args:
        path: The database.
        place: Which; a session whose profile names no network counts for every one.
    """
    wanted = msgspec.structs.asdict(place) | {"most": _ORDERS_MAX}
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        rows = connection.execute(_SENT, wanted).fetchall()
    return SentOrders(frozenset(tx_hash for tx_hash, _ in rows), frozenset(sequence for _, sequence in rows))


def traded_at(path: Path, session_id: str) -> TradingPlace | None:
    """Where a session traded; None if it never got to trade.

    Args:
        path: The database.
        session_id: Its name.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        row = connection.execute(_TRADED, (session_id,)).fetchone()
    if row is None or row[1] is None:
        return None
    venue, account, network_id = row
    return TradingPlace(venue=str(venue), account=str(account), network_id=network_id)
