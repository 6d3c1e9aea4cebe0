"""A recording that is written survives a kill at any byte, and goes on where it was cut off.

Method: real ledgers are written; the file is cut off at every place in its last lines, read by this project's reader
and by the standard library's, and gone on with.
"""

from __future__ import annotations

import gzip
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from support.recordings import ledgers_of, live_items, packed, packed_lines, state_of

from actors.plumbing.files import FileRefusedError
from actors.recordings.recording_file import read_recording
from actors.recordings.recording_writer import writing
from neo.replay.recorded import RecordedState
from neo.replay.recording_text import RecordingCut, RecordingEnd, RecordingHead, RecordingItem, write_line

ITEMS = live_items(ledgers=6)
assert isinstance(ITEMS[0], RecordingHead)
HEAD, STATE, LEDGERS = ITEMS[0], state_of(ITEMS), ledgers_of(ITEMS)


def write(path: Path, items: Iterable[RecordingItem]) -> None:
    with writing(path, HEAD) as writer:
        for item in items:
            writer.write(item)


def read(path: Path) -> list[RecordingItem]:
    return [line.item for line in read_recording(path)]


def behind(number: int) -> RecordedState:
    """A snapshot behind one of the ledgers."""
    ledger = LEDGERS[number]
    return msgspec.structs.replace(STATE, ledger_index=ledger.ledger_index, ledger_hash=ledger.ledger_hash)


def killed(path: Path, items: Iterable[RecordingItem]) -> None:
    """Write, and be killed: nothing is closed."""
    context = writing(path, HEAD)
    writer = context.__enter__()
    for item in items:
        writer.write(item)
    content = path.read_bytes()
    context.__exit__(None, None, None)
    path.write_bytes(content)


def test_what_was_written_is_read_and_is_a_packed_file_to_any_tool(tmp_path: Path) -> None:
    """The head first; an end is the writer's caller's to tell."""
    path = tmp_path / "a.jsonl.gz"
    write(path, [STATE, *LEDGERS, RecordingEnd("Ctrl+C")])
    assert read(path) == [HEAD, STATE, *LEDGERS, RecordingEnd("Ctrl+C")]
    assert gzip.decompress(path.read_bytes()).count(b"\n") == 9


def test_every_ledger_can_be_read_as_soon_as_it_was_written(tmp_path: Path) -> None:
    """While the recorder runs, and so after a kill; the writer knows the size and where it stands."""
    path = tmp_path / "a"
    with writing(path, HEAD) as writer:
        assert read(path) == [HEAD, RecordingCut(None)]
        writer.write(STATE)
        for number, ledger in enumerate(LEDGERS, start=1):
            writer.write(ledger)
            assert read(path) == [HEAD, STATE, *LEDGERS[:number], RecordingCut(ledger.ledger_index)]
            assert writer.size_bytes == path.stat().st_size
            assert writer.ledgers == number


def test_a_kill_at_any_byte_loses_at_most_the_ledger_in_hand(tmp_path: Path) -> None:
    """And whoever goes on says so; what was there and what comes is read in order, by the standard library too."""
    path = tmp_path / "a"
    killed(path, [STATE, *LEDGERS[:2]])
    safe = path.stat().st_size
    killed_in_third = tmp_path / "b"
    killed(killed_in_third, [STATE, *LEDGERS[:3]])
    content = killed_in_third.read_bytes()
    for size in [*range(safe, len(content), 97), *range(len(content) - 12, len(content) + 1)]:
        path.write_bytes(content[:size])
        is_whole = size == len(content)
        known = LEDGERS[: 3 if is_whole else 2]
        # The last line may be whole although its mark of a flush is not.
        before = read(path)
        assert before[: len(known) + 2] == [HEAD, STATE, *known]
        write(path, [behind(4), LEDGERS[5], RecordingEnd("done")])
        last = known[-1].ledger_index
        assert read(path) == [HEAD, STATE, *known, RecordingCut(last), behind(4), LEDGERS[5], RecordingEnd("done")]
        assert gzip.decompress(path.read_bytes()).endswith(b'"done"}\n')


def test_a_recording_that_ended_properly_goes_on_without_a_cut(tmp_path: Path) -> None:
    """In a member of its own, as many times as one likes."""
    path = tmp_path / "a"
    write(path, [STATE, LEDGERS[0], RecordingEnd("one")])
    write(path, [LEDGERS[1], RecordingEnd("two")])
    write(path, [behind(3), LEDGERS[4], RecordingEnd("three")])
    ends = [RecordingEnd(word) for word in ("one", "two", "three")]
    told = [HEAD, STATE, LEDGERS[0], ends[0], LEDGERS[1], ends[1], behind(3), LEDGERS[4], ends[2]]
    assert read(path) == told


def test_who_goes_on_is_shown_what_is_there(tmp_path: Path) -> None:
    """To ask a server for what is missing since; half a line is not shown."""
    path, shown = tmp_path / "a", list[RecordingItem]()
    killed(path, [STATE, *LEDGERS[:3]])
    path.write_bytes(path.read_bytes()[:-7])
    with writing(path, HEAD, shown.append) as writer:
        assert shown == [HEAD, STATE, *LEDGERS[:2], RecordingCut(9)]
        assert writer.ledgers == 2


def test_a_recording_of_another_pair_or_network_is_refused_and_left_alone(tmp_path: Path) -> None:
    """With both named."""
    path = tmp_path / "a"
    write(path, [STATE, LEDGERS[0]])
    content = path.read_bytes()
    other = msgspec.structs.replace(HEAD, network_id=1)
    with (
        pytest.raises(FileRefusedError, match=r"of network 0, where .* of network 1 is to be recorded. Choose another"),
        writing(path, other),
    ):
        pass
    assert path.read_bytes() == content


@pytest.mark.parametrize("kind", ["text", "plain recording", "damaged", "market", "half a head"])
def test_what_is_no_packed_recording_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    """Nobody's file is written over."""
    path = tmp_path / "a"
    if kind == "text":
        path.write_text("a diary")
    elif kind == "plain recording":
        path.write_bytes(b"".join(write_line(item) for item in ITEMS))
    elif kind == "damaged":
        content = packed(path, ITEMS).read_bytes()
        path.write_bytes(content[:2000] + bytes(100) + content[2100:])
    elif kind == "market":
        packed_lines(path, [{"kind": "setup", "currency": "USD", "issuer": "r"}])
    else:
        path.write_bytes(packed(path, ITEMS).read_bytes()[:20])
    content = path.read_bytes()
    with pytest.raises(FileRefusedError), writing(path, HEAD):
        pass
    assert path.read_bytes() == content


def test_two_recorders_do_not_write_into_one_file(tmp_path: Path) -> None:
    """The second is told who has it."""
    path = tmp_path / "a"
    with (
        writing(path, HEAD),
        pytest.raises(FileRefusedError, match=f"process {os.getpid()} records into it"),
        writing(path, HEAD),
    ):
        pass
    write(path, [STATE])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_recording_is_its_owners_alone_and_no_link_is_followed(tmp_path: Path) -> None:
    """As all that NEO writes."""
    path = tmp_path / "a"
    write(path, [STATE])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(FileRefusedError, match="a symbolic link"), writing(link, HEAD):
        pass


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written before is good, and is read."""
    path = tmp_path / "a"

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(FileRefusedError, match="No space left on device"), writing(path, HEAD) as writer:  # noqa: PT012
        writer.write(STATE)
        monkeypatch.setattr(os, "write", full)
        writer.write(LEDGERS[0])
    monkeypatch.undo()
    assert read(path) == [HEAD, STATE, RecordingCut(7)]
