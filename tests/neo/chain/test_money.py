"""Exact money: worked by hand and by property."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.chain.money import (
    distance_bps,
    plain,
    price_of,
    price_tick,
    value_rlusd,
    xrp,
)

PRICES = st.decimals(min_value="0.0001", max_value="100000", places=8).filter(lambda price: price > 0)


def test_worked_example() -> None:
    """7.5 XRP at 1.9454 RLUSD are worth 14.5905 RLUSD, and the price comes back from the trade."""
    assert xrp(7_500_000) == Decimal("7.5")
    assert value_rlusd(7_500_000, Decimal("1.9454")) == Decimal("14.5905")
    assert price_of(7_500_000, Decimal("14.5905")) == Decimal("1.9454")


def test_basis_points_are_of_the_mid() -> None:
    """1 bps of 2 RLUSD is 0.0002; behind the touch is negative."""
    assert distance_bps(Decimal("0.0002"), Decimal(2)) == 1
    assert distance_bps(Decimal("-0.001"), Decimal(2)) == -5


@pytest.mark.parametrize(
    ("value", "text"), [("200.0000000000000", "200"), ("0E-13", "0"), ("1.9500", "1.95"), ("100", "100"), ("-0.0", "0")]
)
def test_a_plain_number_has_no_needless_digits(value: str, text: str) -> None:
    """Balances and fills read as a person would write them."""
    assert str(plain(Decimal(value))) == text


@given(PRICES, st.integers(5, 15))
def test_a_tick_is_one_of_the_last_digit(price: Decimal, digits: int) -> None:
    """With so many significant digits, a price's next one is a tick further."""
    tick = price_tick(price, digits)
    assert 10 ** (digits - 1) <= price / tick < 10**digits


@given(st.integers(1, 10**9), st.decimals(min_value="0.01", max_value="99", places=4))
def test_value_is_exact_in_the_ledgers_digits(drops: int, price: Decimal) -> None:
    """A quote's RLUSD needs no rounding, so the offer placed has the price that was asked for."""
    value = value_rlusd(drops, price)
    assert value * 1_000_000 == drops * price
    assert len(value.normalize().as_tuple().digits) <= 16
