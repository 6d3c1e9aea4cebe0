"""Paper sessions: real books and trades, ours in the fork alone, through whatever happens to the servers.

Method: whole sessions on ledger servers of the tests' own, whose crowd trades on, under the virtual clock.
"""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from loguru import logger
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, end_process
from support.paper_sessions import OPENING_DROPS, OPENING_RLUSD, run_paper
from support.sessions import Watcher, journal_of

from actors.store.readers import list_sessions
from actors.venues.paper.paper_host import PAPER_ACCOUNT
from actors.venues.paper.paper_world import paper_file
from neo.analysis.summary import SessionSummary
from neo.ledger import Ledger
from neo.messages import Fill, ForkMeasured, LedgerObserved, MarketView, OrderSigned, SessionStarted
from neo.messages.halts import HaltReason

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


@pytest.mark.parametrize("servers", [1, 2])
def test_ledgers_that_a_broken_connection_missed_are_filled_in(tmp_path: Path, servers: int) -> None:
    """The journal has every ledger, and no quote was decided on one that was told late."""
    live, database = world(servers), tmp_path / "neo.db"
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(60)
        server.stop()
        await trio.sleep(25)
        server.start()
        server.node.first_ledger = 1

    summary = run_paper(live, database, beside=outage, duration_s=DURATION_S)
    require_sound(summary)
    ledgers = ledgers_of(database, summary)
    assert ledgers == list(range(ledgers[0], ledgers[0] + len(ledgers)))
    assert summary.notices == ()


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
