"""The persistence actor: what is appended becomes durable, in the order of arrival, and whoever asked is told.

Group commit: a receipt that somebody waits for commits at once, together with all that came before it; what nobody
waits for may wait a moment for company. How the messages fall into groups may depend on the machine's load; the
journal doesn't, since its bytes and their order are those of arrival.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Final

import trio
from loguru import logger

from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.plumbing.supervisor import describe
from actors.plumbing.timings import JOURNAL_COMMIT, Timings
from actors.store import Checkpointer, InHand, Store, StoreError, Writer
from actors.store.checkpoint import CHECKPOINT_FAILED, LOG_FRAMES_MAX
from actors.store.holders import told_holders
from actors.store.rescue import Loss
from neo.messages import Append, Durable, WalCheckpointed

# Messages in one transaction at most: a full mailbox. Senders that never pause must not keep the commit waiting.
GROUP_MAX: Final = 64

# Session seconds after which messages that nobody waits for are committed all the same: a little more than a tick,
# whose intents are waited for. They tell what the venue did, so what a kill takes of them recovery asks the venue for.
LINGER_S: Final = 5.0

# A checkpoint that took so many milliseconds beside the writer is not made in the writer's turn.
IN_TURN_MS_MAX: Final = 1000.0


class PersistenceActor:
    """One incarnation of persistence.

    Args:
        inbox: What is to be appended.
        durable: Where each sender reads its receipts, by the sender's name.
        telemetry: Hears of every checkpoint.
        writer: The thread that owns the database.
        store: The open database with its session begun, used in the writer's thread alone.
        in_hand: What left the mailbox and is not in the database yet; the session's, so that it outlives a crash.
        checkpoint_interval_s: Session seconds between checkpoints; 0 leaves them to SQLite's own rule.
        on_loss: Told when the database was lost. What comes after that is kept, so that the session can end in order.
        timings: Told how long each commit took.
    """

    def __init__(  # noqa: PLR0913 - the constructor is the list of an actor's friends
        self,
        inbox: Mailbox[Append],
        durable: Mapping[str, LatestBox[Durable]],
        telemetry: LossyEnd,
        writer: Writer,
        store: Store,
        in_hand: InHand,
        *,
        checkpoint_interval_s: float,
        on_loss: Callable[[Loss], None],
        timings: Timings | None = None,
    ) -> None:
        self._inbox = inbox
        self._durable = durable
        self._telemetry = telemetry
        self._writer = writer
        self._store = store
        self._in_hand = in_hand
        self._checkpoint_interval_s = checkpoint_interval_s
        # Where nobody keeps time a group is full in no time.
        self._linger_s = math.inf if writer.is_alone else LINGER_S
        self._on_loss = on_loss
        self._timings = timings or Timings()
        self._committing = trio.Lock()
        self._committed_at_s = 0.0

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Append until all senders are done, with the checkpointer beside it."""
        async with trio.open_nursery() as nursery:
            if self._checkpoint_interval_s > 0:
                await nursery.start(self._checkpoint_regularly)
            self._committed_at_s = trio.current_time()
            nursery.start_soon(self._commit_lingering)
            task_status.started()
            await self._append_all()
            nursery.cancel_scope.cancel()

    async def _append_all(self) -> None:
        async for append in self._inbox:
            self._in_hand.take(append)
            if append.wants_receipt or len(self._in_hand) >= GROUP_MAX:
                await self._commit()
        await self._commit()

    async def _commit_lingering(self) -> None:
        while True:
            await trio.sleep_until(self._committed_at_s + self._linger_s)
            if trio.current_time() >= self._committed_at_s + self._linger_s:
                await self._commit()

    async def _commit(self) -> None:
        try:
            self._committing.acquire_nowait()
        except trio.WouldBlock:
            await self._committing.acquire()
        try:
            self._committed_at_s = trio.current_time()
            done = self._in_hand.all()
            if not done:
                return
            begun_s = perf_counter()
            await self._writer.run_briefly(self._store.append, done)
            self._timings.note(JOURNAL_COMMIT, perf_counter() - begun_s)
            # More may have come while the thread was at it.
            self._in_hand.let_go(len(done))
        finally:
            self._committing.release()
        self._tell_loss()
        for append in done:
            if append.wants_receipt:
                self._durable[append.sender].put(Durable(batch=append.batch))

    async def _checkpoint_regularly(self, task_status: trio.TaskStatus[None]) -> None:
        """A round each interval, in a thread of its own that holds up neither the commits nor the session's clock.

        Whatever goes wrong in one is an ERROR with its cause, and the next one runs all the same: what was committed is
        in the log, and a log that grows costs speed and nothing else.
        """
        helper = self._writer.beside("wal-checkpointer")
        checkpointer: Checkpointer | None = None
        try:
            checkpointer = await self._round(helper, None)
            task_status.started()
            while True:
                await trio.sleep(self._checkpoint_interval_s)
                # A session that commits nothing for long has to notice as well.
                await self._writer.run(self._store.require_in_place)
                if self._tell_loss():
                    # Nothing is worked into files that are not ours any more.
                    await trio.sleep_forever()
                checkpointer = await self._round(helper, checkpointer)
        finally:
            helper.leave(checkpointer.close if checkpointer is not None else lambda: None)

    async def _round(self, helper: Writer, checkpointer: Checkpointer | None) -> Checkpointer | None:
        try:
            if checkpointer is None:
                return await self._begin_checkpoints()
            await self._checkpoint(helper, checkpointer)
        except Exception as error:  # noqa: BLE001 - a checkpoint is never a reason to end a session
            _tell_failure(self._store.path, error)
        return checkpointer

    async def _begin_checkpoints(self) -> Checkpointer:
        store = self._store
        # In the writer's turn, which holds the clock: how far a session has got must not depend on how long this takes.
        checkpointer = await self._writer.run(Checkpointer, store.path, store.durability, lambda: store.commits)
        # Until then SQLite's own rule keeps the log short.
        await self._writer.run(store.disable_autocheckpoint)
        return checkpointer

    async def _checkpoint(self, helper: Writer, checkpointer: Checkpointer) -> None:
        done = await helper.run_aside(self._store.checkpointed, checkpointer.passive)
        if done is None:
            return
        self._tell(done)
        pin = checkpointer.pin(done)
        if pin is not None:
            holders = told_holders(pin.holders)
            logger.bind(held_frames=pin.held_frames, holders=holders, wal_bytes=done.wal_bytes).warning("wal_pinned")
        # On a disk that is slow to take them, the commits must not wait for the rest.
        if done.log_frames > LOG_FRAMES_MAX and pin is None and done.elapsed_ms < IN_TURN_MS_MAX:
            in_turn = await self._writer.run(self._store.checkpoint)
            checkpointer.note(in_turn)
            self._tell(in_turn)

    def _tell_loss(self) -> bool:
        loss = self._store.loss
        if loss is not None:
            self._on_loss(loss)
        return loss is not None

    def _tell(self, done: WalCheckpointed) -> None:
        # Telemetry logs it: one line for each message it gets.
        self._telemetry.publish(done)


def _tell_failure(path: Path, error: Exception) -> None:
    if isinstance(error, StoreError):
        told = {"cause": error.what, "mend": error.mend}
    else:
        told = {"cause": describe(error), "mend": "Report it with the log if it comes again."}
    logger.bind(path=str(path), **told).error(CHECKPOINT_FAILED)
