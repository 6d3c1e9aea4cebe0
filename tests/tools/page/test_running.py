"""A running session from the page, as its own process and as another one sees it: the same, on whole sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from support.page_sessions import PATIENCE_S, Keeper
from support.talks import Moments, session_with, status_of

from actors.operator.endpoint import read_endpoint
from actors.operator.protocol import Done, Kill, Pause, Refused
from actors.plumbing.tap import Tapped
from actors.store import session
from tools.page.running import OtherSession, OwnSession, RunningSession, SessionGoneError


def seen_from(running: OwnSession, is_own: bool) -> RunningSession:
    """The session as its own process sees it, or as any other does."""
    return running if is_own else OtherSession(running.database, running.session_id)


@pytest.mark.parametrize(("is_own", "way"), [(True, "page"), (False, "neo")])
def test_a_session_is_asked_ordered_and_tapped(tmp_path: Path, is_own: bool, way: str) -> None:
    """An order is done once for its id, and its cause says which way it came."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def script(own: OwnSession) -> None:
        running = seen_from(own, is_own)
        assert (await running.status()).session_id == running.session_id
        async with running.tap(("QuotingPaused",)) as items:
            first = await running.obey("a", Pause("lunch"))
            assert isinstance(first, Done)
            assert await running.obey("a", Pause("lunch")) == first
            assert await running.obey("a", Pause("supper")) == Refused("another command had this request's id")
            item = await anext(items)
        assert isinstance(item, Tapped)
        assert (item.message["type"], item.message["cause"]) == ("QuotingPaused", f"{way} pause: lunch")
        assert item.seq is not None

    session_with(database, lambda _: keeper.do(script), services=[keeper])


def test_a_word_for_a_session_that_has_ended_reaches_no_other(tmp_path: Path) -> None:
    """The one that runs by now on its database is not killed for it."""
    database = tmp_path / "neo.sqlite3"

    async def script(session_id: str) -> None:
        earlier = OtherSession(database, "20260101-000000-abcd")
        told = f"Session 20260101-000000-abcd has ended; session {session_id} runs on its database."
        with pytest.raises(SessionGoneError, match=told):
            await earlier.status()
        with pytest.raises(SessionGoneError, match=told):
            await earlier.obey("x", Kill("too late"))
        with pytest.raises(SessionGoneError, match=told):
            async with earlier.tap(()):
                pass

    def talk(_moments: Moments) -> None:
        status = status_of(database)
        trio.run(script, status.session_id)
        assert status_of(database).halting is None

    session_with(database, talk)


@pytest.mark.parametrize("is_own", [True, False])
def test_a_tap_ends_with_its_session(tmp_path: Path, is_own: bool) -> None:
    """After the last message; then the session can't be asked, which is said in a sentence."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def script(own: OwnSession) -> None:
        running = seen_from(own, is_own)
        async with running.tap(()) as items:
            await own.obey("k", Kill("enough"))
            told = [item.message["type"] if isinstance(item, Tapped) else "lost" async for item in items]
        assert "SessionEnded" in told
        ending = await own.ended()
        assert str(ending) == "kill_switch: page kill: enough"
        with pytest.raises(SessionGoneError):
            await running.status()
        row = session(database, ending.session)
        assert row is not None
        assert (ending.reason, ending.detail) == (row.halt_reason, row.halt_detail)

    session_with(database, lambda _: keeper.do(script), services=[keeper])


@pytest.mark.parametrize("is_own", [True, False])
def test_who_no_longer_listens_costs_the_session_nothing(tmp_path: Path, is_own: bool) -> None:
    """A tap is closed with its listener."""
    database, keeper = tmp_path / "neo.sqlite3", Keeper()

    async def listen(own: OwnSession) -> None:
        async with seen_from(own, is_own).tap(()) as items:
            await anext(items)
            assert (await own.status()).taps == 1

    def talk(moments: Moments) -> None:
        keeper.do(listen)
        for _ in range(int(PATIENCE_S)):
            if not status_of(database).taps:
                return
            moments.wait_ledgers(1)
        raise AssertionError("it is open still")

    session_with(database, talk, services=[keeper])


def test_a_session_that_is_gone_is_told_of_in_a_sentence(tmp_path: Path) -> None:
    """Whatever is asked of it."""
    database = tmp_path / "neo.sqlite3"
    session_with(database, lambda _: None)

    async def script() -> None:
        gone = OtherSession(database, "20260101-000000-abcd")
        with pytest.raises(SessionGoneError, match=r"No session runs on .+neo\.sqlite3\."):
            await gone.obey("k", Kill("enough"))

    trio.run(script)
    with pytest.raises(FileNotFoundError):
        read_endpoint(database)
