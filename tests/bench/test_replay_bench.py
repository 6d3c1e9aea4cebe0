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

from actors.recordings.ledger_recording import opened
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedLedger

pytestmark = pytest.mark.bench

Say = Callable[[str], None]

_DAY_LEDGERS = 21_600
_LEDGERS = {"2 h": _DAY_LEDGERS // 12, "24 h": _DAY_LEDGERS}
# Of a day's peak of memory beside two hours'. A recording is never held as a whole; under a session its course is.
_GROWTH_MAX = 1.1
_SESSION_GROWTH_MAX = 2.0

# A recording played with a bid of ours that is replaced in every ledger. Prints one JSON object.
_ALONE = """
import json, resource, sys, time
from decimal import Decimal
from pathlib import Path
from actors.recordings.ledger_recording import opened, read_ledger_recording
from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, offer_create
from neo.messages import Side
from neo.network.unsigned import made_up_address, unsigned
from neo.replay.replayed import ReplayMarket
us = made_up_address("replay 7")
state, items = opened(read_ledger_recording(Path(sys.argv[1])))
began_s = time.perf_counter()
market = ReplayMarket.begin(
    state, items, account=us, xrp_drops=10**9, rlusd=Decimal(1000), delay_ledgers=1
)
pair = Pair(us, market.ledger.currency, market.ledger.issuer)
ledgers = 0
while not market.is_used_up:
    sequence = market.ledger.sequence(us)
    place = Envelope(us, 10, sequence, market.closed_index + 5)
    offer = offer_create(place, pair, Side.BUY, 10**6, Decimal("1.9"), sequence - 1 if ledgers else None)
    signed = unsigned(offer)
    market.submit(json.loads(signed.blob), signed.tx_hash)
    market.close_next()
    ledgers += 1
print(json.dumps({
    "ledgers": ledgers,
    "wall_s": time.perf_counter() - began_s,
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""

# A session on a recording. Prints one JSON object.
_SESSION = """
import json, resource, sys, time
from pathlib import Path
from loguru import logger
from actors.recordings.ledger_recording import read_ledger_recording
from support.replays import replay_for
from support.sessions import Blind, run
logger.remove()
began_s = time.perf_counter()
recording = read_ledger_recording(Path(sys.argv[1]))
plan = replay_for(Path(sys.argv[1] + ".db"), duration_s=recording.lasts_s, recording=recording)
summary = run(plan, Blind())
assert summary.inventory.exact
print(json.dumps({
    "ledgers": summary.ledgers,
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


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two hours and a day of a crowd."""
    folder = tmp_path_factory.mktemp("recorded")
    return {name: write_crowd(folder / f"{ledgers}.jsonl.gz", ledgers) for name, ledgers in _LEDGERS.items()}


def test_the_recorded_half_hour_without_us(say: Say) -> None:
    """450 ledgers of a busy market with 2,479 transactions, read and executed anew."""
    state, items = opened(shipped_ledgers())
    fork = Fork.begin(state)
    began_s = time.perf_counter()
    count = len([fork.close(ledger).index for ledger in items if isinstance(ledger, RecordedLedger)])
    wall_s = time.perf_counter() - began_s
    say(f"fork alone: {count} ledgers in {wall_s:.2f} s, {count / wall_s:.0f} a second")
    assert count == 450


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory this way")
@pytest.mark.parametrize(
    ("program", "growth_max"), [(_ALONE, _GROWTH_MAX), (_SESSION, _SESSION_GROWTH_MAX)], ids=["alone", "session"]
)
def test_a_day_of_ledgers_against_two_hours(
    recordings: dict[str, Path], program: str, growth_max: float, say: Say
) -> None:
    """24 hours and 2 hours of a recorded crowd, with us in it: ledgers a second, and the peaks of memory."""
    peaks = {}
    for name, path in recordings.items():
        found = _run(program, path)
        peaks[name] = found["peak_mb"]
        say(
            f"{name}, {path.stat().st_size / 1e6:.1f} MB: {found['ledgers']:.0f} ledgers in {found['wall_s']:.1f} s,"
            f" {found['ledgers'] / found['wall_s']:.0f} a second, peak {found['peak_mb']:.0f} MB"
        )
    growth = peaks["24 h"] / peaks["2 h"]
    say(f"memory 24 h / 2 h: {growth:.2f}")
    assert growth < growth_max


def _run(program: str, recording: Path) -> dict[str, float]:
    """A program in a process of its own, so that its peak of memory is its own."""
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(recording)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tests.parent,
        env={"PYTHONPATH": f"{tests}:{tests.parent}", "PATH": ""},
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
