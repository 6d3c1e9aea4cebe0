"""Numbers and times are read in the forms that exchanges and spreadsheets have, exactly, or refused in words.

Method: cells written down with what they come to.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.market import price_cells
from neo.market.price_cells import CellError, PriceCells, TimeCells, is_number, is_time, price_nano, volume_units

START_S = 1_769_007_780  # 2026-01-21 15:03 UTC


@pytest.mark.parametrize(
    ("cell", "mark", "nano"),
    [
        ("1.9454", ".", 1_945_400_000),
        (" +01.94540000 ", ".", 1_945_400_000),
        ("1,9454", ",", 1_945_400_000),
        (".5", ".", 500_000_000),
        ("2", ",", 2_000_000_000),
        ("1.9454E+00", ".", 1_945_400_000),
        ("19454e-4", ".", 1_945_400_000),
        ("1,9454E0", ",", 1_945_400_000),
        ("0.000000001", ".", 1),
        ("1000000", ".", 10**15),
    ],
)
def test_a_price_is_read_exactly(cell: str, mark: str, nano: int) -> None:
    """With either decimal mark, with or without an exponent."""
    assert price_nano(cell, mark) == (nano, False)


@pytest.mark.parametrize(
    ("cell", "nano"),
    [
        ("1.9453999996185303", 1_945_400_000),
        ("1.9000000004", 1_900_000_000),
        ("1.9000000005", 1_900_000_001),
    ],
)
def test_a_price_with_more_than_nine_decimals_is_rounded_and_said_to_be(cell: str, nano: int) -> None:
    """As a float prints it; halves go up."""
    assert price_nano(cell, ".") == (nano, True)


@given(st.decimals(min_value="0.000000001", max_value=1_000_000, places=9), st.sampled_from(".,"))
def test_every_price_of_nine_decimals_is_exact(price: Decimal, mark: str) -> None:
    """Whatever its digits."""
    assert price_nano(f"{price:f}".replace(".", mark), mark) == (int(price.scaleb(9)), False)


@pytest.mark.parametrize(
    ("cell", "mark", "problem"),
    [
        ("", ".", "is empty"),
        ("abc", ".", "is not a number"),
        (".", ".", "is not a number"),
        ("1.9.4", ".", "is not a number"),
        ("1,9,4", ",", "is not a number"),
        ("NaN", ".", "is not a number"),
        ("1_9", ".", "is not a number"),
        ("\u0661", ".", "is not a number"),
        ("1.\u0661", ".", "is not a number"),
        ("1.\u00b2", ".", "is not a number"),
        ("1e999", ".", "is not a number"),
        ("0", ".", "is not above zero"),
        ("-1.9", ".", "is not above zero"),
        ("1e-12", ".", "is not above zero"),
        ("1e7", ".", "is above 1000000 for one XRP"),
        ("1,945", ".", "has a comma where others have a point"),
        ("1.945,4", ",", "has a point where others have a comma"),
    ],
)
def test_what_is_no_price_is_refused(cell: str, mark: str, problem: str) -> None:
    """And never guessed at: a comma may be a decimal mark or one of thousands."""
    with pytest.raises(CellError) as refusal:
        price_nano(cell, mark)
    assert refusal.value.problem == problem
    assert refusal.value.mend.endswith(".")


def test_prices_that_never_recur_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of them is bounded, and what is not kept is read again; a rounding is counted each time."""
    monkeypatch.setattr(price_cells, "_PRICES_KEPT_MAX", 3)
    kept = PriceCells(".")
    cells = [f"1.{n}" for n in range(8)] * 2 + ["1.00000000001"] * 2
    assert [kept[cell] for cell in cells] == [10**9 + n * 10**8 for n in range(8)] * 2 + [10**9] * 2
    assert (len(kept), kept.rounded) == (3, 2)


@pytest.mark.parametrize(
    ("cell", "dollars_at_nano", "units", "is_rounded"),
    [
        ("162022.50000000", None, 162_022_500_000, False),
        ("1.620225E+05", None, 162_022_500_000, False),
        ("0", None, 0, False),
        ("0.0000005", None, 1, True),
        ("315441.60525", 1_946_900_000, 162_022_500_000, False),  # 162,022.5 XRP at 1.9469
        ("2", 3_000_000_000, 666_667, False),
        ("0", 1_946_900_000, 0, False),
    ],
)
def test_a_volume_is_read_in_drops_and_dollars_are_turned_into_xrp(
    cell: str, dollars_at_nano: int | None, units: int, is_rounded: bool
) -> None:
    """By the minute's price."""
    assert volume_units(cell, ".", dollars_at_nano) == (units, is_rounded)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("", "is empty"),
        ("-1", "is below zero"),
        ("x", "is not a number"),
        ("100000000001", "is more XRP than there are"),
    ],
)
def test_what_is_no_volume_is_refused(cell: str, problem: str) -> None:
    """A volume may be zero, a price may not."""
    with pytest.raises(CellError) as refusal:
        volume_units(cell, ".", None)
    assert refusal.value.problem == problem


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ("1769007780", "s"),
        (" 1769007780.0 ", "s"),
        ("1769007780000", "ms"),
        ("1769007780000000", "us"),
        ("1.76900778E+09", "s"),
        ("1.76900778e12", "ms"),
        ("2026-01-21 15:03:00", "text"),
        ("2026-01-21T15:03", "text"),
        ("2026/01/21 15:03", "text"),
        ("2026-01-21 15:03:00 UTC", "text with a zone"),
        ("2026-01-21T15:03:00Z", "text with a zone"),
        ("2026-01-21 16:03:00+01:00", "text with a zone"),
        ("2026-01-21 20:33:00+05:30", "text with a zone"),
    ],
)
def test_a_time_is_read_in_any_form_and_the_form_is_known(cell: str, form: str) -> None:
    """All of them are the same minute."""
    times = TimeCells(0)
    assert times.start_s(cell) == START_S
    assert list(times.forms) == [form]


@pytest.mark.parametrize(
    ("cell", "zone_s"),
    [
        ("2026-01-21 16:03:00", 3600),
        ("2026-01-21 10:03", -5 * 3600),
        ("2026-01-21 15:03:00Z", 3600),
        ("1769007780", 60),
    ],
)
def test_a_zone_moves_only_times_that_say_none(cell: str, zone_s: int) -> None:
    """A time with a zone has its own, and seconds since 1970 have none to mistake."""
    assert TimeCells(zone_s).start_s(cell) == START_S


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("", "is empty"),
        ("yesterday", "is not a time that can be read"),
        ("\u0661" * 10, "is not a time that can be read"),
        ("01/21/2026 15:03", "is not a time that can be read"),
        ("21.01.2026 15:03", "is not a time that can be read"),
        ("2020-08-17 11-PM", "is not a time that can be read"),
        ("17690077801", "has 11 digits: neither seconds nor ms nor us since 1970"),
        ("1769007781", "is not the start of a minute"),
        ("1769007780001", "is not the start of a minute"),
        ("2026-01-21 15:03:30", "is not the start of a minute"),
        ("2026-01-21 15:03:00.5", "is not the start of a minute"),
        ("1.77E+12", "has lost its last digits, as spreadsheets do to long numbers"),
        ("0001-01-01 00:00:00", "is not in the years 1971 to 2998"),
        ("9999-12-31 23:59:00", "is not in the years 1971 to 2998"),
    ],
)
def test_what_is_no_minute_is_refused(cell: str, problem: str) -> None:
    """Days and months that could be taken for each other are not guessed at."""
    with pytest.raises(CellError) as refusal:
        TimeCells(0).start_s(cell)
    assert refusal.value.problem == problem


def test_a_header_is_neither_numbers_nor_times() -> None:
    """By that, a row of prices is known."""
    assert [is_number(cell, ".") for cell in ("1.9", "-1e3", "open", "")] == [True, True, False, False]
    times = ("1769007780", "1769007781", "1.77E+12", "2026-01-21")
    others = ("timestamp", "1.9", "5117535", "17690077801", "")
    assert [is_time(cell) for cell in (*times, *others)] == [True] * 4 + [False] * 5
