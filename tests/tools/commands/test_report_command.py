"""The summary's promises: the ending explained, the inventory exact beside the ledger's, nothing wrapped badly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from neo.analysis.summary import InventorySummary, SessionSummary
from neo.messages import Absence
from neo.messages.halts import HALT_FACTS, Halt, HaltReason
from tools.reporting.lines import ending_lines, report_lines

LOG = Path("neo.log")

SUMMARY = SessionSummary(
    session_id="20260121-1",
    halt_reason=HaltReason.DURATION_ELAPSED,
    halt_detail="",
    secondary_halts=(),
    rungs_failed=(),
    ticks=1800,
    ledgers=1801,
    fills=34,
    taker_fills=1,
    refused={},
    held_back={},
    anchor_pulls=0,
    refusals=2,
    bought_drops=123_456_789,
    sold_drops=100_000_000,
    restarts=0,
    journal_sha256="a" * 64,
    duration_s=7200.0,
    wall_s=8.4,
    inventory=InventorySummary(
        xrp_fills_drops=23_456_789,
        xrp_capital_drops=100_000_000,
        xrp_fees_drops=36_000,
        xrp_engine_drops=123_420_789,
        xrp_ledger_drops=123_420_789,
        rlusd_fills=Decimal("-45.12345678901234"),
        rlusd_capital=Decimal(200),
        rlusd_engine=Decimal("154.87654321098766"),
        rlusd_ledger=Decimal("154.87654321098766"),
        exact=True,
    ),
    mid_price=Decimal("1.9431"),
    equity_start_rlusd=Decimal("394.3"),
    equity_end_rlusd=Decimal("394.69527"),
    equity_change_rlusd=Decimal("0.39527"),
    orders_left=(),
    notices=(),
    telemetry_dropped=0,
    database="neo.sqlite3",
)


def text(summary: SessionSummary, width: int | None = None) -> str:
    """The report as one text."""
    return "\n".join(report_lines(summary, LOG, width))


def test_the_inventory_lines_are_exact_and_stand_beside_the_ledgers() -> None:
    """To the drop and the last digit: fills, capital, total, ledger."""
    lines = text(SUMMARY).splitlines()
    assert (
        "Inventory reconciliation: fills-only=23.456789, capital_overlay=100, engine_total=123.420789 XRP"
        " after fees=0.036; ledger=123.420789, exact"
    ) in lines
    assert (
        "Inventory reconciliation: fills-only=-45.12345678901234, capital_overlay=200,"
        " engine_total=154.87654321098766 RLUSD; ledger=154.87654321098766, exact"
    ) in lines


def test_an_inventory_that_is_not_the_ledgers_is_shouted() -> None:
    """For each asset, since one that is apart puts the other in doubt."""
    inventory = msgspec.structs.replace(SUMMARY.inventory, xrp_ledger_drops=1, exact=False)
    assert text(msgspec.structs.replace(SUMMARY, inventory=inventory)).count("NOT EQUAL") == 2


@pytest.mark.parametrize("reason", list(HaltReason))
def test_every_ending_is_told_with_its_meaning(reason: HaltReason) -> None:
    """The code for programs, the meaning for people."""
    [line] = ending_lines(msgspec.structs.replace(SUMMARY, halt_reason=reason), None)
    assert line.startswith(f"Session 20260121-1 ended: {reason} (")
    assert HALT_FACTS[reason].meaning.replace("`", "") in line


def test_what_went_wrong_on_the_way_down_is_told() -> None:
    """Further causes, rungs that failed, orders that may be left, notices."""
    summary = msgspec.structs.replace(
        SUMMARY,
        halt_detail="401.2 > 400",
        secondary_halts=(Halt(HaltReason.ACTOR_FAILURE, "poison", "supervisor"),),
        rungs_failed=("reconcile: 6 s were not enough",),
        orders_left=("t12-buy",),
        notices=("the recording ended; its minutes go on resampled",),
    )
    told = text(summary)
    assert "Detail      401.2 > 400" in told
    assert "Also        actor_failure from supervisor: poison" in told
    assert "NOT DONE    on the way down: reconcile: 6 s were not enough" in told
    assert "LEFT        may still be on the ledger: t12-buy" in told
    assert "Notice      the recording ended" in told


def test_no_line_is_broken_within_a_command() -> None:
    """It is going to be pasted."""
    command = "`neo db restore --db '/a b/neo.db' '/a b/neo.db.rescued-x'`"
    told = report_lines(msgspec.structs.replace(SUMMARY, notices=(f"all is in a copy. {command} does it.",)), LOG, 40)
    assert any(command in line for line in told)


def test_why_quotes_stayed_away_is_told_by_code() -> None:
    """The most frequent first; without any, no row."""
    told = text(
        msgspec.structs.replace(
            SUMMARY,
            refused={"reduce_only": 4},
            held_back={"not_viable": 13, "anchor_diverged": 130},
            anchor_pulls=23,
        )
    )
    assert "Refused     reduce_only 4 quotes\n" in told
    assert "Held back   anchor_diverged 130 ticks, not_viable 13 ticks, 23 pulls\n" in told
    assert "Held back" not in text(SUMMARY)


def test_quotes_that_were_missing_for_long_are_told_with_the_reasons() -> None:
    """A few ledgers at the start are not worth a notice."""
    absence = Absence(ledgers_without_quote=1_500, quote_reasons={"reserve": 1_400, "insufficient_rlusd": 99})
    told = text(msgspec.structs.replace(SUMMARY, absence=absence))
    assert "Notice      no quote rested on 1,500 of 1,801 ledgers: reserve 1,400, insufficient_rlusd 99\n" in told
    assert "Notice" not in text(msgspec.structs.replace(SUMMARY, absence=Absence(ledgers_without_quote=7)))


def test_figures_are_told_in_the_operators_words() -> None:
    """XRP, RLUSD and hours instead of drops and seconds."""
    told = text(SUMMARY)
    assert "2:00:00 of market in 8.4 s, 1,800 ticks, 1,801 ledgers, 0 actor restarts" in told
    assert "34 (1 as taker), bought 123.46 XRP, sold 100.00 XRP, 2 quotes refused by risk" in told
    assert "394.3000 RLUSD at the start, 394.6953 RLUSD at the end (mid 1.94310): +0.3953 RLUSD" in told


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_line_is_wider_than_the_terminal_except_those_that_are_copied(width: int) -> None:
    """A hash that is broken in two can't be copied."""
    lines = [*ending_lines(SUMMARY, width), *report_lines(SUMMARY, LOG, width)]
    copied = [line for line in lines if line.startswith("Journal")]
    assert len(copied) == 1
    assert max(len(line) for line in lines if line not in copied) <= width


def test_lines_break_between_their_parts() -> None:
    """A figure is never torn in two."""
    told = text(SUMMARY, 80)
    assert "Ran         2:00:00 of market in 8.4 s, 1,800 ticks, 1,801 ledgers,\n            0 actor restarts\n" in told
    assert f"Journal     {'a' * 64}\n" in told
