"""What a report tells of how long things took: from buckets to rows, in every form, and where nothing was kept.

Method: times written by hand, and the whole command line on a database with one short session.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from pathlib import Path

import pytest
from support.sessions import plan_for, run
from support.store_database import FIXTURES

from actors.operator.protocol import TIMING_BOUNDS_S
from actors.plumbing.timings import REQUEST, TICK, TIMED, KeptTimings, Timings
from actors.store import list_sessions
from tools.commands.table import run_command_line
from tools.reporting.timing_rows import TIMED_WORDS, TIMING_COLUMNS, TIMING_TITLE, timing_figures, timing_rows

Out = pytest.CaptureFixture[str]


def kept(**durations_ms: list[float]) -> KeptTimings:
    """Times of ticks, and of requests by method."""
    timings = Timings()
    for name, times in durations_ms.items():
        for duration_ms in times:
            timings.note(TICK if name == "tick" else REQUEST, duration_ms / 1000, "" if name == "tick" else name)
    return KeptTimings(TIMING_BOUNDS_S, timings.told())


def test_a_median_is_told_to_the_next_bound_that_was_counted() -> None:
    """Of 100 times the 50th and the 99th in order; never more than the longest."""
    (one,) = timing_figures(kept(tick=[0.3] * 49 + [0.7] * 49 + [30.0] * 2))
    assert (one.count, one.p50_ms, one.p99_ms, one.max_ms) == (100, 1.0, 30.0, 30.0)
    assert one.mean_ms == pytest.approx(1.09)
    (one,) = timing_figures(kept(tick=[0.3] * 50 + [0.7] * 49 + [30.0]))
    assert (one.p50_ms, one.p99_ms) == (0.5, 1.0)


def test_what_took_longer_than_every_bound_is_told_by_the_longest() -> None:
    """No bound reaches it."""
    (one,) = timing_figures(kept(tick=[20_000.0, 40_000.0]))
    assert (one.p50_ms, one.p99_ms, one.max_ms) == (40_000.0, 40_000.0, 40_000.0)


def test_rows_say_what_was_timed_and_of_which_kind() -> None:
    """In the order in which a ledger goes through the engine."""
    rows = timing_rows(kept(submit=[250.0], ledger=[1.0, 3.0], tick=[0.25]))
    assert rows == [
        ["a ledger's view to its verdict", "1", "0.25", "0.25", "0.25", "0.25"],
        ["a server's answer: ledger", "2", "1", "3", "3.00", "2.00"],
        ["a server's answer: submit", "1", "250", "250", "250.00", "250.00"],
    ]
    assert all(len(row) == len(TIMING_COLUMNS) for row in rows)


def test_all_that_is_timed_has_words() -> None:
    """A name of the code's own is no word for an operator."""
    assert set(TIMED_WORDS) == set(TIMED)


def test_buckets_that_do_not_fit_their_bounds_are_told_as_nothing() -> None:
    """What somebody wrote there by hand must not break a report."""
    whole = kept(tick=[1.0])
    assert timing_figures(KeptTimings(whole.bounds_s[:-1], whole.timings)) == ()


def test_every_form_of_the_report_tells_the_sessions_times(tmp_path: Path, capsys: Out) -> None:
    """The terminal, the page and JSON have the same numbers: those that the row keeps."""
    database = tmp_path / "neo.sqlite3"
    run(plan_for(database, duration_s=60))
    at = ["--db", str(database)]
    assert run_command_line(["report", *at, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    commits = next(one for one in told["timings"] if one["name"] == "journal_commit")
    assert commits["count"] > 10
    assert 0 < commits["p50_ms"] <= commits["p99_ms"] <= commits["max_ms"]
    page = tmp_path / "report.html"
    assert run_command_line(["report", *at, "--html", str(page)]) == 0
    capsys.readouterr()
    assert run_command_line(["report", *at]) == 0
    text = capsys.readouterr().out
    assert TIMING_TITLE in text
    row = next(line for line in text.splitlines() if "a commit of the journal" in line)
    assert row.split()[-2:] == [f"{commits['max_ms']:.2f}", f"{commits['mean_ms']:.2f}"]
    cells = re.search(r"<td>a commit of the journal</td>(.*?)</tr>", page.read_text(encoding="utf-8"))
    assert cells is not None
    assert f"<td>{commits['max_ms']:.2f}</td>" in cells[1]
    assert run_command_line(["db", "check", *at]) == 0, "the tables are still what the journal and the row make of them"


@pytest.mark.parametrize("version", ["v1.sql", "v2.sql", "v3.sql"])
def test_a_database_of_an_older_build_reports_without_times(tmp_path: Path, capsys: Out, version: str) -> None:
    """It kept none, and all else is told as it was."""
    database = tmp_path / "neo.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript((FIXTURES / version).read_text(encoding="utf-8"))
    session = list_sessions(database)[0]
    assert session.timings is None
    assert run_command_line(["report", "--db", str(database)]) == 0
    assert TIMING_TITLE not in capsys.readouterr().out
    assert run_command_line(["report", "--db", str(database), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["timings"] == []
