"""Tables that fit a terminal without cutting a figure: first they leave columns out, then they turn on their side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

# What rich puts between two columns, and at both edges together.
_GAP = 3
_EDGES = 2


class Column(msgspec.Struct, frozen=True):
    """A column of a table that fits.

    Args:
        name: Its head.
        right: Whether it is set flush right, as figures are.
        spare: Left out where there is no room, the highest number first; 0 always stays.
        wrap: Its cells may be broken at so many characters, and no fewer; 0 keeps them whole.
    """

    name: str
    right: bool = True
    spare: int = 0
    wrap: int = 0


class Fitting:
    """A table whose columns are chosen when it is printed, for the width that it is printed at.

    Args:
        columns: All it may have.
        rows: Their cells.
        turns: Whether it turns on its side if what always stays is too wide, a row of it becoming a column.
    """

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, turns: bool = False) -> None:
        self._columns = columns
        self._rows = rows
        self._turns = turns

    @property
    def width(self) -> int:
        """What the whole table takes."""
        return _width(self._columns, self._rows)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        columns, rows, room = list(self._columns), [list(row) for row in self._rows], options.max_width
        while _width(columns, rows) > room and any(column.spare for column in columns):
            least = max(range(len(columns)), key=lambda index: columns[index].spare)
            del columns[least]
            for row in rows:
                del row[least]
        if self._turns and _width(columns, rows) > room:
            columns, rows = _turned(columns, rows)
        yield _table(columns, rows)


def _turned(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[list[Column], list[list[str]]]:
    heads = [column.name for column in columns]
    first, *others = zip(heads, *rows, strict=True)
    turned = [Column(first[0], right=False), *(Column(name) for name in first[1:])]
    return turned, [list(cells) for cells in others]


def _width(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    return sum(_least(columns, rows)) + _GAP * (len(columns) - 1) + _EDGES


def _least(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    """How narrow each column may be."""
    cells = zip([column.name for column in columns], *rows, strict=True)
    widths = [max(map(cell_len, column)) for column in cells]
    return [min(width, column.wrap or width) for width, column in zip(widths, columns, strict=True)]


def _table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column, least in zip(columns, _least(columns, rows), strict=True):
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            no_wrap=not column.wrap,
            overflow="fold" if column.wrap else "ellipsis",
            min_width=least if column.wrap else None,
        )
    for row in rows:
        table.add_row(*row)
    return table
