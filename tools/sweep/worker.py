"""A process that runs one session after another for a sweep.

It is spawned, not forked, on every system: the same on Windows, and nothing of the parent's threads comes along. When
its pipe closes it ends, so a parent that is killed leaves nobody behind.
"""

from __future__ import annotations

import contextlib
import math
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import trio
from loguru import logger

from actors.clock import VirtualClock
from actors.session import SessionPlan, StartupError, run_session
from neo.analysis import flat_figures
from neo.config import config_sha256
from neo.summary import SessionSummary
from tools.errors import OperatorError
from tools.logs import logging_to
from tools.screen import Silent
from tools.sweep.runs import BROKEN, INTERRUPTED, Result, Run, SweepMarket

DATABASE = "session.sqlite3"


class Task(msgspec.Struct, frozen=True):
    """One session to run, in an empty folder of its own, with a log or without."""

    run: Run
    folder: Path
    logged: bool


class Outcome(msgspec.Struct, frozen=True):
    """What came of a task: a result, or why there is none (None if it was interrupted)."""

    task: Task
    result: Result | None
    fault: str | None


def serve(pipe: Connection, markets: tuple[SweepMarket, ...]) -> None:
    """Run tasks as they come, until the pipe closes."""
    # A terminal's Ctrl+C reaches every process; the parent tells when to stop. A running session has its own handler.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logger.remove()
    with contextlib.suppress(EOFError, OSError):
        while True:
            task: Task = pipe.recv()
            pipe.send(outcome_of(task, markets))


def outcome_of(task: Task, markets: tuple[SweepMarket, ...]) -> Outcome:
    """Run a task's session to its end."""
    try:
        summary = _run(task, markets[task.run.market])
    except (StartupError, OperatorError) as error:
        return Outcome(task, None, str(error))
    except Exception as error:  # noqa: BLE001 - one session's fault must not end the others
        return Outcome(task, None, f"{type(error).__name__}: {error}")
    if summary.halt_reason in INTERRUPTED:
        return Outcome(task, None, None)
    if summary.results is None or summary.halt_reason in BROKEN:
        return Outcome(task, None, f"{summary.halt_reason}: {summary.halt_detail}")
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
    return Outcome(task, result, None)


def _run(task: Task, market: SweepMarket) -> SessionSummary:
    run, database = task.run, task.folder / DATABASE
    plan = SessionPlan(
        config=run.config,
        seed=run.seed,
        duration_s=run.duration_s,
        speed=math.inf,
        database=database,
        bars=market.bars,
        market_name=market.name,
        market_sha256=market.sha256,
        market_warning=market.warning,
    )
    clock = VirtualClock(math.inf)
    log_file = database.with_name(f"{database.name}.log")
    logs = logging_to(log_file, run.config.log, _unheard) if task.logged else contextlib.nullcontext()
    with logs:
        return trio.run(run_session, plan, Silent(sys.stderr), clock, clock=clock)


def _unheard(text: str) -> None:
    """A warning of one session among hundreds; its log has it."""
