"""``neo db``: what it prints, its exit codes, and that no mistake ends in a traceback.

Method: the whole command line in this process, and once as a process of its own.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.store_database import ending, opened
from support.store_records import appends, changed, opening, started, tick_records

from actors.store import list_sessions, maintenance
from actors.store.backup import folder_of, listed
from actors.store.tables import SCHEMA_VERSION
from neo.messages import OrderStatus, Side
from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP

ROOT = Path(__file__).parents[3]
EXIT_UNSOUND = 3
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one session."""
    made = tmp_path / "neo.db"
    store = opened(made)
    store.begin_session(opening("one"))
    store.append(appends([started(), *(batch for tick in range(1, 20) for batch in tick_records(tick))]))
    store.close()
    return made


def test_check_tells_what_a_sound_database_holds(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound database is said to be sound, with its counts."""
    assert run_command_line(["db", "--db", str(path), "check"]) == 0
    assert f"sound. Schema version {SCHEMA_VERSION}, 1 session(s), 238 journal records." in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_a_rebuild_tells_what_it_made_private(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, as every command that writes does."""
    path.chmod(0o644)
    assert run_command_line(["db", "--db", str(path), "check", "--rebuild"]) == 0
    told = capsys.readouterr().err
    assert "now only you can" in told
    assert "made_private" not in told


def test_check_of_a_file_that_was_cut_off(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Damage at which SQLite gives up is a finding like any, and doesn't send the operator back to this command."""
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size // 2)
    assert run_command_line(["db", "--db", str(path), "check"]) == EXIT_UNSOUND
    told = capsys.readouterr()
    assert "malformed" in told.out
    assert "neo db check" not in told.err


def test_check_tells_damage_and_the_way_back(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Damage gives an exit code of its own and names the command that mends it."""
    with path.open("rb+") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    assert run_command_line(["db", "--db", str(path), "check"]) in (EXIT_UNSOUND, EXIT_STARTUP)
    assert "neo db restore" in capsys.readouterr().err


def test_backup_list_and_restore(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy is made, listed and put back; what stood there is kept and named."""
    assert run_command_line(["db", "--db", str(path), "list"]) == 0
    assert "No backups" in capsys.readouterr().out
    assert run_command_line(["db", "--db", str(path), "backup"]) == 0
    copy = listed(path)[0].path
    assert f"{copy}: " in capsys.readouterr().out
    assert run_command_line(["db", "--db", str(path), "list"]) == 0
    assert str(copy) in capsys.readouterr().out
    path.write_bytes(b"ruined")
    assert run_command_line(["db", "--db", str(path), "restore", "--yes"]) == 0
    told = capsys.readouterr().out
    assert f"restored from {copy}" in told
    assert "What stood there is now" in told
    assert [row.id for row in list_sessions(path)] == ["one"]


def test_restore_of_a_named_copy(path: Path, tmp_path: Path) -> None:
    """Any sound copy can be named."""
    assert run_command_line(["db", "--db", str(path), "backup"]) == 0
    other = tmp_path / "elsewhere.db"
    assert run_command_line(["db", "--db", str(other), "restore", "--yes", str(listed(path)[0].path)]) == 0
    assert [row.id for row in list_sessions(other)] == ["one"]


def test_restore_without_a_backup(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a copy there is nothing to restore, and the folder that was looked in is named."""
    assert run_command_line(["db", "--db", str(path), "restore", "--yes"]) == EXIT_STARTUP
    assert str(folder_of(path)) in capsys.readouterr().err


def test_restore_asks_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A no leaves everything as it is."""
    assert run_command_line(["db", "--db", str(path), "backup"]) == 0
    before = path.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run_command_line(["db", "--db", str(path), "restore"]) == EXIT_INTERRUPTED
    assert path.read_bytes() == before


def test_restore_without_anybody_to_ask(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a script nobody answers: nothing is changed, and the option for it is named."""
    assert run_command_line(["db", "--db", str(path), "backup"]) == 0
    before = path.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run_command_line(["db", "--db", str(path), "restore"]) == EXIT_INTERRUPTED
    assert "nothing was changed; `--yes`" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_restore_of_a_copy_that_is_not_there(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped copy is told as one, with the command that lists them."""
    assert run_command_line(["db", "--db", str(path), "restore", "--yes", str(path) + "x"]) == EXIT_STARTUP
    assert "no copy there. Choose another copy; `neo db list`" in capsys.readouterr().err


def test_vacuum_tells_both_sizes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A vacuum says what it gained."""
    assert run_command_line(["db", "--db", str(path), "vacuum"]) == 0
    assert " MB before, " in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "backup", "vacuum"])
def test_no_database_there(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A path without a database is told, and none is created."""
    missing = tmp_path / "missing.db"
    assert run_command_line(["db", "--db", str(missing), command]) == EXIT_STARTUP
    assert "no database there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_running_session_is_not_disturbed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check and backup work beside a session; restore and vacuum are refused."""
    store = opened(path)
    assert run_command_line(["db", "--db", str(path), "check"]) == 0
    assert run_command_line(["db", "--db", str(path), "backup"]) == 0
    assert run_command_line(["db", "--db", str(path), "vacuum"]) == EXIT_STARTUP
    assert run_command_line(["db", "--db", str(path), "restore", "--yes"]) == EXIT_STARTUP
    assert f"process {os.getpid()} is using it" in capsys.readouterr().err
    store.close()


def test_an_unknown_command(path: Path) -> None:
    """A mistyped command is a usage error."""
    assert run_command_line(["db", "--db", str(path), "chek"]) == EXIT_USAGE


def test_as_a_process_of_its_own(path: Path) -> None:
    """The real command: exit code, output, and no traceback for a mistake."""
    sound, wrong = _process(path), _process(ROOT)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert wrong.returncode == EXIT_STARTUP
    assert "Traceback" not in wrong.stderr


def _process(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tools.cli import main; main()", "db", "--db", str(path), "check"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


# --- For programs ------------------------------------------------------------------------------------------------


def told_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """A command's standard output as JSON, an object a line."""
    capsys.readouterr()
    assert run_command_line(["db", *arguments, "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_everything_that_is_done_to_a_database_is_told_in_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Checked, copied, listed, put back, made small: what people are told, with bytes and paths."""
    db = ("--db", str(path))
    [sound] = told_json(capsys, "check", *db)
    assert (sound["ok"], sound["findings"], sound["records"], sound["file"]) == (True, [], 238, str(path))
    assert told_json(capsys, "list", *db) == []
    [copy] = told_json(capsys, "backup", *db)
    assert copy["size_bytes"] == Path(copy["path"]).stat().st_size
    assert told_json(capsys, "list", *db) == [copy]
    [restored] = told_json(capsys, "restore", *db, "--yes")
    assert restored["restored_from"] == copy["path"]
    assert Path(restored["set_aside"]).exists()
    [vacuumed] = told_json(capsys, "vacuum", *db)
    assert vacuumed["after_bytes"] == path.stat().st_size


def test_damage_is_told_in_json_with_the_exit_code_for_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``ok`` is false, and each finding is there."""
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size // 2)
    [told] = told_json(capsys, "check", "--db", str(path), code=EXIT_UNSOUND)
    assert told["ok"] is False
    assert any("malformed" in finding for finding in told["findings"])


# --- Letting go --------------------------------------------------------------------------------------------------


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A database with four sessions that ended, and three copies of it."""
    made = tmp_path / "several.db"
    for name in ("one", "two", "three", "four"):
        store = opened(made)
        store.begin_session(opening(name))
        store.append(appends([started(), *(batch for tick in range(1, 9) for batch in tick_records(tick))]))
        gone = tuple(changed(tick, side, OrderStatus.CANCELED) for tick in range(1, 9) for side in Side)
        store.append(appends([gone], first=20))
        store.end_session(ending())
        store.close()
    for _ in range(3):
        maintenance.make_backup(made)
    return made


def test_a_dry_run_tells_what_would_go_and_changes_nothing(several: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words and for programs: sessions, room, copies, and what stays with its reason."""
    before = several.read_bytes()
    arguments = ["prune", "--db", str(several), "--keep", "2", "--dry-run"]
    assert run_command_line(["db", *arguments]) == 0
    told = capsys.readouterr().out
    assert "2 of 4 sessions would go, about " in told
    assert "2 copies of it would go, " in told
    [plan] = told_json(capsys, *arguments)
    assert (plan["pruned"], plan["sessions"], plan["total"], len(plan["copies"])) == (False, ["one", "two"], 4, 2)
    assert several.read_bytes() == before
    assert len(listed(several)) == 3


def test_what_is_agreed_to_goes_and_the_database_is_sound(several: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A session with a note stays, which is told."""
    assert run_command_line(["experiments", "--db", str(several), "note", "one", "the first"]) == 0
    [done] = told_json(capsys, "prune", "--db", str(several), "--keep", "2", "--backups", "2", "--yes")
    assert (done["pruned"], done["sessions"], done["stays"]) == (True, ["two"], {"one": "has a note beside it"})
    assert {row.id for row in list_sessions(several)} == {"one", "three", "four"}
    assert done["after_bytes"] == several.stat().st_size
    assert len(listed(several)) == 2
    assert run_command_line(["db", "--db", str(several), "check"]) == 0


def test_letting_go_asks_first(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A no leaves everything as it is."""
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run_command_line(["db", "--db", str(several), "prune", "--keep", "1"]) == EXIT_INTERRUPTED
    assert (len(list_sessions(several)), len(listed(several))) == (4, 3)


def test_letting_go_without_a_bound_is_refused(several: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which sessions may go is said by who owns them."""
    assert run_command_line(["db", "--db", str(several), "prune", "--yes"]) == EXIT_USAGE
    assert "--keep 20, --older-than 30d, or both" in capsys.readouterr().err
    assert len(list_sessions(several)) == 4
