"""The writer's thread: one order, nothing abandoned, errors to whom they belong, and a clock that holds still.

Method: jobs that block on events, so that every moment of a job can be met; no sleeping.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.plumbing.clock import VirtualClock
from actors.store import StuckError, Writer
from actors.store.writer import PATIENCE_S

PATH = Path("neo.db")
# Real seconds that a test waits for a thread at most.
CAP_S = 20.0


@contextlib.contextmanager
def writer() -> Iterator[Writer]:
    made = Writer(PATH, "test-writer", contextlib.nullcontext)
    try:
        yield made
    finally:
        made.close()


async def test_a_job_runs_in_the_thread_and_its_result_comes_back() -> None:
    """The job runs outside Trio's thread, always in the same one, with its arguments."""
    with writer() as own:
        first = await own.run(threading.current_thread)
        second = await own.run(threading.current_thread)
        assert first is second is not threading.current_thread()
        assert await own.run(int, "ff", base=16) == 255


async def test_jobs_run_in_the_order_of_the_calls() -> None:
    """Tasks that call one after another are served one after another."""
    done: list[int] = []
    with writer() as own:
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(own.run, done.append, number)
                await trio.testing.wait_all_tasks_blocked()
    assert done == list(range(20))


async def test_an_error_goes_to_the_one_who_asked() -> None:
    """What a job raises is raised at the await, with the job's own frames, and the thread goes on."""

    def fails() -> None:
        raise LookupError("no such row")

    with writer() as own:
        with pytest.raises(LookupError, match="no such row") as raised:
            await own.run(fails)
        assert raised.traceback[-1].name == "fails"
        assert await own.run(lambda: "on") == "on"


async def test_a_job_that_was_begun_is_waited_for() -> None:
    """A cancelled caller gets the job's answer first; the cancellation comes at its next checkpoint."""
    begun, go_on = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()
    answers: list[str] = []

    def job() -> str:
        token.run_sync_soon(begun.set)
        assert go_on.wait(CAP_S)
        return "committed"

    async def ask(own: Writer, scope: trio.CancelScope) -> None:
        with scope:
            answers.append(await own.run(job))
            await trio.lowlevel.checkpoint()
            answers.append("never")

    with writer() as own:
        async with trio.open_nursery() as nursery:
            scope = trio.CancelScope()
            nursery.start_soon(ask, own, scope)
            await begun.wait()
            scope.cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert answers == []
            go_on.set()
        assert scope.cancelled_caught
    assert answers == ["committed"]


async def test_a_cancelled_caller_begins_nothing() -> None:
    """A caller that is cancelled already does not start a job."""
    ran: list[int] = []
    with writer() as own:
        with trio.CancelScope() as scope:
            scope.cancel()
            await own.run(ran.append, 1)
        assert scope.cancelled_caught
    assert ran == []


def test_a_dead_disk_is_told_and_does_not_hang_the_session() -> None:
    """A job that does not come back within the patience is a StuckError, even for a shielded caller."""
    go_on = threading.Event()

    async def main() -> None:
        own = Writer(PATH, "test-writer", contextlib.nullcontext)
        with pytest.raises(StuckError, match="the disk has not answered for 30 s"), trio.CancelScope(shield=True):
            await own.run(go_on.wait, CAP_S)
        assert trio.current_time() >= PATIENCE_S
        go_on.set()
        # The late answer wakes nobody, and the thread serves again.
        clock.autojump_threshold = math.inf
        assert await own.run(lambda: "on") == "on"
        own.close()

    # A clock that takes the thread's work for idleness, as the session's does once its own patience is over.
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(main, clock=clock)


def test_the_virtual_clock_holds_while_a_job_is_in_flight() -> None:
    """Virtual time doesn't run ahead of the database: no deadline passes while a job is under way."""
    clock = VirtualClock(math.inf)
    seen: list[float] = []

    async def main() -> None:
        own = Writer(PATH, "test-writer", clock.working)
        token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:

            async def note_a_later_time() -> None:
                await trio.sleep(1)
                seen.append(trio.current_time())

            def job() -> list[float]:
                # Each round lets Trio come to rest and ask its clock how far it may go.
                for _ in range(20):
                    rested = threading.Event()
                    token.run_sync_soon(rested.set)
                    assert rested.wait(CAP_S)
                return list(seen)

            nursery.start_soon(note_a_later_time)
            assert await own.run(job) == []
        assert seen == [1.0]
        own.close()

    trio.run(main, clock=clock)


async def test_a_brief_job_is_done_in_the_callers_turn_where_nobody_keeps_time() -> None:
    """Nor is one aside in another thread; where somebody does keep time, each is its thread's as any other."""
    for is_alone in (True, False):
        own = Writer(PATH, "test-writer", contextlib.nullcontext, is_alone=is_alone)
        here = threading.current_thread()
        assert (await own.run_briefly(threading.current_thread) is here) is is_alone
        beside = own.beside("helper")
        assert (await beside.run_aside(threading.current_thread) is here) is is_alone
        beside.close()
        with pytest.raises(IndexError):
            await own.run_briefly([].pop)
        own.close()


async def test_a_brief_job_waits_its_turn_behind_one_that_is_under_way() -> None:
    """Two are never at the database at once: while the thread is at one, the next is the thread's too."""
    begun, go_on = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()
    done: list[str] = []

    def long() -> None:
        token.run_sync_soon(begun.set)
        assert go_on.wait(CAP_S)
        done.append("long")

    own = Writer(PATH, "test-writer", contextlib.nullcontext, is_alone=True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(own.run, long)
        await begun.wait()
        nursery.start_soon(own.run_briefly, done.append, "brief")
        await trio.testing.wait_all_tasks_blocked()
        assert done == []
        go_on.set()
    assert done == ["long", "brief"]
    assert await own.run_briefly(threading.current_thread) is threading.current_thread()
    own.close()


async def test_close_ends_the_thread() -> None:
    """After close the thread is gone."""
    own = Writer(PATH, "test-writer", contextlib.nullcontext)
    thread = await own.run(threading.current_thread)
    own.close()
    assert not thread.is_alive()


def test_an_answer_after_the_run_finds_nobody_and_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that outlives its Trio run ends quietly, and the thread can still be closed."""
    monkeypatch.setattr("actors.store.writer.PATIENCE_S", 0.0)
    go_on = threading.Event()
    made: list[Writer] = []

    async def main() -> None:
        made.append(Writer(PATH, "test-writer", contextlib.nullcontext))
        await made[0].run(go_on.wait, CAP_S)

    with pytest.raises(StuckError):
        trio.run(main)
    monkeypatch.undo()
    go_on.set()
    made[0].close()
