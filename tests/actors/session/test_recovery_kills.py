"""Kill -9 anywhere: after any number of kills, the next start puts everything right.

Method: real sessions in child processes (``support/kill_child.py``) that are killed at a named step or at a moment of
real time, some of them in the recovery of the one before; then a session that comes to its end; then database and
ledger are compared (``support/kill_check.py``). POSIX only, as the children are forked.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.kill_check import check_all
from support.kill_child import STEPS, Job
from support.kills import Run, kill_server
from support.store_database import rows

from actors.store import list_sessions
from actors.venues.sim.world import world_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the children are forked")

# Session seconds: some thirty ledgers, a third of a second of real time.
DURATION_S = 120

# One kill each: the step, and at which coming to it.
ONCE = [
    ("before_intent", 6),
    ("inside_intent_commit", 9),
    ("intent_and_blob_durable", 7),
    ("before_submission_arrives", 13),
    ("inside_submission_write", 12),
    ("submitted_unanswered", 14),
    ("answer_durable", 5),
    ("inside_ledger_write", 11),
    ("ledger_closed_unbooked", 15),
    ("before_fill_is_booked", 3),
    ("opening_journaled", 1),
    ("world_created", 1),
    ("cancel_sent_on_the_way_down", 1),
    ("end_journaled", 1),
]

# Two kills: the second one in the recovery of the first.
TWICE = [
    ("submitted_unanswered", 9, "halt_journaled", 1),
    ("intent_and_blob_durable", 8, "cancel_sent_on_the_way_down", 1),
    ("ledger_booked", 10, "before_session_begins", 1),
    ("before_snapshot_is_named", 2, "session_begun", 1),
    ("before_submission_arrives", 10, "world_joined", 1),
]
RANDOM = [1, 2, 3]

# The session is over by then, but for clearing up.
AFTER_THE_END = ["row_ended", "before_close"]

# 300 kills in the long run.
SOAK_CHAINS = 30
SOAK_KILLS_A_CHAIN = 10


@pytest.fixture(scope="module")
def kills() -> Iterator[Run]:
    """Runs a job in a process of its own."""
    with kill_server() as run:
        yield run


def killed(kills: Run, database: Path, step: str, number: int) -> None:
    """A session that dies at a step."""
    ended_by = kills(Job(str(database), seed=7, duration_s=DURATION_S, step=step, number=number))
    assert ended_by == 9, f"the session never came to {step} for the {number}. time"


def killed_after(kills: Run, database: Path, seed: int, after_ms: int) -> None:
    """A session that dies at a time, long before its end on any machine."""
    ended_by = kills(Job(str(database), seed=seed, duration_s=10 * DURATION_S, after_ms=after_ms))
    assert ended_by == signal.SIGKILL


def finish(kills: Run, database: Path) -> None:
    """A session that comes to its end, and all before it with it."""
    assert kills(Job(str(database), seed=7, duration_s=40)) == 0


def sessions(database: Path) -> int:
    """How many sessions the database has."""
    return int(rows(database, "SELECT count(*) FROM sessions")[0][0])


@pytest.mark.parametrize(("step", "number"), ONCE)
def test_a_kill_at_a_step_is_recovered(kills: Run, tmp_path: Path, step: str, number: int) -> None:
    """Wherever in an order's life the process dies, nothing is lost, doubled or left resting."""
    database = tmp_path / "neo.sqlite3"
    killed(kills, database, step, number)
    finish(kills, database)
    check_all(database, lost=1)


def test_a_kill_in_a_quiet_stretch_is_recovered(kills: Run, tmp_path: Path) -> None:
    """Without a new order nobody waits for a commit, and the journal falls behind the ledger as far as it may."""
    database = tmp_path / "neo.sqlite3"
    # Seed 3 places nothing for 18 ledgers up to this one, which is the last before its world's file is written anew.
    quiet = Job(str(database), seed=3, duration_s=10 * DURATION_S, step="ledger_closed_unbooked", number=145)
    assert kills(quiet) == signal.SIGKILL
    finish(kills, database)
    check_all(database, lost=1)


@pytest.mark.parametrize(("first", "first_number", "second", "second_number"), TWICE)
def test_a_kill_in_the_recovery_of_a_kill_is_recovered(
    kills: Run, tmp_path: Path, first: str, first_number: int, second: str, second_number: int
) -> None:
    """Recovery that dies is made again, and comes to the same."""
    database = tmp_path / "neo.sqlite3"
    killed(kills, database, first, first_number)
    before = sessions(database)
    killed(kills, database, second, second_number)
    begun = sessions(database) - before
    finish(kills, database)
    check_all(database, lost=1 + begun)


def lost_sessions(database: Path) -> int:
    """How many sessions were lost in it."""
    return int(rows(database, "SELECT count(*) FROM sessions WHERE halt_reason = 'process_lost'")[0][0])


@pytest.mark.parametrize("seed", RANDOM)
def test_kills_at_random_times_are_recovered(kills: Run, tmp_path: Path, seed: int) -> None:
    """Two kills at any moment, then a session that ends."""
    database = tmp_path / "neo.sqlite3"
    chance = random.Random(f"kills:{seed}")
    for _ in range(2):
        killed_after(kills, database, seed, chance.randrange(20, 350))
    finish(kills, database)
    check_all(database, lost=lost_sessions(database))


@pytest.mark.parametrize("step", AFTER_THE_END)
def test_a_kill_after_the_end_leaves_nothing_to_recover(kills: Run, tmp_path: Path, step: str) -> None:
    """A session whose row is ended is over: the next one has no parent, a ledger of its own, and its seed's journal."""
    database, fresh = tmp_path / "neo.sqlite3", tmp_path / "fresh.sqlite3"
    killed(kills, database, step, 1)
    finish(kills, database)
    finish(kills, fresh)
    newest, oldest = list_sessions(database)
    assert (oldest.halt_reason, newest.halt_reason) == ("duration_elapsed", "duration_elapsed")
    assert newest.parent_id is None
    assert newest.journal_sha256 == list_sessions(fresh)[0].journal_sha256
    assert not world_file(database).exists()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM fills WHERE tx_hash = (SELECT max(tx_hash) FROM fills WHERE NOT taker)",
        "UPDATE fees SET fee_drops = fee_drops + 1 WHERE tx_hash = (SELECT max(tx_hash) FROM fees)",
        "UPDATE orders SET status = 'resting' WHERE id = 'o000003'",
        "UPDATE sessions SET parent_id = NULL",
    ],
)
def test_the_check_would_notice(kills: Run, tmp_path: Path, damage: str) -> None:
    """One fill, one drop, one order's fate, one link: each is missed."""
    database = tmp_path / "neo.sqlite3"
    killed(kills, database, "submitted_unanswered", 14)
    finish(kills, database)
    check_all(database, lost=1)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(AssertionError):
        check_all(database, lost=1)


def test_the_default_run_makes_more_than_twenty_kills() -> None:
    """The tables above, counted."""
    count = len(ONCE) + 2 * len(TWICE) + 2 * len(RANDOM) + len(AFTER_THE_END)
    print(f"{count} kills in the default tests")  # noqa: T201 - the count is asked for
    assert count >= 20


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(SOAK_CHAINS))
def test_many_kills_in_chains_are_recovered(kills: Run, tmp_path: Path, seed: int) -> None:
    """Chains of ten kills, each in the recovery or the session after the one before, at any step or moment."""
    chance = random.Random(f"soak:{seed}")
    steps = sorted(set(STEPS) - set(AFTER_THE_END))
    database, struck, chains = tmp_path / "0" / "neo.sqlite3", 0, 0
    database.parent.mkdir()
    while struck < SOAK_KILLS_A_CHAIN:
        if chance.random() < 0.3:
            killed_after(kills, database, seed, chance.randrange(20, 350))
            alive = False
        else:
            step, number = chance.choice(steps), chance.choice([1, 1, 2, 5, 12])
            ended_by = kills(Job(str(database), seed=seed, duration_s=DURATION_S, step=step, number=number))
            assert ended_by in {0, 9}
            alive = not ended_by
        struck += not alive
        if alive:
            # It never came to that step, and so to its end.
            check_all(database, lost=lost_sessions(database))
            chains += 1
            database = tmp_path / str(chains) / "neo.sqlite3"
            database.parent.mkdir()
    finish(kills, database)
    check_all(database, lost=lost_sessions(database))
    print(f"{struck} kills in {chains + 1} chains (seed {seed})")  # noqa: T201 - the count is asked for
