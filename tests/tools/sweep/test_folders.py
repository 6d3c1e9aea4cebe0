"""A sweep empties folders of its own alone; whatever else has their names stays, and is told before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP
from tools.sweep.folders import MARK, clear_way, make_marked, remove_marked, take_folder

PRECIOUS = "a month's work\n"


def keep(path: Path) -> Path:
    """A file of somebody's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PRECIOUS, encoding="utf-8")
    return path


def held(folder: Path) -> dict[str, str]:
    """Everything below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def others_folder(out: Path) -> None:
    keep(out / "notes.txt")


def others_running(out: Path) -> None:
    make_marked(out)
    keep(out / "running" / "thesis.txt")


def others_running_file(out: Path) -> None:
    make_marked(out)
    keep(out / "running")


def others_sessions_file(out: Path) -> None:
    make_marked(out)
    keep(out / "sessions")


def others_page(out: Path) -> None:
    make_marked(out)
    keep(out / "sweep.html")


def others_results(out: Path) -> None:
    keep(out / "results.jsonl")


def others_results_in_ours(out: Path) -> None:
    make_marked(out)
    keep(out / "results.jsonl")


def others_results_without_a_line(out: Path) -> None:
    make_marked(out)
    (out / "results.jsonl").write_text('{"mine": true}', encoding="utf-8")


def a_folder_for_results(out: Path) -> None:
    make_marked(out)
    keep(out / "results.jsonl" / "x")


def a_folder_for_the_page(out: Path) -> None:
    make_marked(out)
    keep(out / "sweep.html" / "x")


FOREIGN = [
    others_folder, others_running, others_running_file, others_sessions_file, others_page, others_results,
    others_results_in_ours, others_results_without_a_line, a_folder_for_results, a_folder_for_the_page,
]  # fmt: skip


def refused(out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a sweep into a folder says that it doesn't take."""
    assert run_command_line(["sweep", "--duration", "20s", "--seeds", "1", "--keep", "--out", str(out)]) == EXIT_STARTUP
    return capsys.readouterr().err


@pytest.mark.parametrize("made", FOREIGN)
def test_what_a_sweep_did_not_make_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], made: Callable[[Path], None]
) -> None:
    """It is refused by its path, with the option that names another."""
    out = tmp_path / "out"
    made(out)
    before = held(out)
    told = refused(out, capsys)
    assert str(out) in told
    assert "--out" in told
    assert held(out) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
@pytest.mark.parametrize("name", ["running", "sessions", "sweep.html", "results.jsonl"])
def test_a_link_is_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Even one to another sweep's own folder."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    make_marked(out)
    make_marked(elsewhere)
    keep(elsewhere / "x")
    target = elsewhere if name in {"running", "sessions"} else elsewhere / "x"
    (out / name).symlink_to(target)
    assert name in refused(out, capsys)
    assert held(elsewhere)["x"] == PRECIOUS
    assert (out / name).is_symlink()


def test_what_a_killed_sweep_left_is_cleared_by_the_one_that_has_the_lock(tmp_path: Path) -> None:
    """A second sweep at the same folder looks in, and must not take the first one's sessions away."""
    out = tmp_path / "out"
    take_folder(out)
    make_marked(out / "running")
    database = keep(out / "running" / "1234" / "session.sqlite3")
    take_folder(out)
    assert database.exists()
    clear_way(out / "running")
    assert sorted(path.name for path in out.iterdir()) == [MARK]


def test_an_empty_folder_is_taken_and_only_a_marked_one_removed(tmp_path: Path) -> None:
    """The mark is how a sweep knows its own."""
    take_folder(tmp_path)
    assert (tmp_path / MARK).is_file()
    other = keep(tmp_path / "other" / "x").parent
    remove_marked(other)
    assert held(other) == {"x": PRECIOUS}
