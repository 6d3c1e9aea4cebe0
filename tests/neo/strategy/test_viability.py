"""The band that a quote must lie in: what the price's own movement costs, and what the pool undercuts."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import pool

from neo.messages import PoolState, Side
from neo.strategy.viability import ceiling_bps, floor_factor, taker_price

D = Decimal


def test_the_floor_grows_with_the_root_of_the_delay() -> None:
    """Two standard deviations over nine seconds: six times the move of one second."""
    assert floor_factor(D(2), 9) == 6


def test_the_ceiling_by_hand() -> None:
    """1,000 XRP and 2,000 RLUSD, no fee, 10 XRP: a buyer pays 20.2020..., a seller gets 19.8019... RLUSD.

    That is 2.020202 and 1.980198 for an XRP: 101.01 and 99.01 bps from 2.
    """
    small = pool("2", xrp=1000, trading_fee_per_100k=0)
    assert round(taker_price(small, Side.SELL, 10_000_000), 6) == D("2.020202")
    assert round(taker_price(small, Side.BUY, 10_000_000), 6) == D("1.980198")
    assert [round(ceiling_bps(small, D(2), side, 10_000_000) or D(0), 2) for side in (Side.SELL, Side.BUY)] == [
        D("101.01"),
        D("99.01"),
    ]


def test_the_fee_is_on_what_comes_in() -> None:
    """30 bps: the marginal price is 2 / 0.997 for a buyer and 2 * 0.997 for a seller."""
    large = pool("2", trading_fee_per_100k=300)
    assert taker_price(large, Side.SELL, 0) == D("2.00601805416248746")
    assert taker_price(large, Side.BUY, 0) == D("1.994")


def test_the_fee_is_on_what_comes_in_of_a_whole_order_too() -> None:
    """1,000 XRP, 2,000 RLUSD, 1 %: who sells 10 XRP has 9.9 of them traded, who buys 10 pays 2000 / 99 RLUSD / 0.99."""
    small = pool("2", xrp=1000, trading_fee_per_100k=1000)
    assert round(taker_price(small, Side.BUY, 10_000_000), 9) == D("1.960590157")  # 2000 * 9.9 / 1009.9 / 10
    assert round(taker_price(small, Side.SELL, 10_000_000), 9) == D("2.040608101")


def test_a_pool_on_the_wrong_side_of_the_anchor_has_a_ceiling_below_zero() -> None:
    """It sells XRP below the anchor: no ask at or above the anchor can be of interest."""
    assert (ceiling_bps(pool("1.98"), D(2), Side.SELL, 7_500_000) or 0) < 0


def test_without_a_pool_that_could_trade_there_is_no_ceiling() -> None:
    """None, an empty one, or one that is smaller than our quote."""
    assert ceiling_bps(None, D(2), Side.SELL, 7_500_000) is None
    assert ceiling_bps(PoolState(0, D(0), 300, D(2)), D(2), Side.SELL, 7_500_000) is None
    assert ceiling_bps(pool("2", xrp=7), D(2), Side.BUY, 7_500_000) is None


@given(st.integers(0, 100_000_000), st.integers(0, 1000))
def test_the_pool_is_never_better_than_its_spot_and_worse_for_larger_orders(size_drops: int, fee: int) -> None:
    """A buyer pays at least the spot price, a seller gets at most that; both do worse with more."""
    market = pool("2", xrp=1000, trading_fee_per_100k=fee)
    assert taker_price(market, Side.BUY, size_drops) <= 2 <= taker_price(market, Side.SELL, size_drops)
    assert taker_price(market, Side.SELL, size_drops + 1_000_000) > taker_price(market, Side.SELL, size_drops)
    assert taker_price(market, Side.BUY, size_drops + 1_000_000) < taker_price(market, Side.BUY, size_drops)
