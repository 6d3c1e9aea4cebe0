"""How fast recorded ledgers are replayed, alone and under a whole session, and that a day of them takes no more memory.

Run with ``uv run pytest -m bench -n 0 -s tests/bench/test_replay_bench.py``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.long_recording import write_crowd
from support.replays import shipped_ledgers

from actors.recordings.ledger_recording import played
from neo.replay.fork import Fork

pytestmark = pytest.mark.bench

Say = Callable[[str], None]

_DAY_LEDGERS = 21_600
# Of a day's memory beside two hours': what is kept of a session's course grows a little, a recording does not.
_GROWTH_MAX = 1.3

# A session on a recording in a process of its own, so that its peak of memory is its own. Prints one JSON object.
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from loguru import logger
from actors.recordings.ledger_recording import read_ledger_recording
from support.replays import replay_for
from support.sessions import Blind, run
logger.remove()
began_s = time.perf_counter()
recording = read_ledger_recording(Path(sys.argv[1]))
read_s = time.perf_counter() - began_s
plan = replay_for(Path(sys.argv[1] + ".db"), duration_s=recording.lasts_s, recording=recording)
summary = run(plan, Blind())
print(json.dumps({
    "ledgers": summary.ledgers,
    "fills": summary.fills,
    "exact": summary.inventory.exact,
    "read_s": read_s,
    "wall_s": time.perf_counter() - began_s,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints past pytest's capture."""

    def line(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}")

    return line


def test_the_recorded_half_hour_without_us(say: Say) -> None:
    """450 ledgers of a busy market with 2,479 transactions, read and executed anew."""
    state, ledgers = played(shipped_ledgers())
    fork = Fork.begin(state)
    began_s = time.perf_counter()
    count = len([fork.close(ledger).index for ledger in ledgers])
    wall_s = time.perf_counter() - began_s
    say(f"fork alone: {count} ledgers in {wall_s:.2f} s, {count / wall_s:.0f} a second")
    assert count == 450


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory this way")
def test_a_day_of_ledgers_against_two_hours(tmp_path: Path, say: Say) -> None:
    """24 hours and 2 hours of a recorded crowd under whole sessions: ledgers a second, and the peaks of memory."""
    told = {}
    for name, ledgers in (("2 h", _DAY_LEDGERS // 12), ("24 h", _DAY_LEDGERS)):
        path = write_crowd(tmp_path / f"{ledgers}.jsonl.gz", ledgers)
        found = told[name] = _session_on(path)
        rate = found["ledgers"] / found["wall_s"]
        say(
            f"{name}: {path.stat().st_size / 1e6:.1f} MB, {found['ledgers']:.0f} ledgers in {found['wall_s']:.1f} s"
            f" ({found['read_s']:.1f} of it to look the file through), {rate:.0f} a second, {found['fills']:.0f} fills,"
            f" peak {found['peak_mb']:.0f} MB"
        )
        assert found["exact"]
    growth = told["24 h"]["peak_mb"] / told["2 h"]["peak_mb"]
    say(f"memory 24 h / 2 h: {growth:.2f}")
    assert growth < _GROWTH_MAX


def _session_on(recording: Path) -> dict[str, float]:
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(recording)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tests.parent,
        env={"PYTHONPATH": f"{tests}:{tests.parent}", "PATH": ""},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
