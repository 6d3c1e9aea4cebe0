"""Profit and loss: the identity holds exactly at every step, whatever happens, and average cost agrees with it.

Method: random sequences of fills, fees, deposits, withdrawals and prices against balances kept beside in fractions.
"""

from __future__ import annotations

import doctest
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.desk_by_hand import session_started

from neo.messages import (
    Balances,
    CapitalMoved,
    EquitySplit,
    FeePaid,
    Fill,
    LedgerObserved,
    Record,
    Side,
)
from neo.position import pnl as pnl_module
from neo.position.pnl import ProfitAndLoss, result_rlusd

D = Decimal


def test_the_worked_example_comes_out_as_it_is_written() -> None:
    """The docstring's example is the documentation of the method, so it must be true."""
    failed, tried = doctest.testmod(pnl_module)
    assert tried >= 10
    assert failed == 0


drops = st.integers(1, 10**12)
tokens = st.decimals(D("0.000000000000001"), D("99999.99"), places=15)
mids = st.decimals(D("0.0001"), D("999"), places=16)
roundings = st.decimals(D("-1e-12"), D("1e-12"), places=15)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), mids),
        st.tuples(st.just("buy"), drops, tokens, roundings),
        st.tuples(st.just("sell"), drops, tokens, roundings),
        st.tuples(st.just("fee"), st.integers(1, 10_000)),
        st.tuples(st.just("move"), st.integers(-(10**12), 10**12), st.decimals(D(-(10**6)), D(10**6), places=15)),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(xrp=st.integers(0, 10**12), rlusd=tokens, steps=steps)
def test_nothing_is_ever_left_over(xrp: int, rlusd: Decimal, steps: list[tuple[object, ...]]) -> None:
    """After every step the parts sum to the change of equity, the residual is exactly zero, and so is what realised
    and unrealised differ from them by; the end is what the balances are worth.
    """
    pnl = ProfitAndLoss()
    pnl.open(xrp, rlusd)
    held_drops, held_rlusd, mid = xrp, Fraction(rlusd), None
    for step in steps:
        match step:
            case ("mark", Decimal() as price):
                pnl.mark(price)
                mid = price
            case ("buy" | "sell" as side, int() as size, Decimal() as paid, Decimal() as rounding):
                # The ledger lets nobody sell what he hasn't got.
                size = min(size, held_drops) if side == "sell" else size
                pnl.fill(Side(side), size, paid, rounding)
                sign = 1 if side == "buy" else -1
                held_drops += sign * size
                held_rlusd += Fraction(rounding) - sign * Fraction(paid)
            case ("fee", int() as burned):
                burned = min(burned, held_drops)
                pnl.fee(burned)
                held_drops -= burned
            case ("move", int() as moved, Decimal() as tokens_moved):
                moved = max(moved, -held_drops)
                pnl.capital(moved, tokens_moved)
                held_drops += moved
                held_rlusd += Fraction(tokens_moved)
        parts = pnl.parts()
        if mid is None:
            assert parts is None
            continue
        assert parts is not None
        _holds(parts)
        assert Fraction(parts.equity_end_rlusd) == Fraction(held_drops, 10**6) * Fraction(mid) + held_rlusd


def _holds(parts: EquitySplit) -> None:
    assert parts.residual_rlusd == 0
    result = (
        Fraction(parts.spread_captured_rlusd) + Fraction(parts.inventory_revaluation_rlusd) + Fraction(parts.fees_rlusd)
    )
    assert Fraction(parts.equity_end_rlusd) - Fraction(parts.equity_start_rlusd) == result + Fraction(
        parts.capital_flows_rlusd
    )
    assert Fraction(parts.realised_rlusd) + Fraction(parts.unrealised_rlusd) == result


def test_a_deposit_is_no_gain_and_its_later_loss_is_ours() -> None:
    """What comes is a capital flow at the mid of its moment; what it loses afterwards is revaluation."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, D(0))
    pnl.mark(D(2))
    pnl.capital(50_000_000, D(10))
    pnl.mark(D("1.9"))
    parts = pnl.parts()
    assert parts is not None
    assert parts.capital_flows_rlusd == 110
    assert parts.inventory_revaluation_rlusd == -15
    assert result_rlusd(parts) == -15


def test_holding_is_what_the_capital_would_have_brought_untraded() -> None:
    """100 XRP rise by 0.5; 20 of them are sold first, which changes nothing for who holds, and neither does the fee.
    50 more come at 2.5 and fall by 1 with the rest, so that holding stands at 50 - 150.
    """
    pnl = ProfitAndLoss()
    assert ProfitAndLoss().holding_rlusd is None
    pnl.open(100_000_000, D(7))
    pnl.mark(D(2))
    pnl.fill(Side.SELL, 20_000_000, D(40), D(0))
    pnl.fee(10)
    pnl.mark(D("2.5"))
    assert pnl.holding_rlusd == 50
    pnl.capital(50_000_000, D(10))
    pnl.mark(D("1.5"))
    assert pnl.holding_rlusd == -100


def test_a_withdrawal_realises_at_the_mid() -> None:
    """XRP that leaves takes its cost with it: what it had gained by then is realised, the rest is not."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, D(0))
    pnl.mark(D(2))
    pnl.mark(D("2.5"))
    pnl.capital(-40_000_000, D(0))
    parts = pnl.parts()
    assert parts is not None
    assert (parts.capital_flows_rlusd, parts.realised_rlusd, parts.unrealised_rlusd) == (D(-100), D(20), D(30))


def test_equal_numbers_look_equal() -> None:
    """Parts are told in their shortest digits, without an exponent, so that they can be compared as text."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, D("200.000"))
    pnl.mark(D("2.00"))
    parts = pnl.parts()
    assert parts is not None
    assert (str(parts.equity_start_rlusd), str(parts.residual_rlusd)) == ("400", "0")


def marked(mid: str, xrp: int = 0, rlusd: str = "100") -> ProfitAndLoss:
    """A session that opened with so much XRP and RLUSD at this mid."""
    pnl = ProfitAndLoss()
    pnl.open(xrp * 10**6, D(rlusd))
    pnl.mark(D(mid))
    return pnl


def parts_of(pnl: ProfitAndLoss) -> EquitySplit:
    """The split, which adds up."""
    parts = pnl.parts()
    assert parts is not None
    _holds(parts)
    return parts


def test_a_sale_takes_the_average_cost_of_all_that_was_bought() -> None:
    """10 XRP at 2 and 10 at 3 cost 2.5 each: 5 sold at 4 bring 7.50, and the other 15 stand 22.50 above their cost."""
    pnl = marked("2")
    pnl.fill(Side.BUY, 10_000_000, D(20), D(0))
    pnl.mark(D(3))
    pnl.fill(Side.BUY, 10_000_000, D(30), D(0))
    pnl.mark(D(4))
    pnl.fill(Side.SELL, 5_000_000, D(20), D(0))
    parts = parts_of(pnl)
    assert (parts.realised_rlusd, parts.unrealised_rlusd) == (D("7.5"), D("22.5"))
    assert (parts.spread_captured_rlusd, parts.inventory_revaluation_rlusd) == (D(0), D(30))


def test_after_the_last_xrp_is_sold_the_next_begins_at_its_own_cost() -> None:
    """What the first round brought stays realised; of the second nothing is, as it was bought at the mid."""
    pnl = marked("2")
    pnl.fill(Side.BUY, 10_000_000, D(20), D(0))
    pnl.mark(D(4))
    pnl.fill(Side.SELL, 10_000_000, D(40), D(0))
    assert (parts_of(pnl).realised_rlusd, parts_of(pnl).unrealised_rlusd) == (D(20), D(0))
    pnl.fill(Side.BUY, 10_000_000, D(40), D(0))
    pnl.mark(D(5))
    assert (parts_of(pnl).realised_rlusd, parts_of(pnl).unrealised_rlusd) == (D(20), D(10))


@pytest.mark.parametrize(
    ("side", "rlusd", "spread"),
    [(Side.BUY, "19.9", "0.1"), (Side.BUY, "20.2", "-0.2"), (Side.SELL, "20.1", "0.1"), (Side.SELL, "19.8", "-0.2")],
)
def test_a_worse_price_than_the_mid_is_spread_that_was_paid(side: Side, rlusd: str, spread: str) -> None:
    """10 XRP at a mid of 2: what is bought above it or sold below it costs, and the price has no part in it."""
    pnl = marked("2", 50)
    pnl.fill(side, 10_000_000, D(rlusd), D(0))
    parts = parts_of(pnl)
    assert (parts.spread_captured_rlusd, parts.inventory_revaluation_rlusd) == (D(spread), D(0))
    assert result_rlusd(parts) == D(spread)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("rounding", ["0.000000000000003", "-0.000000000000003"])
def test_the_ledgers_rounding_is_part_of_the_fill(side: Side, rounding: str) -> None:
    """What it added to the balance is gained, what it took is lost, on either side, to its last digit."""
    pnl = marked("2", 50)
    pnl.fill(side, 10_000_000, D(20), D(rounding))
    assert parts_of(pnl).spread_captured_rlusd == result_rlusd(parts_of(pnl)) == D(rounding)


def test_a_fee_is_lost_at_the_mid_and_realised_at_its_cost() -> None:
    """1 XRP of 100 that cost 2 burns at a mid of 3: 3 lost, 2 of them had been paid and 1 had been gained before."""
    pnl = marked("2", 100)
    pnl.mark(D(3))
    pnl.fee(1_000_000)
    parts = parts_of(pnl)
    assert (parts.fees_rlusd, parts.inventory_revaluation_rlusd) == (D(-3), D(100))
    assert (parts.realised_rlusd, parts.unrealised_rlusd) == (D(-2), D(99))


def test_a_deposit_costs_what_it_is_worth_when_it_comes() -> None:
    """100 XRP at 2 and 100 more at 3 cost 2.5 each: 50 sold at 3 bring 25, though nobody bought any."""
    pnl = marked("2", 100)
    pnl.mark(D(3))
    pnl.capital(100_000_000, D(0))
    pnl.fill(Side.SELL, 50_000_000, D(150), D(0))
    parts = parts_of(pnl)
    assert (parts.capital_flows_rlusd, parts.realised_rlusd, parts.unrealised_rlusd) == (D(300), D(25), D(75))


def test_tokens_that_leave_are_no_loss() -> None:
    """A user who takes RLUSD out sees a smaller account and the same result."""
    pnl = marked("2", 100)
    pnl.capital(0, D(-60))
    parts = parts_of(pnl)
    assert (parts.capital_flows_rlusd, result_rlusd(parts), parts.equity_end_rlusd) == (D(-60), D(0), D(240))


def test_what_is_rounded_off_a_share_stays_in_the_cost() -> None:
    """3 drops for 1 RLUSD: one of them takes 0.333333333333333 with it, and leaves two thirds and what is over."""
    pnl = marked("1")
    pnl.fill(Side.BUY, 3, D(1), D(0))
    pnl.fill(Side.SELL, 1, D(1), D(0))
    assert parts_of(pnl).realised_rlusd == D("0.666666666666667")
    pnl.fill(Side.SELL, 2, D(1), D(0))
    assert (parts_of(pnl).realised_rlusd, parts_of(pnl).unrealised_rlusd) == (D(1), D(0))


def test_more_sold_than_was_there_is_split_without_a_division_by_nothing() -> None:
    """No ledger lets that happen; a journal that tells it is still told without a remainder."""
    pnl = marked("2")
    pnl.fill(Side.SELL, 1_000_000, D("2.1"), D(0))
    parts = parts_of(pnl)
    assert (parts.spread_captured_rlusd, parts.realised_rlusd, parts.unrealised_rlusd) == (D("0.1"), D("2.1"), D(-2))


def test_a_price_that_comes_back_leaves_nothing_behind() -> None:
    """A market that only swings makes and costs a holder nothing, in the books as in life."""
    pnl = marked("2", 100)
    for mid in ("2.7", "1.3", "2"):
        pnl.mark(D(mid))
    assert parts_of(pnl).inventory_revaluation_rlusd == 0


@given(st.permutations(["buy", "sell", "fee", "move"]))
def test_what_waits_for_the_first_price_is_split_as_if_it_had_been_known(order: list[str]) -> None:
    """Fills, fees and payments before the first mid count at that mid, in the order in which they came."""

    def do(pnl: ProfitAndLoss) -> None:
        for step in order:
            match step:
                case "buy" | "sell":
                    pnl.fill(Side(step), 7_000_000, D("13.93"), D("0.000000000000001"))
                case "fee":
                    pnl.fee(12)
                case _:
                    pnl.capital(-3_000_000, D(5))

    known, waiting = marked("2", 50), ProfitAndLoss()
    do(known)
    waiting.open(50_000_000, D(100))
    do(waiting)
    assert waiting.parts() is None
    waiting.mark(D(2))
    assert waiting.parts() == parts_of(known)


# --- As a fold over the journal ----------------------------------------------------------------------------------


def observed(index: int, mid: str | None) -> LedgerObserved:
    return LedgerObserved(
        ledger_index=index,
        close_time_s=4 * index,
        best_bid=None,
        best_ask=None,
        mid_price=None if mid is None else D(mid),
        pool_price=None,
        own_bid=None,
        own_ask=None,
        distance_to_clob_bid_bps=None,
        distance_to_clob_ask_bps=None,
        xrp_drops=0,
        rlusd=D(0),
    )


def moved(index: int, xrp_drops: int, rlusd: str, cause: str = "Payment ABC") -> CapitalMoved:
    return CapitalMoved(ledger_index=index, close_time_s=4 * index, cause=cause, xrp_drops=xrp_drops, rlusd=D(rlusd))


def started() -> list[Record]:
    opening = Balances(150_000_000, D(200), 1_000_000, 1, 1)
    return [
        session_started(opening, ledger_index=1, close_time_s=4),
        moved(1, 100_000_000, "200", "opening balance"),
        moved(1, 50_000_000, "0", "deposit before the session"),
    ]


@pytest.mark.parametrize("early", [True, False])
def test_opening_balances_are_no_flow_and_what_came_before_a_price_waits(*, early: bool) -> None:
    """The opening in all its parts is where equity starts; a payment before the first mid is a flow at that mid."""
    payment, first = moved(2, 10_000_000, "0"), observed(2, "2")
    records = [*started(), *((payment, first) if early else (first, payment)), observed(3, None)]
    pnl = ProfitAndLoss()
    for record in records:
        pnl.apply(record)
    parts = pnl.parts()
    assert parts is not None
    assert parts.equity_start_rlusd == 500
    assert parts.capital_flows_rlusd == 20
    assert result_rlusd(parts) == 0


def test_records_that_are_no_money_change_nothing() -> None:
    """A fee and a fill count once each; a ledger without a price keeps the last one."""
    fill = Fill(
        order_id="o1",
        offer_sequence=1,
        tx_hash="F",
        ledger_index=3,
        close_time_s=12,
        side=Side.SELL,
        xrp_drops=1_000_000,
        rlusd=D("2.01"),
        rlusd_rounding=D("0.000001"),
        price=D("2.01"),
        taker=False,
        mid_price=D(3),
    )
    fee = FeePaid(tx_hash="G", ledger_index=3, close_time_s=12, fee_drops=10)
    pnl = ProfitAndLoss()
    for record in (*started(), observed(2, "2"), fee, fill, observed(3, None)):
        pnl.apply(record)
    parts = pnl.parts()
    assert parts is not None
    # The mid of the fill is the last one before it, not the one that the fill left behind.
    assert parts.spread_captured_rlusd == D("0.010001")
    assert parts.fees_rlusd == D("-0.00002")
    assert parts.residual_rlusd == 0


def test_the_result_is_what_was_realised_and_what_was_not() -> None:
    """Exact beyond the digits that Python would round to by itself."""
    names = set(EquitySplit.__struct_fields__)
    split = EquitySplit(**dict.fromkeys(names, D(0)) | {"realised_rlusd": D(10) ** 20, "unrealised_rlusd": D("1e-20")})
    assert result_rlusd(split) == D("100000000000000000000.00000000000000000001")
