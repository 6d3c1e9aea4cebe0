"""The twin beside whole live sessions: where our transactions came in time, paper and truth are the same.

Method: sessions on a ledger server of the tests' own, which has the truth; what the twin told in the journal is set
beside the fills that the session booked from the real ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_faults import Plan, nothing
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import journal_of

from neo.messages import Fill, OrderChanged, OrderSigned, Record, TwinObserved
from neo.mirror.assembly import Completeness


def world(plan: Plan = nothing, *, seed: int = 1) -> LiveWorld:
    """A chain on which we have what the shipped profile's limits allow, and a server."""
    chain = Chain(seed=seed, xrp_drops=150_000_000, rlusd=Decimal(300))
    return LiveWorld(LedgerServer(chain, plan))


FillKey = tuple[int, str, int, str, int, Decimal]


def live_fills(journal: Iterable[Record], through_index: int) -> list[FillKey]:
    """What the session booked, up to a ledger."""
    return [
        (each.ledger_index, each.tx_hash, each.offer_sequence, str(each.side), each.xrp_drops, each.rlusd)
        for each in journal
        if isinstance(each, Fill) and each.ledger_index <= through_index
    ]


def paper_fills(told: Iterable[TwinObserved]) -> list[FillKey]:
    """What the twin told."""
    return [
        (each.ledger_index, fill.tx_hash, fill.offer_sequence, str(fill.side), fill.xrp_drops, fill.rlusd)
        for each in told
        for fill in each.fills
    ]


@pytest.mark.parametrize("completeness", list(Completeness))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_our_transactions_come_in_time_paper_is_exact(
    tmp_path: Path, completeness: Completeness, seed: int
) -> None:
    """Every fill, with its taker, ledger and amounts; every transaction's ledger and result; for as long as told."""
    live = world(seed=seed)
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=240, completeness=completeness, paper_twin=True))
    journal = journal_of(database, summary.session_id)
    told = [each for each in journal if isinstance(each, TwinObserved)]
    begun, *later = told
    assert begun.begins
    assert not any(each.begins for each in later)
    through = told[-1].ledger_index
    assert through >= live.chain.newest.index - 10
    fills = live_fills(journal, through)
    assert len(fills) > 5
    assert paper_fills(told) == fills
    signed = {each.order_id: each.tx_hash for each in journal if isinstance(each, OrderSigned)}
    entered = {entry.tx_hash: (each.ledger_index, entry.result) for each in told for entry in each.entered}
    changed = {
        signed[each.order_id]: (each.ledger_index, each.result)
        for each in reversed(journal)
        if isinstance(each, OrderChanged) and each.result.startswith(("tes", "tec"))
    }
    assert len(entered) > 10
    assert {tx_hash: changed[tx_hash] for tx_hash in entered if tx_hash in changed}.items() <= entered.items()
