"""What ``--db`` means to every command: one file by any name, and nothing that is no database reassures or is made.

Method: the command line itself, on paths that are wrong in each way there is.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from support.store_database import opened

from neo.text.printable import printable
from tools.commands.table import run_command_line

Out = pytest.CaptureFixture[str]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are POSIX")

LOOKING = (
    "status", "kill", "pause", "resume", "tap", "tap --stats", "sessions", "report", "compare a b", "experiments",
    "experiments note a b", "capital list", "capital deposit 1 XRP", "capital withdraw 1 RLUSD", "capital cancel 1",
    "db check", "db list", "db check --rebuild", "db backup", "db vacuum", "db prune --keep 1 --yes", "fills", "orders",
)  # fmt: skip


def command(words: str, database: str) -> int:
    """A command on a database."""
    name, *rest = words.split()
    option = ["--db", database]
    return run_command_line(
        [name, *option, *rest] if name in {"capital", "db", "experiments"} else [name, *rest, *option]
    )


def wrong(folder: Path) -> dict[str, tuple[str, str]]:
    """Paths that are no database of ours, and words that tell why."""
    (folder / "notes.txt").write_text("no database at all, but some text that is longer than a header" * 20)
    (folder / "nothing-in-it.db").touch()
    (folder / "neo.db-wal").touch()
    (folder / "folder").mkdir()
    with sqlite3.connect(folder / "theirs.db") as theirs:
        theirs.execute("PRAGMA application_id = 7")
        theirs.execute("CREATE TABLE of_another_program (a)")
    theirs.close()
    paths = {
        "mistyped": ("nothing.db", "no database there"),
        "no such folder": ("nowhere/neo.db", "no database there"),
        "text": ("notes.txt", "file is not a database"),
        "no content": ("nothing-in-it.db", "an empty file, no database yet"),
        "another database's log": ("neo.db-wal", "belongs to another database"),
        "folder": ("folder", "a folder, not a file"),
        "another program's": ("theirs.db", ""),
        "memory": (":memory:", "no file"),
        "uri": ("file:neo.db?mode=memory", "no file"),
        "control characters": ("neo\x1b]0;x.db", "control characters"),
        "no characters": ("neo\udcff.db", ""),
        "empty": ("", "an empty name"),
        "trailing slash": (f"neo.db{os.sep}", "the name of a folder"),
        "too long": ("x" * 230, "too long"),
    }
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe")
        (folder / "round").symlink_to("round")
        (folder / "dangling").symlink_to("nothing.db")
        paths |= {
            "pipe": ("pipe", "a pipe"),
            "device": ("/dev/zero", "a device"),
            "circle": ("round", "leads nowhere"),
            "dangling": ("dangling", "no database there"),
        }
    return paths


@pytest.mark.parametrize("words", LOOKING)
def test_what_is_no_database_is_told_and_stays_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, words: str
) -> None:
    """Each way of being wrong: an error that says so, nothing that reassures, nothing made."""
    monkeypatch.chdir(tmp_path)
    paths = wrong(tmp_path)
    before = [(path, path.stat().st_size) for path in sorted(tmp_path.rglob("*")) if path.exists()]
    for what, (path, told) in paths.items():
        assert command(words, path) != 0, what
        said = capsys.readouterr()
        assert told in " ".join(said.err.split()), what
        assert "Traceback" not in said.err, what
        assert "No session runs" not in said.out + said.err, what
        assert said.err.replace("\n", "").isprintable(), what
    assert [(path, path.stat().st_size) for path in sorted(tmp_path.rglob("*")) if path.exists()] == before


@pytest.mark.parametrize("name", [":memory:", "file:neo.db", "neo\n.db", "neo\udcff.db", "", f"neo.db{os.sep}"])
@pytest.mark.parametrize(
    "words", ["run --duration 60s --db", "db restore --yes", "sweep --seeds 1 --duration 60s --out"]
)
def test_a_session_a_restore_and_a_sweep_refuse_such_names_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, words: str, name: str
) -> None:
    """Before anything is made: a folder may well end with a slash, or be called as SQLite calls its own things."""
    if "--out" in words and name.isprintable() and name:
        pytest.skip("a folder's name")
    monkeypatch.chdir(tmp_path)
    assert run_command_line([*words.split(), name]) == 2
    assert printable(name) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_a_command_that_writes_says_once_what_it_closed_to_others(tmp_path: Path, capsys: Out) -> None:
    """As earlier versions left it, anyone could read it."""
    database = tmp_path / "neo.db"
    opened(database).close()
    database.chmod(0o644)
    for words in ("deposit 1 XRP", "withdraw 1 XRP"):
        assert command(f"capital {words}", str(database)) == 0
    told = capsys.readouterr().err
    assert told.count("others on this machine could open neo.db") == 1
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


@posix_only
def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path, capsys: Out) -> None:
    """Whoever else reads it still can, and no log is begun beside it."""
    notes = tmp_path / "notes.txt"
    notes.write_text("Somebody's notes, which are long enough.", encoding="utf-8")
    notes.chmod(0o644)
    assert command("run --quiet --duration 20s", str(notes)) == 30
    assert capsys.readouterr().err.startswith(f"neo: database {notes}: file is not a database. Choose another file")
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.iterdir()] == [("notes.txt", 0o644)]


@posix_only
@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("words", ["sessions", "db check"])
def test_a_pipe_beside_a_database_is_waited_for_by_nobody(tmp_path: Path, capsys: Out, words: str, ending: str) -> None:
    """Under a name that SQLite opens by itself."""
    database = tmp_path / "neo.db"
    opened(database).close()
    database.with_name(database.name + ending).unlink(missing_ok=True)
    os.mkfifo(database.with_name(database.name + ending))
    assert command(words, str(database)) != 0
    assert f"neo.db{ending}: a pipe" in capsys.readouterr().err
