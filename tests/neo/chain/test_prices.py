"""What a ledger's prices say: the mid, and whether a quote is near the touch."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import level, pool

from neo.chain.money import gap_bps
from neo.chain.prices import mid_price, within_2bps
from neo.messages import Level

D = Decimal
BIDS = (level("1.999"), level("1.5"))
ASKS = (level("2.002"), level("9"))


def test_the_mid_is_the_middle_of_the_touch_whatever_lies_behind_it_and_in_the_pool() -> None:
    """Large orders far off, or a pool that is off, can't shift the price that the engine values by."""
    assert mid_price(BIDS, ASKS, None) == D("2.0005")
    assert mid_price(BIDS, ASKS, pool("7")) == D("2.0005")


@pytest.mark.parametrize(("bids", "asks"), [((), ASKS), (BIDS, ()), ((), ())])
def test_where_a_side_is_empty_the_pools_price_stands_in(bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
    """One side alone says nothing of the middle; without a pool there is none."""
    assert mid_price(bids, asks, pool("2.1")) == D("2.1")
    assert mid_price(bids, asks, None) is None


prices = st.decimals(min_value=D("0.0001"), max_value=100_000, places=12).filter(lambda price: price > 0)


@given(prices, prices)
def test_the_mid_lies_between_bid_and_ask_to_the_last_digit(one: Decimal, other: Decimal) -> None:
    """Nothing is rounded: the mid is exactly as far from the one as from the other."""
    bid, ask = sorted((one, other))
    mid = mid_price((Level(bid, 1, D(1)),), (Level(ask, 1, D(1)),), None)
    assert mid is not None
    assert bid <= mid <= ask
    assert mid * 2 == bid + ask


@pytest.mark.parametrize(
    ("distance", "near"),
    [("0", True), ("-2", True), ("-2.0001", False), ("-1.9999", True), ("5", True), ("-100", False)],
)
def test_at_most_two_basis_points_behind_the_touch_is_near_and_ahead_of_it_is_nearer(distance: str, near: bool) -> None:
    """The promised two basis points count in full, and a quote at the front is never called far."""
    assert within_2bps(D(distance)) is near


def test_without_a_distance_nobody_knows() -> None:
    """Which is not "no": a side without a quote, or a market without a touch, counts for neither."""
    assert within_2bps(None) is None


@pytest.mark.parametrize(("own", "near"), [("1.9996", True), ("1.9995999", False), ("2.0001", True)])
def test_a_bid_of_ours_is_measured_from_the_best_one_of_others(own: str, near: bool) -> None:
    """Their best bid is 2 and the mid too, so 2 bps are 0.0004; ours at 1.9996 is just near enough."""
    assert within_2bps(gap_bps(D(own), D(2), D(2))) is near
