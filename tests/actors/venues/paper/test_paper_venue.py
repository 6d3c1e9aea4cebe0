"""Paper sessions: real books and trades, ours in the fork alone, through whatever happens to the servers.

Method: whole sessions on ledger servers of the tests' own, whose crowd trades on, under the virtual clock.
"""

from __future__ import annotations

import math
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from loguru import logger
from support.ledger_chain import Chain
from support.ledger_faults import seeded
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, end_process
from support.paper_sessions import OPENING_DROPS, OPENING_RLUSD, run_paper, stream_of
from support.sessions import Watcher, config_with, journal_of

from actors.plumbing.clock import VirtualClock
from actors.store.readers import list_sessions
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.observer import ObservedPlace, Observer
from actors.venues.paper.paper_host import PAPER_ACCOUNT
from actors.venues.paper.paper_venue import PaperVenue
from actors.venues.paper.paper_world import PaperWorld, paper_file
from actors.venues.venue_errors import NeedsOperatorError
from neo.analysis.summary import SessionSummary
from neo.ledger import Ledger
from neo.messages import (
    Fill,
    ForkMeasured,
    LedgerClosed,
    LedgerObserved,
    LedgerTransaction,
    MarketView,
    OrderChanged,
    OrderSigned,
    OrderStatus,
    SessionStarted,
)
from neo.messages.halts import HaltReason
from neo.mirror.assembly import CompleteLedger
from neo.network.network_text import FORMAT
from neo.replay.paper_text import PaperOrigin
from neo.replay.recorded import RecordedState

DURATION_S = 200


def world(servers: int = 1, seed: int = 1) -> LiveWorld:
    """A chain whose crowd trades, with servers of it."""
    chain = Chain(seed=seed)
    return LiveWorld(*(LedgerServer(chain) for _ in range(servers)))


def ledgers_of(database: Path, summary: SessionSummary) -> list[int]:
    """The ledgers that a session's journal has, in order."""
    return [each.ledger_index for each in journal_of(database, summary.session_id) if isinstance(each, LedgerObserved)]


def require_sound(summary: SessionSummary) -> None:
    """It ran its time, left nothing, and its books are its ledger's, to the drop."""
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert (summary.orders_left, summary.inventory.differences) == ((), ())


def test_a_session_trades_on_paper_and_the_network_hears_nothing_of_it(tmp_path: Path) -> None:
    """Fills by the real crowd's own orders; no account, no key, no transaction sent."""
    live, database = world(), tmp_path / "neo.db"
    server = live.servers[0]
    summary = run_paper(live, database, duration_s=DURATION_S)
    require_sound(summary)
    assert summary.fills > 3
    assert not {"submit", "account_tx", "account_objects"} & set(server.node.asked)
    assert PAPER_ACCOUNT not in live.chain.ledger.state.accounts
    assert live.chain.handed == {}
    records = journal_of(database, summary.session_id)
    started = next(each for each in records if isinstance(each, SessionStarted))
    assert (started.account, started.venue) == (PAPER_ACCOUNT, "paper")
    takers = {fill.tx_hash for fill in records if isinstance(fill, Fill)}
    signed = {order.tx_hash for order in records if isinstance(order, OrderSigned)}
    assert takers - signed <= set(live.chain.fates), "whoever filled us is on the real ledger"
    assert takers - signed
    measured = [each for each in records if isinstance(each, ForkMeasured)]
    assert measured[-1].executed["OfferCreate"] > 50
    assert (measured[-1].recorded, measured[-1].begun_anew) == ({}, 0)
    assert not paper_file(database).exists(), "it ended in order"


def test_the_market_is_the_real_one_as_long_as_nothing_of_ours_was_met(tmp_path: Path) -> None:
    """Ledger by ledger: the pool, and the best of both sides."""
    live, database = world(), tmp_path / "neo.db"
    views: list[MarketView] = []
    summary = run_paper(
        live, database, Watcher(lambda told: views.append(told) if isinstance(told, MarketView) else None)
    )
    fills = [each for each in journal_of(database, summary.session_id) if isinstance(each, Fill)]
    until = min(fill.ledger_index for fill in fills)
    alike = [view for view in views if view.ledger_index < until]
    assert len(alike) >= 3
    for view in alike:
        ledger = Ledger.from_state(msgspec.json.decode(live.chain.records[view.ledger_index].state))
        pool = ledger.amm()
        assert pool is not None
        assert view.pool is not None
        assert (view.pool.xrp_drops, view.pool.rlusd) == (pool.drops, pool.token)
        best = [next(iter(ledger.book(side))).funded_gets for side in ("asks", "bids")]
        assert [view.asks[0].xrp_drops, view.bids[0].rlusd] == best


class Outage:
    """The first server is away for a while; with its history, as it comes back.

    Attributes:
        ledgers: Those that closed meanwhile.
    """

    def __init__(self, live: LiveWorld, *, after_s: float = 60, lasts_s: float = 25) -> None:
        self.ledgers: list[int] = []
        self._live, self._after_s, self._lasts_s = live, after_s, lasts_s

    async def __call__(self) -> None:
        server, chain = self._live.servers[0], self._live.chain
        await trio.sleep(self._after_s)
        first = chain.newest.index + 1
        server.stop()
        await trio.sleep(self._lasts_s)
        self.ledgers = list(range(first, chain.newest.index + 1))
        server.start()
        server.node.first_ledger = 1


@pytest.mark.parametrize("servers", [1, 2])
def test_ledgers_that_a_broken_connection_missed_are_filled_in(tmp_path: Path, servers: int) -> None:
    """The journal has every ledger; with one server no order was decided on one that was told late."""
    live, database = world(servers), tmp_path / "neo.db"
    outage = Outage(live)
    summary = run_paper(live, database, beside=outage, duration_s=DURATION_S)
    require_sound(summary)
    ledgers = ledgers_of(database, summary)
    assert ledgers == list(range(ledgers[0], ledgers[0] + len(ledgers)))
    assert summary.notices == ()
    signed = [each for each in journal_of(database, summary.session_id) if isinstance(each, OrderSigned)]
    decided_on = {each.last_ledger_sequence - config_with().engine.order_lifetime_ledgers for each in signed}
    assert len(outage.ledgers) > 4
    assert not decided_on & set(outage.ledgers[:-1]) or servers == 2
    assert decided_on & set(range(outage.ledgers[-1], ledgers[-1]))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_servers_do_the_books_are_right(tmp_path: Path, seed: int) -> None:
    """Requests lost and late, messages dropped, doubled and broken, connections cut: every ledger is there, once."""
    chain = Chain(seed=seed)
    plans = (seeded(10 * seed + number, request_share=0.1, message_share=0.003) for number in range(1 + seed % 2))
    live, database = LiveWorld(*(LedgerServer(chain, plan) for plan in plans)), tmp_path / "neo.db"
    summary = run_paper(live, database, duration_s=DURATION_S)
    require_sound(summary)
    assert summary.fills > 0
    ledgers = ledgers_of(database, summary)
    assert ledgers == list(range(ledgers[0], ledgers[0] + len(ledgers)))
    measured = [each for each in journal_of(database, summary.session_id) if isinstance(each, ForkMeasured)]
    assert measured[-1].recorded == {}


def test_what_is_sent_while_no_server_is_reached_waits_for_one(tmp_path: Path) -> None:
    """A session that ends then cancels in the first ledger after, and not in those that had closed meanwhile."""
    live, database = world(), tmp_path / "neo.db"
    outage = Outage(live)
    summary = run_paper(live, database, beside=outage, duration_s=70)
    require_sound(summary)
    changes = [each for each in journal_of(database, summary.session_id) if isinstance(each, OrderChanged)]
    cancelled = [each.ledger_index for each in changes if each.status is OrderStatus.CANCELED]
    assert cancelled
    assert not set(cancelled) & set(outage.ledgers)
    assert max(cancelled) > outage.ledgers[-1]


def test_what_no_server_tells_is_begun_anew_and_told(tmp_path: Path) -> None:
    """With our balances and offers as they were; the session goes on, and its books stay right."""
    live, database = world(), tmp_path / "neo.db"
    server = live.servers[0]
    told: list[str] = []

    async def outage() -> None:
        await trio.sleep(60)
        server.stop()
        await trio.sleep(12)
        server.start()  # without its history

    def note(message: Any) -> None:
        if message.record["message"] == "venue_notice":
            told.append(message.record["extra"]["notice"])

    handler = logger.add(note, level="WARNING")
    try:
        summary = run_paper(live, database, beside=outage, duration_s=DURATION_S)
    finally:
        logger.remove(handler)
    require_sound(summary)
    ledgers = ledgers_of(database, summary)
    (jump,) = [(one, other) for one, other in pairwise(ledgers) if other != one + 1]
    assert told == [
        f"ledgers {jump[0] + 1} to {jump[1]} are not known (no server tells of them): the paper market begins anew, for"
        " the 1. time, with what the account has and its offers where they were"
    ]
    records = journal_of(database, summary.session_id)
    assert any(isinstance(each, Fill) and each.ledger_index > jump[1] for each in records)
    assert [each.begun_anew for each in records if isinstance(each, ForkMeasured)][-1] == 1


def left_by_a_kill(live: LiveWorld, folder: Path, delay_s: float) -> Path:
    """The database of a session that was killed, and beside it its ledger, as they were on the disk."""
    database = folder / "neo.db"

    async def kill() -> None:
        await trio.sleep(delay_s)
        shutil.copy(paper_file(database), paper_file(folder / "left.db"))
        end_process(database)

    with pytest.raises(BaseExceptionGroup):
        run_paper(live, database, beside=kill)
    return folder / "left.db"


@pytest.mark.parametrize("away_ledgers", [0, 10, 400])
def test_a_killed_session_is_settled_by_the_next_start_which_goes_on_with_its_balances(
    tmp_path: Path, away_ledgers: int
) -> None:
    """Whether the network's ledgers since can be asked for one by one, or are too many."""
    live = world()
    live.servers[0].node.first_ledger = 1
    database = left_by_a_kill(live, tmp_path, 90)
    for _ in range(away_ledgers):
        live.chain.close()
    live.servers[0].node.validated_index = live.chain.newest.index
    summary = run_paper(live, database, duration_s=DURATION_S)
    require_sound(summary)
    lost = next(each for each in (row.id for row in list_sessions(database)) if each != summary.session_id)
    fills = [each for each in journal_of(database, lost) if isinstance(each, Fill)]
    assert fills
    started = next(each for each in journal_of(database, summary.session_id) if isinstance(each, SessionStarted))
    assert (started.opening.xrp_drops, started.opening.rlusd) != (OPENING_DROPS, OPENING_RLUSD)
    assert any("the market goes on with what the account has" in notice for notice in summary.notices)


def test_a_network_that_is_another_ends_the_session_which_still_clears_up(tmp_path: Path) -> None:
    """What rests on paper is cancelled on paper, though nobody tells of any ledger."""
    live, database = world(), tmp_path / "neo.db"
    other = Chain(seed=2)

    async def swap() -> None:
        await trio.sleep(60)
        server = live.servers[0]
        server.stop()
        while other.newest.index <= live.chain.newest.index + 2:
            other.close()
        server.chain = server.node.chain = other
        server.start()
        server.node.first_ledger = 1

    summary = run_paper(live, database, beside=swap, duration_s=DURATION_S)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    assert "has another ledger" in summary.halt_detail
    assert (summary.rungs_failed, summary.orders_left, summary.inventory.differences) == ((), (), ())


def test_without_a_server_that_can_be_reached_it_does_not_start(tmp_path: Path) -> None:
    """And says which, and why, before anything is traded."""
    live = world()
    live.servers[0].stop()
    summary = run_paper(live, tmp_path / "neo.db")
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "ledger0" in summary.halt_detail
    assert summary.ledgers == 0


@pytest.mark.parametrize("is_empty", [True, False], ids=["nothing told", "drops that became tokens"])
def test_a_ledger_that_the_fork_can_not_read_ends_the_session_and_is_not_passed_over(
    tmp_path: Path, *, is_empty: bool
) -> None:
    """It is told once; then ledgers close with nothing in them but what is ours, for the way down."""
    live = world()
    live.chain.close()
    record = live.chain.newest
    pair = stream_of(live)
    state = RecordedState(
        ledger_index=record.index,
        ledger_hash=record.ledger_hash,
        state=msgspec.json.decode(record.state),
        is_whole=False,
    )
    origin = PaperOrigin(
        format=FORMAT,
        session_id="s-1",
        network_id=0,
        currency=pair.currency,
        issuer=pair.issuer,
        account=PAPER_ACCOUNT,
        xrp_drops=OPENING_DROPS,
        rlusd=OPENING_RLUSD,
        delay_ledgers=1,
        state=state,
    )
    after = ObservedPlace(record.index, record.ledger_hash, record.close_time_s)
    observer = Observer(pair, endpoints_of(pair, live.dial), after=after, is_whole=True)
    ask = state.state["asks"][0]["offers"][0]
    some = {"currency": pair.currency, "issuer": pair.issuer, "value": "1"}
    fields = {"Account": ask["owner"], "Sequence": ask["sequence"], "TakerGets": some, "TakerPays": some}
    place = {"BookDirectory": "A" * 64, "Flags": 0, "Expiration": 1}
    node = {"LedgerEntryType": "Offer", "LedgerIndex": ask["key"].upper(), "FinalFields": fields | place}
    meta = {} if is_empty else {"AffectedNodes": [{"ModifiedNode": node}]}
    strange = LedgerTransaction("B" * 64, {"TransactionType": "FutureSet", "Account": ask["owner"]}, meta, "tesSUCCESS")
    told: list[int] = []

    async def main() -> None:
        venue = PaperVenue(PaperWorld.create(tmp_path / "neo.paper", origin), observer)
        observer.take(
            CompleteLedger(
                index=record.index + 1,
                ledger_hash="C" * 64,
                close_time_s=record.close_time_s + 4,
                transactions=(strange,),
                fees=None,
                delay_s=0.0,
            )
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(live.servers[0].run)
            await nursery.start(venue.run)
            await venue.connect()
            with pytest.raises(NeedsOperatorError, match="lacks the ledger's shape"):
                await anext(venue.events(record.index))
            async for closed in venue.events(record.index):
                assert isinstance(closed, LedgerClosed)
                told.append(closed.ledger_index - record.index)
                if len(told) == 3:
                    await venue.disconnect()
            nursery.cancel_scope.cancel()

    trio.run(main, clock=VirtualClock(math.inf))
    assert told == [1, 2, 3]
