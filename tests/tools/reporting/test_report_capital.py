"""Sessions with a deposit, a withdrawal, both and none: each shows the right end state, to the drop.

Method: whole sessions on the simulated ledger, capital moved by real payments at scripted ledgers.
"""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from loguru import logger
from support.report_sessions import Moves, run_with_moves
from support.sessions import Watcher, journal_of, plan_for, run

from actors.store import list_sessions
from actors.store.reports import capital_events, states
from neo.analysis import course_of
from neo.messages import (
    CapitalMoved,
    CapitalOrdered,
    Fill,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    Message,
    SessionEnded,
)
from neo.position.pnl import ProfitAndLoss, result_rlusd
from tools.commands.table import run_command_line
from tools.reporting.lines import report_lines
from tools.reporting.sources import load

D = Decimal
CASES: dict[str, Moves] = {
    "none": {},
    "deposit": {20: (50_000_000, "0")},
    "withdrawal": {30: (0, "-20.5")},
    "both": {20: (50_000_000, "0"), 40: (0, "15.25"), 60: (-10_000_000, "0")},
}


@pytest.mark.parametrize("case", CASES)
def test_the_end_state_has_fills_capital_and_fees_in_their_places(tmp_path: Path, case: str) -> None:
    """Fills only, capital overlay and fees sum to the ledger's balance, in the summary's line, tables and journal."""
    moves, database = CASES[case], tmp_path / "neo.sqlite3"
    summary = run_with_moves(database, moves)
    assert summary.halt_reason == "duration_elapsed"
    assert summary.rungs_failed == ()
    inventory, results = summary.inventory, summary.results
    assert results is not None
    assert results.split is not None
    assert inventory.exact
    assert inventory.xrp_capital_drops == 100_000_000 + sum(drops for drops, _ in moves.values())
    assert inventory.rlusd_capital == 200 + sum((D(rlusd) for _, rlusd in moves.values()), D(0))
    assert len(results.capital_moves) == len(moves)
    assert results.split.residual_rlusd == 0
    assert (results.split.capital_flows_rlusd != 0) == bool(moves)
    assert summary.equity_change_rlusd == result_rlusd(results.split)
    lines = [line for line in report_lines(summary, Path("log"), None) if line.startswith("Inventory reconciliation")]
    assert f"capital_overlay={100 + sum(drops for drops, _ in moves.values()) // 10**6}," in lines[0]
    assert all(line.endswith("exact") for line in lines)
    assert "inventory_drift_at_shutdown" not in states(database, summary.session_id)
    _check_tables(database, summary.session_id)


def _check_tables(database: Path, session_id: str) -> None:
    """``inventory_ledger`` is fills only, ``capital_events`` the overlay, ``fees`` their own."""
    records = journal_of(database, session_id)
    ended = next(record for record in records if isinstance(record, SessionEnded))
    with sqlite3.connect(database) as connection:
        fills = dict(
            connection.execute("SELECT asset, new_balance FROM inventory_ledger GROUP BY asset HAVING seq = max(seq)")
        )
        (fees,) = connection.execute("SELECT sum(fee_drops) FROM fees").fetchone()
    connection.close()
    assert fills["XRP"] == ended.standing.xrp_fills_drops
    assert D(fills["RLUSD"]) == ended.standing.rlusd_fills
    events = capital_events(database)
    assert sum(event.xrp_drops for event in events) == ended.standing.xrp_capital_drops
    assert sum((event.rlusd for event in events), D(0)) == ended.standing.rlusd_capital
    assert fees == ended.standing.xrp_fees_drops


def test_the_identity_holds_at_every_fill_of_a_session(tmp_path: Path) -> None:
    """In a real journal with capital that moves, the residual is zero after each record."""
    database = tmp_path / "neo.sqlite3"
    summary = run_with_moves(database, CASES["both"])
    pnl, fills, split = ProfitAndLoss(), 0, 0
    for record in journal_of(database, summary.session_id):
        pnl.apply(record)
        parts = pnl.parts()
        if parts is not None:
            assert parts.residual_rlusd == 0
            split += 1
        fills += isinstance(record, Fill)
    assert fills == summary.fills > 5
    # Only before the first mid there is nothing to split.
    assert split > fills


def test_a_payment_is_in_the_journal_before_it_leaves_and_found_on_the_ledger(tmp_path: Path) -> None:
    """The order comes first, then its capital event with the payment's hash, in an exactly reconciled ledger."""
    database = tmp_path / "neo.sqlite3"
    summary = run_with_moves(database, CASES["both"])
    records = journal_of(database, summary.session_id)
    ordered = [record for record in records if isinstance(record, CapitalOrdered)]
    moved = {record.cause: record for record in records if isinstance(record, CapitalMoved)}
    assert [one.own for one in ordered] == [False, False, True]
    for one in ordered:
        found = moved[f"Payment {one.tx_hash}"]
        assert records.index(one) < records.index(found)
        assert (found.xrp_drops, found.rlusd) == (one.xrp_drops, one.rlusd)
        assert found.ledger_index == one.ledger_index + 1
    checks = [record for record in records if isinstance(record, InventoryChecked)]
    assert len(checks) >= 90 // 15
    assert all(check.exact for check in checks)
    assert sum(check.xrp_capital_drops for check in checks) == 40_000_000


def test_orders_go_on_around_a_withdrawal(tmp_path: Path) -> None:
    """The payment takes a sequence of ours, and no order fails for it."""
    database = tmp_path / "neo.sqlite3"
    summary = run_with_moves(database, {30: (-1_000_000, "0")})
    with sqlite3.connect(database) as connection:
        failed = connection.execute("SELECT id, result FROM orders WHERE status = 'failed'").fetchall()
    connection.close()
    assert [row for row in failed if row[1] != "tefMAX_LEDGER"] == []
    assert summary.inventory.exact


def test_the_same_moves_give_the_same_journal(tmp_path: Path) -> None:
    """Deposits and withdrawals keep a session deterministic."""
    first = run_with_moves(tmp_path / "a.sqlite3", CASES["both"])
    second = run_with_moves(tmp_path / "b.sqlite3", CASES["both"])
    assert first.journal_sha256 == second.journal_sha256


def test_distances_are_what_the_ledgers_say(tmp_path: Path) -> None:
    """Each row's distance is its formula, absent where a side is absent, and the table's rows are the journal's."""
    database = tmp_path / "neo.sqlite3"
    summary = run_with_moves(database, {})
    seen = [one for one in journal_of(database, summary.session_id) if isinstance(one, LedgerObserved)]
    assert sum(one.distance_to_clob_bid_bps is not None for one in seen) > len(seen) / 2
    for one in seen:
        if one.own_bid is None or one.best_bid is None or one.mid_price is None:
            assert (one.distance_to_clob_bid_bps, one.within_2bps_bid) == (None, None)
        else:
            exact = (one.own_bid - one.best_bid) * 10_000 / one.mid_price
            assert one.distance_to_clob_bid_bps is not None
            assert abs(one.distance_to_clob_bid_bps - exact) <= D("0.00005")
            assert one.within_2bps_bid == (one.distance_to_clob_bid_bps >= -2)
    with sqlite3.connect(database) as connection:
        kept = connection.execute(
            "SELECT distance_to_clob_bid_bps, distance_to_clob_ask_bps, within_2bps_bid, within_2bps_ask"
            " FROM market_snapshots ORDER BY ledger_index"
        ).fetchall()
    connection.close()
    told = [
        (one.distance_to_clob_bid_bps, one.distance_to_clob_ask_bps, one.within_2bps_bid, one.within_2bps_ask)
        for one in seen
    ]
    assert [(_decimal(bid), _decimal(ask), _flag(near), _flag(far)) for bid, ask, near, far in kept] == told
    assert states(database, summary.session_id)["tick_distance_to_touch"].startswith('{"ledger_index"')
    course = course_of(journal_of(database, summary.session_id))
    assert course.flow.won_drops <= course.flow.xrp_drops


def test_tables_that_lose_the_capital_overlay_are_told(tmp_path: Path) -> None:
    """The audit's fault, brought about by hand: ERROR in the log, both invariants' numbers in ``engine_state``."""
    database = tmp_path / "neo.sqlite3"

    def lose(message: Message) -> None:
        if isinstance(message, LedgerObserved) and message.ledger_index == 20:
            with sqlite3.connect(database, timeout=5) as connection:
                connection.execute("DELETE FROM capital_events")
            connection.close()

    errors: list[str] = []
    sink = logger.add(lambda line: errors.append(str(line)), level="ERROR", format="{message} {extra}")
    try:
        summary = run(plan_for(database, duration_s=120), Watcher(lose))
    finally:
        logger.remove(sink)
    drift = json.loads(states(database, summary.session_id)["inventory_drift_at_shutdown"])
    assert (drift["xrp_drops"], drift["summary_xrp_drops"]) == (0, -100_000_000)
    assert drift["within_one_percent"] is False
    assert any("inventory_drift_at_shutdown" in error for error in errors)
    assert run_command_line(["report", "--db", str(database), "--csv"]) == 0
    (row,) = list_sessions(database)
    assert any("inventory_drift_at_shutdown" in warning for warning in row.warnings)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE fills SET xrp_drops = xrp_drops + 30000000", "fills, drops: "),
        ("UPDATE inventory_ledger SET new_balance = new_balance + 30000000 WHERE asset = 'XRP'", "do not give"),
        ("UPDATE inventory_ledger SET change = change + 30000000 WHERE asset = 'XRP'", "do not give"),
        ("UPDATE capital_events SET xrp_drops = xrp_drops + 30000000", "capital_events, drops: 130000000, "),
        ("UPDATE fees SET fee_drops = fee_drops + 30000000", "fees, drops: "),
        ("UPDATE capital_events SET rlusd = 'NaN'", "can't be added up"),
    ],
)
def test_a_falsified_row_is_told_at_the_end(tmp_path: Path, statement: str, told: str) -> None:
    """Whichever table is off by 30 XRP: not exact, not within 1 %, and summary and report say what differs."""
    database = tmp_path / "neo.sqlite3"

    def falsify(message: Message) -> None:
        if isinstance(message, HaltRaised):
            with sqlite3.connect(database, timeout=5) as connection:
                assert connection.execute(statement).rowcount
            connection.close()

    errors: list[str] = []
    sink = logger.add(lambda line: errors.append(str(line)), level="ERROR", format="{message} {extra}")
    try:
        summary = run(plan_for(database, duration_s=300), Watcher(falsify))
    finally:
        logger.remove(sink)
    assert not summary.inventory.exact
    assert any(told in difference for difference in summary.inventory.differences)
    assert "NOT EQUAL" in "\n".join(report_lines(summary, database, None))
    drift = json.loads(states(database, summary.session_id)["inventory_drift_at_shutdown"])
    assert drift["within_one_percent"] is False
    assert tuple(drift["differences"]) == summary.inventory.differences
    assert any("inventory_drift_at_shutdown" in error for error in errors)
    report = load(database, None)
    assert (report.exact, report.differences) == (False, summary.inventory.differences)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else D(text)


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)
