"""What one tick wants on the book, worked by hand around a price of 2."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import WIDE, by_side, level, own, pool, settings, view

from neo.messages import Freeze, LossRoom, MarketView, OwnOffer, PoolState, QuotesWanted, Side
from neo.messages.reasons import HoldCode
from neo.risk import RiskLimits
from neo.strategy.quoter import Quoter
from neo.strategy.settings import QuoteSettings
from neo.strategy.ticks import TickClock

D = Decimal
USUAL = settings()


def wanted(market: MarketView, quote_settings: QuoteSettings = USUAL) -> QuotesWanted:
    """A first tick's answer."""
    answer = Quoter(quote_settings).on_view(market)
    assert answer is not None
    return answer


def codes(answer: QuotesWanted) -> list[tuple[HoldCode, Side | None]]:
    """Why something is missing."""
    return [(held.code, held.side) for held in answer.held_back]


# --- Where -------------------------------------------------------------------------------------------------------


def test_worked_example() -> None:
    """Around 2: 5 bps below is 1.999 and 10 bps above is 2.002, 15 RLUSD a side."""
    answer = wanted(view())
    assert answer.anchor_price == 2
    [bid], [ask] = by_side(answer).values()
    assert D("1.99899") < bid.price <= D("1.999")
    assert (ask.price, ask.xrp_drops, ask.rlusd) == (D("2.002"), 7_492_507, D("14.999999014"))
    assert D("14.99") < bid.rlusd <= 15
    assert (answer.withdraw, answer.held_back) == ((), ())


@given(
    mid=st.decimals(min_value="0.01", max_value="50", places=6),
    half_spread_bps=st.integers(1, 30),
    bid_bps=st.integers(0, 50),
    ask_bps=st.integers(0, 50),
    digits=st.integers(5, 8),
    pool_bps=st.integers(-100, 100),
    levels=st.integers(1, 3),
)
def test_a_quote_stays_behind_the_merged_touch(
    mid: Decimal, half_spread_bps: int, bid_bps: int, ask_bps: int, digits: int, pool_bps: int, levels: int
) -> None:
    """Whatever the offsets: below the cheapest ask of book and pool, above the dearest bid, and bids below asks."""
    half = mid * half_spread_bps / 10_000
    spot = mid * (10_000 + pool_bps) / 10_000
    market = view(bids=(str(mid - half),), asks=(str(mid + half),), pool=PoolState(10**12, spot * 10**6, 300, spot))
    answer = wanted(
        market,
        settings(
            model_settings={"bid_offset_bps": D(bid_bps), "ask_offset_bps": D(ask_bps)},
            anchor={"max_divergence_bps": D(1000)},
            price_digits=digits,
            levels=levels,
        ),
    )
    fee = D("0.003")
    for quote in answer.quotes:
        if quote.side is Side.BUY:
            assert quote.price < min(market.asks[0].price, spot / (1 - fee))
        else:
            assert quote.price > max(market.bids[0].price, spot * (1 - fee))
        assert quote.rlusd <= 15
    bids, asks = ([quote.price for quote in side] for side in by_side(answer).values())
    assert max(bids, default=D(0)) <= min(asks, default=D(10**9))
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))


def test_dust_is_no_price_but_is_not_taken_either() -> None:
    """An ask of half an RLUSD at 1.9985 makes no middle, but our bid at 1.999 would take it: it goes behind."""
    answer = wanted(view(asks=(level("1.9985", "0.5"), "2.001"), bids=("1.998",)))
    [bid] = by_side(answer)[Side.BUY]
    assert answer.anchor_price == D("1.9995")
    assert bid.price < D("1.9985")


def test_our_own_other_side_is_not_met() -> None:
    """The market jumped up 20 bps over our old ask at 2.001: the new bid waits below it for the ask to move first."""
    stale = own("o2", Side.SELL, "2.001")
    answer = wanted(view(bids=("2.003",), asks=("2.005",), own=(stale,)))
    [bid], [ask] = by_side(answer).values()
    assert bid.price < D("2.001")
    assert ask.replaces == "o2"


def test_levels_lie_a_step_apart() -> None:
    """Three levels of 4 bps: bids 5, 9 and 13 bps below 2, asks 10, 14 and 18 above."""
    bids, asks = by_side(wanted(view(), settings(levels=3))).values()
    assert [round((2 - bid.price) * 5000, 1) for bid in bids] == [5, 9, 13]
    assert [round((ask.price - 2) * 5000, 1) for ask in asks] == [10, 14, 18]


# --- Whether -----------------------------------------------------------------------------------------------------


def test_the_floor_moves_a_quote_out() -> None:
    """11 bps a minute over 9 s are 4.26 bps; twice that is more than the bid's 5 and less than the ask's 10."""
    [bid], [ask] = by_side(wanted(view(), settings(viability_sigmas=D(2)))).values()
    assert round((2 - bid.price) * 5000, 1) == D("8.5")
    assert ask.price == D("2.002")


def test_the_floor_is_of_the_books_movement_and_not_of_the_anchors() -> None:
    """The pool jumps by 2.5 bps and back, the anchor with it, while the book stands still: no floor."""
    quoter = Quoter(settings(viability_sigmas=D(10), volatility_initial_bps_minute=D(0)))
    for index, spot in enumerate(["2", "2.0005", "2", "2.0005", "2"], start=11):
        answer = quoter.on_view(view(pool=pool(spot), ledger_index=index))
    assert answer is not None
    [bid], _ = by_side(answer).values()
    assert round((2 - bid.price) * 5000, 1) == 5


def test_the_ceiling_moves_a_quote_in() -> None:
    """A pool with a fee of 8 bps undercuts an ask at 10: it goes to 8, where a taker still comes to us."""
    _, [ask] = by_side(wanted(view(pool=pool("2", trading_fee_per_100k=80)))).values()
    assert round((ask.price - 2) * 5000, 1) == D("8.1")


def test_where_the_floor_is_above_the_ceiling_nothing_is_quoted() -> None:
    """8.5 bps of movement and a pool at 4: no quote on either side, what rests goes, and the numbers say why."""
    resting = (own("o1", Side.BUY, "1.9995"), own("o2", Side.SELL, "2.0005"))
    answer = wanted(view(pool=pool("2", trading_fee_per_100k=40), own=resting), settings(viability_sigmas=D(2)))
    assert answer.quotes == ()
    assert answer.withdraw == ("o1", "o2")
    assert codes(answer) == [(HoldCode.NOT_VIABLE, Side.BUY), (HoldCode.NOT_VIABLE, Side.SELL)]
    assert answer.held_back[0].detail.startswith("level 1: 8.52 > 4.0")


def test_a_level_beyond_the_ceiling_is_left_out() -> None:
    """Levels at 5, 9 and 13 bps under a pool at 10: two of them stay."""
    answer = wanted(view(pool=pool("2", trading_fee_per_100k=100)), settings(levels=3))
    assert len(by_side(answer)[Side.BUY]) == 2
    assert (HoldCode.NOT_VIABLE, Side.BUY) in codes(answer)


def test_without_an_anchor_everything_is_withdrawn() -> None:
    """Pool and book 11 bps apart: what rests goes, what is under way can't, and the reason is told."""
    resting = (own("o1", Side.BUY, "1.999"), own("o2", Side.SELL, "2.001", pending=True))
    answer = wanted(view(pool=pool("2.0022"), own=resting))
    assert (answer.anchor_price, answer.quotes, answer.withdraw) == (None, (), ("o1",))
    assert codes(answer) == [(HoldCode.ANCHOR_DIVERGED, None)]


def test_a_side_with_an_order_under_way_is_left_alone() -> None:
    """Until a ledger shows what became of it, a second order could double the exposure."""
    answer = wanted(view(own=(own("o1", Side.BUY, "1.99", pending=True),)))
    assert not by_side(answer)[Side.BUY]
    assert codes(answer) == [(HoldCode.ORDER_PENDING, Side.BUY)]


def test_a_size_that_can_not_be_placed_is_not_quoted() -> None:
    """Less than the least remainder would be dust of our own."""
    answer = wanted(view(own=(own("o1", Side.BUY, "1.99"),)), settings(base_size_rlusd=D("2.9")))
    assert answer.quotes == ()
    assert answer.withdraw == ("o1",)
    assert codes(answer) == [(HoldCode.BELOW_MINIMUM, Side.BUY), (HoldCode.BELOW_MINIMUM, Side.SELL)]


# --- When --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "rlusd", "ledger_index", "stays"),
    [
        ("1.999", "15", 10, True),
        ("1.99919", "15", 10, True),  # 0.95 bps off; the tolerance is 1
        ("1.9991999", "15", 10, True),  # 1 bps off
        ("1.9988001", "15", 10, True),
        ("1.99921", "15", 10, False),
        ("1.99879", "15", 10, False),
        ("1.999", "3", 10, True),  # the least remainder
        ("1.999", "2.99", 10, False),
        ("1.999", "15", 1, True),  # ten ledgers old
        ("1.999", "15", 0, False),
    ],
)
def test_a_quote_is_replaced_only_for_a_reason(price: str, rlusd: str, ledger_index: int, *, stays: bool) -> None:
    """Off by more than the tolerance, too little left of it, or too old: then in one transaction."""
    resting = own("o1", Side.BUY, price, rlusd=rlusd, ledger_index=ledger_index)
    answer = wanted(view(own=(resting,)))
    bids = by_side(answer)[Side.BUY]
    assert [bid.replaces for bid in bids] == ([] if stays else ["o1"])
    assert (answer.withdraw, answer.held_back) == ((), ())


def test_levels_are_matched_by_rank_and_one_too_many_goes() -> None:
    """The best offer is replaced by the best quote; a third offer for two levels is cancelled."""
    resting = tuple(own(f"o{n}", Side.BUY, price) for n, price in enumerate(("1.990", "1.995", "1.985"), 1))
    answer = wanted(view(own=resting), settings(levels=2))
    assert [bid.replaces for bid in by_side(answer)[Side.BUY]] == ["o2", "o1"]
    assert answer.withdraw == ("o3",)


@pytest.mark.parametrize(
    ("closes", "ticks"),
    [((4, 8, 12), (1, 2, 3)), ((3, 6, 9, 12, 15), (1, None, 2, None, 3)), ((5, 10, 15), (1, 2, 3))],
)
def test_ticks_follow_the_ledgers(closes: tuple[int, ...], ticks: tuple[int | None, ...]) -> None:
    """A tick is the first ledger at least an interval after the last tick, whatever the ledgers' pace."""
    clock = TickClock(4)
    assert tuple(clock.due(index, close_s) for index, close_s in enumerate(closes)) == ticks


def test_a_ledger_seen_again_is_the_same_tick_with_the_same_answer() -> None:
    """After a crash in the middle of a tick it is decided again, under its own number, and nothing counts twice."""
    quoter = Quoter(settings(viability_sigmas=D(1)))
    first = quoter.on_view(view(bids=("1.999",), asks=("2.001",)))
    moved = view(bids=("1.998",), asks=("2.000",), ledger_index=12)
    second, again = quoter.on_view(moved), quoter.on_view(moved)
    assert first is not None
    assert second is not None
    assert (first.tick, second.tick) == (1, 2)
    assert again == second


def test_a_ledger_between_ticks_is_seen_all_the_same() -> None:
    """With a tick every two ledgers, a parting in between keeps quotes away until pool and book meet again."""
    quoter = Quoter(settings(tick_interval_s=8))
    assert quoter.on_view(view(pool=pool("2"))) is not None
    assert quoter.on_view(view(pool=pool("2.0022"), ledger_index=12)) is None
    answer = quoter.on_view(view(pool=pool("2.0018"), ledger_index=13))
    assert answer is not None
    assert codes(answer) == [(HoldCode.ANCHOR_DIVERGED, None)]


def test_inventory_is_counted_around_the_target() -> None:
    """100 XRP at 2 and 100 RLUSD are two thirds XRP: 16.7 points over a half, times 12 bps, moves both down by 2."""
    leaning = settings(model_settings={"inventory_skew_bps": D(12)})
    [bid], [ask] = by_side(wanted(view(rlusd="100"), leaning)).values()
    assert round((2 - bid.price) * 5000, 1) == 7
    assert round((ask.price - 2) * 5000, 1) == 8


# --- How much ----------------------------------------------------------------------------------------------------


def sized(
    *, levels: int = 1, own: tuple[OwnOffer, ...] = (), limits: RiskLimits = WIDE, **held: Any
) -> dict[Side, list[Decimal]]:
    """RLUSD of each quote by side."""
    answer = wanted(view(own=own, **held), settings(levels=levels, limits=limits))
    return {side: [round(quote.rlusd, 1) for quote in quotes] for side, quotes in by_side(answer).items()}


def test_a_side_that_has_plenty_quotes_the_base_size() -> None:
    """Twice the base size, for the offer and its replacement, and a little for what rounding takes."""
    assert sized(rlusd="30.1") == {Side.BUY: [15], Side.SELL: [15]}


def test_a_side_short_of_money_quotes_half_of_it_and_keeps_half_for_the_replacement() -> None:
    """20 RLUSD back 10 and then 10 more; 9 XRP, less 1.2 of reserve and 0.4 for two offers, are 7.4: 7.4 RLUSD each."""
    assert sized(rlusd="20", xrp_drops=9_000_000) == {Side.BUY: [10], Side.SELL: [D("7.4")]}
    resting = own("o1", Side.BUY, "1.99", rlusd="10")
    assert sized(rlusd="20", own=(resting,))[Side.BUY] == [10]


def test_levels_share_what_there_is() -> None:
    """40 RLUSD back two offers of 10 and the two that may replace them."""
    assert sized(levels=2, rlusd="40")[Side.BUY] == [10, 10]


def test_an_exposure_limit_and_a_loss_limit_make_quotes_smaller_too() -> None:
    """Of the 220 that 100 XRP at 2 may be worth 200 are used up; RLUSD may be 212, of which 200 are held.

    A fall of 10 % takes 20 of what is held. 21 may be lost: 1 more, which a bid of some 10 loses, and half of it.
    """
    tight = msgspec.structs.replace(WIDE, max_xrp_exposure=D(220), max_rlusd_exposure=D(212))
    assert sized(limits=tight) == {Side.BUY: [10], Side.SELL: [6]}
    room = LossRoom(D(21), "risk.max_session_loss_rlusd", D(1000), D(50))
    assert sized(loss_room=room) == {Side.BUY: [5], Side.SELL: [15]}


def test_what_does_not_even_suffice_for_the_least_is_wanted_all_the_same() -> None:
    """Risk refuses it, with its code and numbers, and takes away what rests; then the next tick has room again."""
    assert sized(rlusd="2")[Side.BUY] == [3]
    resting = own("o1", Side.BUY, "1.99", rlusd="3")
    assert sized(rlusd="5", own=(resting,))[Side.BUY] == [3]


def test_a_base_size_that_is_the_least_is_placed() -> None:
    """Rounding takes a little of every size, and that little doesn't make it too small."""
    answer = wanted(view(), settings(base_size_rlusd=D(3)))
    assert len(answer.quotes) == 2
    assert answer.held_back == ()
    [bid] = by_side(answer)[Side.BUY]
    resting = own("o1", Side.BUY, str(bid.price), rlusd=str(bid.rlusd))
    assert by_side(wanted(view(own=(resting,)), settings(base_size_rlusd=D(3))))[Side.BUY] == []


@pytest.mark.parametrize("freeze", list(Freeze))
def test_any_freeze_stops_both_sides_and_pulls_what_rests(freeze: Freeze) -> None:
    """A frozen line's bids would still fill while its asks can't: nothing is quoted, and the code says why."""
    ours = (own("o1", Side.BUY, "1.99"), own("o2", Side.SELL, "2.01"), own("o3", Side.SELL, "2.02", pending=True))
    answer = wanted(msgspec.structs.replace(view(own=ours), freezes=(freeze,)))
    assert answer.quotes == ()
    assert answer.withdraw == ("o1", "o2")
    assert [(held.code, held.side, held.detail) for held in answer.held_back] == [(HoldCode.FROZEN, None, str(freeze))]
