"""Finding and reading profiles and recorded prices; every refusal names the file and the mend."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from neo.config import config_sha256
from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.settings.profiles import (
    PROFILES_FOLDER,
    find_profile,
    place_database,
    read_market,
    read_profile,
    shipped_profiles,
)


def refused(name: str) -> str:
    """The message for a profile that isn't there."""
    with pytest.raises(OperatorError) as caught:
        find_profile(name)
    assert caught.value.exit_code == EXIT_STARTUP
    return caught.value.message


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_can_be_read_and_its_market_too(name: str) -> None:
    config = read_profile(find_profile(name))
    assert len(read_market(PROFILES_FOLDER / config.venue.market_file).bars) >= 1


def test_the_default_recording_is_a_thousand_minutes() -> None:
    market = read_market(PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv")
    assert len(market.bars) == 1000
    assert market.name == "xrpusdt-1m-2026-01-21.csv"
    assert len(market.sha256) == 64


def test_a_profile_is_the_same_however_its_file_ends_its_lines(tmp_path: Path) -> None:
    shipped = find_profile("paper")
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + shipped.read_bytes().replace(b"\n", b"\r\n"))
    assert config_sha256(read_profile(file)) == config_sha256(read_profile(shipped))


def test_a_profile_is_found_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.touch()
    assert find_profile(str(file)) == file


def test_a_profile_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    assert refused("papre") == "config papre: no such file; give a profile (live-stage1, paper) or the path of one."
    assert "is a folder" in refused(str(tmp_path))


def test_a_mistake_of_syntax_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[session]\nvenue = "sim"\nseed = \n', encoding="utf-8")
    with pytest.raises(OperatorError, match=r"mine\.toml, line 3, column 8: Invalid value; a profile is TOML"):
        read_profile(file)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("9" * 5000, ", line 2: has a number that is too long to be read; write it shorter."),
        ("1e-99999999999999999999", ", line 2: has a number that is too long to be read; write it shorter."),
        ("[" * 5000, ": is nested without end; a profile is `key = value` lines under [section]s."),
    ],
)
def test_what_python_can_not_hold_is_told_too(value: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"[session]\nseed = {value}\n", encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        read_profile(file)
    assert caught.value.message == f"{file}{told}"


def test_a_path_with_a_nul_in_it_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"no path \(embedded null .+\)\. Check the path"):
        read_market(tmp_path / "a\0b.csv")


def test_the_number_of_problems_is_told_above_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    text = (PROFILES_FOLDER / "paper.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("backup_keep = 5", "backup_keep = -1").replace("seed = ", "sede = "), encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        read_profile(file)
    first, *rest = caught.value.message.splitlines()
    assert first == "The configuration has 3 problems:"
    assert len(rest) == 3
    assert all(line.startswith(f"{file}: ") for line in rest)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Some editors write one; it is not to be seen, so it must not be a mistake."""
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + (PROFILES_FOLDER / "paper.toml").read_bytes())
    assert read_profile(file) == read_profile(PROFILES_FOLDER / "paper.toml")


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
    with pytest.raises(OperatorError, match="its folder does not exist"):
        place_database(Path("~no-such-user/mine.sqlite3"))


@pytest.mark.skipif(sys.platform == "win32", reason="paths may be longer there")
@pytest.mark.parametrize(
    "arguments", [["run", "--db"], ["run", "--config"], ["run", "--market"], ["status", "--db"], ["sessions", "--db"]]
)
def test_a_name_that_is_too_long_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run_command_line([*arguments, str(tmp_path / ("x" * 300))]) != 0
    told = capsys.readouterr().err
    assert "File name too long" in told
    assert "Traceback" not in told


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OperatorError, match="is not UTF-8 text"):
        read_profile(file)


def test_a_market_file_that_is_not_there_or_wrong_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"none\.csv: No such file or directory\. Check the path"):
        read_market(tmp_path / "none.csv")
    file = tmp_path / "bad.csv"
    file.write_text("timestamp,open,high,low,close,volume\n2026-01-21 15:03:00,1.9,x,1.9,1.9,5\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"bad\.csv, line 2, column high: \"x\" is not a number"):
        read_market(file)


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
