"""Where the strategy quotes, worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.messages import Balances, HeldBack, Level, MarketView, OwnOffer, Pool, Quote, Side, Spent
from neo.reasons import HoldCode
from neo.strategy import QuoteSettings, TickClock, quotes_wanted

D = Decimal
SETTINGS = QuoteSettings(bid_offset_bps=D(5), ask_offset_bps=D(10), base_size_rlusd=D(15), price_digits=6)


def view(
    bid: str | None = "1.999",
    ask: str | None = "2.001",
    pool: Pool | None = None,
    own_offers: tuple[OwnOffer, ...] = (),
) -> MarketView:
    """A market with these touches."""
    return MarketView(
        ledger_index=11,
        close_time_s=1004,
        bids=() if bid is None else (Level(D(bid), 10_000_000, D(20)),),
        asks=() if ask is None else (Level(D(ask), 10_000_000, D(20)),),
        pool=pool,
        balances=Balances(100_000_000, D(200), 1_200_000, 1, 5),
        own_offers=own_offers,
        xrp_total_drops=100_000_000,
        rlusd_total=D(200),
        spent=Spent(0, 0),
    )


def sides(quotes: tuple[Quote, ...]) -> dict[Side, Quote]:
    return {quote.side: quote for quote in quotes}


def test_worked_example() -> None:
    """Around a mid of 2: 5 bps below is 1.999, 10 bps above is 2.002, 15 RLUSD a side."""
    wanted = quotes_wanted(SETTINGS, view(), 1)
    assert wanted.anchor_price == 2
    quotes = sides(wanted.quotes)
    assert quotes[Side.BUY] == Quote(Side.BUY, D("1.999"), 7_503_751, D("14.999998249"), None)
    assert quotes[Side.SELL] == Quote(Side.SELL, D("2.002"), 7_492_507, D("14.999999014"), None)


@given(
    mid=st.decimals(min_value="0.01", max_value="50", places=6),
    half_spread_bps=st.integers(0, 30),
    bid_bps=st.integers(0, 50),
    ask_bps=st.integers(0, 50),
    digits=st.integers(5, 8),
    pool_bps=st.integers(-100, 100),
)
def test_a_quote_stays_behind_the_merged_touch(
    mid: Decimal, half_spread_bps: int, bid_bps: int, ask_bps: int, digits: int, pool_bps: int
) -> None:
    """Whatever the offsets, a bid lies below the cheapest ask of book and pool, and an ask above the dearest bid."""
    half = mid * half_spread_bps / 10_000
    pool_price = mid * (10_000 + pool_bps) / 10_000
    pool = Pool(10**12, pool_price * 10**6, 300, pool_price)
    market = view(str(mid - half), str(mid + half), pool)
    settings = QuoteSettings(D(bid_bps), D(ask_bps), D(15), digits)
    quotes = sides(quotes_wanted(settings, market, 1).quotes)
    fee = D("0.003")
    assert quotes[Side.BUY].price < min(market.asks[0].price, pool_price * (1 + fee))
    assert quotes[Side.SELL].price > max(market.bids[0].price, pool_price * (1 - fee))
    for quote in quotes.values():
        assert quote.rlusd * 1_000_000 == quote.price * quote.xrp_drops
        assert len(quote.price.normalize().as_tuple().digits) <= digits
        assert quote.rlusd <= 15


def test_each_side_replaces_what_rests_there() -> None:
    """One offer a side: the new one takes the old one's place in the same transaction."""
    own = (
        OwnOffer("o1", Side.BUY, D("1.99"), 7_000_000, D(14), 5, False, 10),  # noqa: FBT003 - not pending
        OwnOffer("o2", Side.SELL, D("2.01"), 7_000_000, D(14), 6, False, 10),  # noqa: FBT003 - not pending
    )
    quotes = sides(quotes_wanted(SETTINGS, view(own_offers=own), 1).quotes)
    assert quotes[Side.BUY].replaces == "o1"
    assert quotes[Side.SELL].replaces == "o2"


def test_a_side_with_an_order_under_way_is_left_alone() -> None:
    """Until a ledger shows what became of it, a second order could double the exposure; the reason is told."""
    own = (OwnOffer("o1", Side.BUY, D("1.99"), 7_000_000, D(14), 5, True, 10),)  # noqa: FBT003 - pending
    wanted = quotes_wanted(SETTINGS, view(own_offers=own), 1)
    assert set(sides(wanted.quotes)) == {Side.SELL}
    assert wanted.held_back == (HeldBack(HoldCode.ORDER_PENDING, Side.BUY, ""),)


def test_the_pool_anchors_where_a_side_of_the_book_is_empty() -> None:
    """One side missing: the pool's spot price; no pool either: no quote, and the reason."""
    pool = Pool(10**12, D(1_900_000), 300, D("1.9"))
    assert quotes_wanted(SETTINGS, view(bid=None, pool=pool), 1).anchor_price == D("1.9")
    wanted = quotes_wanted(SETTINGS, view(bid=None), 1)
    assert wanted.quotes == ()
    assert wanted.held_back == (HeldBack(HoldCode.NO_ANCHOR, None, ""),)


@pytest.mark.parametrize(
    ("closes", "ticks"),
    [((4, 8, 12), (1, 2, 3)), ((3, 6, 9, 12, 15), (1, None, 2, None, 3)), ((5, 10, 15), (1, 2, 3))],
)
def test_ticks_follow_the_ledgers(closes: tuple[int, ...], ticks: tuple[int | None, ...]) -> None:
    """A tick is the first ledger at least an interval after the last tick, whatever the ledgers' pace."""
    clock = TickClock(4)
    assert tuple(clock.due(close_s) for close_s in closes) == ticks


def test_a_ledger_seen_again_is_the_same_tick() -> None:
    """After a crash in the middle of a tick, the tick is decided again under its own number."""
    clock = TickClock(4)
    assert clock.due(4) == 1
    assert clock.due(4) == 1
    assert clock.due(8) == 2
