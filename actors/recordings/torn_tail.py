"""The end of a packed recording as a killed recorder left it, mended: half a line is cut off, and its member closed.

The recorder makes whatever it has written readable after every line (a *sync flush*, whose packed bytes end with an
empty block). So the last such place behind a line's end is where the file is still whole.

Source: RFC 1951 (DEFLATE) and RFC 1952 (gzip).
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

_GZIP: Final = 16 + zlib.MAX_WBITS
# How a sync flush ends: the lengths of an empty block.
_FLUSHED: Final = b"\x00\x00\xff\xff"
# A last block with nothing in it.
_LAST_BLOCK: Final = b"\x03\x00"
_CHUNK_BYTES: Final = 1024 * 1024


class _Whole(NamedTuple):
    """A place up to which a file is whole, and what closes the member there: nothing if it is closed."""

    offset: int
    closing: bytes


class _Member:
    """A member being unpacked: its checksum, its size, and whether it stands at the end of a line."""

    def __init__(self) -> None:
        self.inflate = zlib.decompressobj(_GZIP)
        self._checksum = 0
        self._size = 0
        self.is_at_line_end = False

    def take(self, piece: bytes) -> bytes:
        """Unpack a piece; returns what lies behind the member's end."""
        while piece and not self.inflate.eof:
            content = self.inflate.decompress(piece, _CHUNK_BYTES)
            self._checksum = zlib.crc32(content, self._checksum)
            self._size += len(content)
            self.is_at_line_end = content.endswith(b"\n") if content else self.is_at_line_end
            piece = self.inflate.unconsumed_tail
        return self.inflate.unused_data

    def closing(self) -> bytes | None:
        """What closes the member here, if this is a place at which it can be closed."""
        closing = _LAST_BLOCK + struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF)
        probe = self.inflate.copy()
        try:
            content = probe.decompress(closing)
        except zlib.error:
            return None
        return closing if probe.eof and not content and not probe.unused_data else None


def mend_tail(descriptor: int) -> int:
    """Cut off what is half written at the end of a packed recording.

    Args:
        descriptor: The file's, open for reading and writing.

    Returns:
        How many bytes were cut off; 0 also if only the member's end was missing.

    Raises:
        zlib.error: The file is damaged before its end.
        OSError: What the system says.
    """
    size = os.fstat(descriptor).st_size
    with open(descriptor, "rb", closefd=False) as file:
        whole = _last_whole(file)
    if whole.offset < size:
        os.ftruncate(descriptor, whole.offset)
    if whole.closing:
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, whole.closing)
    os.fsync(descriptor)
    return size - whole.offset


def _last_whole(file: IO[bytes]) -> _Whole:
    """The last place up to which a file is whole."""
    whole = _Whole(0, b"")
    member = _Member()
    offset = 0
    for piece in _pieces(file):
        offset += len(piece)
        rest = member.take(piece)
        while member.inflate.eof:
            if member.is_at_line_end:
                whole = _Whole(offset - len(rest), b"")
            member = _Member()
            rest = member.take(rest)
        if member.is_at_line_end and piece.endswith(_FLUSHED):
            closing = member.closing()
            if closing is not None:
                whole = _Whole(offset, closing)
    return whole


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces, each up to a place where it may have been flushed."""
    waiting = b""
    while chunk := file.read(_CHUNK_BYTES):
        waiting += chunk
        *pieces, waiting = _after_each(waiting)
        yield from pieces
    if waiting:
        yield waiting


def _after_each(packed: bytes) -> list[bytes]:
    """Cut behind each mark of a flush."""
    parts = packed.split(_FLUSHED)
    return [*(part + _FLUSHED for part in parts[:-1]), parts[-1]]
