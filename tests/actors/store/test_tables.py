"""The schema: every version migrates, in whole steps, and what is not ours or too new is refused.

Method: real files; ``support/store_versions`` holds a database of each released version as that version wrote it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from support.store_database import FIXTURES, count, opened, rows
from support.store_records import appends, opening, started, tick_records

from actors.store import NewerSchemaError, NotADatabaseError, UnusablePathError, list_sessions
from actors.store import tables as schema_module
from actors.store.maintenance import check
from actors.store.tables import MIGRATIONS, SCHEMA_VERSION, migrate


def made_by_version(path: Path, version: int) -> None:
    """A database as that version of the schema made it, with a session in it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((FIXTURES / f"v{version}.sql").read_text())
        connection.execute("PRAGMA journal_mode = WAL")


def schema_of(path: Path) -> list[tuple[str, str, str]]:
    return rows(path, "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_every_old_version_opens_with_its_sessions(tmp_path: Path, version: int) -> None:
    """A database of any released version opens, has a new one's tables then, and keeps its rows and their hash."""
    path, fresh = tmp_path / "neo.db", tmp_path / "fresh.db"
    made_by_version(path, version)
    opened(path).close()
    opened(fresh).close()
    assert rows(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert schema_of(path) == schema_of(fresh)
    assert [row.id for row in list_sessions(path)] == ["one"]
    assert check(path).findings == ()


def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration is one transaction: if its second statement fails, its first one is gone too."""
    path = tmp_path / "neo.db"
    opened(path).close()
    broken = ("CREATE TABLE half_way (a INTEGER) STRICT", "CREATE TABLE half_way (a INTEGER) STRICT")
    monkeypatch.setattr(schema_module, "MIGRATIONS", (*MIGRATIONS, broken))
    monkeypatch.setattr(schema_module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrate(connection, path)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half_way'").fetchone() == (0,)


def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    """A database of a later build is refused with both versions named, and not written to."""
    path = tmp_path / "neo.db"
    made_by_version(path, SCHEMA_VERSION)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError, match=f"schema version 99, and this build knows up to {SCHEMA_VERSION}"):
        opened(path)
    with pytest.raises(NewerSchemaError):
        list_sessions(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A SQLite file that is not NEO's is refused before anything is created in it."""
    path = tmp_path / "photos.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    with pytest.raises(NotADatabaseError, match="not one of NEO's"):
        opened(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("photos",)]


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    """A file that is no database is refused, and stays as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be taken for one" * 100)
    before = path.read_bytes()
    with pytest.raises(NotADatabaseError, match=r"Choose another file with --db"):
        opened(path)
    with pytest.raises(NotADatabaseError):
        list_sessions(path)
    assert path.read_bytes() == before


def test_paths_that_can_hold_no_database(tmp_path: Path) -> None:
    """A folder, a missing folder and a file in a folder's place are each told apart."""
    (tmp_path / "file").touch()
    with pytest.raises(UnusablePathError, match="a folder, not a file"):
        opened(tmp_path)
    with pytest.raises(UnusablePathError, match="does not exist"):
        opened(tmp_path / "missing" / "neo.db")
    with pytest.raises(UnusablePathError, match="is a file, not a folder"):
        opened(tmp_path / "file" / "neo.db")
    with pytest.raises(UnusablePathError, match="no database there"):
        list_sessions(tmp_path / "neo.db")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("statement", ["UPDATE journal SET body = ''", "DELETE FROM journal"])
def test_the_journal_is_append_only(tmp_path: Path, statement: str) -> None:
    """The database itself refuses to change or delete a journal row, whoever asks."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started()]))
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
        connection.execute("PRAGMA recursive_triggers = ON")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("INSERT OR REPLACE INTO journal VALUES ('one', 1, 'x', 0, '')")


def test_no_money_column_is_real(tmp_path: Path) -> None:
    """Every table is STRICT and none has a REAL column; views, which hold nothing, give plain numbers."""
    path = tmp_path / "neo.db"
    opened(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'"
        ).fetchall()
        ours = [(name, strict) for name, strict in tables if not name.startswith("sqlite_")]
        assert ours
        assert all(strict for _, strict in ours)
        types = {
            column[2] for name, _ in ours for column in connection.execute(f"PRAGMA table_info({name})").fetchall()
        }
    assert types <= {"TEXT", "INTEGER", "ANY"}


def test_a_session_leaves_rows_in_every_table(tmp_path: Path) -> None:
    """A tick with a fill reaches every table."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *tick_records(4)]))
    store.close()
    counts = {
        table: count(path, table)
        for table in (
            "orders",
            "fills",
            "inventory_ledger",
            "capital_events",
            "fees",
            "market_snapshots",
            "journal",
        )
    }
    assert counts == {
        "orders": 2,
        "fills": 2,
        "inventory_ledger": 4,
        "capital_events": 1,
        "fees": 2,
        "market_snapshots": 1,
        "journal": 16,
    }


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_distances_to_the_touch_have_both_their_names(tmp_path: Path, version: int) -> None:
    """The distances of a snapshot, old or new, are found under the shorter names too, and are the same."""
    path = tmp_path / "neo.db"
    made_by_version(path, version)
    store = opened(path)
    store.begin_session(opening("two"))
    store.append(appends([started(), *tick_records(4)]))
    store.close()
    [*told] = rows(
        path,
        "SELECT distance_to_clob_bid_bps, distance_to_bid_touch_bps, distance_to_clob_ask_bps,"
        " distance_to_ask_touch_bps FROM market_snapshots",
    )
    assert len(told) == 2
    for clob_bid, bid, clob_ask, ask in told:
        assert (bid, ask) == (clob_bid, clob_ask)
        assert bid is not None
        assert ask is not None
        assert bid != ask
