"""The persistence actor: what is appended becomes durable, in the order of arrival, and whoever asked is told.

Group commit: a receipt that somebody waits for commits at once, together with all that came before it; what nobody
waits for may wait a moment for company. How the messages fall into groups may depend on the machine's load; the
journal doesn't, since its bytes and their order are those of arrival.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final

import trio
from loguru import logger

from actors.mailbox import LatestBox, LossyEnd, Mailbox
from actors.store import Checkpointer, Store, StoreError, Writer
from actors.store.checkpoint import LOG_FRAMES_MAX
from neo.messages import Append, Durable, WalCheckpointed

# Messages in one transaction at most: a full mailbox. Senders that never pause must not keep the commit waiting.
GROUP_MAX: Final = 64

# What nobody waits for is committed after this much session time at the latest: far below a ledger's 4 s, so that a
# kill costs no more than recovery can ask the venue for, and long enough that a tick's answers share one commit.
FLUSH_AFTER_S: Final = 0.05


class PersistenceActor:
    """One incarnation of persistence.

    Args:
        inbox: What is to be appended.
        durable: Where each sender reads its receipts, by the sender's name.
        telemetry: Hears of every checkpoint.
        writer: The thread that owns the database.
        store: The open database with its session begun, used in the writer's thread alone.
        working: Holds the session's clock while a checkpoint is under way.
        checkpoint_interval_s: Session seconds between checkpoints; 0 leaves them to SQLite's own rule.
    """

    def __init__(
        self,
        inbox: Mailbox[Append],
        durable: Mapping[str, LatestBox[Durable]],
        telemetry: LossyEnd,
        writer: Writer,
        store: Store,
        *,
        working: Callable[[], AbstractContextManager[None]],
        checkpoint_interval_s: float,
    ) -> None:
        self._inbox = inbox
        self._durable = durable
        self._telemetry = telemetry
        self._writer = writer
        self._store = store
        self._working = working
        self._checkpoint_interval_s = checkpoint_interval_s

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Append until all senders are done, with the checkpointer beside it."""
        async with trio.open_nursery() as nursery:
            if self._checkpoint_interval_s > 0:
                await nursery.start(self._checkpoint_regularly)
            task_status.started()
            await self._append_all()
            nursery.cancel_scope.cancel()

    async def _append_all(self) -> None:
        # Outlives this incarnation: messages that left the mailbox and are not in the database yet.
        group = self._store.uncommitted
        flush_at_s = trio.current_time() if group else math.inf
        while True:
            try:
                with trio.CancelScope(deadline=flush_at_s) as patience:
                    append = await anext(self._inbox)
                    group.append(append)
                    flush_at_s = min(flush_at_s, trio.current_time() + FLUSH_AFTER_S)
            except StopAsyncIteration:
                break
            if patience.cancelled_caught or self._is_due(group):
                await self._commit(group)
                flush_at_s = math.inf
        if group:
            await self._commit(group)

    def _is_due(self, group: list[Append]) -> bool:
        """True if somebody waits for a receipt and nothing more waits to share the commit, or the group is full."""
        if len(group) >= GROUP_MAX:
            return True
        return self._inbox.depth().waiting == 0 and any(append.wants_receipt for append in group)

    async def _commit(self, group: list[Append]) -> None:
        await self._writer.run(self._store.append, tuple(group))
        for append in group:
            if append.wants_receipt:
                self._durable[append.sender].put(Durable(batch=append.batch))
        group.clear()

    async def _checkpoint_regularly(self, task_status: trio.TaskStatus[None]) -> None:
        """A round each interval; one that fails is an ERROR with its cause, and the next one runs all the same."""
        store = self._store
        helper = Writer(store.path, "wal-checkpointer", self._working)
        try:
            checkpointer = await helper.run(Checkpointer, store.path, store.durability, lambda: store.commits)
            try:
                await self._writer.run(store.disable_autocheckpoint)
                task_status.started()
                while True:
                    await trio.sleep(self._checkpoint_interval_s)
                    try:
                        await self._checkpoint(helper, checkpointer)
                    except StoreError as error:
                        logger.bind(path=str(error.path), cause=error.what, mend=error.mend).error("checkpoint_failed")
            finally:
                checkpointer.close()
        finally:
            helper.close()

    async def _checkpoint(self, helper: Writer, checkpointer: Checkpointer) -> None:
        done = await helper.run(checkpointer.passive)
        if done is None:
            return
        self._tell(done)
        pin = checkpointer.pin(done)
        if pin is not None:
            holders = "not known on this system" if pin.holders is None else ", ".join(pin.holders) or "this process"
            logger.bind(held_frames=pin.held_frames, holders=holders, wal_bytes=done.wal_bytes).warning("wal_pinned")
        if done.log_frames > LOG_FRAMES_MAX and pin is None:
            in_turn = await self._writer.run(self._store.checkpoint)
            checkpointer.note(in_turn)
            self._tell(in_turn)

    def _tell(self, done: WalCheckpointed) -> None:
        # Telemetry logs it: one line for each message it gets.
        self._telemetry.publish(done)
