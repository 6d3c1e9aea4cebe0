"""What reports read (a session's course from its journal, the experiment log, capital) and the little they write."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from actors.store.connection import Durability, connect, connect_read_only
from actors.store.journal import decode_record
from actors.store.lock import HeldError, ProcessLock
from actors.store.money_text import decimal_from, decimal_text
from actors.store.store_errors import DamagedValueError, OtherStoreError, SessionRunningError, translating
from actors.store.table_inventory import table_totals
from actors.store.table_rows import Bounded, CapitalEvent, CapitalOrder, Experiment, FoundOffer, struct_from
from actors.store.tables import migrate, version_in_use, version_of
from neo.analysis import REMOVED_AS, Course, course_of
from neo.chain.money import EXACT, sum_rlusd, xrp
from neo.desk.capital_moves import move_refused, withdrawal_refused
from neo.desk.opening import OPENING_BALANCE, MovedBefore
from neo.desk.reconcile import Drift, shutdown_drift
from neo.messages import OrderChanged, OrderStatus, Record, SessionStarted, Standing
from neo.messages.routes import ROUTES
from neo.watch.loss_limits import Losses

T = TypeVar("T", bound=msgspec.Struct)

# Of the changes of orders, most records by far, only an offer's removal by others tells of a session's course.
_REMOVALS = " OR ".join(f"""body LIKE '%"status":"{status}"%'""" for status in REMOVED_AS)
_COURSE = f"""
    SELECT body FROM journal WHERE session_id = ?
        AND (kind IN ({", ".join(f"'{name}'" for name in ROUTES.reported())})
             OR (kind = '{OrderChanged.__name__}' AND ({_REMOVALS})))
    ORDER BY seq
"""  # noqa: S608 - names of our own classes

# Whoever takes an offer over that was found on the ledger has no blob of it. Why it rests is told by its first change,
# and what pulled it by the last order that was to cancel or to replace it and that a ledger took.
_FOUND = f"""
    SELECT id AS order_id, side, price, xrp_drops, submit_tx_hash AS entry, offer_sequence AS sequence, status,
        (SELECT json_extract(body, '$.result') FROM journal WHERE session_id = found.session_id
            AND kind = '{OrderChanged.__name__}' AND json_extract(body, '$.order_id') = found.id ORDER BY seq LIMIT 1
        ) AS why,
        (SELECT submit_tx_hash FROM orders WHERE session_id = found.session_id AND found.id IN (cancels, replaces)
            AND status <> '{OrderStatus.FAILED}' ORDER BY rowid DESC LIMIT 1
        ) AS pulled_by
    FROM orders AS found WHERE session_id = ? AND blob = '' ORDER BY rowid
"""  # noqa: S608 - names of our own

# A deposit or a withdrawal counts once the journal has an opening with it. A session that took it to itself and was
# interrupted, or could not start, before it opened has left it waiting.
_OPENED = "(SELECT max(session_id) FROM capital_events WHERE capital_events.session_id = capital_orders.session_id)"

# Of the last session that began by itself: its facts, and what its profile or its venue gave it.
_LAST_OPENING = f"""
    SELECT body, capital_events.xrp_drops, capital_events.rlusd FROM sessions
        JOIN journal ON journal.session_id = sessions.id AND kind = '{SessionStarted.__name__}'
        JOIN capital_events ON capital_events.session_id = sessions.id AND cause = '{OPENING_BALANCE}'
    WHERE parent_id IS NULL ORDER BY started_at DESC, sessions.rowid DESC LIMIT 1
"""  # noqa: S608 - names of our own

# The split of equity is worked out for so many points of a long session at most; the identity holds at every one.
_SPLIT_POINTS = 4000


def read_course(
    connection: sqlite3.Connection, session_id: str, losses: Losses | None = None, *, split_points: int = _SPLIT_POINTS
) -> Course:
    """A session's course from its journal, with its losses if they are wanted.

    Args:
        connection: The database.
        session_id: The session.
        losses: Takes its records in as well.
        split_points: Ledgers, besides the last, for which the split of equity is worked out at most.
    """
    ledgers = connection.execute(
        "SELECT count(*) FROM market_snapshots WHERE session_id = ?", (session_id,)
    ).fetchone()[0]
    return course_of(_records(connection, session_id), max(1, ledgers // split_points), losses)


def course(path: Path, session_id: str, losses: Losses | None = None) -> Course:
    """The same from a database that nobody else needs to have open.

    Raises:
        StoreError: There is no database at the path, or not one of ours.
    """
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        return read_course(connection, session_id, losses)


def found_offers(path: Path, session_id: str) -> list[FoundOffer]:
    """Offers of ours that a session found on the ledger at its start, which no journal knew before, oldest first."""
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        return [struct_from(FoundOffer, row) for row in Bounded(connection.execute(_FOUND, (session_id,)))]


def inventory_drift(connection: sqlite3.Connection, session_id: str, standing: Standing | None) -> Drift | None:
    """What in the tables of a session that stands so does not add up now, or None.

    Args:
        connection: The database.
        session_id: The session.
        standing: Where its engine stood at the end; None for one that has not ended, of which nothing is asked yet.
    """
    return None if standing is None else shutdown_drift(standing, table_totals(connection, session_id))


def inventory_differences(path: Path, session_id: str, standing: Standing | None) -> tuple[str, ...]:
    """The same, each part in words, from a database that nobody else needs to have open."""
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        drift = inventory_drift(connection, session_id, standing)
        return () if drift is None else drift.differences


def states(path: Path, session_id: str) -> dict[str, str]:
    """A session's ``engine_state``."""
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        return dict(connection.execute("SELECT key, value FROM engine_state WHERE session_id = ?", (session_id,)))


def experiments(path: Path) -> list[Experiment]:
    """The experiment log, newest first."""
    return _rows(path, Experiment, "experiments", "ORDER BY started_at DESC, session_id DESC")


def capital_orders(path: Path) -> list[CapitalOrder]:
    """What was recorded between sessions, oldest first; without a session where it waits for one that opens with it."""
    recorded = f"(SELECT id, recorded_at, kind, xrp_drops, rlusd, {_OPENED} AS session_id FROM capital_orders)"  # noqa: S608 - no value in it
    return _rows(path, CapitalOrder, recorded, "ORDER BY id")


def capital_events(path: Path) -> list[CapitalEvent]:
    """Every capital event of every session, oldest first."""
    order = "ORDER BY (SELECT started_at FROM sessions WHERE id = session_id), session_id, seq"
    return _rows(path, CapitalEvent, "capital_events", order)


def write_note(path: Path, session_id: str, note: str) -> None:
    """Put a note beside an experiment, in place of the one before.

    Raises:
        OtherStoreError: There is no such experiment.
        SessionRunningError: A session runs in the database; notes wait until it has ended.
    """
    with _writing(path) as connection:
        done = connection.execute("UPDATE experiments SET note = ? WHERE session_id = ?", (note, session_id))
        if done.rowcount != 1:
            raise OtherStoreError(
                path, f"no experiment of a session {session_id}", "`neo experiments` lists them; a session ends first."
            )


def record_capital(path: Path, kind: str, xrp_drops: int, rlusd: Decimal) -> CapitalOrder:
    """Record a deposit or a withdrawal that the next session's opening will have.

    Args:
        path: The database; it is made if it isn't there, its folder must be.
        kind: ``deposit`` or ``withdraw``.
        xrp_drops: As the balance changes: negative for a withdrawal.
        rlusd: The same.

    Raises:
        OtherStoreError: A withdrawal of more than the next session opens with, going by the last one; nothing was
            recorded.
        SessionRunningError: A session runs in the database; it has to do it.
    """
    recorded_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    with _writing(path) as connection:
        if xrp_drops < 0 or rlusd < 0:
            refused = _not_covered(connection, (xrp_drops, rlusd))
            if refused is not None:
                mend = "Deposit first, or withdraw less; `neo capital list` shows what waits."
                raise OtherStoreError(path, f"{refused}, going by what the last session opened with", mend)
        done = connection.execute(
            "INSERT INTO capital_orders (recorded_at, kind, xrp_drops, rlusd) VALUES (?, ?, ?, ?)",
            (recorded_at, kind, xrp_drops, decimal_text(rlusd)),
        )
        number = done.lastrowid
    assert number is not None, "an insert gives its row's number"
    return CapitalOrder(
        id=number, recorded_at=recorded_at, kind=kind, xrp_drops=xrp_drops, rlusd=rlusd, session_id=None
    )


def cancel_capital(path: Path, number: int) -> CapitalOrder:
    """Take back a deposit or a withdrawal that waits for the next session.

    Args:
        path: The database.
        number: The one that it was recorded as.

    Raises:
        OtherStoreError: None of that number waits, or a withdrawal that waits would not be covered without it.
        SessionRunningError: A session runs in the database.
    """
    with _writing(path) as connection:
        row = connection.execute(
            f"SELECT {', '.join(CapitalOrder.__struct_fields__)} FROM capital_orders"  # noqa: S608 - no value in it
            f" WHERE id = ? AND {_OPENED} IS NULL",
            (number,),
        ).fetchone()
        if row is None:
            raise OtherStoreError(
                path,
                f"no deposit or withdrawal number {number} waits for a session",
                "`neo capital list` shows those that do; what a session opened with stays.",
            )
        found = struct_from(CapitalOrder, row)
        connection.execute("DELETE FROM capital_orders WHERE id = ?", (number,))
        if found.kind == "deposit" and (refused := _not_covered(connection)) is not None:
            mend = "Cancel that withdrawal first; `neo capital list` shows it."
            raise OtherStoreError(path, f"a withdrawal waits that needs it: {refused}", mend)
    return found


def _not_covered(connection: sqlite3.Connection, more: tuple[int, Decimal] = (0, Decimal(0))) -> str | None:
    """Why the next session could not open with what waits and one more, if it begins as the last one did, or None.

    A session that goes on with a lost one's ledger begins otherwise, and none before the first is known.
    """
    row = connection.execute(_LAST_OPENING).fetchone()
    if row is None:
        return None
    body, opened_drops, opened_rlusd = row
    started = decode_record(body)
    assert isinstance(started, SessionStarted), "it was asked for"
    waiting = connection.execute(f"SELECT xrp_drops, rlusd FROM capital_orders WHERE {_OPENED} IS NULL").fetchall()  # noqa: S608 - no value in it
    moves = [(drops, decimal_from(rlusd)) for drops, rlusd in waiting] + [more]
    # What is to go, against what is there with all that comes.
    balances = msgspec.structs.replace(
        started.opening,
        xrp_drops=opened_drops + sum(drops for drops, _ in moves if drops > 0),
        rlusd=sum_rlusd((decimal_from(opened_rlusd), *(rlusd for _, rlusd in moves if rlusd > 0))),
    )
    return withdrawal_refused(
        balances,
        -sum(drops for drops, _ in moves if drops < 0),
        EXACT.minus(sum_rlusd(rlusd for _, rlusd in moves if rlusd < 0)),
        fee_drops=0,
    )


def claim_capital(
    connection: sqlite3.Connection, path: Path, session_id: str, xrp_drops: int, rlusd: Decimal
) -> list[MovedBefore]:
    """Give what waits for an opening to this session's, in the caller's transaction.

    Args:
        connection: Inside a transaction.
        path: The database, for the message.
        session_id: Whose opening it is.
        xrp_drops: What it opens with without them.
        rlusd: The same.

    Raises:
        OtherStoreError: The balances would fall below zero, or be more than there is.
        DamagedValueError: One of them is none that an operator could have recorded.
    """
    waiting = connection.execute(
        f"SELECT kind, xrp_drops, rlusd FROM capital_orders WHERE {_OPENED} IS NULL ORDER BY id"  # noqa: S608 - no value in it
    ).fetchall()
    moved = [moved_before(*row) for row in waiting]
    xrp_drops += sum(part.xrp_drops for part in moved)
    rlusd = sum_rlusd((rlusd, *(part.rlusd for part in moved)))
    if xrp_drops <= 0 or rlusd < 0:
        raise OtherStoreError(
            path,
            f"recorded withdrawals would leave an opening balance of {xrp(xrp_drops)} XRP and {rlusd} RLUSD",
            "See `neo capital list`; a deposit recorded now makes up for them.",
        )
    if (refused := move_refused(xrp_drops, Decimal(0))) is not None:
        raise OtherStoreError(path, f"recorded deposits can't be ({refused})", "See `neo capital list`.")
    connection.execute(f"UPDATE capital_orders SET session_id = ? WHERE {_OPENED} IS NULL", (session_id,))  # noqa: S608 - no value in it
    return moved


def moved_before(kind: str, xrp_drops: int, rlusd: str) -> MovedBefore:
    """A deposit or a withdrawal as it is recorded.

    Raises:
        DamagedValueError: None that an operator could have recorded.
    """
    moved = MovedBefore(kind, xrp_drops, decimal_from(rlusd))
    if (refused := move_refused(moved.xrp_drops, moved.rlusd)) is not None:
        raise DamagedValueError(f"a recorded {kind} can't be ({refused})")
    return moved


def _records(connection: sqlite3.Connection, session_id: str) -> Iterator[Record]:
    for (body,) in connection.execute(_COURSE, (session_id,)):
        yield decode_record(body)


def _rows(path: Path, kind: type[T], table: str, order: str) -> list[T]:
    fields = kind.__struct_fields__
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        found = connection.execute(f"SELECT {', '.join(fields)} FROM {table} {order}")  # noqa: S608 - constants
        return [struct_from(kind, row) for row in Bounded(found)]


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on a database that no session has."""
    lock = ProcessLock(path)
    connection = connect(path, Durability.POWER_LOSS)
    try:
        with translating(path):
            version_of(connection, path)
            try:
                lock.acquire()
            except HeldError as held:
                raise SessionRunningError(path, held.pid, None) from held
            migrate(connection, path)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
        # Only now: it takes SQLite's own locks with it.
        lock.release()
