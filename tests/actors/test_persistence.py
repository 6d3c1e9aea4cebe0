"""The persistence actor: receipts after commits, groups that leave no trace, and nothing lost at a crash.

Method: the actor on a real store, fed through real channels; a store that fails on demand. The writer's thread looks
idle to a clock that jumps by itself, so time is moved by hand.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from support.store_database import count, opened, rows
from support.store_log import log_lines
from support.store_records import appends, observed, opening, started, tick_records

from actors.persistence import GROUP_MAX, LINGER_S, PersistenceActor
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.store import Checkpointer, DiskFullError, InHand, Store, StoreError, Writer
from actors.store.rescue import Loss
from actors.venues.kept.kept_file import SNAPSHOT_LEDGERS
from neo.messages import Append, Durable, Message, WalCheckpointed

PATIENCE_S = 30.0


class House:
    """A persistence actor with its channels and its store."""

    def __init__(self, path: Path, writer: Writer, store: Store) -> None:
        self.path = path
        self.writer = writer
        self.store = store
        self.in_hand = InHand()
        self.inbox: Mailbox[Append] = Mailbox("persistence", 64)
        self.durable: dict[str, LatestBox[Durable]] = {"gateway": LatestBox("durable.gateway")}
        self.stream: Mailbox[Message] = Mailbox("telemetry", 64)
        self.telemetry = LossyEnd(self.stream.sender())
        self.losses: list[Loss] = []

    def actor(self, checkpoint_interval_s: float = 0) -> PersistenceActor:
        """A new incarnation."""
        return PersistenceActor(
            self.inbox,
            self.durable,
            self.telemetry,
            self.writer,
            self.store,
            self.in_hand,
            checkpoint_interval_s=checkpoint_interval_s,
            on_loss=self.losses.append,
        )

    async def heard(self) -> list[Message]:
        """What telemetry was told, once nobody tells it any more."""
        self.telemetry.close()
        self.stream.seal()
        return [message async for message in self.stream]


@asynccontextmanager
async def house(path: Path, *, is_alone: bool = False) -> AsyncIterator[House]:
    writer = Writer(path, "journal-writer", contextlib.nullcontext, is_alone=is_alone)
    store = await writer.run(opened, path)
    await writer.run(store.begin_session, opening("one"))
    try:
        yield House(path, writer, store)
    finally:
        await writer.run(store.close)
        writer.close()


async def feed(own: House, messages: Sequence[Append]) -> None:
    """Send all, then end."""
    with own.inbox.sender() as send:
        own.inbox.seal()
        for message in messages:
            await send.send(message)


async def test_a_receipt_comes_after_the_commit(tmp_path: Path) -> None:
    """When a sender hears that a batch is durable, another connection can read it."""
    async with house(tmp_path / "neo.db") as own, trio.open_nursery() as nursery:
        await nursery.start(own.actor().run)
        with own.inbox.sender() as send:
            own.inbox.seal()
            await send.send(Append(records=started(), sender="gateway", batch=7, wants_receipt=True))
            assert await anext(own.durable["gateway"]) == Durable(batch=7)
            assert count(own.path, "journal") == 2


async def test_the_walk_ends_with_everything_written(tmp_path: Path) -> None:
    """When the senders are done, all they sent is in the database, in the order of arrival."""
    messages = appends([started(), *(batch for tick in range(1, 30) for batch in tick_records(tick))])
    async with house(tmp_path / "neo.db") as own:
        async with trio.open_nursery() as nursery:
            await nursery.start(own.actor().run)
            nursery.start_soon(feed, own, messages)
        expected = [record for message in messages for record in message.records]
        read = await own.writer.run(lambda: [record for _, record in own.store.read_journal("one")])
        assert read == expected


async def test_what_waits_is_committed_together(tmp_path: Path) -> None:
    """Messages that wait for a commit share the next one; the journal is that of single commits."""
    messages = appends([started(), *((observed(tick),) for tick in range(1, 50))])
    async with house(tmp_path / "neo.db") as own:
        await feed(own, messages)
        await own.actor().run(trio.TASK_STATUS_IGNORED)
        assert own.store.commits == 1
        async with house(tmp_path / "single.db") as single:
            for message in messages:
                await single.writer.run(single.store.append, [message])
            assert single.store.commits == len(messages)
            assert single.store.journal_sha256 == own.store.journal_sha256


async def test_what_nobody_waits_for_is_committed_too(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    """Messages without a wish for a receipt share a commit, which comes a little later all the same."""
    async with house(tmp_path / "neo.db") as own, trio.open_nursery() as nursery:
        await nursery.start(own.actor().run)
        with own.inbox.sender() as send:
            own.inbox.seal()
            for message in appends([started(), *((observed(tick),) for tick in range(1, 10))]):
                await send.send(message)
                await trio.testing.wait_all_tasks_blocked()
            assert own.store.commits == 0
            mock_clock.jump(LINGER_S)
            await until(lambda: not own.in_hand)
            assert own.store.commits == 1
            assert count(own.path, "market_snapshots") == 9


def test_a_kept_ledger_tells_all_that_a_journal_can_lack() -> None:
    """Each ledger is one message at least; twice as many ledgers are kept as messages wait for a commit."""
    assert 2 * GROUP_MAX <= SNAPSHOT_LEDGERS


async def test_where_nobody_keeps_time_a_group_is_committed_when_it_is_full_or_somebody_waits(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    """An order is durable before it leaves, and that alone decides: no commit is made because of the session's time."""
    async with house(tmp_path / "neo.db", is_alone=True) as own, trio.open_nursery() as nursery:
        await nursery.start(own.actor().run)
        with own.inbox.sender() as send:
            own.inbox.seal()
            batches = appends([started(), *((observed(tick),) for tick in range(1, GROUP_MAX + 2))])
            for message in batches[: GROUP_MAX - 1]:
                await send.send(message)
                await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(1e6)
            await trio.testing.wait_all_tasks_blocked()
            assert (own.store.commits, len(own.in_hand)) == (0, GROUP_MAX - 1)
            await send.send(batches[GROUP_MAX - 1])
            await until(lambda: not own.in_hand)
            assert own.store.commits == 1
            await send.send(batches[GROUP_MAX])
            await send.send(msgspec.structs.replace(batches[GROUP_MAX + 1], wants_receipt=True))
            await anext(own.durable["gateway"])
            assert own.store.commits == 2
            assert count(own.path, "market_snapshots") == GROUP_MAX + 1


async def until(condition: Callable[[], bool]) -> None:
    """Let a thread come round to something that wakes nobody; the clock of the test stands still meanwhile."""
    last_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < last_s
        await trio.lowlevel.checkpoint()


class FailingStore:
    """A store whose next append fails before or after its commit, as a crash would cut it."""

    def __init__(self, store: Store, *, committed: bool) -> None:
        self._store = store
        self._committed = committed
        self._failed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, messages: Sequence[Append]) -> None:
        """Fail once."""
        if self._failed:
            self._store.append(messages)
            return
        self._failed = True
        if self._committed:
            self._store.append(messages)
        raise DiskFullError(self._store.path, "database or disk is full", "Free some room.")


@pytest.mark.parametrize("committed", [False, True])
async def test_a_crash_at_the_commit_loses_and_doubles_nothing(tmp_path: Path, committed: bool) -> None:
    """A group whose commit failed, or whose answer was lost, is written once, and its receipt given."""
    messages = [
        *appends([started(), *tick_records(4)]),
        Append(records=(observed(5),), sender="gateway", batch=4, wants_receipt=True),
    ]
    async with house(tmp_path / "neo.db") as own:
        own.store = FailingStore(own.store, committed=committed)  # type: ignore[assignment] # it is one in all but name
        await feed(own, messages)
        with pytest.raises(ExceptionGroup) as crash:
            await own.actor().run(trio.TASK_STATUS_IGNORED)
        assert crash.group_contains(StoreError)
        own.inbox.redeliver()
        await own.actor().run(trio.TASK_STATUS_IGNORED)
        assert rows(own.path, "SELECT count(*), max(seq) FROM journal") == [(17, 17)]
        assert count(own.path, "fills") == 2
        assert await anext(own.durable["gateway"]) == Durable(batch=4)


async def test_checkpoints_are_made_and_told_at_the_interval(
    tmp_path: Path, mock_clock: trio.testing.MockClock
) -> None:
    """Every interval of session time one checkpoint is made, on its own connection, and telemetry hears of it."""
    async with house(tmp_path / "neo.db") as own:
        async with trio.open_nursery() as nursery:
            await nursery.start(own.actor(checkpoint_interval_s=60).run)
            with own.inbox.sender() as send:
                own.inbox.seal()
                for tick in range(1, 4):
                    for batch in (2 * tick, 2 * tick + 1):
                        record = observed(batch)
                        await send.send(Append(records=(record,), sender="gateway", batch=batch, wants_receipt=True))
                        assert await anext(own.durable["gateway"]) == Durable(batch=batch)
                    mock_clock.jump(60)
                    assert isinstance(await anext(own.stream), WalCheckpointed)
        assert await own.heard() == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DiskFullError(Path("neo.db"), "database or disk is full", "Free some room."), "database or disk is full"),
        (OSError(5, "Input/output error"), "OSError: [Errno 5] Input/output error"),
        (MemoryError(), "MemoryError"),
        (ValueError("whatever"), "ValueError: whatever"),
    ],
)
async def test_a_failing_checkpoint_is_an_error_and_the_next_one_runs(
    tmp_path: Path, mock_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    """A checkpoint that fails is logged with its cause; appends go on, and the next round is made."""
    passive = Checkpointer.passive

    def failing(_: Checkpointer) -> WalCheckpointed | None:
        monkeypatch.setattr(Checkpointer, "passive", passive)
        raise error

    monkeypatch.setattr(Checkpointer, "passive", failing)
    with log_lines() as logged:
        async with house(tmp_path / "neo.db") as own, trio.open_nursery() as nursery:
            await nursery.start(own.actor(checkpoint_interval_s=60).run)
            with own.inbox.sender() as send:
                own.inbox.seal()
                for batch in (1, 2):
                    await send.send(
                        Append(records=(observed(batch),), sender="gateway", batch=batch, wants_receipt=True)
                    )
                    assert await anext(own.durable["gateway"]) == Durable(batch=batch)
                await trio.testing.wait_all_tasks_blocked()
                mock_clock.jump(60)
                # Only once the failure is told does the next interval begin: the thread looks idle to Trio meanwhile.
                await until(lambda: bool(logged))
                await trio.testing.wait_all_tasks_blocked()
                mock_clock.jump(60)
                assert isinstance(await anext(own.stream), WalCheckpointed)
    assert [line.strip() for line in logged] == [f"ERROR checkpoint_failed {told}".strip()]


async def test_a_checkpoint_that_hangs_holds_nobody_up(
    tmp_path: Path, mock_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one hangs, appends are committed, and the actor ends without waiting for it."""
    go_on = threading.Event()

    def hanging(_: Checkpointer) -> None:
        go_on.wait(60)

    monkeypatch.setattr(Checkpointer, "passive", hanging)
    monkeypatch.setattr("actors.store.writer._LEAVE_PATIENCE_S", 0.01)
    try:
        async with house(tmp_path / "neo.db") as own, trio.open_nursery() as nursery:
            await nursery.start(own.actor(checkpoint_interval_s=60).run)
            with own.inbox.sender() as send:
                own.inbox.seal()
                for batch in (1, 2, 3):
                    await trio.testing.wait_all_tasks_blocked()
                    mock_clock.jump(60)
                    await send.send(
                        Append(records=(observed(batch),), sender="gateway", batch=batch, wants_receipt=True)
                    )
                    assert await anext(own.durable["gateway"]) == Durable(batch=batch)
                    # Or the next jump would be over the patience with what the thread is still at.
                    await own.writer.run(lambda: None)
    finally:
        go_on.set()
