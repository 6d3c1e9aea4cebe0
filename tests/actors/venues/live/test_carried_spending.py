"""Sessions of one account, one after the other on a ledger server: each goes on with what those before it spent.

What was spent is read from the ledger itself: the fees of every transaction of ours that it has.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from loguru import logger
from support.failing import CrashingVenue
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, killed_after
from support.sessions import Watcher, config_with, journal_of

from actors.session.parts import SessionParts
from neo.analysis.summary import SessionSummary
from neo.messages import (
    MarketView,
    Message,
    OrderChanged,
    OrderIntended,
    OrderStatus,
    QuotesJudged,
    Side,
    SpendingCarried,
    SpentAt,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import RefusalCode
from tools.proofs.faults import CrashAt, CrashingChannels

DURATION_S = 60
DAY_S = 86_400
M = TypeVar("M", bound=Message)


def world(seed: int = 1) -> LiveWorld:
    """A chain with one server."""
    return LiveWorld(LedgerServer(Chain(seed=seed, xrp_drops=150_000_000, rlusd=Decimal(300))))


def burned(live: LiveWorld, first: int = 0) -> dict[int, int]:
    """Our fees on the ledger from an index on, by the close time of the ledger that has them."""
    found: dict[int, int] = {}
    for index, record in live.chain.records.items():
        ours = [int(each.tx["Fee"]) for each in record.transactions if each.tx["Account"] == live.chain.account]
        if ours and index >= first:
            found[record.close_time_s] = sum(ours)
    return found


def only(kind: type[M], database: Path, summary: SessionSummary) -> list[M]:
    """A session's records of a kind."""
    return [each for each in journal_of(database, summary.session_id) if isinstance(each, kind)]


def views(watcher: Watcher) -> list[MarketView]:
    """What the strategy was shown."""
    return [each for each in watcher.seen if isinstance(each, MarketView)]


def let_a_day_pass(live: LiveWorld) -> None:
    """One quiet ledger that closes a day after the one before it."""
    chain = live.chain
    usual = chain.has_crowd, chain.interval_s
    chain.has_crowd, chain.interval_s = False, DAY_S
    chain.close()
    chain.has_crowd, chain.interval_s = usual


def test_a_session_begins_with_what_the_one_before_it_spent_and_a_day_later_with_nothing(tmp_path: Path) -> None:
    """Each fee with its ledger's time; the transactions of the last minute too, which are gone a minute later."""
    live, database = world(), tmp_path / "neo.db"
    first = live.run(live.plan(database, duration_s=DURATION_S))
    assert only(SpendingCarried, database, first) == [], "before it nothing was spent"
    fees = burned(live)
    assert len(fees) >= 3
    watcher, logged = Watcher(), []
    handler = logger.add(
        lambda each: logged.append(each.record), filter=lambda each: each["message"] == "spending_carried"
    )
    second = live.run(live.plan(database, duration_s=2 * DURATION_S), watcher, before_ledgers=1)
    logger.remove(handler)
    assert (first.halt_reason, second.halt_reason) == (HaltReason.DURATION_ELAPSED,) * 2
    [carried] = only(SpendingCarried, database, second)
    assert carried.fees == tuple(SpentAt(*each) for each in sorted(fees.items()))
    late = [each.close_time_s for each in only(OrderIntended, database, first)]
    late = [each for each in late if each > carried.close_time_s - 60]
    assert late, "it sent something in its last minute"
    assert carried.request_count == len(late)
    assert [each["extra"] for each in logged] == [{"fees_drops": sum(fees.values()), "requests": len(late)}]
    assert [each.close_time_s for each in carried.requests] == sorted(set(late))
    seen = views(watcher)
    assert seen[0].spent.requests_minute == len(late)
    assert [each.spent.fees_day_drops for each in (seen[0], seen[-1])] == [
        sum(fees.values()),
        sum(burned(live).values()),
    ]
    let_a_day_pass(live)
    third = live.run(live.plan(database, duration_s=DURATION_S))
    assert third.halt_reason is HaltReason.DURATION_ELAPSED
    assert only(SpendingCarried, database, third) == []


@pytest.mark.parametrize("crashing", ["risk", "gateway"])
def test_a_budget_that_was_used_up_keeps_the_next_session_from_quoting_and_not_from_cancelling(
    tmp_path: Path, crashing: str
) -> None:
    """Both sides are refused with the budget's code, after a restart of any part too; an offer that it takes over is
    cancelled all the same.
    """
    live, database = world(), tmp_path / "neo.db"
    eight_fees = {"max_fees_day_xrp": Decimal("0.00008")}
    config = config_with(risk={**eight_fees, "max_xrp_exposure": Decimal(900), "max_rlusd_exposure": Decimal(900)})
    usual: dict[str, Any] = {"config": config, "unknown_offers": "adopt", "unknown_age_s": 1}
    live.run(live.plan(database, duration_s=2 * DURATION_S, **usual))
    assert sum(burned(live).values()) >= 80 - 2 * 10
    chain = live.chain
    chain.send(chain.account, TransactionType="OfferCreate", TakerGets="10000000", TakerPays=chain.token("30"))
    for _ in range(3):
        chain.close()
    parts = SessionParts(channels=partial(CrashingChannels, trigger=CrashAt(crashing, {5}, "before")))
    second = live.run(live.plan(database, duration_s=DURATION_S, **usual), parts=parts)
    assert (second.halt_reason, second.restarts) == (HaltReason.DURATION_ELAPSED, 1)
    judged = only(QuotesJudged, database, second)
    refused = {(each.code, each.side) for tick in judged for each in tick.refusals}
    assert refused == {(RefusalCode.FEE_BUDGET, side) for side in Side}
    [adopted, cancel] = only(OrderIntended, database, second)
    assert (adopted.cancels, cancel.cancels) == (None, adopted.order_id)
    assert cancel.close_time_s <= adopted.close_time_s + 8, "at once, and not only at the end"
    ended = {each.order_id: each.status for each in only(OrderChanged, database, second)}
    assert ended == {adopted.order_id: OrderStatus.CANCELED, cancel.order_id: OrderStatus.DONE}
    assert chain.truth[chain.newest.index].offers == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_killed_session_spent_is_carried_with_what_settling_it_cost(tmp_path: Path, seed: int) -> None:
    """All that the ledger has of ours when the new session opens, once each."""
    live = world(seed)
    with pytest.raises(BaseExceptionGroup):
        live.run(live.plan(tmp_path / "neo.db"), beside=killed_after(tmp_path / "neo.db", 60 + seed))
    known = sum(burned(live).values())
    left = tmp_path / "left.db"
    summary = live.run(live.plan(left, duration_s=DURATION_S))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    [carried] = only(SpendingCarried, left, summary)
    fees = {time_s: drops for time_s, drops in burned(live).items() if time_s <= carried.close_time_s}
    assert carried.fees == tuple(SpentAt(*each) for each in sorted(fees.items()))
    assert carried.fees_drops > known, "two offers were left, and were cancelled"


def test_a_gateway_that_is_begun_anew_still_knows_what_was_spent_before_the_session(tmp_path: Path) -> None:
    """It reads it in its own journal: no part is forgotten, and none doubled."""
    live, database = world(), tmp_path / "neo.db"
    live.run(live.plan(database, duration_s=DURATION_S))
    watcher = Watcher()
    parts = SessionParts(venue=lambda venue: CrashingVenue(venue, 5, sent=True))
    summary = live.run(live.plan(database, duration_s=2 * DURATION_S), watcher, parts=parts)
    assert (summary.restarts, summary.halt_reason) == (1, HaltReason.DURATION_ELAPSED)
    assert len(only(SpendingCarried, database, summary)) == 1
    assert views(watcher)[-1].spent.fees_day_drops == sum(burned(live).values())
