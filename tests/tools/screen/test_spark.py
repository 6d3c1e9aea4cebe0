"""A line of numbers as bars: the highest is the highest bar, and what can't be compared is not drawn."""

from __future__ import annotations

from decimal import Decimal

from tools.screen.spark import BARS, BARS_ASCII, spark


def bars(*values: float, cells: int = 40) -> str:
    return spark([Decimal(value) for value in values], cells)


def test_the_lowest_and_the_highest_are_the_ends_of_the_scale() -> None:
    """Below zero as above it; seven steps apart each number has a bar of its own."""
    assert bars(-3, -2, -1, 0, 1, 2, 3, 4) == "▁▂▃▄▅▆▇█"
    assert bars(4, -3) == "█▁"


def test_more_numbers_than_cells_are_told_by_the_last_of_each_stretch() -> None:
    """The last bar is the last number."""
    assert bars(9, 0, 9, 7, 9, 0, cells=3) == "▁█▁"


def test_a_way_that_never_moved_is_flat_and_one_number_is_no_way() -> None:
    """Nothing is divided by nothing."""
    assert bars(2.5, 2.5, 2.5) == "▁▁▁"
    assert (bars(1), bars()) == ("", "")


def test_every_bar_has_its_like_in_ascii() -> None:
    """One for one, as a terminal without the others is drawn."""
    assert len(BARS) == len(set(BARS)) == len(set(BARS_ASCII)) == 8
    assert BARS_ASCII.isascii()
