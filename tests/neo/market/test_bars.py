"""Recorded bars are read exactly or refused with line, column, value and mend.

Method: a table of files with one thing wrong each, and the recording that travels with the project.
"""

from decimal import Decimal

import pytest
from support.sim_chance import RECORDING

from neo.market.bars import MarketDataError, market_sha256, parse_bars
from neo.market.minutes import Bar

HEADER = "timestamp,open,high,low,close,volume"
FIRST = "2026-01-21 15:03:00,1.9454,1.9475,1.9449,1.9469,162022.5"
SECOND = "2026-01-21 15:04:00,1.9468,1.9468,1.9375,1.9377,206418.3"


def _file(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join([header, *rows]) + end


def test_recording_that_travels_with_the_project_is_whole() -> None:
    """The default session's recording has its 1,000 minutes, with the range its notes tell."""
    bars = parse_bars(RECORDING.read_text(), RECORDING.name)
    assert len(bars) == 1000
    assert min(bar.close_nano for bar in bars) == 1_874_500_000
    assert max(bar.close_nano for bar in bars) == 1_988_600_000


def test_prices_are_exact() -> None:
    """Every digit of a row survives reading."""
    (bar,) = parse_bars(_file("2026-01-21 15:03:00,1.900000001,2,1.9,1.9454,0.10"), "prices.csv")
    assert bar == Bar(1_769_007_780, 1_900_000_001, 2_000_000_000, 1_900_000_000, 1_945_400_000, Decimal("0.10"))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + _file(FIRST, SECOND),
        _file(FIRST, SECOND, end="\r\n"),
        _file(FIRST, SECOND).rstrip("\n"),
        _file(FIRST, SECOND) + "\n\r\n",
        _file(FIRST.replace(",", ", "), SECOND, header="Timestamp, Open, High, Low, Close, Volume"),
        _file(FIRST.replace(" ", "T").replace(":00,", ":00Z,"), SECOND),
    ],
    ids=["byte-order mark", "CRLF", "no last newline", "blank lines at the end", "spaces and capitals", "ISO time"],
)
def test_harmless_variations_read_the_same(text: str) -> None:
    """What another program adds when it saves the file makes no difference."""
    assert parse_bars(text, "prices.csv") == parse_bars(_file(FIRST, SECOND), "prices.csv")


def _with(column: int, cell: str) -> str:
    cells = SECOND.split(",")
    cells[column] = cell
    return ",".join(cells)


BAD_ROWS = [
    ("too few columns", "2026-01-21 15:04:00,1.9468,1.9468,1.9375,1.9377", None, "has 5 columns, not 6"),
    ("too many columns", SECOND + ",1", None, "has 7 columns, not 6"),
    ("blank row between", "\n" + SECOND, None, "is an empty line between rows"),
    ("decimal comma", SECOND.replace(".", ","), None, "has 11 columns, not 6"),
    ("word", _with(2, "abc"), "high", "is not a number"),
    ("empty cell", _with(1, ""), "open", "is empty"),
    ("NaN", _with(4, "NaN"), "close", "is not a number"),
    ("infinity", _with(3, "inf"), "low", "is not a number"),
    ("exponent", _with(3, "1e-3"), "low", "has an exponent"),
    ("volume beyond all", _with(5, "1" * 15), "volume", "is more XRP than there are"),
    ("a row without end", "9" * 2000, None, "goes on for 2,000 characters, too long for a row"),
    ("underscore", _with(3, "1_9"), "low", "is not a number"),
    ("other digits", _with(3, "\u0661.\u0669"), "low", "is not a number"),
    ("zero", _with(3, "0"), "low", "is not above zero"),
    ("negative", _with(3, "-1.9375"), "low", "is not above zero"),
    ("too fine", _with(3, "1.9375000001"), "low", "has more than 9 decimals"),
    ("absurd", _with(2, "206418300"), "high", "is above 1000000 for one XRP"),
    ("high below low", _with(2, "1.9"), "high", "is below the low, 1.9375"),
    ("open above high", _with(1, "1.95"), "open", "lies outside low 1.9375 to high 1.9468"),
    ("close below low", _with(4, "1.93"), "close", "lies outside low 1.9375 to high 1.9468"),
    ("negative volume", _with(5, "-1"), "volume", "is below zero"),
    ("no volume", _with(5, ""), "volume", "is empty"),
    ("no time", _with(0, "yesterday"), "timestamp", "is not a time"),
    ("a day that isn't", _with(0, "2026-02-30 15:04:00"), "timestamp", "is not a time"),
    ("another zone", _with(0, "2026-01-21 15:04:00+01:00"), "timestamp", "is not in UTC"),
    ("fraction of a second", _with(0, "2026-01-21 15:04:00.5"), "timestamp", "has a fraction of a second"),
    ("ancient", _with(0, "0001-01-01 00:00:00"), "timestamp", "is not in the years 1970 to 2999"),
    ("gap", _with(0, "2026-01-21 15:05:00"), "timestamp", "2026-01-21 15:04:00 belongs here"),
    ("twice", FIRST, "timestamp", "2026-01-21 15:04:00 belongs here"),
    ("backwards", _with(0, "2026-01-21 15:02:00"), "timestamp", "2026-01-21 15:04:00 belongs here"),
]


@pytest.mark.parametrize(("row", "column", "problem"), [case[1:] for case in BAD_ROWS], ids=[c[0] for c in BAD_ROWS])
def test_bad_row_is_refused_with_its_place(row: str, column: str | None, problem: str) -> None:
    """A bad row is refused with the file, the line, the column, what is wrong and what to write."""
    with pytest.raises(MarketDataError) as refusal:
        parse_bars(_file(FIRST, row), "prices.csv")
    error = refusal.value
    assert (error.source, error.line, error.column) == ("prices.csv", 3, column)
    assert problem in error.problem
    assert str(error).startswith("prices.csv, line 3" + (f', column {column}: "' if column else ': "'))
    assert str(error).endswith(error.mend)
    assert error.mend.endswith(".")


def test_message_reads_like_a_sentence() -> None:
    """The message names place, value, problem and mend in one line."""
    with pytest.raises(MarketDataError) as refusal:
        parse_bars(_file(FIRST, _with(2, "abc")), "prices.csv")
    expected = 'prices.csv, line 3, column high: "abc" is not a number. Write a positive decimal such as 1.9454.'
    assert str(refusal.value) == expected


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "is not the header"),
        ("\n\n", 1, "is not the header"),
        (FIRST + "\n", 1, "is not the header"),
        (_file(FIRST, header="time,open,high,low,close,volume"), 1, "is not the header"),
        (HEADER + "\n", 2, "holds no recorded minute"),
    ],
    ids=["empty", "blank", "no header", "wrong header", "no rows"],
)
def test_file_without_rows_or_header_is_refused(text: str, line: int, problem: str) -> None:
    """A file that can't be a recording at all is refused too."""
    with pytest.raises(MarketDataError) as refusal:
        parse_bars(text, "prices.csv")
    assert (refusal.value.line, refusal.value.problem) == (line, problem)


def test_long_value_is_cut_in_the_message() -> None:
    """A line of rubbish doesn't flood the terminal."""
    with pytest.raises(MarketDataError) as refusal:
        parse_bars("x" * 10_000, "prices.csv")
    assert len(str(refusal.value)) < 250


def test_an_exponent_is_told_written_out() -> None:
    """The mend of a number such as spreadsheets write is the number itself, in plain digits."""
    with pytest.raises(MarketDataError) as refusal:
        parse_bars(_file(FIRST, _with(5, "5e-06")), "prices.csv")
    assert refusal.value.mend == "Write it out: 0.000005."


SPELLINGS = {
    "a byte-order mark": "\ufeff" + _file(FIRST, SECOND),
    "CRLF": _file(FIRST, SECOND, end="\r\n"),
    "CR": _file(FIRST, SECOND, end="\r"),
    "no last newline": _file(FIRST, SECOND).rstrip("\n"),
    "blank lines at the end": _file(FIRST, SECOND) + "\n \r\n",
    "spaces": _file(FIRST.replace(",", " , "), SECOND),
    "ISO times": _file(FIRST.replace(" ", "T").replace(":00,", ":00Z,"), SECOND.replace(":00,", ":00+00:00,")),
    "zeros": _file(FIRST.replace("1.9454", "+01.945400"), SECOND.replace("206418.3", "206418.300")),
    "capitals": _file(FIRST, SECOND, header=HEADER.upper()),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_a_recording_has_one_hash_however_its_file_spells_it(text: str) -> None:
    """The hash is that of the minutes; what says the same has the same."""
    assert market_sha256(parse_bars(text, "a.csv")) == market_sha256(parse_bars(_file(FIRST, SECOND), "b.csv"))


@pytest.mark.parametrize("column", range(1, 6))
def test_a_recording_that_says_something_else_has_another_hash(column: int) -> None:
    """Every cell counts, down to its last digit."""
    cell = ("1.94670001", "1.94680001", "1.93740001", "1.93750001", "206418.30000000000000000001")[column - 1]
    other = market_sha256(parse_bars(_file(FIRST, _with(column, cell)), "a.csv"))
    assert other != market_sha256(parse_bars(_file(FIRST, SECOND), "b.csv"))


def test_escape_codes_are_told_and_not_carried_out() -> None:
    """A cell that would colour the terminal is shown for what it is."""
    with pytest.raises(MarketDataError, match=r'"\\u001b\[31m1" is not a number'):
        parse_bars(_file(FIRST, _with(2, "\x1b[31m1")), "prices.csv")


def test_a_file_of_line_ends_is_refused_at_its_first() -> None:
    """Millions of empty lines are not gone through, nor kept."""
    with pytest.raises(MarketDataError, match=r"line 2: \"\" is an empty line"):
        parse_bars(HEADER + "\n" * 3_000_000 + "x", "prices.csv")
