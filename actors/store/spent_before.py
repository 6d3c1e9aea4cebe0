"""What earlier sessions of an account used up of the budgets, each part with its time: a new one counts on from there.

The times are the close times of ledgers, as the journals have them; no machine's clock is asked. A fee counts once,
whichever sessions' journals tell of it: one that settles another's orders later reads those of both.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from actors.store.connection import connect_read_only
from actors.store.money_text import ledger_time_from, ledger_time_text
from actors.store.orphans import BY_HAND
from actors.store.sent import SESSIONS_AT, TradingPlace
from actors.store.store_errors import DamagedValueError, translating
from actors.store.tables import version_in_use
from neo.chain.encoding import fee_drops
from neo.desk.opening import SpentBefore
from neo.desk.orders import PENDING
from neo.desk.spending import DAY_S, MINUTE_S
from neo.messages import OrderStatus, SpentAt

# A day's work of a session has its last ledger in that day, and each fee is in a ledger that is told as well.
_SESSIONS: Final = (
    f"({SESSIONS_AT} AND (SELECT created_at FROM market_snapshots WHERE session_id = s.id"  # noqa: S608 - no value in it
    " ORDER BY ledger_index DESC LIMIT 1) > :day)"
)
_FEES: Final = (
    "SELECT created_at, sum(fee_drops) FROM"  # noqa: S608 - no value in it
    f" (SELECT DISTINCT tx_hash, created_at, fee_drops FROM fees WHERE session_id IN {_SESSIONS} AND created_at > :day)"
    " GROUP BY created_at"
)
# An offer that was taken over from the ledger has no blob: it was not we who sent it.
_REQUESTS: Final = (
    f"SELECT created_at, count(*) FROM orders WHERE session_id IN {_SESSIONS} AND blob <> '' AND created_at > :minute"  # noqa: S608 - no value in it
    " GROUP BY created_at"
)
_UNTOLD: Final = ", ".join(f"'{status}'" for status in sorted({*PENDING, OrderStatus.LOST}))
_FEE_NOT_TOLD: Final = (
    f"SELECT created_at, blob FROM orders WHERE session_id IN {_SESSIONS} AND blob <> '' AND created_at > :day"  # noqa: S608 - names of our own
    f" AND (status IN ({_UNTOLD}) OR instr(result, '{BY_HAND}') = 1)"
    f" AND submit_tx_hash NOT IN (SELECT tx_hash FROM fees WHERE session_id IN {_SESSIONS})"
)


def spent_before(path: Path, place: TradingPlace, now_s: int) -> SpentBefore:
    """What the sessions at a place used up of the day's fees and of the minute's transactions.

    A transaction whose fate no ledger told, given up or settled by hand, counts as if it had burned its fee: a person's
    word says what became of the order, not what it cost.

    Args:
        path: The database.
        place: Whose account, on which network; a session whose profile names no network counts for every one.
        now_s: The close time of the newest ledger.

    Raises:
        StoreError: It can't be read.
    """
    wanted = msgspec.structs.asdict(place) | {
        "day": ledger_time_text(now_s - DAY_S),
        "minute": ledger_time_text(now_s - MINUTE_S),
    }
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        connection.execute("BEGIN")  # one state of it for all three
        fees = Counter(dict(connection.execute(_FEES, wanted)))
        for created_at, blob in connection.execute(_FEE_NOT_TOLD, wanted):
            fees[created_at] += _fee_drops(blob)
        requests = connection.execute(_REQUESTS, wanted).fetchall()
        return SpentBefore(_in_order(fees.items()), _in_order(requests))


def _fee_drops(blob: str) -> int:
    try:
        return fee_drops(bytes.fromhex(blob))
    except ValueError as error:
        raise DamagedValueError(f"an order's blob is none that NEO signs: {error}") from error


def _in_order(parts: Iterable[tuple[str, int]]) -> tuple[SpentAt, ...]:
    return tuple(SpentAt(ledger_time_from(created_at), amount) for created_at, amount in sorted(parts))
