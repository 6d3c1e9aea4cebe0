"""A session's results: what all its ledgers and fills come to, worked out by hand, down to those with hardly anything.

Method: the small session of ``support.invented``, parts of it, and sessions with one thing in them.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import invented

from neo.analysis.results import Results, course_of, results_of
from neo.messages import Record, Side
from neo.position.pnl import result_rlusd
from neo.watch.loss_limits import Losses

D = Decimal
SMALL = invented.small_session()


def results_from(*records: Record) -> Results:
    return results_of(course_of(records))


# --- The small session -------------------------------------------------------------------------------------------


def test_a_sessions_counts() -> None:
    """From the opening at 4 s to the last ledger at 20 s; two fills, one of them as a taker; one check of two exact."""
    results = results_from(*SMALL)
    assert (results.duration_s, results.ledgers) == (16, 4)
    assert (results.fills, results.taker_fills) == (2, 1)
    assert (results.checks, results.checks_exact) == (2, 1)


def test_what_was_bought_and_sold_and_what_is_left() -> None:
    """100 + 10 - 20 XRP less a fee of 10 drops; 200 - 10 x 1.98 + 20 x 2.11 + 50 RLUSD."""
    results = results_from(*SMALL)
    assert (results.bought_drops, results.sold_drops) == (10_000_000, 20_000_000)
    assert (results.xrp_end_drops, results.rlusd_end) == (89_999_990, D("272.4"))


def test_the_split_is_the_exact_one() -> None:
    """The parts of the profit are those that the session booked, with nothing left over."""
    split = results_from(*SMALL).split
    assert split is not None
    assert (split.spread_captured_rlusd, split.residual_rlusd) == (D("0.4"), D(0))


def test_the_opening_is_no_move_of_capital() -> None:
    """It is where the session begins, in however many parts it is told; what came later is."""
    [start, first] = invented.opening()
    more = invented.moved(1, "5", "0", "deposit before the session")
    later = invented.moved(4, "0", "50")
    assert results_from(start, first, more, later).capital_moves == (later,)


def test_without_an_opening_every_move_is_told() -> None:
    """Of a journal whose first record is gone nobody knows what the opening was."""
    moves = (invented.moved(1, "100", "200"), invented.moved(2, "0", "50"))
    assert results_from(*moves).capital_moves == moves


def test_distances_are_of_the_ledgers_that_have_one() -> None:
    """The bid at the touch twice; the ask 50 bps behind twice and ahead once: a mean of -52.381 / 3."""
    results = results_from(*SMALL)
    bid, ask = results.touch_bid, results.touch_ask
    assert (bid.measured, bid.within_2bps, bid.within_2bps_share, bid.mean_bps, bid.ahead) == (2, 2, 1.0, 0.0, 0)
    assert (ask.measured, ask.within_2bps, ask.median_bps, ask.ahead) == (3, 1, -50.0, 1)
    assert ask.mean_bps == pytest.approx(-17.460333)
    assert ask.buckets == {"0-2": 1, "2-5": 0, "5-10": 0, "10+": 2}


def test_the_time_with_quotes_is_counted_in_ledgers() -> None:
    """Both in ledgers 2 and 5, the ask alone in 3, neither in 4."""
    quotes = results_from(*SMALL).quotes
    assert (quotes.ledgers, quotes.bid, quotes.ask, quotes.both, quotes.neither) == (4, 2, 3, 2, 1)


def test_mark_outs_are_of_the_mids_that_are_known() -> None:
    """A ledger after the purchase there is no mid; a ledger after the sale at 2.11 it is 2, so each of 20 XRP gained
    0.11. Five and twenty ledgers later the session was over.
    """
    one, five, twenty = results_from(*SMALL).mark_outs
    assert (one.fills, one.bid_bps) == (1, None)
    assert one.ask_bps == one.mean_bps == pytest.approx(521.327, abs=0.001)
    assert one.total == pytest.approx(2.2)
    assert (five.fills, five.mean_bps, twenty.fills, twenty.mean_bps) == (0, None, 0, None)


def test_trades_of_others_are_in_it() -> None:
    """Our ask of 2.03 took 4 drops of a purchase of 10; 6 went to an ask that was nearer."""
    bought = invented.trade(3, Side.BUY, ("2.02", 6, False), ("2.03", 4, True))
    flow = results_from(*SMALL[:3], bought).flow
    assert (flow.trades, flow.xrp_drops, flow.won_drops, flow.won_share) == (1, 10, 4, 0.4)


# --- Sessions with hardly anything -------------------------------------------------------------------------------


def test_nothing_is_told_of_nothing() -> None:
    """No ledger, no fill, no price: counts are zero, figures are absent, and nothing is divided by zero."""
    results = results_from()
    assert (results.duration_s, results.ledgers, results.fills, results.xrp_end_drops) == (0, 0, 0, 0)
    assert (results.mid_price_start, results.mid_price_end, results.split) == (None, None, None)
    assert (results.touch_bid.mean_bps, results.touch_ask.within_2bps_share) == (None, None)
    assert results.quotes.share(results.quotes.both) is None
    assert [mark.mean_bps for mark in results.mark_outs] == [None, None, None]
    assert results.flow.won_share is None


def test_a_session_that_only_opened_has_its_balances() -> None:
    """It ended before its first ledger: no time passed, and it holds what it opened with."""
    results = results_from(*invented.opening("12.5", "7"))
    assert (results.duration_s, results.ledgers) == (0, 0)
    assert (results.xrp_end_drops, results.rlusd_end, results.split) == (12_500_000, D(7), None)


def test_one_ledger_has_the_time_since_the_opening() -> None:
    """The length of even the shortest session is known, or zero where there is nothing to count from."""
    assert results_from(*invented.opening(), invented.seen(4)).duration_s == 12
    assert results_from(invented.seen(4)).duration_s == 0
    assert results_from(invented.seen(4), invented.seen(6)).duration_s == 8


def test_one_fill_and_one_price_are_enough() -> None:
    """Bought 1 XRP at 1.9 with a mid of 2: 0.1 of spread, and no mark-out, as no later ledger is known."""
    bought = invented.fill(3, Side.BUY, "1.9")
    results = results_from(*invented.opening(), invented.seen(2), bought)
    assert (results.fills, results.bought_drops, results.sold_drops) == (1, 1_000_000, 0)
    assert results.split is not None
    assert results.split.spread_captured_rlusd == D("0.1")
    assert [mark.fills for mark in results.mark_outs] == [0, 0, 0]


def test_a_session_that_only_bought_has_one_side() -> None:
    """Three purchases of 1 XRP at 2, and a mid 1 % lower a ledger later: 100 bps lost on each, nothing on sales."""
    records: list[Record] = [*invented.opening(), invented.seen(2)]
    for index in (3, 5, 7):
        records += [invented.fill(index, Side.BUY), invented.seen(index), invented.seen(index + 1, "1.98")]
    results = results_from(*records)
    one = results.mark_outs[0]
    assert (results.bought_drops, results.sold_drops, one.fills, one.ask_bps) == (3_000_000, 0, 3, None)
    assert one.bid_bps == one.mean_bps == pytest.approx(-100)
    assert one.total == pytest.approx(-0.06)


def test_prices_at_the_start_and_the_end_are_the_first_and_the_last_that_are_known() -> None:
    """Ledgers without a price at either end don't hide how the market moved in between."""
    mids = [None, "2", "3", "2.5", None]
    results = results_from(*(invented.seen(index, mid) for index, mid in enumerate(mids, start=1)))
    assert (results.mid_price_start, results.mid_price_end) == (2.0, 2.5)


def test_without_any_price_there_is_no_equity_but_there_are_balances() -> None:
    """A market that never had a price: what was bought is known, what it is worth is not."""
    results = results_from(
        *invented.opening(), invented.seen(2, None), invented.fill(3, Side.BUY), invented.seen(3, None)
    )
    assert (results.split, results.mid_price_end) == (None, None)
    assert (results.xrp_end_drops, results.rlusd_end) == (101_000_000, D(198))


# --- Journals that break off -------------------------------------------------------------------------------------


@given(st.integers(0, len(SMALL)))
def test_every_beginning_of_a_journal_has_results_that_add_up(length: int) -> None:
    """Wherever the process was lost: what is held is what came less what went, to the drop and the last digit."""
    records = SMALL[:length]
    results = results_from(*records)
    fees = 10 if invented.fee(3, 10) in records else 0
    opening = 100_000_000 if length >= 2 else 0
    assert results.xrp_end_drops == opening + results.bought_drops - results.sold_drops - fees
    if results.split is not None:
        split = results.split
        assert split.residual_rlusd == 0
        assert split.equity_end_rlusd - split.equity_start_rlusd == result_rlusd(split) + split.capital_flows_rlusd


def test_a_course_is_folded_with_what_it_is_given() -> None:
    """How often the split is worked out, and the losses that are to be counted."""
    losses = Losses(D(300))
    course = course_of([*invented.opening(), *(invented.seen(at, str(at)) for at in (2, 3, 4))], 2, losses)
    assert [row.equity for row in course.rows] == [400.0, 400.0, 600.0]
    assert course.losses is losses
    assert losses.has_begun
