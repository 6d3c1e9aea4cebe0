"""A store on a file, and a look at its rows through a second connection."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from actors.store import Durability, SessionEnding, Store
from neo.messages.halts import HaltReason

FIXTURES = Path(__file__).parent / "store_versions"


def opened(path: Path, durability: Durability = Durability.PROCESS_LOSS, backup_keep: int = 0) -> Store:
    """The store at a path."""
    return Store.open(path, durability=durability, backup_keep=backup_keep)


def rows(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchall()


def table(path: Path, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """A table's rows, sorted."""
    return sorted(rows(path, f"SELECT {columns} FROM {name}"), key=repr)  # noqa: S608 - the test's own words


def count(path: Path, name: str) -> int:
    """How many rows a table has."""
    return len(table(path, name, "1"))


def state(path: Path, key: str, session_id: str = "one") -> str:
    """A value of ``engine_state``."""
    return str(rows(path, "SELECT value FROM engine_state WHERE session_id = ? AND key = ?", session_id, key)[0][0])


def ending(reason: HaltReason = HaltReason.DURATION_ELAPSED) -> SessionEnding:
    """A session's ending row."""
    return SessionEnding(ended_at="2026-11-23T11:00:00Z", reason=reason, detail="7200 s", secondary=(), rungs_failed=())


def sound(path: Path) -> bool:
    """SQLite's full check."""
    return rows(path, "PRAGMA integrity_check") == [("ok",)]


def tamper(path: Path, *statements: str) -> None:
    """Change a database as somebody would who knows SQLite: past the triggers, which stand again afterwards."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
