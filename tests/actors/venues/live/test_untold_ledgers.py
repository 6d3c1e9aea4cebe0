"""Sessions whose ledgers no server tells of any more: no start can settle them, and a person can.

Method: a session is killed with offers on the ledger, and ledgers close before its only server has started again, which
has the state then, and no history; or has a state that never had those offers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, killed_after
from support.store_database import rows

from actors.session.session import StartupError
from actors.store import list_sessions
from actors.store.maintenance import check
from actors.store.orphans import orphans_of
from neo.messages.halts import HaltReason
from tools.commands.table import run_command_line


def world() -> LiveWorld:
    """A chain with one server, on which we have what the shipped profile's limits allow."""
    return LiveWorld(LedgerServer(Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))))


def killed(live: LiveWorld, folder: Path) -> Path:
    """The database of a session that was killed; three ledgers later its server starts again."""
    with pytest.raises(BaseExceptionGroup):
        live.run(live.plan(folder / "neo.db"), beside=killed_after(folder / "neo.db", 61))
    for _ in range(3):
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


def test_what_no_server_tells_of_is_settled_by_hand_and_the_next_session_trades(tmp_path: Path) -> None:
    """The failed start says how, and ends the lost session, so that its orders may be written down as found."""
    live = world()
    database = killed(live, tmp_path)
    resting = live.chain.truth[live.chain.newest.index].offers
    assert resting, "what it left rests on the ledger"
    told = refused(live, database)
    [row] = list_sessions(database)
    assert re.match(rf"session {row.id} was lost, and \d open orders? could not be settled \(.*does not have all", told)
    assert "`neo orphans list --config PROFILE`" in told
    assert "`neo orphans resolve`" in told
    assert (row.halt_reason, row.status) == (HaltReason.PROCESS_LOST, "ended")
    assert "could not be settled (" in str(row.halt_detail)
    assert "does not have all ledgers from" in str(row.halt_detail)
    left = orphans_of(database)
    assert {one.offer_sequence for one in left} >= {offer.sequence for offer in resting}
    assert all(one.is_over for one in left)
    assert check(database).findings == ()
    # It goes on being tried, and the words stay.
    assert "`neo orphans resolve`" in refused(live, database)
    for one in left:
        words = [one.session_id, one.order_id, "--as", "canceled", "--reason", "the next session cancels what rests"]
        assert run_command_line(["orphans", "--db", str(database), "resolve", *words]) == 0
    assert orphans_of(database) == []
    summary = live.run(live.plan(database, duration_s=60, unknown_offers="cancel"))
    truth = live.chain.truth[live.chain.newest.index]
    assert (summary.halt_reason, summary.rungs_failed, truth.offers) == (HaltReason.DURATION_ELAPSED, (), ())
    assert (summary.inventory.xrp_engine_drops, summary.inventory.rlusd_engine) == (truth.xrp_drops, truth.tokens)
    assert summary.inventory.differences == ()
    assert check(database).findings == ()
    [(detail,)] = rows(database, "SELECT halt_detail FROM sessions WHERE id = ?", row.id)
    assert detail == row.halt_detail, "how it ended stays as it was written"
