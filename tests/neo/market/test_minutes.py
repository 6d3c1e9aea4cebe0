"""Minutes in columns are the bars that were put in, whatever their volumes.

Method: bars written down, and generated volumes up to the longest that a file may have.
"""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.market.minutes import Bar, Minutes

volumes = st.decimals(min_value=0, max_value=100_000_000_000, allow_nan=False, allow_infinity=False, places=20)


def bars_of(*volumes_xrp: Decimal) -> list[Bar]:
    """A bar a volume, from 1970-01-01 00:02 on."""
    return [Bar(120 + 60 * n, 10 + n, 12 + n, 9 + n, 11 + n, volume) for n, volume in enumerate(volumes_xrp)]


@given(st.lists(volumes | st.integers(0, 10**11).map(Decimal), max_size=5))
def test_minutes_are_the_bars_that_were_put_in(volumes_xrp: list[Decimal]) -> None:
    """By place, from the end, in a slice, and through a pickle, as a sweep hands them to its processes."""
    bars = bars_of(*volumes_xrp)
    minutes = Minutes.of(bars)
    assert list(minutes) == bars
    assert minutes[1:3] == tuple(bars[1:3])
    assert not bars or minutes[-1] == bars[-1]
    assert pickle.loads(pickle.dumps(minutes)) == minutes  # noqa: S301 - it was just written here
    assert list(minutes.volumes_xrp()) == volumes_xrp
    assert list(minutes.untraded()) == [volume == 0 for volume in volumes_xrp]


@pytest.mark.parametrize(
    ("volume", "text"),
    [
        ("162022.50", "162022.5"),
        ("0", "0"),
        ("0.000", "0"),
        ("0.05", "0.05"),
        ("100", "100"),
        ("1" + "0" * 21, "1" + "0" * 21),
        ("12345678901.12345678901234567890", "12345678901.1234567890123456789"),
    ],
)
def test_a_volume_is_told_in_plain_digits_without_what_says_nothing(volume: str, text: str) -> None:
    """Its zeros at the end are left out, but not those of a whole number; none is rounded."""
    [row] = Minutes.of(bars_of(Decimal(volume))).rows()
    assert row == (120, 10, 12, 9, 11, text)


def test_a_minute_that_does_not_follow_the_last_one_is_refused() -> None:
    """Its time is not kept, so it must not be another."""
    with pytest.raises(ValueError, match="begins at 180, not at 240"):
        Minutes.of([bars_of(Decimal(1))[0], Bar(240, 1, 1, 1, 1, Decimal(1))])


@pytest.mark.parametrize("place", [2, -3])
def test_a_place_outside_is_no_minute(place: int) -> None:
    """As of any sequence, so that going through it ends."""
    with pytest.raises(IndexError):
        Minutes.of(bars_of(Decimal(1), Decimal(2)))[place]


@pytest.mark.parametrize("other", [bars_of(Decimal(1), Decimal(2)), bars_of(Decimal(2)), []])
def test_minutes_that_say_something_else_are_others(other: list[Bar]) -> None:
    """One more, another volume, none at all."""
    assert Minutes.of(bars_of(Decimal(1))) != Minutes.of(other)
    assert Minutes.of(bars_of(Decimal(1))) != bars_of(Decimal(1))
