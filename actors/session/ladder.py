"""The way down: a ladder of rungs, each with its own deadline in its own shielded scope.

Stop quoting, cancel what rests and see it gone, reconcile against the ledger, leave the venue, look at what is left,
write the end to the journal, let every actor drain. A rung that fails or runs out of time is an ERROR in the log and in
the session's row; the next one is taken all the same.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

import trio
from loguru import logger

from actors.plumbing.mailbox import LatestBox
from actors.plumbing.supervisor import describe
from actors.plumbing.wiring import Channels
from neo.desk.desk import Desk
from neo.messages import (
    Append,
    CancelResting,
    Finish,
    HaltRaised,
    Message,
    PoisonSetAside,
    Reconcile,
    Reconciled,
    Record,
    RestingGone,
    SessionEnded,
    Standing,
    StopQuoting,
)
from neo.messages.halts import HaltRecord
from neo.watch.health import books_apart

A = TypeVar("A", bound=Message)

# How the time of the whole ladder (engine.shutdown_deadline_seconds) is shared: most of it for the one rung that
# waits for ledgers to close.
_SHARES = {
    "note_the_cause": 0.05,
    "stop_quoting": 0.05,
    "cancel_resting": 0.5,
    "list_what_is_left": 0.05,
    "reconcile": 0.1,
    "leave_the_venue": 0.05,
    "write_the_end": 0.1,
    "drain_actors": 0.1,
}

# What a second interrupt skips: the polite waits, but never the record of why.
_POLITE = frozenset({"cancel_resting", "reconcile"})

# What is for the gateway to do. If it never started, nothing was traded and there is nothing to do.
_OF_THE_GATEWAY = frozenset({"stop_quoting", "cancel_resting", "reconcile", "leave_the_venue"})


class RungError(Exception):
    """A rung did what it could and it was not enough."""


class Ladder:
    """The shutdown of one session.

    Args:
        channels: The session's channels.
        answers: What the gateway answers to the rungs.
        halts: The causes so far.
        started: The names of the actors that got ready.
        ended: An event for each actor, set when it has ended for good.
        load_desk: Reads the desk back from the journal, for when the gateway can't be asked.
        deadline_s: Session time for all rungs together.
        is_noted: The journal has the first cause already: the session is only settled.
    """

    def __init__(
        self,
        channels: Channels,
        answers: LatestBox[Message],
        halts: HaltRecord,
        started: Collection[str],
        ended: Mapping[str, trio.Event],
        load_desk: Callable[[], Awaitable[Desk]],
        deadline_s: float,
        *,
        is_noted: bool = False,
    ) -> None:
        self._is_noted = is_noted
        self._channels = channels
        self._to_gateway = channels.gateway.sender()
        self._to_persistence = channels.persistence.sender()
        self._answers = answers
        self._halts = halts
        self._started = started
        self._ended = ended
        self._load_desk = load_desk
        self._deadline_s = deadline_s
        self._batches = itertools.count(1)
        self._failed: list[str] = []
        self._left_told: tuple[str, ...] = ()
        self._scope: trio.CancelScope | None = None
        self._hurried = False
        self._is_clear = False
        # Whether the journal has its end.
        self.is_end_written = False
        self.standing: Standing | None = None
        self.poison: PoisonSetAside | None = None
        # Completes the causes before the end is written.
        self.last_words: Callable[[], Awaitable[None]] | None = None
        # Records that persistence was no longer there for: the session writes them itself.
        self.unwritten: list[Record] = []
        # Ids of our orders that may still be on the ledger.
        self.left: tuple[str, ...] = ()

    @property
    def rungs_failed(self) -> tuple[str, ...]:
        """The rungs that failed so far, each with its cause, and what they left on the ledger."""
        return (*self._failed, *self._left_told)

    def hurry(self) -> None:
        """Skip the polite waits that are left: the operator said stop twice."""
        self._hurried = True
        if self._scope is not None:
            self._scope.cancel()

    async def descend(self) -> None:
        """Take every rung in turn."""
        await self._rung("note_the_cause", self._note_the_cause)
        await self._rung("stop_quoting", self._stop_quoting)
        self._is_clear = await self._rung("cancel_resting", self._cancel_resting)
        await self._rung("reconcile", self._reconcile)
        await self._rung("leave_the_venue", self._leave_the_venue)
        # After that nothing of the gateway's doing follows, so what is said of it now is what the journal says.
        if not self._is_clear or self._is_behind():
            await self._rung("list_what_is_left", self._list_what_is_left)
        await self._rung("write_the_end", self._write_the_end)
        await self._rung("drain_actors", self._drain_actors)

    async def _rung(self, name: str, climb: Callable[[], Awaitable[None]]) -> bool:
        """Take one rung; False if it failed."""
        polite = name in _POLITE
        if name in _OF_THE_GATEWAY and "gateway" not in self._started:
            return True
        if polite and self._hurried:
            return self._fail(name, "skipped at a second interrupt")
        cause: str | None = None
        # Shield and deadline on one scope: nothing outside may cut a rung short, and it can't last forever.
        with trio.move_on_after(self._deadline_s * _SHARES[name], shield=True) as scope:
            self._scope = scope if polite else None
            try:
                await climb()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                cause = "the actor that it needs is gone"
            except RungError as error:
                cause = str(error)
            except Exception as error:  # noqa: BLE001 - however a rung breaks, it is told, and the next one is taken
                cause = describe(error)
        self._scope = None
        if scope.cancelled_caught:
            late = f"not done within {self._deadline_s * _SHARES[name]:g} s"
            cause = "cut short at a second interrupt" if self._hurried and polite else late
        return True if cause is None else self._fail(name, cause)

    def _fail(self, name: str, cause: str) -> bool:
        logger.bind(rung=name, cause=cause).error("shutdown_rung_failed")
        self._failed.append(f"{name}: {cause}")
        return False

    # --- The rungs ---------------------------------------------------------------------------------------------

    async def _note_the_cause(self) -> None:
        first = self._halts.first
        assert first is not None, "the ladder is taken for a cause"
        raised = HaltRaised.of(first, first=True)
        if self.poison is not None:
            await self._append(self.poison)
        if not self._is_noted:
            await self._append(raised)

    async def _stop_quoting(self) -> None:
        await self._to_gateway.send(StopQuoting())

    async def _cancel_resting(self) -> None:
        await self._to_gateway.send(CancelResting())
        await self._answer(RestingGone)

    def _is_behind(self) -> bool:
        """Whether ledgers were booked after the inventory was compared."""
        view = self._channels.board.view
        return self.standing is None or (view is not None and view.ledger_index != self.standing.ledger_index)

    async def _list_what_is_left(self) -> None:
        """Where the session stands, and every order that may still be on the ledger, as the journal tells."""
        # All that was sent to the journal before this is in it then. If persistence is gone, what it leaves is written
        # late, and looked at after that.
        if await self._append(wait=True):
            self.look_at(await self._load_desk())

    def look_at(self, desk: Desk | None) -> None:
        """Take from the journal's desk where the session stands and what may be left on the ledger; None: not known."""
        if desk is None:
            return
        self.standing = desk.standing()
        orders = desk.left()
        self.left = tuple(order.order_id for order in orders)
        told = ", ".join(f"{order.order_id} ({order.side} at {order.price}, {order.status})" for order in orders)
        self._left_told = (f"cancel_resting: could not cancel {told}",) if orders else ()
        if orders:
            logger.bind(rung="cancel_resting", cause=f"could not cancel {told}").error("shutdown_rung_failed")

    async def _reconcile(self) -> None:
        await self._to_gateway.send(Reconcile())
        self.standing = standing = (await self._answer(Reconciled)).standing
        apart = books_apart(
            standing.xrp_engine_drops, standing.xrp_ledger_drops, standing.rlusd_engine, standing.rlusd_ledger
        )
        if apart is not None:
            if not self._is_noted:
                self._halts.raise_halt(apart)
            raise RungError(apart.detail)

    async def _write_the_end(self) -> None:
        if self.last_words is not None:
            await self.last_words()
        for halt in self._halts.secondary:
            await self._append(HaltRaised.of(halt, first=False))
        if self.standing is None:
            # Nothing looked at the journal yet: whoever writes without persistence does.
            return
        self.is_end_written = await self._append(self.end(self.standing), wait=True)

    def end(self, standing: Standing) -> SessionEnded:
        """The journal's last record."""
        first = self._halts.first
        assert first is not None, "the ladder is taken for a cause"
        return SessionEnded(reason=first.reason, detail=first.detail, standing=standing, rungs_failed=self.rungs_failed)

    async def _leave_the_venue(self) -> None:
        """The gateway ends before the end is written, so that nothing of its doing comes after it in the journal."""
        # A gateway that is gone already can't be told, and need not.
        with contextlib.suppress(trio.BrokenResourceError):
            await self._to_gateway.send(Finish())
        await self._wait_ended("gateway")

    async def _drain_actors(self) -> None:
        """Each actor's end lets the next one end; telemetry last, so that it shows all of it."""
        self._to_gateway.close()
        self._to_persistence.close()
        for name in ("gateway", "strategy", "risk"):
            await self._wait_ended(name)
        self._channels.persistence.seal()
        await self._wait_ended("persistence")
        self._channels.close_telemetry()
        await self._wait_ended("telemetry")

    # --- Helpers -----------------------------------------------------------------------------------------------

    async def _wait_ended(self, name: str) -> None:
        # An actor that never started has no event.
        if name in self._ended:
            await self._ended[name].wait()

    async def _answer(self, kind: type[A]) -> A:
        async for message in self._answers:
            if isinstance(message, kind):
                return message
        raise RungError("no answer")

    async def _append(self, *records: Record, wait: bool = False) -> bool:
        """Send records to the journal; False if nobody is there to take them.

        Raises:
            RungError: They were taken, and it is not known whether they were written.
        """
        batch = next(self._batches)
        append = Append(records=records, sender="session", batch=batch, wants_receipt=wait)
        if "persistence" not in self._started:
            # Its mailbox would take the record, and nobody ever read it.
            self.unwritten += records
            return False
        try:
            await self._to_persistence.send(append)
        except trio.BrokenResourceError:
            self.unwritten += records
            return False
        if wait:
            async for durable in self._channels.durable["session"]:
                if durable.batch >= batch:
                    return True
            raise RungError("persistence ended before it was safe")
        return True
