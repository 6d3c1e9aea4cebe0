"""What goes wrong with disks and files: each a clear error or a recovery, never a silent gap.

Method: real files, damaged, filled up, locked and taken away on purpose.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.store_database import count, opened, rows, sound, tamper
from support.store_log import log_lines
from support.store_records import appends, observed, opening, started, tick_records

from actors.store import (
    CorruptedError,
    DiskFullError,
    Durability,
    LockedError,
    NotADatabaseError,
    OtherStoreError,
    RefusedError,
    Store,
    UnusablePathError,
    list_sessions,
)
from actors.store.backup import listed
from actors.store.maintenance import check, vacuum
from actors.store.reports import course
from actors.store.store_errors import translated
from neo.messages import WalCheckpointed


def with_session(path: Path, ticks: int = 4) -> Store:
    """A store in the middle of a session."""
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *(batch for tick in range(1, ticks + 1) for batch in tick_records(tick))]))
    return store


def write(store: Store, ticks: range) -> None:
    """A commit of one record for each tick."""
    for tick in ticks:
        store.append(appends([(observed(tick),)], first=tick))


def left_by_a_kill(store: Store, to: Path) -> Path:
    """The files as a kill at this moment would leave them, copied to a folder of their own."""
    to.mkdir()
    for part in ("", "-wal"):
        shutil.copyfile(f"{store.path}{part}", to / (store.path.name + part))
    return to / store.path.name


def test_a_full_disk_rolls_back_whole_and_the_session_can_go_on(tmp_path: Path) -> None:
    """What does not fit is not there, in part either; with room again the same batch goes in."""
    store = with_session(tmp_path / "neo.db")
    digest, records = store.journal_sha256, count(store.path, "journal")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    big = appends([(observed(tick),) for tick in range(100, 400)], first=100)
    with pytest.raises(DiskFullError, match=r"Free some room on that disk"):
        store.append(big)
    assert store.journal_sha256 == digest
    assert count(store.path, "journal") == records
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.append(big)
    assert count(store.path, "journal") == records + 300
    store.close()
    assert sound(store.path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where we may make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root on Linux")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False)
    if made.returncode != 0:
        pytest.skip("this system lets us mount no tmpfs")
    yield folder
    # Lazily: a test that failed may have left its database open.
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_really_full_disk_keeps_what_was_committed(small_disk: Path) -> None:
    """On a file system that fills up, all commits before the refused one are there; with room again more follow."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    store = opened(small_disk / "neo.db")
    store.begin_session(opening("one"))
    with pytest.raises(DiskFullError):
        write(store, range(1, 10_000))
    written = store.commits
    assert written > 0
    assert rows(store.path, "SELECT count(*), max(seq) FROM journal") == [(written, written)]
    ballast.unlink()
    write(store, range(written + 1, written + 11))
    assert rows(store.path, "SELECT count(*), max(seq) FROM journal") == [(written + 10, written + 10)]
    store.close()
    assert sound(store.path)


def test_a_database_locked_by_another_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign write transaction past our patience is a LockedError; after it the same batch goes in."""
    monkeypatch.setattr("actors.store.connection.BUSY_TIMEOUT_S", 0.0)
    store = with_session(tmp_path / "neo.db")
    new = appends([(observed(100),)], first=100)
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="Close the program that holds it"):
            store.append(new)
        browser.execute("ROLLBACK")
    store.append(new)
    assert count(store.path, "market_snapshots") == 5
    store.close()


def test_a_start_waits_for_another_program_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused while it opens, before a backup: every later step would wait for the same lock again."""
    monkeypatch.setattr("actors.store.connection.BUSY_TIMEOUT_S", 0.0)
    path = tmp_path / "neo.db"
    with_session(path).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockedError, match="Close the program that holds it"):
            opened(path, backup_keep=1)
        browser.execute("ROLLBACK")
    assert listed(path) == []
    opened(path).close()


def test_a_damaged_table_is_found_at_the_start(tmp_path: Path) -> None:
    """Damage is found before anything is written, and the error says how to go back to the last backup."""
    path = tmp_path / "neo.db"
    with_session(path, ticks=50).close()
    with path.open("rb+") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    before = path.read_bytes()
    with pytest.raises(CorruptedError, match="neo db restore"):
        opened(path)
    assert path.read_bytes() == before


def test_damage_that_stops_no_reader_is_found_at_the_start(tmp_path: Path) -> None:
    """What SQLite's check reports line by line, without failing itself, ends the start as well, with its first line."""
    path = tmp_path / "neo.db"
    with_session(path).close()
    tamper(path, "PRAGMA ignore_check_constraints = ON", "UPDATE sessions SET status = 'gone'")
    with pytest.raises(CorruptedError, match=r"damaged: CHECK constraint failed in sessions.*neo db restore"):
        opened(path)
    [finding] = check(path).findings
    assert "sessions" in finding


def test_a_damaged_first_page_is_told(tmp_path: Path) -> None:
    """A file whose header is gone is no database any more, and the error names the way back."""
    path = tmp_path / "neo.db"
    with_session(path).close()
    with path.open("rb+") as file:
        file.write(b"\x00" * 100)
    with pytest.raises(NotADatabaseError, match="neo db restore"):
        opened(path)


def test_a_damaged_schema_is_told(tmp_path: Path) -> None:
    """A name in the schema that is no text any more: SQLite quotes it in a message that Python can't read."""
    path = tmp_path / "neo.db"
    opened(path).close()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE sessions", b"\x8dREATE TABLE sessions", 1))
    assert check(path).findings
    looks: tuple[Callable[[Path], object], ...] = (opened, list_sessions, vacuum)
    for look in looks:
        with pytest.raises(CorruptedError, match="neo db restore"):
            look(path)


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """A record that is text but no record any more: its session is named, and the way back."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *tick_records(1)]))
    store.close()
    for body in ("CAST(x'7bff7d' AS TEXT)", "'[' || substr(body, 2)"):
        tamper(path, f"UPDATE journal SET body = {body} WHERE kind = 'SessionStarted'")  # noqa: S608 - the test's words
        with pytest.raises(CorruptedError, match=r"damaged: .*neo db restore"):
            course(path, "one")


def test_a_kill_before_the_checkpoint_loses_no_commit(tmp_path: Path) -> None:
    """What was committed is in the log a dead process left, and the next start works it into the file."""
    store = with_session(tmp_path / "neo.db")
    path = left_by_a_kill(store, tmp_path / "killed")
    expected = rows(store.path, "SELECT * FROM journal")
    store.close()
    again = opened(path)
    assert not path.with_name("neo.db-wal").stat().st_size
    assert rows(path, "SELECT * FROM journal") == expected
    assert again.begin_session(opening("two")) == "one"
    again.close()
    assert sound(path)


@pytest.mark.parametrize("cut_bytes", [1, 4096, 20_000])
def test_a_truncated_log_gives_back_whole_commits_only(tmp_path: Path, cut_bytes: int) -> None:
    """A log cut anywhere recovers to a prefix of the commits: no gap, no half of a transaction, sound."""
    store = opened(tmp_path / "neo.db")
    store.begin_session(opening("one"))
    messages = appends([started(), *(batch for tick in range(1, 9) for batch in tick_records(tick))])
    ends = []
    for message in messages:
        store.append([message])
        ends.append(count(store.path, "journal"))
    path = left_by_a_kill(store, tmp_path / "killed")
    store.close()
    wal = path.with_name("neo.db-wal")
    with wal.open("rb+") as file:
        file.truncate(wal.stat().st_size - cut_bytes)
    again = opened(path)
    records, last_seq = rows(path, "SELECT count(*), max(seq) FROM journal")[0]
    assert records == last_seq
    assert records in ends[:-1]
    again.resume_session("one")
    again.append(messages[ends.index(records) + 1 :])
    assert count(path, "journal") == ends[-1]
    again.close()
    assert sound(path)


def test_a_deleted_log_gives_back_the_last_checkpoint(tmp_path: Path) -> None:
    """Without its log a database is what it was at the last checkpoint: sound, and its session ended as lost."""
    store = with_session(tmp_path / "neo.db")
    store.checkpoint()
    at_checkpoint = rows(store.path, "SELECT * FROM journal")
    store.append(appends([(observed(100),)], first=100))
    path = left_by_a_kill(store, tmp_path / "killed")
    store.close()
    path.with_name("neo.db-wal").unlink()
    again = opened(path)
    assert rows(path, "SELECT * FROM journal") == at_checkpoint
    assert again.begin_session(opening("two")) == "one"
    again.close()
    assert sound(path)


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write anywhere")
def test_a_folder_that_may_only_be_read(tmp_path: Path) -> None:
    """A start in a read-only folder is refused with the mend; looking at its sessions still works."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with_session(folder / "neo.db").close()
    (folder / "neo.db.lock").unlink()
    folder.chmod(0o500)
    try:
        with pytest.raises(UnusablePathError):
            opened(folder / "neo.db")
        assert [row.id for row in list_sessions(folder / "neo.db")] == ["one"]
    finally:
        folder.chmod(0o700)


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Listing sessions of a quiet database leaves every file as it was, and no new one."""
    path = tmp_path / "neo.db"
    with_session(path).close()
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    assert [row.id for row in list_sessions(path)] == ["one"]
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_an_error_without_a_code_is_still_the_stores_own(tmp_path: Path) -> None:
    """Using a closed store is told as a store's error, not as SQLite's."""
    store = with_session(tmp_path / "neo.db")
    store.close()
    with pytest.raises(OtherStoreError, match="closed database"):
        store.append(appends([(observed(100),)], first=100))
    assert isinstance(translated(store.path, sqlite3.ProgrammingError("misuse")), OtherStoreError)


def test_a_log_that_can_not_be_emptied_is_an_error_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing last checkpoint is told with its cause, and the next start does what is left."""

    def fails(*_: object) -> WalCheckpointed:
        raise DiskFullError(tmp_path, "database or disk is full", "Free some room.")

    store = with_session(tmp_path / "neo.db")
    monkeypatch.setattr("actors.store.store.checkpoint", fails)
    with log_lines() as logged:
        assert store.close() is None
    assert logged == ["ERROR wal_truncate_failed database or disk is full"]
    monkeypatch.undo()
    opened(store.path).close()
    assert count(store.path, "market_snapshots") == 4


def test_writing_without_a_session_is_refused(tmp_path: Path) -> None:
    """Records belong to a session that has begun and not ended."""
    store = opened(tmp_path / "neo.db", Durability.POWER_LOSS)
    with pytest.raises(RefusedError, match="no session has begun"):
        store.append(appends([started()]))
    store.close()
