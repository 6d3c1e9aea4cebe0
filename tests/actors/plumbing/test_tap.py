"""The tap: everything that flows, in order, numbered as in the journal, and never at the session's cost.

Method: queues on a whole session, under the virtual clock; and the queue alone.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import trio
from support.sessions import Watcher, journal_of, plan_for, run

from actors.operator.filters import JOURNAL, parts_of, unknown_parts
from actors.plumbing.tap import Lost, TapHub, Tapped, TapQueue, without_blobs
from actors.plumbing.wiring import BOUNDS, Channels
from actors.session.parts import SessionParts
from actors.session.session import run_session
from neo.analysis.summary import SessionSummary
from neo.messages import (
    ActorRestarted,
    Append,
    Fill,
    LedgerClosed,
    MarketView,
    Message,
    OrdersAllowed,
    OrderSigned,
    QuotesWanted,
    Reconcile,
    StopQuoting,
)
from tools.proofs.faults import CrashAt, CrashingChannels

TWO_MINUTES_S = 120


Reader = Callable[[TapQueue, list[Any]], Awaitable[None]]


def tapped(
    database: Path,
    *,
    channels: Channels | None = None,
    types: set[type[Message]] | None = None,
    bound: int = 100_000,
    taps: int = 1,
    reader: Reader | None = None,
) -> tuple[SessionSummary, list[Any]]:
    """Run a session with taps open from its first message on; returns its summary and what the first tap got.

    Args:
        database: Where it is kept.
        channels: The session's; None for usual ones.
        types: The messages wanted; None for all.
        bound: Of each tap.
        taps: How many.
        reader: Reads the first one while the session runs; what it leaves is read at the end.
    """
    made = channels or Channels(BOUNDS)
    queues = [TapQueue(types, bound) for _ in range(taps)]
    for queue in queues:
        made.taps.attach(queue)
    plan = plan_for(database, duration_s=TWO_MINUTES_S)
    host = plan.venue.host(plan.database)
    ended: list[SessionSummary] = []
    items: list[Any] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            if reader is not None:
                nursery.start_soon(reader, queues[0], items)
            parts = SessionParts(channels=lambda _: made)
            ended.append(await run_session(plan, Watcher(), host, parts=parts))
            nursery.cancel_scope.cancel()

    trio.run(main, clock=host.clock)
    queues[0].tell_missed()
    while (item := queues[0].take()) is not None:
        items.append(item)
    return ended[0], items


def test_the_records_come_in_the_journals_order_under_its_numbers(tmp_path: Path) -> None:
    """Every record, none twice, none left out, each with its number; blobs by their length only."""
    summary, items = tapped(tmp_path / "neo.sqlite3")
    records = journal_of(tmp_path / "neo.sqlite3", summary.session_id)
    told = [item for item in items if item.seq is not None]
    assert [item.seq for item in told] == list(range(1, len(records) + 1))
    assert [item.message for item in told] == [without_blobs(record) for record in records]
    assert any(isinstance(item.message, OrderSigned) for item in told)


def test_what_passes_between_the_actors_is_told_with_its_way(tmp_path: Path) -> None:
    """Venue, gateway, strategy, risk, gateway again, and the session's rungs at the end."""
    _, items = tapped(tmp_path / "neo.sqlite3")
    ways = {(type(item.message), item.source, item.target) for item in items}
    assert ways >= {
        (LedgerClosed, "venue", "gateway"),
        (MarketView, "gateway", "strategy"),
        (QuotesWanted, "strategy", "risk"),
        (OrdersAllowed, "risk", "gateway"),
        (StopQuoting, "session", "gateway"),
        (Reconcile, "session", "gateway"),
    }
    assert all(item.source and item.target for item in items)
    live = [msgspec.structs.replace(item, message=msgspec.to_builtins(item.message)) for item in items]
    assert [unknown_parts(parts_of(item)) for item in live] == [[]] * len(live)
    # What is read back from the journal passes by the same actor as it did live.
    back = [msgspec.structs.replace(item, source=JOURNAL, target="") for item in live if item.seq is not None]
    assert [parts_of(item) for item in back] == [parts_of(item) for item in live if item.seq is not None]
    assert not any(isinstance(item.message, Append) for item in items)


def test_a_tap_may_ask_for_some_types_only(tmp_path: Path) -> None:
    """A tap of fills gets each fill of the session, and nothing else."""
    summary, items = tapped(tmp_path / "neo.sqlite3", types={Fill})
    assert [type(item.message) for item in items] == [Fill] * summary.fills
    assert summary.fills > 0


def test_a_redelivered_message_is_told_once(tmp_path: Path) -> None:
    """Crashes of gateway and persistence leave the numbers as they are in the journal."""
    for actor in ("gateway", "persistence"):
        database = tmp_path / f"{actor}.sqlite3"
        channels = CrashingChannels(BOUNDS, CrashAt(actor, {10, 20}, "after"))
        summary, items = tapped(database, channels=channels)
        told = [item for item in items if item.seq is not None]
        records = journal_of(database, summary.session_id)
        assert [item.message for item in told] == [without_blobs(record) for record in records]
        restarts = [item for item in items if isinstance(item.message, ActorRestarted)]
        assert len(restarts) == summary.restarts == 2


def test_a_tap_that_stalls_changes_nothing_and_loses_what_it_did_not_read(tmp_path: Path) -> None:
    """Ten stalled taps, and the journal is the one of a session without any."""
    alone = run(plan_for(tmp_path / "alone.sqlite3", duration_s=TWO_MINUTES_S))
    watched, _ = tapped(tmp_path / "watched.sqlite3", bound=5, taps=10)
    assert watched.journal_sha256 == alone.journal_sha256
    assert watched.telemetry_dropped == 0


def test_a_slow_tap_is_told_how_many_it_lost_and_where(tmp_path: Path) -> None:
    """What came and what was lost add up to what a quick tap gets."""
    _, quick = tapped(tmp_path / "quick.sqlite3")

    async def read_slowly(queue: TapQueue, items: list[Any]) -> None:
        with trio.move_on_after(TWO_MINUTES_S / 2):
            while True:
                if (item := queue.take()) is not None:
                    items.append(item)
                await trio.sleep(3)

    _, slow = tapped(tmp_path / "slow.sqlite3", bound=20, reader=read_slowly)
    lost = [item.count for item in slow if isinstance(item, Lost)]
    assert sum(lost) > 50
    assert sum(lost) + len(slow) - len(lost) == len(quick)


def item(seq: int) -> Tapped:
    return Tapped(seq, "gateway", "persistence", StopQuoting())


def test_a_queue_keeps_what_came_first_and_marks_the_gap() -> None:
    """How many were lost stands where they are missing, before what came next."""
    queue = TapQueue(bound=2)
    for seq in range(1, 6):
        if queue.has_room():
            queue.put(item(seq))
    assert queue.lost == 3
    assert [queue.take(), queue.take(), queue.take()] == [item(1), item(2), None]
    assert queue.has_room()
    queue.put(item(6))
    assert [queue.take(), queue.take(), queue.take()] == [Lost(3), item(6), None]


def test_an_untapped_hub_only_counts() -> None:
    """Records are counted while nobody watches, so that a tap that is opened later has the right numbers."""
    hub = TapHub()
    append = functools.partial(Append, sender="gateway", wants_receipt=False)
    fill: Any = StopQuoting()
    hub.delivered("persistence", append(records=(fill, fill), batch=1))
    hub.delivered("persistence", append(records=(fill, fill), batch=1))
    queue = TapQueue()
    assert hub.attach(queue) == 2
    hub.delivered("persistence", append(records=(fill,), batch=2))
    told = queue.take()
    assert isinstance(told, Tapped)
    assert told.seq == 3
    hub.detach(queue)
    hub.detach(queue)
    assert hub.count == 0


def test_who_counts_records_is_told_of_each_once() -> None:
    """Whether a tap is open or not; an append that comes again has nothing new."""
    counted: list[Any] = []
    hub = TapHub(journaled=counted.extend)
    fill: Any = StopQuoting()
    first = Append(records=(fill, fill), sender="gateway", batch=1, wants_receipt=False)
    hub.delivered("persistence", first)
    hub.delivered("persistence", first)
    assert counted == [fill] * 2
    hub.attach(TapQueue())
    hub.delivered("persistence", msgspec.structs.replace(first, batch=2))
    assert counted == [fill] * 4
