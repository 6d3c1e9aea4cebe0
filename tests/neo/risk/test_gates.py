"""Each gate by itself, just under its limit, at it and just over it, with figures that are worked out by hand.

Method: one quote of 7.5 XRP beside an account of 100 XRP and 200 RLUSD at a price of 2. What a gate looks at is given
as the judge gives it; what the gates say together is told in test_judge.py.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.quoting_views import own, view
from support.risk_ticks import ASK, BID, LIMITS, ask, bid, tick

from neo.messages import CapitalUnderWay, LossRoom, MarketView, Quote, Refusal, Side, Spent
from neo.messages.reasons import RefusalCode
from neo.risk import gates
from neo.risk.gates import Case
from neo.risk.room import Room

D = Decimal
TWO = D(2)


def case(
    quote: Quote,
    market: MarketView | None = None,
    *,
    others: tuple[Quote, ...] = (),
    passed: tuple[Quote, ...] = (),
    adding: tuple[Side, ...] = (),
    withdraw: tuple[str, ...] = (),
    anchor: str | None = "2",
    **limits: Any,
) -> Case:
    """A quote with those that passed before it and those that are still to be judged."""
    wanted = tick(*passed, quote, *others, market=market, anchor=anchor, withdraw=withdraw)
    all_limits = msgspec.structs.replace(LIMITS, **limits)
    count = len(wanted.quotes)
    room = Room(all_limits, wanted.view, TWO, quotes=count, objects=count, beside=passed)
    load = room.load(quote.side).beside(quote)
    return Case(all_limits, wanted, frozenset(adding), passed, quote, room, load)


def said(refusal: Refusal | None) -> str | None:
    """A refusal's numbers; its code and side are the gate's and the quote's."""
    return None if refusal is None else refusal.detail


# --- Near a limit ------------------------------------------------------------------------------------------------


def test_only_the_side_that_adds_is_refused_and_told_what_is_held() -> None:
    """100 XRP are worth 200, and 200 RLUSD are held."""
    adding = (Side.BUY,)
    assert gates.reduce_only(case(BID, adding=adding)) == Refusal(
        RefusalCode.REDUCE_ONLY, Side.BUY, "200.00 > 90% of 250"
    )
    assert gates.reduce_only(case(ASK, adding=adding)) is None
    assert said(gates.reduce_only(case(ASK, view(rlusd="230.5"), adding=(Side.SELL,)))) == "230.50 > 90% of 250"
    assert gates.reduce_only(case(BID)) is None


def test_the_share_is_told_as_the_profile_writes_it() -> None:
    """The operator finds in the refusal the very percentage that he set."""
    refusal = gates.reduce_only(case(BID, adding=(Side.BUY,), reduce_only_share=D("0.875")))
    assert said(refusal) == "200.00 > 87.5% of 250"


# --- Size and price ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quote", [BID, ASK])
@pytest.mark.parametrize(
    ("rlusd", "detail"), [("24.999999999999999", None), ("25", None), ("25.000000000000001", "25.00 > 25")]
)
def test_an_order_is_at_most_as_large_as_the_largest(quote: Quote, rlusd: str, detail: str | None) -> None:
    """The limit itself may be quoted; the smallest amount above it may not."""
    assert said(gates.order_size(case(msgspec.structs.replace(quote, rlusd=D(rlusd))))) == detail


@pytest.mark.parametrize(
    ("price", "detail"),
    [
        ("2", None),
        ("1.98", None),
        ("2.02", None),
        ("1.97999998", "100.00 > 100 bps"),  # 100.0001
        ("2.02000002", "100.00 > 100 bps"),
        ("1.9", "500.00 > 100 bps"),
        ("0.0001", "9999.50 > 100 bps"),
    ],
)
def test_a_price_lies_within_the_band_on_both_sides_of_the_anchor(price: str, detail: str | None) -> None:
    """100 bps of 2 are 0.02, whichever side the quote is of."""
    assert said(gates.price_band(case(bid(price=D(price))))) == detail
    assert said(gates.price_band(case(ask(price=D(price))))) == detail


def test_without_an_anchor_no_price_is_near_it() -> None:
    """With no price to compare with nothing is quoted, rather than anything."""
    assert said(gates.price_band(case(BID, anchor=None))) == "no anchor"


@pytest.mark.parametrize(
    ("price", "detail"), [("2.00099", None), ("2.001", "bid 2.001 >= ask 2.001"), ("2.0011", "bid 2.0011 >= ask 2.001")]
)
def test_a_bid_stays_below_every_ask_of_ours(price: str, detail: str | None) -> None:
    """One that rests, one that is on its way there, or one that this tick wants, before or after the bid."""
    quote = bid(price=D(price))
    far = own("o2", Side.SELL, "2.5")
    assert said(gates.self_cross(case(quote, view(own=(far, own("o1", Side.SELL, "2.001")))))) == detail
    assert said(gates.self_cross(case(quote, view(own=(far, own("o1", Side.SELL, "2.001", pending=True)))))) == detail
    assert said(gates.self_cross(case(quote, others=(ASK,)))) == detail
    assert said(gates.self_cross(case(quote, passed=(ASK,)))) == detail


@pytest.mark.parametrize(("price", "detail"), [("1.99901", None), ("1.999", "bid 1.999 >= ask 1.999")])
def test_an_ask_stays_above_every_bid_of_ours(price: str, detail: str | None) -> None:
    """The highest of them counts."""
    resting = (own("o1", Side.BUY, "1.999"), own("o2", Side.BUY, "1.5"))
    assert said(gates.self_cross(case(ask(price=D(price)), view(own=resting)))) == detail


def test_our_own_side_is_not_crossed_by_more_of_it() -> None:
    """Levels of one side may stand at any price beside each other, as they can't trade together."""
    resting = (own("o1", Side.BUY, "2.5"),)
    assert gates.self_cross(case(BID, view(own=resting), others=(bid(price=D("2.4")),))) is None


# --- Exposure ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xrp_drops", "detail"), [(117_499_999, None), (117_500_000, None), (117_500_001, "250.00 > 250")]
)
def test_what_we_hold_and_all_bids_are_worth_at_most_the_limit(xrp_drops: int, detail: str | None) -> None:
    """117.5 XRP and the bid's 7.5 are 125, at 2 worth 250. An ask adds no XRP."""
    assert said(gates.xrp_exposure(case(BID, view(xrp_drops=xrp_drops)))) == detail
    assert gates.xrp_exposure(case(ASK, view(xrp_drops=10**12))) is None


def test_bids_beside_it_and_a_deposit_under_way_take_their_part_of_the_exposure() -> None:
    """110 XRP, 7.5 in another bid of the tick and 7.5 in this one are 125; a drop more is too much."""
    assert gates.xrp_exposure(case(BID, view(xrp_drops=110_000_000), passed=(BID,))) is None
    coming = CapitalUnderWay(1, 0, D(0), D(0))
    assert said(gates.xrp_exposure(case(BID, view(xrp_drops=110_000_000, capital=coming), passed=(BID,)))) == (
        "250.00 > 250"
    )


@pytest.mark.parametrize(
    ("rlusd", "detail"),
    [("234.992499999999999", None), ("234.9925", None), ("234.992500000000001", "250.00 > 250")],
)
def test_what_we_hold_and_all_asks_bring_at_most_the_limit(rlusd: str, detail: str | None) -> None:
    """234.9925 and the ask's 15.0075 are 250. A bid brings no RLUSD."""
    assert said(gates.rlusd_exposure(case(ASK, view(rlusd=rlusd)))) == detail
    assert gates.rlusd_exposure(case(BID, view(rlusd="10000"))) is None


# --- What backs it -----------------------------------------------------------------------------------------------

# The reserve is 1.2 XRP, the quote's object 0.2, to place and to cancel it 20 drops; the buffer is 2 XRP.
LEAST_DROPS = 1_400_020


@pytest.mark.parametrize(
    ("xrp_drops", "detail"), [(LEAST_DROPS + 1, None), (LEAST_DROPS, None), (LEAST_DROPS - 1, "1.40 > 1.40 XRP")]
)
def test_a_bid_alone_needs_the_reserve_and_may_lock_up_the_buffer(xrp_drops: int, detail: str | None) -> None:
    """An account that is short of XRP may still buy itself out, until the reserve itself is short."""
    assert said(gates.reserve(case(BID, view(xrp_drops=xrp_drops)))) == detail


@pytest.mark.parametrize(
    ("xrp_drops", "detail"),
    [(LEAST_DROPS + 2_000_000, None), (LEAST_DROPS + 1_999_999, "3.40 > 3.40 XRP"), (1_000_000, "3.40 > 1.00 XRP")],
)
def test_an_ask_needs_the_reserve_and_the_whole_buffer(xrp_drops: int, detail: str | None) -> None:
    """Nothing is offered for sale while the account has less XRP than the operator keeps back."""
    assert said(gates.reserve(case(ASK, view(xrp_drops=xrp_drops)))) == detail


@pytest.mark.parametrize(("more_drops", "detail"), [(0, None), (-1, "3.40 > 3.40 XRP")])
def test_beside_an_ask_a_bid_leaves_it_the_buffer(more_drops: int, detail: str | None) -> None:
    """The ask that rests may take 7.5 XRP, and its cancel another 20 drops."""
    resting = own("o1", Side.SELL, "2.001", rlusd="15.0075")
    least_drops = LEAST_DROPS + 2_000_000 + 7_500_000 + 20
    assert said(gates.reserve(case(BID, view(xrp_drops=least_drops + more_drops, own=(resting,))))) == detail


def test_a_withdrawal_under_way_is_no_reserve() -> None:
    """XRP that is about to leave is not counted on, even while the ledger still shows it."""
    leaving = CapitalUnderWay(0, 1, D(0), D(0))
    assert said(gates.reserve(case(BID, view(xrp_drops=LEAST_DROPS, capital=leaving)))) == "1.40 > 1.40 XRP"


@pytest.mark.parametrize(
    ("xrp_drops", "detail"), [(10_900_021, None), (10_900_020, None), (10_900_019, "7.50 > 7.50"), (0, "7.50 > -3.40")]
)
def test_an_ask_is_backed_in_full_by_what_is_free(xrp_drops: int, detail: str | None) -> None:
    """7.5 XRP beside 1.40002 locked up and the buffer of 2. A bid needs none of it."""
    assert said(gates.free_xrp(case(ASK, view(xrp_drops=xrp_drops)))) == detail
    assert gates.free_xrp(case(BID, view(xrp_drops=0))) is None


@pytest.mark.parametrize(("rlusd", "detail"), [("14.9925", None), ("14.992499999999999", "14.99 > 14.99")])
def test_a_bid_is_backed_in_full_by_what_is_free(rlusd: str, detail: str | None) -> None:
    """An ask needs none of it."""
    assert said(gates.free_rlusd(case(BID, view(rlusd=rlusd)))) == detail
    assert gates.free_rlusd(case(ASK, view(rlusd="0"))) is None


# --- A fall ------------------------------------------------------------------------------------------------------


def falling(rlusd: str, move_bps: str = "100") -> MarketView:
    """A market with so much left of a loss limit."""
    return view(loss_room=LossRoom(D(rlusd), "risk.max_drawdown_rlusd", D(move_bps), D(50)))


@pytest.mark.parametrize(
    ("rlusd", "detail"),
    [
        ("2.14254", None),
        ("2.142539", "2.14 in a move of 100.00 bps > 2.14 left of risk.max_drawdown_rlusd"),
        ("-1", "2.14 in a move of 100.00 bps > -1.00 left of risk.max_drawdown_rlusd"),
    ],
)
def test_a_bid_must_survive_the_largest_move_of_late(rlusd: str, detail: str | None) -> None:
    """From 2 to 1.98: 100 XRP lose 2, the bid of 7.5 XRP for 14.9925 loses 0.1425, 20 drops of fees are 0.00004."""
    assert said(gates.loss_room(case(BID, falling(rlusd)))) == detail


@pytest.mark.parametrize(("price", "rlusd", "passes"), [("1.98", "14.85", True), ("1.981", "14.8575", False)])
def test_a_bid_below_the_fall_loses_nothing(price: str, rlusd: str, passes: bool) -> None:
    """At 1.98 it costs what it is worth then; a tick of 0.001 higher it loses 0.0075."""
    refusal = gates.loss_room(case(bid(price=D(price), rlusd=D(rlusd)), falling("2.00004")))
    assert (refusal is None) is passes


def test_an_ask_takes_from_what_may_fall_and_without_a_price_there_is_no_room_to_judge() -> None:
    """The limit on loss never keeps anybody from selling out of a falling market."""
    assert gates.loss_room(case(ASK, falling("-100"))) is None
    assert gates.loss_room(case(BID)) is None


# --- Budgets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fees_day_drops", "detail"), [(989, None), (990, None), (991, "0.001001 > 0.001000 XRP")])
def test_a_days_fees_leave_room_for_this_order(fees_day_drops: int, detail: str | None) -> None:
    """Of 1,000 drops; an order burns 10."""
    for quote in (BID, ASK):
        assert said(gates.fee_budget(case(quote, view(spent=Spent(fees_day_drops, 0))))) == detail


def test_orders_under_way_cancels_and_what_passed_before_count_with_a_fee_each() -> None:
    """One order on its way, two cancels, one quote before this one: 50 drops with it. One that rests has paid."""
    offers = (own("o1", Side.BUY, "1.9", pending=True), own("o2", Side.BUY, "1.8"))
    for spent_drops, detail in ((950, None), (951, "0.001001 > 0.001000 XRP")):
        market = view(own=offers, spent=Spent(spent_drops, 0))
        assert said(gates.fee_budget(case(BID, market, passed=(BID,), withdraw=("o8", "o9")))) == detail


@pytest.mark.parametrize(("requests", "detail"), [(38, None), (39, None), (40, "41 > 40 in a minute")])
def test_a_minutes_requests_leave_cancels_their_share(requests: int, detail: str | None) -> None:
    """Of 60, cancels keep 20."""
    for quote in (BID, ASK):
        assert said(gates.request_budget(case(quote, view(spent=Spent(0, requests))))) == detail


def test_cancels_of_this_tick_and_what_passed_before_are_requests_too() -> None:
    """The limit of requests holds for all that is sent in the minute, not only for quotes."""
    for spent, detail in ((36, None), (37, "41 > 40 in a minute")):
        market = view(spent=Spent(0, spent))
        assert said(gates.request_budget(case(BID, market, passed=(BID,), withdraw=("o8", "o9")))) == detail


# --- All of them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gate", gates.GATES, ids=lambda gate: gate.__name__)
def test_a_quote_that_nothing_speaks_against_passes_each_gate(gate: gates.Gate) -> None:
    """A sound market is quoted: no gate refuses without a cause."""
    for quote in (BID, ASK):
        assert gate(case(quote, falling("100"))) is None


def test_a_gate_names_the_side_of_the_quote_and_a_code_that_no_other_gate_has() -> None:
    """Provoked all at once: limits of next to nothing, an empty account, both sides near their limits."""
    nothing = view(xrp_drops=0, rlusd="0", own=(own("o1", Side.BUY, "3"), own("o2", Side.SELL, "1")))
    nothing = msgspec.structs.replace(
        nothing, spent=Spent(10**9, 10**9), loss_room=LossRoom(D(-1), "a limit", D(100), D(50))
    )
    least: dict[str, Any] = {
        "max_xrp_exposure": D("0.01"),
        "max_rlusd_exposure": D("0.01"),
        "max_order_rlusd": D("0.01"),
    }
    found: dict[Side, list[RefusalCode]] = {}
    for quote in (bid(price=D("2.5")), ask(price=D("1.5"))):
        judged = case(quote, nothing, adding=tuple(Side), **least)
        refusals = [refusal for gate in gates.GATES if (refusal := gate(judged)) is not None]
        assert {refusal.side for refusal in refusals} == {quote.side}
        found[quote.side] = [refusal.code for refusal in refusals]
        assert len(set(found[quote.side])) == len(found[quote.side])
    assert {*found[Side.BUY], *found[Side.SELL]} == {*RefusalCode} - {RefusalCode.HALTED}
    assert {*found[Side.BUY]} - {*found[Side.SELL]} == {
        RefusalCode.XRP_EXPOSURE,
        RefusalCode.INSUFFICIENT_RLUSD,
        RefusalCode.LOSS_ROOM,
    }
