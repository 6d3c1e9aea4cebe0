"""What a start does first about sessions whose process ended without a word.

Start-up and recovery are one path: a lost session is run once more by the machinery that ran it, on the ledger that it
traded on, with its end as the first cause from the first moment. So its journal is read back, the ledgers that it
missed are booked, the venue is asked what became of every open order, what rests is cancelled and the inventory is
compared to the drop. Then its row ends as ``process_lost`` in the same step in which its successor's begins, and that
one goes on on the same ledger. A recovery that is killed itself is simply made again.

Where the ledger can't be asked, the ending says so, and nothing is made up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from loguru import logger

from actors.notes import look_back, results_text
from actors.plan import RIPPLE_EPOCH_S, SessionPlan, StartupError
from actors.store import LostSession, SessionEnding, Store, Writer, session
from actors.store.reports import capital_orders
from actors.world import World, load_world, world_file
from neo.halt import Halt, HaltReason
from neo.messages import Append, HaltRaised
from neo.money import xrp
from neo.opening import MovedBefore
from neo.sim.accounts import crowd_address
from neo.sim.world import FORMAT, WorldError, WorldOrigin, WorldText

_NOTHING_OPEN: Final = "; the next start found nothing of it open on the ledger"

# More than any ledger's index: nothing is told of the ledgers that a file has.
_NONE_MISSED: Final = 2**32

# Said while a lost session is settled, these are meant for the session that would have followed.
_FOR_THE_NEXT: Final = frozenset(
    {
        HaltReason.KILL_SWITCH,
        HaltReason.INTERRUPTED_SIGINT,
        HaltReason.INTERRUPTED_SIGTERM,
        HaltReason.INTERRUPTED_SIGBREAK,
    }
)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session comes from.

    Args:
        session_id: Its name.
        world: The ledger that it goes on on; None for one of its own.
        is_lost: It was lost and is only to be settled.
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


Settle = Callable[[Origin], Awaitable[SessionEnding]]


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
    """Settle what lost sessions left, and tell where the new one comes from.

    Args:
        plan: Of the new session.
        session_id: Its name.
        writer: The thread of the store.
        store: The open database; its process lock says that nobody else runs a session in it.
        settle: Runs a lost session to its end.

    Raises:
        StartupError: A lost session's orders could not be settled, or its ledger needs another recording.
    """
    lost = await writer.run(store.lost_sessions)
    path = world_file(plan.database)
    recovery = _Recovery(plan, path, writer, store, settle)
    if not lost:
        await recovery.clear_up()
        return Origin(session_id=session_id, notices=tuple(recovery.notices))
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
        unknown = f", so what became of {_orders(lost.orders_open)} is not known" if lost.orders_open else ""
        await self._end(lost, f"; {why}{unknown}")

    async def _never_opened(self, lost: LostSession) -> None:
        await self._end(lost, " before anything was journaled, so nothing had been sent")

    def _require_recording(self, text: WorldText) -> None:
        if text.origin.market_sha256 != self._plan.market_sha256:
            raise StartupError(
                f"{self._path}: a session was lost, and its ledger goes on with the recording {text.origin.market_name}"
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
        if lost.is_closed and not lost.orders_open:
            # Nothing but its row was left to write.
            results, _ = await look_back(self._writer, self._store, lost.id)
            await self._end(lost, _NOTHING_OPEN, results=results_text(results))
            return
        await self._writer.run(self._store.resume_session, lost.id)
        if not lost.is_noted:
            # First of all: a gateway that reads this in its journal clears up, and quotes no more.
            noted = HaltRaised(reason=halt.reason, detail=halt.detail, source=halt.source, first=True)
            append = Append(records=(noted,), sender="recovery", batch=1, wants_receipt=False)
            await self._writer.run(self._store.append, (append,))
        origin = Origin(session_id=lost.id, world=world, is_lost=True, halts=(halt,))
        ending = await self._settle(origin)
        self.halts = tuple(raised for raised in ending.secondary if raised.reason in _FOR_THE_NEXT)
        after = await self._writer.run(self._store.lost_session, lost.id)
        if after.orders_open:
            why = "; ".join(ending.rungs_failed) or "the ledger did not tell"
            raise StartupError(
                f"session {lost.id} was lost, and {_orders(after.orders_open)} could not be settled ({why})."
                f" Start again to try once more; or move {self._path} away, which gives up what became of them."
            )
        settled = f"; the next start settled {_orders(lost.orders_open)} on the ledger"
        await self._end(lost, settled if lost.orders_open else _NOTHING_OPEN, ending=ending)

    async def _end(
        self, lost: LostSession, found: str, *, ending: SessionEnding | None = None, results: str | None = None
    ) -> None:
        """Keep a session's ending for the step that begins its successor, and tell the operator."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
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


def _orders(count: int) -> str:
    return f"{count} open order{'' if count == 1 else 's'}"
