"""The quick way takes nothing that the careful one would not, and comes to the same.

Method: rows with cells that are right, wrong, or right in a way of their own, read with and without the quick way.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.market import quick_rows
from neo.market.bars import MarketDataError, parse_bars
from neo.market.minutes import Minutes
from neo.market.quick_rows import QuickRows

HEADER = "timestamp,open,high,low,close,volume"
FIRST = "2026-01-21 23:58:00,1.9,2,1.8,1.9,1"

# What may stand in place of a cell of this row: some of it the same in other words, some of it wrong.
SECOND = ("2026-01-21 23:59:00", "1.9", "2", "1.8", "1.9", "1")
PRICES = (
    *("1.9", "1.90", " 1.9", "+1.9", "01.9", "1.9000000000", "1.900000001", "1.9000000001", "2", "2.", ".5", "0", "-1"),
    *("", "x", "1_9", "\u0661", "\u00b2", "1e0", "1.9.9", "1000001", "999999.5", "1" * 25),
)
VOLUMES = (
    *("0", "0.0", "-0", "-1", "+1", "5.", ".5", "", "1e3", "7.50", "\u0661", "100000000000", "100000000000.1", "x"),
    *("0.12345678901234567890", "12345678.12345678901", "100000000001", "3 "),
)
CLOCKS = ("23:58:00", "23:59", "23:59:01", "23:59:00Z", "23:59:00+00:00", "23:59:00+01:00", "")
CHANGES = (
    *((0, f"2026-01-21 {clock}") for clock in CLOCKS),
    *((column, price) for column in range(1, 5) for price in PRICES),
    *((5, volume) for volume in VOLUMES),
)


def changed(replaced: Sequence[tuple[int, str]]) -> str:
    """The row with some of its cells replaced."""
    cells = list(SECOND)
    for place, cell in replaced:
        cells[place] = cell
    return ",".join(cells)


def carefully(text: str) -> Minutes | str:
    """What a text says, or why it is refused, with every row read the careful way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickRows, "take", lambda _self, _line: False)
        return as_usual(text)


def as_usual(text: str) -> Minutes | str:
    """What a text says, or why it is refused."""
    try:
        return parse_bars(text, "prices.csv")
    except MarketDataError as error:
        return str(error)


def assert_same(row: str) -> None:
    """The same minute or the same words, either way."""
    text = f"{HEADER}\n{FIRST}\n{row}\n"
    assert as_usual(text) == carefully(text)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_row_with_another_cell_comes_to_the_same_either_way(change: tuple[int, str]) -> None:
    """Each cell of a row in every spelling, one at a time."""
    assert_same(changed([change]))


@given(st.tuples(*[st.sampled_from(CHANGES)] * 2).map(changed) | st.text(max_size=30))
def test_any_row_comes_to_the_same_either_way(row: str) -> None:
    """Two cells at once, and what is no row at all."""
    assert_same(row)


def test_a_row_half_a_minute_later_does_not_follow() -> None:
    """Though it is the next one on the clock that other files go by."""
    text = f"{HEADER}\n2026-01-21 23:58:30,1,1,1,1,1\n2026-01-21 23:59:00,1,1,1,1,1\n"
    with pytest.raises(MarketDataError, match="2026-01-21 23:59:30 belongs here"):
        parse_bars(text, "prices.csv")


DAYS = ["2026-01-21 23:58:00", "2026-01-21 23:59:00", "2026-01-22 00:00:00", "2026-01-22 00:01:00"]


@pytest.mark.parametrize(
    "written",
    [
        DAYS,
        [time.replace(" ", "T") + "Z" for time in DAYS],
        [time + "+00:00" for time in DAYS],
        [time[:16] for time in DAYS],
        [DAYS[0], DAYS[1].replace(" ", "T"), DAYS[2] + "Z", DAYS[3]],
        [time[:17] + "30" for time in DAYS],
    ],
    ids=["usual", "ISO", "offset", "without seconds", "mixed", "half minutes"],
)
def test_times_may_be_written_in_any_form_over_midnight_too(written: list[str]) -> None:
    """Four minutes of two days, the same however they are written."""
    text = "\n".join([HEADER, *(f"{time},1.9,2,1.8,1.9,1" for time in written)])
    minutes = parse_bars(text, "prices.csv")
    begins_s = 1_769_039_880 + (30 if written[0].endswith("30") else 0)  # 2026-01-21 23:58 UTC
    assert [bar.start_s for bar in minutes] == [begins_s + 60 * n for n in range(4)]


def test_the_years_end_where_the_careful_way_ends_them() -> None:
    """The day after the last one that is read is refused, though it follows."""
    text = f"{HEADER}\n2999-12-31 23:59:00,1,1,1,1,1\n3000-01-01 00:00:00,1,1,1,1,1\n"
    with pytest.raises(MarketDataError, match=r"line 3.*is not in the years 1970 to 2999"):
        parse_bars(text, "prices.csv")


def test_most_rows_go_the_quick_way() -> None:
    """All but the first of a day: without that, a year would take minutes of a session's start."""
    minutes = parse_bars(f"{HEADER}\n{FIRST}\n", "prices.csv")
    quick = QuickRows(minutes)
    quick.learn("2026-01-21 23:58:00")
    assert quick.take("2026-01-21 23:59:00,1.9,2,1.8,1.9,7.50")
    assert not quick.take("2026-01-22 00:00:00,1.9,2,1.8,1.9,1")
    assert [str(bar.volume_xrp) for bar in minutes] == ["1", "7.5"]


def test_prices_that_never_recur_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of them is bounded, and forgotten ones are read again."""
    monkeypatch.setattr(quick_rows, "_PRICES_KEPT_MAX", 3)
    kept = quick_rows._Prices()
    assert [kept[f"1.{n}"] for n in (*range(8), 0)] == [10**9 + n * 10**8 for n in (*range(8), 0)]
    assert len(kept) <= 3
