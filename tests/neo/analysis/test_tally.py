"""A session's counts: in whole sessions against the desk's own, and what is told beside the journal."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.failing import CrashingVenue
from support.looks import StatusLook
from support.sessions import config_with, journal_of, plan_for

from actors.operator.protocol import Status
from actors.session.parts import USUAL_PARTS, SessionParts
from actors.session.session import start_session
from neo.analysis.tally import Counts, SessionTally, Traded
from neo.chain.money import sum_rlusd
from neo.desk.desk import Desk
from neo.messages import (
    ActorRestarted,
    FeePaid,
    Fill,
    HaltRaised,
    InventoryChecked,
    MarketView,
    OrderChanged,
    OrderIntended,
    OrderSubmitted,
    Record,
    Side,
    TakerTraded,
)
from neo.messages.halts import Halt, HaltReason


def session_with(
    database: Path, sections: dict[str, dict[str, Any]] | None = None, parts: SessionParts = USUAL_PARTS
) -> tuple[list[Status], list[Record]]:
    """Statuses of a session with some keys changed, taken every so often, and its whole journal."""
    look = StatusLook()
    plan = plan_for(database, config=config_with(**(sections or {})))
    screen = look.watcher(lambda message: isinstance(message, MarketView) and message.ledger_index % 7 == 0)
    summary = start_session(plan, screen, parts=parts, lookout=look)
    return look.taken, journal_of(database, summary.session_id)


def traded(records: list[Record], side: Side) -> Traded:
    fills = [record for record in records if isinstance(record, Fill) and record.side is side]
    return Traded(len(fills), sum(fill.xrp_drops for fill in fills), sum_rlusd(fill.rlusd for fill in fills))


@pytest.mark.parametrize(
    "sections", [{}, {"risk": {"max_xrp_exposure": Decimal(225)}}, {"risk": {"max_order_rlusd": Decimal(1)}}]
)
def test_at_every_moment_the_counts_are_the_journals(tmp_path: Path, sections: dict[str, dict[str, Any]]) -> None:
    """Neither a slow screen nor a full channel loses one: they are what a desk rebuilt from those records has."""
    statuses, journal = session_with(tmp_path / "neo.sqlite3", sections)
    assert len(statuses) > 5
    for status in statuses:
        counts = status.counts
        records = journal[: counts.records]
        standing = Desk.replay(records).standing()
        assert (counts.ticks, counts.ledgers) == (standing.ticks, standing.ledgers)
        assert (counts.bought, counts.sold) == (traded(records, Side.BUY), traded(records, Side.SELL))
        assert (counts.bought.xrp_drops, counts.sold.xrp_drops) == (standing.bought_drops, standing.sold_drops)
        assert counts.taker_fills == standing.taker_fills
        assert counts.refused == standing.refused
        assert counts.held_back == standing.held_back
        assert counts.fees_drops == standing.xrp_fees_drops
        assert counts.fees_drops == sum(each.fee_drops for each in records if isinstance(each, FeePaid))
        assert sum(counts.orders.values()) == sum(isinstance(each, OrderIntended) for each in records)
        assert sum(counts.submits.values()) == sum(isinstance(each, OrderSubmitted) for each in records)
        assert sum(counts.order_changes.values()) == sum(isinstance(each, OrderChanged) for each in records)
        checks = [each for each in records if isinstance(each, InventoryChecked)]
        assert (counts.checks, counts.checks_unequal) == (len(checks), 0)
        trades = [each.trade for each in records if isinstance(each, TakerTraded)]
        assert counts.takers_drops == sum(trade.xrp_drops for trade in trades)
        assert counts.takers_won_drops == sum(trade.won_drops for trade in trades)


def test_the_sessions_of_this_file_do_what_is_counted(tmp_path: Path) -> None:
    """Or the test above would compare nothing with nothing."""
    statuses, _ = session_with(tmp_path / "a.sqlite3")
    counts = statuses[-1].counts
    assert counts.bought.fills
    assert counts.sold.fills
    assert set(counts.orders) >= {"place", "replace"}
    assert set(counts.submits) == {"tesSUCCESS"}
    assert counts.takers_won_drops <= counts.takers_drops
    refused, _ = session_with(tmp_path / "b.sqlite3", {"risk": {"max_order_rlusd": Decimal(1)}})
    assert sum(refused[-1].counts.refused.values()) > 10


def test_a_crash_of_the_gateway_counts_nothing_twice(tmp_path: Path) -> None:
    """The message in its hand comes once more, and so may what it had appended; the journal has each record once."""
    crashing = SessionParts(venue=lambda venue: CrashingVenue(venue, 20, sent=True))
    statuses, journal = session_with(tmp_path / "neo.sqlite3", parts=crashing)
    counts = statuses[-1].counts
    assert counts.restarts["gateway"] == 1
    standing = Desk.replay(journal[: counts.records]).standing()
    assert (counts.ticks, counts.ledgers) == (standing.ticks, standing.ledgers)
    assert counts.bought.fills + counts.sold.fills == standing.fills
    assert counts.fees_drops == standing.xrp_fees_drops


def test_halts_and_restarts_are_counted_as_they_are_told() -> None:
    """The journal has a cause only once the session is on its way down, and a restart never."""
    tally = SessionTally()
    halt = HaltRaised.of(Halt(HaltReason.KILL_SWITCH, "", "operator"), first=True)
    tally.told(halt)
    tally.journaled(halt)
    for actor in ("strategy", "risk", "strategy"):
        tally.told(ActorRestarted(actor=actor, error="ValueError", restarts=1))
    counts = tally.counts()
    assert counts.halts == {"kill_switch": 1}
    assert counts.restarts == {"risk": 1, "strategy": 2}
    assert counts.records == 1


def test_before_anything_happened_all_is_nothing() -> None:
    """A figure is there from the first look on, so that its rate has a beginning."""
    assert SessionTally().counts() == Counts()
