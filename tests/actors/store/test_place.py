"""One file, whatever it is called: who opens a database by any name meets its lock and all that stands beside it.

Method: real links, in folders of the test's own. What is meant to be refused must leave what it points to as it was.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from support.sessions import plan_for, run
from support.store_database import opened
from support.store_log import log_lines
from support.store_records import opening

from actors.operator.endpoint import endpoint_file
from actors.operator.killfile import kill_file
from actors.store import SessionRunningError, UnusablePathError, list_sessions
from actors.store.backup import folder_of
from actors.store.lock import HeldError, ProcessLock
from actors.store.maintenance import check, make_backup, restore_backup, vacuum
from actors.store.place import database_at
from actors.store.reports import record_capital
from actors.venues.sim.world import world_file

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links and modes are POSIX")
root_only = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can make another user's file"
)

SIDES = (
    *("-wal", "-shm", "-journal", ".lock", ".lock-journal", ".log", "-backups"),
    *(".world", ".world.new", ".replay", ".replay.new"),
)
NOBODY_UID = 65534


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One with a session that is still open, in a folder that has a second name."""
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "linked").symlink_to(folder)
    (tmp_path / "by-name.db").symlink_to(folder / "neo.db")
    (tmp_path / "twice.db").symlink_to("by-name.db")
    return folder / "neo.db"


def names_of(database: Path) -> list[Path]:
    """What else it can be called."""
    top = database.parent.parent
    return [
        top / "linked" / "neo.db",
        top / "by-name.db",
        top / "twice.db",
        top / "linked" / ".." / "real" / "neo.db",
        database.parent / ".." / "real" / "." / "neo.db",
        Path(os.path.relpath(database)),
        Path(os.path.relpath(top / "by-name.db")),
    ]


@posix_only
def test_every_name_of_a_file_meets_the_same_lock_and_the_same_neighbours(database: Path) -> None:
    """While one session has it, no other start, vacuum, restore or deposit gets at it by another name."""
    store = opened(database)
    store.begin_session(opening("one"))
    copy = make_backup(database).path
    for name in names_of(database):
        for work in (
            opened,
            vacuum,
            lambda path: restore_backup(path, copy),
            lambda path: record_capital(path, "deposit", 1, Decimal(0)),
        ):
            with pytest.raises(SessionRunningError):
                work(name)
        assert [row.status for row in list_sessions(name)] == ["running"]
        for beside in (endpoint_file, kill_file, world_file, folder_of):
            assert beside(name) == beside(database)
    store.close()
    for name in names_of(database):
        opened(name).close()
    assert {path.name for path in database.parent.parent.iterdir()} == {"real", "linked", "by-name.db", "twice.db"}


@posix_only
def test_a_link_to_a_file_that_is_not_there_yet_makes_that_file(tmp_path: Path) -> None:
    """The database and its lock are where the link points to; the link stays one."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "later.db"
    link.symlink_to(tmp_path / "real" / "neo.db")
    opened(link).close()
    assert link.is_symlink()
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == ["neo.db", "neo.db.lock"]


@posix_only
def test_a_file_with_a_second_hard_link_is_refused(database: Path, tmp_path: Path) -> None:
    """Its other name would have another lock and another log; every way in says so, and what to do."""
    opened(database).close()
    copy = make_backup(database).path
    second = tmp_path / "second.db"
    os.link(database, second)
    ways: tuple[Callable[[Path], object], ...] = (
        opened, list_sessions, check, vacuum, make_backup, lambda path: restore_backup(path, copy)
    )  # fmt: skip
    for name in (database, second):
        for way in ways:
            with pytest.raises(UnusablePathError, match=r"has 2 names \(hard links\)\. Copy it to a file of its own"):
                way(name)
    second.unlink()
    assert list_sessions(database) == []


@pytest.mark.skipif(sys.platform != "linux", reason="the lock of the file itself is Linux's")
@pytest.mark.parametrize("trick", ["lock file deleted", "moved", "hard link made later"])
def test_a_lock_that_the_name_can_not_tell_holds_all_the_same(database: Path, tmp_path: Path, trick: str) -> None:
    """The file itself is locked: neither a deleted lock file nor a new name lets a second session in."""
    store = opened(database)
    name = database
    if trick == "lock file deleted":
        store._lock.path.unlink()
    else:
        name = tmp_path / "elsewhere.db"
        (os.rename if trick == "moved" else os.link)(database, name)
    with pytest.raises((SessionRunningError, UnusablePathError)):
        opened(name)
    with pytest.raises(HeldError):
        ProcessLock(name).acquire()
    store.close()


@pytest.mark.parametrize("name", [":memory:", "file:neo.db", "file:neo.db?mode=memory", "a\nb.db", "a\x1b[31m.db",
                                  "a\udcff.db", "\u202egnp.db", "x" * 210, "a\0b"])  # fmt: skip
def test_what_can_not_be_a_databases_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing is made, and what is told can be shown on a terminal."""
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), tmp_path / name):
        for way in (opened, list_sessions):
            with pytest.raises(UnusablePathError) as refused:
                way(path)
            assert str(refused.value).isprintable()
    assert list(tmp_path.iterdir()) == []


@posix_only
@pytest.mark.parametrize("ending", SIDES)
@pytest.mark.parametrize("kind", ["link", "link to nowhere", "second name", "pipe"])
def test_what_somebody_put_beside_a_database_is_neither_followed_nor_used(
    tmp_path: Path, ending: str, kind: str
) -> None:
    """It is refused by its name, before anything is written; what it leads to stays as it was."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    placed = tmp_path / f"neo.db{ending}"
    match kind:
        case "link":
            placed.symlink_to(victim)
        case "link to nowhere":
            placed.symlink_to(tmp_path / "made-by-us")
        case "second name":
            os.link(victim, placed)
        case _:
            os.mkfifo(placed)
    with pytest.raises(UnusablePathError, match=rf"neo\.db{ending.replace('.', chr(92) + '.')}"):
        opened(tmp_path / "neo.db", backup_keep=1)
    assert victim.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"victim", placed.name}


@root_only
@pytest.mark.parametrize("ending", ["", *SIDES])
def test_another_users_file_is_refused_with_its_owner(tmp_path: Path, ending: str) -> None:
    """Who made it could read it, or hold it locked."""
    placed = tmp_path / f"neo.db{ending}"
    placed.mkdir() if ending == "-backups" else placed.touch()
    os.chown(placed, NOBODY_UID, -1)
    with pytest.raises(UnusablePathError, match=r"belongs to user \S+, not to user root"):
        opened(tmp_path / "neo.db")


@root_only
def test_a_link_that_another_user_put_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    """A link of our own is; so is his, where nobody but he may write."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    link = tmp_path / "shared" / "neo.db"
    link.symlink_to(tmp_path / "target.db")
    assert database_at(link) == tmp_path / "target.db"
    os.chown(link, NOBODY_UID, -1, follow_symlinks=False)
    with pytest.raises(UnusablePathError, match="is a link that user"):
        database_at(link)
    assert not (tmp_path / "target.db").exists()


def modes_of(folder: Path) -> dict[str, int]:
    """Every file and folder below, and what others may do with it."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) & 0o077 for path in folder.rglob("*")}


@posix_only
def test_everything_made_beside_a_database_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask of the shell that started it says."""
    before = os.umask(0)
    try:
        path = tmp_path / "neo.db"
        first = opened(tmp_path / "first.db")
        assert set(modes_of(tmp_path).values()) == {0}
        first.close()
        run(plan_for(path, duration_s=60))
        store = opened(path, backup_keep=2)
        store.begin_session(opening("one"))
        restored = tmp_path / "restored.db"
        opened(restored).close()
        restore_backup(restored, make_backup(path).path)
        modes = modes_of(tmp_path)
        store.close()
    finally:
        os.umask(before)
    assert {"neo.db", "neo.db-wal", "neo.db-shm", "neo.db.lock", "neo.db-backups"} < set(modes)
    assert any(name.startswith("restored.db.replaced-") for name in modes)
    assert modes == dict.fromkeys(modes, 0)


@posix_only
def test_what_others_could_open_is_closed_to_them_and_said_once(tmp_path: Path) -> None:
    """As earlier versions left it; the folder and other people's files in it stay as they are."""
    path = tmp_path / "neo.db"
    opened(path).close()
    copy = make_backup(path).path
    theirs = tmp_path / "neo.db.notes"
    theirs.touch()
    set_aside = (".replaced-20260101T000000.000000Z", ".world.unusable-one", ".replay.unusable-one")
    endings = (".lock", ".log", ".log.1", ".world.new", ".replay.new", *set_aside)
    ours = [path, folder_of(path), copy, *(tmp_path / f"neo.db{ending}" for ending in endings)]
    for each in (theirs, *ours):
        each.touch()
        each.chmod(0o755)
    with log_lines() as lines:
        opened(path).close()
        opened(path).close()
    assert lines.count("WARNING made_private") == 1
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o700 for each in ours)
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755


@posix_only
def test_a_name_with_a_pattern_in_it_is_a_name(tmp_path: Path) -> None:
    """A restore clears up after itself, not after others whose names its own happens to match."""
    path, other = tmp_path / "*.db", tmp_path / "other.db.restoring"
    opened(path).close()
    other.touch()
    restore_backup(path, make_backup(path).path)
    assert other.exists()


def test_a_lock_is_given_back_with_the_file(tmp_path: Path) -> None:
    """Also if the database is not there, as before a restore."""
    for _ in range(2):
        lock = ProcessLock(tmp_path / "neo.db")
        with contextlib.closing(contextlib.ExitStack()) as stack:
            lock.acquire()
            stack.callback(lock.release)
