"""Packed files that were cut off are closed at the last whole line, and whole ones are left as they are."""

from __future__ import annotations

import gzip
import os
import random
import zlib
from pathlib import Path

import pytest

from actors.recordings.torn_tail import mend_tail

LINES = [b"line %d %d\n" % (number, random.Random(number).randrange(10**30)) for number in range(300)]
# Lines in which the mark of a flush stands among the packed bytes: bytes that can't be packed are kept as they are.
MARKED = [random.Random(number).randbytes(50) + b"\x00\x00\xff\xff" * 3 + b"\n" for number in range(20)]


def flushed(lines: list[bytes], *, closed: bool = False) -> bytes:
    """Packed, and flushed behind each line."""
    pack = zlib.compressobj(wbits=31)
    content = b"".join(pack.compress(line) + pack.flush(zlib.Z_SYNC_FLUSH) for line in lines)
    return content + pack.flush() if closed else content


def mended(path: Path, content: bytes) -> tuple[int, bytes]:
    """How many bytes are cut off, and what the file then holds."""
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR)
    try:
        cut = mend_tail(descriptor)
    finally:
        os.close(descriptor)
    return cut, gzip.decompress(path.read_bytes())


@pytest.mark.parametrize("lines", [LINES, MARKED], ids=["text", "marks within"])
def test_what_is_whole_stays_and_what_is_not_goes(tmp_path: Path, lines: list[bytes]) -> None:
    """At every byte within the last two lines."""
    start, size = len(flushed(lines[:-2])), len(flushed(lines))
    content, one_less = flushed(lines), len(flushed(lines[:-1]))
    for cut in range(start, size + 1):
        kept = len(lines) - (0 if cut == size else 1 if cut >= one_less else 2)
        gone, text = mended(tmp_path / "a", content[:cut])
        assert text == b"".join(lines[:kept])
        assert gone == cut - len(flushed(lines[:kept]))


def test_a_closed_file_is_left_as_it_is(tmp_path: Path) -> None:
    """Of one member or of several."""
    content = flushed(LINES, closed=True) + gzip.compress(b"".join(LINES))
    assert mended(tmp_path / "a", content) == (0, b"".join(LINES) * 2)
    assert (tmp_path / "a").read_bytes() == content


@pytest.mark.parametrize("cut_bytes", [1, 7, 8, 9])
def test_a_member_whose_end_alone_is_missing_is_closed(tmp_path: Path, cut_bytes: int) -> None:
    """A recorder killed while it was ending."""
    content = flushed(LINES, closed=True)[:-cut_bytes]
    assert mended(tmp_path / "a", content)[1] == b"".join(LINES)


@pytest.mark.parametrize("size", [0, 1, 5, 10, 30])
def test_a_member_that_has_just_begun_goes(tmp_path: Path, size: int) -> None:
    """The ones before it stay."""
    content = flushed(LINES, closed=True)
    assert mended(tmp_path / "a", content + flushed(LINES)[:size]) == (size, b"".join(LINES))


def test_a_file_that_was_packed_in_one_go_and_cut_keeps_nothing_of_that_member(tmp_path: Path) -> None:
    """No place in it is known to be whole."""
    content = flushed(LINES, closed=True)
    rest = gzip.compress(b"".join(LINES))[:-9]
    assert mended(tmp_path / "a", content + rest) == (len(rest), b"".join(LINES))


def test_a_flush_within_a_line_is_no_place_to_go_on_from(tmp_path: Path) -> None:
    """Another tool's file may have been flushed anywhere."""
    pack = zlib.compressobj(wbits=31)
    content = pack.compress(LINES[0]) + pack.flush(zlib.Z_SYNC_FLUSH)
    half = pack.compress(LINES[1][:9]) + pack.flush(zlib.Z_SYNC_FLUSH)
    assert mended(tmp_path / "a", content + half) == (len(half), LINES[0])


def test_bytes_that_only_look_like_a_flush_are_none(tmp_path: Path) -> None:
    """Here they are lengths of codes, in the head of a block that was cut off before any of its content."""
    head = bytes.fromhex("04e0010000ffff")
    assert mended(tmp_path / "a", flushed(LINES) + head) == (len(head), b"".join(LINES))


def test_damage_before_the_end_is_not_mended(tmp_path: Path) -> None:
    """Nothing is cut off where it isn't clear what is whole."""
    content = flushed(LINES)
    spoilt = content[:3000] + bytes(50) + content[3050:]
    with pytest.raises(zlib.error):
        mended(tmp_path / "a", spoilt)
    assert (tmp_path / "a").read_bytes() == spoilt
