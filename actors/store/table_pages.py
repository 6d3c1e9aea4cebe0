"""A session's tables a page at a time, the newest first: what is shown of them is chosen, sorted and cut by SQLite.

So ten thousand rows cost no more than the fifty that are shown. Each look is a transaction of its own of some
milliseconds, and holds up no checkpoint.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from actors.store.connection import connect_read_only
from actors.store.journal import decode_record
from actors.store.store_errors import translating
from actors.store.table_rows import Bounded, struct_from
from actors.store.tables import version_in_use
from actors.store.trade_rows import FillRow, OrderRow
from neo.messages import FeePaid, Fill, InventoryChecked, QuotesJudged, Record
from neo.messages.routes import ROUTES, Topic

PAGE_ROWS: Final = 50

# Records that one look shows of an order: it has a handful, and some more for each fill.
_RECORDS_MAX: Final = 500

T = TypeVar("T")

# What an operator calls an event. Fees and exact checks are left out: every order, and every minute, has one.
_EVENTFUL: Final = (Topic.COURSE, Topic.PAUSE, Topic.TROUBLE, Topic.BOOKS)
EVENT_TYPES: Final = tuple(
    route.name
    for route in ROUTES.by_type.values()
    if route.is_journaled and route.topic in _EVENTFUL and route.message not in (FeePaid, InventoryChecked)
)


class RowChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows, of those of a table; empty for all.

    Args:
        side: ``buy`` or ``sell``.
        status: Of an order.
        code: Of a refusal, or of what held a quote back.
        kind: Of an order ``offer`` or ``cancel``, of a fill ``maker`` or ``taker``, of a refusal ``refused`` or
            ``held back``, of an event its record's type.
        text: What is in its names, hashes or words, in capitals or not.
        since: From this second on, UTC, as ``2026-01-21T15:03:00``.
        until: To this second, itself included.
        page: The first is 1.
    """

    side: str = ""
    status: str = ""
    code: str = ""
    kind: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    page: int = 1


class RowPage(msgspec.Struct, Generic[T], frozen=True):
    """A page's rows, and how many there are on all of them."""

    rows: list[T]
    total: int


class NumberedFill(msgspec.Struct, frozen=True):
    """A fill, and its number in the journal; None where the journal was cut off before it."""

    fill: FillRow
    seq: int | None


class RefusalRow(msgspec.Struct, frozen=True, kw_only=True):
    """Why one quote of one tick was not placed.

    Args:
        seq: The decision's number in the journal.
        created_at: When its ledger closed, UTC; None if no ledger's row tells.
        ledger_index: That ledger.
        tick: Of the session.
        kind: ``refused`` by risk, or ``held back``.
        side: Ours; None for both.
        code: Which gate or cause.
        detail: Its numbers.
    """

    seq: int
    created_at: str | None
    ledger_index: int
    tick: int
    kind: str
    side: str | None
    code: str
    detail: str


class JournalRow(msgspec.Struct, frozen=True):
    """A record of the journal, its number, and when the ledger closed that the session had seen last."""

    seq: int
    created_at: str | None
    ledger_index: int
    record: Record


# --- Fills and orders --------------------------------------------------------------------------------------------


def fills_page(path: Path, session_id: str, choice: RowChoice) -> RowPage[NumberedFill]:
    """Fills, the newest first.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    chosen = _Chosen("session_id", session_id, "created_at", choice)
    chosen.add("side = ?", choice.side)
    chosen.add("taker = ?", choice.kind and int(choice.kind == "taker"))
    chosen.add("instr(lower(order_id || ' ' || tx_hash), lower(?))", choice.text)
    columns = ", ".join(FillRow.__struct_fields__)
    query = f"SELECT {columns} FROM fills WHERE {chosen.where} ORDER BY ledger_index DESC, tx_hash DESC, order_id DESC"  # noqa: S608 - names of our own
    with _looking(path) as connection:
        rows = [struct_from(FillRow, row) for row in chosen.rows(connection, query, choice.page)]
        total = chosen.total(connection, "fills")
        seqs = _seqs_of(connection, session_id, rows)
    return RowPage([NumberedFill(row, seqs.get((row.order_id, row.tx_hash))) for row in rows], total)


def _seqs_of(connection: sqlite3.Connection, session_id: str, fills: Sequence[FillRow]) -> dict[tuple[str, str], int]:
    """Fills' numbers in the journal. The inventory has them by ledger, and the journal's key does the rest."""
    if not fills:
        return {}
    seqs = "SELECT seq FROM inventory_ledger WHERE session_id = ?1 AND asset = 'XRP' AND ledger_index BETWEEN ?2 AND ?3"
    query = f"SELECT seq, body FROM journal WHERE session_id = ?1 AND kind = '{Fill.__name__}' AND seq IN ({seqs})"  # noqa: S608 - as above
    first, last = fills[-1].ledger_index, fills[0].ledger_index
    wanted = {(fill.order_id, fill.tx_hash) for fill in fills}
    found: dict[tuple[str, str], int] = {}
    for seq, body in connection.execute(query, (session_id, first, last)):
        told = _read_key(body)
        if (key := (told.order_id, told.tx_hash)) in wanted:
            found[key] = seq
    return found


class _FillKey(msgspec.Struct):
    order_id: str
    tx_hash: str


_read_key: Final = msgspec.json.Decoder(_FillKey).decode


def orders_page(path: Path, session_id: str, choice: RowChoice) -> RowPage[OrderRow]:
    """Orders, the one that was decided on last first.

    Raises:
        StoreError: As :func:`fills_page`.
    """
    chosen = _Chosen("session_id", session_id, "created_at", choice)
    chosen.add("side = ?", choice.side)
    chosen.add("status = ?", choice.status)
    chosen.add("(cancels IS NOT NULL) = ?", choice.kind and int(choice.kind == "cancel"))
    searched = ("id", "submit_tx_hash", "result", "failure_reason")
    text = " || ' ' || ".join(f"coalesce({column}, '')" for column in searched)
    chosen.add(f"instr(lower({text}), lower(?))", choice.text)
    query = f"SELECT {', '.join(OrderRow.__struct_fields__)} FROM orders WHERE {chosen.where} ORDER BY rowid DESC"  # noqa: S608 - names of our own
    with _looking(path) as connection:
        rows = [struct_from(OrderRow, row) for row in chosen.rows(connection, query, choice.page)]
        return RowPage(rows, chosen.total(connection, "orders"))


# --- What is in the journal alone --------------------------------------------------------------------------------

_SEEN = "LEFT JOIN market_snapshots m ON m.session_id = j.session_id AND m.ledger_index = j.ledger_index"
_REFUSALS = f"""
    journal j
    CROSS JOIN (SELECT 'refused' AS kind, '$.refusals' AS path UNION ALL SELECT 'held back', '$.held_back') w
    CROSS JOIN json_each(j.body, w.path) r {_SEEN}
"""
_REFUSED = (
    "j.seq, m.created_at, j.ledger_index, json_extract(j.body, '$.tick'), w.kind,"
    " json_extract(r.value, '$.side'), json_extract(r.value, '$.code'), json_extract(r.value, '$.detail')"
)
# Most decisions refuse nothing, which their text tells sooner than its JSON.
_IS_REFUSAL = f"j.kind = '{QuotesJudged.__name__}' AND instr(j.body, '\"code\":')"
_EVENTS = f"journal j {_SEEN}"
_RECORD = "j.seq, m.created_at, j.ledger_index, j.body"


def refusals_page(path: Path, session_id: str, choice: RowChoice) -> RowPage[RefusalRow]:
    """What risk refused, and what was held back, the newest first.

    Raises:
        StoreError: As :func:`fills_page`.
    """
    chosen = _Chosen("j.session_id", session_id, "m.created_at", choice)
    chosen.add(_IS_REFUSAL)
    chosen.add("instr(j.body, '\"code\":\"' || ? || '\"')", choice.code)
    chosen.add("json_extract(r.value, '$.code') = ?", choice.code)
    chosen.add("coalesce(json_extract(r.value, '$.side'), ?) = ?", choice.side, choice.side)
    chosen.add("w.kind = ?", choice.kind)
    chosen.add("instr(lower(json_extract(r.value, '$.detail')), lower(?))", choice.text)
    query = f"SELECT {_REFUSED} FROM {_REFUSALS} WHERE {chosen.where} ORDER BY j.seq DESC, w.kind DESC, r.key"  # noqa: S608 - as above
    with _looking(path) as connection:
        rows = [struct_from(RefusalRow, row) for row in chosen.rows(connection, query, choice.page)]
        return RowPage(rows, chosen.total(connection, _REFUSALS))


def events_page(path: Path, session_id: str, choice: RowChoice) -> RowPage[JournalRow]:
    """Beginnings, ends, pauses, capital, trouble and checks, the newest first.

    Raises:
        StoreError: As :func:`fills_page`.
    """
    chosen = _Chosen("j.session_id", session_id, "m.created_at", choice)
    kinds = (choice.kind,) if choice.kind else EVENT_TYPES
    chosen.add(f"j.kind IN ({', '.join('?' * len(kinds))})", *kinds)
    chosen.add("instr(lower(j.body), lower(?))", choice.text)
    query = (
        f"SELECT j.seq, m.created_at, j.ledger_index, j.body FROM {_EVENTS} WHERE {chosen.where} ORDER BY j.seq DESC"  # noqa: S608 - names of our own
    )
    with _looking(path) as connection:
        rows = _records(chosen.rows(connection, query, choice.page))
        return RowPage(rows, chosen.total(connection, _EVENTS))


def journal_around(path: Path, session_id: str, seq: int, neighbours: int) -> list[JournalRow]:
    """A record and its neighbours on both sides, in the journal's order; empty if there is none of that number.

    Raises:
        StoreError: As :func:`fills_page`.
    """
    where = "j.session_id = ? AND j.seq BETWEEN ? AND ?"
    return _journal(path, where, (session_id, seq - neighbours, seq + neighbours))


def journal_of_order(path: Path, session_id: str, order_id: str) -> list[JournalRow]:
    """All that the journal has of an order, in its order.

    Raises:
        StoreError: As :func:`fills_page`.
    """
    # The text is looked through before the JSON is, which says whose it is.
    named = "instr(j.body, ?) AND json_extract(j.body, '$.order_id') = ?"
    return _journal(
        path, f"j.session_id = ? AND {named}", (session_id, msgspec.json.encode(order_id).decode(), order_id)
    )


def _journal(path: Path, where: str, values: Sequence[object]) -> list[JournalRow]:
    query = f"SELECT {_RECORD} FROM {_EVENTS} WHERE {where} ORDER BY j.seq LIMIT ?"  # noqa: S608 - as above
    with _looking(path) as connection:
        return _records(Bounded(connection.execute(query, (*values, _RECORDS_MAX))))


def _records(rows: Iterator[tuple[Any, ...]] | Bounded) -> list[JournalRow]:
    return [JournalRow(seq, created_at, index, decode_record(body)) for seq, created_at, index, body in rows]


# --- Choosing ----------------------------------------------------------------------------------------------------


class _Chosen:
    """A choice as SQL. Whatever comes from outside is a value of it, never its text."""

    def __init__(self, session: str, session_id: str, moment: str, choice: RowChoice) -> None:
        self._conditions = [f"{session} = ?"]
        self._values: list[object] = [session_id]
        self.add(f"substr({moment}, 1, 19) >= ?", choice.since)
        self.add(f"substr({moment}, 1, 19) <= ?", choice.until)

    def add(self, condition: str, *values: object) -> None:
        """One more condition, unless what it is about was not asked for."""
        if "" not in values:
            self._conditions.append(condition)
            self._values += values

    @property
    def where(self) -> str:
        """All of them."""
        return " AND ".join(self._conditions)

    def rows(self, connection: sqlite3.Connection, query: str, page: int) -> Bounded:
        """A page of a query."""
        return Bounded(
            connection.execute(f"{query} LIMIT ? OFFSET ?", (*self._values, PAGE_ROWS, PAGE_ROWS * (page - 1)))
        )

    def total(self, connection: sqlite3.Connection, source: str) -> int:
        """How many rows there are."""
        query = f"SELECT count(*) FROM {source} WHERE {self.where}"  # noqa: S608 - as above
        return int(connection.execute(query, self._values).fetchone()[0])


@contextlib.contextmanager
def _looking(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        yield connection
