"""What the handlers stand on: databases with their sessions, and those that run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trio
from support.page_sessions import ScriptedSession
from support.sessions import plan_for, run

from tools.page.ground import PageError, PageGround, only_running, running_session


def named(session_id: str) -> ScriptedSession:
    """A session that runs, by this name."""
    session = ScriptedSession()
    session.session_id = session_id
    return session


def test_a_session_is_found_in_whichever_database_has_it(tmp_path: Path) -> None:
    """One that is not there yet, and one that can't be read, hide no other's."""
    (tmp_path / "notes.txt").write_text("no database\n")
    databases = [tmp_path / name for name in ("none.sqlite3", "notes.txt", "a.sqlite3")]
    session_id = run(plan_for(databases[2], duration_s=40)).session_id

    async def looked_for() -> None:
        ground = PageGround(databases)
        place = await ground.place(session_id)
        assert (place.row.id, place.database, place.running) == (session_id, databases[2], None)
        ground.begin(running := named(session_id))
        running.database = databases[2]
        assert (await ground.place(session_id)).running is running
        with pytest.raises(PageError, match="No database of this page has a session of that name"):
            await PageGround([databases[0], databases[2]]).place("x")

    trio.run(looked_for)


def test_a_session_that_two_databases_have_is_not_guessed_at(tmp_path: Path) -> None:
    """A copy may differ from what it was made of; the one that runs is meant by its name."""
    first, copy = tmp_path / "a.sqlite3", tmp_path / "copy.sqlite3"
    session_id = run(plan_for(first, duration_s=40)).session_id
    shutil.copy(first, copy)

    async def looked_for() -> None:
        ground = PageGround([first, copy])
        with pytest.raises(PageError, match=r"in .*a\.sqlite3 and .*copy\.sqlite3: open the page with one") as refused:
            await ground.place(session_id)
        assert refused.value.status == 409
        ground.begin(running := named(session_id))
        running.database = copy
        assert (await ground.place(session_id)).database == copy

    trio.run(looked_for)


async def test_a_database_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    """And is no fault of the page's."""
    (tmp_path / "notes.txt").write_text("no database\n")
    with pytest.raises(PageError, match=r"The database can't be read: .*notes\.txt") as refused:
        await PageGround([tmp_path / "notes.txt"]).place("x")
    assert refused.value.status == 503


def test_a_word_without_a_name_is_for_the_only_session() -> None:
    """With two of them nobody knows which is meant."""
    ground = PageGround(())
    with pytest.raises(PageError, match="No session runs") as refused:
        only_running(ground)
    assert refused.value.status == 404
    ground.begin(named("a"))
    assert only_running(ground).session_id == "a"
    ground.begin(named("b"))
    with pytest.raises(PageError, match=r"More than one session runs \(a, b\)") as refused:
        only_running(ground)
    assert refused.value.status == 409
    assert running_session(ground, "b").session_id == "b"
    ground.end("b")
    with pytest.raises(PageError, match="No session of that name runs here"):
        running_session(ground, "b")
