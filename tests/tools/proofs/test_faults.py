"""What goes wrong with disks, files and processes, as the operator sees it: exit code, message, reason.

Method: ``neo run`` as a process of its own, on real files: damaged, filled up, locked and taken away on purpose.
``docs/reliability.md`` names these tests, and those of the store; ``tests/docs/test_reliability.py`` holds it to that.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.cli_process import NEO, PATIENCE_S, environment, neo
from support.store_database import sound

from actors.store import list_sessions
from actors.store.lock import ProcessLock

ROOT = Path(__file__).parents[3]
SHORT = ("--duration", "60s", "--quiet", "--json")


def outcome(home: Path, database: Path, *more: str) -> tuple[int, dict[str, object], str]:
    """Exit code, summary and standard error of a short session."""
    done = neo(home, "run", "--db", str(database), *SHORT, *more)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, msgspec.json.decode(done.stdout.splitlines()[-1]), done.stderr


def refused(home: Path, database: Path, *words: str) -> None:
    """A start that fails as such, with these words in its message."""
    code, summary, error = outcome(home, database)
    assert (code, summary["halt_reason"]) == (30, "startup_failure")
    for word in words:
        assert word in str(summary["halt_detail"])
        assert word in error.replace("\n", " ")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one session that ended in order."""
    path = tmp_path / "neo.sqlite3"
    assert outcome(tmp_path, path)[0] == 0
    return path


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system of the test's own, where we may make one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root on Linux")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False)
    if made.returncode != 0:
        pytest.skip("this system lets us mount no tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def without_checkpoints(home: Path) -> Path:
    """The paper profile with the checkpointer off, so what is in the log alone does not hang on the moment."""
    profile = (ROOT / "config" / "paper.toml").read_text(encoding="utf-8")
    recording = (ROOT / "config" / "market" / "xrpusdt-1m-2026-01-21.csv").as_posix()
    for shipped, ours in (
        ("wal_checkpoint_interval_seconds = 60", "wal_checkpoint_interval_seconds = 0"),
        ('file = "market/xrpusdt-1m-2026-01-21.csv"', f'file = "{recording}"'),
    ):
        assert profile.count(shipped) == 1
        profile = profile.replace(shipped, ours)
    path = home / "without-checkpoints.toml"
    path.write_text(profile, encoding="utf-8")
    return path


def checkpoint_everything(database: Path) -> None:
    """Move what the log has into the database, as the checkpointer does."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        busy, log_frames, checkpointed_frames = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert busy == 0
    assert 0 < checkpointed_frames <= log_frames


def submissions(world: Path) -> int:
    """How many transactions of ours a ledger's file has."""
    return world.read_bytes().count(b'"Submitted"') if world.exists() else 0


def trade(process: subprocess.Popen[str], world: Path, at_least: int) -> None:
    """Read what a session says until its ledger has so many transactions of ours."""
    assert process.stdout is not None
    said: list[str] = []
    while submissions(world) < at_least:
        said.append(process.stdout.readline())
        assert said[-1], f"the session ended early: {''.join(said)}"


def kill_in_the_middle(home: Path, database: Path, *more: str, checkpoint: bool = False) -> None:
    """A session at walking pace, killed once its ledger's file shows that it trades; and traded after a checkpoint."""
    world = database.with_name(f"{database.name}.world")
    arguments = [NEO, "run", "--db", str(database), "--speed", "100", "--duration", "2h", *more]
    process = subprocess.Popen(
        arguments, cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        trade(process, world, submissions(world) + 4)
        if checkpoint:
            checkpoint_everything(database)
            trade(process, world, submissions(world) + 4)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_a_killed_session_is_settled_by_the_next_start(tmp_path: Path) -> None:
    """The next session runs and ends as any; its summary and the screen tell of the one before."""
    path = tmp_path / "neo.sqlite3"
    kill_in_the_middle(tmp_path, path)
    code, summary, error = outcome(tmp_path, path)
    assert code == 0
    newer, older = list_sessions(path)
    assert (older.halt_reason, newer.parent_id) == ("process_lost", older.id)
    told = str(summary["notices"])
    assert f"session {older.id} was lost: process {older.pid} ended without a word" in told
    assert "the ledger goes on with what the account has" in told
    assert "session_lost" in error


@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_a_deleted_log_is_told(tmp_path: Path) -> None:
    """Sessions that were in it alone are gone, and the ledger that knows better is kept aside with a warning."""
    path = tmp_path / "neo.sqlite3"
    kill_in_the_middle(tmp_path, path, "--config", str(without_checkpoints(tmp_path)))
    path.with_name("neo.sqlite3-wal").unlink()
    code, summary, error = outcome(tmp_path, path)
    assert code == 0
    assert "was left by a session that this database does not know" in str(summary["notices"])
    assert "unknown_world_set_aside" in error
    assert len(list_sessions(path)) == 1
    assert list(tmp_path.glob("neo.sqlite3.world.unusable-*"))
    assert sound(path)


@pytest.mark.skipif(os.name == "nt", reason="a POSIX signal")
def test_a_log_deleted_after_a_checkpoint_is_told(tmp_path: Path) -> None:
    """The database is what it was at the checkpoint; what the ledger has beyond that is named, not booked."""
    path = tmp_path / "neo.sqlite3"
    kill_in_the_middle(tmp_path, path, "--config", str(without_checkpoints(tmp_path)), checkpoint=True)
    path.with_name("neo.sqlite3-wal").unlink()
    code, summary, error = outcome(tmp_path, path)
    assert code == 0
    newer, older = list_sessions(path)
    assert (older.halt_reason, newer.parent_id) == ("process_lost", older.id)
    assert "transactions that the journal lacks" in str(summary["notices"])
    assert "the database lost its last moments" in str(older.halt_detail)
    assert "session_lost" in error
    assert list(tmp_path.glob(f"neo.sqlite3.world.unusable-{older.id}"))
    assert sound(path)


def test_a_damaged_database_is_refused(tmp_path: Path, database: Path) -> None:
    """Damage is found before a session begins, and the message names the way back, which works."""
    with database.open("rb+") as file:
        file.seek(database.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    refused(tmp_path, database, str(database), "neo db restore")


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """A file that is no database stays as it is."""
    path = tmp_path / "neo.sqlite3"
    path.write_bytes(b"not a database, and long enough to be looked at" * 100)
    refused(tmp_path, path, str(path))
    assert path.read_bytes().startswith(b"not a database")


def test_a_database_that_a_session_has_is_refused(tmp_path: Path, database: Path) -> None:
    """The second start names the process that has it."""
    lock = ProcessLock(database)
    lock.acquire()
    refused(tmp_path, database, f"process {os.getpid()} is using it", "--db")
    lock.release()
    assert outcome(tmp_path, database)[0] == 0


def test_a_database_locked_by_another_program_is_refused(tmp_path: Path, database: Path) -> None:
    """A foreign write transaction that lasts: the message says whose fault it is; nothing was changed."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        refused(tmp_path, database, "locked", "Close the program that holds it")
        browser.execute("ROLLBACK")
    assert len(list_sessions(database)) == 1


def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path, database: Path) -> None:
    """A read-only file system: refused with the mend, and looking at the sessions still works."""
    folder = tmp_path / "readonly"
    folder.mkdir()
    with mounted(folder, "size=8m"):
        shutil.copyfile(database, folder / "neo.sqlite3")
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        done = neo(tmp_path, "run", "--db", str(folder / "neo.sqlite3"), *SHORT)
        assert done.returncode != 0
        assert "Traceback" not in done.stdout + done.stderr
        assert str(folder) in done.stderr
        assert "ermission" in done.stderr or "Read-only" in done.stderr


def test_a_disk_that_is_full_at_the_start_is_refused(tmp_path: Path) -> None:
    """Not even the tables fit: refused, with the mend."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, "size=64k"):
        refused(tmp_path, folder / "neo.sqlite3", "Free some room")


def test_a_disk_that_fills_up_in_a_session_ends_it(tmp_path: Path) -> None:
    """It ends as actor_failure with the disk's words, and the database is whole up to the last commit."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, "size=2m"):
        path = folder / "neo.sqlite3"
        code, summary, _ = outcome(tmp_path, path, "--duration", "2h")
        assert (code, summary["halt_reason"]) == (31, "actor_failure")
        assert "full" in str(summary["halt_detail"])
        assert sound(path)


def test_a_recording_that_a_lost_ledger_does_not_know_is_refused(tmp_path: Path) -> None:
    """A ledger goes on with its own prices: another file is refused with both ways out."""
    if os.name == "nt":
        pytest.skip("a POSIX signal")
    path = tmp_path / "neo.sqlite3"
    kill_in_the_middle(tmp_path, path)
    shipped = next((ROOT / "config").rglob("*.csv"))
    other = tmp_path / "other.csv"
    other.write_text("".join(shipped.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    code, summary, _ = outcome(tmp_path, path, "--market", str(other))
    assert (code, summary["halt_reason"]) == (30, "startup_failure")
    assert "Give that file with --market" in str(summary["halt_detail"])
    assert outcome(tmp_path, path)[0] == 0
