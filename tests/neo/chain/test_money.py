"""Exact money: worked by hand and by property."""

from __future__ import annotations

from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.chain.money import (
    distance_bps,
    equity_rlusd,
    gap_bps,
    middle,
    plain,
    price_of,
    price_tick,
    share_of,
    sum_rlusd,
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


def test_money_is_exact_beyond_the_digits_that_python_keeps_by_itself() -> None:
    """29 digits and more, where an operator rounds without a word: sums, values, plain numbers and XRP stay whole."""
    tiny, huge = Decimal("1e-20"), Decimal(123456789012345678)
    whole = Decimal("123456789012345678.00000000000000000001")
    assert huge + tiny == huge
    assert sum_rlusd((huge, tiny)) == whole
    assert plain(whole) == whole
    assert plain(Decimal("1e80")) == Decimal(10**80)
    assert value_rlusd(10**17 + 1, Decimal("1.000000000000001")) == Decimal("100000000000.000101000000000000001")
    assert equity_rlusd(10**6, whole, Decimal(1)) == Decimal("123456789012345679.00000000000000000001")
    assert str(middle(Decimal("1e-20"), huge)) == "61728394506172839.000000000000000000005"


def test_what_can_not_be_held_exactly_raises() -> None:
    """More digits than any ledger's amounts can come to are an error, not a rounded sum."""
    with pytest.raises(Inexact):
        sum_rlusd((Decimal("1e300"), Decimal("1e-300")))


def test_a_share_is_cut_to_its_step_and_a_gap_needs_all_its_prices() -> None:
    """A third of 1 to 1e-15; 0.002 above 2 is 10 bps; an absent price gives no distance, and not zero."""
    assert share_of(Decimal(1), 1, 3, Decimal("1e-15")) == Decimal("0.333333333333333")
    assert gap_bps(Decimal("2.002"), Decimal(2), Decimal(2)) == 10
    assert gap_bps(None, Decimal(2), Decimal(2)) is None
    assert gap_bps(Decimal(2), Decimal(2), None) is None
