"""A file's rows become recorded minutes with a true account of it, or are refused by line, column and value.

Method: rows of round figures, right and with one thing wrong; whole files are in tests/tools/settings.
"""

from __future__ import annotations

import pytest

from neo.market import importer
from neo.market.bars import MarketDataError
from neo.market.importer import Imported, Importer, ImportOptions

HEADER = "timestamp,open,high,low,close,volume"
NOON_S = 1_768_996_800  # 2026-01-21 12:00 UTC


def row(minute: int, figures: str = "1.9,2,1.8,1.9,5") -> str:
    """A row for so many minutes past noon."""
    return f"{NOON_S + 60 * minute},{figures}"


def imported(*lines: str, **asked: bool | int) -> Imported:
    """What comes of a file's lines."""
    taker = Importer("prices.csv", ImportOptions(**asked))  # type: ignore[arg-type]  # each test gives what it is for
    for number, line in enumerate(lines, 1):
        taker.take(number, line.split(",") if line else [])
    return taker.finish()


def refused(*lines: str, **asked: bool | int) -> MarketDataError:
    """Why a file is refused."""
    with pytest.raises(MarketDataError) as refusal:
        imported(*lines, **asked)
    return refusal.value


def test_the_account_tells_rows_span_and_form() -> None:
    """Of a file with nothing to mend, every other figure is none."""
    account = imported(HEADER, row(0), row(1), row(2)).account
    assert (account.rows, account.minutes, account.gaps, account.dropped) == (3, 3, 0, {})
    assert (account.first, account.last) == ("2026-01-21 12:00:00", "2026-01-21 12:02:00")
    assert (account.times, account.decimal_mark, account.volume_in) == (("s",), ".", "XRP")
    assert (account.newest_first, account.longest_gap_after, account.rounded_prices) == (False, None, 0)


def test_newest_first_is_turned_around() -> None:
    """The minutes come out in their order, each with its own line."""
    done = imported(HEADER, row(1, "2,2,2,2,5"), row(0, "1,1,1,1,5"))
    assert [bar.open_nano for bar in done.minutes] == [10**9, 2 * 10**9]
    assert list(done.lines) == [3, 2]
    assert done.account.newest_first


def test_what_is_left_out_is_counted_by_its_cause() -> None:
    """A row twice in a row, one without prices, an empty line, the header again, and what is outside of the range."""
    done = imported(
        *(HEADER, row(0), row(1), row(1), "", row(2), HEADER, row(3, "NaN,NaN,NaN,NaN,0"), row(4), row(5)),
        fill_gaps=True,
        from_s=NOON_S + 60,
        to_s=NOON_S + 300,
    )
    assert done.account.dropped == {
        "rows before --from": 1,
        "rows twice there": 1,
        "empty lines": 1,
        "the header again": 1,
        "rows without prices": 1,
        "rows from --to on": 1,
    }
    assert (done.account.rows, done.account.minutes) == (7, 4)


def test_gaps_are_filled_only_if_that_is_said() -> None:
    """With the close before and no volume; otherwise the row after the first gap is told, and how many there are."""
    lines = (HEADER, row(0), row(1), row(3), row(4), row(7))
    done = imported(*lines, fill_gaps=True)
    assert [str(bar.volume_xrp) for bar in done.minutes] == ["5", "5", "0", "5", "5", "0", "0", "5"]
    account = done.account
    assert (account.gaps, account.filled_minutes, account.longest_gap_minutes) == (2, 3, 2)
    assert account.longest_gap_after == "2026-01-21 12:04:00"
    error = refused(*lines)
    assert (error.line, error.column, error.value) == (4, "timestamp", "2026-01-21 12:03:00")
    assert error.problem == "comes after a gap: 3 of 8 minutes are left out, in 2 gaps"
    assert error.mend == "Say --fill-gaps if nobody traded then, or cut the file."


def test_roundings_are_counted() -> None:
    """Two prices of ten decimals, also when they come again; a volume of seven."""
    figures = "1.9,2.0000000001,1.8,1.9,5.0000001"
    account = imported(HEADER, row(0, figures), row(1, figures)).account
    assert (account.rounded_prices, account.rounded_volumes) == (2, 2)


BAD = {
    "word": ([HEADER, row(0), row(1, "1.9,x,1.8,1.9,5")], 3, "high", "x", "is not a number"),
    "one price missing": ([HEADER, row(0, "1.9,,1.8,1.9,5")], 2, "high", "", "is empty"),
    "volume": ([HEADER, row(0, "1.9,2,1.8,1.9,-5")], 2, "volume", "-5", "is below zero"),
    "high below low": ([HEADER, row(0, "1.9,1,1.8,1.9,5")], 2, "high", "1", "is below the low, 1.8"),
    "open": ([HEADER, row(0, "3,2,1.8,1.9,5")], 2, "open", "3", "lies outside low 1.8 to high 2"),
    "close": ([HEADER, row(0, "1.9,2,1.8,1.7,5")], 2, "close", "1.7", "lies outside low 1.8 to high 2"),
    "time": ([HEADER, "noon,1.9,2,1.8,1.9,5"], 2, "timestamp", "noon", "is not a time that can be read"),
    "cut": ([HEADER, row(0), "1768996860,1.9,2"], 3, None, "1768996860,1.9,2", "has 3 columns, not 6"),
    "twice, not the same": (
        [HEADER, row(0), row(0, "1.9,2,1.8,1.9,6")], 3, "timestamp", str(NOON_S),
        "is the minute of line 2 with other figures"),
    "unsorted": (
        [HEADER, row(0), row(1), row(0)], 4, "timestamp", str(NOON_S),
        "is earlier than the row before, unlike the rows above"),
    "unsorted, newest first": (
        [HEADER, row(2), row(1), row(3)], 4, "timestamp", str(NOON_S + 180),
        "is later than the row before, unlike the rows above"),
    "hours": (
        [HEADER, row(0), row(60), row(120)], 3, "timestamp", "2026-01-21 13:00:00",
        "is the second row, and no two are one minute apart; the closest are 3,600 s"),
    "no form": (["id,price,qty", "1,2,3"], 1, None, "id,price,qty", "begins no form of prices that is known"),
    "JSON": (['{"data": {}}'], 1, None, '{"data": {}}', "begins JSON, not rows"),
    "nothing": ([], 1, None, "", "begins no form of prices that is known"),
    "no row": ([HEADER], 1, None, "", "is the end, and no minute was taken"),
    "header": (["day,open,high,low,close,volume"], 1, None, "day,open,high,low,close,volume",
               "names no column of times"),
    "no end of notes": (["a note"] * 20, 1, None, "a note", "begins no form of prices that is known"),
    "another market": (
        ["unix,symbol,open,high,low,close,Volume XRP", f"{NOON_S},BTC/USD,1.9,2,1.8,1.9,5"], 2, "symbol", "BTC/USD",
        "is not XRP against a dollar"),
    "another of Yahoo's": (
        ["Price,Close,High,Low,Open,Volume", "Ticker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD"], 2, "Close", "BTC-USD",
        "is not XRP against a dollar"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "line", "column", "value", "problem"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_by_line_column_and_value(
    lines: list[str], line: int, column: str | None, value: str, problem: str
) -> None:
    """With what is wrong with it, and the mend."""
    error = refused(*lines)
    assert (error.line, error.column, error.value, error.problem) == (line, column, value, problem)
    assert error.mend.endswith(".")


def test_a_column_without_a_name_is_told_by_its_number() -> None:
    """The last one here, of a row number that a program wrote."""
    error = refused(",close,high,low,open,volume,time", f"0,1.9,2,1.8,1.9,5,{NOON_S + 1}")
    assert error.column == "time"
    assert refused("1768996800,1.9,2,1.8,1.9,-5,3").column == "volume"


def test_more_than_a_session_reads_is_refused_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows as such, and those that filling would make; a part of them is taken."""
    monkeypatch.setattr(importer, "MINUTES_MAX", 3)
    lines = [HEADER, *map(row, range(5))]
    error = refused(*lines)
    assert (error.line, error.problem) == (5, "is beyond the 3 minutes that a session reads")
    assert error.mend == "Say --from and --to to take a part."
    assert imported(*lines, from_s=NOON_S + 120).account.minutes == 3
    error = refused(HEADER, row(0), row(1), row(9), fill_gaps=True)
    assert error.problem == "is more than the 3 minutes that a session reads after 2026-01-21 12:00:00"


def test_a_range_with_no_row_in_it_is_told() -> None:
    """A mistyped year is no empty recording."""
    assert refused(HEADER, row(0), to_s=NOON_S).mend == "Check --from and --to."


def test_a_zone_is_taken_off_times_that_say_none() -> None:
    """Noon in a zone two hours ahead is ten o'clock."""
    done = imported(HEADER, "2026-01-21 12:00,1.9,2,1.8,1.9,5", zone_s=7200)
    assert done.minutes.start_s == NOON_S - 7200
