"""The course that charts are drawn from: the report's numbers, told once, bounded, of whichever journal is there now.

Method: whole sessions, read in pieces by a reader that puts increments together as the browser does.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.course_reader import CourseReader
from support.many_fills import add_fills
from support.sessions import plan_for, run

from neo.analysis import LedgerRow
from neo.messages import Side
from tools.page.course_data import COURSES_MAX, CoursePart, Courses, figure_words
from tools.reporting.labels import LABELS, show
from tools.reporting.sources import Report, load

_EPOCH_S = 946_684_800
LEDGERS = 302


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("course") / "neo.sqlite3"
    return path, run(plan_for(path, duration_s=1200)).session_id


@pytest.fixture(scope="module")
def report(session: tuple[Path, str]) -> Report:
    return load(*session)


def read(courses: Courses, path: Path, session_id: str, most: int) -> CourseReader:
    """All of it, in pieces of so many records."""
    reader = CourseReader()
    while reader.last is None or reader.last.more:
        reader.take(courses.part([path], session_id, reader.after, most))
    return reader


def of_rows(rows: list[LedgerRow], name: str) -> list[float | None]:
    return [getattr(row, name) for row in rows]


@pytest.mark.parametrize("most", [100_000, 97])
def test_every_ledger_is_the_reports(session: tuple[Path, str], report: Report, most: int) -> None:
    """Prices, quotes, distances, inventory and the causes, by whichever pieces they came."""
    told = read(Courses(), *session, most)
    rows = report.course.rows
    assert len(rows) == LEDGERS
    assert told.columns["number"] == list(range(LEDGERS))
    assert told.columns["time"] == [row.close_time_s + _EPOCH_S for row in rows]
    names = {
        "ledger": "ledger_index", "mid": "mid", "pool": "pool", "best_bid": "best_bid", "best_ask": "best_ask",
        "own_bid": "own_bid", "own_ask": "own_ask", "bid_distance": "distance_bid_bps",
        "ask_distance": "distance_ask_bps", "xrp": "xrp", "rlusd": "rlusd", "spread": "spread",
        "revaluation": "revaluation", "fees": "fees", "capital": "capital", "holding": "holding",
    }  # fmt: skip
    for name, field in names.items():
        values = of_rows(rows, field)
        assert [value is None for value in told.columns[name]] == [value is None for value in values]
        known = [value for value in values if value is not None]
        assert [value for value in told.columns[name] if value is not None] == pytest.approx(known, rel=1e-8)
    for mark in report.results.mark_outs:
        assert told.columns[f"mark_out_{mark.ledgers}"][-1] == pytest.approx(mark.total, rel=1e-8)


def test_every_fill_is_the_reports(session: tuple[Path, str], report: Report) -> None:
    """On its side, at its time, at its price."""
    told = read(Courses(), *session, 500).fills
    fills = report.course.fills
    assert len(fills) > 20
    assert told["bought"] == [fill.side is Side.BUY for fill in fills]
    assert told["time"] == [fill.close_time_s + _EPOCH_S for fill in fills]
    assert told["at"] == pytest.approx([float(fill.price) for fill in fills], rel=1e-8)
    assert told["xrp"] == pytest.approx([fill.xrp_drops / 1e6 for fill in fills])


def test_the_figures_are_the_reports_in_its_words(session: tuple[Path, str], report: Report) -> None:
    """To the last digit that is shown, and the mark-outs with them."""
    last = read(Courses(), *session, 1_000).last
    assert last is not None
    assert last.figures == {name: show(LABELS[name].kind, report.figures[name]) for name in figure_words()}
    assert [row[1] for row in last.mark_outs] == [f"{mark.fills:,}" for mark in report.results.mark_outs]
    assert [f"{row[2]} bps" for row in last.mark_outs] == [
        show("bps", mark.mean_bps) for mark in report.results.mark_outs
    ]
    assert last.limits == {"xrp": 400.0, "rlusd": 400.0, "target": 0.5}
    assert (last.goes_on, last.more) == (False, False)


def test_what_was_told_is_not_told_again(session: tuple[Path, str]) -> None:
    """Asked again there is nothing new, and it costs a few hundred bytes."""
    courses = Courses()
    reader = read(courses, *session, 100_000)
    again = courses.part([session[0]], session[1], reader.after)
    assert again is not None
    assert (again.whole, again.since, again.fills.since, again.columns["number"]) == (False, None, None, [])
    assert reader.last is not None
    assert again.figures == reader.last.figures


def test_a_piece_is_bounded_and_says_that_there_is_more(session: tuple[Path, str]) -> None:
    """However long the journal, an answer takes so much of it in."""
    part = Courses().part([session[0]], session[1], 0, 50)
    assert part is not None
    assert part.more
    assert part.goes_on
    assert 0 < len(part.columns["number"]) < 50


def test_many_fills_are_told_bounded(tmp_path: Path) -> None:
    """Ten thousand fills are some hundred marks, in which all of them are counted."""
    path = tmp_path / "neo.sqlite3"
    session_id = run(plan_for(path, duration_s=40)).session_id
    add_fills(path, session_id, 10_000)
    told = read(Courses(), path, session_id, 4_000).fills
    assert 200 < len(told["seq"]) <= 800
    assert sum(count for count in told["count"] if count is not None) >= 10_000


def test_whoever_was_told_more_than_there_is_begins_anew(session: tuple[Path, str]) -> None:
    """As of another file that was in its place before."""
    courses = Courses()
    part = courses.part([session[0]], session[1], 10**12, 100_000)
    assert part is not None
    assert part.whole
    assert part.since == 0
    assert len(part.columns["number"]) == LEDGERS


def test_another_file_in_its_place_is_another_journal(session: tuple[Path, str], tmp_path: Path) -> None:
    """A restored backup that has less is told as what it has."""
    path = tmp_path / "neo.sqlite3"
    path.write_bytes(session[0].read_bytes())
    courses = Courses()
    assert read(courses, path, session[1], 100_000).after > 1_000
    other = tmp_path / "other.sqlite3"
    other.write_bytes(session[0].read_bytes())
    other.replace(path)
    part = courses.part([path], session[1], 0, 10)
    assert part is not None
    assert part.more, "it was read anew"


def test_a_session_that_no_database_has_is_none(session: tuple[Path, str], tmp_path: Path) -> None:
    """A database that is not there yet has none."""
    assert Courses().part([session[0]], "20200101-000000-0000", 0) is None
    assert Courses().part([tmp_path / "none.sqlite3"], session[1], 0) is None


def test_a_session_is_found_in_the_second_database(session: tuple[Path, str], tmp_path: Path) -> None:
    """Wherever it is, from the first question on and later."""
    other = tmp_path / "other.sqlite3"
    run(plan_for(other, duration_s=8))
    courses = Courses()
    for _ in range(2):
        part = courses.part([other, session[0]], session[1], 0, 100_000)
        assert part is not None
        assert len(part.columns["number"]) == LEDGERS


def test_few_courses_are_kept_and_one_that_went_is_read_again(session: tuple[Path, str], tmp_path: Path) -> None:
    """The one that nobody asked for the longest goes first."""
    courses = Courses()
    paths = []
    for number in range(COURSES_MAX + 1):
        paths.append(tmp_path / f"{number}.sqlite3")
        paths[-1].write_bytes(session[0].read_bytes())
        read(courses, paths[-1], session[1], 100_000)
    assert len(courses._held) == COURSES_MAX
    gone = courses.part([paths[0]], session[1], 0, 10)
    kept = courses.part([paths[-1]], session[1], 0, 10)
    assert gone is not None
    assert kept is not None
    assert (gone.more, kept.more) == (True, False)


def test_several_who_ask_at_once_are_told_the_same(session: tuple[Path, str]) -> None:
    """Each from a thread of its own; none sees half a course."""
    courses = Courses()
    found: list[CoursePart | None] = []

    def ask() -> None:
        reader = read(courses, *session, 300)
        found.append(courses.part([session[0]], session[1], 0) if reader.after else None)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    assert found[0] is not None
    assert len(found[0].columns["number"]) == LEDGERS
