"""Whether the tables are what the journal makes of them, to the last column of the last row."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.store.derive import derive
from actors.store.journal import hash_of, read_journal
from actors.store.table_rows import SessionRow
from actors.store.tables import migrate

# What no record tells: the records themselves, and an operator's word beside an experiment.
_GIVEN: Final = {("journal", "body"), ("experiments", "note")}

# Recorded between sessions, so that no journal has them.
NO_SESSIONS: Final = frozenset({"capital_orders"})

_SHOWN: Final = 100

# What earlier builds wrote as the touch window's median was the upper of the two in the middle.
_MEDIAN_KEY: Final = "tick_distance_to_touch"


class Table(msgspec.Struct, frozen=True):
    """A table of a database: its columns, those of its key, and the one that names the session."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    session: str


def tables(connection: sqlite3.Connection) -> list[Table]:
    """Every table that follows from the journal: all there are but those that :data:`NO_SESSIONS` names."""
    found = []
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        if name in NO_SESSIONS:
            continue
        info = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
        columns = tuple(column[1] for column in info if (name, column[1]) not in _GIVEN)
        keys = tuple(column[1] for column in sorted(info, key=lambda column: int(column[5])) if column[5])
        session = "id" if name == "sessions" else "session_id"
        assert session in columns, f"{name}: whose rows are they?"
        found.append(Table(name, columns, keys, session))
    return found


def differences(connection: sqlite3.Connection, path: Path, session: SessionRow) -> Iterator[str]:
    """What a session's rows differ in from what its journal gives, one line each.

    Args:
        connection: Open on the database, in a transaction.
        path: The database.
        session: One of its sessions, whose journal has no gaps.
    """
    # An empty name is a database on the disk that is nobody else's and goes with its connection.
    with contextlib.closing(sqlite3.connect("", isolation_level=None)) as scratch:
        migrate(scratch, path)
        scratch.execute("BEGIN")
        try:
            sha256 = hash_of(connection, session.id).hexdigest
            derive(scratch, session, read_journal(connection, session.id), journal=True, sha256=sha256)
        except Exception as error:  # noqa: BLE001 - whatever a journal brings that no session of ours wrote
            yield f"session {session.id}: its journal can't be followed ({type(error).__name__}: {error})"
            return
        for table in tables(connection):
            yield from _compared(table, _rows(scratch, table, session.id), _rows(connection, table, session.id))


def _rows(connection: sqlite3.Connection, table: Table, session_id: str) -> Iterator[dict[str, Any]]:
    query = (
        f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {table.session} = ?"  # noqa: S608 - the schema's names
        f" ORDER BY {', '.join(table.keys)}"
    )
    for row in connection.execute(query, (session_id,)):
        yield dict(zip(table.columns, row, strict=True))


def _compared(table: Table, ours: Iterator[dict[str, Any]], theirs: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Walk both in the order of their keys."""
    should, has = next(ours, None), next(theirs, None)
    while should is not None or has is not None:
        key_should, key_has = (_key(table, row) if row is not None else None for row in (should, has))
        if has is None or (key_has is not None and key_should is not None and key_should < key_has):
            yield f"{table.name} {_told_key(key_should)}: the row is missing"
            should = next(ours, None)
        elif should is None or (key_has is not None and key_should is not None and key_has < key_should):
            yield f"{table.name} {_told_key(key_has)}: the journal gives no such row"
            has = next(theirs, None)
        else:
            if should != has:
                yield from _columns(table, _told_key(key_has), should, has)
            should, has = next(ours, None), next(theirs, None)


def _columns(table: Table, key: str, should: dict[str, Any], has: dict[str, Any]) -> Iterator[str]:
    for column in table.columns:
        ours, theirs = should[column], has[column]
        if ours != theirs and not (
            should.get("key") == _MEDIAN_KEY and _but_for_medians(ours) == _but_for_medians(theirs)
        ):
            yield f"{table.name} {key}: {column} is {_told(theirs)}, the journal gives {_told(ours)}"


def _but_for_medians(text: str) -> object:
    try:
        window = msgspec.json.decode(text, type=dict[str, dict[str, str | int] | int | None])
    except msgspec.DecodeError:
        return text
    return {
        name: {key: value for key, value in side.items() if key != "median"} if isinstance(side, dict) else side
        for name, side in window.items()
    }


def _key(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.keys)


def _told_key(key: tuple[Any, ...] | None) -> str:
    return " ".join(str(part) for part in key or ())


def _told(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def limited(findings: Iterator[str], most: int) -> list[str]:
    """The first so many, and a last line if there are more."""
    first = list(itertools.islice(findings, most))
    return [*first, f"and more than these {most}"] if next(findings, None) is not None else first
