"""A page takes no place but another page's, is whole or not there, and asks nobody for anything."""

from __future__ import annotations

import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # it has none
from support.sessions import plan_for, run

from actors.store import list_sessions
from tools.commands.table import run_command_line
from tools.console.errors import EXIT_OUTPUT_LOST
from tools.reporting.page import page
from tools.reporting.shell import plot, whole_page
from tools.reporting.sources import load

EXIT_USAGE = 2
Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "neo.sqlite3"
    run(plan_for(path, duration_s=20))
    return path


def report(database: Path, target: Path | str, *options: str) -> int:
    return run_command_line(["report", "--db", str(database), "--html", str(target), *options])


# --- Where it is written -----------------------------------------------------------------------------------------


def test_a_page_replaces_a_page_when_told_to_and_is_its_owners(database: Path, tmp_path: Path, capsys: Out) -> None:
    """Without ``--force`` what is there stays, and nothing half written is left."""
    target = tmp_path / "page.html"
    assert report(database, target) == 0
    first = target.read_bytes()
    target.write_bytes(first + b"<!-- mine -->")
    assert report(database, target) == EXIT_USAGE
    assert "--force replaces it" in capsys.readouterr().err
    assert target.read_bytes() != first
    assert report(database, target, "--force") == 0
    assert target.read_bytes() == first
    assert sys.platform == "win32" or target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    "content", [b"", b"[session]\n", b"<!doctype html>\n<html><title>Mine</title>", b"\x00" * 9000, b"NEO session"]
)
def test_a_file_that_is_no_page_stays(database: Path, tmp_path: Path, capsys: Out, content: bytes) -> None:
    """Not even ``--force`` overwrites what NEO did not write."""
    target = tmp_path / "file.html"
    target.write_bytes(content)
    assert report(database, target, "--force") == EXIT_USAGE
    assert "is no page of NEO's, and stays as it is" in capsys.readouterr().err
    assert target.read_bytes() == content


@pytest.mark.parametrize("suffix", ["", ".log", ".kill", ".control", "-wal", ".lock", ".world", "-backups"])
def test_neither_the_database_nor_what_lies_beside_it_becomes_a_page(database: Path, suffix: str) -> None:
    """A slip of the keyboard costs no session."""
    before = {path: path.stat().st_size for path in database.parent.iterdir()}
    target = database.with_name(f"{database.name}{suffix}")
    assert report(database, target, "--force") == EXIT_USAGE
    assert {path: path.stat().st_size for path in database.parent.iterdir()} == before
    assert len(list_sessions(database)) == 1


@pytest.mark.parametrize("name", ["-", "", ".", "folder.html", "missing/page.html", "a\x1b.html", "a\n.html"])
def test_what_can_be_no_page_is_refused(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And nothing is made on the way."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    assert report(database, name, "--force") == EXIT_USAGE
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links, pipes and devices")
def test_links_pipes_and_devices_are_not_written_through(database: Path, tmp_path: Path) -> None:
    """What they lead to stays as it is."""
    target = tmp_path / "page.html"
    assert report(database, target) == 0
    before = target.read_bytes()
    (tmp_path / "link.html").symlink_to(target)
    (tmp_path / "dangling.html").symlink_to(tmp_path / "new.html")
    os.mkfifo(tmp_path / "pipe.html")
    for name in ("link.html", "dangling.html", "pipe.html", "/dev/null", "/dev/stdout"):
        assert report(database, tmp_path / name, "--force") == EXIT_USAGE
    assert target.read_bytes() == before
    assert not (tmp_path / "new.html").exists()


def test_a_full_disk_leaves_the_page_that_was_there(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    """With an exit code of its own, and no piece of the new page."""
    target = tmp_path / "page.html"
    assert report(database, target) == 0
    before = target.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert report(database, target, "--force") == EXIT_OUTPUT_LOST
    assert "No space left on device" in capsys.readouterr().err
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


# --- What it does ------------------------------------------------------------------------------------------------


class Markup(HTMLParser):
    """A page's tags, without what its scripts say."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = ""
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        named = {name: value or "" for name, value in attrs}
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"]
        self.addresses += [value for value in named.values() if "//" in value]


def test_a_page_may_ask_nobody_and_names_no_address(database: Path) -> None:
    """It opens offline, and its policy forbids the browser all else."""
    text = page(load(database, None))
    markup = Markup()
    markup.feed(text)
    assert markup.addresses == []
    rules = dict(rule.strip().partition(" ")[::2] for rule in markup.policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    assert re.fullmatch(r"('sha256-[A-Za-z0-9+/]{43}=' ?){2}", rules["script-src"])
    assert text.index("Content-Security-Policy") < text.index("<script") < text.index(get_plotlyjs()[:80])
    ours = text.replace(get_plotlyjs(), "")
    assert re.findall(r"https?:|//[a-z]", ours) == []


def test_the_charts_tools_are_named_and_sharing_is_none_of_them() -> None:
    """No button of the page sends a session anywhere."""
    script = whole_page("NEO session x", "").rpartition("<script>")[2]
    assert "modeBarButtons: [['zoomIn2d', 'zoomOut2d', 'resetScale2d']]" in script
    assert "showSendToCloud: false, plotlyServerURL: ''" in script
    assert "displaylogo: false" in script


def test_text_in_a_page_is_text() -> None:
    """A name can bring no markup into it, and end no script."""
    shown = plot("x", {"name": "</script><!--<script>\u2028"})
    assert shown.count("<") == 4
    assert r"\u003c!--" in shown
