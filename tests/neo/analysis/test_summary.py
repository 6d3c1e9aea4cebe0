"""A session's summary: made from where it stood and why it ended, under its own names, and kept whole as JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support import invented

from neo.analysis import course_of, results_of
from neo.analysis.summary import SessionSummary, ending_fields, inventory_summary, standing_fields
from neo.messages import Absence, Standing
from neo.messages.halts import BrokenLimit, Halt, HaltReason

D = Decimal
STOOD = invented.standing()
RUN_OUT = Halt(HaltReason.DURATION_ELAPSED, "60 s", "session")

# What neither the standing nor the halt tells.
OF_THE_MACHINE: dict[str, Any] = {
    "session_id": "20260121-1",
    "secondary_halts": (),
    "rungs_failed": (),
    "restarts": 0,
    "journal_sha256": "a" * 64,
    "duration_s": 8.0,
    "wall_s": 0.1,
    "orders_left": (),
    "notices": (),
    "telemetry_dropped": 0,
    "database": "neo.sqlite3",
}


def summary_of(halt: Halt = RUN_OUT, stood: Standing = STOOD, **told: Any) -> SessionSummary:
    return SessionSummary(**OF_THE_MACHINE | ending_fields(halt) | standing_fields(stood) | told)


# --- From the standing -------------------------------------------------------------------------------------------


def test_standing_and_ending_tell_all_that_the_machine_does_not() -> None:
    """Each field of a summary has one source: none is left out, none is told by two."""
    parts = [OF_THE_MACHINE, ending_fields(RUN_OUT), standing_fields(STOOD), {"checkpoints_failed": 0, "results": None}]
    names = [name for part in parts for name in part]
    assert sorted(names) == sorted(SessionSummary.__struct_fields__)


def test_what_a_standing_and_a_summary_both_have_is_the_same() -> None:
    """A count that the session's end tells is the one that the summary prints, by the same name."""
    both = set(Standing.__struct_fields__) & set(SessionSummary.__struct_fields__)
    assert {"ticks", "fills", "refused", "held_back", "mid_price", "equity_change_rlusd", "absence"} < both
    stood = invented.standing(
        ticks=11, ledgers=12, fills=13, taker_fills=14, refusals=15, anchor_pulls=16, bought_drops=17, sold_drops=18,
        refused={"reserve": 19}, held_back={"paused": 20}, mid_price=D(21), equity_start_rlusd=D(22),
        equity_end_rlusd=D(23), equity_change_rlusd=D(24), absence=Absence(ledgers_without_bid=25),
    )  # fmt: skip
    summary = summary_of(stood=stood)
    assert {name: getattr(summary, name) for name in both} == {name: getattr(stood, name) for name in both}


def test_inventory_is_told_in_its_parts_beside_the_ledgers() -> None:
    """Fills + capital - fees is the engine's total: 1 + 100 - 0.00001 XRP, 200 - 2 RLUSD."""
    inventory = inventory_summary(STOOD)
    assert (inventory.xrp_fills_drops, inventory.xrp_capital_drops, inventory.xrp_fees_drops) == (
        1_000_000,
        100_000_000,
        10,
    )
    assert (inventory.xrp_engine_drops, inventory.xrp_ledger_drops) == (100_999_990, 100_999_990)
    assert (inventory.rlusd_fills, inventory.rlusd_capital) == (D(-2), D(200))
    assert (inventory.rlusd_engine, inventory.rlusd_ledger) == (D(198), D(198))
    assert inventory.exact


@pytest.mark.parametrize(
    ("apart", "differences", "exact"),
    [
        ({}, (), True),
        ({"xrp_ledger_drops": 100_999_991}, (), False),
        ({"rlusd_ledger": D("198.000000000000001")}, (), False),
        ({}, ("fills: 1 drop",), False),
        # Equal numbers are equal however many zeros they are written with.
        ({"rlusd_ledger": D("198.000")}, (), True),
    ],
)
def test_an_inventory_is_exact_if_engine_ledger_and_tables_agree(
    apart: dict[str, Any], differences: tuple[str, ...], *, exact: bool
) -> None:
    """To the drop, to the last digit, and with the tables: one that differs is no agreement."""
    inventory = standing_fields(invented.standing(**apart), differences)["inventory"]
    assert (inventory.exact, inventory.differences) == (exact, differences)


def test_an_old_ending_has_no_word_on_missing_quotes() -> None:
    """It was written before they were counted: not known, which is not none."""
    assert summary_of(stood=invented.standing(absence=None)).absence is None


# --- From the halt -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(HaltReason))
def test_the_cause_is_told_with_its_words(reason: HaltReason) -> None:
    """Whatever ended a session, its summary has the reason and the figures that were given for it."""
    summary = summary_of(Halt(reason, "115.20 > 100.0", "risk"))
    assert (summary.halt_reason, summary.halt_detail, summary.loss_limit) == (reason, "115.20 > 100.0", None)


def test_a_broken_loss_limit_is_told_with_its_numbers() -> None:
    """Not only in the words of the detail: a program reads how far beyond its limit a loss ended."""
    broken = BrokenLimit("risk.max_drawdown_rlusd", D(5), D("5.2"), D("0.2"))
    summary = summary_of(Halt(HaltReason.KILL_SWITCH, "5.20 > 5", "loss limit", broken))
    assert summary.loss_limit == broken
    assert json.loads(msgspec.json.encode(summary))["loss_limit"] == {
        "key": "risk.max_drawdown_rlusd",
        "limit_rlusd": "5",
        "lost_rlusd": "5.2",
        "overshoot_rlusd": "0.2",
    }


# --- As JSON -----------------------------------------------------------------------------------------------------


def test_a_summary_is_json_and_is_read_back_as_it_was() -> None:
    """What `neo run --json` prints, results and later causes included, loses nothing."""
    summary = summary_of(
        secondary_halts=(Halt(HaltReason.ACTOR_FAILURE, "poison", "supervisor"),),
        results=results_of(course_of(invented.small_session())),
        absence=Absence(ledgers_without_bid=2, bid_reasons={"reserve": 2}),
    )
    assert msgspec.json.decode(msgspec.json.encode(summary), type=SessionSummary) == summary


def test_money_in_the_json_has_all_its_digits() -> None:
    """As text, since a reader's float would round it; a reason is its own word."""
    told = json.loads(
        msgspec.json.encode(summary_of(stood=invented.standing(rlusd_engine=D("198.00000000000000000001"))))
    )
    assert told["inventory"]["rlusd_engine"] == "198.00000000000000000001"
    assert told["halt_reason"] == "duration_elapsed"
    assert (told["bought_drops"], told["equity_change_rlusd"]) == (1_000_000, "-0.00002")
