"""Lost flow: every XRP that others traded has one cause, and each cause has its plain case.

Method: a few records by hand; the trades come after a ledger that shows our quote, as in a journal.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import invented

from neo.analysis.flow import CAUSES, Cause, Flow
from neo.analysis.results import course_of
from neo.messages import HeldBack, OrderStatus, QuotesJudged, QuotingPaused, QuotingResumed, Record, Side, TakerTraded
from neo.messages.reasons import HoldCode, RefusalCode

D = Decimal


def bought(*legs: tuple[str, int, bool], pool: tuple[str, int] = ("0", 0)) -> TakerTraded:
    """A taker bought XRP in ledger 2, which meets our ask."""
    return invented.trade(2, Side.BUY, *legs, pool=pool)


def sold(*legs: tuple[str, int, bool], pool: tuple[str, int] = ("0", 0)) -> TakerTraded:
    """A taker sold XRP in ledger 2, which meets our bid."""
    return invented.trade(2, Side.SELL, *legs, pool=pool)


def judged(code: RefusalCode, side: Side = Side.SELL) -> QuotesJudged:
    return invented.judged(1, (code, side))


SOLD_EARLIER = invented.fill(2, Side.SELL, "2", "0.000005")
BOUGHT_EARLIER = invented.fill(2, Side.BUY, "2", "0.000005")
UNFUNDED = invented.changed(2, OrderStatus.UNFUNDED)
FROZEN = invented.changed(2, OrderStatus.FROZEN)
HELD_FROZEN = msgspec.structs.replace(invented.judged(1), held_back=(HeldBack(HoldCode.FROZEN, None, "line"),))
PAUSE = QuotingPaused(ledger_index=1, close_time_s=4, cause="")
RESUME = QuotingResumed(ledger_index=1, close_time_s=4, cause="")
OURS = invented.seen(1, "2", "1.99", "2.01")
NO_ASK = invented.seen(1, "2", "1.99", None)
NO_BID = invented.seen(1, "2", None, "2.01")


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
        ([OURS, SOLD_EARLIER, bought(("2.015", 7, False))], {Cause.TOO_SMALL: 7}),
        # It rested in the ledger before, but a worse price traded: it was just being replaced.
        ([OURS, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, UNFUNDED, bought(("2.015", 7, False))], {Cause.UNFUNDED: 7}),
        ([OURS, FROZEN, bought(("2.015", 7, False))], {Cause.FROZEN: 7}),
        ([NO_ASK, HELD_FROZEN, bought(("2.015", 7, False))], {Cause.FROZEN: 7}),
        ([NO_ASK, HELD_FROZEN, invented.judged(2), bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, invented.changed(2, OrderStatus.CANCELED), bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_ASK, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_ASK, PAUSE, bought(("2.015", 7, False))], {Cause.PAUSED: 7}),
        ([NO_ASK, PAUSE, RESUME, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_ASK, judged(RefusalCode.INSUFFICIENT_XRP), bought(("2", 7, False))], {Cause.UNFUNDED: 7}),
        ([NO_ASK, judged(RefusalCode.XRP_EXPOSURE), bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
        # Placed and taken within one ledger: its own leg tells the price.
        ([NO_ASK, bought(("2.005", 3, False), ("2.01", 4, True))], {Cause.BETTER_PRICE: 3}),
        ([bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
    ],
)
def test_each_piece_has_its_cause(records: list[Record], expected: dict[Cause, int]) -> None:
    """The plain case of every cause, and those where several meet."""
    assert lost(course_of(records).flow) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([OURS, sold(("1.995", 7, False))], {Cause.BETTER_PRICE: 7}),
        ([OURS, sold(pool=("1.996", 7))], {Cause.AMM: 7}),
        ([OURS, sold(("1.99", 7, False))], {Cause.QUEUE: 7}),
        ([OURS, sold(pool=("1.99", 7))], {Cause.AMM: 7}),
        ([OURS, sold(("1.99", 4, True), ("1.98", 5, False))], {Cause.TOO_SMALL: 5}),
        ([OURS, BOUGHT_EARLIER, sold(("1.985", 7, False))], {Cause.TOO_SMALL: 7}),
        ([OURS, sold(("1.985", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_BID, sold(("1.985", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_BID, PAUSE, sold(("1.985", 7, False))], {Cause.PAUSED: 7}),
        ([NO_BID, judged(RefusalCode.INSUFFICIENT_RLUSD, Side.BUY), sold(("1.98", 7, False))], {Cause.UNFUNDED: 7}),
        ([NO_BID, judged(RefusalCode.RESERVE, Side.BUY), sold(("1.98", 7, False))], {Cause.UNFUNDED: 7}),
    ],
)
def test_our_bid_has_its_causes_the_other_way_round(records: list[Record], expected: dict[Cause, int]) -> None:
    """Takers sell to the highest bid, so a nearer one is a higher one."""
    assert lost(course_of(records).flow) == expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        # The other side's refusal, fill and quote say nothing of this one's.
        ([NO_ASK, judged(RefusalCode.RESERVE, Side.BUY), bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, BOUGHT_EARLIER, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([NO_BID, bought(("2.01", 7, False))], {Cause.QUEUE: 7}),
        # What was so in an earlier ledger is over with it: a fill, an offer without funds, a quote.
        ([OURS, SOLD_EARLIER, OURS, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, FROZEN, OURS, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, UNFUNDED, OURS, bought(("2.015", 7, False))], {Cause.NO_QUOTE: 7}),
        ([OURS, NO_ASK, bought(("2.005", 7, False))], {Cause.NO_QUOTE: 7}),
        # A refusal holds until the next decision, and no longer.
        ([NO_ASK, judged(RefusalCode.RESERVE), NO_ASK, bought(("2", 7, False))], {Cause.UNFUNDED: 7}),
        ([NO_ASK, judged(RefusalCode.RESERVE), invented.judged(2), bought(("2", 7, False))], {Cause.NO_QUOTE: 7}),
        # A pause is told before a lack of funds: without it nothing would have been placed either.
        ([NO_ASK, judged(RefusalCode.RESERVE), PAUSE, bought(("2", 7, False))], {Cause.PAUSED: 7}),
        # But what rested still when the pause began was met, and lost for its own reasons.
        ([OURS, PAUSE, bought(("2.005", 7, False))], {Cause.BETTER_PRICE: 7}),
    ],
)
def test_a_cause_is_of_its_side_and_of_its_moment(records: list[Record], expected: dict[Cause, int]) -> None:
    """The cause that an operator reads for a lost trade is the one that held just then, on the side that was hit."""
    assert lost(course_of(records).flow) == expected


@pytest.mark.parametrize(
    ("price", "cause"),
    [
        ("2.009999999999999", Cause.QUEUE),  # 0.5e-15 of it: one price, rounded to 16 digits
        ("2.010000000000001", Cause.QUEUE),
        ("2.00999999999", Cause.BETTER_PRICE),
        ("2.01000000001", Cause.NO_QUOTE),
    ],
)
def test_prices_that_differ_in_the_last_of_16_digits_are_one(price: str, cause: Cause) -> None:
    """A place in the book is rounded to so many, which makes nobody's offer nearer."""
    assert lost(course_of([OURS, bought((price, 7, False))]).flow) == {cause: 7}


def test_a_trade_counts_once_for_each_cause_that_it_has() -> None:
    """Two pieces at better prices and one in the pool are one trade of two causes; the next has one of them."""
    first = bought(("2.005", 1, False), ("2.006", 1, False), pool=("2.001", 6))
    flow = course_of([OURS, first, bought(("2.007", 1, False))]).flow
    parts = {part.cause: (part.trades, part.xrp_drops) for part in flow.parts if part.trades}
    assert parts == {Cause.BETTER_PRICE: (2, 3), Cause.AMM: (1, 6)}
    assert (flow.trades, flow.pool_drops) == (2, 6)


def test_a_trade_that_was_all_ours_lost_nothing() -> None:
    """What we won is in no list of what went past us."""
    flow = course_of([OURS, bought(("2.01", 7, True))]).flow
    assert (flow.won_drops, flow.lost_drops, flow.won_share, lost(flow)) == (7, 0, 1.0, {})


def test_every_cause_has_its_words_and_its_place() -> None:
    """Reports show all of them, in one order, those without a drop too."""
    assert [part.cause for part in course_of([]).flow.parts] == list(Cause) == list(CAUSES)
    assert len(set(CAUSES.values())) == len(Cause)


prices = st.sampled_from(["1.97", "1.98", "1.99", "2", "2.005", "2.01", "2.02"])
trades = st.builds(
    lambda side, legs, pool: invented.trade(2, side, *legs, pool=pool),
    st.sampled_from(Side),
    st.lists(st.tuples(prices, st.integers(1, 100), st.booleans()), max_size=4),
    st.tuples(prices, st.integers(0, 100)),
)
others: st.SearchStrategy[Any] = st.sampled_from(
    [OURS, NO_ASK, NO_BID, PAUSE, RESUME, UNFUNDED, SOLD_EARLIER, BOUGHT_EARLIER, judged(RefusalCode.RESERVE)]
)


@given(st.lists(st.one_of(trades, others), max_size=20))
def test_whatever_happens_every_drop_is_won_or_has_one_cause(records: list[Record]) -> None:
    """To the drop, in any order of trades, quotes, fills and pauses."""
    flow = course_of(records).flow
    assert flow.won_drops + sum(part.xrp_drops for part in flow.parts) == flow.xrp_drops
    assert flow.trades == sum(isinstance(record, TakerTraded) for record in records)
    assert all(part.trades <= flow.trades for part in flow.parts)


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
