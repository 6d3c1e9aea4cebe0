"""How fast whole sessions run, all actors and SQLite included, and where the time and the memory go.

Run with ``uv run pytest -m bench -n 0 -s tests/bench/test_session_bench.py``.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio
from support.sessions import Blind, plan_for
from support.timed import Stopwatch

from actors.session.session import run_session

pytestmark = pytest.mark.bench

_DAY_S = 86_400
_TWO_HOURS_S = 7_200

# A session in a process of its own, so that its peak of memory is its own. Prints one JSON object.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from loguru import logger
from support.sessions import Blind, plan_for, run
logger.remove()
began_s = time.perf_counter()
summary = run(plan_for(Path(sys.argv[1]), duration_s=int(sys.argv[2])), Blind())
print(json.dumps({
    "ticks": summary.ticks,
    "wall_s": time.perf_counter() - began_s,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def test_where_the_time_of_a_session_goes(tmp_path: Path) -> None:
    """Two hours of market: ticks a second, and the share of each part."""
    stopwatch = Stopwatch()
    plan = plan_for(tmp_path / "neo.sqlite3", duration_s=_TWO_HOURS_S)
    began_s = time.perf_counter()
    host = plan.venue.host(plan.database)
    session = functools.partial(run_session, plan, Blind(), host)
    summary = trio.run(session, clock=host.clock, instruments=[stopwatch])
    wall_s = time.perf_counter() - began_s
    print(f"\n{summary.ticks} ticks in {wall_s:.1f} s: {summary.ticks / wall_s:.0f} ticks/s (with the stopwatch on)")
    for name, share in stopwatch.shares().items():
        if share >= 0.005:
            print(f"{share:6.1%}  {name}")
    assert summary.ticks == _TWO_HOURS_S // 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory this way")
def test_a_day_of_market_against_two_hours(tmp_path: Path) -> None:
    """24 hours of market: ticks a second, and the peak of memory as a ratio to two hours'."""
    short = _child(tmp_path / "short.sqlite3", _TWO_HOURS_S)
    long = _child(tmp_path / "long.sqlite3", _DAY_S)
    for name, run in (("2 h", short), ("24 h", long)):
        ticks, wall_s = run["ticks"], run["wall_s"]
        print(
            f"\n{name}: {ticks:.0f} ticks in {wall_s:.1f} s, {ticks / wall_s:.0f} ticks/s, peak {run['peak_mb']:.0f} MB"
        )
    print(f"memory 24 h / 2 h: {long['peak_mb'] / short['peak_mb']:.2f}")
    assert long["ticks"] == _DAY_S // 4


def _child(database: Path, duration_s: int) -> dict[str, float]:
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(database), str(duration_s)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tests.parent,
        env={"PYTHONPATH": f"{tests}{':' if sys.platform != 'win32' else ';'}{tests.parent}", "PATH": ""},
    )
    run: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return run
