"""Backups: verified before they count, the newest kept, and put back without losing what stood there.

Method: real files; a copy is damaged on purpose; a maker of copies is cut in the middle.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from support.store_database import count, opened, sound, table, tamper
from support.store_log import log_lines
from support.store_records import appends, opening, started, tick_records

from actors.store import CorruptedError, StoreError, UnusablePathError, backup, list_sessions
from actors.store.backup import folder_of, listed
from actors.store.maintenance import check, make_backup, restore_backup, vacuum


def with_session(path: Path) -> None:
    """A database with one session that was left open."""
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *(batch for tick in range(1, 20) for batch in tick_records(tick))]))
    store.close()


def test_a_backup_comes_back_row_by_row(tmp_path: Path) -> None:
    """Backup, then loss, then restore: every table is as it was."""
    path = tmp_path / "neo.db"
    with_session(path)
    tables = ("sessions", "journal", "orders", "fills", "inventory_ledger")
    before = {name: table(path, name) for name in tables}
    copy = make_backup(path)
    path.unlink()
    assert restore_backup(path, copy.path) is None
    assert {name: table(path, name) for name in tables} == before
    assert check(path).findings == ()


def test_each_start_makes_one_and_keeps_the_newest(tmp_path: Path) -> None:
    """A start backs up what it finds, an empty database not, and lets the oldest copies go."""
    path = tmp_path / "neo.db"
    opened(path, backup_keep=2).close()
    assert listed(path) == []
    seen = []
    for _ in range(4):
        opened(path, backup_keep=2).close()
        seen.append(listed(path)[0].path)
    assert [copy.path for copy in listed(path)] == [seen[3], seen[2]]
    opened(path, backup_keep=0).close()
    assert len(listed(path)) == 2


def test_a_backup_of_a_running_session_is_whole(tmp_path: Path) -> None:
    """A copy taken while a session writes has every commit up to then, its log's included."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started(), *tick_records(1)]))
    copy = make_backup(path)
    assert sound(copy.path)
    assert count(copy.path, "journal") == count(path, "journal")
    store.close()


def test_a_copy_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new copy is not sound, no older one leaves for it, and no half of it stays."""
    path = tmp_path / "neo.db"
    with_session(path)
    old = make_backup(path)

    def unsound(_connection: sqlite3.Connection, where: Path) -> None:
        raise CorruptedError(where, "damaged", "Try again.")

    monkeypatch.setattr(backup, "require_sound", unsound)
    with contextlib.closing(sqlite3.connect(path)) as connection, pytest.raises(CorruptedError):
        backup.make(connection, path, keep=1)
    assert [entry.name for entry in folder_of(path).iterdir()] == [old.path.name]


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    """A file where the backups' folder should be stops the start, with the mend."""
    path = tmp_path / "neo.db"
    with_session(path)
    folder_of(path).touch()
    with pytest.raises(UnusablePathError, match=r"neo\.db-backups: a file where NEO keeps one of its own\. Remove it"):
        opened(path, backup_keep=1)


def test_a_damaged_copy_is_not_put_in_place(tmp_path: Path) -> None:
    """A restore checks the copy first; if it is not sound, the database stays as it is."""
    path = tmp_path / "neo.db"
    with_session(path)
    copy = make_backup(path).path
    with copy.open("rb+") as file:
        file.seek(copy.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="Choose another copy; `neo db list` shows them"):
        restore_backup(path, copy)
    assert path.read_bytes() == before


def test_a_restore_sets_the_old_database_aside_with_its_log(tmp_path: Path) -> None:
    """What stood there is kept beside it, and its log is not replayed into the copy."""
    path = tmp_path / "neo.db"
    with_session(path)
    copy = make_backup(path).path
    store = opened(path)
    store.begin_session(opening("two"))
    # As a kill leaves it: the log is full of what the copy has not seen.
    store.close(truncate=False)
    path.with_name("neo.db-wal").write_bytes(b"a log of another file")
    aside = restore_backup(path, copy)
    assert aside is not None
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"a log of another file"
    assert [row.id for row in list_sessions(path)] == ["one"]
    assert sound(path)


def with_log_only(path: Path) -> None:
    """A log whose database is gone: an operator has moved the damaged file away, or a restore was cut short."""
    store = opened(path)
    store.disable_autocheckpoint()
    store.begin_session(opening("two"))
    log = path.with_name(f"{path.name}-wal").read_bytes()
    store.close()
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(log)


def test_a_log_without_its_database_is_not_replayed_into_the_copy(tmp_path: Path) -> None:
    """Where only the log of what was there is left, it is set aside too."""
    path = tmp_path / "neo.db"
    with_session(path)
    copy = make_backup(path).path
    with_log_only(path)
    aside = restore_backup(path, copy)
    assert aside is not None
    assert aside.name.endswith("-wal")
    assert [row.id for row in list_sessions(path)] == ["one"]
    assert sound(path)


def test_a_copy_comes_with_what_its_log_has(tmp_path: Path) -> None:
    """A file that a killed session left, log beside it, is restored to its last commit."""
    path, killed = tmp_path / "neo.db", tmp_path / "killed.db"
    with_session(path)
    store = opened(path)
    store.disable_autocheckpoint()
    store.begin_session(opening("two"))
    for ending in ("", "-wal"):
        killed.with_name(killed.name + ending).write_bytes(path.with_name(path.name + ending).read_bytes())
    store.close()
    other = tmp_path / "other.db"
    restore_backup(other, killed)
    assert {row.id for row in list_sessions(other)} == {"one", "two"}
    assert not list(tmp_path.glob("*.restoring*"))


def test_the_database_is_not_a_copy_of_itself(tmp_path: Path) -> None:
    """Restored from itself, it would only be renamed."""
    path = tmp_path / "neo.db"
    with_session(path)
    with pytest.raises(UnusablePathError, match="neo db list"):
        restore_backup(path, tmp_path / "." / "neo.db")
    assert path.exists()


def test_two_processes_make_copies_at_once(tmp_path: Path) -> None:
    """A copy leaves another process's half of one alone, and takes away what a killed one left long ago."""
    path = tmp_path / "neo.db"
    with_session(path)
    make_backup(path)
    theirs = folder_of(path) / "20260101T000000.000000Z.99999.unfinished"
    killed = folder_of(path) / "20250101T000000.000000Z.99998.unfinished"
    theirs.touch()
    killed.touch()
    os.utime(killed, (0, 0))
    make_backup(path)
    assert theirs.exists()
    assert not killed.exists()
    assert len(listed(path)) == 2


def test_a_copy_of_another_name_is_left_alone(tmp_path: Path) -> None:
    """An operator's own file among the copies is neither listed nor deleted, and stops no start."""
    path = tmp_path / "neo.db"
    with_session(path)
    own = folder_of(path) / "before-the-move.backup"
    own.parent.mkdir()
    own.touch()
    for _ in range(3):
        opened(path, backup_keep=1).close()
    assert len(listed(path)) == 1
    assert own.exists()


def test_what_is_no_plain_file_is_no_copy(tmp_path: Path) -> None:
    """A folder or a link with a copy's name is neither listed nor restored nor deleted, and stops no start."""
    path = tmp_path / "neo.db"
    with_session(path)
    folder = folder_of(path)
    folder.mkdir()
    (folder / "20200101T000000.000000Z.backup").mkdir()
    (folder / "20200102T000000.000000Z.backup").symlink_to(tmp_path / "nowhere")
    for _ in range(2):
        opened(path, backup_keep=1).close()
    assert len(listed(path)) == 1
    assert len(list(folder.iterdir())) == 3


def test_a_copy_that_can_not_be_deleted_stops_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is told, and the session begins."""
    path = tmp_path / "neo.db"
    with_session(path)
    make_backup(path)
    unlink = Path.unlink

    def refusing(self: Path, missing_ok: bool = False) -> None:
        if self.suffix == ".backup":
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    with log_lines() as lines:
        opened(path, backup_keep=1).close()
    assert lines == ["WARNING old_backup_kept Operation not permitted"]
    assert len(listed(path)) == 2


def with_two_sessions(path: Path) -> Path:
    with_session(path)
    store = opened(path)
    store.begin_session(opening("two"))
    store.close()
    return path


def test_a_record_that_is_no_text_any_more_is_found(tmp_path: Path) -> None:
    """Damage inside a record, which SQLite's own checks don't see, is a finding and no failure of the check."""
    path = with_two_sessions(tmp_path / "neo.db")
    tamper(path, "UPDATE journal SET body = CAST(x'7bff7d' AS TEXT) WHERE seq = 5")
    assert check(path).findings == ("session one: its journal is not the one that its hash was taken of",)


def test_check_finds_what_sqlite_does_not(tmp_path: Path) -> None:
    """A changed and a missing journal record are found by hash and number, past the triggers even."""
    path = with_two_sessions(tmp_path / "neo.db")
    assert check(path).findings == ()
    tamper(path, "UPDATE journal SET body = body || ' ' WHERE seq = 5")
    assert check(path).findings == ("session one: its journal is not the one that its hash was taken of",)
    tamper(path, "DELETE FROM journal WHERE seq = 6")
    assert check(path).findings[0].startswith("session one: 1 of ")
    assert check(path).findings[0].endswith("journal records are missing")


def test_vacuum_keeps_every_row(tmp_path: Path) -> None:
    """A vacuum changes the size alone."""
    path = tmp_path / "neo.db"
    with_session(path)
    before = table(path, "journal")
    size_before, size_after = vacuum(path)
    assert size_before >= size_after > 0
    assert table(path, "journal") == before
    assert check(path).findings == ()


def test_an_empty_file_is_no_copy(tmp_path: Path) -> None:
    """Put in the place of a database, it would look as if no session had ever run."""
    path = tmp_path / "neo.db"
    with_session(path)
    (tmp_path / "empty.db").touch()
    with pytest.raises(UnusablePathError, match="an empty file, no copy"):
        restore_backup(path, tmp_path / "empty.db")
    assert [row.id for row in list_sessions(path)] == ["one"]


def test_what_is_only_called_like_a_copy_stays(tmp_path: Path) -> None:
    """A text, a folder and a link of such a name are an operator's own, however old the name says they are."""
    path = tmp_path / "neo.db"
    opened(path).close()
    folder = make_backup(path).path.parent
    text, link, inside = (folder / f"2025010{day}T000000.000000Z.backup" for day in (1, 2, 3))
    text.write_text("notes", encoding="utf-8")
    inside.mkdir()
    half = folder / "of-mine.unfinished"
    half.write_text("notes", encoding="utf-8")
    os.utime(half, (0, 0))
    if sys.platform != "win32":
        link.symlink_to("nothing")
    before = set(folder.iterdir())
    opened(path, backup_keep=1).close()
    after = set(folder.iterdir())
    assert {text, inside, half} <= after
    # Of the copies, the new one alone.
    assert (len(before - after), len(after - before)) == (1, 1)
