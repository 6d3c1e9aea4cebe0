"""One session from start to end: the actors in their nursery, the first cause to halt, and the way down.

Start-up order: database, journal, venue, then trading. Whatever ends the session, its row says why.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import trio
from loguru import logger

from actors.gateway import GatewayActor, GatewayEnds, GatewaySettings
from actors.operator.channel import ControlChannel
from actors.operator.hand import Operator, session_facts
from actors.persistence import CHECKPOINT_FAILED, PersistenceActor
from actors.plumbing.clock import VirtualClock
from actors.plumbing.mailbox import LatestBox
from actors.plumbing.supervisor import Actor, Redeliverable, Slot, Supervisor, describe
from actors.plumbing.wiring import BOUNDS, Bounds, Channels
from actors.risk import RiskActor
from actors.session.ending import OwnJournal
from actors.session.ladder import Ladder
from actors.session.notes import (
    SessionNotes,
    closing_trouble,
    look_back,
    loss_halt,
    results_text,
    told_halt,
    with_loss,
)
from actors.session.parts import USUAL_PARTS, RunningVenue, SessionParts
from actors.session.plan import (
    SessionPlan,
    StartupError,
    new_session_id,
    now_text,
    opening_row,
    refuse_kill_file,
    session_started,
)
from actors.session.recovery import Origin, Settled, recover, world_origin
from actors.session.watches import watch_duration, watch_health, watch_signals
from actors.store import Durability, InHand, SessionEnding, Store, StoreError, Writer
from actors.store.rescue import Loss
from actors.strategy import StrategyActor
from actors.telemetry import Screen, TelemetryActor, Unseen
from actors.venues.sim.venue import SimVenue
from actors.venues.sim.world import World, seeded, world_file
from neo.analysis import Results
from neo.analysis.summary import SessionSummary, ending_fields, standing_fields
from neo.desk.capital_moves import Funding
from neo.desk.desk import Desk
from neo.desk.opening import MovedBefore, opening_records
from neo.messages import (
    ActorRestarted,
    HaltRaised,
    HaltRequested,
    LedgerClosed,
    Message,
    PoisonSetAside,
    Record,
    Standing,
)
from neo.messages.halts import Halt, HaltReason, HaltRecord
from neo.risk import risk_limits
from neo.sim.funding import SimFunding
from neo.strategy.quoter import Quoter
from neo.strategy.settings import quote_settings
from neo.watch.health import RetryPolicy
from neo.watch.session_watch import watch_limits
from neo.watch.supervision import RestartHistory

# What others import from here.
__all__ = ["Session", "SessionPlan", "StartupError", "run_session"]


# Session seconds that actors and venue may take until they are ready. A venue that answers at all does so far sooner.
_START_PATIENCE_S = 120.0


async def run_session(
    plan: SessionPlan,
    screen: Screen,
    clock: VirtualClock,
    *,
    bounds: Bounds = BOUNDS,
    parts: SessionParts = USUAL_PARTS,
) -> SessionSummary:
    """Run one session to its end, whatever ends it.

    Raises:
        StartupError: if the database can't be used, a kill file lies beside it, or a lost session can't be settled;
            every later failure is told by the summary's halt reason.
    """
    writer = Writer(plan.database, "journal-writer", clock.working)
    try:
        refuse_kill_file(plan.database)
        keep = plan.config.engine.backup_keep
        open_store = partial(Store.open, plan.database, durability=Durability.PROCESS_LOSS, backup_keep=keep)
        store = await writer.run(open_store)

        async def settle(origin: Origin) -> Settled:
            return await Session(plan, Unseen(), parts, parts.channels(bounds), writer, store, origin).settle()

        try:
            origin = await recover(plan, new_session_id(), writer, store, settle)
            summary = await Session(plan, screen, parts, parts.channels(bounds), writer, store, origin).run()
        finally:
            with closing_trouble(store.path):
                await writer.run(store.close)
        return summary if store.loss is None else with_loss(summary, store.loss)
    except StoreError as error:
        raise StartupError(str(error)) from error
    finally:
        screen.close()
        with closing_trouble(plan.database):
            writer.close()


class Session:
    """One session's parts and its course.

    Args:
        plan: What it was started with.
        screen: Where it is shown.
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
        parts: SessionParts,
        channels: Channels,
        writer: Writer,
        store: Store,
        origin: Origin,
    ) -> None:
        self._plan = plan
        self._origin = origin
        self._screen = screen
        self._writer, self._store, self._in_hand = writer, store, InHand()
        self._parts = parts
        self._channels = channels
        self._telemetry = channels.to_telemetry("session")
        self._to_session = self._channels.session.sender()
        self._answers: LatestBox[Message] = LatestBox("answers")
        self._halts = HaltRecord(self._tell_halt)
        self._halted = trio.Event()
        self._raised_late: list[Halt] = []
        self._started: list[str] = []
        self._ended: dict[str, trio.Event] = {}
        self._notes = SessionNotes()
        self._moved_before: Sequence[MovedBefore] = ()
        self._started_s = 0.0
        self._starting = trio.CancelScope()
        self._world: World | None = None
        self._notices = origin.notices
        self._loss_told = False
        self.session_id = origin.session_id
        self._journal = OwnJournal(writer, store, origin.session_id, self._in_hand)
        self._ladder = Ladder(
            channels,
            self._answers,
            self._halts,
            self._started,
            self._ended,
            self._journal.desk,
            plan.config.engine.shutdown_deadline_seconds,
            is_noted=origin.is_lost,
        )
        facts = session_facts(self.session_id, plan.config, plan.seed, plan.duration_s)
        self._operator = Operator(facts, channels, self._halts, self._raise)

    async def run(self) -> SessionSummary:
        """Run the session; it always ends with its row written."""
        wall_start_s = time.monotonic()
        opening = opening_row(self._plan, self.session_id, now_text())
        await self._writer.run(self._store.begin_session, opening, self._origin.endings)
        logger.bind(session_id=self.session_id, seed=self._plan.seed).info("session_begun")
        if self._plan.market_warning is not None:
            self._notices = (self._plan.market_warning, *self._notices)
            logger.bind(told=self._plan.market_warning).warning("implausible_prices_allowed")
        control = ControlChannel(self._plan.database, self.session_id, self._operator)
        words = partial(self._writer.run, control.kill_file_words)
        self._ladder.last_words = partial(self._operator.take_words, words)
        control.start()
        try:
            with self._notes.listening():
                await self._run_to_its_end()
                standing = self._ladder.standing or await self._journal.standing() or Desk().standing()
                self._notices += await self._journal.open_moves(self._operator.moves)
                results, self._notes.drift = await look_back(self._writer, self._store, self.session_id)
            digest = self._store.journal_sha256
            await self._end_row(results)
            wall_s = time.monotonic() - wall_start_s
        finally:
            self._channels.taps.close()
            control.stop()
            if self._world is not None:
                self._world.leave()
        return self._summary(standing, results, digest, wall_s)

    async def _end_row(self, results: Results | None) -> None:
        """End the session's row. If the database can't take even that, the next start ends it."""
        try:
            # Before the row says why the session ended: it may have to say this.
            await self._writer.run(self._store.require_in_place)
            await self._writer.run(self._store.end_session, self._ending_row(results))
        except StoreError as error:
            logger.bind(path=str(error.path), cause=error.what, mend=error.mend).error("session_row_left_open")
            self._notices += (f"the session's row could not be ended ({error.what}); the next start does it",)
            return
        await self._part_with_world()

    async def _part_with_world(self) -> None:
        """The ledger goes with the session, unless something of it may still be there: then the next start asks it."""
        left = await self._journal.left_open()
        if left == () and self._world is not None:
            self._world.remove()
        elif left:
            self._notices += (f"what became of {', '.join(left)} is not known yet; the next start settles it",)

    async def settle(self) -> Settled:
        """Take an earlier session to its end, but for its row: a lost one's ends in the step that begins its
        successor's, and one that ended keeps its own.
        """
        with self._notes.listening():
            await self._run_to_its_end()
            results, _ = await look_back(self._writer, self._store, self.session_id)
        self._channels.taps.close()
        return Settled(self._ending_row(results), tuple(self._raised_late))

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
        risk = self._plan.config.risk
        nursery.start_soon(self._guarded, watch_duration, self._started_s, self._plan.duration_s, self._raise)
        nursery.start_soon(
            self._guarded,
            watch_health,
            self._channels,
            risk.stale_ledger_seconds,
            risk.gateway_silence_seconds,
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
        channels = self._channels
        self._world = await self._enter_world()
        venue = self._parts.venue(SimVenue(self._world))
        funding = SimFunding(self._world.market.ledger.sequence)
        slots = [
            self._slot("telemetry", channels.telemetry, self._build_telemetry, lambda: None),
            self._slot("persistence", channels.persistence, self._build_persistence, self._close_receipts),
            self._slot("risk", channels.risk, self._build_risk, channels.gateway.seal),
            self._slot("strategy", channels.strategy, self._strategy_builder(), channels.risk.seal),
            self._slot("gateway", channels.gateway, self._gateway_builder(venue, funding), channels.strategy.close),
        ]
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

    async def _enter_world(self) -> World:
        """The ledger of a lost session, or one of its own."""
        plan, origin = self._plan, self._origin
        if origin.world is not None:
            if not origin.is_lost:
                origin.world.join(self.session_id)
            return origin.world
        account = plan.config.account
        claim = partial(self._store.claim_capital, self.session_id, account.opening_drops)
        self._moved_before = await self._writer.run(claim, account.opening_rlusd)
        made_of = world_origin(plan, self.session_id, self._moved_before)
        return World.create(world_file(plan.database), made_of, plan.bars)

    def _slot(
        self, name: str, inbox: Redeliverable, build: Callable[[], Actor], close_ends: Callable[[], None]
    ) -> Slot:
        self._ended[name] = trio.Event()

        def ended() -> None:
            close_ends()
            self._ended[name].set()

        return Slot(name, inbox, build, ended)

    async def _start(self, nursery: trio.Nursery, slot: Slot) -> None:
        policy = self._plan.config.supervision.policy_for(slot.name)
        chance = seeded(self._plan.seed, f"restart.{slot.name}")
        supervisor = Supervisor(chance, self._to_session.send, self._on_restart)
        await nursery.start(supervisor.supervise, slot, RestartHistory(policy))
        self._started.append(slot.name)

    def _build_telemetry(self) -> TelemetryActor:
        return TelemetryActor(self._channels.telemetry, self._screen)

    def _build_persistence(self) -> PersistenceActor:
        return PersistenceActor(
            self._channels.persistence,
            self._channels.durable,
            self._channels.to_telemetry("persistence"),
            self._writer,
            self._store,
            self._in_hand,
            checkpoint_interval_s=self._plan.config.engine.wal_checkpoint_interval_seconds,
            on_loss=self._on_loss,
        )

    def _build_risk(self) -> RiskActor:
        return RiskActor(self._channels.risk, self._channels.gateway.sender(), risk_limits(self._plan.config))

    def _strategy_builder(self) -> Callable[[], StrategyActor]:
        channels = self._channels
        quoter = Quoter(quote_settings(self._plan.config))
        return lambda: StrategyActor(channels.strategy, channels.risk.sender(), quoter)

    def _gateway_builder(self, venue: RunningVenue, funding: Funding) -> Callable[[], GatewayActor]:
        channels = self._channels
        batches = itertools.count(1)
        telemetry = channels.to_telemetry("gateway")
        config = self._plan.config
        retries = RetryPolicy(config.risk.request_retries_max, float(config.risk.request_backoff_seconds))
        engine = config.engine
        settings = GatewaySettings(
            engine.order_lifetime_ledgers, retries, watch_limits(config), engine.reconcile_interval_ledgers
        )

        def build() -> GatewayActor:
            ends = GatewayEnds(
                own=channels.gateway.sender(),
                strategy=channels.strategy,
                persistence=channels.persistence.sender(),
                durable=channels.durable["gateway"],
                session=channels.session.sender(),
                telemetry=telemetry,
            )
            return GatewayActor(
                channels.gateway,
                ends,
                venue,
                opening=self._opening_records,
                load_journal=self._journal.load,
                batches=batches,
                settings=settings,
                funding=funding,
            )

        return build

    def _opening_records(self, first: LedgerClosed, account: str) -> Sequence[Record]:
        return opening_records(session_started(self._plan, first, account), self._moved_before)

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

    def _close_receipts(self) -> None:
        for box in self._channels.durable.values():
            box.close()

    # --- The end -----------------------------------------------------------------------------------------------

    def _ending_row(self, results: Results | None) -> SessionEnding:
        halt = told_halt(self._first_halt(), self._store.loss)
        return SessionEnding(
            ended_at=now_text(),
            reason=halt.reason,
            detail=halt.detail,
            secondary=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
            restarts=tuple(self._notes.restarts),
            warnings=self._notes.warnings,
            results=results_text(results),
        )

    def _first_halt(self) -> Halt:
        return self._halts.first or Halt(HaltReason.UNEXPECTED_HALT, "the session ended without a cause", "session")

    def _summary(self, standing: Standing, results: Results | None, digest: str, wall_s: float) -> SessionSummary:
        return SessionSummary(
            session_id=self.session_id,
            secondary_halts=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
            restarts=len(self._notes.restarts),
            journal_sha256=digest,
            duration_s=trio.current_time() - self._started_s,
            wall_s=wall_s,
            orders_left=self._ladder.left or standing.orders_live,
            notices=self._notices,
            telemetry_dropped=self._channels.telemetry_dropped,
            database=str(self._plan.database),
            results=results,
            checkpoints_failed=self._notes.times(CHECKPOINT_FAILED),
            **ending_fields(self._first_halt()),
            **standing_fields(standing, self._notes.differences),
        )
