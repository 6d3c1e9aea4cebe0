"""One process a database: a second one is refused by name, and a dead one's lock and session are taken over.

Method: real child processes, killed as the operating system kills them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import store_child
from support.store_database import count, opened, sound, state, table
from support.store_records import appends, changed, opening

from actors.store import SessionRunningError, StoreError, list_sessions, session
from actors.store.lock import HeldError, ProcessLock
from actors.store.maintenance import restore_backup, vacuum
from neo.messages import OrderStatus, Side

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def child(path: Path, session_id: str) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of a session; its number is what it wrote first."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    with subprocess.Popen(
        [sys.executable, store_child.__file__, str(path), session_id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{process.pid}\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_with_the_firsts_name(tmp_path: Path) -> None:
    """A start on a database in use names the process and the session that have it, and changes nothing."""
    path = tmp_path / "neo.db"
    with child(path, "one") as first:
        with pytest.raises(SessionRunningError) as refused:
            opened(path)
        assert (refused.value.pid, refused.value.session_id) == (first.pid, "one")
        assert f"process {first.pid} is running session one in it" in str(refused.value)
        assert "--db" in str(refused.value)
        assert [(row.id, row.status, row.fills) for row in list_sessions(path)] == [("one", "running", 2)]


def test_a_killed_process_is_succeeded(tmp_path: Path) -> None:
    """After a kill the next start gets the database, ends the lost session as such, and names it as its parent."""
    path = tmp_path / "neo.db"
    with child(path, "one") as first:
        first.kill()
        first.wait()
    store = opened(path)
    assert store.lost_sessions() == ["one"]
    assert store.begin_session(opening("two")) == "one"
    lost, successor = session(path, "one"), session(path, "two")
    assert lost is not None
    assert successor is not None
    assert (lost.status, lost.halt_reason, lost.ended_at) == ("ended", "process_lost", "2026-11-23T09:00:00Z")
    assert lost.halt_detail == f"process {first.pid} ended without a word"
    assert (lost.ticks, lost.ledgers, lost.fills) == (1, 1, 2)
    assert lost.journal_sha256 is not None
    assert (successor.parent_id, successor.status) == ("one", "running")
    assert state(path, "halt.reason") == "process_lost"
    store.close()
    assert sound(path)
    assert count(path, "journal") == 16


def test_a_lost_session_is_settled_before_its_successor_begins(tmp_path: Path) -> None:
    """Recovery may append to the lost session what the venue tells of it; its hash is then that of all its records."""
    path = tmp_path / "neo.db"
    with child(path, "one"):
        pass
    store = opened(path)
    store.resume_session("one")
    store.append(appends([(changed(4, Side.BUY, OrderStatus.CANCELED),)]))
    digest = store.journal_sha256
    assert store.begin_session(opening("two")) == "one"
    assert store.lost_sessions() == []
    store.close()
    lost = session(path, "one")
    assert lost is not None
    assert (lost.halt_reason, lost.journal_sha256) == ("process_lost", digest)
    assert ("canceled",) in table(path, "orders", "status")


def test_several_lost_sessions_are_all_ended(tmp_path: Path) -> None:
    """Starts that died one after another leave no row open; the newest is the parent."""
    path = tmp_path / "neo.db"
    for session_id in ("one", "two"):
        with child(path, session_id):
            pass
    store = opened(path)
    assert store.begin_session(opening("three")) == "two"
    store.close()
    assert {row.id: row.halt_reason for row in list_sessions(path)} == {
        "one": "process_lost",
        "two": "process_lost",
        "three": None,
    }


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    """Two stores of one process can't have one database either."""
    path = tmp_path / "neo.db"
    store = opened(path)
    with pytest.raises(SessionRunningError, match=f"process {os.getpid()} is using it"):
        opened(path)
    store.close()
    opened(path).close()


def test_maintenance_waits_for_the_sessions_end(tmp_path: Path) -> None:
    """A database in use is neither restored over nor vacuumed."""
    path = tmp_path / "neo.db"
    opened(path).close()
    with child(path, "one"):
        with pytest.raises(SessionRunningError):
            vacuum(path)
        with pytest.raises(SessionRunningError):
            restore_backup(path, path)


def test_a_lock_is_free_again_once_released(tmp_path: Path) -> None:
    """A released lock can be taken, and releasing it twice is no fault."""
    first, second = ProcessLock(tmp_path / "neo.db"), ProcessLock(tmp_path / "neo.db")
    first.acquire()
    with pytest.raises(HeldError) as held:
        second.acquire()
    assert held.value.pid == os.getpid()
    first.release()
    first.release()
    second.acquire()
    second.release()


@pytest.mark.parametrize("content", [b"x" * 5000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_lock_file_is_told_as_one(tmp_path: Path, content: bytes) -> None:
    """It holds no data, so the mend is to delete it, not to restore a backup."""
    (tmp_path / "neo.db.lock").write_bytes(content)
    with pytest.raises(StoreError, match=r"neo\.db\.lock: a damaged lock file .* Delete it"):
        opened(tmp_path / "neo.db")


_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS pid FROM n"
_HOLDER = "CREATE TABLE holder (pid INTEGER NOT NULL) STRICT"


@pytest.mark.parametrize(
    "schema",
    [
        [f"CREATE VIEW holder AS {_ENDLESS}"],
        [_HOLDER, f"CREATE TRIGGER more AFTER INSERT ON holder BEGIN INSERT INTO holder {_ENDLESS}; END"],
        ["CREATE TABLE holder (pid INTEGER NOT NULL)"],
    ],
)
def test_what_somebody_put_into_a_lock_file_is_not_run(tmp_path: Path, schema: list[str]) -> None:
    """A database may have been sent with a lock file beside it: a query without an end in it starts nowhere."""
    lock = tmp_path / "neo.db.lock"
    with contextlib.closing(sqlite3.connect(lock)) as theirs:
        for statement in schema:
            theirs.execute(statement)
    with pytest.raises(StoreError, match=r"neo\.db\.lock: a damaged lock file .* Delete it"):
        opened(tmp_path / "neo.db")
    assert ProcessLock(tmp_path / "neo.db").holder_pid() is None
