"""An exchange's price file as lines: plain, packed with gzip, or one of a ZIP archive, read as a stream."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from actors.plumbing.files import open_plain
from actors.plumbing.unpacking import Unpacked
from neo.market.bars import LINE_CHARS_MAX
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.console.file_kinds import GZIP, ZIP, other_kind

# The whole history of a market by the minute takes a fifth of it.
UNPACKED_CHARS_MAX: Final = 2**30

_START_BYTES: Final = 16
_MEMBERS_SHOWN: Final = 5
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
_SHEET: Final = "[Content_Types].xml"  # every spreadsheet of the ZIP kind has it


@contextlib.contextmanager
def price_lines(path: Path, member: str | None) -> Iterator[tuple[str, Iterator[str]]]:
    """A price file, open: its name for messages, and its lines, without their ends.

    Args:
        path: The file.
        member: Which file of a ZIP archive is meant; None if it has one only.

    Raises:
        OperatorError: It can't be read, is no text, or it is not clear which member is meant.
        FileRefusedError: It is no plain file.
    """
    name = printable(str(path))
    with open_plain(path) as file:
        start = file.read(_START_BYTES)
        file.seek(0)
        if start.startswith(ZIP):
            with _unzipped(file, name, member) as (inner, packed):
                yield inner, _lines(packed, inner)
            return
        if member is not None:
            raise OperatorError(f"--member {printable(member)}: {name} is no ZIP archive; leave that option out.", 2)
        if start.startswith(GZIP):
            yield name, _lines(io.BufferedReader(Unpacked(file)), name)
            return
        yield name, _lines(file, name)


@contextlib.contextmanager
def _unzipped(file: IO[bytes], name: str, member: str | None) -> Iterator[tuple[str, IO[bytes]]]:
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
            chosen = _chosen(archive, name, member)
            opened = stack.enter_context(archive.open(chosen))
        except _DAMAGED as error:
            raise _damaged(name, error) from None
        yield f"{name}, {printable(chosen)}", opened


def _chosen(archive: zipfile.ZipFile, name: str, member: str | None) -> str:
    """The name of the member that is meant.

    Raises:
        OperatorError: There is none, or it is not clear which.
    """
    names = [one for one in archive.namelist() if not one.endswith("/") and not one.startswith("__MACOSX/")]
    if _SHEET in names:
        raise OperatorError(f"{name}: is a spreadsheet; save the sheet as CSV.")
    if member in names:
        return member
    if member is None and len(names) == 1:
        return names[0]
    shown = ", ".join(printable(one) for one in names[:_MEMBERS_SHOWN])
    more = f" and {len(names) - _MEMBERS_SHOWN:,} more" if len(names) > _MEMBERS_SHOWN else ""
    if not names:
        raise OperatorError(f"{name}: the archive is empty; give one with a price file.")
    if member is None:
        raise OperatorError(f"{name}: has {len(names):,} files; name one with --member: {shown}{more}.")
    raise OperatorError(f"{name}: has no member {printable(member)}; name one of {shown}{more}.")


def _lines(packed: IO[bytes], name: str) -> Iterator[str]:
    """The lines of a stream of bytes, however they end.

    Raises:
        OperatorError: One is too long or no UTF-8, the stream is damaged, or it is no text at all.
    """
    chars = 0
    try:
        # What is no UTF-8 comes as halves of characters, so that it can be told by its line.
        text = io.TextIOWrapper(packed, encoding="utf-8-sig", errors="surrogateescape", newline=None)
        for number, line in enumerate(iter(lambda: text.readline(LINE_CHARS_MAX + 1), ""), 1):
            if number == 1:
                _refuse_other(line, name)
            if len(line) > LINE_CHARS_MAX:
                raise OperatorError(f"{name}, line {number}: is too long for a row; give rows of prices.")
            if not line.isascii() and any("\ud800" <= char <= "\udfff" for char in line):
                raise OperatorError(f"{name}, line {number}: is not UTF-8 text; save it as UTF-8.")
            chars += len(line)
            if chars > UNPACKED_CHARS_MAX:
                raise OperatorError(
                    f"{name}, line {number}: is beyond the {UNPACKED_CHARS_MAX:,} characters that are read; split it."
                )
            yield line.removesuffix("\n")
    except _DAMAGED as error:
        raise _damaged(name, error) from None


def _refuse_other(line: str, name: str) -> None:
    told = other_kind(line.encode("utf-8", "surrogateescape"))
    if told is not None:
        raise OperatorError(f"{name}: {told}.")


def _damaged(name: str, error: Exception) -> OperatorError:
    return OperatorError(f"{name}: can't be unpacked ({printable(str(error))}); download it again.")
