"""What a tick costs against its budget, counted and not timed.

Run with ``uv run pytest -m bench -n 0 -s tests/bench/test_budget_bench.py``, as CI does: half a minute of one core. The
budget is ``tests/bench/budget.toml``; what is counted, and how a new one is written, ``support.work_counts`` says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.work_counts import (
    TOTAL,
    WRITE,
    Counts,
    budget_text,
    has_valgrind,
    instructions_per_tick,
    interpreter,
    overspent,
    part_of,
    python_version,
    read_budget,
    steps_per_tick,
)

import actors.gateway
import neo.desk.preflight
import neo.ledger.engine

BUDGET = read_budget().get(python_version())


def told(what: str, spent: Counts, budget: Counts) -> None:
    """The figures beside the budget's."""
    print()
    for part, cost in spent.items():
        print(f"{cost:12,.0f} {what} a tick (budget {budget.get(part, 0):12,.0f})  {part}")


@pytest.mark.bench
@pytest.mark.skipif(BUDGET is None, reason=f"no budget for Python {python_version()}: {WRITE}")
def test_no_part_executes_more_bytecodes_than_its_budget() -> None:
    """Each part of the engine, a tick."""
    assert BUDGET is not None
    spent = steps_per_tick()
    told("bytecodes", spent, BUDGET["steps"])
    over = overspent(BUDGET["steps"], spent)
    assert not over, "\n".join(over)


@pytest.mark.bench
@pytest.mark.skipif(not has_valgrind(), reason="instructions are counted by valgrind, which is not installed")
@pytest.mark.skipif(
    BUDGET is None or "instructions" not in BUDGET or BUDGET["interpreter"] != interpreter(),
    reason=f"no budget for {interpreter()}, and the same Python built otherwise takes other instructions: {WRITE}",
)
def test_a_session_executes_no_more_instructions_than_its_budget() -> None:
    """All of it, C code included, a tick."""
    assert BUDGET is not None
    spent = {TOTAL: instructions_per_tick()}
    budget = {TOTAL: float(BUDGET["instructions"])}
    told("instructions", spent, budget)
    over = overspent(budget, spent)
    assert not over, "\n".join(over)


def test_a_part_that_costs_more_is_named_with_both_figures_and_the_way_out() -> None:
    """A twentieth more passes, as does anything less; a part that no budget knows is told."""
    budget = {"desk": 1000.0, "crowd": 2000.0, "gone": 300.0}
    assert overspent(budget, {"desk": 1050.0, "crowd": 12.0}) == []
    over = overspent(budget, {"desk": 1051.0, "crowd": 2000.0, "new": 7.0})
    assert over[:2] == ["desk: 1,051 a tick, +5.1% of 1,000", "new: 7 a tick, and no budget"]
    assert WRITE in over[2]


def test_a_budget_is_read_as_it_was_written(tmp_path: Path) -> None:
    """One Python's beside another's, whose instructions nobody counted."""
    steps = {"crowd and ledger": 3, "preview": 2}
    counted = {"interpreter": "3.11.7 GCC", "instructions": 9, "cpu_us": 8, "peak_mb": 7, "steps": steps}
    budget = {"3.11": counted, "3.12": {"interpreter": "3.12.1 GCC", "cpu_us": 8, "peak_mb": 7, "steps": steps}}
    file = tmp_path / "budget.toml"
    file.write_text(budget_text(budget), encoding="utf-8")
    assert read_budget(file) == budget
    assert read_budget(tmp_path / "none.toml") == {}


def test_what_every_part_uses_belongs_to_whoever_calls_it() -> None:
    """A ledger's rules are the crowd's when it trades, and the preview's when it tries."""
    assert part_of(str(neo.ledger.engine.__file__)) is None
    assert part_of(str(neo.desk.preflight.__file__)) == "preview"
    assert part_of(str(actors.gateway.__file__)) == "gateway and desk"
    assert part_of(str(pytest.__file__)) is None


def test_the_budget_knows_every_part() -> None:
    """Of whichever Python: one that was left out could cost anything."""
    known = {
        "Trio and mailboxes", "crowd and ledger", "gateway and desk", "persistence and store", "preview",
        "report to our account", "session", "strategy and risk", "telemetry and analysis",
    }  # fmt: skip
    budget = read_budget()
    assert "3.11" in budget
    assert all(own["steps"].keys() == known for own in budget.values())
