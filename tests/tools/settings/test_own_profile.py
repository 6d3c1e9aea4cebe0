"""``neo config init``: a profile of one's own, anywhere, that passes its own check and is never written over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from neo.config import dotted_values
from tools.commands.table import run_command_line
from tools.settings.markets import own_market_trouble
from tools.settings.profiles import PROFILES_FOLDER, read_profile, shipped_profiles

Out = pytest.CaptureFixture[str]


def init(*arguments: str) -> int:
    return run_command_line(["config", "init", *arguments])


def values(path: Path) -> dict[str, object]:
    """A profile's values by key, but for the names of files, which depend on its folder."""
    return {key: value for key, value in dotted_values(read_profile(path)).items() if not key.endswith("_file")}


@pytest.mark.parametrize("name", shipped_profiles())
def test_a_profile_begun_from_any_shipped_one_is_good_and_says_the_same(tmp_path: Path, name: str, capsys: Out) -> None:
    """In a folder that has nothing else, its prices are found; every comment of a key is there."""
    file = tmp_path / "mine.toml"
    assert init(str(file), "--profile", name) == 0
    assert run_command_line(["config", "check", str(file)]) == 0
    assert f"{file}: good." in capsys.readouterr().out
    shipped = PROFILES_FOLDER / f"{name}.toml"
    assert values(file) == values(shipped)
    assert own_market_trouble(read_profile(file), file) is None
    texts = [path.read_text(encoding="utf-8").partition("\n\n")[2] for path in (file, shipped)]
    comments = [re.findall("^#.*", text, re.MULTILINE) for text in texts]
    assert comments[0] == comments[1]


@pytest.mark.parametrize(("venue", "profile"), [("sim", "paper"), ("replay", "replay"), ("live", "live-stage1")])
def test_the_kind_of_venue_chooses_the_profile(tmp_path: Path, venue: str, profile: str, capsys: Out) -> None:
    """Told in JSON, for programs."""
    file = tmp_path / "mine.toml"
    assert init(str(file), "--venue", venue, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "profile": profile}
    assert read_profile(file).venue.kind == venue


def test_a_session_runs_with_a_profile_as_it_was_written(tmp_path: Path, capsys: Out) -> None:
    """Without a change to it, and as the default profile does."""
    file = tmp_path / "mine.toml"
    assert init(str(file)) == 0
    run = ["run", "--duration", "20s", "--quiet", "--json", "--db"]
    assert run_command_line([*run, str(tmp_path / "a.sqlite3"), "--config", str(file)]) == 0
    own = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert run_command_line([*run, str(tmp_path / "b.sqlite3")]) == 0
    assert own["journal_sha256"] == json.loads(capsys.readouterr().out.splitlines()[-1])["journal_sha256"]


def test_what_lies_there_is_never_written_over(tmp_path: Path, capsys: Out) -> None:
    """A file, a link to nowhere: refused, and as it was."""
    file, link = tmp_path / "mine.toml", tmp_path / "link.toml"
    file.write_text("mine", encoding="utf-8")
    link.symlink_to(tmp_path / "nowhere")
    for path in (file, link):
        assert init(str(path)) == 2
        assert "is there already, and stays as it is; name another file." in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--profile", "papr"], 2, "--profile: 'papr' is not known here; write live-stage1 or paper"),
        (["--venue", "moon"], 2, "--venue: 'moon' is not known here; write sim or replay"),
        (["--venue", "sim", "--profile", "paper"], 2, "write one of them"),
    ],
)
def test_what_can_not_be_begun_with_is_refused(
    tmp_path: Path, arguments: list[str], code: int, told: str, capsys: Out
) -> None:
    """With what there is, and nothing is written."""
    assert init(str(tmp_path / "mine.toml"), *arguments) == code
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: Out) -> None:
    """With what to do."""
    assert init(str(tmp_path / "none" / "mine.toml")) == 30
    assert "name a file in a folder that is there" in capsys.readouterr().err
