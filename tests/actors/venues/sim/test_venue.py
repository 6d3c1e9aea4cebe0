"""The simulated venue against what the port promises: ledgers without a gap, answers among them, an end when left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest
import trio
import trio.testing
from support.sim_world import CONFIG, US, kept_world

from actors.venues.sim.venue import SimVenue
from actors.venues.sim.world import World
from actors.venues.venue_errors import VenueError
from neo.chain.money import DROPS_PER_XRP
from neo.chain.shapes import Envelope, SignedTransaction, offer_create
from neo.messages import Fate, LedgerClosed, Lookup, Side, Submit, Submitted, VenueEvent


@pytest.fixture
def world(tmp_path: Path) -> World:
    return kept_world(tmp_path / "neo.sqlite3.world")


async def told(venue: SimVenue, after_index: int, count: int) -> list[VenueEvent]:
    """The first so many events of a walk."""
    seen: list[VenueEvent] = []
    async with aclosing(venue.events(after_index)) as events:
        async for event in events:
            seen.append(event)
            if len(seen) == count:
                break
    return seen


def indexes(events: list[VenueEvent]) -> list[int]:
    return [event.ledger_index for event in events if isinstance(event, LedgerClosed)]


def bid(venue: SimVenue, world: World) -> SignedTransaction:
    """An offer of ours far below the market."""
    place = Envelope(US, 10, world.market.ledger.sequence(US), world.latest.ledger_index + 5)
    return venue.sign(offer_create(place, venue.pair, Side.BUY, DROPS_PER_XRP, Decimal(1), None))


async def test_ledgers_come_in_order_and_a_second_walk_goes_on_from_where_it_is_told_to(world: World) -> None:
    """None is missing and none comes twice."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    for _ in range(4):
        world.close_next()
    assert indexes(await told(venue, first, 4)) == [first + 1, first + 2, first + 3, first + 4]
    assert indexes(await told(venue, first + 2, 2)) == [first + 3, first + 4]


async def test_ledgers_close_at_their_interval_whether_anyone_listens_or_not(
    world: World, autojump_clock: trio.abc.Clock
) -> None:
    """What was missed is told to who comes late."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    async with trio.open_nursery() as nursery:
        await nursery.start(venue.run)
        await trio.sleep(2 * CONFIG.ledger_interval_s + 1)
        assert indexes(await told(venue, first, 3)) == [first + 1, first + 2, first + 3]
        assert trio.current_time() == pytest.approx(3 * CONFIG.ledger_interval_s)
        nursery.cancel_scope.cancel()


async def test_every_request_is_answered_once_among_the_ledgers(world: World) -> None:
    """A submission with the server's word, a lookup with the ledger that has it, or the last one that has not."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    signed = bid(venue, world)
    venue.post(Lookup(tx_hash=signed.tx_hash))
    venue.post(Submit(tx_hash=signed.tx_hash, blob=signed.blob))
    assert await told(venue, first, 2) == [
        Fate(tx_hash=signed.tx_hash, absent_through=first),
        Submitted(tx_hash=signed.tx_hash, result="tesSUCCESS"),
    ]
    world.close_next()
    venue.post(Lookup(tx_hash=signed.tx_hash))
    fate, closed = await told(venue, first, 2)
    assert fate == Fate(tx_hash=signed.tx_hash, validated_in=first + 1)
    assert isinstance(closed, LedgerClosed)
    assert signed.tx_hash in [transaction.tx_hash for transaction in closed.transactions]


async def test_answers_do_not_outlive_their_connection(world: World) -> None:
    """Who comes back asks again."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    venue.post(Lookup(tx_hash="?"))
    await venue.connect()
    world.close_next()
    assert indexes(await told(venue, first, 1)) == [first + 1]


async def test_a_walk_ends_when_the_venue_is_left(world: World) -> None:
    """It waits for a ledger, and doesn't any more."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    ended = trio.Event()

    async def walk() -> None:
        assert [event async for event in _all(venue, first)] == []
        ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(walk)
        await trio.testing.wait_all_tasks_blocked()
        await venue.disconnect()
        await ended.wait()


async def _all(venue: SimVenue, after_index: int) -> AsyncIterator[VenueEvent]:
    async with aclosing(venue.events(after_index)) as events:
        async for event in events:
            yield event


async def test_ledgers_that_are_not_kept_any_more_are_an_error_that_says_which(world: World) -> None:
    """Never a gap in silence."""
    venue = SimVenue(world)
    first = (await venue.connect()).ledger_index
    for _ in range(2):
        world.close_next()
    with pytest.raises(VenueError, match=f"ledgers {first} to {first} are no longer kept"):
        await told(venue, first - 1, 1)
