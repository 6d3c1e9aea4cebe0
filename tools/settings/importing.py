"""An exchange's price file made into a recording: read, checked as a session checks it, written whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

from actors.plumbing.files import FileRefusedError, replacing
from neo.market.bars import COLUMNS, MarketDataError, recording_lines
from neo.market.importer import Imported, Importer, ImportOptions
from neo.market.minutes import Minutes
from neo.market.plausible import Doubt, doubts_of
from neo.market.price_forms import separator_of
from neo.text.printable import printable
from tools.console.errors import EXIT_OUTPUT_LOST, OperatorError
from tools.console.targets import TargetKind, target_trouble
from tools.settings.price_files import price_lines
from tools.settings.profiles import MARKET_BYTES_MAX, implausible

# By so many lines it is told what stands between the columns.
_FIRST_LINES: Final = 12
_LINES_AT_ONCE: Final = 1000

_RECORDING: Final = TargetKind(
    "recording", "prices.csv", lambda head: head.lower().startswith(",".join(COLUMNS).encode())
)


def import_prices(
    path: Path, member: str | None, options: ImportOptions, *, implausible_allowed: bool
) -> tuple[str, Imported, tuple[Doubt, ...]]:
    """Read a price file.

    Args:
        path: The file.
        member: Which file of a ZIP archive is meant; None if it has one only.
        options: What is asked.
        implausible_allowed: Whether the operator said that prices are to be taken that can hardly have been.

    Returns:
        The file's name for messages, what was read, and what is implausible in it and was allowed.

    Raises:
        OperatorError: The file can't be read, a row is wrong or a price implausible (its line is told).
        FileRefusedError: It is no plain file.
    """
    with price_lines(path, member) as (name, lines):
        imported = _read(name, lines, options)
    doubts = doubts_of(imported.minutes, imported.lines)
    if doubts and not implausible_allowed:
        raise implausible(name, doubts, "take them here, and again to run or sweep")
    return name, imported, doubts


def _read(name: str, lines: Iterator[str], options: ImportOptions) -> Imported:
    first = list(islice(lines, _FIRST_LINES))
    rows = csv.reader(chain(first, lines), delimiter=separator_of(first))
    importer = Importer(name, options)
    try:
        for cells in rows:
            importer.take(rows.line_num, cells)
        return importer.finish()
    except MarketDataError as error:
        raise OperatorError(str(error)) from None
    except csv.Error as error:
        raise OperatorError(f"{name}, line {rows.line_num}: {error}; take out what is no row of prices.") from None


def require_free(path: Path, *, force: bool) -> None:
    """Refuse a place where no recording may be written.

    Args:
        path: Where to.
        force: Whether a recording that is there may be replaced.

    Raises:
        OperatorError: It is no name for one, or something is there that must stay.
    """
    trouble = target_trouble(path, _RECORDING, force=force)
    if trouble is not None:
        raise OperatorError(f"{printable(str(path))}: {trouble}.", 2)


def write_recording(path: Path, minutes: Minutes) -> None:
    """Write minutes as a file that a session reads, whole or not at all.

    Raises:
        OperatorError: It can't be written, or would be larger than what is read.
    """
    lines, size = recording_lines(minutes), 0
    try:
        with replacing(path) as file:
            while some := "".join(islice(lines, _LINES_AT_ONCE)):
                size += file.write(some.encode())
                if size > MARKET_BYTES_MAX:
                    raise OperatorError(
                        f"{printable(str(path))}: is more than the {MARKET_BYTES_MAX:,} bytes that are read of a"
                        " recording; take less with --from and --to."
                    )
    except FileRefusedError as error:
        raise OperatorError(str(error), EXIT_OUTPUT_LOST) from None
