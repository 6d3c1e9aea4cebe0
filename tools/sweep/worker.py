"""A process that runs one session after another for a sweep.

It is spawned, not forked, on every system: the same on Windows, and nothing of the parent's threads comes along. When
its pipe closes it ends after the session that it is at, and at once when the parent is gone, so a parent that is killed
leaves nobody behind.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import msgspec
from loguru import logger

from actors.session.plan import lasting_s
from actors.session.session import SessionPlan, StartupError, start_session
from actors.venues.host import VenueOptions
from actors.venues.table import venue_plan
from neo.analysis import flat_figures
from neo.analysis.summary import SessionSummary
from neo.config import config_sha256
from neo.messages.halts import INTERRUPTED
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.console.logs import logging_to
from tools.console.output import Outlet
from tools.screen.screen import Silent
from tools.sweep.runs import BROKEN, Market, Result, Run

DATABASE = "session.sqlite3"

# The signals that a terminal sends to every process that was started from it; not all of them exist everywhere.
FROM_A_TERMINAL = tuple(
    number
    for name in ("SIGINT", "SIGQUIT", "SIGHUP", "SIGBREAK")
    if (number := getattr(signal, name, None)) is not None
)


class Task(msgspec.Struct, frozen=True):
    """One session to run, in an empty folder of its own; whether its database and its log are to stay there."""

    run: Run
    folder: Path
    kept: bool


class RunOutcome(msgspec.Struct, frozen=True):
    """What came of a task: a result, or why there is none (None if it was interrupted)."""

    task: Task
    result: Result | None
    fault: str | None


def serve(pipe: Connection, markets: tuple[Market, ...]) -> None:
    """Run tasks as they come, until the pipe closes."""
    # A terminal's signals reach every process; the parent tells when to stop. A running session has its own handlers.
    for number in FROM_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FROM_A_TERMINAL)
    threading.Thread(target=_end_with_the_parent, name="parent-watch", daemon=True).start()
    logger.remove()
    errors: Any = Outlet.of(sys.stderr)  # as in tools.console.output.speaking, which ran in the parent
    sys.stderr = errors
    with contextlib.suppress(EOFError, OSError):
        while True:
            task: Task = pipe.recv()
            pipe.send(outcome_of(task, markets))


def _end_with_the_parent() -> None:
    """A parent that was killed outright can tell nobody to stop, and nobody is there for what is under way."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(EXIT_STARTUP)


def outcome_of(task: Task, markets: tuple[Market, ...]) -> RunOutcome:
    """Run a task's session to its end."""
    try:
        summary = _run(task, markets[task.run.market])
    except (StartupError, OperatorError) as error:
        return RunOutcome(task, None, str(error))
    except Exception as error:  # noqa: BLE001 - one session's fault must not end the others
        return RunOutcome(task, None, f"{type(error).__name__}: {error}")
    if summary.halt_reason in INTERRUPTED:  # the session was not let run, so there is nothing to learn from it
        return RunOutcome(task, None, None)
    if summary.results is None or summary.halt_reason in BROKEN:
        return RunOutcome(task, None, f"{summary.halt_reason}: {summary.halt_detail}")
    run = task.run
    result = Result(
        run=run.id,
        settings=run.settings,
        seed=run.seed,
        market=run.market_name,
        duration_s=run.duration_s,
        config_sha256=config_sha256(run.config),
        journal_sha256=summary.journal_sha256,
        halt_reason=summary.halt_reason,
        halt_detail=summary.halt_detail,
        wall_s=summary.wall_s,
        figures=flat_figures(summary.results),
    )
    return RunOutcome(task, result, None)


def _run(task: Task, market: Market) -> SessionSummary:
    run, database = task.run, task.folder / DATABASE
    venue = venue_plan(run.config, VenueOptions(recording=market, seed=run.seed, speed=math.inf))
    plan = SessionPlan(
        config=run.config,
        venue=venue,
        duration_s=lasting_s(venue, run.duration_s),
        database=database,
        is_kept=task.kept,
    )
    log_file = database.with_name(f"{database.name}.log")
    logs = logging_to(log_file, run.config.log, _unheard) if task.kept else contextlib.nullcontext()
    with logs:
        return start_session(plan, Silent(sys.stderr))


def _unheard(text: str) -> None:
    """A warning of one session among hundreds; its log has it."""
