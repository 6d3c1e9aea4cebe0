"""The arbitrageur: it waits within the pool's fee of the reference, and beyond it trades the pool back, and no further.

Method: pools that are written by hand, around a reference of 2 RLUSD. The figures of a trade follow from x * y.
"""

from __future__ import annotations

from decimal import Decimal
from math import isqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.crowd_orders import XRP, is_buy, price, size_drops
from support.sim_world import HandView, seen

from neo.network.pending import Transaction
from neo.sim.accounts import ARBITRAGEUR
from neo.sim.arbitrageur import Arbitrage, Arbitrageur, arbitrage
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox
from neo.sim.view import PoolView

TWO = 2_000_000_000


def pool(price: str, xrp: int = 60_000, fee_ppm: int = 5000) -> PoolView:
    """A pool at this price; a fee of 5,000 millionths is half a percent."""
    return PoolView(xrp * XRP, Decimal(price) * xrp, fee_ppm)


def acted(view: HandView) -> list[Transaction]:
    """What it sends."""
    outbox = Outbox(lambda _: 5)
    Arbitrageur(ARBITRAGEUR).act(seen(view, 1), outbox)
    return outbox.transactions


@pytest.mark.parametrize(
    ("price", "side"),
    [
        ("2.009", 0),
        ("1.991", 0),
        ("1.99", 0),
        ("2.0100502", 0),
        ("1.9899", 1),
        ("2.0100503", -1),
        ("1.5", 1),
        ("9", -1),
    ],
)
def test_it_acts_only_beyond_the_fee(price: str, side: int) -> None:
    """Below 2 * (1 - 0.005) = 1.99 the pool is bought from, above 2 / (1 - 0.005) = 2.01005025 it is sold to."""
    trade = arbitrage(pool(price), TWO)
    assert (0 if trade is None else 1 if trade.is_buy else -1) == side


def test_at_the_fee_itself_it_still_waits() -> None:
    """A pool at 2 and a reference of 1.99 are half a percent apart: who sells to the pool gets the reference."""
    assert arbitrage(pool("2"), 1_990_000_000) is None
    assert arbitrage(pool("2"), 1_989_999_999) is not None


def test_a_purchase_by_hand() -> None:
    """60,000 XRP at 1.96 and no fee: the price is 2 where x = sqrt(60,000 * 117,600 / 2) = 59,396.9697.

    So 603.0303 XRP are bought, on the average at sqrt(1.96 * 2) = 1.9798990.
    """
    trade = arbitrage(pool("1.96", fee_ppm=0), TWO)
    assert trade is not None
    assert trade.is_buy
    assert trade.size_drops == pytest.approx(603_030_300, abs=100)
    assert trade.average_nano == pytest.approx(1_979_898_987, abs=1)


def test_a_sale_by_hand() -> None:
    """60,000 XRP at 2.0808 and no fee: the price is 2 where x = sqrt(60,000 * 124,848 / 2) = 61,200, so 1,200 are sold.

    On the average at sqrt(2.0808 * 2) = 2.04.
    """
    assert arbitrage(pool("2.0808", fee_ppm=0), TWO) == Arbitrage(
        is_buy=False, size_drops=1_200 * XRP, average_nano=2_040_000_000
    )


@pytest.mark.parametrize("price", ["1.9", "1.985", "2.015", "2.1"])
def test_the_trade_stops_at_the_discounted_fee(price: str) -> None:
    """After the trade the pool's price with a tenth of its fee is the reference, to a tenth of a basis point."""
    strayed = pool(price)
    trade = arbitrage(strayed, TWO)
    assert trade is not None
    left = strayed.xrp_drops - trade.size_drops if trade.is_buy else strayed.xrp_drops + trade.size_drops
    spot = float(strayed.rlusd) * strayed.xrp_drops / left / left * XRP  # x * y stays
    with_fee = spot / (1 - 0.0005) if trade.is_buy else spot * (1 - 0.0005)
    assert with_fee == pytest.approx(2.0, rel=1e-5)
    paid = float(strayed.rlusd) * (strayed.xrp_drops / left - 1) / (strayed.xrp_drops - left) * XRP
    paid_with_fee = paid / (1 - 0.0005) if trade.is_buy else paid * (1 - 0.0005)
    assert trade.average_nano == pytest.approx(paid_with_fee * 1e9, rel=1e-5)


@given(
    st.integers(100, 50_000_000),
    st.integers(1, 10**4),
    st.integers(1, 10**4),
    st.integers(1, 100).map(lambda bps: bps * 100),
)
def test_a_traded_pool_is_left_alone_and_has_not_been_overshot(
    xrp: int, price_cents: int, reference_cents: int, fee_ppm: int
) -> None:
    """Of any size, at any price and fee that a profile may have: one trade is enough, and it never changes sides."""
    view = PoolView(xrp * XRP, Decimal(price_cents) * xrp / 100, fee_ppm)
    reference_nano = reference_cents * 10**7
    trade = arbitrage(view, reference_nano)
    assume(trade is not None)
    assert trade is not None
    assert trade.size_drops > 0
    left = view.xrp_drops + (-trade.size_drops if trade.is_buy else trade.size_drops)
    assert left > 0
    product = view.xrp_drops * int(view.rlusd.scaleb(6))
    after = PoolView(left, Decimal(product // left).scaleb(-6), fee_ppm)
    assert arbitrage(after, reference_nano) is None
    spot_nano = int(view.rlusd.scaleb(15)) // view.xrp_drops
    low, high = sorted((spot_nano, reference_nano))
    assert low * 0.98 <= trade.average_nano <= high * 1.02


def test_the_average_lies_between_the_first_price_and_the_reference() -> None:
    """A limit at the reference itself would let the ledger fill on, until the average met it."""
    trade = arbitrage(pool("1.985"), TWO)
    assert trade is not None
    first_nano = int(Decimal("1.985") / Decimal("0.9995") * 10**9)
    assert first_nano < trade.average_nano < TWO
    assert trade.average_nano == isqrt(first_nano * TWO)


def test_it_sends_one_order_at_the_average_large_enough_for_what_stands_in_front() -> None:
    """Better offers on the book are met before the pool is."""
    view = HandView(pool("1.985"))
    view.ahead = 7 * XRP
    [tx] = acted(view)
    trade = arbitrage(pool("1.985"), TWO)
    assert trade is not None
    assert (tx["Account"], tx["Sequence"]) == (ARBITRAGEUR, 5)
    assert size_drops(tx) == trade.size_drops + 7 * XRP
    assert float(price(tx)) == pytest.approx(trade.average_nano / 1e9, rel=1e-6)


@pytest.mark.parametrize(
    ("spot", "buys", "flags"),
    [("1.985", True, TF_IMMEDIATE_OR_CANCEL), ("2.015", False, TF_IMMEDIATE_OR_CANCEL | TF_SELL)],
)
def test_its_order_never_rests_and_a_sale_gives_all_that_it_offers(spot: str, buys: bool, flags: int) -> None:
    [tx] = acted(HandView(pool(spot)))
    assert (is_buy(tx), tx["Flags"]) == (buys, flags)


def test_within_the_fee_or_without_a_pool_it_does_nothing() -> None:
    assert acted(HandView(pool("2.005"))) == []
    assert acted(HandView()) == []


def test_it_has_no_memory() -> None:
    """It acts on the ledger that it is shown, so a restart changes nothing: the same view, the same order."""
    who = Arbitrageur(ARBITRAGEUR)
    orders = []
    for _ in range(2):
        outbox = Outbox(lambda _: 5)
        who.act(seen(HandView(pool("1.9")), 1), outbox)
        orders.append(outbox.transactions)
    assert orders[0] == orders[1]
