"""A database that is taken away under a session: noticed at the next commit, and saved as far as it can be.

Method: real files, removed, moved, replaced, cut short and overwritten while a store or a whole session has them open.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.sessions import Watcher, plan_for, run
from support.store_database import ending, opened, sound
from support.store_records import appends, observed, opening, started, tick_records

from actors.operator.endpoint import endpoint_file
from actors.store import GoneError, Store, list_sessions
from actors.store.journal import hash_of
from actors.store.maintenance import check, make_backup, restore_backup
from actors.store.rescue import Loss
from neo.messages import Fill, HaltRaised, Message, WalCheckpointed
from neo.messages.halts import HALT_FACTS, HaltReason
from tools.commands.table import run_command_line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open database can't be taken away there")


def remove(path: Path) -> None:
    path.unlink()


def remove_all(path: Path) -> None:
    for ending_of in ("", "-wal", "-shm"):
        path.with_name(path.name + ending_of).unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def move_and_link(path: Path) -> None:
    """To a larger disk, say."""
    move(path)
    path.symlink_to("elsewhere.db")


def move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def replace(path: Path) -> None:
    other = another(path)
    other.replace(path)


def overwrite(path: Path) -> None:
    """As ``cp`` does: into the file that is there."""
    path.write_bytes(another(path).read_bytes())


def overwrite_with_an_older_one(path: Path) -> None:
    path.write_bytes(path.with_name("before").read_bytes())


def truncate(path: Path) -> None:
    path.write_bytes(b"")


def scribble(path: Path) -> None:
    with path.open("rb+") as file:
        file.write(b"\xa5" * path.stat().st_size)


def remove_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def truncate_log(path: Path) -> None:
    os.truncate(path.with_name(path.name + "-wal"), 0)


def remove_shared_memory(path: Path) -> None:
    path.with_name(path.name + "-shm").unlink()


WAYS = (
    remove, remove_all, move, move_and_link, move_folder, remove_folder, replace, overwrite,
    overwrite_with_an_older_one, truncate, scribble, remove_log, truncate_log, remove_shared_memory,
)  # fmt: skip


def another(path: Path) -> Path:
    """Somebody else's database, a sound one of the same kind."""
    other = path.with_name("other.db")
    store = opened(other)
    store.begin_session(opening("other"))
    store.append(appends([started(), *(batch for tick in range(1, 100) for batch in tick_records(tick))]))
    store.close()
    return other


def with_session(folder: Path) -> Store:
    """In the middle of a session, partly checkpointed; what it was before lies beside it."""
    folder.mkdir()
    path = folder / "neo.db"
    earlier = opened(path)
    shutil.copyfile(path, folder / "before")
    earlier.begin_session(opening("one"))
    earlier.append(appends([started(), *(batch for tick in range(1, 4) for batch in tick_records(tick))]))
    earlier.checkpoint()
    earlier.append(appends([(observed(90),)], first=90))
    return earlier


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_done_to_it_everything_is_in_the_copy(tmp_path: Path, way: Callable[[Path], None]) -> None:
    """The next commit notices, goes into a whole copy, and so does the ending; nothing that is there now is touched."""
    store = with_session(tmp_path / "real")
    place = store.path
    way(place)
    # Without its log alone, or behind a link, the database is still ours: closing it completes it.
    there = {} if way in {remove_log, remove_shared_memory, move_and_link} else digests(tmp_path)
    store.append(appends([(observed(100),)], first=100))
    assert isinstance(store.loss, Loss)
    saved = store.path
    assert str(saved) in str(store.loss)
    assert saved.name.startswith("neo.db.rescued-")
    digest = store.end_session(ending(HaltReason.ACTOR_FAILURE))
    store.close()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    [row] = list_sessions(saved)
    assert (row.halt_reason, row.journal_sha256) == ("actor_failure", digest)
    assert check(saved).findings == ()
    now = digests(tmp_path)
    assert {name: now[name] for name in there} == there
    place.parent.mkdir(exist_ok=True)
    restore_backup(place, saved)
    assert [row.id for row in list_sessions(place)] == ["one"]


def digests(folder: Path) -> dict[Path, str]:
    """What is in the files of others: a database in the place of ours, or an older one of it."""
    kept = [path for path in folder.rglob("*") if path.name in {"neo.db", "other.db", "elsewhere.db", "before"}]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def test_the_command_that_puts_it_back_works_as_it_is_printed(tmp_path: Path) -> None:
    """Pasted into a shell, whatever the path has of blanks, quotes and what a shell would calculate."""
    store = with_session(tmp_path / 'it\'s "mine"  $(exit) ; é')
    remove(store.path)
    place = store.path
    store.append(appends([(observed(100),)], first=100))
    store.end_session(ending(HaltReason.ACTOR_FAILURE))
    store.close()
    assert store.loss is not None
    line = store.loss.mend.removeprefix("`").removesuffix("` puts it back.")
    words = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True, text=True
    ).stdout
    assert words.startswith("neo\0db\0")
    assert run_command_line([*words.split("\0")[1:-1], "--yes"]) == 0
    assert [row.id for row in list_sessions(place)] == ["one"]


@pytest.mark.parametrize("way", [remove, truncate, overwrite])
def test_the_end_of_a_session_notices_too(tmp_path: Path, way: Callable[[Path], None]) -> None:
    """Nothing is committed any more: the row's own end, or the closing of the store, finds it."""
    lasts: tuple[Callable[[Store], object], ...] = (lambda store: store.end_session(ending()), lambda _: None)
    for number, last in enumerate(lasts):
        store = with_session(tmp_path / str(number))
        way(store.path)
        last(store)
        store.close()
        assert store.loss is not None
        assert sound(store.path)


@pytest.mark.parametrize("pragma", ["wal_checkpoint(PASSIVE)", "wal_checkpoint(TRUNCATE)", "user_version = 2"])
def test_another_programs_checkpoint_or_commit_is_no_loss(tmp_path: Path, pragma: str) -> None:
    """The files change, and not by us, but their content is what it was."""
    store = with_session(tmp_path / "real")
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute(f"PRAGMA {pragma}").fetchall()
    store.append(appends([(observed(100),)], first=100))
    store.checkpointed(store.checkpoint)
    store.append(appends([(observed(101),)], first=101))
    assert store.loss is None
    store.close()
    assert sound(store.path)


def test_what_no_copy_can_be_made_of_is_kept_as_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overwritten, and too large to be in memory: what follows is kept, and the newest backup is named."""
    monkeypatch.setattr("actors.store.store._CACHE_KIB", 4)
    store = with_session(tmp_path / "real")
    for tick in range(200, 800):
        store.append(appends([(observed(tick),)], first=tick))
    store.checkpoint()
    copy = make_backup(store.path).path
    records = store._journal.seq
    truncate(store.path)
    store.append(appends([(observed(900),), (observed(901),)], first=900))
    assert store.loss is not None
    [lines] = (tmp_path / "real").glob("neo.db.rescued-*.journal")
    assert str(lines) in str(store.loss)
    assert str(copy) in store.loss.mend
    assert [int(line.split(b"\t")[0]) for line in lines.read_bytes().splitlines()] == [records + 1, records + 2]
    with pytest.raises(GoneError, match=r"cut short.*Kept is this"):
        store.end_session(ending())
    store.close()


# --- Whole sessions ----------------------------------------------------------------------------------------------


def on_first(kind: type[Message], act: Callable[[], None]) -> Watcher:
    """A screen that acts once, on the first message of a kind."""
    done: list[Message] = []

    def watch(message: Message) -> None:
        if isinstance(message, kind) and not done:
            done.append(message)
            act()

    return Watcher(watch)


@pytest.mark.parametrize("way", [remove, move, truncate, overwrite, remove_log, remove_folder])
def test_a_session_that_loses_its_database_ends_in_order(tmp_path: Path, way: Callable[[Path], None]) -> None:
    """Quotes are pulled, the reason is actor_failure, and what it says of the copy is true."""
    (tmp_path / "real").mkdir()
    database = tmp_path / "real" / "neo.db"
    summary = run(plan_for(database, duration_s=1200), on_first(Fill, lambda: way(database)))
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert summary.duration_s < 1200
    assert (summary.orders_left, summary.rungs_failed, summary.restarts) == ((), (), 0)
    [notice] = summary.notices
    saved = Path(notice.partition("is in ")[2].partition(". `neo db restore")[0])
    [row] = list_sessions(saved)
    assert (row.id, row.status, row.halt_reason) == (summary.session_id, "ended", "actor_failure")
    with contextlib.closing(sqlite3.connect(saved)) as connection:
        assert hash_of(connection, row.id).hexdigest == summary.journal_sha256


def test_a_session_keeps_to_its_own_way_in_when_its_name_leads_elsewhere(tmp_path: Path) -> None:
    """What says how another database's session is reached stays, and the own one's goes."""
    database = tmp_path / "neo.db"
    (tmp_path / "theirs").mkdir()
    theirs = another(tmp_path / "theirs" / "neo.db")
    endpoint_file(theirs).touch()

    def link_to_theirs() -> None:
        database.unlink()
        database.symlink_to(theirs)

    summary = run(plan_for(database, duration_s=1200), on_first(Fill, link_to_theirs))
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert endpoint_file(theirs).exists()
    assert not database.with_name("neo.db.control").exists()


@pytest.mark.parametrize("moment", [HaltRaised, WalCheckpointed])
def test_no_ending_without_its_database_is_one_in_order(tmp_path: Path, moment: type[Message]) -> None:
    """Lost on the way down, or where nothing but a checkpoint looks: the exit code is not 0."""
    database = tmp_path / "neo.db"
    summary = run(plan_for(database, duration_s=120), on_first(moment, lambda: remove(database)))
    assert HALT_FACTS[summary.halt_reason].exit_code != 0
    assert any("rescued-" in notice for notice in summary.notices)
    [saved] = tmp_path.glob("neo.db.rescued-*Z")
    [row] = list_sessions(saved)
    assert (row.halt_reason, row.halt_detail) == (summary.halt_reason, summary.halt_detail)
    assert check(saved).findings == ()
