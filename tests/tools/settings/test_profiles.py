"""Finding and reading profiles and recorded prices; every refusal names the file and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from neo.config import config_sha256
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.settings.markets import own_market_trouble, session_market
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_market, read_profile, shipped_profiles


def refused(name: str) -> str:
    """The message for a profile that isn't there."""
    with pytest.raises(OperatorError) as caught:
        find_profile(name)
    assert caught.value.exit_code == EXIT_STARTUP
    return caught.value.message


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_can_be_read_and_its_market_too(name: str) -> None:
    """What is shipped starts."""
    path = find_profile(name)
    config = read_profile(path)
    assert own_market_trouble(config, path) is None
    assert (session_market(config, path) is None) == (name in ("live-stage1", "paper-network"))


def test_the_default_recording_is_a_thousand_minutes() -> None:
    """It is known by its name and by a hash of what it says."""
    market = read_market(PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv")
    assert len(market.bars) == 1000
    assert market.name == "xrpusdt-1m-2026-01-21.csv"
    assert len(market.sha256) == 64


def test_a_profile_is_the_same_however_its_file_ends_its_lines(tmp_path: Path) -> None:
    """A Windows editor changes no hash, nor does its byte order mark."""
    shipped = find_profile("paper")
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xef\xbb\xbf" + shipped.read_bytes().replace(b"\n", b"\r\n"))
    assert config_sha256(read_profile(file)) == config_sha256(read_profile(shipped))


def test_a_profile_is_found_by_its_path(tmp_path: Path) -> None:
    """Any file may be one."""
    file = tmp_path / "mine.toml"
    file.touch()
    assert find_profile(str(file)) == file


def test_a_profile_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    """A mistyped name shows what could have been meant."""
    assert (
        refused("papre")
        == "config papre: no such file; give a profile (live-stage1, paper, paper-network, rehearsal, replay) or the"
        " path of one."
    )
    assert "is a folder" in refused(str(tmp_path))


def test_a_mistake_of_syntax_is_told_with_line_and_column(tmp_path: Path) -> None:
    """Where to look, and what a profile looks like."""
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
    """Numbers of thousands of digits and endless nesting are mistakes like any other."""
    file = tmp_path / "mine.toml"
    file.write_text(f"[session]\nseed = {value}\n", encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        read_profile(file)
    assert caught.value.message == f"{file}{told}"


def test_a_path_with_a_nul_in_it_is_no_path(tmp_path: Path) -> None:
    """And no traceback either."""
    with pytest.raises(OperatorError, match=r"no path \(embedded null .+\)\. Check the path"):
        read_market(tmp_path / "a\0b.csv")


def test_the_number_of_problems_is_told_above_them(tmp_path: Path) -> None:
    """Whoever mends the first knows how many are left."""
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


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    """Bytes are not guessed at."""
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OperatorError, match="is not UTF-8 text"):
        read_profile(file)


def test_a_market_file_that_is_not_there_or_wrong_is_refused(tmp_path: Path) -> None:
    """With line and column of what is wrong."""
    with pytest.raises(OperatorError, match=r"none\.csv: No such file or directory\. Check the path"):
        read_market(tmp_path / "none.csv")
    file = tmp_path / "bad.csv"
    file.write_text("timestamp,open,high,low,close,volume\n2026-01-21 15:03:00,1.9,x,1.9,1.9,5\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"bad\.csv, line 2, column high: \"x\" is not a number"):
        read_market(file)
