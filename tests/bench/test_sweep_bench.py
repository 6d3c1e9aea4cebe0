"""How much faster a sweep is on several cores than its sessions one by one.

Run with ``pytest -m bench -n 0 -s tests/bench/test_sweep_bench.py``. Both ways run in one test, turn about. What two
cores give depends on who else is at them, so between the rounds processes that only count are timed the same way: a
sweep has to come near to what they got.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_market, read_tables
from tools.sweep.crew import Crew, StopAsked
from tools.sweep.points import Chosen, checked_points
from tools.sweep.runs import runs_of

SESSIONS = 8
DURATION_S = 1800
ROUNDS = 2

SHARE_MIN = 0.75
"""Of what two processes that only count get; starting processes and handing over results takes the rest."""

_COUNTING = "total = 0\nfor number in range(12_000_000): total += number"


@pytest.mark.bench
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_sessions_per_minute_on_two_cores_and_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two jobs bring most of what two cores can give, measured beside plain counting."""
    spent_s, counted_s = {1: 0.0, 2: 0.0}, {1: 0.0, 2: 0.0}
    for number in range(ROUNDS):
        for jobs in (1, 2):
            counted_s[jobs] += _counted_s(jobs)
            spent_s[jobs] += _timed_s(jobs, tmp_path / f"{number}-{jobs}")
            counted_s[jobs] += _counted_s(jobs)
    per_minute = {jobs: 60 * SESSIONS * ROUNDS / total_s for jobs, total_s in spent_s.items()}
    ratio = per_minute[2] / per_minute[1]
    possible = 2 * counted_s[1] / counted_s[2]
    with capsys.disabled():
        sys.stdout.write(
            f"\nsessions of {DURATION_S // 60} minutes: {per_minute[1]:.1f} a minute one by one, "
            f"{per_minute[2]:.1f} on two cores, {ratio:.2f} times as many (counting: {possible:.2f} times)\n"
        )
    assert ratio > SHARE_MIN * possible


def _counted_s(processes: int) -> float:
    """How long so many processes take to count, side by side."""
    began_s = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", _COUNTING]) for _ in range(processes)]
    assert all(process.wait() == 0 for process in running)
    return time.perf_counter() - began_s


def _timed_s(jobs: int, folder: Path) -> float:
    market = read_market(PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv")
    markets = (market,)
    points = checked_points(read_tables(find_profile("paper")), [Chosen({}, "--set")])
    runs = runs_of(points, tuple(range(1, SESSIONS + 1)), markets, DURATION_S)
    began_s = time.perf_counter()
    with StopAsked() as stop, Crew(jobs, markets, folder, kept=False) as crew:
        outcomes = list(crew.run(runs, stop))
    assert all(outcome.result is not None for outcome in outcomes)
    return time.perf_counter() - began_s
