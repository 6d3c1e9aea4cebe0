"""Reconciliation: how balances came about since the last check, and both invariants at shutdown."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from support.desk_by_hand import session_started

from neo.desk.capital_moves import withdrawal_refused
from neo.desk.desk import Desk
from neo.desk.opening import MovedBefore, opening_records
from neo.desk.reconcile import TableTotals, check, check_due, shutdown_drift
from neo.messages import (
    Balances,
    CapitalMoved,
    CapitalOrdered,
    FeePaid,
    LedgerObserved,
    MoveCapital,
    Record,
    Standing,
)

D = Decimal
OPENING = Balances(100_000_000, D(200), 1_200_000, 1, 5)


def opened(*moved: MovedBefore) -> list[Record]:
    return list(opening_records(session_started(OPENING, ledger_index=1, close_time_s=4), moved))


def observed(index: int, xrp_drops: int, rlusd: str, mid: str = "2") -> LedgerObserved:
    return LedgerObserved(
        ledger_index=index,
        close_time_s=4 * index,
        best_bid=None,
        best_ask=None,
        mid_price=D(mid),
        pool_price=None,
        own_bid=None,
        own_ask=None,
        distance_to_clob_bid_bps=None,
        distance_to_clob_ask_bps=None,
        xrp_drops=xrp_drops,
        rlusd=D(rlusd),
    )


def balances(xrp_drops: int, rlusd: str) -> Balances:
    return msgspec.structs.replace(OPENING, xrp_drops=xrp_drops, rlusd=D(rlusd))


FEE = FeePaid(tx_hash="A", ledger_index=2, close_time_s=8, fee_drops=10)
PAYMENT = CapitalMoved(ledger_index=2, close_time_s=8, cause="Payment B", xrp_drops=7, rlusd=D("-0.5"))


def test_a_check_tells_what_the_change_since_the_last_one_was_made_of() -> None:
    """Fees and capital explain the change, and the next check begins where this one ended."""
    desk = Desk.replay([*opened(), FEE, PAYMENT, observed(2, 99_999_997, "199.5")])
    first = check(desk, balances(99_999_997, "199.5"))
    assert first.exact
    assert (first.xrp_change_drops, first.xrp_fees_drops, first.xrp_capital_drops) == (-3, 10, 7)
    assert (first.rlusd_change, first.rlusd_capital, first.rlusd_fills) == (D("-0.5"), D("-0.5"), D(0))
    desk.apply(first)
    desk.apply(observed(3, 99_999_997, "199.5"))
    second = check(desk, balances(99_999_997, "199.5"))
    assert (second.xrp_change_drops, second.xrp_fees_drops, second.rlusd_change) == (0, 0, D(0))


def test_a_check_is_due_after_so_many_ledgers() -> None:
    """Counted from the opening, then from the last check."""
    desk = Desk.replay([*opened(), observed(2, 100_000_000, "200")])
    assert not check_due(desk, 2)
    desk.apply(observed(3, 100_000_000, "200"))
    assert check_due(desk, 2)
    desk.apply(check(desk, OPENING))
    assert not check_due(desk, 1)


def test_one_drop_too_many_is_seen() -> None:
    """Exactness is to the drop and to the last digit."""
    desk = Desk.replay([*opened(), observed(2, 100_000_001, "200")])
    assert not check(desk, balances(100_000_001, "200")).exact
    assert not check(desk, balances(100_000_000, "200.0000000000001")).exact
    assert check(desk, balances(100_000_000, "200.000")).exact


def test_the_parts_of_an_opening_sum_to_it() -> None:
    """What was moved before a session is told apart from the balance it found."""
    _, first, second, third = opened(MovedBefore("deposit", 30_000_000, D(0)), MovedBefore("withdraw", 0, D("-5.5")))
    assert [(one.xrp_drops, one.rlusd) for one in (first, second, third)] == [  # type: ignore[union-attr]
        (70_000_000, D("205.5")),
        (30_000_000, D(0)),
        (0, D("-5.5")),
    ]
    assert second.cause == "deposit before the session"  # type: ignore[union-attr]


# --- At shutdown -------------------------------------------------------------------------------------------------


def standing() -> Standing:
    return Desk.replay([*opened(), FEE, PAYMENT, observed(2, 99_999_997, "199.5")]).standing()


EXACT = TableTotals(
    xrp_fills_drops=0,
    xrp_inventory_drops=0,
    xrp_capital_drops=100_000_007,
    xrp_fees_drops=10,
    rlusd_fills=D(0),
    rlusd_inventory=D(0),
    rlusd_capital=D("199.5"),
)


def test_what_agrees_is_no_drift() -> None:
    """Tables, engine and ledger equal: nothing to write."""
    assert shutdown_drift(standing(), EXACT) is None


@pytest.mark.parametrize(
    ("tables", "within"),
    [
        (msgspec.structs.replace(EXACT, xrp_fees_drops=0), True),
        # The audit's fault: a summary that forgets the capital overlay.
        (msgspec.structs.replace(EXACT, xrp_capital_drops=0, rlusd_capital=D(0)), False),
        (msgspec.structs.replace(EXACT, rlusd_capital=D("203.49")), True),
        (msgspec.structs.replace(EXACT, rlusd_capital=D("203.51")), False),
    ],
)
def test_a_summary_that_drifts_is_told_with_its_share(tables: TableTotals, within: bool) -> None:
    """The exact invariant is broken by a drop, the memo's by 1 % of value; both are in the numbers."""
    drift = shutdown_drift(standing(), tables)
    assert drift is not None
    assert drift.within_one_percent is within
    assert drift.share_of_value is not None
    assert (drift.share_of_value < D("0.01")) is within
    assert (drift.xrp_drops, drift.rlusd) == (0, D(0))


def test_an_engine_that_differs_from_the_ledger_drifts_too() -> None:
    """The tables may agree with the engine and both be wrong about the ledger."""
    off = msgspec.structs.replace(standing(), xrp_ledger_drops=99_999_998)
    drift = shutdown_drift(off, EXACT)
    assert drift is not None
    assert (drift.xrp_drops, drift.summary_xrp_drops, drift.within_one_percent) == (-1, 0, True)


def test_fifteen_xrp_that_the_ledger_does_not_have_are_not_within_one_percent() -> None:
    """Tables and engine may agree on what is not there: the share is of all three, and says what differs."""
    off = msgspec.structs.replace(standing(), xrp_ledger_drops=standing().xrp_ledger_drops - 15_000_000)
    drift = shutdown_drift(off, EXACT)
    assert drift is not None
    assert not drift.within_one_percent
    assert drift.differences == ("engine, drops: 99999997, ledger: 84999997",)


# --- Payments of capital -----------------------------------------------------------------------------------------


def ordered(**changes: object) -> CapitalOrdered:
    record = CapitalOrdered(
        order_id="c0001",
        ledger_index=1,
        close_time_s=4,
        xrp_drops=-5_000_000,
        rlusd=D(0),
        tx_hash="C",
        blob="",
        own=True,
        sequence=5,
        last_ledger_sequence=3,
    )
    return msgspec.structs.replace(record, **changes)


def test_a_withdrawal_under_way_keeps_its_sequence() -> None:
    """The next order takes the sequence after it, until the ledger has it or can't any more."""
    desk = Desk.replay([*opened(), ordered()])
    assert desk.free_sequence(5) == 6
    done = Desk.replay([*opened(), ordered(), msgspec.structs.replace(FEE, tx_hash="C")])
    late = Desk.replay([*opened(), ordered(), observed(2, 0, "0"), observed(3, 0, "0")])
    deposit = Desk.replay([*opened(), ordered(own=False, xrp_drops=5)])
    assert [one.free_sequence(5) for one in (done, late, deposit)] == [5, 5, 5]
    assert not done.capital_pending
    assert not late.capital_pending
    assert deposit.capital_pending
    assert MoveCapital(order_id="c0001", xrp_drops=1, rlusd=D(0)).order_id in late.capital_orders


def test_a_deposit_is_settled_by_its_payment() -> None:
    """The capital event names the payment's hash."""
    found = CapitalMoved(ledger_index=2, close_time_s=8, cause="Payment C", xrp_drops=5, rlusd=D(0))
    assert not Desk.replay([*opened(), ordered(own=False, xrp_drops=5), found]).capital_pending


def test_only_what_is_free_can_be_withdrawn() -> None:
    """The reserve and the fee stay; what offers promise may go."""
    assert withdrawal_refused(OPENING, 98_799_990, D(200), 10) is None
    assert "98.799990 XRP that are free" in (withdrawal_refused(OPENING, 98_799_991, D(0), 10) or "")
    assert "more than the 200 RLUSD" in (withdrawal_refused(OPENING, 0, D("200.1"), 10) or "")
