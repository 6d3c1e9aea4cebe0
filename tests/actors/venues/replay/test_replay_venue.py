"""The replay's port: ledgers as far apart as they were recorded, and what became of others' transactions among them.

What a venue with an embedded ledger promises besides is held on the simulation: ``test_venue.py``.
"""

from __future__ import annotations

import gzip
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing
from support.recordings import market_items, packed

from actors.recordings.ledger_recording import LedgerRecording, read_ledger_recording
from actors.venues.replay.replay_venue import ReplayVenue
from actors.venues.replay.replay_world import ReplayWorld
from actors.venues.venue_errors import NotReadyError
from neo.messages import ForkMeasured, LedgerClosed, VenueEvent
from neo.network.network_text import FORMAT
from neo.network.unsigned import made_up_address
from neo.replay.recorded import RecordedLedger
from neo.replay.recording_text import RecordingItem
from neo.replay.replay_text import ReplayOrigin


def world_of(folder: Path, items: list[RecordingItem]) -> ReplayWorld:
    """A replay of these items at its beginning."""
    recording = read_ledger_recording(packed(folder / "some.jsonl.gz", items))
    origin = ReplayOrigin(
        format=FORMAT,
        session_id="one",
        recording_name=recording.name,
        recording_sha256=recording.sha256,
        recording_bytes=recording.size_bytes,
        currency=recording.currency,
        issuer=recording.issuer,
        account=made_up_address("replay 7"),
        xrp_drops=100_000_000,
        rlusd=Decimal(200),
        delay_ledgers=1,
    )
    return ReplayWorld.create(folder / "neo.sqlite3.replay", origin, recording)


def read_again(folder: Path, world: ReplayWorld) -> LedgerRecording:
    """What a plan knows of a recording whose file is another one by now."""
    origin = world.origin
    return LedgerRecording(
        name=origin.recording_name,
        sha256=origin.recording_sha256,
        size_bytes=origin.recording_bytes,
        path=folder / "some.jsonl.gz",
        currency=origin.currency,
        issuer=origin.issuer,
        last_index=12,
        lasts_s=5,
        ledgers=5,
        gaps=0,
        missing=0,
    )


def later(item: RecordingItem, by_s: dict[int, int]) -> RecordingItem:
    """An item of a recording whose ledgers close at other times: so many seconds later from a ledger on."""
    if not isinstance(item, RecordedLedger):
        return item
    moved_s = sum(late_s for index, late_s in by_s.items() if index <= item.ledger_index)
    before_s = sum(late_s for index, late_s in by_s.items() if index < item.ledger_index)
    return msgspec.structs.replace(
        item, close_time_s=item.close_time_s + moved_s, parent_close_time_s=item.parent_close_time_s + before_s
    )


async def told(world: ReplayWorld, seconds: float) -> list[tuple[float, VenueEvent]]:
    """What is told in so many seconds, each with its moment."""
    venue, seen = ReplayVenue(world), list[tuple[float, VenueEvent]]()
    index = (await venue.connect()).ledger_index
    start_s = trio.current_time()
    with trio.move_on_after(seconds):
        async with trio.open_nursery() as nursery:
            await nursery.start(venue.run)
            async with aclosing(venue.events(index)) as events:
                async for event in events:
                    seen.append((trio.current_time() - start_s, event))
    return seen


async def test_ledgers_come_as_far_apart_as_they_were_recorded(tmp_path: Path, autojump_clock: trio.abc.Clock) -> None:
    """A second, then ten to the third one, and twenty to the fifth; empty ones every four seconds after the last."""
    items = market_items("plain", 5)
    first = next(item.ledger_index for item in items if isinstance(item, RecordedLedger))
    slow = [later(item, {first + 2: 9, first + 4: 19}) for item in items]
    seen = await told(world_of(tmp_path, slow), 41.5)
    ledgers = [(after_s, event) for after_s, event in seen if isinstance(event, LedgerClosed)]
    assert [after_s for after_s, _ in ledgers] == pytest.approx([1, 2, 12, 13, 33, 37, 41])
    assert [event.ledger_index for _, event in ledgers] == list(range(first, first + 7))
    notices = [event.notice for _, event in ledgers]
    assert notices == [None] * 5 + ["the recording is used up: from here on nobody else trades", None]


async def test_what_became_of_others_transactions_is_told_on_the_way_and_at_the_end(
    tmp_path: Path, autojump_clock: trio.abc.Clock
) -> None:
    """Every fifteen ledgers and with the last one; then nobody trades any more."""
    items = market_items("plain", 20)
    ledgers = [item for item in items if isinstance(item, RecordedLedger)]
    seen = await told(world_of(tmp_path, items), 60)
    measured = [event for _, event in seen if isinstance(event, ForkMeasured)]
    assert [each.ledger_index for each in measured] == [15, ledgers[-1].ledger_index]
    sent = sum(len(ledger.transactions) for ledger in ledgers)
    assert (sum(measured[-1].executed.values()), measured[-1].recorded) == (sent, {})
    assert measured[-1].trades_executed > 0


async def test_a_recording_that_is_gone_or_changed_meanwhile_is_told_as_its_reader_tells_it(
    tmp_path: Path, autojump_clock: trio.abc.Clock
) -> None:
    """With the mend; ledgers go on closing. Here its second ledger is cut off and rubbish stands in its place."""
    world = world_of(tmp_path, market_items("plain", 5))
    path = tmp_path / "some.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join([*lines[:3], b"rubbish\n"])))
    world = ReplayWorld.create(tmp_path / "again.replay", world.origin, read_again(tmp_path, world))
    venue = ReplayVenue(world)
    first = (await venue.connect()).ledger_index

    async def walk(after_index: int, ledgers: int) -> None:
        async with aclosing(venue.events(after_index)) as events:
            async for event in events:
                ledgers -= isinstance(event, LedgerClosed)
                if not ledgers:
                    return

    async with trio.open_nursery() as nursery:
        await nursery.start(venue.run)
        with pytest.raises(NotReadyError, match=r"some\.jsonl\.gz: line 4: no JSON .* Fetch or copy the file again"):
            await walk(first, ledgers=3)
        await walk(first, ledgers=3)
        nursery.cancel_scope.cancel()
    assert world.market.notice is None
    assert len(world.newer(first)) == 3
