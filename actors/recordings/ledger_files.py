"""Ledgers in whatever files somebody kept a server's answers: found, and sorted without holding them all.

A file has one answer, a list of them, or one after the other, on a line each or over several; packed with gzip or not.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Self

from actors.plumbing.files import FileRefusedError, open_plain
from actors.plumbing.unpacking import Unpacked
from actors.recordings.recording_file import GZIP
from neo.replay.recorded import RecordedLedger
from neo.replay.recording_text import RecordingError, parse_line, read_line, write_line
from neo.replay.server_ledgers import read_server_ledger

_BLANK: Final = re.compile(r"\s*")

# An answer that is laid out over several lines has to be read whole, and with it its file. A ledger takes some 0.5 MB.
FILE_BYTES_MAX: Final = 512 * 1024 * 1024
LINE_BYTES_MAX: Final = 64 * 1024 * 1024

_MEND: Final = (
    "Give files with what a server answers to `ledger`, asked with transactions and expand set to true and binary to"
    " false."
)


class _Kept(NamedTuple):
    """Where a ledger lies in the heap, its hash, and where it came from."""

    offset: int
    size: int
    ledger_hash: str
    source: str


class LedgerHeap:
    """Ledgers in any order, kept in a file without a name; only their numbers are in memory.

    Attributes:
        doubled: How many were there more than once.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._kept: dict[int, _Kept] = {}
        self.doubled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._kept)

    def add_file(self, path: Path) -> None:
        """Put in every ledger of a file.

        Raises:
            FileRefusedError: It can't be read, has something else, or tells a ledger otherwise than another file; the
                place is named.
        """
        with open_plain(path, _MEND) as file:
            found = False
            for place, document in _documents(path, file):
                found = True
                try:
                    self._add(read_server_ledger(document), f"{path}, {place}")
                except RecordingError as error:
                    raise FileRefusedError(path, f"{place}: {error}", _MEND) from error
        if not found:
            raise FileRefusedError(path, "empty", _MEND)

    def _add(self, ledger: RecordedLedger, source: str) -> None:
        before = self._kept.get(ledger.ledger_index)
        if before is None:
            content = zlib.compress(write_line(ledger), 1)
            offset = self._file.seek(0, io.SEEK_END)
            self._file.write(content)
            self._kept[ledger.ledger_index] = _Kept(offset, len(content), ledger.ledger_hash, source)
        elif before.ledger_hash == ledger.ledger_hash:
            self.doubled += 1
        else:
            raise RecordingError(f"ledger {ledger.ledger_index} has another hash than in {before.source}")

    def stretches(self) -> Iterator[tuple[int, int]]:
        """First and last of each run of ledgers that follow on each other, in their order."""
        first = last = None
        for index in sorted(self._kept):
            if last is not None and first is not None and index != last + 1:
                yield first, last
                first = index
            first, last = index if first is None else first, index
        if first is not None and last is not None:
            yield first, last

    def ledgers(self, first: int, last: int) -> Iterator[RecordedLedger]:
        """The ledgers of a run, in their order."""
        for index in range(first, last + 1):
            kept = self._kept[index]
            self._file.seek(kept.offset)
            ledger = read_line(parse_line(zlib.decompress(self._file.read(kept.size))))
            assert isinstance(ledger, RecordedLedger), "nothing else was put in"
            yield ledger


def _documents(path: Path, file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """What a file has, each with where it stands: an object a line, as far as its lines are objects, or all of it.

    Raises:
        FileRefusedError: It is no JSON, damaged, or too large.
    """
    is_packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    stream: IO[bytes] = io.BufferedReader(Unpacked(file)) if is_packed else file
    try:
        line = stream.readline(LINE_BYTES_MAX).removeprefix(b"\xef\xbb\xbf")
        while line and not line.strip():
            line = stream.readline(LINE_BYTES_MAX)
        if _is_object(line):
            yield from _of_lines(line, stream)
            return
        content = line + stream.read(FILE_BYTES_MAX)
        if len(content) >= FILE_BYTES_MAX:
            raise FileRefusedError(path, f"more than the {FILE_BYTES_MAX:,} bytes that are read of one file", _MEND)
        yield from _of_text(content)
    except RecordingError as error:
        raise FileRefusedError(path, str(error), _MEND) from error
    except EOFError as error:
        raise FileRefusedError(path, "cut off in the middle", "Fetch it again.") from error
    except zlib.error as error:
        raise FileRefusedError(path, f"damaged ({error})", "Fetch it again.") from error
    except OSError as error:
        raise FileRefusedError(path, error.strerror or str(error), "Check its disk.") from error


def _is_object(line: bytes) -> bool:
    try:
        parse_line(line)
    except RecordingError:
        return False
    return True


def _of_lines(first: bytes, rest: IO[bytes]) -> Iterator[tuple[str, Any]]:
    yield "line 1", parse_line(first)
    number = 1
    while line := rest.readline(LINE_BYTES_MAX):
        number += 1
        if line.strip():
            try:
                yield f"line {number}", parse_line(line)
            except RecordingError as error:
                raise RecordingError(f"line {number}: {error}") from error


def _of_text(content: bytes) -> Iterator[tuple[str, Any]]:
    """One piece of JSON after another; of a list each of its parts."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise RecordingError("no JSON: not even text") from error
    decoder, number, place = json.JSONDecoder(), 0, _BLANK.match(text).end()  # type: ignore[union-attr]  # it always does
    while place < len(text):
        try:
            document, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, place) + 1
            raise RecordingError(f"from line {line} on: no JSON ({error})") from error
        place = _BLANK.match(text, place).end()  # type: ignore[union-attr]
        for each in document if isinstance(document, list) else [document]:
            number += 1
            yield f"answer {number}", each
