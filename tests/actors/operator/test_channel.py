"""The operator's hand in whole sessions: kill, pause, resume, status, and who is let near.

Method: the session runs paced in the main thread, its operator talks from another, through the real channel.
"""

from __future__ import annotations

import functools
import math
import stat
import sys
from pathlib import Path

import pytest
import trio
import trio.testing
from support.sessions import Watcher, journal_of, plan_for, run
from support.talks import Moments, session_with, status_of

from actors.operator.channel import ControlChannel
from actors.operator.endpoint import Door, endpoint_file, read_endpoint
from actors.operator.hand import Operator
from actors.operator.killfile import kill_file
from actors.operator.protocol import Done, Endpoint, Kill, Pause, Resume
from actors.session.parts import SessionParts
from actors.session.session import StartupError
from actors.store import list_sessions
from neo.messages import HaltRaised, LedgerClosed, OrderIntended, PauseQuoting, QuotingPaused, QuotingResumed, Record
from neo.messages.halts import HaltReason
from tools.console.link import asked
from tools.proofs.faults import CrashingChannels, InjectedFaultError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def placed_between(records: list[Record], first: type[Record], last: type[Record]) -> list[OrderIntended]:
    """New offers (no cancels) that the journal has between two kinds of records."""
    kinds = [type(record) for record in records]
    span = records[kinds.index(first) : kinds.index(last)]
    return [record for record in span if isinstance(record, OrderIntended) and record.cancels is None]


def test_a_kill_ends_the_session_with_who_and_why(database: Path) -> None:
    """Reason, detail, row; nothing of ours rests, and the endpoint's file is gone."""
    said = []
    summary = session_with(database, lambda _: said.append(asked(database, Kill("fire in the house"))))
    [reply] = said
    assert isinstance(reply, Done)
    assert reply.session_id == summary.session_id
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    assert summary.halt_detail == "neo kill: fire in the house"
    assert [halt.detail for halt in summary.secondary_halts] == ["neo kill: the talk is over"]
    assert summary.orders_left == ()
    assert summary.rungs_failed == ()
    [row] = list_sessions(database)
    assert (row.halt_reason, row.halt_detail) == ("kill_switch", "neo kill: fire in the house")
    assert not endpoint_file(database).exists()


def test_a_pause_pulls_the_quotes_and_a_resume_brings_them_back(database: Path) -> None:
    """While paused ledgers go by with nothing of ours; the journal tells from when to when, and why."""
    seen = []

    def talk(moments: Moments) -> None:
        asked(database, Pause("lunch"))
        moments.wait_ledgers(4)
        seen.append(status_of(database))
        asked(database, Pause("lunch again"))
        moments.wait_ledgers(4)
        asked(database, Resume("fed"))
        moments.wait_ledgers(6)
        seen.append(status_of(database))

    summary = session_with(database, talk)
    during, after = seen
    assert (during.paused, during.pause_cause, during.offers) == (True, "neo pause: lunch", 0)
    assert (after.paused, after.pause_cause) == (False, "")
    assert after.offers > 0
    assert during.mid_price is not None
    records = journal_of(database, summary.session_id)
    [paused] = [record for record in records if isinstance(record, QuotingPaused)]
    [resumed] = [record for record in records if isinstance(record, QuotingResumed)]
    assert (paused.cause, resumed.cause) == ("neo pause: lunch", "neo resume: fed")
    assert resumed.ledger_index - paused.ledger_index >= 7
    assert placed_between(records, QuotingPaused, QuotingResumed) == []
    assert summary.inventory.exact
    assert summary.rungs_failed == ()


def test_a_pause_outlives_the_gateway(database: Path) -> None:
    """The gateway crashes while paused; the next incarnation is paused too, by the journal's word."""
    crashed: list[str] = []
    told = []

    def trigger(actor: str, moment: str, message: object) -> None:
        if actor == "gateway" and moment == "after":
            if isinstance(message, PauseQuoting):
                crashed.append("armed")
            elif isinstance(message, LedgerClosed) and crashed == ["armed"]:
                crashed.append("crashed")
                raise InjectedFaultError("while paused")

    def talk(moments: Moments) -> None:
        asked(database, Pause(""))
        moments.wait_ledgers(6)
        told.append(status_of(database))

    parts = SessionParts(channels=functools.partial(CrashingChannels, trigger=trigger))
    summary = session_with(database, talk, parts=parts)
    [status] = told
    assert crashed == ["armed", "crashed"]
    assert summary.restarts == 1
    assert (status.paused, status.offers, status.restarts) == (True, 0, 1)
    assert placed_between(journal_of(database, summary.session_id), QuotingPaused, HaltRaised) == []


def test_a_status_tells_where_the_session_stands(database: Path) -> None:
    """Asked at its eighth ledger, a session gives its name, plan, tick and every channel, with nothing wrong in it."""
    told = []
    summary = session_with(database, lambda _: told.append(status_of(database)))
    [status] = told
    assert status.session_id == summary.session_id
    assert (status.venue, status.seed, status.duration_s) == ("sim", 7, 7200)
    assert status.ledger_index is not None
    # It is asked at the eighth ledger, whose own tick may still be on its way.
    assert status.elapsed_s >= 32
    assert status.elapsed_s // 4 - 1 <= status.tick <= status.elapsed_s // 4
    assert (status.halting, status.paused, status.restarts, status.taps) == (None, False, 0, 0)
    assert {depth.name for depth in status.channels} >= {"gateway", "strategy", "risk", "persistence", "telemetry"}


def test_only_the_owner_may_reach_where_the_session_listens(database: Path) -> None:
    """Mode 0600 on the one file that has the key, 0700 on the socket's folder, and the key is nowhere else."""
    seen: list[Endpoint] = []

    def talk(_: Moments) -> None:
        seen.append(read_endpoint(database))
        if sys.platform != "win32":
            assert stat.S_IMODE(endpoint_file(database).stat().st_mode) == 0o600
            assert stat.S_IMODE(Path(seen[0].path).parent.stat().st_mode) == 0o700

    session_with(database, talk)
    [endpoint] = seen
    assert endpoint.key.encode() not in b"".join(file.read_bytes() for file in database.parent.iterdir())
    assert sys.platform == "win32" or not Path(endpoint.path).parent.exists()


def test_a_kill_file_from_before_keeps_a_session_from_starting(database: Path) -> None:
    """An operator said stop, and only an operator takes that back: nothing is opened, nothing is written."""
    kill_file(database).touch()
    with pytest.raises(StartupError, match=r"neo.sqlite3.kill: a kill file lies there .* Remove it"):
        run(plan_for(database))
    assert not database.exists()
    kill_file(database).unlink()
    assert run(plan_for(database, duration_s=20)).halt_reason is HaltReason.DURATION_ELAPSED


def test_a_file_that_a_dead_process_left_is_replaced_and_removed(database: Path) -> None:
    """An endpoint file of a killed session keeps no later one from listening, and the later one clears it away."""
    endpoint_file(database).write_text("old", encoding="utf-8")
    run(plan_for(database, duration_s=20))
    assert not endpoint_file(database).exists()


def test_a_session_goes_on_where_it_cannot_listen(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No loopback: no channel, a warning, and the session all the same; the kill file still works."""

    def refused(_database: Path) -> Door:
        raise OSError("no loopback here")

    monkeypatch.setattr(ControlChannel.__init__, "__defaults__", (refused,))
    watcher = Watcher(lambda _: kill_file(database).touch())
    summary = run(plan_for(database, duration_s=7200, speed=math.inf), watcher)
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    assert summary.halt_detail == "kill file neo.sqlite3.kill"


def test_being_asked_changes_nothing_in_the_journal(tmp_path: Path) -> None:
    """A session that is asked and asked again trades as one that is left alone, record by record."""

    def talk(moments: Moments) -> None:
        for _ in range(5):
            status_of(tmp_path / "asked.sqlite3")
            moments.wait_ledgers(1)

    asked_summary = session_with(tmp_path / "asked.sqlite3", talk)
    alone = run(plan_for(tmp_path / "alone.sqlite3", duration_s=600))
    told = journal_of(tmp_path / "asked.sqlite3", asked_summary.session_id)
    until = next(number for number, record in enumerate(told) if isinstance(record, HaltRaised))
    left_alone = journal_of(tmp_path / "alone.sqlite3", alone.session_id)
    assert until > 50
    # A machine that is very slow may have let it be asked for longer than the other one ran.
    until = min(until, len(left_alone) - 10)
    assert told[:until] == left_alone[:until]


@pytest.mark.parametrize(
    ("reads", "ends_after_s"),
    [
        pytest.param([0.8] * 5, 4.0, id="slowly, and to the end"),
        pytest.param([0.8, 0.8, math.inf], 2.6, id="no more after a while"),
        pytest.param([], 1.0, id="not at all"),
        pytest.param([0.8] * 99, 15.0, id="for ever"),
    ],
)
async def test_an_end_waits_for_taps_as_long_as_they_read_and_not_for_ever(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, reads: list[float], ends_after_s: float
) -> None:
    """On a busy machine all that is left takes longer than a moment; one who reads no more is cut after one second."""
    channel = ControlChannel(tmp_path / "neo.sqlite3", "session", object.__new__(Operator))

    async def read() -> None:
        channel._streams = 1
        for pause_s in reads or [math.inf]:
            await trio.sleep(pause_s)
            channel._sent += 1
        channel._streams = 0

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        begun_s = trio.current_time()
        await channel._take_leave()
        assert trio.current_time() - begun_s == pytest.approx(ends_after_s, abs=0.11)
        nursery.cancel_scope.cancel()
