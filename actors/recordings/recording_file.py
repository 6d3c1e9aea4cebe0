"""Recordings read from files, a line at a time: NEO's own, and markets that somebody else recorded.

A file is taken for what it is, not for what it is called: packed with gzip or plain. One that was cut off in the middle
of a line, as a killed recorder leaves it, is read up to that line, and says so (:class:`RecordingCut`).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from actors.plumbing.files import FileRefusedError, open_plain
from actors.plumbing.unpacking import Unpacked
from neo.replay.market_lines import MarketLines, is_setup
from neo.replay.recording_order import RecordingOrder
from neo.replay.recording_text import (
    RecordingCut,
    RecordingError,
    RecordingHead,
    RecordingItem,
    parse_line,
    read_line,
)

# The largest line there is: a snapshot of a book of ten thousand offers takes some 4 MB.
LINE_BYTES_MAX: Final = 32 * 1024 * 1024

GZIP: Final = b"\x1f\x8b"

_NAME_ONE: Final = (
    "Name a recording; `neo record --out FILE` makes one, and `neo record convert` makes one of a server's ledgers."
)
_FETCH: Final = "Fetch or copy the file again; what stands before that line is good."
# How files begin that are often taken for one, and what they are.
_OTHERS: Final = (
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"BZh", "packed with bzip2"),
    (b"PK\x03\x04", "a zip archive"),
    (b"SQLite format 3", "a database"),
)
_HEAD_BYTES: Final = 16


class RecordingLine(NamedTuple):
    """What one line says; a line may say two things."""

    number: int
    item: RecordingItem


def read_recording(path: Path) -> Iterator[RecordingLine]:
    """All that a recording tells, in its order: first its head, last how it ended.

    One line is in memory at a time. The last item is a :class:`RecordingEnd`, a :class:`MarketEnd`, or a
    :class:`RecordingCut` if there is no end.

    Raises:
        FileRefusedError: It can't be read, or is no recording from some line on; the line is named.
    """
    with open_plain(path, _NAME_ONE) as file:
        lines = enumerate(_lines(path, file), start=1)
        order = RecordingOrder()
        number = 0
        for number, item in _items(path, lines):
            try:
                order.take(item)
            except RecordingError as error:
                raise _refusal(path, number, error) from error
            yield RecordingLine(number, item)
        if number == 0:
            what = "has not one whole line" if file.seek(0, io.SEEK_END) else "empty"
            raise FileRefusedError(path, what, _NAME_ONE)
        if not order.is_over:
            yield RecordingLine(number, RecordingCut(order.last_index))


def head_of(path: Path) -> RecordingHead:
    """What a recording's first line says.

    Raises:
        FileRefusedError: It is none.
    """
    item = next(read_recording(path)).item
    assert isinstance(item, RecordingHead), "the order of a recording was looked at"
    return item


def _items(path: Path, lines: Iterable[tuple[int, bytes]]) -> Iterator[RecordingLine]:
    feed: Callable[[dict[str, Any]], Iterable[RecordingItem]] | None = None
    for number, line in lines:
        if not line.strip():
            continue
        try:
            record = parse_line(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            if feed is None and is_setup(record):
                market = MarketLines(record)
                feed = market.feed
                yield RecordingLine(number, market.head)
                continue
            feed = feed or _read_own
            for item in feed(record):
                yield RecordingLine(number, item)
        except RecordingError as error:
            raise _refusal(path, number, error) from error


def _read_own(record: dict[str, Any]) -> Iterable[RecordingItem]:
    return (read_line(record),)


def _refusal(path: Path, number: int, error: RecordingError) -> FileRefusedError:
    return FileRefusedError(path, f"line {number}: {error}", _NAME_ONE if number == 1 else _FETCH)


def _lines(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """The whole lines of a file, unpacked if need be; what has no end of line is left out, as it was cut off.

    Raises:
        FileRefusedError: It is packed in another way, damaged, or has a line that is too long.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise FileRefusedError(path, f"{what}, which is not read here", _NAME_ONE)
    is_packed = head.startswith(GZIP)
    stream = io.BufferedReader(Unpacked(file)) if is_packed else file
    number = 1
    try:
        while line := stream.readline(LINE_BYTES_MAX + 1):
            if len(line) > LINE_BYTES_MAX:
                what = f"line {number}: longer than the {LINE_BYTES_MAX:,} bytes that a line may have"
                raise FileRefusedError(path, what, _NAME_ONE)
            if not line.endswith(b"\n"):
                return
            yield line
            number += 1
    except EOFError:
        return
    except zlib.error as error:
        raise FileRefusedError(path, f"line {number}: damaged ({error})", _FETCH) from error
    except OSError as error:
        raise FileRefusedError(path, error.strerror or str(error), "Check its disk.") from error
