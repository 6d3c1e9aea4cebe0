"""What it costs that the simulated ledger outlives its process, and how long a start takes to settle a lost session.

Run with ``pytest -m bench -n 0 -s tests/bench/test_recovery_bench.py``. Figures are of this machine; what is asserted
is wide, and there to notice a change of kind.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.kill_child import Job
from support.kills import kill_server
from support.sessions import journal_of, plan_for, run
from support.sim_world import load_world

from actors.venues.kept import kept_world as worlds
from actors.venues.kept.kept_file import SNAPSHOT_LEDGERS, KeptFile
from actors.venues.sim.sim_host import SimPlan, world_origin
from actors.venues.sim.world import World, world_file
from neo.desk.desk import Desk
from neo.network.kept_market import snapshot_of

Say = Callable[[str], None]

LEDGERS = 2_000
# The brief of the file: it may not be felt in a session.
LEDGER_US_MAX = 20.0


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints past pytest's capture."""

    def line(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}")

    return line


@pytest.mark.bench
def test_the_files_cost(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines and snapshots of two thousand ledgers, in the thread's own time, as on a machine of its own."""
    plan = plan_for(tmp_path / "neo.sqlite3")
    sim = plan.venue
    assert isinstance(sim, SimPlan)
    world = World.create(world_file(plan.database), world_origin(sim, "one", ()), sim.recording.bars)
    spent_s = [0.0]

    def timed(owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def measured(*args: object) -> object:
            start_s = time.thread_time()
            try:
                return inner(*args)
            finally:
                spent_s[0] += time.thread_time() - start_s

        monkeypatch.setattr(owner, name, measured)

    for owner, name in ((KeptFile, "write"), (KeptFile, "shorten"), (worlds, "line_of")):
        timed(owner, name)
    timed(worlds, "snapshot_of")
    chunks_us = []
    whole_us = []
    for _ in range(LEDGERS // SNAPSHOT_LEDGERS):
        spent_s[0] = 0.0
        start_s = time.thread_time()
        for _ in range(SNAPSHOT_LEDGERS):
            world.close_next()
        whole_us.append((time.thread_time() - start_s) / SNAPSHOT_LEDGERS * 1e6)
        chunks_us.append(spent_s[0] / SNAPSHOT_LEDGERS * 1e6)
    world.remove()
    typical_us, of_us = statistics.median(chunks_us), statistics.median(whole_us)
    say(
        f"file: {typical_us:.1f} us a ledger with snapshots (best {min(chunks_us):.1f}), {typical_us / of_us:.1%} of it"
    )
    # Of the quietest stretch: a busy machine makes the same work longer.
    assert min(chunks_us) < LEDGER_US_MAX


@pytest.mark.bench
def test_reading_a_world_back(tmp_path: Path, say: Say) -> None:
    """From the snapshot to the newest ledger, at most twice the interval of snapshots."""
    plan = plan_for(tmp_path / "neo.sqlite3")
    sim = plan.venue
    assert isinstance(sim, SimPlan)
    path = world_file(plan.database)
    for ledgers in (16, 128, 2 * SNAPSHOT_LEDGERS - 1):
        world = World.create(path, world_origin(sim, "one", ()), sim.recording.bars)
        for _ in range(ledgers):
            world.close_next()
        world.leave()
        spent_ms = []
        for _ in range(3):
            start_s = time.perf_counter()
            again = World.reopen(path, load_world(path), sim.recording.bars, world.latest.ledger_index - 5)
            spent_ms.append((time.perf_counter() - start_s) * 1e3)
            again.leave()
        say(f"world of {ledgers:,} ledgers read back in {statistics.median(spent_ms):.0f} ms")
        assert spent_ms[0] < 5_000
        assert snapshot_of(again.market).ledger_index == world.latest.ledger_index


@pytest.mark.bench
def test_replaying_a_desk(tmp_path: Path, say: Say) -> None:
    """A session's journal read from the database, and the desk made of it."""
    for hours in (1, 6):
        database = tmp_path / f"{hours}.sqlite3"
        summary = run(plan_for(database, duration_s=hours * 3600))
        start_s = time.perf_counter()
        records = journal_of(database, summary.session_id)
        read_s = time.perf_counter()
        Desk.replay(records)
        done_s = time.perf_counter()
        count = len(records)
        say(
            f"{count:,} records ({hours} h): read in {(read_s - start_s) * 1e3:.0f} ms, replayed in"
            f" {(done_s - read_s) * 1e3:.0f} ms ({(done_s - read_s) / count * 1e6:.1f} us a record)"
        )
        assert (done_s - start_s) / count < 1e-3


@pytest.mark.bench
def test_settling_a_lost_session(tmp_path: Path, say: Say) -> None:
    """A whole start after a kill against a whole start on a fresh database, both of one ledger."""
    with kill_server() as kills:
        for orders in (20, 200):
            database = tmp_path / f"{orders}.sqlite3"
            job = Job(str(database), 7, 7200, step="submitted_unanswered", number=orders)
            assert kills(job) == 9
            start_s = time.perf_counter()
            summary = run(plan_for(database, duration_s=4))
            lost_s = time.perf_counter() - start_s
            start_s = time.perf_counter()
            run(plan_for(database, duration_s=4))
            fresh_s = time.perf_counter() - start_s
            assert "was lost" in summary.notices[0]
            say(f"start after a kill at order {orders}: {lost_s * 1e3:.0f} ms; a start as any: {fresh_s * 1e3:.0f} ms")
