"""The store's speed: commits at each durability, the hop to the thread, the checkpointer's cost, and recovery.

Run with ``pytest -m bench -n 0 -s tests/bench/test_store_bench.py``. Figures are of this machine; what is asserted is
wide, and there to notice a change of kind.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from support.store_database import opened
from support.store_records import appends, observed, opening, started, tick_records

from actors.persistence import PersistenceActor
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.store import Durability, InHand, Store, Writer
from neo.messages import Append, Durable, Message

TICKS = 2_000
JOURNAL_LENGTHS = (10_000, 100_000, 1_000_000)
# Of the 30 s that a day of 21,600 ticks may take, persistence may use 15: 0.7 ms a tick. Twice that on a busy machine.
PER_TICK_MS_MAX = 1.4

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Prints past pytest's capture."""

    def line(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}")

    return line


def session(path: Path, durability: Durability) -> Store:
    """A store whose session has begun."""
    store = opened(path, durability)
    store.begin_session(opening("one"))
    store.append(appends([started()]))
    return store


@pytest.mark.bench
@pytest.mark.parametrize("durability", list(Durability))
def test_commits(tmp_path: Path, durability: Durability, say: Say) -> None:
    """A commit of a tick's records, each durability: rate, p50 and p99."""
    store = session(tmp_path / "neo.db", durability)
    messages = appends([batch for tick in range(1, TICKS + 1) for batch in tick_records(tick)], first=2)
    spent_us = []
    for message in messages:
        begun_s = time.perf_counter()
        store.append([message])
        spent_us.append((time.perf_counter() - begun_s) * 1e6)
    store.close()
    records = sum(len(message.records) for message in messages)
    quantiles = statistics.quantiles(spent_us, n=100)
    say(
        f"{durability.name}: {len(messages) / sum(spent_us) * 1e6:,.0f} commits/s of {records / len(messages):.1f}"
        f" records, p50 {quantiles[49]:.0f} us, p99 {quantiles[98]:.0f} us, {sum(spent_us) / records:.1f} us a record"
    )
    if durability is Durability.PROCESS_LOSS:
        assert sum(spent_us) / TICKS / 1000 < PER_TICK_MS_MAX


async def through_the_actor(path: Path, checkpoint_interval_s: float) -> tuple[float, int]:
    """A session's appends through actor, mailbox and thread, one receipt a tick.

    Returns:
        Seconds, and the checkpoints that were told.
    """
    inbox: Mailbox[Append] = Mailbox("persistence", 64)
    receipts: LatestBox[Durable] = LatestBox("durable")
    stream: Mailbox[Message] = Mailbox("telemetry", 100_000)
    telemetry = LossyEnd(stream.sender())
    numbers = itertools.count(2)
    ticks = [tick_records(tick) for tick in range(1, TICKS + 1)]
    writer = Writer(path, "journal-writer", contextlib.nullcontext)
    store = await writer.run(session, path, Durability.PROCESS_LOSS)
    actor = PersistenceActor(
        inbox,
        {"gateway": receipts},
        telemetry,
        writer,
        store,
        InHand(),
        checkpoint_interval_s=checkpoint_interval_s,
        on_loss=lambda _: None,
    )
    begun_s = time.perf_counter()
    async with trio.open_nursery() as nursery:
        await nursery.start(actor.run)
        with inbox.sender() as send:
            inbox.seal()
            for before, after in ticks:
                number = next(numbers)
                await send.send(Append(records=before, sender="gateway", batch=number, wants_receipt=True))
                await anext(receipts)
                # As the gateway does: each answer by itself, none of them waited for.
                for record in after:
                    await send.send(
                        Append(records=(record,), sender="gateway", batch=next(numbers), wants_receipt=False)
                    )
    spent_s = time.perf_counter() - begun_s
    await writer.run(store.close)
    writer.close()
    return spent_s, stream.depth().waiting


@pytest.mark.bench
async def test_the_checkpointers_cost(tmp_path: Path, say: Say) -> None:
    """Appends through the actor with the checkpointer on and off, alternately in one run: the ratio of the medians.

    At full speed 60 s of session time pass in about 20 ms, so that is the interval here.
    """
    spent_s: dict[float, list[float]] = {0: [], 0.02: []}
    checkpoints = 0
    for round_number in range(4):
        for interval_s, spent in spent_s.items():
            seconds, told = await through_the_actor(tmp_path / f"{round_number}-{interval_s}.db", interval_s)
            spent.append(seconds)
            checkpoints += told
    off_s, on_s = (statistics.median(spent) for spent in spent_s.values())
    say(
        f"through the actor: {off_s / TICKS * 1e6:.0f} us a tick without checkpointer, {on_s / TICKS * 1e6:.0f} us"
        f" with one every 20 ms ({checkpoints / 4:.0f} checkpoints), ratio {on_s / off_s:.2f}"
    )
    assert on_s / off_s < 2.0


@pytest.mark.bench
async def test_the_hop(tmp_path: Path, say: Say) -> None:
    """An empty job to the writer's thread and back, beside Trio's own way."""
    writer = Writer(tmp_path / "neo.db", "journal-writer", contextlib.nullcontext)
    spent_us = {}
    for name, run in (("writer", writer.run), ("trio.to_thread", trio.to_thread.run_sync)):
        begun_s = time.perf_counter()
        for _ in range(TICKS):
            await run(int)
        spent_us[name] = (time.perf_counter() - begun_s) / TICKS * 1e6
    writer.close()
    say("a hop: " + ", ".join(f"{name} {spent:.0f} us" for name, spent in spent_us.items()))


@pytest.mark.bench
def test_recovery(tmp_path: Path, say: Say) -> None:
    """Opening after a lost session, by the length of its journal: check, hash and ending of the old session."""
    for length in JOURNAL_LENGTHS:
        path = tmp_path / f"{length}.db"
        store = session(path, Durability.PROCESS_LOSS)
        group = 1_000
        for first in range(1, length, group):
            store.append(appends([tuple(observed(tick) for tick in range(first, first + group))], first=first + 1))
        store.close()
        begun_s = time.perf_counter()
        store = opened(path)
        opened_s = time.perf_counter()
        store.resume_session("one")
        resumed_s = time.perf_counter()
        records = sum(1 for _ in store.read_journal("one"))
        read_s = time.perf_counter()
        store.begin_session(opening("two"))
        ended_s = time.perf_counter()
        store.close()
        say(
            f"{records:,} records ({path.stat().st_size / 1e6:.0f} MB): open and check {opened_s - begun_s:.2f} s,"
            f" hash again {resumed_s - opened_s:.2f} s, read back {read_s - resumed_s:.2f} s,"
            f" end as lost {ended_s - read_s:.2f} s"
        )
