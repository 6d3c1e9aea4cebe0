"""The processes that run a sweep's sessions, from the parent's side.

Each has a pipe of its own instead of a pool's shared queue: a process that dies (out of memory, say) costs the session
it was at and is replaced, where the standard library's pool would give up all the rest.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Self

from actors.session.watches import SIGNALS, heeded
from neo.messages.halts import HALT_FACTS
from tools.sweep.folders import clear_way, make_marked, remove_marked
from tools.sweep.runs import Market, Run
from tools.sweep.worker import FROM_A_TERMINAL, RunOutcome, Task, serve

# How often the parent looks whether it was asked to stop. On Windows a signal doesn't end a wait.
_LOOK_S = 0.2

# What a session may take to end when it is told to; then its process is killed.
_GOODBYE_S = 15.0


class StopAsked:
    """Whether a signal asked to stop, and the exit code that says so. Use it as a context manager."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in heeded(SIGNALS):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.exit_code = HALT_FACTS[SIGNALS[number]].exit_code


class Crew:
    """A number of processes, and the sessions that are left to run. Use it as a context manager.

    Args:
        size: Processes.
        markets: The recordings that runs refer to by their number.
        folder: Where sessions have their files while they run; it is the crew's, and gone at the end.
        kept: Whether their databases and logs are there with the outcome. Else nobody ever sees them, which saves a
            quarter of a session.
    """

    def __init__(self, size: int, markets: tuple[Market, ...], folder: Path, *, kept: bool) -> None:
        self._size = size
        self._markets = markets
        self._folder = folder
        self._kept = kept
        self._spawn = multiprocessing.get_context("spawn")
        self._members: dict[Connection, SpawnProcess] = {}
        self._tasks: dict[Connection, Task] = {}

    def __enter__(self) -> Self:
        # What a sweep left that was killed outright.
        clear_way(self._folder)
        make_marked(self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        for pipe, process in self._members.items():
            # Both are needed: a session takes the signal as its own end, and then the closed pipe ends the process.
            pipe.close()
            process.terminate()
        for process in self._members.values():
            process.join(_GOODBYE_S)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self._members.clear()
        remove_marked(self._folder)

    def run(self, runs: Sequence[Run], stop: StopAsked) -> Iterator[RunOutcome]:
        """Run sessions; their outcomes as they come, not in the order of the runs. Ends early when asked to stop.

        An outcome's folder is there until the next one is asked for.
        """
        left = iter(runs)
        while stop.exit_code is None:
            self._hand_out(left)
            if not self._tasks:
                return
            ready = wait(list(self._tasks), _LOOK_S)
            for pipe in [pipe for pipe in self._tasks if pipe in ready]:
                outcome = self._outcome(pipe)
                yield outcome
                remove_marked(outcome.task.folder)

    def _hand_out(self, left: Iterator[Run]) -> None:
        """Give every idle process a session; new ones are started up to the crew's size."""
        while len(self._tasks) < self._size and (run := next(left, None)) is not None:
            idle = [pipe for pipe in self._members if pipe not in self._tasks]
            pipe = idle[0] if idle else self._hire()
            task = Task(run, self._folder / run.id, self._kept)
            make_marked(task.folder)
            self._tasks[pipe] = task
            # A process that is gone already is found when its outcome is waited for.
            with contextlib.suppress(OSError):
                pipe.send(task)

    def _hire(self) -> Connection:
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(target=serve, args=(theirs, self._markets), daemon=True)
        with _blocked_signals():
            process.start()
        theirs.close()
        self._members[ours] = process
        return ours

    def _outcome(self, pipe: Connection) -> RunOutcome:
        task = self._tasks.pop(pipe)
        try:
            outcome = pipe.recv()
        except (EOFError, OSError):
            process = self._members.pop(pipe)
            process.join()
            fault = f"its process ended with exit code {process.exitcode}"
            process.close()
            pipe.close()
            return RunOutcome(task, None, fault)
        assert isinstance(outcome, RunOutcome), "that is all that a process sends"
        return outcome


@contextlib.contextmanager
def _blocked_signals() -> Iterator[None]:
    """Hold up what comes from a terminal (POSIX).

    A process that is just starting would end with a traceback at Ctrl+C. It inherits the block, and lifts it once it
    ignores them; we get ours a moment later.
    """
    if sys.platform == "win32":
        yield
        return
    # It starts with the first process, and lifts a block of SIGINT when it does.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FROM_A_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
