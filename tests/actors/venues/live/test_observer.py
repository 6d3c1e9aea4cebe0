"""A pair watched without an account: every ledger once, in order, and a word wherever some are missing.

Method: an observer on a ledger server of the tests' own, whose crowd trades, under the virtual clock. What the chain
itself knows of each ledger is the truth that it is held against.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

import msgspec
import pytest
import trio
from support.ledger_chain import Chain, ClosedRecord
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.ws_wire import Fault

from actors.plumbing.clock import VirtualClock
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.observer import FILL_MAX, Observed, ObservedGap, ObservedPlace, Observer
from actors.venues.venue_errors import WrongNetworkError
from neo.ledger import Ledger
from neo.mirror.assembly import CompleteLedger, Completeness
from neo.replay.recorded import RecordedLedger, RecordedState

Beside = Callable[[], Awaitable[None]]


def world(plan: Plan = nothing, servers: int = 1) -> LiveWorld:
    """A chain with a crowd, on which our account does nothing."""
    chain = Chain(seed=1)
    return LiveWorld(*(LedgerServer(chain, plan) for _ in range(servers)))


def observe(
    live: LiveWorld,
    ledgers: int = 12,
    *,
    beside: Beside = trio.lowlevel.checkpoint,
    settings: dict[str, Any] | None = None,
    before_ledgers: int = 3,
    **how: Any,
) -> list[Observed]:
    """What an observer tells until it has told so many ledgers."""
    told: list[Observed] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for server in live.servers:
                await nursery.start(server.run)
            await nursery.start(live.chain.run)
            await trio.sleep(before_ledgers * live.chain.interval_s + 0.5)
            stream = live.settings(**settings or {})
            observer = Observer(stream, endpoints_of(stream, live.dial), **how)
            nursery.start_soon(observer.run)
            nursery.start_soon(beside)
            with trio.fail_after(10_000):
                while len(ledgers_of(told)) < ledgers:
                    told.append(await observer.next())
            nursery.cancel_scope.cancel()

    trio.run(main, clock=VirtualClock(math.inf))
    return told


def ledgers_of(told: list[Observed]) -> list[RecordedLedger]:
    """The ledgers among it."""
    return [each for each in told if isinstance(each, RecordedLedger)]


def require_true(told: list[RecordedLedger], chain: Chain) -> None:
    """Each is the chain's, the next after the one before, and has all that moved the pair."""
    indexes = [each.ledger_index for each in told]
    assert indexes == list(range(indexes[0], indexes[0] + len(told)))
    for each in told:
        record = chain.records[each.ledger_index]
        assert (each.ledger_hash, each.parent_hash) == (record.ledger_hash, record.parent_hash)
        assert (each.close_time_s, each.parent_close_time_s) == (record.close_time_s, record.parent_close_time_s)
        hashes = [one.tx_hash for one in each.transactions]
        assert [one.tx_hash for one in record.transactions if one.tx_hash in hashes] == hashes, "in the ledger's order"
        assert {one.tx_hash for one in record.transactions if moves_the_pair(one.meta)} <= set(hashes)


def moves_the_pair(meta: dict[str, Any]) -> bool:
    """Whether a transaction changed an offer or the pool: on this chain there is no other pair."""
    kinds = {node["LedgerEntryType"] for entry in meta["AffectedNodes"] for node in entry.values()}
    return bool(kinds & {"Offer", "AMM"})


def require_level(state: RecordedState, record: ClosedRecord) -> None:
    """The pool and the book are the ledger's, and nobody is in it who is not on the ledger."""
    ours, theirs = (Ledger.from_state(each) for each in (state.state, msgspec.json.decode(record.state)))
    assert (state.ledger_index, state.ledger_hash) == (record.index, record.ledger_hash)
    pools = (ours.amm(), theirs.amm())
    assert pools[0] == pools[1] is not None
    for side in ("asks", "bids"):
        best = list(islice(theirs.book(side), 20))
        assert len(best) >= 5
        assert list(islice(ours.book(side), 20)) == best
    assert ours.state.accounts.keys() <= theirs.state.accounts.keys()
    assert set(state.roots_assumed) | set(state.lines_assumed) <= ours.state.accounts.keys()


@pytest.mark.parametrize("completeness", list(Completeness))
def test_the_pair_is_told_first_and_then_every_ledger_that_moved_it(completeness: Completeness) -> None:
    """Without an account of ours: nobody is asked for, subscribed to, or in what is told, who is not on the ledger."""
    live = world()
    told = observe(live, settings={"completeness": completeness})
    first, *rest = told
    assert isinstance(first, RecordedState)
    require_level(first, live.chain.records[first.ledger_index])
    ledgers = ledgers_of(rest)
    assert ledgers[0].ledger_index == first.ledger_index + 1
    require_true(ledgers, live.chain)
    assert sum(len(each.transactions) for each in ledgers) > 20
    assert not any(each.is_whole for each in ledgers)


@pytest.mark.parametrize("is_whole", [True, False])
def test_whole_ledgers_are_told_if_they_are_wanted(is_whole: bool) -> None:
    """What has nothing to do with the pair is left out else: here a payment to an account that has no offer."""
    live, paid = world(), list[str]()

    async def beside() -> None:
        await trio.sleep(10)
        paid.append(live.chain.pay_in(xrp_drops=1_000_000))

    told = ledgers_of(observe(live, beside=beside, is_whole=is_whole))
    hashes = [one.tx_hash for each in told for one in each.transactions]
    records = [live.chain.records[each.ledger_index] for each in told]
    everything = [one.tx_hash for record in records for one in record.transactions]
    assert set(paid) <= set(everything)
    assert [each.is_whole for each in told] == [is_whole] * len(told)
    if is_whole:
        assert hashes == everything
    else:
        assert not set(paid) & set(hashes)


def test_whole_ledgers_can_not_be_told_of_filtered_streams() -> None:
    """Nobody would know what is missing."""
    stream = world().settings(completeness=Completeness.FILTERED)
    with pytest.raises(ValueError, match="whole ledgers are told with"):
        Observer(stream, endpoints_of(stream), is_whole=True)


def test_snapshots_come_as_often_as_is_asked_and_are_of_the_ledger_before_them() -> None:
    """So that a long recording can be held against them."""
    live = world()
    told = observe(live, 13, snapshot_ledgers=4)
    states = [(told[number - 1], each) for number, each in enumerate(told) if isinstance(each, RecordedState)][1:]
    assert len(states) >= 3
    for before, state in states:
        assert isinstance(before, RecordedLedger)
        assert state.ledger_index == before.ledger_index
        assert state.ledger_index % 4 == 0
        require_level(state, live.chain.records[state.ledger_index])


@pytest.mark.parametrize("outage_s", [5, 60])
def test_ledgers_that_were_missed_are_filled_in(outage_s: int) -> None:
    """By another request each, in their place: whoever reads notices nothing."""
    live = world()
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(20)
        server.stop()
        await trio.sleep(outage_s)
        server.start()
        server.node.first_ledger = 1

    told = observe(live, 30, beside=outage)
    assert [type(each) for each in told] == [RecordedState] + [RecordedLedger] * 30
    require_true(ledgers_of(told), live.chain)


def test_another_server_goes_on_where_one_broke() -> None:
    """Though it is behind, or ahead: no ledger comes twice and none is left out."""
    live = world(servers=2)

    async def outage() -> None:
        await trio.sleep(22)
        live.servers[0].stop()

    told = observe(live, 20, beside=outage)
    assert [type(each) for each in told] == [RecordedState] + [RecordedLedger] * 20
    require_true(ledgers_of(told), live.chain)


def test_ledgers_that_no_server_has_are_told_as_a_gap_and_the_pair_is_told_anew() -> None:
    """A stand-alone server that starts again has no history: what was missed is not made up."""
    live = world()
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(20)
        server.stop()
        await trio.sleep(20)
        server.start()

    told = observe(live, 12, beside=outage)
    (place,) = [number for number, each in enumerate(told) if isinstance(each, ObservedGap)]
    before, gap, state, after = told[place - 1 : place + 3]
    assert isinstance(before, RecordedLedger)
    assert isinstance(gap, ObservedGap)
    assert isinstance(state, RecordedState)
    assert isinstance(after, RecordedLedger)
    assert gap.first_index == before.ledger_index + 1
    assert gap.last_index == state.ledger_index == after.ledger_index - 1
    assert gap.why == "no server tells of them"
    require_level(state, live.chain.records[state.ledger_index])


def test_more_ledgers_than_are_asked_for_one_by_one_are_a_gap() -> None:
    """A night's worth of requests would be a burden to the server, and come too late."""
    live = world()
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(20)
        server.stop()
        await trio.sleep((FILL_MAX + 10) * live.chain.interval_s)
        server.start()
        server.node.first_ledger = 1

    told = observe(live, 6, beside=outage)
    (gap,) = [each for each in told if isinstance(each, ObservedGap)]
    assert gap.last_index - gap.first_index >= FILL_MAX
    assert f"more than are asked for one by one ({FILL_MAX})" in gap.why


def test_it_goes_on_after_a_ledger_that_is_known() -> None:
    """As after a restart: what came meanwhile is told, and no state before it."""
    live = world()
    live.servers[0].node.first_ledger = 1
    for _ in range(5):
        live.chain.close()
    known = live.chain.newest
    after = ObservedPlace(known.index, known.ledger_hash, known.close_time_s)
    told = observe(live, 10, after=after, known=list(live.chain.ledger.state.accounts))
    assert [type(each) for each in told] == [RecordedLedger] * 10
    ledgers = ledgers_of(told)
    assert ledgers[0].ledger_index == known.index + 1
    require_true(ledgers, live.chain)
    # The voted amounts are told once, with the first ledger whose close came as it happened.
    assert [each.fees for each in ledgers if each.fees is not None] == [live.chain.ledger.fees]


def test_a_server_with_other_ledgers_is_not_gone_on_with() -> None:
    """It is told at once, whatever comes after: one history is not continued with another."""
    live = world()
    live.servers[0].node.first_ledger = 1
    for _ in range(5):
        live.chain.close()
    known = live.chain.newest
    with pytest.raises(BaseExceptionGroup) as caught:
        observe(live, after=ObservedPlace(known.index, "A" * 64, known.close_time_s))
    (error,) = caught.value.exceptions
    assert isinstance(error, WrongNetworkError)
    assert f"another ledger {known.index} than was told" in str(error)


def test_a_server_that_comes_up_from_behind_with_other_ledgers_is_not_gone_on_with() -> None:
    """Once it comes to the ledger that was told last, that one's hash shows it."""
    stream = world().settings()
    observer = Observer(stream, endpoints_of(stream), after=ObservedPlace(20, "A" * 64, 1_000))

    def take(index: int, ledger_hash: str) -> None:
        ledger = CompleteLedger(
            index=index, ledger_hash=ledger_hash, close_time_s=990, transactions=(), fees=None, delay_s=0.0
        )
        observer.take(ledger)

    take(19, "B" * 64)
    take(20, "A" * 64)
    with pytest.raises(WrongNetworkError, match="another ledger 20 than was told"):
        take(20, "B" * 64)


def test_ledgers_that_close_while_the_pair_is_read_anew_are_filled_in() -> None:
    """A slow server: between its word on itself and the ledger that the pair is read from, others closed."""
    live = world(scripted([Strike(Trouble.LATE, "subscribe", 2, delay_s=9.0)]))
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(20)
        server.stop()
        await trio.sleep(1)
        server.start()
        server.node.first_ledger = 1

    told = observe(live, 20, beside=outage)
    assert [type(each) for each in told] == [RecordedState] + [RecordedLedger] * 20
    require_true(ledgers_of(told), live.chain)


def test_a_ledger_whose_frames_were_lost_is_asked_for() -> None:
    """Its transactions are all there, in their order."""
    live = world(scripted([Strike(Fault.DROP, "transaction", number) for number in (3, 9, 20)]))
    told = observe(live)
    assert [type(each) for each in told] == [RecordedState] + [RecordedLedger] * 12
    require_true(ledgers_of(told), live.chain)
