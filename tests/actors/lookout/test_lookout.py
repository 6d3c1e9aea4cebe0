"""The lookout beside whole sessions: what services are told, in which order, and what one that breaks costs."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
import trio
from support.sessions import Watcher, plan_for

from actors.lookout.lookout import Lookout, Service, ServiceRefusedError
from actors.lookout.watched import Ended, Watched
from actors.operator.killfile import kill_file
from actors.operator.protocol import Done, Kill, ServiceHealth, Status
from actors.plumbing.tap import Lost, Tapped
from actors.session.session import StartupError, start_session
from neo.messages import MarketView, Message, SessionStarted
from neo.messages.halts import HaltReason


class Diary:
    """A service that writes down what it is told."""

    name = "diary"
    types: Collection[type[Message]] = (SessionStarted, MarketView)

    def __init__(self) -> None:
        self.told: list[object] = []
        self.said_farewell = False
        self.session: Watched | None = None

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep_forever()

    def begin(self, session: Watched) -> None:
        self.session = session
        self.told.append("begun")

    def observe(self, item: Tapped | Lost) -> None:
        self.told.append(type(item.message) if isinstance(item, Tapped) else item)

    def warn(self, note: str) -> None:
        self.told.append(note)

    def end(self, ended: Ended) -> None:
        self.told.append(ended)

    async def farewell(self) -> None:
        self.said_farewell = True

    def health(self) -> tuple[ServiceHealth, ...]:
        return (ServiceHealth(self.name, ok=True, detail="writes"),)


def watched_run(database: Path, *services: Service, duration_s: int = 40) -> Lookout:
    """A whole session at full speed with these services."""
    lookout = Lookout(services)
    with lookout.open():
        start_session(plan_for(database, duration_s=duration_s), Watcher(), lookout=lookout)
    return lookout


def test_a_service_is_told_of_the_session_in_order(tmp_path: Path) -> None:
    """Its beginning, what happens in it, its end with the whole summary, and a moment for last words."""
    diary = Diary()
    watched_run(tmp_path / "neo.sqlite3", diary)
    assert diary.told[0] == "begun"
    assert MarketView in diary.told[1:-1]
    ended = diary.told[-1]
    assert isinstance(ended, Ended)
    assert ended.reason is HaltReason.DURATION_ELAPSED
    assert ended.summary is not None
    assert diary.session is not None
    assert ended.session_id == ended.summary.session_id == diary.session.session_id
    assert diary.said_farewell


def test_a_session_that_cannot_begin_is_told_too(tmp_path: Path) -> None:
    """Whoever is to be woken has no other sign of it."""
    database = tmp_path / "neo.sqlite3"
    kill_file(database).touch()
    diary = Diary()
    with pytest.raises(StartupError, match="kill file"):
        watched_run(database, diary)
    [ended] = diary.told
    assert isinstance(ended, Ended)
    assert (ended.session_id, ended.reason, ended.summary) == ("", HaltReason.STARTUP_FAILURE, None)
    assert "kill file" in ended.detail


def test_a_service_that_breaks_costs_the_others_nothing(tmp_path: Path) -> None:
    """The session runs on, and so does who did not break."""

    class Broken(Diary):
        def observe(self, item: Tapped | Lost) -> None:
            super().observe(item)
            raise RuntimeError("no more")

    broken, diary = Broken(), Diary()
    watched_run(tmp_path / "neo.sqlite3", broken, diary)
    assert broken.told[1:] == [SessionStarted]
    assert isinstance(diary.told[-1], Ended)


def test_a_service_that_cannot_begin_keeps_the_session_from_beginning(tmp_path: Path) -> None:
    """Who asks for a page and can't have it hears so before an order is placed."""

    class Refused(Diary):
        async def run(self, task_status: trio.TaskStatus[None]) -> None:  # noqa: ARG002 - it never starts
            raise ServiceRefusedError("port 80 is another program's; write another one")

    with pytest.raises(ServiceRefusedError, match="port 80"):
        watched_run(tmp_path / "neo.sqlite3", Refused())
    assert not (tmp_path / "neo.sqlite3").exists()


def test_a_service_asks_and_orders_across_the_threads(tmp_path: Path) -> None:
    """A status is the session's own; an order is done once for its id, however often it is sent."""
    seen: list[object] = []

    class Hand(Diary):
        def __init__(self) -> None:
            super().__init__()
            self.begun = trio.Event()

        def begin(self, session: Watched) -> None:
            super().begin(session)
            self.begun.set()

        async def run(self, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            await self.begun.wait()
            assert self.session is not None
            seen.append(await self.session.status())
            seen.append(await self.session.obey("once", Kill("enough")))
            seen.append(await self.session.obey("once", Kill("enough")))
            await trio.sleep_forever()

    hand = Hand()
    watched_run(tmp_path / "neo.sqlite3", hand, duration_s=86_400)
    status, first, again = seen
    assert isinstance(status, Status)
    assert isinstance(first, Done)
    assert first == again
    ended = hand.told[-1]
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.detail) == (HaltReason.KILL_SWITCH, "neo kill: enough")


def test_a_warning_of_the_log_reaches_the_services() -> None:
    """In a line, before a session has begun as well."""
    diary = Diary()
    lookout = Lookout([diary])
    with lookout.open():
        lookout.warn("the disk is nearly full")
    assert diary.told == ["the disk is nearly full"]
