"""Exact money: worked by hand and by property."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.money import (
    distance_bps,
    offset_price,
    plain,
    price_of,
    price_tick,
    round_price_down,
    round_price_up,
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
    assert offset_price(Decimal(2), Decimal("-2.5")) == Decimal("1.9995")


@pytest.mark.parametrize(
    ("value", "text"), [("200.0000000000000", "200"), ("0E-13", "0"), ("1.9500", "1.95"), ("100", "100"), ("-0.0", "0")]
)
def test_a_plain_number_has_no_needless_digits(value: str, text: str) -> None:
    """Balances and fills read as a person would write them."""
    assert str(plain(Decimal(value))) == text


@pytest.mark.parametrize(
    ("price", "down", "up"),
    [("1.945467", "1.9454", "1.9455"), ("1.9454", "1.9454", "1.9454"), ("0.000123456", "0.00012345", "0.00012346")],
)
def test_rounding_a_price_keeps_to_its_side(price: str, down: str, up: str) -> None:
    """A bid never pays more, an ask never gets less, than was asked for."""
    assert round_price_down(Decimal(price), 5) == Decimal(down)
    assert round_price_up(Decimal(price), 5) == Decimal(up)


@given(PRICES, st.integers(5, 15))
def test_a_rounded_price_is_within_a_tick(price: Decimal, digits: int) -> None:
    """Rounding moves a price by less than its smallest step."""
    tick = price_tick(price, digits)
    assert 0 <= price - round_price_down(price, digits) < tick
    assert 0 <= round_price_up(price, digits) - price < tick


@given(st.integers(1, 10**9), st.decimals(min_value="0.01", max_value="99", places=4))
def test_value_is_exact_in_the_ledgers_digits(drops: int, price: Decimal) -> None:
    """A quote's RLUSD needs no rounding, so the offer placed has the price that was asked for."""
    value = value_rlusd(drops, price)
    assert value * 1_000_000 == drops * price
    assert len(value.normalize().as_tuple().digits) <= 16
