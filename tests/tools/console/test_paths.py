"""Paths as they are given: the same database by whatever name, and every name that can't be one refused in words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.commands.table import run_command_line
from tools.console.errors import OperatorError
from tools.console.paths import place_database


@pytest.mark.parametrize(
    "command",
    ["status", "kill", "pause", "resume", "tap", "capital list", "sessions", "report", "experiments", "db check"],
)
def test_every_command_finds_a_database_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """No shell expands the ``~`` of ``--db=~/mine.sqlite3``, so ``neo run`` does; whoever speaks to it must too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert place_database(Path("~/mine.sqlite3")) == tmp_path / "mine.sqlite3"
    group, *rest = command.split()
    run_command_line([group, "--db=~/mine.sqlite3", *rest])
    assert str(tmp_path / "mine.sqlite3") in capsys.readouterr().err


def test_a_home_of_nobody_is_a_folder_that_is_not_there() -> None:
    """A ``~name`` without such a user is taken as it is written, and no other folder is made in its place."""
    with pytest.raises(OperatorError, match="its folder does not exist"):
        place_database(Path("~no-such-user/mine.sqlite3"))


@pytest.mark.skipif(sys.platform == "win32", reason="paths may be longer there")
@pytest.mark.parametrize(
    "arguments", [["run", "--db"], ["run", "--config"], ["run", "--market"], ["status", "--db"], ["sessions", "--db"]]
)
def test_a_name_that_is_too_long_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """The system's own word for it, in one line, whichever option has the name."""
    assert run_command_line([*arguments, str(tmp_path / ("x" * 300))]) != 0
    told = capsys.readouterr().err
    assert "File name too long" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", ["capital list", "db check", "db list", "experiments note one text"])
def test_the_database_may_be_named_before_a_groups_command_or_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Elsewhere the option comes after the command, so nobody remembers where it belongs here."""
    option = f"--db={tmp_path / 'mine.sqlite3'}"
    group, *rest = command.split()
    told = []
    for arguments in ([group, option, *rest], [group, *rest, option], [group, "--db=other", *rest, option]):
        code = run_command_line(arguments)
        said = capsys.readouterr()
        told.append((code, said.out, said.err))
    assert str(tmp_path / "mine.sqlite3") in told[0][1] + told[0][2]
    assert told[1:] == told[:1] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use stays there")
def test_a_working_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window deleted it: a database named from it can't stand anywhere."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(OperatorError, match=r"mine\.sqlite3: the working folder is gone"):
        place_database(Path("mine.sqlite3"))
    assert place_database(tmp_path / "mine.sqlite3") == tmp_path / "mine.sqlite3"
