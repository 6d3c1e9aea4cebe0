"""Rows become minutes, and what they leave out is found and filled.

Method: rows of round figures.
"""

from __future__ import annotations

from decimal import Decimal

from neo.market.minutes import Bar
from neo.market.row_store import Gaps, RowStore


def rows(*minutes: int) -> RowStore:
    """A row for each of these minutes, in line 10 times the minute, with a close that tells it."""
    store = RowStore()
    for minute in minutes:
        store.add(10 * minute, 60 * minute, (100, 200, 50, 100 + minute), 1_500_000)
    return store


def test_rows_without_gaps_are_minutes_as_they_are() -> None:
    """Volumes are in drops there and in XRP here."""
    minutes, lines = rows(1, 2).minutes()
    assert list(minutes) == [Bar(60 * n, 100, 200, 50, 100 + n, Decimal("1.5")) for n in (1, 2)]
    assert list(lines) == [10, 20]
    assert rows(1, 2).gaps() == Gaps()


def test_minutes_that_are_left_out_have_the_close_before_and_no_volume() -> None:
    """And are told by the line of the row before them."""
    minutes, lines = rows(1, 4).minutes()
    assert minutes[1:3] == tuple(Bar(60 * n, 101, 101, 101, 101, Decimal(0)) for n in (2, 3))
    assert [bar.start_s for bar in minutes] == [60, 120, 180, 240]
    assert list(lines) == [10, 10, 10, 40]


def test_gaps_are_counted_and_the_longest_is_told() -> None:
    """Minutes 3, 6 and 7 are left out, the first of them before the third row."""
    assert rows(1, 2, 4, 5, 8).gaps() == Gaps(count=2, minutes=3, longest=2, longest_after_s=300, first_place=2)


def test_rows_are_turned_around_whole() -> None:
    """Prices stay with their minute."""
    store = rows(3, 2, 1)
    store.turn_around()
    assert list(store.minutes()[0]) == list(rows(1, 2, 3).minutes()[0])
    assert store.last() == (180, 100, 200, 50, 103, 1_500_000)
