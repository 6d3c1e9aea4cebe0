"""Packed files are read as the standard library reads them, but for those that are made to be endless."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest

from actors.plumbing.unpacking import MEMBERS_MAX, Unpacked

LINES = b"".join(b"line %d %d\n" % (number, random.Random(number).randrange(10**9)) for number in range(20_000))


def unpacked(packed: bytes) -> bytes:
    return io.BufferedReader(Unpacked(io.BytesIO(packed))).read()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(LINES),
        gzip.compress(LINES[:1000]) + gzip.compress(b"") + gzip.compress(LINES[1000:]),
        gzip.compress(b""),
        b"",
    ],
    ids=["one member", "several members", "empty", "nothing at all"],
)
def test_what_was_packed_comes_out(packed: bytes) -> None:
    """In one member or several, an empty one among them."""
    assert unpacked(packed) == gzip.decompress(packed)


@pytest.mark.parametrize("cut_bytes", [1, 5, 9, 1000])
def test_a_file_cut_short_is_told(cut_bytes: int) -> None:
    """Even if only the checksum's last byte is missing."""
    with pytest.raises(EOFError):
        unpacked(gzip.compress(LINES)[:-cut_bytes])


@pytest.mark.parametrize(
    "packed",
    [b"plain text", gzip.compress(LINES)[:-8] + bytes(8), gzip.compress(LINES) + b"rest"],
    ids=["no gzip", "a wrong checksum", "something behind it"],
)
def test_a_damaged_file_is_told(packed: bytes) -> None:
    """No gzip, a wrong checksum, or something behind the end."""
    with pytest.raises(zlib.error):
        unpacked(packed)


def test_members_without_end_are_refused() -> None:
    """A small file can't keep a command busy for ever."""
    with pytest.raises(zlib.error, match="more than 1,000 members"):
        unpacked(gzip.compress(b"") * (MEMBERS_MAX + 1))


def test_no_more_is_unpacked_than_was_asked_for() -> None:
    """A line of a gigabyte in a megabyte stays packed."""
    assert len(Unpacked(io.BytesIO(gzip.compress(bytes(50_000_000)))).read(1000)) == 1000
