"""The twin beside whole live sessions: where our transactions came in time, paper and truth are the same.

Method: sessions on a ledger server of the tests' own, which has the truth; what the twin told in the journal is set
beside the fills that the session booked from the real ledger.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import journal_of

from neo.analysis import course_of
from neo.messages import Fill, OrderChanged, OrderSigned, Record, TwinObserved
from neo.messages.halts import HaltReason
from neo.mirror.assembly import CompleteLedger, Completeness
from neo.replay.twin import Twin
from tools.reporting.lines import report_lines


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


def test_where_our_transactions_come_late_the_report_tells_the_error_and_by_how_many_ledgers(tmp_path: Path) -> None:
    """A server that takes five seconds to hear of each: the ledger after next has them, and paper says the next."""
    live = world(scripted([Strike(Trouble.LATE, on="submit", nth=None, delay_s=5.0)]))
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=240, paper_twin=True))
    assert summary.results is not None
    error = summary.results.twin
    assert error is not None
    assert error.ledgers > 40
    assert error.matched + error.differing + error.live_only + error.paper_only > 5
    course = course_of(journal_of(database, summary.session_id))
    assert course.twin_error == error
    whys = [row.why for row in course.twin_rows if row.why]
    assert whys
    assert all("later" in why or why == "order within the ledger" for why in whys), whys
    (line,) = [line for line in report_lines(summary, Path("x"), 200) if line.startswith("Paper twin")]
    assert f"error {error.error_share:.2%}" in line


def test_a_twin_that_meets_what_it_can_not_read_begins_anew_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in the log, and nothing between is compared."""
    usual, closes = Twin.close, itertools.count(1)

    def close(twin: Twin, ledger: CompleteLedger, sequence: int) -> TwinObserved | None:
        if next(closes) == 9:
            raise KeyError("AffectedNodes")
        return usual(twin, ledger, sequence)

    monkeypatch.setattr(Twin, "close", close)
    live = world()
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=160, paper_twin=True))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    told = [each for each in journal_of(database, summary.session_id) if isinstance(each, TwinObserved)]
    first, second = [each.ledger_index for each in told if each.begins]
    assert second - first == 10
    assert summary.results is not None
    assert summary.results.twin is not None
    assert summary.results.twin.error_share == 0.0
