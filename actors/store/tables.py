"""The tables, as numbered migrations: how a database of any age becomes one of this build.

Each migration runs in one transaction that also raises ``PRAGMA user_version``, so a database is always at a whole
version. A migration that was released is never edited; the next one follows it.

Rules of the tables: STRICT; money is an INTEGER of drops or the TEXT of a decimal, never REAL; ``created_at`` is the
close time of the ledger that the record speaks of (UTC), so that equal sessions have equal rows. Only ``sessions``
holds machine time and process numbers. Everything but ``journal`` and ``sessions`` can be built again from the journal.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from actors.store.store_errors import ForeignSchemaError, NewerSchemaError, NotADatabaseError, UnusablePathError
from actors.store.table_views import VIEWS
from neo.text.printable import printable

# "NEO1" in ASCII: how a database of ours is told from another program's.
APPLICATION_ID = 0x4E454F31

_V1 = (
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        parent_id TEXT REFERENCES sessions (id), -- the lost session that this one took over from
        status TEXT NOT NULL CHECK (status IN ('running', 'ended')),
        pid INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        venue TEXT NOT NULL,
        seed INTEGER NOT NULL,
        market TEXT NOT NULL,
        config TEXT NOT NULL,
        config_sha256 TEXT NOT NULL,
        halt_reason TEXT,
        halt_detail TEXT,
        secondary_halts TEXT NOT NULL DEFAULT '[]', -- JSON
        rungs_failed TEXT NOT NULL DEFAULT '[]', -- JSON
        journal_sha256 TEXT,
        ticks INTEGER,
        ledgers INTEGER,
        fills INTEGER,
        equity_start_rlusd TEXT,
        equity_end_rlusd TEXT,
        equity_change_rlusd TEXT, -- less capital that moved after the opening
        profile TEXT NOT NULL DEFAULT '',
        config_changes TEXT NOT NULL DEFAULT '{}', -- JSON: the keys that differ from the shipped profile
        restarts TEXT NOT NULL DEFAULT '[]', -- JSON
        warnings TEXT NOT NULL DEFAULT '[]', -- JSON
        results TEXT, -- JSON of neo.analysis.Results
        CHECK ((status = 'ended') = (ended_at IS NOT NULL AND halt_reason IS NOT NULL))
    ) STRICT
    """,
    # Clustered on its key: one b-tree, appended at its right edge.
    """
    CREATE TABLE journal (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL CHECK (seq > 0),
        kind TEXT NOT NULL,
        ledger_index INTEGER NOT NULL, -- the ledger that the session had seen last
        body TEXT NOT NULL, -- JSON of neo.messages.Record
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER journal_keeps_what_it_has BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TRIGGER journal_loses_nothing BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TABLE orders (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        id TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        tick INTEGER NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        price TEXT NOT NULL,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        replaces TEXT,
        cancels TEXT,
        submit_tx_hash TEXT,
        blob TEXT,
        offer_sequence INTEGER,
        last_ledger_sequence INTEGER,
        result TEXT,
        failure_reason TEXT,
        changed_at TEXT,
        xrp_left_drops INTEGER NOT NULL,
        rlusd_left TEXT NOT NULL,
        PRIMARY KEY (session_id, id)
    ) STRICT
    """,
    """
    CREATE TABLE fills (
        session_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        tx_hash TEXT NOT NULL,
        offer_sequence INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        rlusd_rounding TEXT NOT NULL,
        price TEXT NOT NULL,
        taker INTEGER NOT NULL CHECK (taker IN (0, 1)),
        mid_price TEXT,
        PRIMARY KEY (session_id, tx_hash, order_id),
        FOREIGN KEY (session_id, order_id) REFERENCES orders (session_id, id)
    ) STRICT, WITHOUT ROWID
    """,
    # Fills only: capital and fees have their own tables, and the engine's total is the sum of the three.
    # ANY keeps what it is given: drops as INTEGER, RLUSD as TEXT, and the check lets nothing else in.
    """
    CREATE TABLE inventory_ledger (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL, -- the fill's number in the journal
        asset TEXT NOT NULL CHECK (asset IN ('XRP', 'RLUSD')),
        change ANY NOT NULL,
        new_balance ANY NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (session_id, seq, asset),
        CHECK (typeof(change) = iif(asset = 'XRP', 'integer', 'text')),
        CHECK (typeof(new_balance) = iif(asset = 'XRP', 'integer', 'text'))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE capital_events (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        cause TEXT NOT NULL,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE fees (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        tx_hash TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        fee_drops INTEGER NOT NULL,
        PRIMARY KEY (session_id, tx_hash)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE market_snapshots (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        best_bid TEXT,
        best_ask TEXT,
        mid_price TEXT,
        pool_price TEXT,
        own_bid TEXT,
        own_ask TEXT,
        distance_to_clob_bid_bps TEXT,
        distance_to_clob_ask_bps TEXT,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        within_2bps_bid INTEGER CHECK (within_2bps_bid IN (0, 1)),
        within_2bps_ask INTEGER CHECK (within_2bps_ask IN (0, 1)),
        PRIMARY KEY (session_id, ledger_index)
    ) STRICT, WITHOUT ROWID
    """,
    # Others' trades in our pair, and how much of each our own offers won.
    """
    CREATE TABLE taker_trades (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        tx_hash TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        taker_side TEXT NOT NULL CHECK (taker_side IN ('buy', 'sell')),
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        pool_drops INTEGER NOT NULL,
        pool_rlusd TEXT NOT NULL,
        worst_price TEXT NOT NULL,
        won_drops INTEGER NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE inventory_checks (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        xrp_engine_drops INTEGER NOT NULL,
        xrp_ledger_drops INTEGER NOT NULL,
        rlusd_engine TEXT NOT NULL,
        rlusd_ledger TEXT NOT NULL,
        exact INTEGER NOT NULL CHECK (exact IN (0, 1)),
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    """,
    # The experiment log: one row a session, appended in the transaction that ends it, whoever ends it.
    """
    CREATE TABLE experiments (
        session_id TEXT PRIMARY KEY REFERENCES sessions (id),
        started_at TEXT NOT NULL,
        ended_at TEXT NOT NULL,
        venue TEXT NOT NULL,
        profile TEXT NOT NULL,
        config_sha256 TEXT NOT NULL,
        config_changes TEXT NOT NULL, -- JSON
        seed INTEGER NOT NULL,
        market TEXT NOT NULL,
        halt_reason TEXT NOT NULL,
        halt_detail TEXT NOT NULL,
        ticks INTEGER NOT NULL,
        fills INTEGER NOT NULL,
        equity_change_rlusd TEXT,
        results TEXT, -- JSON of neo.analysis.flat_figures; none if the process was lost
        note TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TRIGGER every_ending_is_an_experiment AFTER UPDATE OF status ON sessions
    WHEN NEW.status = 'ended' AND OLD.status <> 'ended'
    BEGIN
        INSERT INTO experiments (session_id, started_at, ended_at, venue, profile, config_sha256, config_changes, seed,
            market, halt_reason, halt_detail, ticks, fills, equity_change_rlusd, results)
        VALUES (NEW.id, NEW.started_at, NEW.ended_at, NEW.venue, NEW.profile, NEW.config_sha256, NEW.config_changes,
            NEW.seed, NEW.market, NEW.halt_reason, coalesce(NEW.halt_detail, ''), coalesce(NEW.ticks, 0),
            coalesce(NEW.fills, 0), NEW.equity_change_rlusd, NEW.results);
    END
    """,
    # Deposits and withdrawals that an operator made while no session ran; the next session's opening has them.
    """
    CREATE TABLE capital_orders (
        id INTEGER PRIMARY KEY,
        recorded_at TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('deposit', 'withdraw')),
        xrp_drops INTEGER NOT NULL, -- as the balance changes: a withdrawal is negative
        rlusd TEXT NOT NULL,
        session_id TEXT REFERENCES sessions (id) -- whose opening has it, NULL until there is one
    ) STRICT
    """,
    """
    CREATE TABLE engine_state (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (session_id, key)
    ) STRICT, WITHOUT ROWID
    """,
)

# The distances under the shorter names too, for those who look for a touch and not for a CLOB. They take no room.
_V2 = tuple(
    f"""
    ALTER TABLE market_snapshots ADD COLUMN distance_to_{side}_touch_bps TEXT
        GENERATED ALWAYS AS (distance_to_clob_{side}_bps) VIRTUAL
    """
    for side in ("bid", "ask")
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_V1, _V2, VIEWS)
SCHEMA_VERSION = len(MIGRATIONS)


# How each database of ours is laid out in its file; whatever else there is, somebody chose.
_LAYOUT = {"encoding": "UTF-8", "auto_vacuum": 0, "page_size": 4096}

# Of an object's name or its SQL, no more than this is read to compare it; ours are shorter.
_TEXT_MAX = 20_000

_FOREIGN_MEND = (
    "Trust nothing in a file that somebody gave you; if it is yours, `neo db restore` goes back to the last backup."
)

# An object's type and name, and what it is in SQL with its spaces made one; none for what SQLite adds by itself.
_Objects = Mapping[tuple[str, str], str | None]


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The schema version of a database; 0 for an empty one.

    Whatever has that version has its tables, triggers and indexes to the letter, and nothing beside them: a view may be
    a query without an end, a trigger may empty a table at each write.

    Raises:
        NotADatabaseError: Another program's database.
        NewerSchemaError: A later build wrote it.
        ForeignSchemaError: It is one of NEO's, but not as NEO makes it.
    """
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application_id = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if (tables == 0 and application_id == 0) or application_id == APPLICATION_ID:
        _require_layout(connection, path)
    if tables == 0 and application_id == 0:
        return 0
    if application_id != APPLICATION_ID:
        raise NotADatabaseError(path, "a SQLite database, but not one of NEO's", "Choose another file with --db.")
    if found > SCHEMA_VERSION:
        raise NewerSchemaError(
            path,
            f"schema version {found}, and this build knows up to {SCHEMA_VERSION}",
            "Use the NEO that wrote it, or a newer one.",
        )
    _require_schema(connection, path, _made(MIGRATIONS[: max(found, 0)]))
    return found


def version_in_use(connection: sqlite3.Connection, path: Path) -> int:
    """The same of a database that is to be there: who only looks must not be told that nothing is in a mistyped name.

    Raises:
        UnusablePathError: It is empty; else as :func:`version_of`.
    """
    version = version_of(connection, path)
    if version == 0:
        raise UnusablePathError(path, "an empty file, no database yet", "Name another with --db, or run a session.")
    return version


def _require_layout(connection: sqlite3.Connection, path: Path) -> None:
    for name, ours in _LAYOUT.items():
        (found,) = connection.execute(f"PRAGMA {name}").fetchone()
        if found != ours:
            raise ForeignSchemaError(path, f"its {name} is {found}, and in NEO's it is {ours}", _FOREIGN_MEND)


def _require_schema(connection: sqlite3.Connection, path: Path, ours: _Objects) -> None:
    theirs = _objects(connection, len(ours) + 1)
    for kind, name in [*theirs, *ours]:
        told = f"{printable(kind[:20])} {printable(name[:60])}"
        if (kind, name) not in ours:
            raise ForeignSchemaError(path, f"the {told} in it is not NEO's", _FOREIGN_MEND)
        if (kind, name) not in theirs:
            raise ForeignSchemaError(path, f"the {told} is missing", _FOREIGN_MEND)
        if theirs[kind, name] != ours[kind, name]:
            raise ForeignSchemaError(path, f"the {told} in it is not as NEO makes it", _FOREIGN_MEND)


def _objects(connection: sqlite3.Connection, most: int) -> dict[tuple[str, str], str | None]:
    rows = connection.execute(
        "SELECT CAST(substr(type, 1, ?1) AS TEXT), CAST(substr(name, 1, ?1) AS TEXT), CAST(substr(sql, 1, ?1) AS TEXT)"
        " FROM sqlite_schema LIMIT ?2",
        (_TEXT_MAX, most),
    )
    return {(kind, name): None if sql is None else " ".join(sql.split()) for kind, name, sql in rows}


@functools.cache
def _made(migrations: tuple[tuple[str, ...], ...]) -> _Objects:
    """What these migrations make of an empty database."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in itertools.chain.from_iterable(migrations):
            connection.execute(statement)
        return _objects(connection, -1)


def migrate(connection: sqlite3.Connection, path: Path) -> int:
    """Bring a database to this build's version, one transaction for each step.

    Returns:
        The version that it had before.
    """
    before = version_of(connection, path)
    for number in range(before + 1, SCHEMA_VERSION + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in MIGRATIONS[number - 1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            # The version and its tables change together or not at all.
            # SQLite may have rolled back by itself (a full disk, say).
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return before
