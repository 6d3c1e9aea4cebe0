"""Sessions whose ledgers no server tells of any more: a start settles them by what the account was left with.

Method: a session is killed with offers on the ledger, and ledgers close before its only server has started again, which
has the state then, and no history; or has a state that never had those offers, and a person has to settle them.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, killed_after
from support.sessions import journal_of
from support.store_database import rows

from actors.session.session import StartupError
from actors.store import list_sessions
from actors.store.maintenance import check
from actors.store.orphans import orphans_of
from neo.analysis.summary import SessionSummary
from neo.desk.untold import untold_in
from neo.messages import CapitalMoved, Fill, InventoryChecked, OrderStatus, Record
from neo.messages.halts import HaltReason
from tools.commands.table import run_command_line


def world(seed: int = 1, servers: int = 1) -> LiveWorld:
    """A chain with servers, on which we have what the shipped profile's limits allow."""
    chain = Chain(seed=seed, xrp_drops=150_000_000, rlusd=Decimal(300))
    return LiveWorld(*(LedgerServer(chain) for _ in range(servers)))


def killed(live: LiveWorld, folder: Path, *, delay_s: float = 61, ledgers_meanwhile: int = 3) -> Path:
    """The database of a session that was killed; so many ledgers later its first server starts again."""
    with pytest.raises(BaseExceptionGroup):
        live.run(live.plan(folder / "neo.db"), beside=killed_after(folder / "neo.db", delay_s))
    assert live.chain.truth[live.chain.newest.index].offers, "what it left rests on the ledger"
    for _ in range(ledgers_meanwhile):
        live.chain.close()
    live.servers[0].node.begin_anew()
    return folder / "left.db"


def refused(live: LiveWorld, database: Path) -> str:
    """What a start says that can't settle what is left."""
    with pytest.raises(BaseExceptionGroup) as caught:
        live.run(live.plan(database))
    [error] = caught.value.exceptions
    assert isinstance(error, StartupError)
    return str(error)


def require_level(live: LiveWorld, database: Path, summary: SessionSummary) -> None:
    """The session traded to its end, nothing of ours rests, and the books are the ledger's."""
    truth = live.chain.truth[live.chain.newest.index]
    assert (summary.halt_reason, summary.rungs_failed, truth.offers) == (HaltReason.DURATION_ELAPSED, (), ())
    assert (summary.inventory.xrp_engine_drops, summary.inventory.rlusd_engine) == (truth.xrp_drops, truth.tokens)
    assert (summary.inventory.differences, summary.ticks > 0) == ((), True)
    assert check(database).findings == ()


def require_told_by_the_state(live: LiveWorld, journal: list[Record]) -> str:
    """The books of a session that was settled so are the ledger's, by one movement; returns what was untold."""
    [stretch] = untold_in(journal)
    first, last = (int(number) for number in re.findall(r"\d+", stretch))
    assert stretch == f"ledgers {first} to {last}, which no server tells of"
    before, after = live.chain.truth[first - 1], live.chain.truth[last]
    assert before.tokens is not None
    assert after.tokens is not None
    change = (after.xrp_drops - before.xrp_drops, after.tokens - before.tokens)
    moved = [each for each in journal if isinstance(each, CapitalMoved) and each.cause == stretch]
    assert [(each.xrp_drops, each.rlusd) for each in moved] == ([change] if any(change) else [])
    assert [each.exact for each in journal if isinstance(each, InventoryChecked)][-1]
    return stretch


@pytest.mark.parametrize(("seed", "ledgers_meanwhile"), [(1, 3), (2, 3), (3, 40)])
def test_what_no_server_tells_of_is_settled_by_the_state_and_the_next_session_trades(
    tmp_path: Path, seed: int, ledgers_meanwhile: int
) -> None:
    """What rests is cancelled, what is gone is lost and listed, and what moved is one movement with its cause."""
    live = world(seed)
    database = killed(live, tmp_path, delay_s=60 + seed, ledgers_meanwhile=ledgers_meanwhile)
    known = {each.order_id: each.offer_sequence for each in orphans_of(database)}
    summary = live.run(live.plan(database, duration_s=60))
    require_level(live, database, summary)
    row = list_sessions(database)[-1]
    journal = journal_of(database, row.id)
    stretch = require_told_by_the_state(live, journal)
    assert any(isinstance(each, CapitalMoved) and each.cause == stretch for each in journal), "some of it was filled"
    resting = {offer.sequence for offer in live.chain.truth[int(re.findall(r"\d+", stretch)[1])].offers}
    gone = [order_id for order_id, sequence in known.items() if sequence not in resting]
    listed = orphans_of(database)
    assert [(one.order_id, one.status, one.reason) for one in listed] == [
        (order_id, OrderStatus.LOST, stretch) for order_id in gone
    ]
    assert gone
    assert (row.halt_reason, row.status) == (HaltReason.PROCESS_LOST, "ended")
    assert f"settled {len(known)} open order" in str(row.halt_detail)
    assert f"on the ledger but for {stretch}" in str(row.halt_detail)
    assert all(order_id in str(row.halt_detail) for order_id in gone)
    assert summary.notices == (f"session {row.id} was lost: {row.halt_detail}",)


def test_ledgers_in_which_nothing_of_ours_changed_leave_nothing_to_tell(tmp_path: Path) -> None:
    """The offers rest as they did, and the account has what it had."""
    live = world()
    database = killed(live, tmp_path, ledgers_meanwhile=0)
    require_level(live, database, live.run(live.plan(database, duration_s=60)))
    row = list_sessions(database)[-1]
    assert (untold_in(journal_of(database, row.id)), orphans_of(database)) == ((), [])
    assert str(row.halt_detail).endswith("settled 2 open orders on the ledger")


def test_where_another_server_has_the_ledgers_they_are_read_there(tmp_path: Path) -> None:
    """The fill is a fill then, and nothing is lost."""
    live = world(2, servers=2)
    database = killed(live, tmp_path, delay_s=62)
    require_level(live, database, live.run(live.plan(database, duration_s=60)))
    journal = journal_of(database, list_sessions(database)[-1].id)
    assert (untold_in(journal), orphans_of(database)) == ((), [])
    assert any(isinstance(each, Fill) for each in journal)


def test_a_session_that_trades_is_never_told_less_than_all(tmp_path: Path) -> None:
    """It ends, and what it left is settled by the next start, which says what it does not know."""
    live = world(2)

    async def restart() -> None:
        await trio.sleep(46)
        live.servers[0].stop()
        await trio.sleep(9)
        live.servers[0].start()

    database = tmp_path / "neo.db"
    first = live.run(live.plan(database, duration_s=400), beside=restart)
    assert first.halt_reason is HaltReason.RISK_STALE_LEDGER, first.halt_reason
    assert first.orders_left
    assert untold_in(journal_of(database, first.session_id)) == ()
    summary = live.run(live.plan(database, duration_s=60))
    require_level(live, database, summary)
    stretch = require_told_by_the_state(live, journal_of(database, first.session_id))
    [notice] = summary.notices
    assert f"had ended and left orders behind, settled on the ledger but for {stretch}" in notice


@pytest.mark.parametrize("has_history", [True, False])
def test_what_the_ledger_never_had_is_settled_by_hand_and_the_next_session_trades(
    tmp_path: Path, has_history: bool
) -> None:
    """The failed start says how, and ends the lost session, so that its orders may be written down as found."""
    database = killed(world(), tmp_path)
    live = world()
    for _ in range(20):
        live.chain.close()
    if not has_history:
        live.servers[0].node.begin_anew()
    told = refused(live, database)
    [row] = list_sessions(database)
    assert re.match(rf"session {row.id} was lost, and \d open orders? could not be settled \(", told)
    assert "`neo orphans list --config PROFILE`" in told
    assert "`neo orphans resolve`" in told
    assert (row.halt_reason, row.status) == (HaltReason.PROCESS_LOST, "ended")
    assert "could not be settled (" in str(row.halt_detail)
    left = orphans_of(database)
    assert left
    assert all(one.is_over for one in left)
    # It goes on being tried, and the words stay.
    assert "`neo orphans resolve`" in refused(live, database)
    for one in orphans_of(database):
        words = [one.session_id, one.order_id, "--as", "lost", "--reason", "the ledger was made anew"]
        assert run_command_line(["orphans", "--db", str(database), "resolve", *words]) == 0
    assert orphans_of(database) == []
    require_level(live, database, live.run(live.plan(database, duration_s=60)))
    [(detail,)] = rows(database, "SELECT halt_detail FROM sessions WHERE id = ?", row.id)
    assert detail == row.halt_detail, "how it ended stays as it was written"
