"""One session from start to end: the first cause to halt, and the way down.

Start-up order: database, journal, venue, then trading. Whatever ends the session, its row says why.
"""

from __future__ import annotations

import contextlib
import gc
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial

import trio
from loguru import logger

from actors.lookout.lookout import Lookout
from actors.lookout.watched import Ended
from actors.operator.channel import ControlChannel
from actors.operator.hand import Operator
from actors.operator.protocol import ServersTold
from actors.plumbing.mailbox import LatestBox
from actors.plumbing.seeded import seeded
from actors.plumbing.supervisor import Slot, Supervisor, describe
from actors.plumbing.wiring import BOUNDS, ChannelBounds, Channels
from actors.session.build import Assembly
from actors.session.ending import Ending, OwnJournal
from actors.session.ladder import Ladder
from actors.session.notes import SessionNotes, closing_trouble, look_back, loss_halt, with_loss
from actors.session.parts import USUAL_PARTS, SessionParts
from actors.session.plan import (
    SessionPlan,
    StartupError,
    new_session_id,
    now_text,
    opening_row,
    refuse_kill_file,
    session_facts,
)
from actors.session.recovery import Origin, Settled, recover
from actors.session.watches import watch_duration, watch_health, watch_signals
from actors.store import InHand, Store, StoreError, Writer
from actors.store.rescue import Loss
from actors.store.unkept import unkept_store
from actors.telemetry import Screen, Unseen
from actors.venues.host import HostedVenue, VenueHost
from actors.venues.venue_errors import VenueError
from neo.analysis.summary import SessionSummary
from neo.config.key_wiring import restart_policies, session_settings
from neo.desk.desk import Desk
from neo.desk.opening import MovedBefore
from neo.messages import ActorRestarted, HaltRaised, HaltRequested, Message, PoisonSetAside
from neo.messages.halts import Halt, HaltReason, HaltRecord
from neo.watch.supervision import RestartHistory

# What others import from here.
__all__ = ["Session", "SessionPlan", "StartupError", "run_session", "start_session"]


# Of a session that nobody is shown or told of.
NO_LOOKOUT = Lookout()

# Session seconds that actors and venue may take until they are ready. A venue that answers at all does so far sooner.
_START_PATIENCE_S = 120.0


def start_session(
    plan: SessionPlan,
    screen: Screen,
    *,
    bounds: ChannelBounds = BOUNDS,
    parts: SessionParts = USUAL_PARTS,
    lookout: Lookout = NO_LOOKOUT,
) -> SessionSummary:
    """Run one session in this thread, on its venue's own clock, to its end. The one way in.

    Args:
        plan: What it is started with.
        screen: Where it is shown.
        bounds: How much its channels hold.
        parts: What it is put together from.
        lookout: Who is shown and told of it.

    Raises:
        StartupError: See :func:`run_session`.
    """
    # What is loaded by now outlives the session. To go through all of it again, each time that the collector looks at
    # the session's own, takes as long as several ledgers, and finds nothing.
    gc.freeze()
    try:
        host = plan.venue.host(plan.database)
        return trio.run(
            partial(run_session, plan, screen, host, bounds=bounds, parts=parts, lookout=lookout),
            clock=host.clock,
            # Before the session listens to signals, one must not strike just anywhere.
            restrict_keyboard_interrupt_to_checkpoints=True,
        )
    except (StartupError, VenueError) as error:
        lookout.end(Ended(session_id="", reason=HaltReason.STARTUP_FAILURE, detail=str(error)))
        raise StartupError(str(error)) from error.__cause__
    finally:
        gc.unfreeze()


async def run_session(
    plan: SessionPlan,
    screen: Screen,
    host: VenueHost,
    *,
    bounds: ChannelBounds = BOUNDS,
    parts: SessionParts = USUAL_PARTS,
    lookout: Lookout = NO_LOOKOUT,
) -> SessionSummary:
    """Run one session to its end, whatever ends it, under its host's clock.

    Raises:
        StartupError: if the database can't be used, a kill file lies beside it, or a lost session can't be settled;
            every later failure is told by the summary's halt reason.
    """
    writer = Writer(plan.database, "journal-writer", host.clock.working, is_alone=math.isinf(host.facts.speed))
    try:
        refuse_kill_file(plan.database)
        store = await writer.run(_opened_store, plan, host)

        async def settle(origin: Origin) -> Settled:
            return await Session(plan, Unseen(), host, parts, parts.channels(bounds), writer, store, origin).settle()

        try:
            origin = await recover(plan, host, await _free_session_id(writer, store), writer, store, settle)
            course = Session(plan, screen, host, parts, parts.channels(bounds), writer, store, origin)
            summary = await course.run(lookout)
        finally:
            with closing_trouble(store.path):
                await writer.run(store.close)
    except (StoreError, VenueError) as error:
        raise StartupError(str(error)) from error
    else:
        summary = summary if store.loss is None else with_loss(summary, store.loss)
        lookout.end(
            Ended(
                session_id=summary.session_id,
                reason=summary.halt_reason,
                detail=summary.halt_detail,
                summary=summary,
            )
        )
        return summary
    finally:
        screen.close()
        with closing_trouble(plan.database):
            writer.close()


def _opened_store(plan: SessionPlan, host: VenueHost) -> Store:
    if not plan.is_kept:
        return unkept_store(plan.database)
    backup_keep = session_settings(plan.config).backup_keep
    return Store.open(plan.database, durability=host.durability, backup_keep=backup_keep)


async def _free_session_id(writer: Writer, store: Store) -> str:
    """A name that no session of this database has: two that start in one second may draw the same characters."""
    while await writer.run(store.has_session, drawn := new_session_id()):
        pass
    return drawn


class Session:
    """One session's course.

    Args:
        plan: What it was started with.
        screen: Where it is shown.
        host: Of its venue.
        parts: What it is put together from.
        channels: Who talks to whom.
        writer: The thread that owns the database.
        store: The open database, used in the writer's thread alone.
        origin: Where it comes from.
    """

    def __init__(
        self,
        plan: SessionPlan,
        screen: Screen,
        host: VenueHost,
        parts: SessionParts,
        channels: Channels,
        writer: Writer,
        store: Store,
        origin: Origin,
    ) -> None:
        self._plan = plan
        self._origin = origin
        self._host = host
        self._writer, self._store = writer, store
        self._parts = parts
        self._channels = channels
        self._telemetry = channels.to_telemetry("session")
        self._to_session = self._channels.session.sender()
        self._answers: LatestBox[Message] = LatestBox("answers")
        self._halts = HaltRecord(self._tell_halt)
        self._halted = trio.Event()
        self._raised_late: list[Halt] = []
        self._started: list[str] = []
        self._notes = SessionNotes()
        self._started_s = 0.0
        self._starting = trio.CancelScope()
        self._hosted: HostedVenue | None = None
        self._loss_told = False
        self.session_id = origin.session_id
        self._journal = OwnJournal(writer, store, origin.session_id, InHand())
        self._assembly = Assembly(plan, screen, channels, writer, store, self._journal, self._on_loss)
        self._ladder = Ladder(
            channels,
            self._answers,
            self._halts,
            self._started,
            self._assembly.ended,
            self._journal.desk,
            session_settings(plan.config).shutdown_deadline_s,
            is_noted=origin.is_lost,
        )
        warning = host.facts.warning
        notices = origin.notices if warning is None else (warning, *origin.notices)
        self._ending = Ending(
            plan, origin.session_id, self._journal, writer, store, self._halts, self._ladder, self._notes
        )
        self._ending.notices = notices
        self._operator = Operator(
            session_facts(plan, self.session_id), channels, self._halts, self._raise, self._servers
        )

    async def run(self, lookout: Lookout = NO_LOOKOUT) -> SessionSummary:
        """Run the session; it always ends with its row written.

        Args:
            lookout: Who is shown and told of it.
        """
        wall_start_s = time.monotonic()
        opening = opening_row(self._plan, self.session_id, now_text())
        await self._writer.run(self._store.begin_session, opening, self._origin.endings)
        logger.bind(session_id=self.session_id, seed=self._host.facts.seed).info("session_begun")
        if self._host.facts.warning is not None:
            logger.bind(told=self._host.facts.warning).warning("venue_warning")
        with contextlib.ExitStack() as noting:
            # Before the operator's threads begin: what they log is this session's too.
            noting.enter_context(self._notes.listening())
            control = self._open_control() if self._plan.is_kept else None
            lookout.begin(self._plan.database, self.session_id, self._operator)
            try:
                await self._run_to_its_end()
                standing = self._ladder.standing or await self._journal.standing() or Desk().standing()
                self._ending.notices += await self._journal.open_moves(self._operator.moves)
                results, self._notes.drift = await look_back(self._writer, self._store, self.session_id)
                noting.close()
                digest = self._store.journal_sha256
                timings = (*self._channels.timings.told(), *self._servers().timings)
                await self._ending.write_row(results, self._hosted, timings)
                wall_s = time.monotonic() - wall_start_s
            finally:
                if control is not None:
                    control.stop()
                if self._hosted is not None:
                    self._hosted.leave()
        return self._ending.summary(
            standing, results, digest, channels=self._channels, started_s=self._started_s, wall_s=wall_s
        )

    def _servers(self) -> ServersTold:
        return ServersTold() if self._hosted is None else self._hosted.servers()

    def _open_control(self) -> ControlChannel:
        control = ControlChannel(self._plan.database, self.session_id, self._operator)
        self._ladder.last_words = partial(self._operator.take_words, partial(self._writer.run, control.kill_file_words))
        control.start()
        return control

    async def settle(self) -> Settled:
        """Take an earlier session to its end, but for its row: a lost one's ends in the step that begins its
        successor's, and one that ended keeps its own.
        """
        with self._notes.listening():
            await self._run_to_its_end()
            results, _ = await look_back(self._writer, self._store, self.session_id)
        return Settled(self._ending.row(results), tuple(self._raised_late))

    async def _run_to_its_end(self) -> None:
        try:
            async with trio.open_nursery() as nursery:
                await self._live(nursery)
                nursery.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - whatever broke the engine itself, the row must say so
            logger.opt(exception=error).error("engine_broke")
            self._raise(Halt(HaltReason.UNEXPECTED_HALT, describe(error), "session"))
        finally:
            self._operator.close()
        if not self._ladder.is_end_written:
            await self._journal.write_end(self._ladder, self._channels.persistence.left)

    async def _live(self, nursery: trio.Nursery) -> None:
        """Start everything, trade until the first cause to halt, and go down the ladder."""
        self._started_s = trio.current_time()
        for halt in self._origin.halts:
            if self._origin.is_lost:
                # Raised when it ran; here it is why nothing but the way down is left.
                self._halts.take_over(halt)
                self._halted.set()
            else:
                self._raise(halt)
        nursery.start_soon(self._guarded, self._listen)
        nursery.start_soon(self._guarded, self._operator.relay)
        await nursery.start(watch_signals, self._parts.signals, self._raise_signal, self._ladder.hurry)
        with trio.move_on_after(_START_PATIENCE_S) as self._starting:
            try:
                await self._start_actors(nursery)
            except Exception as error:  # noqa: BLE001 - whatever keeps an actor from starting is a startup_failure
                logger.opt(exception=error).error("startup_failed")
                self._raise(Halt(HaltReason.STARTUP_FAILURE, describe(error), "session"))
        if self._starting.cancelled_caught and not self._halted.is_set():
            self._raise(Halt(HaltReason.STARTUP_FAILURE, f"not ready within {_START_PATIENCE_S:g} s", "session"))
        elif not (self._origin.is_lost or self._halted.is_set()):
            self._watch(nursery)
        await self._halted.wait()
        await self._ladder.descend()

    def _watch(self, nursery: trio.Nursery) -> None:
        """What ends a session from outside its actors. A lost one is at its end."""
        limits = session_settings(self._plan.config)
        nursery.start_soon(self._guarded, watch_duration, self._started_s, self._plan.duration_s, self._raise)
        nursery.start_soon(
            self._guarded,
            watch_health,
            self._channels,
            limits.stale_after_s,
            limits.silent_after_s,
            self._raise,
        )

    async def _guarded(self, task: Callable[..., Awaitable[None]], *args: object) -> None:
        """Run a task of the engine itself. One that breaks ends the session, by the ladder like any other ending."""
        try:
            await task(*args)
        except Exception as error:  # noqa: BLE001 - whatever broke, the offers must still be pulled and the row say so
            logger.opt(exception=error).error("engine_broke")
            self._raise(Halt(HaltReason.UNEXPECTED_HALT, describe(error), "session"))

    # --- Start -------------------------------------------------------------------------------------------------

    async def _start_actors(self, nursery: trio.Nursery) -> None:
        self._hosted = hosted = await self._enter_venue()
        venue = self._parts.venue(hosted.connection())
        slots = self._assembly.slots(hosted, venue)
        nursery.start_soon(self._guarded, venue.run)
        while slots:
            slot = slots.pop(0)
            try:
                await self._start(nursery, slot)
            except BaseException:  # an interrupt cancels the start
                # Those that wait for the ones that never came must not wait for ever.
                for never in slots:
                    never.close_ends()
                raise

    async def _enter_venue(self) -> HostedVenue:
        """The venue of a lost session, or one of its own."""
        hosted = self._origin.hosted
        if hosted is None:
            return await self._host.open(self.session_id, self._claim_capital)
        if not self._origin.is_lost:
            hosted.join(self.session_id)
        return hosted

    async def _claim_capital(self, xrp_drops: int, rlusd: Decimal) -> Sequence[MovedBefore]:
        return await self._writer.run(self._store.claim_capital, self.session_id, xrp_drops, rlusd)

    async def _start(self, nursery: trio.Nursery, slot: Slot) -> None:
        policy = restart_policies(self._plan.config)[slot.name]
        chance = seeded(self._host.facts.seed, f"restart.{slot.name}")
        supervisor = Supervisor(chance, self._to_session.send, self._on_restart)
        await nursery.start(supervisor.supervise, slot, RestartHistory(policy))
        self._started.append(slot.name)

    # --- While it runs -----------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Take every message to the session at once, so that nobody waits for it."""
        async for message in self._channels.session:
            if isinstance(message, HaltRequested):
                self._raise(message.halt)
            elif isinstance(message, PoisonSetAside):
                self._ladder.poison = message
                self._telemetry.publish(message)
            else:
                self._answers.put(message)

    def _raise(self, halt: Halt) -> bool:
        if self._origin.is_lost:
            # It ended long ago, or was lost; whatever comes up while it is settled is no cause of that.
            self._raised_late.append(halt)
            logger.bind(reason=str(halt.reason), detail=halt.detail).warning("halt_raised_in_a_settlement")
            return False
        return self._halts.raise_halt(halt)

    def _tell_halt(self, halt: Halt, first: bool) -> None:
        logger.bind(reason=str(halt.reason), detail=halt.detail, source=halt.source, first=first).info("halt_raised")
        self._telemetry.publish(HaltRaised.of(halt, first=first))
        self._halted.set()

    def _raise_signal(self, halt: Halt) -> bool:
        """A signal; True if it is the first cause to end. A settlement is on its way down from the start."""
        if not self._origin.is_lost:
            self._starting.cancel()  # a start that hangs must not keep the operator waiting
        return self._raise(halt)

    def _on_loss(self, loss: Loss) -> None:
        """The database was lost; what is kept of it is enough for an ending in order."""
        if not self._loss_told:
            self._loss_told = True
            self._raise(loss_halt(loss))

    def _on_restart(self, restarted: ActorRestarted) -> None:
        view = self._channels.board.view
        self._notes.restarted(restarted, None if view is None else view.ledger_index)
        self._telemetry.publish(restarted)
