"""Kill -9 of a replay: the next start goes on on the same ledger, and puts everything right.

Method: as in ``test_recovery_kills.py``, on the shipped recording; database and ledger are compared to the last drop.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kill_check import check_all
from support.kill_child import Job
from support.kills import Run, kill_server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the children are forked")

# Session seconds, and ledgers of the shipped recording.
DURATION_S = 50

# The step, and at which coming to it.
ONCE = [
    ("inside_intent_commit", 9),
    ("submitted_unanswered", 14),
    ("ledger_closed_unbooked", 15),
    ("before_fill_is_booked", 3),
    ("before_snapshot_is_named", 2),
    ("cancel_sent_on_the_way_down", 1),
]


@pytest.fixture(scope="module")
def kills() -> Iterator[Run]:
    """Runs a job in a process of its own."""
    with kill_server() as run:
        yield run


@pytest.mark.parametrize(("step", "number"), ONCE)
def test_a_kill_of_a_replay_is_recovered(kills: Run, tmp_path: Path, step: str, number: int) -> None:
    """Wherever in an order's life the process dies, nothing is lost, doubled or left resting."""
    database = tmp_path / "neo.sqlite3"
    job = Job(str(database), seed=7, duration_s=DURATION_S, step=step, number=number, is_replay=True)
    assert kills(job) == 9, f"the session never came to {step} for the {number}. time"
    assert kills(Job(str(database), seed=7, duration_s=20, is_replay=True)) == 0
    check_all(database, lost=1)
