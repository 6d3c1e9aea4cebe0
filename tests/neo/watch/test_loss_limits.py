"""The loss limits by their numbers, and the prices that they don't believe.

Method: 100 XRP and 200 RLUSD at a mid of 2 are worth 400; the records of a journal move the market and the money.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.desk_by_hand import session_started

from neo.messages import Balances, CapitalMoved, FeePaid, Fill, LedgerObserved, Record, SessionStarted, Side
from neo.messages.halts import BrokenLimit, HaltReason
from neo.watch.loss_limits import LossLimits, LossWatch, trusted_price

D = Decimal
LIMITS = LossLimits(
    max_session_loss_rlusd=D(10),
    max_drawdown_rlusd=D(15),
    price_distance_max_bps=D(300),
    stale_after_s=60,
    move_halflife_s=300,
    move_least_bps=D(11),
)


def started() -> SessionStarted:
    return session_started(Balances(100_000_000, D(200), 1_000_000, 0, 1), ledger_index=1, close_time_s=0)


def moved(xrp_drops: int, rlusd: str) -> CapitalMoved:
    return CapitalMoved(ledger_index=1, close_time_s=0, cause="opening", xrp_drops=xrp_drops, rlusd=D(rlusd))


def observed(bid: str | None, ask: str | None, pool: str | None = None, *, close_time_s: int = 0) -> LedgerObserved:
    def price(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    # Only the touch and the pool matter here; the other fields stay empty, whatever they are.
    fields: dict[str, Any] = dict.fromkeys(LedgerObserved.__struct_fields__)
    touch = {"best_bid": price(bid), "best_ask": price(ask), "pool_price": price(pool), "close_time_s": close_time_s}
    return LedgerObserved(**(fields | touch))


def at(mid: str, close_time_s: int = 0) -> LedgerObserved:
    return observed(str(D(mid) - D("0.001")), str(D(mid) + D("0.001")), mid, close_time_s=close_time_s)


def opened() -> LossWatch:
    watch = LossWatch(LIMITS)
    for record in (started(), moved(100_000_000, "200"), at("2")):
        watch.apply(record)
    return watch


def test_a_loss_within_the_limits_is_no_cause() -> None:
    """A loss of exactly the limit is still allowed."""
    watch = opened()
    watch.apply(at("1.9"))
    assert watch.halt(0) is None  # 10 lost, 10 allowed


def test_a_loss_beyond_the_limit_trips_the_kill_switch_with_its_numbers() -> None:
    """The detail has the key, loss and limit, the price, and how far it went beyond."""
    watch = opened()
    watch.apply(at("1.89"))
    halt = watch.halt(0)
    assert halt is not None
    assert halt.reason is HaltReason.KILL_SWITCH
    assert halt.detail == "risk.max_session_loss_rlusd: 11.00 > 10 at a mid of 1.890, 1.00 beyond the limit"


def test_a_drawdown_counts_from_the_best_moment() -> None:
    """Up by 20, then down to 4 above the start: no loss at all, and 16 lost since the top."""
    watch = opened()
    watch.apply(at("2.2"))
    watch.apply(at("2.05"))
    assert watch.halt(0) is None
    watch.apply(at("2.04"))
    halt = watch.halt(0)
    assert halt is not None
    assert halt.detail.startswith("risk.max_drawdown_rlusd: 16.00 > 15")


def test_a_loss_limit_that_is_broken_tells_by_how_much() -> None:
    """The price moved further in one ledger than the limit allowed: 16 are lost, 6 beyond the 10."""
    watch = opened()
    watch.apply(at("1.84"))
    halt = watch.halt(0)
    assert halt is not None
    assert halt.broken == BrokenLimit("risk.max_session_loss_rlusd", D(10), D(16), D(6))


def test_deposits_and_withdrawals_are_neither_gain_nor_loss() -> None:
    """Only what the price does to what is left counts: 50 XRP down 0.21 lose 10.50."""
    watch = opened()
    watch.apply(moved(-50_000_000, "-150"))
    watch.apply(at("2"))
    assert watch.halt(0) is None
    watch.apply(moved(0, "1000"))
    watch.apply(at("1.82"))
    assert watch.halt(0) is None, "50 XRP are left, and they lost 9"
    watch.apply(at("1.79"))
    halt = watch.halt(0)
    assert halt is not None
    assert "10.50 > 10" in halt.detail


def test_what_was_deposited_gains_and_loses_from_then_on() -> None:
    """100 XRP come at 2 beside the opening's 100: a fall to 1.94 loses 12 on both, and not 6."""
    watch = opened()
    watch.apply(moved(100_000_000, "0"))
    watch.apply(at("2"))
    assert watch.halt(0) is None
    watch.apply(at("1.94"))
    halt = watch.halt(0)
    assert halt is not None
    assert "12.00 > 10" in halt.detail


@pytest.mark.parametrize("drops", [-90_000_000, 500_000_000])
def test_capital_moves_no_best_moment_and_no_room(drops: int) -> None:
    """Whatever comes or goes at an unchanged price, as much may be lost as before."""
    watch = opened()
    watch.apply(at("2.01"))
    before = watch.room()
    watch.apply(moved(drops, "77"))
    watch.apply(at("2.01"))
    after = watch.room()
    assert before is not None
    assert after is not None
    assert (before.rlusd, before.limit) == (after.rlusd, after.limit) == (D(11), "risk.max_session_loss_rlusd")


def test_the_room_is_what_the_nearer_limit_leaves() -> None:
    """Up by 20 first: the drawdown's 15 are then nearer than the 10 that may be lost since the start."""
    watch = opened()
    watch.apply(at("2.2"))
    room = watch.room()
    assert room is not None
    assert (room.rlusd, room.limit) == (D(15), "risk.max_drawdown_rlusd")
    watch.apply(at("2.06"))
    room = watch.room()
    assert room is not None
    assert (room.rlusd, room.limit, room.limit_rlusd) == (D(1), "risk.max_drawdown_rlusd", D(15))
    assert LossWatch(LIMITS).room() is None


def test_the_move_that_is_reckoned_with_is_the_largest_of_late() -> None:
    """1 % in one ledger, half of it after a half-life of 300 s, and never less than the profile says."""
    watch = opened()

    def move_bps() -> Decimal:
        room = watch.room()
        assert room is not None
        return room.move_bps

    assert move_bps() == 11
    watch.apply(at("1.98", 4))
    assert move_bps() == 100
    watch.apply(at("1.98", 304))
    assert round(move_bps(), 6) == 50
    watch.apply(at("1.9701", 308))
    assert round(move_bps(), 6) == 50, "a smaller one changes nothing"
    watch.apply(at("1.9701", 4000))
    assert move_bps() == 11


def test_bad_fills_and_fees_are_losses() -> None:
    """10 XRP for 30.50 at a mid of 2 lose 10.50; 6 XRP of fees lose 12."""
    watch = opened()
    fill = Fill(
        order_id="o1", offer_sequence=1, tx_hash="", ledger_index=2, close_time_s=4, side=Side.BUY,
        xrp_drops=10_000_000, rlusd=D("30.5"), rlusd_rounding=D(0), price=D("3.05"), taker=True, mid_price=D(2),
    )  # fmt: skip
    watch.apply(fill)
    watch.apply(at("2"))
    halt = watch.halt(0)
    assert halt is not None
    assert "10.50 > 10" in halt.detail
    burnt = opened()
    burnt.apply(FeePaid(tx_hash="", ledger_index=2, close_time_s=4, fee_drops=6_000_000))
    burnt.apply(at("2"))
    assert burnt.halt(0) is not None


@pytest.mark.parametrize(
    "untrusted",
    [
        observed(None, None),
        observed(None, None, "1.0"),
        observed("1.0", None, "1.0"),
        observed(None, "1.0", "1.0"),
        observed("1.01", "1.00", "1.0"),
        observed("1.00", "1.00", "1.0"),
        observed("0.999", "1.001", "2.0"),
        observed("0.999", "1.001", "1.04"),
    ],
    ids=["no_market", "pool_only", "no_ask", "no_bid", "crossed", "locked", "pool_elsewhere", "pool_beyond_bound"],
)
def test_a_price_that_cannot_be_trusted_trips_nothing(untrusted: LedgerObserved) -> None:
    """However low it is: half the account would be gone by it."""
    watch = opened()
    watch.apply(untrusted)
    assert trusted_price(untrusted, D(300)) is None
    assert watch.halt(0) is None


def test_an_old_ledger_trips_nothing() -> None:
    """Beyond 60 s its prices are not acted on; at 60 s they are."""
    watch = opened()
    watch.apply(at("1.5"))
    assert watch.halt(60.5) is None
    assert watch.halt(60) is not None


def test_a_price_that_is_not_trusted_makes_no_best_moment() -> None:
    """A book at 3 beside a pool at 2 is not believed, so being back at 2 is no drawdown."""
    watch = opened()
    watch.apply(observed("2.999", "3.001", "2.0"))
    watch.apply(at("2"))
    assert watch.halt(0) is None


def test_a_market_without_a_pool_is_trusted_by_its_book() -> None:
    """There is nothing then that the book could disagree with."""
    assert trusted_price(observed("1.99", "2.01"), D(300)) == 2


def test_the_watch_read_back_from_the_journal_is_the_one_that_was_lost() -> None:
    """The best moment was before the crash, and still counts after it."""
    records: list[Record] = [started(), moved(100_000_000, "200"), at("2"), at("2.2"), at("2.04")]
    first, again = LossWatch(LIMITS), LossWatch(LIMITS)
    for record in records:
        first.apply(record)
    for record in records:
        again.apply(record)
    halt = again.halt(0)
    assert halt is not None
    assert halt == first.halt(0)
