"""The halt drills: for every halt reason its cause in a whole session, and the ending that must come of it.

What a drill must show is ``DrillOutcome.faults``: reason, detail, session row, no offer of ours on the ledger that
isn't named, an empty write-ahead log. The same drills are what ``neo drill`` rehearses.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.last_row import untruths

from neo.messages.halts import HALT_FACTS, HaltReason
from tools.proofs.drills import DRILLS, Drill, find_drill, rehearse


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_the_ending_is_explained(drill: Drill, tmp_path: Path) -> None:
    """Whatever ends a session, it ends as the drill says, and leaves nothing unsaid."""
    outcome = rehearse(drill, tmp_path)
    assert outcome.faults(drill) == []
    is_own = drill.reason is not HaltReason.PROCESS_LOST
    assert untruths(tmp_path / "drill.sqlite3", outcome.row, outcome.summary if is_own else None) == []


def test_every_halt_reason_has_its_drill() -> None:
    """The list of drills covers the list of reasons, each under the reason's own name."""
    assert {drill.reason for drill in DRILLS} == set(HaltReason)
    assert all(find_drill(reason.value) is not None for reason in HaltReason if reason is not HaltReason.PROCESS_LOST)


def test_no_drill_but_the_one_made_for_it_ends_unexpectedly() -> None:
    """``unexpected_halt`` is reachable only by breaking the engine on purpose."""
    assert [drill.name for drill in DRILLS if drill.reason is HaltReason.UNEXPECTED_HALT] == ["unexpected_halt"]


def test_a_fault_that_is_not_as_promised_is_told(tmp_path: Path) -> None:
    """The check can fail: held against another drill's promise, an ending is found wanting."""
    normal, kill = find_drill("duration_elapsed"), find_drill("kill_switch")
    assert normal is not None
    assert kill is not None
    assert len(rehearse(normal, tmp_path).faults(kill)) >= 3


def test_exit_codes_tell_the_class_of_the_ending() -> None:
    """Only a session that ran its duration leaves 0; no two reasons share a code."""
    codes = [facts.exit_code for facts in HALT_FACTS.values()]
    assert HALT_FACTS[HaltReason.DURATION_ELAPSED].exit_code == 0
    assert len(set(codes)) == len(codes)
