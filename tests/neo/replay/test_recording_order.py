"""A recording's items follow on each other, or it is told where they don't."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from support.recordings import ledgers_of, live_items, state_of

from neo.replay.recorded import RecordedState
from neo.replay.recording_order import RecordingOrder
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingError, RecordingGap, RecordingItem

ITEMS = live_items(ledgers=5)
HEAD, STATE, LEDGERS = ITEMS[0], state_of(ITEMS), ledgers_of(ITEMS)


def after(items: Iterable[RecordingItem]) -> RecordingOrder:
    order = RecordingOrder()
    for item in items:
        order.take(item)
    return order


def snapshot(behind: int) -> RecordedState:
    """The state behind one of the ledgers."""
    ledger = LEDGERS[behind]
    return msgspec.structs.replace(STATE, ledger_index=ledger.ledger_index, ledger_hash=ledger.ledger_hash)


@pytest.mark.parametrize(
    "items",
    [
        ITEMS,
        [HEAD, STATE, LEDGERS[0], snapshot(0), LEDGERS[1], RecordingEnd("")],
        [HEAD, STATE, LEDGERS[0], RecordingGap(9, 10, ""), snapshot(2), LEDGERS[3]],
        [HEAD, STATE, *LEDGERS[:3], RecordingGap(9, 10, ""), snapshot(2), LEDGERS[3]],
        [HEAD, STATE, LEDGERS[0], RecordingCut(8), snapshot(2), LEDGERS[3]],
        [HEAD, STATE, LEDGERS[0], RecordingEnd(""), snapshot(2), LEDGERS[3]],
        [HEAD, STATE, LEDGERS[0], RecordingCut(8), LEDGERS[1]],
        [HEAD, STATE, LEDGERS[0], RecordingEnd(""), RecordingGap(9, 9, ""), snapshot(1)],
        [HEAD, RecordingEnd("")],
    ],
    ids=[
        "plain",
        "snapshots",
        "a gap",
        "a doubted ledger",
        "cut",
        "gone on",
        "cut and filled",
        "gone on with a gap",
        "nothing came",
    ],
)
def test_what_a_recorder_writes_follows(items: list[RecordingItem]) -> None:
    """A snapshot may stand further on where a gap, a cut or an end is told before it, and nowhere else."""
    after(items)


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([STATE], "nothing says what is recorded"),
        ([HEAD, STATE, HEAD], "another recording begins"),
        ([HEAD, LEDGERS[0]], "ledger 8 comes before any snapshot"),
        ([HEAD, STATE, LEDGERS[0], LEDGERS[0]], "ledger 8 is there twice"),
        ([HEAD, STATE, LEDGERS[0], LEDGERS[1], LEDGERS[0]], "ledger 8 comes behind ledger 9"),
        ([HEAD, STATE, LEDGERS[1], LEDGERS[0]], "ledger 8 is missing, and no gap is told"),
        ([HEAD, STATE, LEDGERS[0], LEDGERS[3]], "ledgers 9 to 10 are missing, and no gap is told"),
        ([HEAD, STATE, LEDGERS[0], snapshot(2)], "ledgers 9 to 10 are missing"),
        ([HEAD, STATE, LEDGERS[0], RecordingGap(9, 10, ""), LEDGERS[3]], "ledgers 9 to 10 are missing"),
        ([HEAD, STATE, *LEDGERS[:3], snapshot(0)], "the snapshot of ledger 8 comes behind ledger 10"),
        ([HEAD, STATE, *LEDGERS[:3], RecordingGap(8, 9, "")], "a gap from ledger 8 to 9, which can't be there"),
        ([HEAD, STATE, LEDGERS[0], RecordingGap(10, 9, "")], "a gap from ledger 10 to 9"),
        (
            [HEAD, STATE, LEDGERS[0], msgspec.structs.replace(snapshot(0), ledger_hash="0" * 64)],
            "of another ledger with that index",
        ),
        (
            [HEAD, STATE, LEDGERS[0], msgspec.structs.replace(LEDGERS[1], parent_hash="0" * 64)],
            "ledger 9 does not follow on ledger 8: it names another parent",
        ),
        (
            [HEAD, STATE, LEDGERS[0], msgspec.structs.replace(LEDGERS[1], parent_close_time_s=1)],
            "another close time of ledger 8",
        ),
        ([HEAD, STATE, msgspec.structs.replace(LEDGERS[0], close_time_s=1)], "ledger 8 closes before its parent"),
    ],
)
def test_what_does_not_follow_is_told_by_its_ledger(items: list[RecordingItem], told: str) -> None:
    """Reordered, doubled, foreign, or with something taken out."""
    with pytest.raises(RecordingError, match=told):
        after(items)


def test_where_it_stands_is_known() -> None:
    """At a snapshot's ledger, then at each ledger; and whether it is over."""
    assert after([HEAD]).last_index is None
    assert after([HEAD, STATE]).last_index == 7
    assert after([HEAD, STATE, LEDGERS[0]]).last_index == 8
    assert not after([HEAD, STATE, LEDGERS[0]]).is_over
    assert after([HEAD, STATE, RecordingEnd("")]).is_over
    assert not after([HEAD, STATE, RecordingEnd(""), RecordingCut(7)]).is_over
