"""A recording as a session plays it: what is known of it before, and that it is read a ledger at a time."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import pytest
from support.recordings import ledgers_of, market_items, packed, spoilt, state_of
from support.replays import SHIPPED

from actors.plumbing.files import FileRefusedError
from actors.recordings.ledger_recording import opened, read_ledger_recording
from actors.recordings.recording_file import read_recording
from neo.replay.recording_text import MarketEnd, RecordingEnd, RecordingGap

ITEMS = market_items("plain", 6)
LEDGERS = ledgers_of(ITEMS)
HEAD = ITEMS[0]


def test_what_is_known_of_a_recording(tmp_path: Path) -> None:
    """Six ledgers, a second apart, from the close of the first one's parent on."""
    path = packed(tmp_path / "six.jsonl.gz", [*ITEMS, RecordingEnd("told to")])
    found = read_ledger_recording(path)
    assert (found.name, found.ledgers, found.lasts_s, found.gaps, found.missing) == ("six.jsonl.gz", 6, 6, 0, 0)
    assert found.last_index == LEDGERS[5].ledger_index
    assert found.warning is None
    assert len(found.sha256) == 64


def test_a_gap_is_counted_and_told(tmp_path: Path) -> None:
    """Two ledgers, a gap of one with a snapshot behind it (four seconds), three more; a later snapshot is no gap."""
    third = LEDGERS[2].ledger_index
    gap = RecordingGap(third, third, "no server had it")
    anew, later = (
        msgspec.structs.replace(state_of(ITEMS), ledger_index=each.ledger_index, ledger_hash=each.ledger_hash)
        for each in (LEDGERS[2], LEDGERS[4])
    )
    items = [HEAD, state_of(ITEMS), *LEDGERS[:2], gap, anew, *LEDGERS[3:5], later, LEDGERS[5]]
    found = read_ledger_recording(packed(tmp_path / "gap.jsonl.gz", items))
    assert (found.ledgers, found.gaps, found.missing, found.lasts_s) == (5, 1, 1, 9)
    assert found.warning == "gap.jsonl.gz: 1 ledger missing, in 1 gap; behind each the market begins anew"


def test_it_is_played_from_its_first_snapshot_on(tmp_path: Path) -> None:
    """In order, each ledger once, and again from the beginning for the next one who asks."""
    found = read_ledger_recording(packed(tmp_path / "six.jsonl.gz", ITEMS))
    for _ in range(2):
        state, items = opened(found)
        assert state == state_of(ITEMS)
        assert [item.ledger_index for item in items] == [ledger.ledger_index for ledger in LEDGERS]


def test_a_recording_without_ledgers_has_nothing_to_play(tmp_path: Path) -> None:
    """It has only begun."""
    path = packed(tmp_path / "begun.jsonl.gz", ITEMS[:2])
    with pytest.raises(FileRefusedError, match="has no ledger that follows on its first snapshot") as refused:
        read_ledger_recording(path)
    assert "neo record --out FILE" in refused.value.mend


def test_damage_anywhere_is_found_before_a_session_begins(tmp_path: Path) -> None:
    """A ledger that is there twice, at the end."""
    path = packed(tmp_path / "twice.jsonl.gz", [*ITEMS, LEDGERS[-1]])
    with pytest.raises(FileRefusedError, match=f"line 9: ledger {LEDGERS[-1].ledger_index} is there twice"):
        read_ledger_recording(path)


def test_metadata_of_another_shape_is_found_before_a_session_begins(tmp_path: Path) -> None:
    """A node without the key of its entry, in the fourth ledger."""
    place = next(at for at, ledger in enumerate(LEDGERS) if at >= 3 and ledger.transactions)
    items = [HEAD, state_of(ITEMS), *LEDGERS[:place], spoilt(LEDGERS[place])]
    path = packed(tmp_path / "spoilt.jsonl.gz", items)
    told = rf"line {place + 3}: ledger {LEDGERS[place].ledger_index} lacks the ledger's shape \(KeyError"
    with pytest.raises(FileRefusedError, match=told):
        read_ledger_recording(path)


def test_the_shipped_recording_is_the_market_that_the_conformance_tests_have() -> None:
    """450 ledgers of a stand-alone server: nothing of it was made up."""
    market = market_items("plain", 450)
    shipped = (line.item for line in read_recording(SHIPPED))
    for one, other in itertools.zip_longest(shipped, market):
        assert one == other or (isinstance(one, RecordingEnd) and isinstance(other, MarketEnd | None))
