"""What it costs a session that it times and counts itself, and what a scrape of its figures takes.

Method: the cost of one time noted and of one record counted is measured by itself, and multiplied by how many a session
has: that is the share of its processor time which is judged. Beside it, for the eye, the same seeded session at full
speed with both and with neither, in turn, the shortest of each; on a machine that is shared, the difference of the two
is less than what they vary by.

Run with ``uv run pytest -m bench -n 0 -s tests/bench/test_timings_bench.py``.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from support.figure_pages import live_seen, sim_seen
from support.sessions import Blind, journal_of, plan_for, run

from actors.plumbing.board import Board
from actors.plumbing.timings import TICK, Timings, kept_timings
from actors.store import list_sessions
from neo.messages import Record
from tools.page.exposition import exposed

pytestmark = pytest.mark.bench

MARKET_S = 1800
ROUNDS = 5
SHARE_MAX = 0.01

NOTES = 100_000

SCRAPES = 50
SCRAPE_MS_MAX = 50.0


def cpu_s(database: Path) -> float:
    began_s = time.process_time()
    run(plan_for(database, duration_s=MARKET_S), Blind())
    return time.process_time() - began_s


def noted_s() -> float:
    """Of one time."""
    timings = Timings()
    began_s = time.process_time()
    for _ in range(NOTES):
        timings.note(TICK, 0.002)
    return (time.process_time() - began_s) / NOTES


def counted_s(records: list[Record]) -> float:
    """Of one record, in the mean of a whole session's."""
    board = Board()
    began_s = time.process_time()
    for record in records:
        board.journaled((record,))
    return (time.process_time() - began_s) / len(records)


def test_timing_and_counting_are_a_hundredth_of_a_session_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share of a session's processor time that they take."""
    times: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(ROUNDS):
        times["with"].append(cpu_s(tmp_path / f"with-{number}"))
        with monkeypatch.context() as patched:
            patched.setattr(Timings, "note", lambda *_: None)
            patched.setattr(Board, "journaled", lambda *_: None)
            times["without"].append(cpu_s(tmp_path / f"without-{number}"))
    best = {kind: min(taken) for kind, taken in times.items()}
    (row,) = list_sessions(tmp_path / "with-0")
    notes = sum(one.count for one in kept_timings(row.timings).timings)
    records = journal_of(tmp_path / "with-0", row.id)
    each_s, record_s = noted_s(), counted_s(records)
    share = (notes * each_s + len(records) * record_s) / best["with"]
    print(f"\n{notes:,} times of {each_s * 1e6:.2f} us, {len(records):,} records of {record_s * 1e6:.2f} us")
    print(f"{share:.2%} of {best['with']:.2f} s of processor for {MARKET_S} s of market")
    vary = max(max(taken) / min(taken) - 1 for taken in times.values())
    print(f"with to without: {best['with'] / best['without']:.3f}; either varies by {vary:.0%}")
    assert share < SHARE_MAX


def test_a_scrape_takes_little_of_the_process_that_serves_it() -> None:
    """It shares the interpreter with the session: of two sessions, as text."""
    statuses = {seen.status.session_id: seen.status for seen in (sim_seen(), live_seen())}
    exposed(statuses)
    times_ms = []
    for _ in range(SCRAPES):
        began_s = time.perf_counter()
        text = exposed(statuses)
        times_ms.append((time.perf_counter() - began_s) * 1000)
    print(f"\n{statistics.median(times_ms):.1f} ms for {len(text):,} bytes of two sessions")
    assert min(times_ms) < SCRAPE_MS_MAX
