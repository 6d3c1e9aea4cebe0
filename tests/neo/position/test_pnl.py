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

from neo.messages import (
    Balances,
    CapitalMoved,
    EquitySplit,
    FeePaid,
    Fill,
    LedgerObserved,
    Record,
    SessionStarted,
    Side,
)
from neo.position import pnl as pnl_module
from neo.position.pnl import ProfitAndLoss

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


@settings(max_examples=150, deadline=None)
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
    assert parts.result_rlusd == -15


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
        SessionStarted(
            venue="sim",
            seed=1,
            config_sha256="",
            market_sha256="",
            account="rUs",
            opening=opening,
            ledger_index=1,
            close_time_s=4,
        ),
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
    assert parts.result_rlusd == 0


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
