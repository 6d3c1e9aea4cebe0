"""A session's five actors, put together: the one room that names them all, and who talks to whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import trio

from actors.gateway import GatewayActor, GatewayEnds
from actors.persistence import PersistenceActor
from actors.plumbing.mailbox import Inbox
from actors.plumbing.supervisor import Actor, Slot
from actors.plumbing.wiring import Channels
from actors.risk import RiskActor
from actors.session.ending import OwnJournal
from actors.session.plan import SessionPlan, session_started
from actors.store import Store, Writer
from actors.store.rescue import Loss
from actors.strategy import StrategyActor
from actors.telemetry import Screen, TelemetryActor
from actors.venues.host import HostedVenue, RunningVenue
from neo.config.key_wiring import dealer_settings, quote_settings, risk_limits, session_settings
from neo.desk.opening import opening_records
from neo.messages import LedgerClosed, Record
from neo.strategy.quoter import Quoter


class Assembly:
    """Builds the actors of one session, and builds them again after a crash.

    Args:
        plan: What it was started with.
        screen: Where it is shown.
        channels: Who talks to whom.
        writer: The thread that owns the database.
        store: The open database, used in the writer's thread alone.
        journal: The session's own.
        on_loss: Told when the database is lost.
    """

    def __init__(
        self,
        plan: SessionPlan,
        screen: Screen,
        channels: Channels,
        writer: Writer,
        store: Store,
        journal: OwnJournal,
        on_loss: Callable[[Loss], None],
    ) -> None:
        self._plan = plan
        self._screen = screen
        self._channels = channels
        self._writer = writer
        self._store = store
        self._journal = journal
        self._on_loss = on_loss
        self._ended: dict[str, trio.Event] = {}

    @property
    def ended(self) -> Mapping[str, trio.Event]:
        """An event for each actor, set when it has ended for good."""
        return self._ended

    def slots(self, hosted: HostedVenue, venue: RunningVenue) -> list[Slot]:
        """The actors in the order in which they start.

        Args:
            hosted: The venue as the session has it.
            venue: The way to it that is used.
        """
        channels = self._channels
        gateway = self._gateway_builder(hosted, venue)
        return [
            self._slot("telemetry", channels.telemetry, self._build_telemetry, lambda: None),
            self._slot("persistence", channels.persistence, self._build_persistence, self._close_receipts),
            self._slot("risk", channels.risk, self._build_risk, channels.gateway.seal),
            self._slot("strategy", channels.strategy, self._strategy_builder(), channels.risk.seal),
            self._slot("gateway", channels.gateway, gateway, channels.strategy.close),
        ]

    def _slot(self, name: str, inbox: Inbox[Any], build: Callable[[], Actor], close_ends: Callable[[], None]) -> Slot:
        self._ended[name] = trio.Event()

        def ended() -> None:
            close_ends()
            self._ended[name].set()

        return Slot(name, inbox, build, ended)

    def _build_telemetry(self) -> TelemetryActor:
        return TelemetryActor(self._channels.telemetry, self._screen)

    def _build_persistence(self) -> PersistenceActor:
        settings = session_settings(self._plan.config)
        return PersistenceActor(
            self._channels.persistence,
            self._channels.durable,
            self._channels.to_telemetry("persistence"),
            self._writer,
            self._store,
            self._journal.in_hand,
            # What is not kept has no log to work into a file.
            checkpoint_interval_s=settings.checkpoint_interval_s if self._plan.is_kept else 0,
            on_loss=self._on_loss,
            timings=self._channels.timings,
        )

    def _build_risk(self) -> RiskActor:
        return RiskActor(self._channels.risk, self._channels.gateway.sender(), risk_limits(self._plan.config))

    def _strategy_builder(self) -> Callable[[], StrategyActor]:
        channels = self._channels
        quoter = Quoter(quote_settings(self._plan.config))
        return lambda: StrategyActor(channels.strategy, channels.risk.sender(), quoter)

    def _gateway_builder(self, hosted: HostedVenue, venue: RunningVenue) -> Callable[[], GatewayActor]:
        channels = self._channels
        batches = itertools.count(1)
        telemetry = channels.to_telemetry("gateway")
        settings = dealer_settings(self._plan.config)

        def opening(first: LedgerClosed, account: str) -> Sequence[Record]:
            started = session_started(self._plan, first, account)
            spent = hosted.spent_before(first.close_time_s)
            return opening_records(started, hosted.moved_before, hosted.adopted(), spent)

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
                opening=opening,
                load_journal=self._journal.load,
                batches=batches,
                settings=settings,
                timings=channels.timings,
            )

        return build

    def _close_receipts(self) -> None:
        for box in self._channels.durable.values():
            box.close()
