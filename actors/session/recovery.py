"""What a start does first about sessions whose process ended without a word.

Start-up and recovery are one path: a lost session is run once more by the machinery that ran it, on the ledger that it
traded on, with its end as the first cause from the first moment. So its journal is read back, the ledgers that it
missed are booked, the venue is asked what became of every open order, what rests is cancelled and the inventory is
compared to the drop. Then its row ends as ``process_lost`` in the same step in which its successor's begins, and that
one goes on on the same ledger. A recovery that is killed itself is simply made again.

A session that ended, but could not pull all of its orders (a second Ctrl+C, a venue that did not answer, a full disk),
leaves its ledger too, and the next start settles it on the same path. How it ended stays as it was written. What is
found goes into its journal behind its end, as the tables follow from the journal; the record that begins it has the
hash that the journal ended with. Its ledger then goes, as that of any session that ended.

Where the ledger can't be asked, the ending and each order say so, and nothing is made up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from loguru import logger

from actors.session.notes import look_back, results_text
from actors.session.plan import RIPPLE_EPOCH_S, SessionPlan, StartupError, now_text
from actors.store import LostSession, SessionEnding, SessionRow, Store, Writer, session
from actors.store.reports import capital_orders
from actors.venues.sim.world import World, load_world, world_file
from neo.chain.money import xrp
from neo.desk.opening import MovedBefore
from neo.messages import Append, HaltRaised, OrderChanged, OrderStatus, Record, SettlementBegun
from neo.messages.halts import INTERRUPTED, Halt, HaltReason
from neo.network.network_text import FORMAT, WorldError
from neo.sim.accounts import crowd_address
from neo.sim.world_text import WorldOrigin, WorldText

_NOTHING_OPEN: Final = "; the next start found nothing of it open on the ledger"

# More than any ledger's index: nothing is told of the ledgers that a file has.
_NONE_MISSED: Final = 2**32


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session comes from.

    Args:
        session_id: Its name.
        world: The ledger that it goes on on; None for one of its own.
        is_lost: It was lost, or left orders open at its end, and is only to be settled.
        halts: Causes to end from the first moment.
        endings: Of the lost sessions before it.
        notices: What the operator has to know about its beginning.
    """

    session_id: str
    world: World | None = None
    is_lost: bool = False
    halts: tuple[Halt, ...] = ()
    endings: Mapping[str, SessionEnding] = {}
    notices: tuple[str, ...] = ()


class Settled(msgspec.Struct, frozen=True):
    """What came of settling a session.

    Args:
        ending: Its own.
        raised: Halts that were raised meanwhile. A signal is meant for the session that was to follow.
    """

    ending: SessionEnding
    raised: tuple[Halt, ...]


Settle = Callable[[Origin], Awaitable[Settled]]


def world_origin(plan: SessionPlan, session_id: str, moved: Sequence[MovedBefore]) -> WorldOrigin:
    """What a session's own simulated ledger is made of; ``moved`` is capital that was recorded for its opening."""
    account = plan.config.account
    return WorldOrigin(
        format=FORMAT,
        session_id=session_id,
        seed=plan.seed,
        config=plan.config.sim,
        market_name=plan.market_name,
        market_sha256=plan.market_sha256,
        account=crowd_address("our account"),
        xrp_drops=account.opening_drops + sum(part.xrp_drops for part in moved),
        rlusd=account.opening_rlusd + sum((part.rlusd for part in moved), Decimal(0)),
        start_close_time_s=plan.bars[0].start_s - RIPPLE_EPOCH_S,
    )


async def recover(plan: SessionPlan, session_id: str, writer: Writer, store: Store, settle: Settle) -> Origin:
    """Settle what earlier sessions left, and tell where the new one comes from.

    Args:
        plan: Of the new session.
        session_id: Its name.
        writer: The thread of the store.
        store: The open database; its process lock says that nobody else runs a session in it.
        settle: Runs a lost session to its end.

    Raises:
        StartupError: An earlier session's orders could not be settled, or its ledger needs another recording.
    """
    lost = await writer.run(store.lost_sessions)
    path = world_file(plan.database)
    recovery = _Recovery(plan, path, writer, store, settle)
    for ended in await writer.run(store.unsettled_sessions):
        await recovery.settle_ended(ended)
    if not lost:
        await recovery.clear_up()
        return Origin(session_id=session_id, halts=recovery.halts, notices=tuple(recovery.notices))
    for earlier in lost[:-1]:
        await recovery.give_up(earlier, "a later session was lost too, and the ledger is that one's")
    world = await recovery.settle_newest(lost[-1])
    return Origin(
        session_id=session_id,
        world=world,
        halts=recovery.halts,
        endings=recovery.endings,
        notices=(*recovery.notices, *(() if world is None else _differences(plan, world))),
    )


class _Recovery:
    """The lost sessions of one start."""

    def __init__(self, plan: SessionPlan, path: Path, writer: Writer, store: Store, settle: Settle) -> None:
        self._plan = plan
        self._path = path
        self._writer = writer
        self._store = store
        self._settle = settle
        self.endings: dict[str, SessionEnding] = {}
        self.notices: list[str] = []
        self.halts: tuple[Halt, ...] = ()
        self._batch = 0

    async def settle_ended(self, session_id: str) -> None:
        """Settle a session that ended and left orders open."""
        left = await self._writer.run(self._store.lost_session, session_id)
        if left.is_closed and not left.open_ids:
            # Settled by a start that was killed before it could say so.
            results = results_text((await look_back(self._writer, self._store, session_id))[0])
            await self._tell_settlement(left, "settled on the ledger", results)
            return
        owner: str | None = session_id
        try:
            text = load_world(self._path)
            owner = text.session_id
            if owner == session_id:
                self._require_recording(text)
            world = self._reopened(left, text)
        except WorldError as error:
            if owner == session_id:
                self._set_aside(session_id)
            await self._resume(left)
            await self._note_lost(left, str(error))
            await self._tell_settlement(left, f"the simulated ledger can't be asked ({error})", None)
            return
        try:
            await self._resume(left)
            row = await self._writer.run(session, self._plan.database, session_id)
            assert row is not None, "an ended session has a row"
            halt = Halt(_reason_of(row), row.halt_detail or "", "recovery")
            ending = await self._settle_orders(world, left, halt)
            await self._tell_settlement(left, "settled on the ledger", ending.results)
        except BaseException:
            world.leave()
            raise
        world.remove()

    async def settle_newest(self, session_id: str) -> World | None:
        """Settle the session that had the ledger; returns the ledger, or None if it can't be gone on with."""
        lost = await self._writer.run(self._store.lost_session, session_id)
        try:
            text = load_world(self._path)
            if lost.ledger_index is None and text.origin.session_id == session_id:
                # Made for it and never traded on: the next session gets one of its own.
                self._path.unlink()
                await self._never_opened(lost)
                return None
            self._require_recording(text)
            world = self._reopened(lost, text)
        except WorldError as error:
            if lost.ledger_index is None:
                await self._never_opened(lost)
                self._set_aside(session_id)
                return None
            await self.give_up(session_id, f"the simulated ledger can't be asked: {error}")
            self._set_aside(session_id)
            return None
        try:
            await (self._never_opened(lost) if lost.ledger_index is None else self._settle_on(world, lost))
        except BaseException:
            world.leave()
            raise
        return world

    async def clear_up(self) -> None:
        """Without a lost session no ledger is needed: away with one that a kill at the very end left lying there."""
        if not self._path.exists():
            return
        with contextlib.suppress(WorldError):
            owner = load_world(self._path).session_id
            if await self._writer.run(session, self._plan.database, owner) is not None:
                self._path.unlink()
                return
        aside = self._set_aside("unknown")
        told = f"{self._path.name} was left by a session that this database does not know; it is {aside.name} now"
        self.notices.append(told)
        logger.bind(path=str(aside)).warning("unknown_world_set_aside")

    async def give_up(self, session_id: str, why: str) -> None:
        """End a session whose ledger can't be asked: what its database has is all that will ever be known."""
        lost = await self._writer.run(self._store.lost_session, session_id)
        unknown = f", so what became of {_orders(lost)} is not known" if lost.open_ids else ""
        if lost.open_ids:
            await self._writer.run(self._store.resume_session, session_id)
            await self._note_lost(lost, why)
        await self._end(lost, f"; {why}{unknown}")

    async def _never_opened(self, lost: LostSession) -> None:
        await self._end(lost, " before anything was journaled, so nothing had been sent")

    def _require_recording(self, text: WorldText) -> None:
        if text.origin.market_sha256 not in (self._plan.market_sha256, self._plan.market_file_sha256):
            raise StartupError(
                f"{self._path}: session {text.session_id} is to be settled, and its ledger goes on with the recording"
                f" {text.origin.market_name}"
                f" (sha256 {text.origin.market_sha256[:12]}), not with {self._plan.market_name}"
                f" ({self._plan.market_sha256[:12]}). Give that file with --market; or move {self._path.name} away,"
                " which gives up what became of that session's open orders."
            )

    def _reopened(self, lost: LostSession, text: WorldText) -> World:
        """The ledger as its process left it.

        Raises:
            WorldError: It is not the one that the journal is about.
        """
        if lost.ledger_index is None:
            return World.reopen(self._path, text, self._plan.bars, _NONE_MISSED)
        if text.session_id != lost.id:
            raise WorldError(f"its file is that of session {text.session_id}")
        if text.snapshot is not None and text.snapshot.ledger_index > lost.ledger_index:
            raise WorldError(
                f"its file begins after ledger {text.snapshot.ledger_index}, the journal ends with {lost.ledger_index}"
            )
        world = World.reopen(self._path, text, self._plan.bars, lost.ledger_index)
        try:
            _require_known(lost, world)
        except WorldError:
            world.leave()
            raise
        return world

    async def _settle_on(self, world: World, lost: LostSession) -> None:
        """Run a lost session to its end."""
        halt = Halt(HaltReason.PROCESS_LOST, f"the process {lost.cause}", "recovery")
        if lost.is_closed and not lost.open_ids:
            # Nothing but its row was left to write.
            results, _ = await look_back(self._writer, self._store, lost.id)
            await self._end(lost, _NOTHING_OPEN, results=results_text(results))
            return
        await self._writer.run(self._store.resume_session, lost.id)
        if not lost.is_noted:
            # First of all: a gateway that reads this in its journal clears up, and quotes no more.
            await self._append(HaltRaised(reason=halt.reason, detail=halt.detail, source=halt.source, first=True))
        ending = await self._settle_orders(world, lost, halt)
        settled = f"; the next start settled {_orders(lost)} on the ledger"
        await self._end(lost, settled if lost.open_ids else _NOTHING_OPEN, ending=ending)

    async def _settle_orders(self, world: World, left: LostSession, halt: Halt) -> SessionEnding:
        """Take a session down the ladder on its ledger.

        Raises:
            StartupError: Orders of it are open all the same.
        """
        settled = await self._settle(Origin(session_id=left.id, world=world, is_lost=True, halts=(halt,)))
        self.halts += tuple(halt for halt in settled.raised if halt.reason in INTERRUPTED)
        trouble = [halt.detail for halt in settled.raised if halt.reason not in INTERRUPTED]
        after = await self._writer.run(self._store.lost_session, left.id)
        if after.open_ids:
            why = "; ".join((*trouble, *settled.ending.rungs_failed)) or "the ledger did not tell"
            how = "was lost" if halt.reason is HaltReason.PROCESS_LOST else f"ended ({halt.reason})"
            raise StartupError(
                f"session {left.id} {how}, and {_orders(after)} could not be settled ({why})."
                f" Start again to try once more; or move {self._path} away, which gives up what became of them."
            )
        return settled.ending

    async def _resume(self, left: LostSession) -> None:
        """Go on with the journal of a session that ended."""
        await self._writer.run(self._store.resume_session, left.id)
        begun = SettlementBegun(
            ledger_index=left.ledger_index or 0,
            close_time_s=left.close_time_s,
            journal_sha256=self._store.journal_sha256,
            order_ids=left.open_ids,
        )
        await self._append(begun)

    async def _note_lost(self, left: LostSession, why: str) -> None:
        """What became of these orders will never be known: that is what their rows say, and no guess."""
        changes = [
            OrderChanged(
                order_id=order_id,
                ledger_index=left.ledger_index or 0,
                close_time_s=left.close_time_s,
                status=OrderStatus.LOST,
                result=why,
                xrp_left_drops=0,
                rlusd_left=Decimal(0),
            )
            for order_id in left.open_ids
        ]
        await self._append(*changes)

    async def _append(self, *records: Record) -> None:
        self._batch += 1
        append = Append(records=records, sender="recovery", batch=self._batch, wants_receipt=False)
        await self._writer.run(self._store.append, (append,))

    async def _tell_settlement(self, left: LostSession, how: str, results: str | None) -> None:
        """Note what was found of an ended session's orders, and tell the operator."""
        became = await self._writer.run(self._store.settled_orders, left.id)
        detail = f"{how}: {', '.join(f'{order_id} {status}' for order_id, status in became.items())}"
        await self._writer.run(self._store.note_settlement, left.id, detail, results)
        self.notices.append(f"session {left.id} had ended and left orders behind, {detail}")
        logger.bind(session_id=left.id, detail=detail).warning("orders_left_settled")

    async def _end(
        self, lost: LostSession, found: str, *, ending: SessionEnding | None = None, results: str | None = None
    ) -> None:
        """Keep a session's ending for the step that begins its successor, and tell the operator."""
        now = now_text()
        plain = await self._writer.run(self._store.lost_ending, lost.id, now, found)
        if ending is None:
            ended = msgspec.structs.replace(plain, results=results)
        else:
            ended = msgspec.structs.replace(ending, detail=plain.detail)
        self.endings[lost.id] = ended
        self.notices.append(f"session {lost.id} was lost: {ended.detail}")
        logger.bind(session_id=lost.id, detail=ended.detail).warning("session_lost")

    def _set_aside(self, name: str) -> Path:
        """Keep a ledger's file that could not be used, for whoever looks into it, out of the next session's way."""
        aside = self._path.with_name(f"{self._path.name}.unusable-{name}")
        if self._path.exists():
            self._path.replace(aside)
        return aside


def _reason_of(row: SessionRow) -> HaltReason:
    """Why an ended session ended.

    Raises:
        StartupError: What its row says is no reason.
    """
    try:
        return HaltReason(row.halt_reason or "")
    except ValueError:
        raise StartupError(
            f"session {row.id} is to be settled, and {row.halt_reason!r} in its row is no reason to end."
            " `neo db check --rebuild` writes the row anew."
        ) from None


def _require_known(lost: LostSession, world: World) -> None:
    """The ledger must go on from where the journal ends, with nothing of ours that the journal does not know.

    A journal that lost its last moments (a deleted log, a power cut) would book foreign orders as capital, and leave
    offers resting that nobody knows.

    Raises:
        WorldError: It is not so.
    """
    index = world.latest.ledger_index
    if lost.ledger_index is not None and index < lost.ledger_index:
        raise WorldError(f"its file ends with ledger {index}, the journal with {lost.ledger_index}")
    unknown = [tx_hash for tx_hash in world.our_hashes() if tx_hash not in lost.tx_hashes]
    if unknown:
        raise WorldError(
            f"it has {len(unknown)} of its transactions that the journal lacks (first {unknown[0][:12]}):"
            " the database lost its last moments"
        )


def _differences(plan: SessionPlan, world: World) -> list[str]:
    """What the operator may not expect of a session that goes on on the ledger of another."""
    balances = world.latest.balances
    told = [f"the ledger goes on with what the account has: {xrp(balances.xrp_drops)} XRP, {balances.rlusd} RLUSD"]
    if plan.config.sim != world.origin.config or plan.seed != world.origin.seed:
        told.append(f"its market goes on as it began (seed {world.origin.seed}); [sim] and --seed shape a new one only")
    if any(order.session_id is None for order in capital_orders(plan.database)):
        told.append("recorded deposits and withdrawals wait for a session that opens with a ledger of its own")
    return told


def _orders(left: LostSession) -> str:
    count = len(left.open_ids)
    return f"{count} open order{'' if count == 1 else 's'}"
