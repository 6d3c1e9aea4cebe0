"""The process that makes a report: its parts on standard output, or why not on standard error."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.sessions import plan_for, run

from tools.page.report_child import main
from tools.reporting.comparison_page import comparison_parts
from tools.reporting.page import page_parts
from tools.reporting.sources import load


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    path = tmp_path_factory.mktemp("report_child") / "neo.sqlite3"
    return str(path), run(plan_for(path, duration_s=40)).session_id


def test_of_one_session_it_writes_the_report_of_several_the_comparison(
    session: tuple[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """As UTF-8, whatever the system's own encoding is."""
    report = load(Path(session[0]), session[1])
    assert main([*session]) == 0
    assert capfdbinary.readouterr().out == page_parts(report).encode()
    assert main([*session, *session]) == 0
    assert capfdbinary.readouterr().out == comparison_parts([report, report]).encode()


def test_what_cannot_be_read_is_told_in_words(
    session: tuple[str, str], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """With an exit code that says so, and without a traceback."""
    assert main([session[0], "nope"]) == 1
    assert main([str(tmp_path / "none.sqlite3"), "x"]) == 1
    told = capfdbinary.readouterr()
    assert told.out == b""
    assert b"no session 'nope'" in told.err
    assert b"no database there" in told.err
    assert b"Traceback" not in told.err
