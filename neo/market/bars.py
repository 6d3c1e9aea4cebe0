"""Recorded one-minute bars: a strict reader that names the line, the column and the mend.

The form: a header ``timestamp,open,high,low,close,volume``, then one row a minute without gaps. Timestamps are UTC,
prices are RLUSD (or another dollar) per XRP, volume is in XRP.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

from neo.market.minutes import MINUTE_S, PRICE_DECIMALS_MAX, PRICE_MAX_NANO, VOLUME_MAX_XRP, Bar, Minutes, price_text
from neo.market.quick_rows import QuickRows
from neo.text.redaction import excerpt

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
_SHOWN_CHARS_MAX = 60

_DAY_S = 86_400

# What is read and hashed in one go: enough that going from one to the next takes no time, and still little memory.
_CHARS_AT_ONCE = 64 * 1024
_ROWS_AT_ONCE = 1000

LINE_CHARS_MAX = 1000
"""A row of the longest cells that are read takes less than a fifth of it."""

_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?")  # no exponent: nobody records a price as 1e-3
_WITH_EXPONENT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?e[+-]?[0-9]{1,2}", re.IGNORECASE | re.ASCII)
_PRICE_MEND = "Write a positive decimal such as 1.9454."
_VOLUME_MEND = "Write the XRP traded in that minute, zero or more, such as 162022.5."
_TIME_MEND = "Write UTC as YYYY-MM-DD HH:MM:SS, such as 2026-01-21 15:03:00."


class MarketDataError(ValueError):
    """Recorded prices that can't be used; the file's owner can mend it.

    Args:
        source: the file's name, as the operator gave it.
        line: line in the file, from 1.
        column: the column's name, or None when the whole row is meant.
        value: the text found there.
        problem: what is wrong with it, in words that follow the value.
        mend: what to write instead.
    """

    def __init__(self, source: str, line: int, column: str | None, value: str, problem: str, mend: str) -> None:
        where = f"{source}, line {line}" + (f", column {column}" if column else "")
        super().__init__(f'{where}: "{excerpt(value, _SHOWN_CHARS_MAX)}" {problem}. {mend}')
        self.source = source
        self.line = line
        self.column = column
        self.value = value
        self.problem = problem
        self.mend = mend


class _Row:
    """One line on its way to a Bar: knows where it stands, so that a refusal can say so."""

    def __init__(self, source: str, line: int, text: str) -> None:
        self.source, self.line, self.text = source, line, text
        self.cells = [cell.strip() for cell in text.split(",")]

    def refuse(self, column: str | None, problem: str, mend: str) -> MarketDataError:
        value = self.text if column is None else self.cells[COLUMNS.index(column)]
        return MarketDataError(self.source, self.line, column, value, problem, mend)

    def decimal(self, column: str, mend: str) -> Decimal:
        cell = self.cells[COLUMNS.index(column)]
        if _WITH_EXPONENT.fullmatch(cell):
            raise self.refuse(column, "has an exponent", f"Write it out: {Decimal(cell):f}.")
        if not cell:
            raise self.refuse(column, "is empty", mend)
        if not _DECIMAL.fullmatch(cell):
            raise self.refuse(column, "is not a number", mend)
        return Decimal(cell)

    def price_nano(self, column: str) -> int:
        price = self.decimal(column, _PRICE_MEND)
        if price <= 0:
            raise self.refuse(column, "is not above zero", _PRICE_MEND)
        exponent = price.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > PRICE_DECIMALS_MAX:
            raise self.refuse(column, f"has more than {PRICE_DECIMALS_MAX} decimals", "Round it to nine decimals.")
        price_nano = int(price.scaleb(PRICE_DECIMALS_MAX))
        if price_nano > PRICE_MAX_NANO:
            raise self.refuse(column, "is above 1000000 for one XRP", "Check that the columns are in order.")
        return price_nano

    def volume_xrp(self) -> Decimal:
        volume = self.decimal("volume", _VOLUME_MEND)
        if volume < 0:
            raise self.refuse("volume", "is below zero", _VOLUME_MEND)
        if volume > VOLUME_MAX_XRP:
            raise self.refuse("volume", "is more XRP than there are", _VOLUME_MEND)
        return volume

    def start_s(self) -> int:
        try:
            moment = datetime.fromisoformat(self.cells[0])
        except ValueError:
            raise self.refuse("timestamp", "is not a time", _TIME_MEND) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment.utcoffset() != timedelta(0):
            raise self.refuse("timestamp", "is not in UTC", _TIME_MEND)
        if moment.microsecond:
            raise self.refuse("timestamp", "has a fraction of a second", _TIME_MEND)
        if not 1970 <= moment.year <= 2999:
            raise self.refuse("timestamp", "is not in the years 1970 to 2999", _TIME_MEND)
        return int(moment.timestamp())


def parse_bars(text: str, source: str) -> Minutes:
    """Read recorded minutes.

    Args:
        text: the file's contents; a byte-order mark, CR or CRLF and blank lines at the end are accepted.
        source: the file's name for messages.

    Returns:
        The minutes, at least one.

    Raises:
        MarketDataError: the first thing wrong, with its line, column, value and mend.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as old spreadsheets end their lines
    lines = _lines(text.removeprefix("\ufeff"), source)
    _, first = next(lines)
    if tuple(cell.strip().lower() for cell in first.split(",")) != COLUMNS:
        raise MarketDataError(source, 1, None, first, "is not the header", _HEADER_MEND)
    minutes = Minutes()
    quick = QuickRows(minutes)
    for number, line in lines:
        # What the quick way does not take is read carefully, and refused in words if it is wrong.
        if not quick.take(line):
            row = _Row(source, number, line)
            minutes.append(_following(row, minutes))
            quick.learn(row.cells[0])
    if not minutes:
        raise MarketDataError(source, 2, None, "", "holds no recorded minute", "Add one row for each minute.")
    return minutes


def _following(row: _Row, minutes: Minutes) -> Bar:
    """A row as the minute after those that are there."""
    bar = _parse_row(row)
    if minutes and bar.start_s != minutes.next_start_s:
        expected = time_text(minutes.next_start_s)
        raise row.refuse("timestamp", f"is not one minute after the row before; {expected} belongs here", _GAP_MEND)
    return bar


def market_sha256(bars: Iterable[Bar]) -> str:
    """SHA-256, in hexadecimal, of what a recording says, however its file spells it: a byte-order mark, the ends of
    lines, ``1.90`` for ``1.9`` and the form of a time make no difference.
    """
    digest = hashlib.sha256()
    rows = Minutes.of(bars).rows()
    while some := "".join(
        [f"{t},{o},{h},{lo},{c},{volume}\n" for t, o, h, lo, c, volume in islice(rows, _ROWS_AT_ONCE)]
    ):
        digest.update(some.encode())
    return digest.hexdigest()


def _lines(text: str, source: str) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers, some at a time: a file of nothing but line ends must not fill memory.

    Raises:
        MarketDataError: One is too long to be a row.
    """
    start, number, last = 0, 1, len(text)
    while last and text[last - 1].isspace():  # not cut off, which would take as much memory again
        last -= 1
    while start <= last:
        end = text.find("\n", start + _CHARS_AT_ONCE, last)
        end = last if end < 0 else end
        for line in text[start:end].split("\n"):
            if len(line) > LINE_CHARS_MAX:
                problem = f"goes on for {len(line):,} characters, too long for a row"
                mend = _HEADER_MEND if number == 1 else _ROW_MEND
                raise MarketDataError(source, number, None, line[:LINE_CHARS_MAX], problem, mend)
            yield number, line.rstrip("\r")
            number += 1
        start = end + 1


_HEADER_MEND = f"The first line must be {','.join(COLUMNS)}; `neo market import` converts an exchange's file."
_ROW_MEND = f"Write {','.join(COLUMNS)}, separated by commas."
_GAP_MEND = "Sort the rows by time and fill the gaps, or cut the file at the gap."


def _parse_row(row: _Row) -> Bar:
    """One row's cells, each checked alone, then against each other."""
    if row.cells == [""]:
        raise row.refuse(None, "is an empty line between rows", "Take it away, or write the minute that belongs there.")
    if len(row.cells) != len(COLUMNS):
        raise row.refuse(
            None,
            f"has {len(row.cells)} column{'' if len(row.cells) == 1 else 's'}, not {len(COLUMNS)}",
            _ROW_MEND,
        )
    start_s = row.start_s()
    open_nano, high_nano, low_nano, close_nano = (row.price_nano(column) for column in COLUMNS[1:5])
    trouble = order_trouble(open_nano, high_nano, low_nano, close_nano)
    if trouble is not None:
        raise row.refuse(*trouble)
    return Bar(start_s, open_nano, high_nano, low_nano, close_nano, row.volume_xrp())


def order_trouble(open_nano: int, high_nano: int, low_nano: int, close_nano: int) -> tuple[str, str, str] | None:
    """What is wrong with a minute's prices together: the column, the problem and the mend; None if nothing is."""
    if low_nano <= open_nano <= high_nano and low_nano <= close_nano <= high_nano:
        return None
    low, high = price_text(low_nano), price_text(high_nano)
    if high_nano < low_nano:
        return "high", f"is below the low, {low}", "Swap high and low, or mend the one that is wrong."
    column = "close" if low_nano <= open_nano <= high_nano else "open"
    return column, f"lies outside low {low} to high {high}", "Widen the low or high, or mend this price."


def recording_lines(minutes: Minutes) -> Iterator[str]:
    """Minutes as the lines of a file that :func:`parse_bars` reads, the header first."""
    yield f"{','.join(COLUMNS)}\n"
    for start_s, open_nano, high_nano, low_nano, close_nano, volume in minutes.rows():
        prices = ",".join(map(price_text, (open_nano, high_nano, low_nano, close_nano)))
        yield f"{time_text(start_s)},{prices},{volume}\n"


def time_text(start_s: int) -> str:
    """A time as a file has it, UTC."""
    day, second = divmod(start_s, _DAY_S)
    return f"{_day_text(day)} {_clock_text(second)}"


@functools.lru_cache(2)
def _day_text(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, UTC).strftime("%Y-%m-%d")


@functools.lru_cache(_DAY_S // MINUTE_S)
def _clock_text(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
