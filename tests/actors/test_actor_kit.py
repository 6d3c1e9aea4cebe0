"""What every actor owes the session, asked of all five by one kit.

Method: each runs on real mailboxes and wiring (``support/actor_kit.py``), under the real supervisor where it crashes;
it is cut at each of its awaits, and the database's thread is held at chosen points.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from support.actor_kit import BENCHES, Bench, Bencher, never, until
from support.cuts import Cut
from support.failing import CountedCrash
from support.sessions import journal_of
from support.store_database import opened
from support.store_records import FIRST_LEDGER, observed, opening

from actors.persistence import PersistenceActor
from actors.plumbing.mailbox import LossyEnd
from actors.plumbing.supervisor import Slot, Supervisor
from actors.plumbing.wiring import BOUNDS, Channels
from actors.store import InHand, Store, Writer
from actors.venues.sim.venue import SimVenue
from neo.messages import ActorRestarted, Append, Durable, HaltRequested, LedgerClosed, PoisonSetAside
from neo.watch.supervision import RestartHistory, RestartPolicy
from tools.proofs.faults import CrashAt, InjectedFaultError

NUMBERS = [1, 2, 3, 4]
EVERY_ACTOR = pytest.mark.parametrize("name", sorted(BENCHES))

# So many awaits at least each of them comes to with the numbers above.
AWAITS_LEAST = {"gateway": 10, "strategy": 5, "risk": 5, "persistence": 12, "telemetry": 4}


def bencher(name: str) -> Bencher:
    return BENCHES[name]


async def feed_one_by_one(bench: Bench, numbers: Sequence[int], after: int = 0) -> None:
    """Send each once the one before is done."""
    for count, number in enumerate(numbers, after + 1):
        await bench.feed(number)
        await until(lambda count=count: len(bench.done()) >= count)  # type: ignore[misc] # a default is its binding


async def wait_ended(bench: Bench) -> None:
    """Close the session's own ends; then all that this actor fed has to end."""
    bench.close_ends()
    await until(lambda: bench.ended == bench.fed)


@EVERY_ACTOR
async def test_it_tells_when_it_is_ready_then_does_all_that_comes_and_ends(name: str, tmp_path: Path) -> None:
    """What waits when it starts and what comes later is done in order, once; then it ends, and so does what it fed."""
    async with bencher(name)(tmp_path, never) as bench, trio.open_nursery() as nursery:
        for number in NUMBERS:
            await bench.feed(number)
        await nursery.start(bench.build().run)
        first = NUMBERS[-1:] if bench.conflates else NUMBERS
        await until(lambda: bench.done() == first)
        await feed_one_by_one(bench, [5, 6], len(first))
        await bench.end()
        await until(lambda: not nursery.child_tasks)
        assert bench.done() == [*first, 5, 6]
        await wait_ended(bench)


@EVERY_ACTOR
async def test_what_waits_when_its_senders_are_gone_is_done_before_it_ends(name: str, tmp_path: Path) -> None:
    """An actor drains its mailbox: the end of its senders loses nothing."""
    async with bencher(name)(tmp_path, never) as bench:
        for number in NUMBERS:
            await bench.feed(number)
        await bench.end()
        await bench.build().run(trio.TASK_STATUS_IGNORED)
        await until(lambda: bench.done() == (NUMBERS[-1:] if bench.conflates else NUMBERS))


@EVERY_ACTOR
async def test_it_stops_on_cancel_and_leaves_no_end_open(name: str, tmp_path: Path) -> None:
    """Idle or not: no further message is needed, and whoever waits for it hears of its end."""
    async with bencher(name)(tmp_path, never) as bench:
        async with trio.open_nursery() as nursery:
            await nursery.start(bench.build().run)
            await feed_one_by_one(bench, [1])
            nursery.cancel_scope.cancel()
        await wait_ended(bench)


@EVERY_ACTOR
async def test_cut_at_any_await_it_leaves_nothing_half_done(name: str, tmp_path: Path) -> None:
    """The next incarnation goes on where it was: all is done, in order; the one in hand alone may be done twice."""
    for count in itertools.count(1):
        folder = tmp_path / str(count)
        folder.mkdir()
        if not await _cut(name, count, folder):
            break
    assert count > AWAITS_LEAST[name]


async def _cut(name: str, count: int, folder: Path) -> bool:
    """Cut an actor at this await of its own; False if it came to its end before."""
    was_cut = False
    async with bencher(name)(folder, never) as bench, trio.open_nursery() as nursery:

        async def feed() -> None:
            await feed_one_by_one(bench, NUMBERS)
            await bench.end()

        nursery.start_soon(feed)
        while await Cut(0 if was_cut else count).run(bench.build().run, trio.TASK_STATUS_IGNORED):
            was_cut = True
            bench.inbox.redeliver()
        await until(lambda: not nursery.child_tasks)
        done = bench.done()
        assert done == sorted(done)
        assert sorted(set(done)) == NUMBERS
        assert len(done) - len(NUMBERS) <= (0 if bench.once else 1)
    return was_cut


class Court:
    """A supervisor that brings an actor back at once, and what it was told."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.restarts: list[ActorRestarted] = []
        self.halts: list[HaltRequested | PoisonSetAside] = []
        self._slot = Slot(name, bench.inbox, bench.build, bench.close_ends)
        self._history = RestartHistory(RestartPolicy(restarts_max=3, window_s=60, backoff_s=0))
        self._supervisor = Supervisor(random.Random(1), self._halt, self.restarts.append)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Through all incarnations."""
        await self._supervisor.supervise(self._slot, self._history, task_status)

    async def _halt(self, cause: HaltRequested | PoisonSetAside) -> None:
        self.halts.append(cause)


@pytest.mark.parametrize("moment", ["before", "after"])
@EVERY_ACTOR
async def test_the_message_in_hand_at_a_crash_comes_once_more(name: str, moment: str, tmp_path: Path) -> None:
    """The next incarnation gets it first; none is lost, and what must happen once happens once."""
    crash = CountedCrash(name, {2}, moment)
    async with bencher(name)(tmp_path, crash) as bench, trio.open_nursery() as nursery:
        court = Court(bench, name)
        await nursery.start(court.run)
        await feed_one_by_one(bench, [1, 2])
        await until(lambda: len(court.restarts) == 1)
        # Done again, where that leaves a trace, before the next one comes.
        again = moment == "after" and not bench.once
        await until(lambda: len(bench.done()) == 2 + again)
        await feed_one_by_one(bench, [3, 4], 2 + again)
        await bench.end()
        await until(lambda: not nursery.child_tasks)
        assert crash.crashes == 1
        assert bench.done() == ([1, 2, 2, 3, 4] if again else [1, 2, 3, 4])
        assert [(restart.actor, restart.error.split(":")[0]) for restart in court.restarts] == [
            (name, "InjectedFaultError")
        ]
        assert court.halts == []
        await until(lambda: bench.ended == bench.fed)


@EVERY_ACTOR
async def test_a_crash_is_the_callers_to_know(name: str, tmp_path: Path) -> None:
    """Nothing that breaks in an actor is swallowed there."""
    async with bencher(name)(tmp_path, CrashAt(name, {1}, "before")) as bench:
        await bench.feed(1)
        with pytest.RaisesGroup(InjectedFaultError, allow_unwrapped=True, flatten_subgroups=True):
            await bench.build().run(trio.TASK_STATUS_IGNORED)
        assert bench.done() == []


# --- Ready only when ready ---------------------------------------------------------------------------------------


async def test_the_gateway_is_not_ready_before_its_venue_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session waits with trading until the ledger has been reached."""
    reached = trio.Event()
    connect = SimVenue.connect

    async def slow(venue: SimVenue) -> LedgerClosed:
        await reached.wait()
        return await connect(venue)

    monkeypatch.setattr(SimVenue, "connect", slow)
    async with BENCHES["gateway"](tmp_path, never) as bench, trio.open_nursery() as nursery:
        ready = await begun(nursery, bench)
        await trio.testing.wait_all_tasks_blocked()
        assert not ready.is_set()
        reached.set()
        await ready.wait()
        nursery.cancel_scope.cancel()


async def begun(nursery: trio.Nursery, bench: Bench) -> trio.Event:
    """Start an actor without waiting for it; returns what is set when it is ready."""
    ready = trio.Event()

    async def start() -> None:
        await nursery.start(bench.build().run)
        ready.set()

    nursery.start_soon(start)
    await trio.lowlevel.checkpoint()
    return ready


# --- Persistence, held at each of its waits ----------------------------------------------------------------------


class HeldStore:
    """A store whose first append hangs, as a disk would, before its commit or after it."""

    def __init__(self, store: Store, *, committed: bool) -> None:
        self._store = store
        self._committed = committed
        self.hangs = threading.Event()
        self.go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, messages: Sequence[Append]) -> None:
        """Hang once."""
        if self._committed:
            self._store.append(messages)
        self.hangs.set()
        assert self.go_on.wait(60)
        if not self._committed:
            self._store.append(messages)


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
async def test_persistence_cancelled_in_a_commit_acknowledges_only_what_is_durable(
    committed: bool, tmp_path: Path
) -> None:
    """It waits for the disk's answer; no receipt is given without it, and the next incarnation writes nothing twice."""
    database = tmp_path / "neo.sqlite3"
    channels = Channels(BOUNDS)
    writer = Writer(database, "journal-writer", contextlib.nullcontext)
    store = await writer.run(opened, database)
    await writer.run(store.begin_session, opening("one"))
    held = HeldStore(store, committed=committed)
    in_hand = InHand()
    receipts = channels.durable["gateway"]

    def build() -> PersistenceActor:
        return PersistenceActor(
            channels.persistence,
            channels.durable,
            LossyEnd(channels.telemetry.sender()),
            writer,
            held,  # type: ignore[arg-type] # it is one in all but name
            in_hand,
            checkpoint_interval_s=0,
            on_loss=lambda _: None,
        )

    def written() -> list[int]:
        return [r.ledger_index - FIRST_LEDGER for r in journal_of(database, "one")]  # type: ignore[union-attr] # all do

    with channels.persistence.sender() as send:
        channels.persistence.seal()
        for number in NUMBERS[:2]:
            await send.send(
                Append(records=(observed(number),), sender="gateway", batch=number, wants_receipt=number == 1)
            )
    ended = trio.Event()

    async def run() -> None:
        try:
            await build().run(trio.TASK_STATUS_IGNORED)
        finally:
            ended.set()

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
            await until(held.hangs.is_set)
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await trio.testing.wait_all_tasks_blocked()
                # Half-known is worse than late: it hasn't left, and nobody was told anything.
                assert not ended.is_set()
                assert receipts.depth().waiting == 0
                held.go_on.set()
                await ended.wait()
        assert written() == [1]
        channels.persistence.redeliver()
        await build().run(trio.TASK_STATUS_IGNORED)
        assert written() == [1, 2]
        assert await anext(receipts) == Durable(batch=1)
    finally:
        held.go_on.set()
        await writer.run(store.close)
        writer.close()
