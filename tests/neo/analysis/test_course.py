"""A session's course: a row for each ledger, worked out by hand, from whole journals and from those that break off.

Method: the small session of ``support.invented``, record by record.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import invented

from neo.analysis.course import Course, LedgerRow
from neo.analysis.results import course_of
from neo.messages import Absence, HaltRaised, OrderStatus, Record, SettlementBegun, Side
from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import RefusalCode
from neo.position.pnl import result_rlusd
from neo.watch.loss_limits import Losses

D = Decimal
SMALL = invented.small_session()
KILLED = HaltRaised.of(Halt(HaltReason.KILL_SWITCH, "", "operator"), first=True)


def row_of(course: Course, ledger_index: int) -> LedgerRow:
    """The row of a ledger, of which there is one."""
    [row] = [row for row in course.rows if row.ledger_index == ledger_index]
    return row


# --- Rows --------------------------------------------------------------------------------------------------------


def test_a_ledgers_row_has_the_market_and_our_account_as_that_ledger_tells_them() -> None:
    """Prices in RLUSD per XRP, XRP in XRP and not in drops, distances in basis points, time in the ledger's seconds."""
    row = row_of(course_of(SMALL), 3)
    assert (row.close_time_s, row.mid, row.best_bid, row.best_ask, row.pool) == (12, 2.1, 2.08, 2.12, 2.0)
    assert (row.own_bid, row.own_ask, row.distance_bid_bps, row.distance_ask_bps) == (None, 2.11, None, 47.619)
    assert (row.xrp, row.rlusd) == (109.99999, 180.2)


def test_a_ledgers_row_has_the_money_that_moved_in_it() -> None:
    """What happened in a ledger is told before its row: bought 10 at 1.98 below a mid of 2, which then rose to 2.1.

    Equity 109.99999 x 2.1 + 180.2 = 411.199979; of the rise from 400 the spread made 10 x 0.02 and the price
    109.99999 x 0.1, and the fee took 0.00001 x 2.
    """
    row = row_of(course_of(SMALL), 3)
    assert row.equity == 411.199979
    assert (row.spread, row.revaluation, row.fees, row.capital) == (0.2, 10.999999, -0.00002, 0.0)


def test_a_ledger_without_prices_is_valued_at_the_last_ones() -> None:
    """Nothing is made up for it: its own figures are absent. Equity is 89.99999 x 2.1 + 272.4, with 50 deposited."""
    row = row_of(course_of(SMALL), 4)
    assert (row.mid, row.best_bid, row.best_ask, row.pool, row.own_bid, row.own_ask) == (None,) * 6
    assert (row.equity, row.spread, row.capital) == (461.399979, 0.4, 50.0)


def test_the_last_row_and_the_exact_end_tell_the_same() -> None:
    """Equity 89.99999 x 2 + 272.4 = 452.39998: 400 at the start, 50 put in, 2.39998 made by trading and the market."""
    course = course_of(SMALL)
    split = course.split
    assert split is not None
    assert (split.equity_start_rlusd, split.equity_end_rlusd) == (D(400), D("452.39998"))
    assert (split.spread_captured_rlusd, split.inventory_revaluation_rlusd) == (D("0.4"), D(2))
    assert (split.fees_rlusd, split.capital_flows_rlusd, split.residual_rlusd) == (D("-0.00002"), D(50), D(0))
    assert result_rlusd(split) == D("2.39998")
    row = course.rows[-1]
    assert (row.equity, row.spread, row.revaluation, row.fees, row.capital) == (452.39998, 0.4, 2.0, -0.00002, 50.0)
    assert course.balances == (89_999_990, D("272.4"))


def test_before_the_first_price_there_is_no_equity() -> None:
    """Absent, not zero: a chart would show a loss of everything."""
    course = course_of([*invented.opening(), invented.seen(2, None), invented.seen(3, "2")])
    first, second = course.rows
    assert (first.equity, first.spread, first.revaluation, first.fees, first.capital) == (None,) * 5
    assert (second.equity, second.spread, second.revaluation) == (400.0, 0.0, 0.0)


def test_figures_of_ledgers_between_are_those_of_the_last_that_was_worked_out() -> None:
    """A long session's split is worked out now and then; the rows between repeat it, and the end is exact."""
    steps = [invented.seen(index, str(index)) for index in range(2, 9)]  # the mid rises from 2 to 8
    course = course_of([*invented.opening(), *steps], exact_every=3)
    assert [row.equity for row in course.rows] == [400.0, 400.0, 400.0, 700.0, 700.0, 700.0, 1000.0]
    assert [row.mid for row in course.rows] == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    split = course.split
    assert split is not None
    assert split.equity_end_rlusd == 1000


def test_the_first_price_is_not_waited_for_until_the_next_turn() -> None:
    """Without a price yet, the very next ledger is asked, however seldom the split is worked out."""
    course = course_of([*invented.opening(), invented.seen(2, None), invented.seen(3, "2")], exact_every=1000)
    assert [row.equity for row in course.rows] == [None, 400.0]


# --- Journals that break off -------------------------------------------------------------------------------------


def test_an_empty_journal_is_an_empty_course() -> None:
    """A session that failed at its start has nothing, which is no trouble for whoever asks."""
    course = course_of([])
    assert (course.rows, course.fills, course.capital, course.started, course.standing) == ([], [], [], None, None)
    assert (course.split, course.balances, course.absence) == (None, (0, D(0)), Absence())
    assert (course.flow.trades, course.flow.won_share, course.checks) == (0, None, 0)


@given(st.integers(0, len(SMALL)))
def test_a_journal_that_breaks_off_tells_the_same_up_to_there(length: int) -> None:
    """A crash in the middle changes nothing of what was told before it."""
    whole, broken = course_of(SMALL), course_of(SMALL[:length])
    assert broken.rows == whole.rows[: len(broken.rows)]
    assert broken.fills == whole.fills[: len(broken.fills)]


def test_a_fill_after_the_last_row_counts_in_the_balances_and_in_the_end() -> None:
    """The process was lost after the fill was durable and before its ledger's row was: it is ours all the same."""
    course = course_of(SMALL[: SMALL.index(invented.fill(4, Side.SELL, "2.11", "20", is_taker=True)) + 1])
    assert [row.ledger_index for row in course.rows] == [2, 3]
    assert course.balances == (89_999_990, D("222.4"))
    split = course.split
    assert split is not None
    assert (split.spread_captured_rlusd, split.residual_rlusd) == (D("0.4"), D(0))


def test_what_was_settled_after_the_end_counts_in_the_balances_and_not_in_the_sessions_own_words() -> None:
    """A later start found a fill of an order that was left open; where the session stood at its end stays as told."""
    settled = SettlementBegun(ledger_index=9, close_time_s=36, journal_sha256="a" * 64, order_ids=("o1",))
    stood = invented.standing()
    course = course_of([*SMALL, invented.ended(stood), settled, invented.fill(9, Side.BUY, "2", "1")])
    assert course.standing == stood
    assert course.balances == (90_999_990, D("270.4"))
    assert len(course.fills) == 3


# --- Counts ------------------------------------------------------------------------------------------------------


def test_checks_are_counted_with_those_that_agreed_to_the_drop() -> None:
    """A report can say how often the books were held to the ledger, and how often nothing was off."""
    course = course_of(SMALL)
    assert (course.checks, course.checks_exact) == (2, 1)


def test_a_drop_of_one_rlusds_last_digit_is_no_agreement() -> None:
    """Exact is to the last digit of both assets."""
    check = invented.checked(1)
    assert course_of([check]).checks_exact == 1
    for changed in (invented.checked(1, missing_drops=1), invented.checked(1, missing_rlusd="0.000000000000001")):
        assert course_of([changed]).checks_exact == 0


def test_capital_is_kept_with_the_opening_first() -> None:
    """Money that was put in later is told apart from the opening, so that neither is taken for profit."""
    assert [(moved.xrp_drops, moved.rlusd) for moved in course_of(SMALL).capital] == [(100_000_000, D(200)), (0, D(50))]


def test_ledgers_without_quotes_are_counted_from_the_journal_if_no_end_tells_them() -> None:
    """Of a lost process there is no end: in ledger 4 nothing was out, in ledger 3 no bid, and its tick tells why."""
    course = course_of([*SMALL[:-2], invented.judged(4, (RefusalCode.RESERVE, Side.SELL)), *SMALL[-2:]])
    assert course.absence == Absence(
        ledgers_without_quote=1,
        ledgers_without_bid=2,
        ledgers_without_ask=1,
        quote_reasons={"reserve": 1},
        bid_reasons={"order_pending": 1},
        ask_reasons={"reserve": 1},
    )


@pytest.mark.parametrize(
    ("told", "expected"), [(Absence(ledgers_without_bid=7), 7), (Absence(), 0), (None, 2)], ids=["told", "none", "old"]
)
def test_what_the_end_says_of_missing_quotes_is_believed(told: Absence | None, expected: int) -> None:
    """It has seen what the journal may not have; an end from before it was counted says nothing."""
    course = course_of([*SMALL, invented.ended(invented.standing(absence=told))])
    assert course.absence.ledgers_without_bid == expected


def test_quotes_pulled_at_the_end_are_not_missed() -> None:
    """After the halt nothing is to be quoted, so a ledger without quotes is none that lacks them."""
    pulled = invented.seen(3, "2", is_ending=True)
    course = course_of([*invented.opening(), invented.seen(2, "2", "1.98", "2.02"), KILLED, pulled])
    assert course.absence == Absence()


def test_the_drawdown_is_of_every_ledger_however_few_have_the_split() -> None:
    """Of 100 XRP: 10 up, 20 down, then half of it back. A deposit at the bottom is no recovery, and its XRP is held."""
    fall: list[Record] = [
        *invented.opening(), invented.seen(2), invented.seen(3, "2.1"), invented.seen(4, "1.9"),
        invented.moved(5, "50", "30"), invented.seen(5, "2"),
    ]  # fmt: skip
    for course in (course_of(fall), course_of(fall, exact_every=1000)):
        assert (course.drawdown_rlusd, course.holding_rlusd) == (D(20), D(5))
    assert [row.holding for row in course_of(fall).rows] == [0.0, 10.0, -10.0, 5.0]
    assert course_of(fall[:2]).drawdown_rlusd is None


def test_losses_are_held_against_limits_if_asked_for() -> None:
    """100 XRP, and a mid of 2, 2.1, 1.9, 1.95: 10 lost at most since the start, 20 since the best moment."""
    fall: list[Record] = [
        *invented.opening(),
        invented.seen(2, best_bid="1.99", best_ask="2.01"),
        invented.seen(3, best_bid="2.09", best_ask="2.11", pool_price=None),
        invented.seen(4, best_bid="1.89", best_ask="1.91", pool_price=None),
        invented.seen(5, best_bid="1.94", best_ask="1.96", pool_price=None),
    ]
    losses = Losses(D(300))
    course = course_of(fall, losses=losses)
    assert course.losses is losses
    assert (losses.session.now_rlusd, losses.session.most_rlusd) == (D(5), D(10))
    assert (losses.drawdown.now_rlusd, losses.drawdown.most_rlusd) == (D(15), D(20))
    assert course_of(fall).losses is None


def test_records_that_tell_nothing_of_the_course_change_nothing() -> None:
    """An order's steps move no money and no ledger."""
    steps: list[Record] = [invented.changed(3, OrderStatus.RESTING), invented.judged(3), KILLED]
    course = course_of([*SMALL, *steps])
    whole = course_of(SMALL)
    assert (course.rows, course.balances, course.split, course.flow) == (
        whole.rows,
        whole.balances,
        whole.split,
        whole.flow,
    )
