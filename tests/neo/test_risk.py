"""The gates, each provoked by hand around a price of 2."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import own, view

from neo.halt import HaltReason
from neo.messages import MarketView, Quote, QuotesWanted, Side, Spent
from neo.money import value_rlusd
from neo.reasons import RefusalCode, RiskState
from neo.risk import GATES, RiskLimits, judge

D = Decimal
LIMITS = RiskLimits(
    max_xrp_exposure=D(250),
    max_rlusd_exposure=D(250),
    reduce_only_share=D("0.9"),
    max_order_rlusd=D(25),
    price_band_bps=D(100),
    reserve_buffer_drops=2_000_000,
    max_fees_day_drops=1000,
    max_requests_minute=60,
    cancel_requests_minute=20,
)
BID = Quote(Side.BUY, D("1.999"), 7_500_000, D("14.9925"), None)
ASK = Quote(Side.SELL, D("2.001"), 7_500_000, D("15.0075"), None)


def tick(
    *quotes: Quote, market: MarketView | None = None, anchor: str | None = "2", withdraw: tuple[str, ...] = ()
) -> QuotesWanted:
    """A tick's quotes; the usual account holds 100 XRP and 200 RLUSD."""
    price = None if anchor is None else D(anchor)
    market = market or view()
    return QuotesWanted(tick=3, view=market, anchor_price=price, quotes=quotes, withdraw=withdraw, held_back=())


def bid(**changes: Any) -> Quote:
    """The usual bid with these changed."""
    return msgspec.structs.replace(BID, **changes)


def ask(**changes: Any) -> Quote:
    """The usual ask with these changed."""
    return msgspec.structs.replace(ASK, **changes)


def test_what_breaks_no_limit_passes_whole() -> None:
    """Both quotes go on, unchanged, with the tick's number."""
    verdict = judge(LIMITS, tick(BID, ASK, withdraw=("o7",)))
    assert (verdict.tick, verdict.state) == (3, RiskState.ACTIVE)
    assert (verdict.quotes, verdict.withdraw, verdict.refusals, verdict.halt) == ((BID, ASK), ("o7",), (), None)


@pytest.mark.parametrize(
    ("quotes", "code", "detail"),
    [
        # 112.45 + 7.5 XRP are worth 239.90 at 2, less than 250; with another bid of 7.5 they aren't.
        (
            tick(BID, market=view(xrp_drops=112_450_000, own=(own("o1", Side.BUY, "1.998", rlusd="14.985"),))),
            RefusalCode.XRP_EXPOSURE,
            "254.90 > 250",
        ),
        (
            tick(ASK, market=view(rlusd="224", own=(own("o1", Side.SELL, "2.002"),))),
            RefusalCode.RLUSD_EXPOSURE,
            "254.01 > 250",
        ),
        (tick(BID, market=view(xrp_drops=112_600_000)), RefusalCode.REDUCE_ONLY, "225.20 > 90% of 250"),
        (tick(ASK, market=view(rlusd="225.01")), RefusalCode.REDUCE_ONLY, "225.01 > 90% of 250"),
        (tick(bid(rlusd=D("25.01"))), RefusalCode.ORDER_SIZE, "25.01 > 25"),
        (tick(bid(price=D("1.9799"))), RefusalCode.PRICE_BAND, "100.50 > 100 bps"),
        (tick(BID, anchor=None), RefusalCode.PRICE_BAND, "no anchor"),
        (
            tick(BID, market=view(own=(own("o9", Side.SELL, "1.999"),))),
            RefusalCode.SELF_CROSS,
            "bid 1.999 >= ask 1.999",
        ),
        (tick(bid(price=D("2.001")), ASK), RefusalCode.SELF_CROSS, "bid 2.001 >= ask 2.001"),
        # The reserve is 1.2 XRP and the buffer 2.
        (tick(BID, market=view(xrp_drops=3_199_999)), RefusalCode.RESERVE, "3.20 > 3.20 XRP"),
        (tick(ASK, market=view(xrp_drops=10_699_999)), RefusalCode.INSUFFICIENT_XRP, "7.50 > 7.50"),
        (tick(BID, market=view(rlusd="14.99")), RefusalCode.INSUFFICIENT_RLUSD, "14.99 > 14.99"),
        (tick(BID, market=view(spent=Spent(1000, 0))), RefusalCode.FEE_BUDGET, "0.001000 >= 0.001000 XRP"),
        (tick(BID, market=view(spent=Spent(0, 40))), RefusalCode.REQUEST_BUDGET, "41 > 40 in a minute"),
        (tick(BID, market=view(rlusd="250.01")), RefusalCode.HALTED, "250.01 > 250"),
    ],
)
def test_each_gate_refuses_with_its_code_and_numbers(quotes: QuotesWanted, code: RefusalCode, detail: str) -> None:
    """A refusal is a value: code, side, and the numbers on both sides of the limit."""
    verdict = judge(LIMITS, quotes)
    assert quotes.quotes[0] not in verdict.quotes
    refusal = verdict.refusals[0]
    assert (refusal.code, refusal.side, refusal.detail) == (code, quotes.quotes[0].side, detail)


@pytest.mark.parametrize(
    "quotes",
    [
        tick(BID, market=view(xrp_drops=112_450_000)),
        tick(ASK, market=view(rlusd="225")),
        tick(bid(rlusd=D(25))),
        tick(bid(price=D("1.98"))),
        tick(BID, market=view(own=(own("o9", Side.SELL, "1.99901"),))),
        tick(BID, market=view(xrp_drops=3_200_000)),
        tick(ASK, market=view(xrp_drops=10_700_000)),
        tick(BID, market=view(rlusd="14.9925")),
        tick(BID, market=view(spent=Spent(999, 39))),
        tick(BID, market=view(rlusd="250")),
    ],
)
def test_at_a_limit_a_quote_still_passes(quotes: QuotesWanted) -> None:
    """Every limit is the last value that is allowed."""
    assert judge(LIMITS, quotes).quotes == quotes.quotes


def test_a_replaced_offer_and_its_replacement_may_both_be_filled() -> None:
    """The old bid may be filled while the new one is on its way: both must fit under the exposure limit.

    111 XRP, 7.5 in the resting bid and 7.5 in the new one are worth 252 at 2.
    """
    resting = own("o1", Side.BUY, "1.998", rlusd="14.985")
    verdict = judge(LIMITS, tick(bid(replaces="o1"), market=view(xrp_drops=111_000_000, own=(resting,))))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.XRP_EXPOSURE]
    assert verdict.withdraw == ("o1",)
    # And so with asks: 222 RLUSD, 15 for the resting one and 15.01 for the new one.
    resting = own("o1", Side.SELL, "2.002")
    verdict = judge(LIMITS, tick(ask(replaces="o1"), market=view(rlusd="222", own=(resting,))))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.RLUSD_EXPOSURE]
    assert verdict.withdraw == ("o1",)


def test_what_a_replaced_offer_locks_up_is_free_for_its_replacement() -> None:
    """20 RLUSD back one bid of 15 after another, but not two at once."""
    resting = own("o1", Side.BUY, "1.998")
    assert judge(LIMITS, tick(bid(replaces="o1"), market=view(rlusd="20", own=(resting,)))).refusals == ()
    verdict = judge(LIMITS, tick(BID, market=view(rlusd="20", own=(resting,))))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_RLUSD]
    # Two levels at once: 31 RLUSD back two bids of 15 after two others.
    both = (resting, own("o2", Side.BUY, "1.997"))
    renewed = tick(bid(replaces="o1"), bid(replaces="o2"), market=view(xrp_drops=90_000_000, rlusd="31", own=both))
    assert judge(LIMITS, renewed).refusals == ()


def test_levels_of_one_tick_are_counted_together() -> None:
    """35 RLUSD back two bids of 15: the third level is refused, and the budget for requests counts each of them."""
    levels = tuple(bid(price=D("1.999") - n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*levels, market=view(rlusd="35")))
    assert verdict.quotes == levels[:2]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_RLUSD]
    # 18.2 XRP, less the reserve and the buffer, back two asks of 7.5.
    asks = tuple(ask(price=D("2.001") + n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*asks, market=view(xrp_drops=18_200_000)))
    assert verdict.quotes == asks[:2]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_XRP]
    verdict = judge(LIMITS, tick(*levels, withdraw=("o7",), market=view(spent=Spent(0, 38))))
    assert verdict.quotes == levels[:1]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.REQUEST_BUDGET] * 2


def test_a_budget_that_runs_short_takes_from_both_sides_in_turn() -> None:
    """Of 40 requests 37 are used: three quotes of four pass, the nearest ones first, and of the last two now one side's
    and at the next tick the other's. What passes keeps its order."""
    far_bid, far_ask = bid(price=D("1.998")), ask(price=D("2.002"))
    wanted = tick(BID, far_bid, ASK, far_ask, market=view(spent=Spent(0, 37)))
    assert judge(LIMITS, wanted).quotes == (BID, far_bid, ASK)
    assert judge(LIMITS, msgspec.structs.replace(wanted, tick=4)).quotes == (BID, ASK, far_ask)
    one_left = tick(BID, ASK, market=view(spent=Spent(0, 39)))
    assert judge(LIMITS, one_left).quotes == (BID,)
    assert judge(LIMITS, msgspec.structs.replace(one_left, tick=4)).quotes == (ASK,)


def test_levels_of_one_tick_must_all_fit_under_an_exposure_limit() -> None:
    """108 XRP and two bids of 7.5 are worth 246 at 2, 210 RLUSD and two asks of 15 are 240; a third is too many."""
    bids = tuple(bid(price=D("1.999") - n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*bids, market=view(xrp_drops=108_000_000)))
    assert verdict.quotes == bids[:2]
    assert [refusal.detail for refusal in verdict.refusals] == ["261.00 > 250"]
    asks = tuple(ask(price=D("2.001") + n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*asks, market=view(rlusd="210")))
    assert verdict.quotes == asks[:2]
    assert [refusal.detail for refusal in verdict.refusals] == ["255.02 > 250"]


def test_a_refused_quote_does_not_leave_its_old_offer_behind() -> None:
    """What can't be renewed is withdrawn, however little is left of the budgets: an old price is the worst of both."""
    resting = own("o1", Side.BUY, "1.998")
    spent = Spent(10_000, 1000)
    verdict = judge(LIMITS, tick(bid(replaces="o1"), withdraw=("o7",), market=view(own=(resting,), spent=spent)))
    assert verdict.quotes == ()
    assert verdict.withdraw == ("o7", "o1")


def test_near_a_limit_only_the_side_that_reduces_is_left() -> None:
    """Too much XRP: the bid that rests goes though nobody asked, the new one is refused, the ask passes."""
    resting = (own("o1", Side.BUY, "1.998"), own("o2", Side.SELL, "2.002"), own("o3", Side.BUY, "1.99", pending=True))
    verdict = judge(LIMITS, tick(BID, ASK, market=view(xrp_drops=113_000_000, own=resting)))
    assert verdict.state is RiskState.REDUCE_ONLY
    assert verdict.quotes == (ASK,)
    assert verdict.withdraw == ("o1",)
    assert verdict.halt is None


@pytest.mark.parametrize(
    ("held", "reason", "detail"),
    [
        (tick(BID, ASK, market=view(xrp_drops=125_100_000)), HaltReason.RISK_XRP_EXPOSURE, "250.20 > 250"),
        (tick(BID, ASK, market=view(rlusd="250.01")), HaltReason.RISK_RLUSD_EXPOSURE, "250.01 > 250"),
    ],
)
def test_a_limit_that_is_broken_already_ends_the_session(held: QuotesWanted, reason: HaltReason, detail: str) -> None:
    """The market moved against us: nothing more goes out, and the reason carries the numbers."""
    verdict = judge(LIMITS, held)
    assert (verdict.quotes, verdict.state) == ((), RiskState.HALTED)
    assert {refusal.code for refusal in verdict.refusals} == {RefusalCode.HALTED}
    assert verdict.halt is not None
    assert (verdict.halt.reason, verdict.halt.detail) == (reason, detail)


def test_without_a_price_nobody_is_halted_for_a_value() -> None:
    """A limit in RLUSD on XRP needs a price that is trusted."""
    assert judge(LIMITS, tick(anchor=None, market=view(xrp_drops=10**12))).halt is None
    halt = judge(LIMITS, tick(anchor=None, market=view(rlusd="250.01"))).halt
    assert halt is not None, "RLUSD needs none"
    assert halt.reason is HaltReason.RISK_RLUSD_EXPOSURE


def test_every_code_has_a_gate_or_a_state() -> None:
    """As many gates as codes, but for the one that stands for the end itself."""
    assert len(GATES) == len(RefusalCode) - 1


quotes = st.builds(
    Quote,
    side=st.sampled_from(list(Side)),
    price=st.decimals("1.9", "2.1", places=4),
    xrp_drops=st.integers(1, 20_000_000),
    rlusd=st.decimals("0.1", "40", places=2),
    replaces=st.sampled_from([None, "o1", "o2"]),
)


@given(
    st.lists(quotes, max_size=5),
    st.integers(0, 150_000_000),
    st.decimals("0", "300", places=2),
    st.booleans(),
)
def test_whatever_is_wanted_what_passes_fits_every_limit(
    wanted: list[Quote],
    xrp_drops: int,
    rlusd: Decimal,
    resting: bool,
) -> None:
    """With all that rests and all that passed filled, on either side, no exposure limit is broken."""
    own_offers = (own("o1", Side.BUY, "1.95"), own("o2", Side.SELL, "2.05")) if resting else ()
    verdict = judge(LIMITS, tick(*wanted, market=view(xrp_drops=xrp_drops, rlusd=str(rlusd), own=own_offers)))
    bids = [quote for quote in verdict.quotes if quote.side is Side.BUY]
    asks = [quote for quote in verdict.quotes if quote.side is Side.SELL]
    rests = {offer.side: offer for offer in own_offers}
    if bids:
        drops = xrp_drops + sum(bid.xrp_drops for bid in bids) + (rests[Side.BUY].xrp_drops if rests else 0)
        assert value_rlusd(drops, D(2)) <= LIMITS.max_xrp_exposure
    if asks:
        total = rlusd + sum(ask.rlusd for ask in asks) + (rests[Side.SELL].rlusd if rests else 0)
        assert total <= LIMITS.max_rlusd_exposure
    for one, other in ((bids, Side.SELL), (asks, Side.BUY)):
        against = [quote.price for quote in verdict.quotes if quote.side is other]
        against += [offer.price for offer in own_offers if offer.side is other]
        sign = 1 if other is Side.SELL else -1
        assert all(sign * quote.price < sign * price for quote in one for price in against)
    assert len(verdict.quotes) + len(verdict.refusals) == len(wanted)
