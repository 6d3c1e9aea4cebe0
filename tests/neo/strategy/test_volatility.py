"""How much the price moves: a variance a second, in which what is older counts less."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from neo.strategy.volatility import Volatility

D = Decimal


def test_the_variance_starts_as_it_is_told() -> None:
    """11 bps in a minute are 121 / 60 bps^2 in a second."""
    volatility = Volatility(60, D(11))
    assert round(volatility.variance_bps2_s, 6) == D("2.016667")
    assert round(volatility.sigma_bps_sqrt_s, 6) == D("1.420094")


def test_after_a_half_life_a_new_move_counts_half() -> None:
    """A move of 60 bps over the 60 s of one half-life is 60 bps^2 a second; with 0 before, the mean is 30."""
    volatility = Volatility(60, D(0))
    volatility.observe(1000, D(2))
    volatility.observe(1060, D("2.012"))
    assert round(volatility.variance_bps2_s, 12) == 30


def test_the_first_price_and_one_that_is_not_later_say_nothing() -> None:
    """A ledger seen again after a crash leaves the estimate as it is."""
    volatility = Volatility(60, D(11))
    volatility.observe(1000, D(2))
    before = volatility.variance_bps2_s
    volatility.observe(1000, D(3))
    volatility.observe(996, D(3))
    assert volatility.variance_bps2_s == before
    volatility.observe(1004, D(2))
    assert volatility.variance_bps2_s < before


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_the_estimate_stays_between_what_it_has_seen(moves_bps: list[int]) -> None:
    """A weighted mean of squared moves: never below 0, never above the largest."""
    volatility = Volatility(30, D(0))
    price, time_s, largest = D(2), 1000, D(0)
    volatility.observe(time_s, price)
    for bps in moves_bps:
        before = price
        price += price * bps / 10_000
        time_s += 4
        volatility.observe(time_s, price)
        largest = max(largest, ((price / before - 1) * 10_000) ** 2 / 4)
        assert 0 <= volatility.variance_bps2_s <= largest * D("1.000000001")
