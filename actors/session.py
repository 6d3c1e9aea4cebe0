"""One session from start to end: the actors in their nursery, the first cause to halt, and the way down.

Start-up order: database, journal, venue, then trading. Whatever ends the session, its row says why.
"""

from __future__ import annotations

import itertools
import os
import random
import secrets
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import trio
from loguru import logger

from actors.clock import VirtualClock
from actors.gateway import GatewayActor, GatewayEnds
from actors.mailbox import LatestBox
from actors.persistence import PersistenceActor
from actors.risk import RiskActor
from actors.shutdown import Ladder
from actors.sim import SimVenue
from actors.store import Durability, SessionEnding, SessionOpening, Store, StoreError, Writer
from actors.strategy import StrategyActor
from actors.supervisor import Actor, Redeliverable, Slot, Supervisor, describe
from actors.telemetry import Screen, TelemetryActor
from actors.wiring import BOUNDS, Bounds, Channels
from neo.chance import Chance
from neo.config import Config, config_sha256
from neo.desk import Desk
from neo.halt import Halt, HaltReason, HaltRecord
from neo.market.bars import Bar
from neo.messages import (
    ActorRestarted,
    HaltRequested,
    LedgerClosed,
    Message,
    Record,
    SessionStarted,
    Standing,
)
from neo.risk import RiskLimits
from neo.sim.accounts import crowd_address
from neo.sim.market import SimMarket
from neo.strategy import QuoteSettings, TickClock
from neo.summary import SessionSummary, inventory_summary
from neo.supervision import RestartHistory, RestartPolicy

# Seconds between the Unix epoch and the ripple epoch (2000-01-01 UTC). Source: xrpl.org, "Specifying Time".
RIPPLE_EPOCH_S = 946_684_800

# The session's end comes this much after its last ledger is due, so that the ledger and its tick are whole.
_LAST_LEDGER_GRACE_S = 0.5

# Signals that end a session, and their reasons. SIGBREAK exists on Windows alone.
_SIGNALS = {
    number: reason
    for name, reason in (
        ("SIGINT", HaltReason.INTERRUPTED_SIGINT),
        ("SIGTERM", HaltReason.INTERRUPTED_SIGTERM),
        ("SIGBREAK", HaltReason.INTERRUPTED_SIGBREAK),
    )
    if (number := getattr(signal, name, None)) is not None
}


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is started with.

    Args:
        config: The profile's effective values.
        seed: Of every random choice.
        duration_s: Session time to run.
        speed: Session seconds per real second; ``inf`` for as fast as the machine allows.
        database: The file; its folder exists.
        bars: The recorded minutes behind the market.
        market_name: As the operator knows the recording.
        market_sha256: Of the recording's bytes.
    """

    config: Config
    seed: int
    duration_s: int
    speed: float
    database: Path
    bars: tuple[Bar, ...]
    market_name: str
    market_sha256: str


class StartupError(Exception):
    """The session could not start: what is wrong, and the mend. Nothing was traded."""


async def run_session(
    plan: SessionPlan, screen: Screen, clock: VirtualClock, *, bounds: Bounds = BOUNDS
) -> SessionSummary:
    """Run one session to its end, whatever ends it.

    Raises:
        StartupError: if the database can't be used; every later failure is told by the summary's halt reason.
    """
    writer = Writer(plan.database, "journal-writer", clock.working)
    try:
        keep = plan.config.engine.backup_keep
        open_store = partial(Store.open, plan.database, durability=Durability.PROCESS_LOSS, backup_keep=keep)
        store = await writer.run(open_store)
        try:
            return await Session(plan, screen, clock, bounds, writer, store).run()
        finally:
            await writer.run(store.close)
    except StoreError as error:
        raise StartupError(str(error)) from error
    finally:
        screen.close()
        writer.close()


class Session:
    """One session's parts and its course.

    Args:
        plan: What it was started with.
        screen: Where it is shown.
        clock: The clock that Trio runs on.
        bounds: The size of each channel.
        writer: The thread that owns the database.
        store: The open database, used in the writer's thread alone.
    """

    def __init__(
        self, plan: SessionPlan, screen: Screen, clock: VirtualClock, bounds: Bounds, writer: Writer, store: Store
    ) -> None:
        self._plan = plan
        self._screen = screen
        self._clock = clock
        self._writer = writer
        self._store = store
        self._channels = Channels(bounds)
        self._telemetry = self._channels.to_telemetry()
        self._to_session = self._channels.session.sender()
        self._answers: LatestBox[Message] = LatestBox("answers")
        self._halts = HaltRecord()
        self._halted = trio.Event()
        self._ended: dict[str, trio.Event] = {}
        self._restarts = 0
        self._started_s = 0.0
        self.session_id = _new_session_id()
        self._ladder = Ladder(
            self._channels, self._answers, self._halts, self._ended, plan.config.engine.shutdown_deadline_seconds
        )

    async def run(self) -> SessionSummary:
        """Run the session; it always ends with its row written."""
        wall_start_s = time.monotonic()
        await self._writer.run(self._store.begin_session, self._opening_row())
        logger.bind(session_id=self.session_id, seed=self._plan.seed).info("session_begun")
        try:
            async with trio.open_nursery() as nursery:
                await self._live(nursery)
                nursery.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - whatever broke the engine itself, the row must say so
            logger.opt(exception=error).error("engine_broke")
            self._raise(Halt(HaltReason.UNEXPECTED_HALT, describe(error), "session"))
        standing = await self._standing()
        digest = await self._writer.run(self._store.end_session, self._ending_row())
        return self._summary(standing, digest, time.monotonic() - wall_start_s)

    async def _live(self, nursery: trio.Nursery) -> None:
        """Start everything, trade until the first cause to halt, and go down the ladder."""
        self._started_s = trio.current_time()
        nursery.start_soon(self._listen)
        await nursery.start(self._watch_signals)
        try:
            await self._start_actors(nursery)
        except Exception as error:  # noqa: BLE001 - whatever keeps an actor from starting is a startup_failure
            logger.opt(exception=error).error("startup_failed")
            self._raise(Halt(HaltReason.STARTUP_FAILURE, describe(error), "session"))
        else:
            nursery.start_soon(self._watch_duration)
        await self._halted.wait()
        await self._ladder.descend()

    # --- Start -------------------------------------------------------------------------------------------------

    async def _start_actors(self, nursery: trio.Nursery) -> None:
        plan, channels = self._plan, self._channels
        config = plan.config
        market = SimMarket.create(
            config.sim,
            plan.bars,
            self._chance_for,
            account=crowd_address("our account"),
            xrp_drops=config.account.opening_drops,
            rlusd=config.account.opening_rlusd,
            start_close_time_s=plan.bars[0].start_s - RIPPLE_EPOCH_S,
        )
        venue = SimVenue(market, crowd_address("our account"), config.sim.ledger_interval_s)
        await self._start(nursery, "telemetry", channels.telemetry, self._build_telemetry, _nothing)
        await self._start(nursery, "persistence", channels.persistence, self._build_persistence, self._close_receipts)
        await self._start(nursery, "risk", channels.risk, self._build_risk, channels.gateway.seal)
        await self._start(nursery, "strategy", channels.strategy, self._strategy_builder(), channels.risk.seal)
        await nursery.start(venue.run)
        await self._start(nursery, "gateway", channels.gateway, self._gateway_builder(venue), channels.strategy.close)

    async def _start(
        self,
        nursery: trio.Nursery,
        name: str,
        inbox: Redeliverable,
        build: Callable[[], Actor],
        close_ends: Callable[[], None],
    ) -> None:
        engine = self._plan.config.engine
        policy = RestartPolicy(
            engine.restarts_max, engine.restart_window_seconds, float(engine.restart_backoff_seconds)
        )
        supervisor = Supervisor(self._chance_for(f"restart.{name}"), self._to_session.send, self._on_restart)
        self._ended[name] = trio.Event()

        def ended() -> None:
            close_ends()
            self._ended[name].set()

        await nursery.start(supervisor.supervise, Slot(name, inbox, build, ended), RestartHistory(policy))

    def _build_telemetry(self) -> TelemetryActor:
        return TelemetryActor(self._channels.telemetry, self._screen)

    def _build_persistence(self) -> PersistenceActor:
        return PersistenceActor(
            self._channels.persistence,
            self._channels.durable,
            self._telemetry,
            self._writer,
            self._store,
            working=self._clock.working,
            checkpoint_interval_s=self._plan.config.engine.wal_checkpoint_interval_seconds,
        )

    def _build_risk(self) -> RiskActor:
        risk = self._plan.config.risk
        limits = RiskLimits(risk.max_xrp_exposure, risk.max_rlusd_exposure)
        return RiskActor(self._channels.risk, self._channels.gateway.sender(), limits)

    def _strategy_builder(self) -> Callable[[], StrategyActor]:
        config = self._plan.config
        settings = QuoteSettings(
            bid_offset_bps=config.strategy.bid_offset_bps,
            ask_offset_bps=config.strategy.ask_offset_bps,
            base_size_rlusd=config.order_size.base_size_rlusd,
            price_digits=config.strategy.price_digits,
        )
        ticks = TickClock(config.engine.tick_interval_seconds)
        channels = self._channels
        return lambda: StrategyActor(channels.strategy, channels.risk.sender(), settings, ticks)

    def _gateway_builder(self, venue: SimVenue) -> Callable[[], GatewayActor]:
        channels = self._channels
        batches = itertools.count(1)

        def build() -> GatewayActor:
            ends = GatewayEnds(
                own=channels.gateway.sender(),
                strategy=channels.strategy,
                persistence=channels.persistence.sender(),
                durable=channels.durable["gateway"],
                session=channels.session.sender(),
                telemetry=self._telemetry,
            )
            return GatewayActor(
                channels.gateway,
                ends,
                venue,
                opening=self._opening_record,
                load_journal=self._load_journal,
                batches=batches,
                order_lifetime_ledgers=self._plan.config.engine.order_lifetime_ledgers,
            )

        return build

    def _opening_record(self, first: LedgerClosed, account: str) -> SessionStarted:
        plan = self._plan
        return SessionStarted(
            venue=plan.config.session.venue,
            seed=plan.seed,
            config_sha256=config_sha256(plan.config),
            market_sha256=plan.market_sha256,
            account=account,
            opening=first.balances,
            ledger_index=first.ledger_index,
            close_time_s=first.close_time_s,
        )

    def _chance_for(self, name: str) -> Chance:
        # Not for secrets: the same seed must give the same session.
        return random.Random(f"{self._plan.seed}:{name}")  # noqa: S311

    # --- While it runs -----------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Take every message to the session at once, so that nobody waits for it."""
        async for message in self._channels.session:
            if isinstance(message, HaltRequested):
                self._raise(Halt(message.reason, message.detail, message.source))
            else:
                self._answers.put(message)

    async def _watch_duration(self) -> None:
        duration_s = self._plan.duration_s
        await trio.sleep_until(self._started_s + duration_s + _LAST_LEDGER_GRACE_S)
        self._raise(Halt(HaltReason.DURATION_ELAPSED, f"{duration_s} s", "session"))

    async def _watch_signals(self, task_status: trio.TaskStatus[None]) -> None:
        with trio.open_signal_receiver(*_SIGNALS) as signals:
            task_status.started()
            async for number in signals:
                first = self._raise(Halt(_SIGNALS[number], signal.Signals(number).name, "signal"))
                if not first:
                    self._ladder.hurry()

    def _raise(self, halt: Halt) -> bool:
        first = self._halts.raise_halt(halt)
        logger.bind(reason=str(halt.reason), detail=halt.detail, source=halt.source, first=first).info("halt_raised")
        self._halted.set()
        return first

    def _on_restart(self, restarted: ActorRestarted) -> None:
        self._restarts += 1
        self._telemetry.publish(restarted)

    def _close_receipts(self) -> None:
        for box in self._channels.durable.values():
            box.close()

    async def _load_journal(self) -> list[Record]:
        return await self._writer.run(self._read_journal)

    def _read_journal(self) -> list[Record]:
        return [record for _, record in self._store.read_journal(self.session_id)]

    # --- The end -----------------------------------------------------------------------------------------------

    async def _standing(self) -> Standing:
        """Where it stands: as reconciled on the way down, or as the journal tells if that rung failed."""
        if self._ladder.standing is not None:
            return self._ladder.standing
        return Desk.replay(await self._load_journal()).standing()

    def _opening_row(self) -> SessionOpening:
        plan = self._plan
        return SessionOpening(
            id=self.session_id,
            started_at=_now_text(),
            pid=os.getpid(),
            venue=plan.config.session.venue,
            seed=plan.seed,
            market=plan.market_name,
            config=msgspec.json.encode(plan.config).decode(),
            config_sha256=config_sha256(plan.config),
        )

    def _ending_row(self) -> SessionEnding:
        halt = self._first_halt()
        return SessionEnding(
            ended_at=_now_text(),
            reason=halt.reason,
            detail=halt.detail,
            secondary=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
        )

    def _first_halt(self) -> Halt:
        return self._halts.first or Halt(HaltReason.UNEXPECTED_HALT, "the session ended without a cause", "session")

    def _summary(self, standing: Standing, digest: str, wall_s: float) -> SessionSummary:
        halt = self._first_halt()
        return SessionSummary(
            session_id=self.session_id,
            halt_reason=halt.reason,
            halt_detail=halt.detail,
            secondary_halts=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
            ticks=standing.ticks,
            ledgers=standing.ledgers,
            fills=standing.fills,
            taker_fills=standing.taker_fills,
            refusals=standing.refusals,
            bought_drops=standing.bought_drops,
            sold_drops=standing.sold_drops,
            restarts=self._restarts,
            journal_sha256=digest,
            duration_s=trio.current_time() - self._started_s,
            wall_s=wall_s,
            inventory=inventory_summary(standing),
            mid_price=standing.mid_price,
            equity_start_rlusd=standing.equity_start_rlusd,
            equity_end_rlusd=standing.equity_end_rlusd,
            equity_change_rlusd=standing.equity_change_rlusd,
            orders_left=standing.orders_live,
            notices=(),
            telemetry_dropped=self._channels.telemetry_dropped,
            database=str(self._plan.database),
        )


def _new_session_id() -> str:
    """Sorts by start, reads as a date, and is unique: UTC time and four random characters."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _nothing() -> None:
    pass
