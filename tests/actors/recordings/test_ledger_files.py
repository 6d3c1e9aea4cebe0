"""Ledgers are found in files of any form, and come out sorted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.recorded_pair import lines_of
from support.recordings import ledgers_of, market_items

from actors.plumbing.files import FileRefusedError
from actors.recordings.ledger_files import LedgerHeap

ANSWERS = [{"result": {"ledger": line["ledger"], "validated": True}} for line in lines_of("plain", ledgers=6)[1:]]
LEDGERS = ledgers_of(market_items("plain", ledgers=6))


def lines(answers: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(each) for each in answers)


@pytest.mark.parametrize(
    "content",
    [
        lines(ANSWERS).encode(),
        lines(ANSWERS[::-1]).encode() + b"\n\n",
        json.dumps(ANSWERS).encode(),
        json.dumps(ANSWERS, indent=1).encode(),
        "\n".join(json.dumps(each, indent=2) for each in ANSWERS).encode(),
        b"\xef\xbb\xbf" + lines(ANSWERS).encode(),
        gzip.compress(lines(ANSWERS).encode()),
        gzip.compress(json.dumps(ANSWERS, indent=1).encode()),
        b"\n" + lines(ANSWERS).encode(),
    ],
    ids=["lines", "backwards", "a list", "laid out", "one by one", "with a mark", "packed", "packed list", "blank"],
)
def test_ledgers_of_any_form_come_out_in_order(tmp_path: Path, content: bytes) -> None:
    """All of them, as they are."""
    path = tmp_path / "a"
    path.write_bytes(content)
    with LedgerHeap() as heap:
        heap.add_file(path)
        assert list(heap.stretches()) == [(8, 13)]
        assert list(heap.ledgers(8, 13)) == LEDGERS
        assert heap.doubled == 0


def test_several_files_are_put_together_and_holes_are_seen(tmp_path: Path) -> None:
    """A ledger that is in two of them counts once."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(lines([ANSWERS[4], ANSWERS[0], ANSWERS[1]]))
    two.write_text(lines([ANSWERS[1], ANSWERS[5]]))
    with LedgerHeap() as heap:
        heap.add_file(one)
        heap.add_file(two)
        assert list(heap.stretches()) == [(8, 9), (12, 13)]
        assert (len(heap), heap.doubled) == (4, 1)


def test_a_ledger_that_two_files_tell_otherwise_is_refused(tmp_path: Path) -> None:
    """Both are named: they are of two networks."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(lines(ANSWERS[:1]))
    two.write_text(lines([{"ledger": {**ANSWERS[0]["result"]["ledger"], "ledger_hash": "0" * 64}}]))
    with LedgerHeap() as heap:
        heap.add_file(one)
        with pytest.raises(FileRefusedError, match=r"two: line 1: ledger 8 has another hash than in .*one, line 1"):
            heap.add_file(two)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"[]", "empty"),
        (b"a diary", "from line 1 on: no JSON"),
        (bytes(range(128, 256)), "no JSON: not even text"),
        (lines(ANSWERS[:2]).encode() + b"\n{", "line 3: no JSON"),
        (json.dumps(ANSWERS, indent=1).encode()[:-40], "from line 1 on: no JSON"),
        (json.dumps([ANSWERS[0], {"error": "noNetwork"}]).encode(), "answer 2: an answer that is an error"),
        (lines([ANSWERS[0], {}]).encode(), "line 2: no answer to `ledger`"),
        (gzip.compress(lines(ANSWERS).encode())[:-30], "cut off in the middle"),
        (gzip.compress(lines(ANSWERS).encode())[:-8] + bytes(8), "damaged"),
    ],
    ids=["empty", "blank", "no answers", "text", "bytes", "half a line", "half a list", "error", "none", "cut", "crc"],
)
def test_what_is_no_answer_is_told_by_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    """And what to ask a server for."""
    path = tmp_path / "a"
    path.write_bytes(content)
    with LedgerHeap() as heap, pytest.raises(FileRefusedError) as refused:
        heap.add_file(path)
    assert told in str(refused.value)
    assert str(refused.value).endswith(".")
