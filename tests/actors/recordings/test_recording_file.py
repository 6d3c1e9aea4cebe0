"""Files read as recordings, or refused in one sentence with the line and what mends it.

Method: a real market's ledgers in files that are whole, cut off, mixed up, packed wrongly or something else.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.recorded_pair import FILES, lines_of
from support.recordings import ledgers_of, live_items, market_items, packed, packed_lines

from actors.plumbing.files import FileRefusedError
from actors.recordings import recording_file
from actors.recordings.recording_file import RecordingLine, head_of, read_recording
from neo.replay.recording_text import (
    MarketEnd,
    RecordingCut,
    RecordingEnd,
    RecordingGap,
    RecordingItem,
    write_line,
)

ITEMS = live_items(ledgers=3)


def read(path: Path) -> list[RecordingItem]:
    return [line.item for line in read_recording(path)]


def refusal(path: Path) -> str:
    with pytest.raises(FileRefusedError) as refused:
        read(path)
    return str(refused.value)


def test_a_recording_is_read_with_the_line_of_each_item(tmp_path: Path) -> None:
    """Packed or plain, whatever it is called; an empty line is passed over."""
    items = [*ITEMS, RecordingEnd("Ctrl+C")]
    path = packed(tmp_path / "a.txt", items)
    assert list(read_recording(path)) == [RecordingLine(number, item) for number, item in enumerate(items, start=1)]
    plain = tmp_path / "b.gz"
    plain.write_bytes(b"\n".join(write_line(item) for item in items))
    assert read(plain) == items
    assert head_of(plain) == ITEMS[0]


@pytest.mark.parametrize("name", ["older", "plain", "mixed"])
def test_recorded_markets_are_read_as_recordings(name: str) -> None:
    """Head, state, every ledger of the file, and its end."""
    lines = lines_of(name)
    items = read(FILES[name])
    assert [each.ledger_index for each in ledgers_of(items)] == [
        int(line["ledger"]["ledger_index"]) for line in lines if line["kind"] == "ledger"
    ]
    assert items[:5] == market_items(name, ledgers=3)
    assert items[-1] == MarketEnd(lines[0], lines[-1]["state"])


@pytest.mark.parametrize("name", ["plain", "packed"])
def test_a_recording_without_an_end_says_that_it_was_cut(tmp_path: Path, name: str) -> None:
    """Behind a whole line, as a killed recorder leaves it."""
    path = tmp_path / name
    if name == "packed":
        packed(path, ITEMS)
    else:
        path.write_bytes(b"".join(write_line(item) for item in ITEMS))
    assert read(path) == [*ITEMS, RecordingCut(10)]


def test_half_a_line_at_the_end_is_left_out(tmp_path: Path) -> None:
    """In a plain file and in a packed one, at whatever byte it was cut off: what is read is what is whole."""
    text = b"".join(write_line(item) for item in ITEMS)
    path = tmp_path / "a"
    for cut_bytes in (1, 100, len(write_line(ITEMS[-1])) - 1):
        path.write_bytes(text[:-cut_bytes])
        assert read(path) == [*ITEMS[:-1], RecordingCut(9)]
    whole = packed(path, ITEMS).read_bytes()
    for size in random.Random(7).sample(range(len(whole) // 2, len(whole)), 20):
        path.write_bytes(whole[:size])
        *items, cut = read(path)
        assert items == ITEMS[: len(items)]
        assert cut == RecordingCut(None if len(items) == 1 else 5 + len(items))


def test_one_line_at_a_time_is_in_memory(tmp_path: Path) -> None:
    """A reader that stops early has not read the rest, be it damaged."""
    path = packed(tmp_path / "a", ITEMS)
    path.write_bytes(path.read_bytes() + b"rubbish")
    lines = read_recording(path)
    assert next(lines).item == ITEMS[0]
    with pytest.raises(FileRefusedError, match="line 6: damaged"):
        list(lines)


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """A day of ledgers is never held at once: here 4 MB are gone through in less than 1."""
    path, items = tmp_path / "a", [*ITEMS[:2]]
    last = ledgers_of(ITEMS)[0]
    for number in range(300):
        items.append(last)
        last = msgspec.structs.replace(
            last,
            ledger_index=last.ledger_index + 1,
            ledger_hash=f"{number:064X}",
            parent_hash=last.ledger_hash,
            parent_close_time_s=last.close_time_s,
        )
    assert sum(len(write_line(item)) for item in items) > 4_000_000
    packed(path, items)
    del items
    tracemalloc.start()
    try:
        ledgers = sum(1 for _ in read_recording(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ledgers == 303
    assert peak < 1_000_000


def lines_with(place: int, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """A market's lines with others in place of one."""
    lines = lines_of("plain", ledgers=3)
    lines[place : place + 1] = records
    return lines


@pytest.mark.parametrize(
    ("place", "made", "told"),
    [
        (2, lambda line: [line, line], "line 4: ledger 9 is there twice"),
        (2, lambda _: [], "line 3: ledger 9 is missing, and no gap is told"),
        (2, lambda _: [{"kind": "ledger"}], "line 3: no line of a market"),
        (2, lambda line: [{**line, "ledger": {**line["ledger"], "parent_hash": "0" * 64}}], "names another parent"),
        (1, lambda _: lines_of("older", ledgers=1)[1:], "line 3: ledger 9 does not follow on ledger 8"),
        (0, lambda line: [line, line], "line 2: no line of a market"),
        (0, lambda _: [], "line 1: a line|line 1: Object missing"),
    ],
    ids=["doubled", "taken out", "spoilt", "another parent", "foreign", "two setups", "no setup"],
)
def test_a_file_that_does_not_fit_together_is_refused_by_its_line(
    tmp_path: Path, place: int, made: Any, told: str
) -> None:
    """With what is wrong there, and that the lines before are good."""
    path = packed_lines(tmp_path / "a", lines_with(place, *made(lines_of("plain", ledgers=3)[place])))
    with pytest.raises(FileRefusedError, match=told):
        read(path)


def test_ledgers_in_another_order_are_refused(tmp_path: Path) -> None:
    """The line of the first that is out of order is named."""
    head, state, one, two, three = ITEMS
    assert "line 4: ledger 9 is missing, and no gap is told" in refusal(
        packed(tmp_path / "a", [head, state, one, three, two])
    )
    # Not even a gap that is told makes it right.
    told = refusal(packed(tmp_path / "a", [head, state, one, RecordingGap(9, 9, ""), three]))
    assert "line 5: ledger 9 is missing" in told


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(64) + content[middle + 64 :]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (gzip.compress(b"".join(write_line(item) for item in ITEMS))[:30], "has not one whole line"),
        (b"date,open,close\n1,2,3\n", "line 1: no JSON"),
        (b'{"result": {"ledger": {}}}\n', "line 1: no line of a recording: it does not say of which kind it is"),
        (bytes(range(256)) * 40 + b"\n", "line 1: no JSON"),
        (bz2.compress(b"x"), "packed with bzip2, which is not read here"),
        (lzma.compress(b"x"), "packed with xz, which is not read here"),
        (b"\x28\xb5\x2f\xfd1234", "packed with zstd, which is not read here"),
        (b"SQLite format 3\x00", "a database, which is not read here"),
        (damaged(gzip.compress(b"".join(write_line(item) for item in ITEMS))), "line 3: "),
        (gzip.compress(b"[" * 100_000 + b"\n"), "line 1: JSON nested too deep"),
    ],
    ids=["empty", "cut in its head", "a table", "an answer", "bytes", "bz2", "xz", "zstd", "db", "damaged", "nested"],
)
def test_what_is_no_recording_is_told_with_a_mend(tmp_path: Path, content: bytes, told: str) -> None:
    """By what it is, where that shows, with the line; one sentence and what to do."""
    path = tmp_path / "a"
    path.write_bytes(content)
    refused = refusal(path)
    assert told in refused
    assert refused.endswith(".")
    assert "\n" not in refused


def test_an_archive_and_a_folder_are_told(tmp_path: Path) -> None:
    """Neither is looked into."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    assert "a zip archive" in refusal(path)
    assert "a folder" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "nothing")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file may unpack to any size."""
    monkeypatch.setattr(recording_file, "LINE_BYTES_MAX", 10_000)
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b" " * 50_000_000))
    assert "line 1: longer than the 10,000 bytes that a line may have" in refusal(path)
