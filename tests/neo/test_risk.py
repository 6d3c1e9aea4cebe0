"""The gates, each provoked by hand."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from neo.halt import HaltReason
from neo.messages import Balances, MarketView, OwnOffer, Quote, QuotesWanted, Side, Spent
from neo.risk import RiskLimits, judge

D = Decimal
LIMITS = RiskLimits(max_xrp_exposure=D(220), max_rlusd_exposure=D(220))
BID = Quote(Side.BUY, D("1.999"), 7_500_000, D("14.9925"), None)
ASK = Quote(Side.SELL, D("2.001"), 7_500_000, D("15.0075"), None)


def wanted(
    *quotes: Quote,
    xrp_drops: int = 100_000_000,
    rlusd: str = "200",
    own_offers: tuple[OwnOffer, ...] = (),
    anchor: str | None = "2",
) -> QuotesWanted:
    """A tick's quotes, with this on our account."""
    view = MarketView(
        ledger_index=11,
        close_time_s=1004,
        bids=(),
        asks=(),
        pool=None,
        balances=Balances(xrp_drops, D(rlusd), 1_200_000, 1, 5),
        own_offers=own_offers,
        xrp_total_drops=xrp_drops,
        rlusd_total=D(rlusd),
        spent=Spent(0, 0),
    )
    return QuotesWanted(
        tick=3, view=view, anchor_price=None if anchor is None else D(anchor), quotes=quotes, withdraw=(), held_back=()
    )


def own(order_id: str, side: Side, price: str, xrp_drops: int = 7_500_000) -> OwnOffer:
    """An offer of ours at a price."""
    return OwnOffer(
        order_id, side, D(price), xrp_drops, D(price) * xrp_drops / 1_000_000, 5, pending=False, ledger_index=10
    )


def test_what_breaks_no_limit_passes_whole() -> None:
    """Both quotes go on, unchanged, with the tick's number."""
    verdict = judge(LIMITS, wanted(BID, ASK))
    assert (verdict.tick, verdict.quotes, verdict.refusals, verdict.halt) == (3, (BID, ASK), (), None)


@pytest.mark.parametrize(
    ("quotes", "code"),
    [
        # 102.6 + 7.5 XRP at 1.999 are 220.09 RLUSD.
        (wanted(BID, xrp_drops=102_600_000), "xrp_exposure"),
        (wanted(ASK, rlusd="205.01"), "rlusd_exposure"),
        (wanted(BID, rlusd="14.99"), "insufficient_rlusd"),
        # 8.7 XRP less the reserve of 1.2 is 7.5, but the fees of a few transactions must stay free too.
        (wanted(ASK, xrp_drops=8_700_000), "insufficient_xrp"),
        (wanted(BID, own_offers=(own("o9", Side.SELL, "1.999"),)), "self_cross"),
        (wanted(msgspec.structs.replace(BID, price=D("2.001")), ASK), "self_cross"),
    ],
)
def test_each_gate_refuses_with_its_code_and_numbers(quotes: QuotesWanted, code: str) -> None:
    """A refusal is a value: code, side, and the numbers on both sides of the limit."""
    verdict = judge(LIMITS, quotes)
    assert quotes.quotes[0] not in verdict.quotes
    refusal = verdict.refusals[0]
    assert refusal.code == code
    assert refusal.side is quotes.quotes[0].side
    assert ">" in refusal.detail


def test_open_offers_count_as_filled() -> None:
    """A second bid passes only if both could be filled; the one that it replaces goes with it."""
    resting = own("o1", Side.BUY, "1.998", 5_000_000)
    assert judge(LIMITS, wanted(BID, own_offers=(resting,))).refusals[0].code == "xrp_exposure"
    replacing = msgspec.structs.replace(BID, replaces="o1")
    assert judge(LIMITS, wanted(replacing, own_offers=(resting,))).refusals == ()


def test_a_refused_side_does_not_keep_its_old_offer() -> None:
    """What can't be renewed is withdrawn: an offer at an old price is the worst of both."""
    resting = own("o1", Side.BUY, "1.998")
    verdict = judge(LIMITS, wanted(msgspec.structs.replace(BID, replaces="o1"), rlusd="10", own_offers=(resting,)))
    assert verdict.withdraw == ("o1",)


@pytest.mark.parametrize(
    ("held", "reason", "detail"),
    [
        (wanted(BID, ASK, xrp_drops=110_100_000), HaltReason.RISK_XRP_EXPOSURE, "220.20 > 220"),
        (wanted(BID, ASK, rlusd="220.01"), HaltReason.RISK_RLUSD_EXPOSURE, "220.01 > 220"),
    ],
)
def test_a_limit_that_is_broken_already_ends_the_session(held: QuotesWanted, reason: HaltReason, detail: str) -> None:
    """The market moved against us: nothing more goes out, and the reason carries the numbers."""
    verdict = judge(LIMITS, held)
    assert verdict.quotes == ()
    assert verdict.halt is not None
    assert (verdict.halt.reason, verdict.halt.detail) == (reason, detail)


def test_without_a_price_nobody_is_halted_for_a_value() -> None:
    """A limit in RLUSD on XRP needs a price to be judged at."""
    assert judge(LIMITS, wanted(xrp_drops=10**12, anchor=None)).halt is None
