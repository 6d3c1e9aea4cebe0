"""One bench for all five actors: each on real mailboxes and wiring, fed with numbered messages, its doings counted.

What differs from actor to actor is in one function each, at the end; what the kit asks of them is in
``tests/actors/test_actor_kit.py``.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import trio
from support.quoting_views import SETTINGS, WIDE, view
from support.sessions import Watcher, config_with, journal_of
from support.sim_world import kept_world
from support.store_database import opened
from support.store_records import FIRST_LEDGER, filled, observed, opening, started

from actors.gateway import GatewayActor, GatewayEnds
from actors.persistence import PersistenceActor
from actors.plumbing.mailbox import Inbox
from actors.plumbing.supervisor import Actor
from actors.plumbing.wiring import BOUNDS
from actors.risk import RiskActor
from actors.store import InHand, Writer
from actors.strategy import StrategyActor
from actors.telemetry import TelemetryActor
from actors.venues.sim.venue import SimVenue
from neo.config.key_wiring import dealer_settings
from neo.messages import (
    Append,
    Durable,
    Fill,
    Finish,
    LedgerObserved,
    OrdersAllowed,
    PauseQuoting,
    QuotesWanted,
    QuotingPaused,
    QuotingResumed,
    Record,
    ResumeQuoting,
    Side,
)
from neo.strategy.quoter import Quoter
from tools.proofs.faults import CrashingChannels, Trigger

# Real seconds after which a wait for another thread is a failure; nothing ever sleeps for them.
PATIENCE_S = 30.0


async def until(condition: Callable[[], bool]) -> None:
    """Let tasks and threads come round to something that wakes nobody."""
    last_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < last_s, "it never came to that"
        await trio.lowlevel.checkpoint()


class Bench:
    """An actor's place in a session, and what a test may do with it.

    Args:
        inbox: Its mailbox.
        build: Makes one incarnation.
        close_ends: Closes the originals of its ends, as the session does when it has ended for good.
        feed: Sends the message of a number.
        end: Says that nothing more will come.
        done: The numbers of what it did so far, in order, doubles included.
        once: True if a message that comes once more after a crash must leave no second trace.
        conflates: True if only the latest of what waits is for it.
    """

    def __init__(
        self,
        *,
        inbox: Inbox[Any],
        build: Callable[[], Actor],
        close_ends: Callable[[], None],
        feed: Callable[[int], Awaitable[None]],
        end: Callable[[], Awaitable[None]],
        done: Callable[[], list[int]],
        once: bool = False,
        conflates: bool = False,
    ) -> None:
        self.inbox = inbox
        self.build = build
        self.close_ends = close_ends
        self.feed = feed
        self.end = end
        self.done = done
        self.once = once
        self.conflates = conflates
        # Downstream mailboxes that have ended, by name.
        self.ended: set[str] = set()
        # Downstream mailboxes that have to end with this actor.
        self.fed: set[str] = set()

    def listen(self, nursery: trio.Nursery, name: str, inbox: AsyncIterable[Any], take: Callable[[Any], None]) -> None:
        """Read a mailbox that this actor alone feeds, and note its end."""

        async def read() -> None:
            async for message in inbox:
                take(message)
            self.ended.add(name)

        self.fed.add(name)
        nursery.start_soon(read)


Bencher = Callable[[Path, Trigger], AbstractAsyncContextManager[Bench]]


def never(_actor: str, _moment: str, _message: object) -> None:
    """The trigger of an actor that does not crash."""


# --- The five ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def risk_bench(_folder: Path, trigger: Trigger) -> AsyncGenerator[Bench]:
    """Risk: a number is a tick."""
    channels = CrashingChannels(BOUNDS, trigger)
    seen: list[OrdersAllowed] = []
    send = channels.risk.sender()
    channels.risk.seal()

    async def feed(number: int) -> None:
        await send.send(QuotesWanted(tick=number, view=view(), quotes=(), withdraw=(), held_back=(), anchor_price=None))

    async def end() -> None:
        send.close()

    bench = Bench(
        inbox=channels.risk,
        build=lambda: RiskActor(channels.risk, channels.gateway.sender(), WIDE),
        close_ends=channels.gateway.seal,
        feed=feed,
        end=end,
        done=lambda: [allowed.tick for allowed in seen],
    )
    async with trio.open_nursery() as nursery:
        bench.listen(nursery, "gateway", channels.gateway, seen.append)
        yield bench
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def strategy_bench(_folder: Path, trigger: Trigger) -> AsyncGenerator[Bench]:
    """Strategy: a number is a ledger."""
    channels = CrashingChannels(BOUNDS, trigger)
    seen: list[QuotesWanted] = []
    quoter = Quoter(SETTINGS)

    async def feed(number: int) -> None:
        channels.strategy.put(view(ledger_index=number))

    async def end() -> None:
        channels.strategy.close()

    bench = Bench(
        inbox=channels.strategy,
        build=lambda: StrategyActor(channels.strategy, channels.risk.sender(), quoter),
        close_ends=channels.risk.seal,
        feed=feed,
        end=end,
        done=lambda: [wanted.view.ledger_index for wanted in seen],
        conflates=True,
    )
    async with trio.open_nursery() as nursery:
        bench.listen(nursery, "risk", channels.risk, seen.append)
        yield bench
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def telemetry_bench(_folder: Path, trigger: Trigger) -> AsyncGenerator[Bench]:
    """Telemetry: a number is a fill's tick."""
    channels = CrashingChannels(BOUNDS, trigger)
    screen = Watcher()
    end = channels.to_telemetry("gateway")

    async def feed(number: int) -> None:
        end.publish(filled(number, Side.BUY))

    async def close() -> None:
        channels.close_telemetry()

    yield Bench(
        inbox=channels.telemetry,
        build=lambda: TelemetryActor(channels.telemetry, screen),
        close_ends=lambda: None,
        feed=feed,
        end=close,
        done=lambda: [fill.ledger_index - FIRST_LEDGER - 1 for fill in screen.seen if isinstance(fill, Fill)],
    )


@asynccontextmanager
async def persistence_bench(folder: Path, trigger: Trigger) -> AsyncGenerator[Bench]:
    """Persistence: a number is a batch, and the tick of its one record."""
    database = folder / "neo.sqlite3"
    channels = CrashingChannels(BOUNDS, trigger)
    writer = Writer(database, "journal-writer", contextlib.nullcontext)
    store = await writer.run(opened, database)
    await writer.run(store.begin_session, opening("one"))
    send = channels.persistence.sender()
    channels.persistence.seal()
    telemetry = channels.to_telemetry("persistence")
    in_hand = InHand()

    def close_receipts() -> None:
        for box in channels.durable.values():
            box.close()

    async def feed(number: int) -> None:
        await send.send(Append(records=(observed(number),), sender="gateway", batch=number, wants_receipt=True))

    async def end() -> None:
        send.close()

    bench = Bench(
        inbox=channels.persistence,
        build=lambda: PersistenceActor(
            channels.persistence,
            channels.durable,
            telemetry,
            writer,
            store,
            in_hand,
            checkpoint_interval_s=60,
            on_loss=lambda _: None,
        ),
        close_ends=close_receipts,
        feed=feed,
        end=end,
        done=lambda: [
            record.ledger_index - FIRST_LEDGER
            for record in journal_of(database, "one")
            if isinstance(record, LedgerObserved)
        ],
        once=True,
    )
    try:
        async with trio.open_nursery() as nursery:
            bench.listen(nursery, "durable.gateway", channels.durable["gateway"], lambda _: None)
            yield bench
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            await writer.run(store.close)
        writer.close()


@asynccontextmanager
async def gateway_bench(folder: Path, trigger: Trigger) -> AsyncGenerator[Bench]:
    """The gateway on a ledger that never closes, with a journal in memory: a number is a pause or a resumption."""
    channels = CrashingChannels(BOUNDS, trigger)
    journal: list[Record] = []
    batches = itertools.count(1)
    venue = SimVenue(kept_world(folder / "neo.sqlite3.world"))
    send = channels.gateway.sender()
    telemetry = channels.to_telemetry("gateway")

    def write(append: Append) -> None:
        journal.extend(append.records)
        if append.wants_receipt:
            channels.durable["gateway"].put(Durable(batch=append.batch))

    async def load() -> list[Record]:
        await trio.lowlevel.checkpoint()
        return list(journal)

    async def feed(number: int) -> None:
        await send.send((PauseQuoting if number % 2 else ResumeQuoting)(cause=str(number)))

    settings = dealer_settings(config_with())

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
            opening=lambda _first, _account: started(),
            load_journal=load,
            batches=batches,
            settings=settings,
        )

    def close_ends() -> None:
        channels.strategy.close()
        # Of the session's own ends, which no other actor holds here.
        channels.persistence.seal()
        channels.session.seal()

    bench = Bench(
        inbox=channels.gateway,
        build=build,
        close_ends=close_ends,
        feed=feed,
        end=lambda: send.send(Finish()),
        done=lambda: [int(each.cause) for each in journal if isinstance(each, QuotingPaused | QuotingResumed)],
        once=True,
    )
    async with trio.open_nursery() as nursery:
        bench.listen(nursery, "persistence", channels.persistence, write)
        bench.listen(nursery, "session", channels.session, lambda _: None)
        bench.listen(nursery, "strategy", channels.strategy, lambda _: None)
        yield bench
        nursery.cancel_scope.cancel()


BENCHES: Mapping[str, Bencher] = MappingProxyType(
    {
        "gateway": gateway_bench,
        "strategy": strategy_bench,
        "risk": risk_bench,
        "persistence": persistence_bench,
        "telemetry": telemetry_bench,
    }
)
