"""How near a sweep on two cores comes to what two cores can give.

Run with ``pytest -m bench -n 0 -s tests/bench/test_sweep_bench.py``. What two cores give depends on who else is at
them, so the measure is two processes that run the same sessions in a plain loop, one after the other and every second
one each: nobody hands them out and nobody collects results. All ways run in turn; the best round of each counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from loguru import logger

from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_market, read_tables
from tools.sweep.crew import Crew, StopAsked
from tools.sweep.points import Chosen, checked_points
from tools.sweep.runs import Run, runs_of
from tools.sweep.worker import Task, outcome_of

SESSIONS = 12
DURATION_S = 1800
ROUNDS = 3

SHARE_MIN = 0.95
"""Of what two processes in plain loops do."""

MARKETS = (read_market(PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv"),)


@pytest.mark.bench
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_sessions_per_minute_on_two_cores_against_two_plain_loops(tmp_path: Path) -> None:
    """Starting processes, handing out sessions and taking results costs next to nothing."""
    ways: dict[str, Callable[[Path], None]] = {
        "one by one": lambda folder: crew(1, folder),
        "two jobs": lambda folder: crew(2, folder),
        "two plain loops": loops,
    }
    best_s = dict.fromkeys(ways, float("inf"))
    for number in range(ROUNDS):
        for name, way in ways.items():
            folder = tmp_path / f"{name} {number}"
            began_s = time.perf_counter()
            way(folder)
            best_s[name] = min(best_s[name], time.perf_counter() - began_s)
    per_minute = {name: 60 * SESSIONS / spent_s for name, spent_s in best_s.items()}
    print()
    for name, many in per_minute.items():
        print(f"{many:6.1f} sessions of {DURATION_S // 60} minutes a minute: {name}")
    assert per_minute["two jobs"] > SHARE_MIN * per_minute["two plain loops"]


def crew(jobs: int, folder: Path) -> None:
    """A sweep's own way."""
    with StopAsked() as stop, Crew(jobs, MARKETS, folder, kept=False) as members:
        assert all(outcome.result is not None for outcome in members.run(all_runs(), stop))


def loops(folder: Path) -> None:
    """Two processes, each with half of the sessions."""
    command = [sys.executable, __file__]
    running = [subprocess.Popen([*command, str(first), str(folder / str(first))]) for first in (0, 1)]
    assert [process.wait() for process in running] == [0, 0]


def all_runs() -> list[Run]:
    """The sessions."""
    points = checked_points(read_tables(find_profile("paper")), [Chosen({}, "--set")])
    return runs_of(points, tuple(range(1, SESSIONS + 1)), MARKETS, DURATION_S)


def main(first: int, folder: Path) -> None:
    """In a process of :func:`loops`: every second session."""
    logger.remove()
    for run in all_runs()[first::2]:
        task = Task(run, folder / run.id, kept=False)
        task.folder.mkdir(parents=True)
        assert outcome_of(task, MARKETS).result is not None


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
