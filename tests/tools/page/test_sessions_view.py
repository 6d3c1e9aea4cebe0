"""The list of sessions: all databases, those that run first, the others a page at a time, none that hides others."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

import msgspec
import pytest
import trio
from support import cli_feed as feed
from support.page_site import StandIn, asked, looked_at, moment_of, status_at
from support.sessions import plan_for, run

from actors.operator.protocol import Status
from actors.store import list_sessions
from tools.page import live_states
from tools.page.ground import PageGround
from tools.page.sessions_view import PAGE_SESSIONS


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one session of some minutes."""
    path = tmp_path_factory.mktemp("sessions_view") / "one.sqlite3"
    run(plan_for(path, duration_s=120))
    return path


def with_sessions(one: Path, path: Path, count: int, day: int = 1) -> list[str]:
    """A database with so many more sessions, an hour apart, as copies of the one; their names, oldest first."""
    path.write_bytes(one.read_bytes())
    names = [f"2026{day:02}{number:04}-x-{path.stem}" for number in range(count)]
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]
        others = ", ".join(name for name in columns if name not in ("id", "started_at"))
        for number, name in enumerate(names):
            started = f"2026-{day:02}-{1 + number // 24:02}T{number % 24:02}:00:00.000+00:00"
            connection.execute(
                f"INSERT INTO sessions (id, started_at, {others}) SELECT ?, ?, {others} FROM sessions LIMIT 1",  # noqa: S608 - names of columns
                (name, started),
            )
    return names


class Stuck(StandIn):
    """A session that never answers."""

    async def status(self) -> Status:
        await trio.sleep_forever()
        raise AssertionError("it never wakes")


def named(rows: list[list[str]]) -> list[str]:
    return [row[0].strip() for row in rows if row and "-" in row[0]]


async def test_a_session_is_listed_with_what_it_came_to(one: Path) -> None:
    """Its ending, fills, result, against holding, and the balances at its end."""
    page = await looked_at(PageGround([one]), "/")
    [row] = list_sessions(one)
    figures = msgspec.json.decode(row.results or "{}")
    [cells] = [cells for cells in page.rows if cells[0].strip() == row.id]
    assert cells[3] == "duration_elapsed"
    assert cells[4] == str(row.fills)
    for place, key in ((5, "result_rlusd"), (6, "against_holding_rlusd"), (9, "end_rlusd")):
        assert float(cells[place].replace(",", "")) == pytest.approx(float(figures[key]), abs=1e-4)
    assert page.links[row.id] == f"/session/{row.id}"


async def test_no_database_yet_is_no_fault(tmp_path: Path) -> None:
    """It is said how the first session comes about."""
    page = await looked_at(PageGround([tmp_path / "none.sqlite3"]), "/")
    assert "No sessions yet; `neo run` makes one." in page.text


async def test_past_sessions_come_a_page_at_a_time_and_none_is_lost(one: Path, tmp_path: Path) -> None:
    """The newest of all databases first; whoever follows `Older` sees each of them once."""
    paths = [tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"]
    names = with_sessions(one, paths[0], 70) + with_sessions(one, paths[1], 60)
    ground = PageGround(paths)
    seen: list[str] = []
    address, pages = "/", 0
    while address:
        page = await looked_at(ground, address)
        seen += named(page.rows)
        pages += 1
        address = page.links.get("Older", "")
    own = list_sessions(one)[0].id
    assert pages == 3
    assert sorted(seen) == sorted([*names, own, own])
    assert len(named((await looked_at(ground, "/")).rows)) == PAGE_SESSIONS
    starts = [name.split("-")[0] for name in seen if "-x-" in name]
    assert starts == sorted(starts, reverse=True)


async def test_one_database_can_be_looked_at_alone(one: Path, tmp_path: Path) -> None:
    """By its number; what is none is refused with what it may be."""
    paths = [tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"]
    with_sessions(one, paths[0], 3)
    names = with_sessions(one, paths[1], 2)
    ground = PageGround(paths)
    page = await looked_at(ground, "/?database=2")
    assert {name for name in named(page.rows) if "-x-" in name} == set(names)
    assert "4 sessions" in page.text, "the others are counted still"
    for wrong in ("3", "x", "-1", ""):
        answer = await asked(ground, f"/?database={wrong}")
        assert answer.status == 400
        assert b"1 to 2" in answer.body
    for wrong in ("x", "~", "2026-01-01T00:00:00~", "~x"):
        answer = await asked(ground, f"/?before={wrong}")
        assert (answer.status, b"`before` is a place in the list" in answer.body) == (400, True), wrong


async def test_a_database_that_cannot_be_read_hides_none_of_the_others(one: Path, tmp_path: Path) -> None:
    """What is wrong with it stands beside its name."""
    broken = tmp_path / "broken.sqlite3"
    broken.write_text("nothing of the kind")
    page = await looked_at(PageGround([broken, one]), "/")
    assert "broken.sqlite3" in page.text
    assert "can't be read" in page.text
    assert named(page.rows) == [list_sessions(one)[0].id]


async def test_what_runs_comes_first_and_one_that_hangs_is_no_hindrance(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its state, its balances and where it stands against holding; it is not among the past ones as well."""
    monkeypatch.setattr(live_states, "_PATIENCE_S", 0.05)
    path = tmp_path / "a.sqlite3"
    [runs] = with_sessions(one, path, 1)
    ground = PageGround([path])
    ground.begin(StandIn(path, status_at(moment_of([feed.started(), feed.view(5)]), runs)))
    ground.begin(Stuck(path, status_at(moment_of([feed.started()]), "stuck")))
    page = await looked_at(ground, "/")
    assert named(page.rows) == [list_sessions(one)[0].id]
    assert page.headings[1:3] == ["Running", "Past"]
    assert page.text.index(runs) < page.text.index("stuck") < page.text.index("does not answer")
    told = msgspec.json.decode((await asked(ground, "/sessions.json")).body)["running"]
    assert [state["session"] for state in told] == [runs, "stuck"]
    assert told[0]["cells"]["xrp"]["text"].endswith(" XRP")


async def test_words_of_a_database_are_no_markup(one: Path, tmp_path: Path) -> None:
    """A profile's name comes from whoever wrote the file."""
    path = tmp_path / "a.sqlite3"
    with_sessions(one, path, 0)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE sessions SET profile = '<script>alert(1)</script>', results = '[1, 2'")
    page = await looked_at(PageGround([path]), "/")
    assert "<script>alert(1)</script>" in page.text


async def test_many_bots_open_fast(one: Path, tmp_path: Path) -> None:
    """Ten databases with fifty sessions each: the page is there in a fraction of a second."""
    paths = [tmp_path / f"bot{number}.sqlite3" for number in range(10)]
    for number, path in enumerate(paths):
        with_sessions(one, path, 50, day=number + 1)
    ground = PageGround(paths)
    await asked(ground, "/")
    begun = time.perf_counter()
    answer = await asked(ground, "/")
    took = time.perf_counter() - begun
    assert answer.body.count(b"<tr>") == PAGE_SESSIONS + 1
    assert took < 1.5, took
