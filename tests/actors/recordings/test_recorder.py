"""A pair recorded from a ledger server: every ledger once, whatever happens to the connection or to the recorder.

Method: a recorder on a ledger server of the tests' own, whose crowd trades, under the virtual clock. What is in the
file is lived through and held against its own snapshots, and against what the chain knows.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.recordings import ledgers_of, packed

from actors.plumbing.clock import VirtualClock
from actors.plumbing.files import FileRefusedError
from actors.recordings.recorder import KnownBefore, Recorder, RecorderProgress
from actors.recordings.recording_file import read_recording
from actors.recordings.recording_writer import RecordingWriter, writing
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.observer import Observer
from actors.venues.venue_errors import WrongNetworkError
from neo.replay.quiet_replay import QuietReplay
from neo.replay.recorded import RecordedState
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingGap, RecordingHead, RecordingItem

Beside = Callable[[], Awaitable[None]]


def world() -> LiveWorld:
    """A chain with a crowd, whose server remembers all of it."""
    live = LiveWorld(LedgerServer(Chain(seed=1)))
    live.servers[0].node.first_ledger = 1
    return live


def record(
    live: LiveWorld,
    path: Path,
    duration_s: float,
    *,
    beside: Beside = trio.lowlevel.checkpoint,
    network_id: int = 0,
    snapshot_ledgers: int = 5,
    is_whole: bool = False,
    **settings: Any,
) -> list[RecorderProgress]:
    """Record for so long; returns what was told of it."""
    told: list[RecorderProgress] = []
    stream = live.settings(**settings)
    head = RecordingHead(
        currency=stream.currency, issuer=stream.issuer, network_id=network_id, amendments=(),
        begun="2026-11-27T00:00:00Z", means="live", version="0.1.0",
    )  # fmt: skip
    before = KnownBefore(path, stream)
    failure: list[Exception] = []

    async def main(writer: RecordingWriter) -> None:
        async with trio.open_nursery() as nursery:
            for server in live.servers:
                await nursery.start(server.run)
            await nursery.start(live.chain.run)
            await trio.sleep(3 * live.chain.interval_s + 0.5)
            observer = Observer(
                stream,
                endpoints_of(stream, live.dial),
                after=before.place,
                known=before.known,
                is_whole=is_whole,
                snapshot_ledgers=snapshot_ledgers,
            )
            recorder = Recorder(observer, writer, told.append)

            async def stop() -> None:
                await trio.sleep(duration_s)
                recorder.stop("the time is over")

            nursery.start_soon(stop)
            nursery.start_soon(beside)
            try:
                await recorder.run()
            except (FileRefusedError, WrongNetworkError) as error:
                failure.append(error)
            nursery.cancel_scope.cancel()

    with writing(path, head, before.take) as writer:
        trio.run(main, writer, clock=VirtualClock(math.inf))
    if failure:
        raise failure[0]
    return told


def items_in(path: Path) -> list[RecordingItem]:
    return [line.item for line in read_recording(path)]


def lived(items: list[RecordingItem]) -> QuietReplay:
    replay = QuietReplay(compares=True)
    for item in items:
        replay.take(item)
    return replay


def require_same(items: list[RecordingItem], snapshots: int) -> QuietReplay:
    """It is the same at every later snapshot, of which there are so many at least."""
    replay = lived(items)
    assert replay.mismatch is None
    assert replay.compared >= snapshots
    return replay


def require_all(items: list[RecordingItem], chain: Chain) -> None:
    """Ledgers without a hole, each with all that moved an offer or the pool, by what the chain knows."""
    ledgers = ledgers_of(items)
    first = ledgers[0].ledger_index
    assert [each.ledger_index for each in ledgers] == list(range(first, first + len(ledgers)))
    for each in ledgers:
        transactions = chain.records[each.ledger_index].transactions
        moved = {one.tx_hash for one in transactions if moves_the_pair(one.meta)}
        assert moved <= {one.tx_hash for one in each.transactions}


def moves_the_pair(meta: dict[str, Any]) -> bool:
    """On this chain there is no other pair."""
    nodes = [node for entry in meta["AffectedNodes"] for node in entry.values()]
    return any(node["LedgerEntryType"] in ("Offer", "AMM") for node in nodes)


def test_a_pair_is_recorded_and_can_be_lived_through_to_the_last_digit(tmp_path: Path) -> None:
    """Head, state, ledgers, a snapshot every five ledgers, an end; every transaction is executed anew."""
    live, path = world(), tmp_path / "a.jsonl.gz"
    told = record(live, path, 180)
    items = items_in(path)
    assert isinstance(items[0], RecordingHead)
    assert isinstance(items[1], RecordedState)
    assert items[-1] == RecordingEnd("the time is over")
    require_all(items, live.chain)
    assert len(ledgers_of(items)) >= 40
    replay = require_same(items, snapshots=7)
    assert replay.counts.trades_executed > 10
    assert replay.counts.recorded.total() == 0
    last = told[-1]
    assert (last.ledger_index, last.ledgers) == (ledgers_of(items)[-1].ledger_index, len(ledgers_of(items)))
    assert last.ledgers_now == last.ledgers
    assert 0 < last.size_bytes - last.grown_bytes < 1000  # the first line
    assert 0 < last.elapsed_s <= 180


def test_whole_ledgers_are_recorded_if_they_are_wanted(tmp_path: Path) -> None:
    """Every transaction that the chain had in them."""
    live, path = world(), tmp_path / "a"
    record(live, path, 60, is_whole=True)
    for each in ledgers_of(items_in(path)):
        assert each.is_whole
        record_of = live.chain.records[each.ledger_index]
        assert [one.tx_hash for one in each.transactions] == [one.tx_hash for one in record_of.transactions]


def test_a_lost_connection_leaves_no_trace(tmp_path: Path) -> None:
    """Ledgers that closed meanwhile are asked for, and are the same."""
    live, path = world(), tmp_path / "a"

    async def outage() -> None:
        await trio.sleep(30)
        live.servers[0].stop()
        await trio.sleep(40)
        live.servers[0].start()
        live.servers[0].node.first_ledger = 1

    record(live, path, 180, beside=outage)
    items = items_in(path)
    assert not [item for item in items if isinstance(item, RecordingGap)]
    require_all(items, live.chain)
    require_same(items, snapshots=5)


def test_ledgers_that_no_server_has_are_a_gap_behind_which_the_pair_is_told_anew(tmp_path: Path) -> None:
    """A stand-alone server that starts again has no history."""
    live, path = world(), tmp_path / "a"

    async def outage() -> None:
        await trio.sleep(30)
        live.servers[0].stop()
        await trio.sleep(20)
        live.servers[0].start()

    record(live, path, 180, beside=outage)
    items = items_in(path)
    (place,) = [number for number, item in enumerate(items) if isinstance(item, RecordingGap)]
    gap, state = items[place], items[place + 1]
    assert isinstance(gap, RecordingGap)
    assert isinstance(state, RecordedState)
    assert (gap.last_index, gap.why) == (state.ledger_index, "no server tells of them")
    require_same(items, snapshots=4)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_recording_goes_on_where_it_stands(tmp_path: Path, *, is_killed: bool) -> None:
    """Ended properly or killed: what closed meanwhile is asked for, and no ledger is missing or there twice."""
    live, path = world(), tmp_path / "a"
    record(live, path, 60)
    if is_killed:
        # What a kill in the middle of a line leaves: neither the end nor the member's last bytes.
        path.write_bytes(path.read_bytes()[:-60])
    before = ledgers_of(items_in(path))
    for _ in range(10):
        live.chain.close()
    told = record(live, path, 60)
    items = items_in(path)
    kinds = [type(item) for item in items]
    assert kinds.count(RecordingGap) == 0
    assert (kinds.count(RecordingCut), kinds.count(RecordingEnd)) == ((1, 1) if is_killed else (0, 2))
    require_all(items, live.chain)
    assert len(ledgers_of(items)) > len(before) + 20
    assert told[-1].ledgers_now == len(ledgers_of(items)) - len(before)
    require_same(items, snapshots=4)


def test_who_came_with_an_offer_is_followed_when_it_goes_on(tmp_path: Path) -> None:
    """Without a snapshot since: what is paid to it while nobody records changes what is behind its offer."""
    live, path = world(), tmp_path / "a"

    async def place() -> None:
        await trio.sleep(10)
        bid = {"TakerGets": live.chain.token("1"), "TakerPays": "100000000"}
        live.chain.send(live.chain.account, TransactionType="OfferCreate", **bid)

    record(live, path, 40, beside=place, snapshot_ledgers=0)
    paid = live.chain.pay_in(xrp_drops=1_000_000)
    for _ in range(5):
        live.chain.close()
    record(live, path, 40, snapshot_ledgers=0)
    assert paid in {one.tx_hash for each in ledgers_of(items_in(path)) for one in each.transactions}


def test_a_recording_of_another_network_is_left_alone(tmp_path: Path) -> None:
    """Nothing is asked of any server."""
    live, path = world(), tmp_path / "a"
    record(live, path, 30)
    content = path.read_bytes()
    with pytest.raises(FileRefusedError, match="of network 0, where"):
        record(live, path, 30, network_id=1)
    assert path.read_bytes() == content


def test_a_server_with_another_history_ends_it_with_the_reason(tmp_path: Path) -> None:
    """One history is not gone on with by another one; what was recorded is good."""
    path = tmp_path / "a"
    record(world(), path, 30)
    other = LiveWorld(LedgerServer(Chain(seed=2)))
    other.servers[0].node.first_ledger = 1
    with pytest.raises(WrongNetworkError):
        record(other, path, 200)
    items = items_in(path)
    end = items[-1]
    assert isinstance(end, RecordingEnd)
    assert "another ledger" in end.why
    require_same(items, snapshots=0)


@pytest.mark.parametrize("accounts", [7, [7], [{"address": "nobody"}]])
def test_lines_that_a_recorder_never_wrote_are_not_gone_on_with(tmp_path: Path, accounts: object) -> None:
    """A snapshot with other accounts than there can be is read, and leads nowhere."""
    live, path = world(), tmp_path / "a"
    record(live, path, 30)
    items = items_in(path)
    state = next(item for item in items if isinstance(item, RecordedState))
    state.state["accounts"] = accounts
    packed(path, items)
    with pytest.raises(FileRefusedError, match="can't be gone on with"):
        record(live, path, 30)
