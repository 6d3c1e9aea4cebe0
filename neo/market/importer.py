"""An exchange's prices made into recorded minutes, row by row, with an account of what was done to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from neo.market.bars import COLUMNS, MarketDataError, order_trouble, time_text
from neo.market.minutes import MINUTE_S, Minutes
from neo.market.price_cells import NO_NUMBER, CellError, PriceCells, TimeCells, is_price, volume_units
from neo.market.price_forms import (
    KNOWN,
    FormError,
    PriceForm,
    form_of,
    is_more_header,
    market_trouble,
    with_mark_of,
)
from neo.market.row_store import Gaps, RowStore

MINUTES_MAX: Final = 366 * 1440
"""What a session reads at most."""

# Above the rows of prices: an address, a word of thanks, a header.
_PREAMBLE_ROWS_MAX: Final = 10
_PRICES: Final = COLUMNS[1:5]

# Why a row is left out.
_BEFORE: Final = "rows before --from"
_AFTER: Final = "rows from --to on"
_WITHOUT_PRICES: Final = "rows without prices"

_RANGE_MEND: Final = "Say --from and --to to take a part."


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of an import.

    Args:
        fill_gaps: Whether minutes that the file leaves out are filled at the close before, without volume.
        from_s: Minutes before it are left out, in seconds since 1970 (UTC); None takes all.
        to_s: The same for it and those after it.
        zone_s: Seconds that times without a zone are ahead of UTC.
    """

    fill_gaps: bool = False
    from_s: int | None = None
    to_s: int | None = None
    zone_s: int = 0


class ImportAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did.

    Args:
        form: The form that was recognised.
        times: How times are written, such as ``ms`` since 1970.
        decimal_mark: A point or a comma.
        volume_in: ``XRP``, or ``dollars`` that were turned into XRP at each minute's close.
        rows: Rows of prices that were read, whatever became of them.
        minutes: Minutes that came of them, filled ones included.
        first: The first one's start (UTC); likewise ``last``.
        newest_first: Whether the file had them so, and they were turned around.
        gaps: Where minutes are left out; all of them are ``filled_minutes``.
        longest_gap_minutes: The longest, and the minute before it.
        dropped: Rows that were left out, by why.
        rounded_prices: Prices with more than nine decimals; ``rounded_volumes``: volumes with more than six.
    """

    form: str
    times: tuple[str, ...]
    decimal_mark: str
    volume_in: str
    rows: int
    minutes: int
    first: str
    last: str
    newest_first: bool
    gaps: int
    filled_minutes: int
    longest_gap_minutes: int
    longest_gap_after: str | None
    dropped: dict[str, int]
    rounded_prices: int
    rounded_volumes: int


class Imported(msgspec.Struct, frozen=True):
    """Minutes, the file's line of each (of a filled one: the row's before it), and the account."""

    minutes: Minutes
    lines: Sequence[int]
    account: ImportAccount


class Importer:
    """Takes a file's rows, from its first line on.

    Args:
        source: The file's name for messages.
        options: What is asked.
    """

    def __init__(self, source: str, options: ImportOptions) -> None:
        self._source = source
        self._options = options
        self._form: PriceForm | None = None
        self._before: list[tuple[int, str]] = []  # lines above the form's first one
        self._times = TimeCells(options.zone_s)
        self._rows = RowStore()
        self._line = 1  # the last one taken
        self._read = 0
        self._dropped: Counter[str] = Counter()
        self._rounded_volumes = 0
        self._prices = PriceCells(".")
        self._has_mark = False
        self._symbol = ""
        self._way = 0  # +1 while times rise, -1 while they fall, 0 while there is no second one

    def take(self, line: int, cells: Sequence[str]) -> None:
        """Take the next row.

        Args:
            line: Its line in the file, from 1.
            cells: Its cells.

        Raises:
            MarketDataError: It can't be read, with its line, column, value and mend.
        """
        self._line = line
        if not any(cells):
            self._dropped["empty lines"] += 1
        elif self._form is not None:
            self._take_row(self._form, line, cells)
        else:
            self._form = self._recognised(line, cells)
            if self._form is not None and self._form.header is None:
                self._take_row(self._form, line, cells)

    def finish(self) -> Imported:
        """All that was taken, oldest first.

        Raises:
            MarketDataError: It has no minute, gaps that are not to be filled, or more minutes than a session reads.
        """
        form, rows = self._form, self._rows
        if form is None:
            line, text = self._before[0] if self._before else (1, "")
            raise self._unknown(line, text)
        if not rows.starts:
            outside = self._dropped[_BEFORE] + self._dropped[_AFTER]
            mend = "Check --from and --to." if outside else "Give a file with a row for each minute."
            raise MarketDataError(self._source, self._line, None, "", "is the end, and no minute was taken", mend)
        if self._way < 0:
            rows.turn_around()
        gaps = self._checked_gaps(form)
        minutes, lines = rows.minutes()
        return Imported(minutes, lines, self._account(form, minutes, gaps))

    # --- The form ------------------------------------------------------------------------------------------------

    def _recognised(self, line: int, cells: Sequence[str]) -> PriceForm | None:
        try:
            form = form_of(cells, [text for _, text in self._before])
        except FormError as error:
            raise MarketDataError(self._source, line, None, ",".join(cells), error.problem, error.mend) from None
        if form is None:
            self._before.append((line, ",".join(cells)))
            if len(self._before) > _PREAMBLE_ROWS_MAX:
                raise self._unknown(*self._before[0])
        return form

    def _unknown(self, line: int, text: str) -> MarketDataError:
        if text.lstrip()[:1] in {"{", "["}:
            return MarketDataError(self._source, line, None, text, "begins JSON, not rows", "Save it as CSV.")
        mend = f"Known are {KNOWN}: timestamp, open, high, low, close, volume."
        return MarketDataError(self._source, line, None, text, "begins no form of prices that is known", mend)

    # --- A row ---------------------------------------------------------------------------------------------------

    def _take_row(self, form: PriceForm, line: int, cells: Sequence[str]) -> None:
        if len(cells) != len(form.columns):
            problem = f"has {len(cells)} column{'' if len(cells) == 1 else 's'}, not {len(form.columns)}"
            raise MarketDataError(
                self._source, line, None, ",".join(cells), problem, f"Write {', '.join(form.columns)}."
            )
        try:
            start_s = self._times.start_s(cells[form.time])
        except CellError as error:
            if not is_more_header(form, cells):
                raise self._refused(form, line, cells, form.time, error) from None
            self._pass_over(form, line, cells)
            return
        self._read += 1
        outside = self._outside(start_s)
        if outside is not None:
            self._dropped[outside] += 1
        elif _is_none(cells[form.prices[0]]) and all(_is_none(cells[column]) for column in form.prices):
            self._dropped[_WITHOUT_PRICES] += 1
        else:
            self._check_symbol(form, line, cells)
            self._take_prices(self._marked(form, cells), line, cells, start_s)

    def _pass_over(self, form: PriceForm, line: int, cells: Sequence[str]) -> None:
        """A row of the header's, below it: Yahoo has one with the market's name."""
        if tuple(cells) == form.header:
            self._dropped["the header again"] += 1
        elif cells[0].strip().lower() == "ticker":
            self._require_xrp(line, form.columns[1], cells[1])

    def _outside(self, start_s: int) -> str | None:
        from_s, to_s = self._options.from_s, self._options.to_s
        if from_s is not None and start_s < from_s:
            return _BEFORE
        return _AFTER if to_s is not None and start_s >= to_s else None

    def _marked(self, form: PriceForm, cells: Sequence[str]) -> PriceForm:
        if not self._has_mark:
            self._form = form = with_mark_of(form, cells)
            self._prices = PriceCells(form.mark)
            self._has_mark = True
        return form

    def _check_symbol(self, form: PriceForm, line: int, cells: Sequence[str]) -> None:
        if form.symbol is not None and cells[form.symbol] != self._symbol:
            self._symbol = cells[form.symbol]
            self._require_xrp(line, form.columns[form.symbol], self._symbol)

    def _require_xrp(self, line: int, column: str, symbol: str) -> None:
        trouble = market_trouble(symbol)
        if trouble is not None:
            mend = "Give a file of XRP against a dollar, such as XRP/USD or XRPUSDT."
            raise MarketDataError(self._source, line, column, symbol, trouble, mend)

    def _take_prices(self, form: PriceForm, line: int, cells: Sequence[str], start_s: int) -> None:
        try:
            prices = [self._prices[cells[column]] for column in form.prices]
        except CellError as error:
            # The first that can't be read; another one of the same text could not be either.
            column = next(column for column in form.prices if not is_price(cells[column], form.mark))
            raise self._refused(form, line, cells, column, error) from None
        try:
            volume, is_rounded = volume_units(cells[form.volume], form.mark, prices[3] if form.in_dollars else None)
        except CellError as error:
            raise self._refused(form, line, cells, form.volume, error) from None
        open_nano, high_nano, low_nano, close_nano = prices
        trouble = order_trouble(open_nano, high_nano, low_nano, close_nano)
        if trouble is not None:
            name, problem, mend = trouble
            column = form.prices[_PRICES.index(name)]
            raise self._refused(form, line, cells, column, CellError(problem, mend))
        if self._follows(form, line, cells, (start_s, *prices, volume)):
            self._rounded_volumes += is_rounded
            self._rows.add(line, start_s, prices, volume)

    def _follows(self, form: PriceForm, line: int, cells: Sequence[str], row: tuple[int, ...]) -> bool:
        """Whether a row is another minute, further the same way; False for the last one once more."""
        starts = self._rows.starts
        if not starts:
            return True
        step_s = row[0] - starts[-1]
        if step_s == 0:
            if row == self._rows.last():
                self._dropped["rows twice there"] += 1
                return False
            error = CellError(
                f"is the minute of line {self._rows.lines[-1]} with other figures", "Take one of them away."
            )
            raise self._refused(form, line, cells, form.time, error)
        way = 1 if step_s > 0 else -1
        if way * self._way < 0:
            problem = f"is {'later' if way > 0 else 'earlier'} than the row before, unlike the rows above"
            error = CellError(problem, "Sort the rows by time.")
            raise self._refused(form, line, cells, form.time, error)
        self._way = way
        if len(starts) >= MINUTES_MAX:
            error = CellError(f"is beyond the {MINUTES_MAX:,} minutes that a session reads", _RANGE_MEND)
            raise self._refused(form, line, cells, form.time, error)
        return True

    def _refused(
        self, form: PriceForm, line: int, cells: Sequence[str], column: int, error: CellError
    ) -> MarketDataError:
        name = form.columns[column] or f"no. {column + 1}"
        return MarketDataError(self._source, line, name, cells[column].strip(), error.problem, error.mend)

    # --- The whole -----------------------------------------------------------------------------------------------

    def _checked_gaps(self, form: PriceForm) -> Gaps:
        """Where minutes are left out, if that can be helped."""
        starts, gaps = self._rows.starts, self._rows.gaps()
        if gaps.count == len(starts) - 1 and gaps.count:
            apart_s = min(after - before for before, after in pairwise(starts))
            problem = f"is the second row, and no two are one minute apart; the closest are {apart_s:,} s"
            raise self._at(form, 1, problem, "Give a file of one-minute prices.")
        if gaps.count and not self._options.fill_gaps:
            told = f"{gaps.count:,} gap{'' if gaps.count == 1 else 's'}"
            total = len(starts) + gaps.minutes
            problem = f"comes after a gap: {gaps.minutes:,} of {total:,} minutes are left out, in {told}"
            raise self._at(form, gaps.first_place, problem, "Say --fill-gaps if nobody traded then, or cut the file.")
        if len(starts) + gaps.minutes > MINUTES_MAX:
            problem = f"is more than the {MINUTES_MAX:,} minutes that a session reads after {time_text(starts[0])}"
            raise self._at(form, len(starts) - 1, problem, _RANGE_MEND)
        return gaps

    def _at(self, form: PriceForm, place: int, problem: str, mend: str) -> MarketDataError:
        """A refusal of a row that was read, by its place."""
        rows = self._rows
        value = time_text(rows.starts[place])
        return MarketDataError(self._source, rows.lines[place], form.columns[form.time], value, problem, mend)

    def _account(self, form: PriceForm, minutes: Minutes, gaps: Gaps) -> ImportAccount:
        return ImportAccount(
            form=form.name,
            times=tuple(self._times.forms),
            decimal_mark=form.mark,
            volume_in="dollars" if form.in_dollars else "XRP",
            rows=self._read,
            minutes=len(minutes),
            first=time_text(minutes.start_s),
            last=time_text(minutes.next_start_s - MINUTE_S),
            newest_first=self._way < 0,
            gaps=gaps.count,
            filled_minutes=gaps.minutes,
            longest_gap_minutes=gaps.longest,
            longest_gap_after=time_text(gaps.longest_after_s) if gaps.count else None,
            dropped={why: count for why, count in self._dropped.items() if count},
            rounded_prices=self._prices.rounded,
            rounded_volumes=self._rounded_volumes,
        )


def _is_none(cell: str) -> bool:
    return cell.strip().lower() in NO_NUMBER
