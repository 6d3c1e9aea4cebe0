"""The page Now as the server makes it: all cells in their places while a session runs, its end once it has ended."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from support import cli_feed as feed
from support.page_site import StandIn, asked, looked_at, moment_of, status_at
from support.sessions import plan_for, run

from neo.messages import HeldBack, Side
from neo.messages.reasons import HoldCode
from tools.page.ground import PageGround
from tools.page.now_cells import LIMIT_WORDS, now_data
from tools.page.running import SessionGoneError


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session that has ended."""
    path = tmp_path_factory.mktemp("now") / "neo.sqlite3"
    return path, run(plan_for(path, duration_s=40)).session_id


@pytest.fixture
def ground(database: tuple[Path, str]) -> PageGround:
    """It among the databases of a page."""
    return PageGround([database[0]])


@pytest.fixture
def session(database: tuple[Path, str], ground: PageGround) -> StandIn:
    """The same as if it ran, without a quote on one side."""
    held = HeldBack(HoldCode.NOT_VIABLE, Side.SELL, "3.4 > 1.2 bps <b>")
    messages = (feed.started(), feed.orders(1, (), (held,)), feed.view(2, own=(feed.offer(Side.BUY, "1.9418"),)))
    standing = StandIn(database[0], status_at(moment_of(messages), database[1], has_funding=True))
    ground.begin(standing)
    return standing


async def test_the_page_has_every_cell_that_the_events_keep_fresh(ground: PageGround, session: StandIn) -> None:
    """A cell without its place would never be seen, and a place without its cell never be filled."""
    page = await looked_at(ground, f"/session/{session.session_id}")
    data = now_data(session.now)
    assert page.cells == {name: cell.text for name, cell in data.cells.items()}
    assert page.meters == data.meters
    assert page.meters.keys() <= LIMIT_WORDS.keys()
    for rows in data.tables.values():
        assert all([cell.text for cell in row] in page.rows for row in rows)


async def test_why_a_side_is_empty_is_text_and_no_markup(ground: PageGround, session: StandIn) -> None:
    """Whatever the numbers of a refusal say."""
    answer = await asked(ground, f"/session/{session.session_id}")
    body = answer.body.decode()
    assert "quoting, no ask (not_viable)" in body
    assert "3.4 &gt; 1.2 bps &lt;b&gt;" in body
    assert "<b>)" not in body


async def test_the_hand_is_there_with_capital_only_where_the_venue_has_funding(
    ground: PageGround, session: StandIn
) -> None:
    """On a real venue capital moves by a wallet's payment."""
    address = f"/session/{session.session_id}"
    assert f'action="{address}/capital"' in (await asked(ground, address)).body.decode()
    session.now = status_at(session.now.moment, session.session_id)
    body = (await asked(ground, address)).body.decode()
    assert "/capital" not in body
    for what in ("pause", "resume", "kill"):
        assert f'="{address}/{what}"' in body


async def test_a_past_session_tells_how_it_ended_and_where_to_look(
    ground: PageGround, database: tuple[Path, str]
) -> None:
    """With the reason's meaning; nothing that could be said to it is offered."""
    page = await looked_at(ground, f"/session/{database[1]}")
    assert "ended: duration_elapsed" in page.text
    assert "Normal completion." in page.text
    assert page.links["Report"] == f"/session/{database[1]}/report"
    assert "Pause" not in page.text
    assert page.cells == {}


async def test_a_session_that_has_just_gone_is_told_of_by_its_row(ground: PageGround, session: StandIn) -> None:
    """Between its last word and the moment that the page knows of its end."""

    async def gone() -> None:
        raise SessionGoneError("Session s1 can't be asked: it is ending.")

    session.status = gone  # type: ignore[method-assign, assignment]  # as if it were gone
    page = await looked_at(ground, f"/session/{session.session_id}")
    assert "Session s1 can't be asked: it is ending." in page.text


async def test_a_session_that_was_killed_is_not_said_to_run(database: tuple[Path, str], tmp_path: Path) -> None:
    """Its row has no end, and nothing answers: its page says so in the words of the list."""
    path = tmp_path / "neo.sqlite3"
    shutil.copy(database[0], path)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET status = 'running', ended_at = NULL, halt_reason = NULL, halt_detail = NULL"
        )
    ground = PageGround([path])
    for address in ("/", f"/session/{database[1]}", f"/session/{database[1]}/fills"):
        body = (await asked(ground, address)).body.decode()
        assert "not ended, and nothing answers" in body
        assert "running, as" not in body


async def test_an_unknown_session_is_a_404_with_the_mend(ground: PageGround) -> None:
    answer = await asked(ground, "/session/none")
    assert answer.status == 404
    assert b"list of sessions" in answer.body


async def test_what_runs_is_told_to_a_page_whose_session_has_ended(ground: PageGround, session: StandIn) -> None:
    """With the way there."""
    answer = await asked(ground, "/running.json")
    name = session.session_id
    assert answer.body.decode() == f'[{{"session":"{name}","href":"/session/{name}"}}]'
    ground.end(name)
    assert (await asked(ground, "/running.json")).body == b"[]"
