"""When quotes may not go out, may not stay, or are of no use: pause, time to live, idle ticks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from neo.messages import (
    HeldBack,
    LedgerObserved,
    OrdersAllowed,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Refusal,
    Side,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState
from neo.watch.quoting import QuotingLimits, QuotingState

LIMITS = QuotingLimits(quote_ttl_ledgers=5, idle_ticks_max=3)
NO_ANCHOR = HeldBack(HoldCode.NO_ANCHOR, None, "")


def judged(
    index: int, *, held_back: tuple[HeldBack, ...] = (NO_ANCHOR,), refusals: tuple[Refusal, ...] = ()
) -> QuotesJudged:
    return QuotesJudged(
        tick=index, ledger_index=index, state=RiskState.ACTIVE, anchor_price=None, quotes=(), withdraw=(),
        held_back=held_back, refusals=refusals,
    )  # fmt: skip


def paused(index: int) -> QuotingPaused:
    return QuotingPaused(ledger_index=index, close_time_s=0, cause="neo pause")


def resumed(index: int) -> QuotingResumed:
    return QuotingResumed(ledger_index=index, close_time_s=0, cause="neo resume")


def observed(index: int, *, own_bid: str | None, own_ask: str | None) -> LedgerObserved:
    return LedgerObserved(
        ledger_index=index, close_time_s=4 * index, best_bid=None, best_ask=None, mid_price=None, pool_price=None,
        own_bid=None if own_bid is None else Decimal(own_bid), own_ask=None if own_ask is None else Decimal(own_ask),
        distance_to_clob_bid_bps=None, distance_to_clob_ask_bps=None, xrp_drops=0, rlusd=Decimal(0),
        within_2bps_bid=None, within_2bps_ask=None,
    )  # fmt: skip


def test_quotes_are_overdue_after_their_time_without_a_verdict() -> None:
    """At the limit of ledgers they stay, one later they are pulled, and a verdict starts the count anew."""
    state = QuotingState(LIMITS)
    state.apply(judged(10))
    assert not state.overdue(15)
    assert state.overdue(16)
    state.apply(judged(16))
    assert not state.overdue(21)


def test_too_many_ticks_without_a_quote_end_the_session() -> None:
    """The detail tells how many and why."""
    state = QuotingState(LIMITS)
    for index in (1, 2):
        state.apply(judged(index))
        assert state.halt() is None
    state.apply(judged(3))
    halt = state.halt()
    assert halt is not None
    assert halt.reason is HaltReason.ENGINE_REQUESTED_HALT
    assert halt.detail == "no quote on either side for 3 ticks: no_anchor"


def test_a_tick_that_left_its_quotes_alone_or_was_refused_is_not_idle() -> None:
    """A refusal is a decision, and nothing held back means that nothing had to be done."""
    state = QuotingState(LIMITS)
    refusal = Refusal(RefusalCode.RESERVE, Side.SELL, "")
    for index in range(1, 10, 2):
        state.apply(judged(index))
        state.apply(judged(index + 1, held_back=()))
        state.apply(judged(index + 1, refusals=(refusal,)))
    assert state.halt() is None


@pytest.mark.parametrize(("own_bid", "own_ask"), [("1.999", None), (None, "2.001"), ("1.999", "2.001")])
def test_a_side_held_back_beside_a_quote_that_rests_is_not_idle(own_bid: str | None, own_ask: str | None) -> None:
    """One side, or a second level, may not be viable for hours while the rest is quoted and needs no change."""
    state = QuotingState(LIMITS)
    not_viable = HeldBack(HoldCode.NOT_VIABLE, Side.BUY, "level 2: 40.00 > 30.00 bps")
    for index in range(1, 10):
        state.apply(observed(index, own_bid=own_bid, own_ask=own_ask))
        state.apply(judged(index, held_back=(not_viable,)))
    assert state.halt() is None
    for index in range(10, 13):
        state.apply(observed(index, own_bid=None, own_ask=None))
        state.apply(judged(index, held_back=(not_viable,)))
    halt = state.halt()
    assert halt is not None
    assert halt.detail == "no quote on either side for 3 ticks: not_viable"


def test_a_pause_is_not_idleness() -> None:
    """The operator wanted it: a session that is paused for long goes on."""
    state = QuotingState(LIMITS)
    state.apply(paused(1))
    for index in range(2, 20):
        state.apply(judged(index))
    assert state.halt() is None


def test_while_paused_a_verdict_passes_without_its_quotes() -> None:
    """What it withdraws is still withdrawn, and the journal tells why nothing was placed."""
    state = QuotingState(LIMITS)
    allowed = OrdersAllowed(
        tick=1, ledger_index=1, state=RiskState.ACTIVE, anchor_price=None, held_back=(), quotes=(), withdraw=("o1",),
        refusals=(), halt=None,
    )  # fmt: skip
    assert state.passed(allowed) is allowed
    state.apply(paused(1))
    passed = state.passed(allowed)
    assert passed.quotes == ()
    assert passed.withdraw == ("o1",)
    assert [held.code for held in passed.held_back] == [HoldCode.PAUSED]
    state.apply(resumed(2))
    assert state.passed(allowed) is allowed
