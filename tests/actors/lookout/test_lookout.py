"""The lookout beside whole sessions: what services are told, in which order, and what one that breaks costs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Collection
from pathlib import Path

import pytest
import trio
from loguru import logger
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
    assert (ended.reason, ended.detail) == (HaltReason.KILL_SWITCH, "page kill: enough")


def test_a_warning_of_the_log_reaches_the_services() -> None:
    """In a line, before a session has begun as well."""
    diary = Diary()
    lookout = Lookout([diary])
    with lookout.open():
        lookout.warn("the disk is nearly full")
    assert diary.told == ["the disk is nearly full"]


# --- What services may do ----------------------------------------------------------------------------------------


def lookouts_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "lookout"]


def test_nothing_is_left_of_the_lookout_after_a_session(tmp_path: Path) -> None:
    """No thread, however the session ended; and last words are said once."""
    lookout = Lookout([Diary()])
    with lookout.open():
        start_session(plan_for(tmp_path / "neo.sqlite3", duration_s=8), Watcher(), lookout=lookout)
        lookout.close()
        assert lookouts_threads() == []
        lookout.close()
    with pytest.raises(KeyError), Lookout([Diary()]).open():
        raise KeyError("not ours")
    assert lookouts_threads() == []


def test_what_keeps_a_session_from_beginning_is_told_whatever_it_is() -> None:
    """A profile's prices that are gone, say: the command finds that before there is a session."""
    diary = Diary()
    with pytest.raises(ValueError, match="gone"), Lookout([diary]).open():
        raise ValueError("prices.csv: is gone; sEdTM1uX8pu2do5XvTnutH6HsouMaM2")
    [ended] = diary.told
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.detail) == (HaltReason.STARTUP_FAILURE, "prices.csv: is gone; [hidden]")
    assert diary.said_farewell


def test_a_service_that_hangs_over_its_last_words_is_cut_off() -> None:
    """The others say theirs."""

    class Hanging(Diary):
        async def farewell(self) -> None:
            await trio.sleep_forever()

    diary = Diary()
    with Lookout([Hanging(), diary], farewell_s=0.05).open():
        pass
    assert diary.said_farewell
    assert lookouts_threads() == []


def test_ctrl_c_cuts_the_last_words_short() -> None:
    """The session is over, and so is the operator's patience."""
    said = threading.Event()

    class Hanging(Diary):
        async def farewell(self) -> None:
            said.set()
            await trio.sleep_forever()

    def interrupt() -> None:
        assert said.wait(20)
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    operator = threading.Thread(target=interrupt)
    operator.start()
    with Lookout([Hanging()], farewell_s=600).open():
        pass
    operator.join()
    assert lookouts_threads() == []
    assert signal.getsignal(signal.SIGINT) is before


def test_a_service_that_can_not_even_be_cancelled_is_left_behind_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds its thread; the process ends all the same."""
    monkeypatch.setattr("actors.lookout.lookout._STUCK_S", 0.05)
    release = threading.Event()

    class Stuck(Diary):
        async def farewell(self) -> None:
            release.wait()

    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(message.record["message"]), level="ERROR")
    with Lookout([Stuck()], farewell_s=0.05).open():
        pass
    logger.remove(sink)
    assert lines == ["lookout_stuck"]
    [thread] = [thread for thread in threading.enumerate() if thread.name == "lookout"]
    assert thread.daemon
    release.set()
    thread.join(20)


@pytest.mark.parametrize("holds_the_thread", [False, True], ids=["it waits", "it holds the thread"])
def test_a_service_that_never_gets_ready_keeps_the_session_from_beginning(
    monkeypatch: pytest.MonkeyPatch, *, holds_the_thread: bool
) -> None:
    """In words, and in a time that an operator waits."""
    monkeypatch.setattr("actors.lookout.lookout._STUCK_S", 0.05)
    release = threading.Event()

    class Slow(Diary):
        async def run(self, task_status: trio.TaskStatus[None]) -> None:  # noqa: ARG002 - it never gets there
            if holds_the_thread:
                release.wait()
            await trio.sleep_forever()

    lookout = Lookout([Slow()], start_s=0.05, farewell_s=0.05)
    with pytest.raises(ServiceRefusedError, match=r"not ready within 0\.05 s"), lookout.open():
        pytest.fail("it began")
    release.set()
    for thread in threading.enumerate():
        if thread.name == "lookout":
            thread.join(20)


def test_one_that_breaks_before_it_is_ready_or_just_leaves_costs_nothing(tmp_path: Path) -> None:
    """A fault in showing a session keeps nobody from trading; the status says which of them broke."""

    class Breaks(Diary):
        name = "breaks"

        async def run(self, task_status: trio.TaskStatus[None]) -> None:  # noqa: ARG002 - it never gets there
            raise RuntimeError("at once")

    class Leaves(Diary):
        name = "leaves"

        async def run(self, task_status: trio.TaskStatus[None]) -> None:
            """Nothing."""

    class Unwell(Diary):
        name = "unwell"

        def health(self) -> tuple[ServiceHealth, ...]:
            raise KeyError("a fault")

    seen: list[Status] = []

    class Asking(Diary):
        async def run(self, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            while self.session is None:  # noqa: ASYNC110 - it comes by a call
                await trio.sleep(0.001)
            seen.append(await self.session.status())
            await self.session.obey("stop", Kill("enough"))
            await trio.sleep_forever()

    watched_run(tmp_path / "neo.sqlite3", Breaks(), Leaves(), Unwell(), Asking(), duration_s=86_400)
    assert [(row.name, row.ok, row.detail) for row in seen[0].services] == [
        ("unwell", False, "can't be told (KeyError)"),
        ("diary", True, "writes"),
        ("breaks", False, "broke; the log tells how"),
        ("leaves", False, "broke; the log tells how"),
    ]


def test_services_that_want_no_message_cost_no_tap(tmp_path: Path) -> None:
    """A heartbeat takes nothing of the session's time."""
    seen: list[int] = []

    class Deaf(Diary):
        types: Collection[type[Message]] = ()

        async def run(self, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            while self.session is None:  # noqa: ASYNC110 - it comes by a call
                await trio.sleep(0.001)
            seen.append((await self.session.status()).taps)
            await self.session.obey("stop", Kill("enough"))
            await trio.sleep_forever()

    watched_run(tmp_path / "neo.sqlite3", Deaf(), duration_s=86_400)
    assert seen == [0]
