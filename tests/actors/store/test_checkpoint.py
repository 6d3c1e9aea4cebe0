"""The WAL checkpointer: beside the writer, never in its way, and nothing lost whatever else goes on.

Method: real threads and files; where a checkpoint must fail or find a reader, one is put there. No sleeping.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.store_database import count, opened, rows, sound
from support.store_log import log_lines
from support.store_records import appends, observed, opening, started, tick_records

from actors.store import Checkpointer, Durability, Store
from actors.store.checkpoint import LOG_FRAMES_MAX, PINNED_ROUNDS
from actors.store.holders import holders_of
from neo.messages import Append

WRITES = 10_000
CHECKPOINT_EVERY_S = 0.02


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = opened(tmp_path / "neo.db")
    made.begin_session(opening("one"))
    made.disable_autocheckpoint()
    yield made
    made.close()


@pytest.fixture
def checkpointer(store: Store) -> Iterator[Checkpointer]:
    made = Checkpointer(store.path, Durability.PROCESS_LOSS, lambda: store.commits)
    yield made
    made.close()


def write(store: Store, ticks: range) -> None:
    """A commit for each tick."""
    for tick in ticks:
        store.append([Append(records=(observed(tick),), sender="gateway", batch=tick, wants_receipt=False)])


def wal_bytes(path: Path) -> int:
    wal = path.with_name(path.name + "-wal")
    return wal.stat().st_size if wal.exists() else 0


def test_a_round_copies_the_whole_log(store: Store, checkpointer: Checkpointer) -> None:
    """Without readers a passive checkpoint copies every frame, and says what it did."""
    write(store, range(1, 20))
    done = checkpointer.passive()
    assert done is not None
    assert (done.mode, done.busy) == ("PASSIVE", False)
    assert done.log_frames == done.checkpointed_frames > 0
    assert done.elapsed_ms > 0
    assert done.wal_bytes == wal_bytes(store.path)
    assert checkpointer.pin(done) is None


def test_the_log_starts_over_after_a_complete_round(store: Store, checkpointer: Checkpointer) -> None:
    """The log doesn't grow with the session: each complete round lets the next commit begin at its start."""
    sizes = set()
    for first in range(1, 200, 20):
        write(store, range(first, first + 20))
        assert checkpointer.passive() is not None
        sizes.add(wal_bytes(store.path))
    assert max(sizes) < 2 * min(sizes)


def test_no_round_begins_on_a_log_that_is_about_to_start_over(store: Store, checkpointer: Checkpointer) -> None:
    """After a complete round the next one waits for a commit that surely came after it (SQLite's WAL-reset bug)."""
    write(store, range(1, 10))
    assert checkpointer.passive() is not None
    assert checkpointer.passive() is None
    write(store, range(10, 11))
    assert checkpointer.passive() is None
    write(store, range(11, 12))
    assert checkpointer.passive() is not None


def test_a_round_never_waits_for_a_writer(store: Store, checkpointer: Checkpointer) -> None:
    """A checkpoint in the middle of a write transaction comes back, and the transaction commits."""
    write(store, range(1, 10))
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO engine_state VALUES ('one', 'k', 'v')")
        done = checkpointer.passive()
        assert done is not None
        assert not done.busy
        other.execute("COMMIT")
    assert rows(store.path, "SELECT value FROM engine_state WHERE key = 'k'") == [("v",)]


def test_a_reader_that_pins_the_log_is_noticed_and_named(store: Store, checkpointer: Checkpointer) -> None:
    """After a few rounds without progress the reader is told of, by process where the system can say it."""
    script = (
        "import sqlite3, sys\n"
        "reader = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "reader.execute('BEGIN')\n"
        "reader.execute('SELECT count(*) FROM journal').fetchone()\n"
        "print('reading', flush=True)\n"
        "sys.stdin.read()\n"
    )
    write(store, range(1, 10))
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        pins = []
        for first in range(10, 10 + 10 * (PINNED_ROUNDS + 1), 10):
            write(store, range(first, first + 10))
            done = checkpointer.passive()
            assert done is not None
            pins.append(checkpointer.pin(done))
        assert pins[:-1] == [None] * PINNED_ROUNDS
        pin = pins[-1]
        assert pin is not None
        assert pin.held_frames > 0
        if sys.platform == "linux":
            assert pin.holders is not None
            assert any(holder.endswith(f"({reader.pid})") for holder in pin.holders)
        reader.kill()
    write(store, range(100, 102))
    done = checkpointer.passive()
    assert done is not None
    assert done.log_frames == done.checkpointed_frames
    assert checkpointer.pin(done) is None


def test_holders_are_unknown_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no /proc, the holders are unknown, not none."""
    monkeypatch.setattr("actors.store.holders._PROC", tmp_path / "no-proc")
    assert holders_of(tmp_path / "neo.db") is None


def test_a_checkpoint_in_the_writers_turn_lets_a_long_log_start_over(store: Store, checkpointer: Checkpointer) -> None:
    """The writer's own checkpoint is complete, and the checkpointer then waits its commits like after its own."""
    write(store, range(1, 50))
    done = store.checkpoint()
    assert done.log_frames == done.checkpointed_frames
    checkpointer.note(done)
    assert checkpointer.passive() is None


def test_a_clean_close_leaves_an_empty_log(tmp_path: Path) -> None:
    """After close there is no log, and one file has everything."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *tick_records(1)]))
    assert wal_bytes(path) > 0
    done = store.close()
    assert done is not None
    assert (done.mode, done.busy, done.wal_bytes) == ("TRUNCATE", False, 0)
    assert wal_bytes(path) == 0
    assert count(path, "journal") > 0


def test_a_reader_at_the_close_is_told_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a reader keeps the log from being emptied, close says so, and has closed all the same."""
    monkeypatch.setattr("actors.store.connection.BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchone()
        store.append(appends([started()]))
        with log_lines() as logged:
            done = store.close()
    assert done is not None
    assert done.busy
    assert logged == ["WARNING wal_kept_by_reader"]
    again = opened(path)
    assert again.lost_sessions() == ["one"]
    assert count(path, "journal") == 2
    again.close()


def test_without_a_checkpointer_sqlite_keeps_the_log_short(tmp_path: Path) -> None:
    """With the checkpointer switched off, commits checkpoint by themselves beyond a bound."""
    path = tmp_path / "neo.db"
    store = opened(path)
    assert store._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (LOG_FRAMES_MAX,)
    store.disable_autocheckpoint()
    assert store._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    store.close()


def test_nothing_is_lost_beside_checkpoints_and_readers(tmp_path: Path) -> None:
    """10,000 commits while a checkpointer runs every 20 ms and two readers hold snapshots: all are there, and sound."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.disable_autocheckpoint()
    done = threading.Event()
    rounds: list[bool] = []
    torn: list[tuple[int, int]] = []

    def checkpoints() -> None:
        checkpointer = Checkpointer(path, Durability.PROCESS_LOSS, lambda: store.commits)
        while not done.wait(CHECKPOINT_EVERY_S):
            rounds.append(checkpointer.passive() is not None)
        checkpointer.close()

    def reads() -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
            while not done.is_set():
                reader.execute("BEGIN")
                first = reader.execute("SELECT count(*), max(seq) FROM journal").fetchone()
                done.wait(CHECKPOINT_EVERY_S)
                second = reader.execute("SELECT count(*), coalesce(max(seq), 0) FROM journal").fetchone()
                if second[0] != second[1] or first[0] != second[0]:
                    torn.append((first, second))
                reader.execute("COMMIT")

    threads = [threading.Thread(target=work) for work in (checkpoints, reads, reads)]
    for thread in threads:
        thread.start()
    try:
        write(store, range(1, WRITES + 1))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert any(rounds)
    assert torn == []
    store.close()
    assert rows(path, "SELECT count(*), max(seq) FROM journal") == [(WRITES, WRITES)]
    assert count(path, "market_snapshots") == WRITES
    assert sound(path)
