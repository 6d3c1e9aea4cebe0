"""A session's warnings are its own: of two sessions in one process each notes what its own tasks and threads log."""

from __future__ import annotations

import contextvars
import threading
from pathlib import Path

import trio
from loguru import logger

from actors.plumbing.clock import VirtualClock
from actors.session.notes import SessionNotes
from actors.store import Writer


def test_two_sessions_do_not_note_each_others_warnings(tmp_path: Path) -> None:
    """Not those of tasks, nor of the writer's thread, nor of a thread of the operator's."""
    clock = VirtualClock()
    notes = {"one": SessionNotes(), "two": SessionNotes()}

    def warn(event: str) -> None:
        logger.warning(event)

    async def session(name: str, meet: trio.Event, other: trio.Event) -> None:
        writer = Writer(tmp_path / name, name, clock.working)
        with notes[name].listening():
            meet.set()
            await other.wait()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.lowlevel.checkpoint)
                warn(f"task_{name}")
            await writer.run(warn, f"writer_{name}")
            await writer.run_aside(warn, f"aside_{name}")
            thread = threading.Thread(target=contextvars.copy_context().run, args=(warn, f"thread_{name}"))
            thread.start()
            thread.join()
        writer.close()
        warn(f"late_{name}")

    async def main() -> None:
        first, second = trio.Event(), trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session, "one", first, second)
            nursery.start_soon(session, "two", second, first)

    trio.run(main, clock=clock)
    for name, kept in notes.items():
        assert kept.warnings == tuple(f"WARNING {where}_{name}" for where in ("task", "writer", "aside", "thread"))
        assert kept.times(f"writer_{name}") == 1


def test_a_warning_that_comes_again_is_noted_once_with_its_count() -> None:
    """So a session that warns all day has a row that can be read."""
    notes = SessionNotes()
    with notes.listening():
        for _ in range(3):
            logger.bind(cause="full", ledger_index=7).warning("disk")
    assert notes.warnings == ("WARNING disk cause=full (3 times)",)
