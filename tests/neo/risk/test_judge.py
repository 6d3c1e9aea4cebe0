"""The gates, each provoked by hand around a price of 2."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.quoting_views import own, view
from support.risk_ticks import ASK, BID, LIMITS, ask, bid, tick

from neo.chain.money import value_rlusd
from neo.messages import CapitalUnderWay, LossRoom, MarketView, OwnOffer, Quote, QuotesWanted, Side, Spent
from neo.messages.halts import HaltReason
from neo.messages.reasons import RefusalCode, RiskState
from neo.risk import GATES, judge

D = Decimal


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
        # The reserve is 1.2 XRP, the offer locks up 0.2, the buffer is 2 and two fees are 20 drops.
        (tick(BID, market=view(xrp_drops=1_400_019)), RefusalCode.RESERVE, "1.40 > 1.40 XRP"),
        (tick(ASK, market=view(xrp_drops=3_400_019)), RefusalCode.RESERVE, "3.40 > 3.40 XRP"),
        (tick(ASK, market=view(xrp_drops=10_900_019)), RefusalCode.INSUFFICIENT_XRP, "7.50 > 7.50"),
        (tick(BID, market=view(rlusd="14.99")), RefusalCode.INSUFFICIENT_RLUSD, "14.99 > 14.99"),
        # 100 XRP and 7.5 more, 1 % of 2 each; the bid is 0.05 % below the price.
        (
            tick(BID, market=view(loss_room=LossRoom(D("2.14"), "risk.max_drawdown_rlusd", D(100), D(50)))),
            RefusalCode.LOSS_ROOM,
            "2.14 in a move of 100.00 bps > 2.14 left of risk.max_drawdown_rlusd",
        ),
        (tick(BID, market=view(spent=Spent(991, 0))), RefusalCode.FEE_BUDGET, "0.001001 > 0.001000 XRP"),
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
        tick(BID, market=view(xrp_drops=1_400_020)),
        tick(ASK, market=view(xrp_drops=10_900_020)),
        tick(BID, market=view(rlusd="14.9925")),
        tick(BID, market=view(loss_room=LossRoom(D("2.15"), "risk.max_drawdown_rlusd", D(100), D(50)))),
        tick(BID, market=view(spent=Spent(990, 39))),
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


def test_a_replaced_offer_and_its_replacement_are_both_backed() -> None:
    """Both may be filled in one ledger: 20 RLUSD back no two bids of 15, 30 do; and so with 15 XRP and two asks."""
    resting = own("o1", Side.BUY, "1.998")
    verdict = judge(LIMITS, tick(bid(replaces="o1"), market=view(rlusd="29.99", own=(resting,))))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_RLUSD]
    assert verdict.withdraw == ("o1",), "it goes, and the next tick places a whole one"
    assert judge(LIMITS, tick(bid(replaces="o1"), market=view(rlusd="30", own=(resting,)))).refusals == ()
    # Reserve and buffer are 3.2 XRP, two orders' fees 40 drops, the two asks 7.492507 and 7.5 XRP.
    resting = own("o1", Side.SELL, "2.002")
    verdict = judge(LIMITS, tick(ask(replaces="o1"), market=view(xrp_drops=18_192_546, own=(resting,))))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_XRP]
    assert judge(LIMITS, tick(ask(replaces="o1"), market=view(xrp_drops=18_192_547, own=(resting,)))).refusals == ()


def test_every_offer_that_may_rest_has_its_object_in_the_reserve() -> None:
    """Beside an ask of 7.5 XRP: 1.2 XRP, the buffer of 2, 0.2 for each offer that comes, and 20 drops an order."""
    under_way = own("o1", Side.BUY, "1.998", pending=True)
    for wanted, pending, least_drops in (
        ((ASK,), (), 10_900_020),
        ((ASK, BID), (), 11_100_040),
        ((ASK,), (under_way,), 11_100_040),
        ((ASK, BID), (under_way,), 11_300_060),
    ):
        enough = judge(LIMITS, tick(*wanted, market=view(xrp_drops=least_drops, own=pending)))
        assert ASK in enough.quotes
        short = judge(LIMITS, tick(*wanted, market=view(xrp_drops=least_drops - 1, own=pending)))
        assert ASK not in short.quotes


def test_a_withdrawal_under_way_counts_as_gone_and_a_deposit_as_come() -> None:
    """Payments reach the ledger beside our offers, in any order."""
    leaving = CapitalUnderWay(0, 95_000_000, D(0), D(190))
    verdict = judge(LIMITS, tick(BID, ASK, market=view(capital=leaving)))
    assert [refusal.code for refusal in verdict.refusals] == [
        RefusalCode.INSUFFICIENT_RLUSD,
        RefusalCode.INSUFFICIENT_XRP,
    ]
    coming = CapitalUnderWay(20_000_000, 0, D(40), D(0))
    verdict = judge(LIMITS, tick(BID, ASK, market=view(capital=coming)))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.XRP_EXPOSURE, RefusalCode.RLUSD_EXPOSURE]


def test_a_bid_may_use_the_buffer_that_it_fills_up_again() -> None:
    """With 2.9 XRP no ask can be placed, and the bid that brings some is; beside an ask the buffer is the ask's."""
    short = view(xrp_drops=2_900_000)
    verdict = judge(LIMITS, tick(BID, ASK, market=short))
    assert verdict.quotes == (BID,)
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.RESERVE]
    beside = view(xrp_drops=10_892_546, own=(own("o2", Side.SELL, "2.002"),))
    verdict = judge(LIMITS, tick(BID, market=beside))
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.RESERVE]


def test_what_rests_and_no_longer_fits_is_withdrawn() -> None:
    """Prices and balances move: a loss limit has come near, and most of the RLUSD has been withdrawn."""
    resting = (own("o1", Side.BUY, "1.998"), own("o2", Side.SELL, "2.002"))
    assert judge(LIMITS, tick(market=view(own=resting))).withdraw == ()
    near = LossRoom(D("2.1"), "risk.max_session_loss_rlusd", D(100), D(50))
    assert judge(LIMITS, tick(market=view(own=resting, loss_room=near))).withdraw == ("o1",)
    assert judge(LIMITS, tick(market=view(own=resting, rlusd="14"))).withdraw == ("o1",)
    assert judge(LIMITS, tick(market=view(own=resting, xrp_drops=10_600_000))).withdraw == ("o2",)


def test_near_both_limits_the_side_is_left_that_reduces_what_is_nearer() -> None:
    """116 XRP are worth 232 of 250, 228 RLUSD are held: the ask passes if it fits under 250, and the bid does not."""
    both = view(xrp_drops=116_000_000, rlusd="228")
    verdict = judge(LIMITS, tick(BID, ASK, market=both))
    assert (verdict.quotes, verdict.state) == ((ASK,), RiskState.REDUCE_ONLY)
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.REDUCE_ONLY]
    other = view(xrp_drops=114_000_000, rlusd="232")
    assert judge(LIMITS, tick(BID, ASK, market=other)).quotes == (BID,)
    brim = view(xrp_drops=122_000_000, rlusd="240")
    assert [refusal.code for refusal in judge(LIMITS, tick(ASK, market=brim)).refusals] == [RefusalCode.RLUSD_EXPOSURE]


def test_levels_of_one_tick_are_counted_together() -> None:
    """35 RLUSD back two bids of 15: the third level is refused, and the budget for requests counts each of them."""
    levels = tuple(bid(price=D("1.999") - n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*levels, market=view(rlusd="35")))
    assert verdict.quotes == levels[:2]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_RLUSD]
    # 18.80006 XRP, less the reserve with three objects more, the buffer and six fees, back two asks of 7.5.
    asks = tuple(ask(price=D("2.001") + n * D("0.001")) for n in range(3))
    verdict = judge(LIMITS, tick(*asks, market=view(xrp_drops=18_800_060)))
    assert verdict.quotes == asks[:2]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.INSUFFICIENT_XRP]
    verdict = judge(LIMITS, tick(*levels, withdraw=("o7",), market=view(spent=Spent(0, 38))))
    assert verdict.quotes == levels[:1]
    assert [refusal.code for refusal in verdict.refusals] == [RefusalCode.REQUEST_BUDGET] * 2


def test_a_budget_that_runs_short_takes_from_both_sides_in_turn() -> None:
    """Of 40 requests 37 are used: three quotes of four pass, the nearest ones first, and of the last two now one side's
    and at the next tick the other's. What passes keeps its order.
    """
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


def _a(side: Side, lowest: str, highest: str) -> st.SearchStrategy[Quote]:
    """A quote of a side at such a price: its RLUSD is its XRP's at that price."""

    def quote(price: Decimal, xrp_drops: int, replaces: str | None) -> Quote:
        return Quote(side, price, xrp_drops, value_rlusd(xrp_drops, price), replaces)

    replaces = st.sampled_from([None, "o0", "o1", "o2", "o3"])
    return st.builds(quote, st.decimals(lowest, highest, places=4), st.integers(1_000_000, 13_000_000), replaces)


quotes = _a(Side.BUY, "1.98", "2") | _a(Side.SELL, "2", "2.02")


_near_drops = st.sampled_from([-400_000, -200_000, 0, 200_000, 400_000]).flatmap(
    lambda drops: st.integers(drops - 100, drops + 100)
)
_near_rlusd = st.sampled_from(["-0.02", "-0.0001", "0", "0.0001", "0.02", "5"]).map(D)


@st.composite
def situations(draw: st.DrawFn) -> QuotesWanted:
    """Offers of ours, on the ledger and on their way, and what is wanted beside them.

    Balances, loss limit and budgets just suffice for all of it, or just not.
    """
    wanted = draw(st.lists(quotes, max_size=4))
    own_offers = tuple(
        OwnOffer(f"o{n}", quote.side, quote.price, quote.xrp_drops, quote.rlusd, 5 + n, draw(st.booleans()), 10)
        for n, quote in enumerate(draw(st.lists(quotes, max_size=4)))
    )
    resting = sum(not offer.pending for offer in own_offers)
    every: list[OwnOffer | Quote] = [*own_offers, *wanted]
    bought = sum((each.rlusd for each in every if each.side is Side.BUY), D(0))
    sold = sum((each.rlusd for each in every if each.side is Side.SELL), D(0))
    asked_drops = sum(each.xrp_drops for each in every if each.side is Side.SELL)
    bid_drops = sum(each.xrp_drops for each in every if each.side is Side.BUY)
    objects = len(own_offers) + sum(quote.replaces is None for quote in wanted)
    least_drops = 1_000_000 + 200_000 * objects + 20 * len(every) + asked_drops + draw(st.sampled_from([0, 2_000_000]))
    xrp_drops = max(0, draw(st.sampled_from([least_drops, 125_000_000 - bid_drops])) + draw(_near_drops))
    rlusd = max(D(0), draw(st.sampled_from([bought, 250 - sold])) + draw(_near_rlusd))
    move_bps = draw(st.integers(0, 500))
    fallen = D(2) * (1 - D(move_bps) / 10_000)
    at_risk = value_rlusd(xrp_drops, 2 - fallen) + bought - value_rlusd(bid_drops, fallen) + draw(_near_rlusd)
    market = view(
        xrp_drops=xrp_drops,
        rlusd=str(rlusd),
        own=own_offers,
        spent=draw(st.sampled_from([Spent(0, 0), Spent(0, 0), Spent(970, 0), Spent(0, 38)])),
        loss_room=draw(st.sampled_from([None, LossRoom(at_risk, "risk.max_drawdown_rlusd", D(move_bps), D(50))])),
    )
    # Each of our offers has its object already, if a ledger has shown it.
    owned = msgspec.structs.replace(market.balances, owner_count=resting, reserve_drops=1_000_000 + 200_000 * resting)
    return tick(*wanted, market=msgspec.structs.replace(market, balances=owned))


class Filled:
    """The account after some of our offers were filled and all fees were paid."""

    def __init__(self, market: MarketView, passed: tuple[Quote, ...], filled: list[OwnOffer | Quote]) -> None:
        self.market = market
        bids = [each for each in filled if each.side is Side.BUY]
        asks = [each for each in filled if each.side is Side.SELL]
        orders = len(market.own_offers) + len(passed)
        self.xrp_drops = market.balances.xrp_drops - 2 * 10 * orders
        self.xrp_drops += sum(bid.xrp_drops for bid in bids) - sum(ask.xrp_drops for ask in asks)
        self.rlusd = market.balances.rlusd + sum(ask.rlusd for ask in asks) - sum(bid.rlusd for bid in bids)
        # What is replaced is gone, by the replacement or by a fill; all the rest that is not filled has its object.
        resting = [offer for offer in market.own_offers if offer not in filled]
        replaced = {quote.replaces for quote in passed}
        pending = sum(offer.pending for offer in market.own_offers)
        objects = market.balances.owner_count + pending - len(market.own_offers)
        objects += sum(offer.order_id not in replaced for offer in resting)
        objects += sum(quote not in filled for quote in passed)
        self.reserve_drops = 1_000_000 + 200_000 * objects

    def lost_in_a_fall(self, room: LossRoom) -> Decimal:
        """Of equity, if the price then falls by the largest move of late."""
        before = value_rlusd(self.market.xrp_total_drops, D(2)) + self.market.rlusd_total
        return before - value_rlusd(self.xrp_drops, D(2) * (1 - room.move_bps / 10_000)) - self.rlusd


@settings(max_examples=400)
@given(situations(), st.sampled_from([(Side.BUY,), (Side.SELL,), tuple(Side)]), st.data())
def test_no_fills_and_fees_break_a_limit_through_what_passed(
    wanted: QuotesWanted, filling: tuple[Side, ...], data: st.DataObject
) -> None:
    """Whatever rests, is under way and passes: after any of it was filled, replaced offers too, each limit holds."""
    market = wanted.view
    verdict = judge(LIMITS, wanted)
    passed = verdict.quotes
    bids = any(quote.side is Side.BUY for quote in passed)
    asks = any(quote.side is Side.SELL for quote in passed)
    may_fill: list[OwnOffer | Quote] = [*market.own_offers, *passed]
    spared = data.draw(st.sampled_from([None, *range(len(may_fill))]))
    filled = [each for n, each in enumerate(may_fill) if each.side in filling and n != spared]
    after = Filled(market, passed, filled)
    if asks or (bids and any(offer.side is Side.SELL for offer in market.own_offers)):
        assert after.xrp_drops >= after.reserve_drops + LIMITS.reserve_buffer_drops
    if asks:
        assert after.rlusd <= LIMITS.max_rlusd_exposure
    if bids:
        assert after.xrp_drops >= after.reserve_drops
        assert after.rlusd >= 0
        assert value_rlusd(after.xrp_drops, D(2)) <= LIMITS.max_xrp_exposure
        assert market.loss_room is None or after.lost_in_a_fall(market.loss_room) <= market.loss_room.rlusd
    if passed:
        assert market.spent.fees_day_drops + 10 * len(passed) <= LIMITS.max_fees_day_drops
        assert market.spent.requests_minute + len(passed) <= 40
    highest = max((quote.price for quote in passed if quote.side is Side.BUY), default=D(0))
    lowest = min((quote.price for quote in passed if quote.side is Side.SELL), default=D(9))
    assert highest < min((each.price for each in may_fill if each.side is Side.SELL), default=D(9))
    assert lowest > max((each.price for each in may_fill if each.side is Side.BUY), default=D(0))
    assert len(verdict.quotes) + len(verdict.refusals) == len(wanted.quotes)
