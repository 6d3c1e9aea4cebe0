"""Lost flow: every XRP that others traded has one cause, and each cause has its plain case.

Method: a few records by hand; the trades come after a ledger that shows our quote, as in a journal.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from neo.analysis import Cause, Flow, course_of
from neo.messages import (
    Fill,
    LedgerObserved,
    OrderChanged,
    OrderStatus,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    Refusal,
    Side,
    TakerTrade,
    TakerTraded,
    TradeLeg,
)
from neo.messages.reasons import RefusalCode, RiskState

D = Decimal


def seen(index: int, bid: str | None, ask: str | None) -> LedgerObserved:
    return LedgerObserved(
        ledger_index=index,
        close_time_s=4 * index,
        best_bid=D("1.98"),
        best_ask=D("2.02"),
        mid_price=D(2),
        pool_price=D(2),
        own_bid=None if bid is None else D(bid),
        own_ask=None if ask is None else D(ask),
        distance_to_clob_bid_bps=None,
        distance_to_clob_ask_bps=None,
        xrp_drops=0,
        rlusd=D(0),
    )


def bought(*legs: tuple[str, int, bool], pool: tuple[str, int] | None = None) -> TakerTraded:
    """A taker bought XRP: legs of (price, drops, ours), and the pool's average price and drops."""
    pool_price, pool_drops = pool or ("0", 0)
    book = tuple(TradeLeg(D(price), drops, own) for price, drops, own in legs)
    trade = TakerTrade(
        tx_hash="T",
        taker_side=Side.BUY,
        xrp_drops=sum(leg.xrp_drops for leg in book) + pool_drops,
        rlusd=D(1),
        pool_drops=pool_drops,
        pool_rlusd=D(pool_price) * pool_drops / 10**6,
        worst_price=max([leg.price for leg in book] or [D(pool_price)]),
        legs=book,
    )
    return TakerTraded(ledger_index=2, close_time_s=8, trade=trade)


def judged(*codes: RefusalCode) -> QuotesJudged:
    refusals = tuple(Refusal(code, Side.SELL, "1 > 0") for code in codes)
    return QuotesJudged(
        tick=1,
        ledger_index=1,
        state=RiskState.ACTIVE,
        anchor_price=None,
        quotes=(),
        withdraw=(),
        held_back=(),
        refusals=refusals,
    )


def sold_earlier() -> Fill:
    return Fill(
        order_id="o1",
        offer_sequence=1,
        tx_hash="E",
        ledger_index=2,
        close_time_s=8,
        side=Side.SELL,
        xrp_drops=5,
        rlusd=D(1),
        rlusd_rounding=D(0),
        price=D(2),
        taker=False,
        mid_price=None,
    )


UNFUNDED = OrderChanged(
    order_id="o1",
    ledger_index=2,
    close_time_s=8,
    status=OrderStatus.UNFUNDED,
    result="tesSUCCESS",
    xrp_left_drops=1,
    rlusd_left=D(1),
)
PAUSE = QuotingPaused(ledger_index=1, close_time_s=4, cause="")
RESUME = QuotingResumed(ledger_index=1, close_time_s=4, cause="")
OURS, NONE = seen(1, "1.99", "2.01"), seen(1, "1.99", None)


def lost(flow: Flow) -> dict[Cause, int]:
    return {part.cause: part.xrp_drops for part in flow.parts if part.xrp_drops}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([OURS, bought(("2.005", 7, False))], {Cause.BETTER_PRICE: 7}),
        ([OURS, bought(pool=("2.004", 7))], {Cause.AMM: 7}),
        ([OURS, bought(("2.01", 7, False))], {Cause.QUEUE: 7}),
        ([OURS, bought(("2.010000000000000", 3, False), ("2.01", 4, True), ("2.02", 5, False))], {Cause.TOO_SMALL: 8}),
        ([OURS, bought(("2.005", 3, False), ("2.01", 4, True))], {Cause.BETTER_PRICE: 3}),
        ([OURS, sold_earlier(), bought(("2.015", 7, False))], {Cause.TOO_SMALL: 7}),
        # It rested in the ledger before, but a worse price traded: it was just being replaced.
        ([OURS, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, UNFUNDED, bought(("2.015", 7, False))], {Cause.UNFUNDED: 7}),
        ([NONE, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NONE, PAUSE, bought(("2.015", 7, False))], {Cause.PAUSED: 7}),
        ([NONE, PAUSE, RESUME, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NONE, judged(RefusalCode.INSUFFICIENT_XRP), bought(("2", 7, False))], {Cause.UNFUNDED: 7}),
        ([NONE, judged(RefusalCode.XRP_EXPOSURE), bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
        # Placed and taken within one ledger: its own leg tells the price.
        ([NONE, bought(("2.005", 3, False), ("2.01", 4, True))], {Cause.BETTER_PRICE: 3}),
        ([bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
    ],
)
def test_each_piece_has_its_cause(records: list[Record], expected: dict[Cause, int]) -> None:
    """The plain case of every cause, and those where several meet."""
    assert lost(course_of(records).flow) == expected


def test_won_and_lost_are_all_there_is() -> None:
    """Every drop that others traded is won or has a cause, and the shares sum to one."""
    flow = course_of(
        [OURS, bought(("2.005", 3, False), ("2.01", 4, True), pool=("2.001", 6)), bought(("3", 8, False))]
    ).flow
    assert (flow.trades, flow.xrp_drops, flow.won_drops, flow.lost_drops) == (2, 21, 4, 17)
    assert sum(part.xrp_drops for part in flow.parts) == flow.lost_drops
    assert sum(part.share for part in flow.parts) + (flow.won_share or 0) == pytest.approx(1)


def test_no_trades_are_no_shares() -> None:
    """Nothing traded is told as nothing, not as zero percent."""
    flow = course_of([OURS]).flow
    assert flow.won_share is None
    assert lost(flow) == {}
