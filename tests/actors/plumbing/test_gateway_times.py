"""What is timed in the gateway, in whole sessions: one time for each thing that the session did."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from support import quoting_views
from support.desk_by_hand import verdict
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.looks import StatusLook
from support.sessions import journal_of, plan_for

from actors.operator.protocol import Status, Timing
from actors.plumbing.gateway_times import GatewayTimes
from actors.plumbing.timings import Timings, kept_timings
from actors.session.session import start_session
from actors.store import list_sessions
from neo.messages import (
    HaltRaised,
    LedgerObserved,
    OrderIntended,
    OrderSubmitted,
    QuotesJudged,
    QuoteTiming,
    VenueMeasured,
)


def by_name(timings: tuple[Timing, ...]) -> dict[tuple[str, str], Timing]:
    return {(one.name, one.label): one for one in timings}


def test_every_ledger_verdict_and_commit_of_a_session_is_timed_once(tmp_path: Path) -> None:
    """The counts are the journal's own; what the row keeps at the end has the way down too."""
    database = tmp_path / "neo.sqlite3"
    look = StatusLook()
    screen = look.watcher(lambda message: isinstance(message, HaltRaised))
    summary = start_session(plan_for(database, duration_s=120), screen, lookout=look)
    records = journal_of(database, summary.session_id)
    (row,) = list_sessions(database)
    kept = by_name(kept_timings(row.timings).timings)
    submitted = sum(isinstance(record, OrderSubmitted) for record in records)
    ledgers = sum(isinstance(record, LedgerObserved) for record in records)
    judged = sum(isinstance(record, QuotesJudged) for record in records)
    assert ledgers == summary.ledgers > 20
    assert kept["gateway", "LedgerClosed"].count == ledgers
    assert kept["gateway", "OrdersAllowed"].count == kept["tick", ""].count == judged
    assert kept["gateway", "Submitted"].count == submitted
    # At full speed a session commits when an order is to leave, all of a tick together, and at its end.
    ordered = {record.tick for record in records if isinstance(record, OrderIntended)}
    assert kept["journal_commit", ""].count > len(ordered) > 10
    assert all(0 < one.sum_s <= summary.wall_s for one in kept.values())
    assert all(one.max_s <= one.sum_s <= one.max_s * one.count for one in kept.values() if one.count > 1)
    told = by_name(look.last.timings)
    assert set(told) <= set(kept)
    assert 0 < told["tick", ""].count <= kept["tick", ""].count


def test_the_machines_times_are_in_no_simulated_journal(tmp_path: Path) -> None:
    """Two runs take different times on any machine; their journals are one."""
    digests, texts = set(), set()
    for name in ("a", "b"):
        summary = start_session(plan_for(tmp_path / name, duration_s=60), StatusLook().watcher(lambda _: False))
        (row,) = list_sessions(tmp_path / name)
        digests.add(summary.journal_sha256)
        texts.add(row.timings)
    assert len(digests) == 1
    assert len(texts) == 2


def test_a_verdict_is_timed_from_the_view_that_it_is_about() -> None:
    """A slow strategy gets the newest view: the verdict on an older one would be told as faster than it was."""
    timings = Timings()
    times = GatewayTimes(timings)
    view = quoting_views.view()
    times.note_view(msgspec.structs.replace(view, ledger_index=7))
    times.begin(verdict(1, 6))
    assert timings.told() == ()
    times.begin(verdict(2, 7))
    assert [one.name for one in timings.told()] == ["tick"]


def test_each_stage_of_the_way_to_the_wire_is_told_by_its_name() -> None:
    """They come in microseconds; the one before is not told where the ledger was asked for."""
    quotes = (
        QuoteTiming(
            ledger_index=1, offers=2, mirror_us=1_000, decision_us=2_000, journal_us=4_000, socket_us=8_000,
            complete_us=16_000,
        ),
        QuoteTiming(ledger_index=2, offers=1, mirror_us=1_000, decision_us=2_000, journal_us=4_000, socket_us=8_000),
    )  # fmt: skip
    timings = Timings()
    times = GatewayTimes(timings)
    measured = VenueMeasured(
        ledger_index=2, over_ms=1, requests=(), requests_minute=0, requests_minute_most=0, steady_minute_most=0,
        submits_minute=0, submits_minute_most=0, quotes=quotes, quotes_unsent=0,
    )  # fmt: skip
    times.begin(measured)
    times.end(measured)
    told = {(one.label, one.count): round(one.max_s * 1e6) for one in timings.told() if one.name == "close_to_wire"}
    assert told == {
        ("total", 2): 15_000,
        ("mirror", 2): 1_000,
        ("decision", 2): 2_000,
        ("journal", 2): 4_000,
        ("socket", 2): 8_000,
        ("before", 1): 16_000,
    }


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Status]:
    """A session on a ledger server in memory, and its status as it began to end."""
    chain = Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))
    world = LiveWorld(LedgerServer(chain), LedgerServer(chain))
    database = tmp_path_factory.mktemp("live") / "neo.sqlite3"
    look = StatusLook()
    world.run(
        world.plan(database, duration_s=120),
        look.watcher(lambda message: isinstance(message, HaltRaised)),
        lookout=look,
    )
    return database, look.last


def test_on_a_real_venue_the_way_to_the_wire_is_timed_in_its_stages(live: tuple[Path, Status]) -> None:
    """The figures are those of the journal's measurements, ledger by ledger."""
    database, status = live
    (row,) = list_sessions(database)
    quotes = [
        quote for record in journal_of(database, row.id) if isinstance(record, VenueMeasured) for quote in record.quotes
    ]
    kept = by_name(kept_timings(row.timings).timings)
    assert quotes
    for stage in ("total", "mirror", "decision", "journal", "socket"):
        each_us = [getattr(quote, f"{stage}_us") for quote in quotes]
        one = kept["close_to_wire", stage]
        assert one.count == len(quotes)
        assert one.sum_s == pytest.approx(sum(each_us) / 1e6)
        assert one.max_s == pytest.approx(max(each_us) / 1e6)
    before = [quote.complete_us for quote in quotes if quote.complete_us is not None]
    assert kept["close_to_wire", "before"].count == len(before)
    assert ("close_to_wire", "total") in by_name(status.timings)


def test_on_a_real_venue_every_request_is_timed_by_its_method(live: tuple[Path, Status]) -> None:
    """A submission for each order that was answered, and none under another name."""
    database, status = live
    (row,) = list_sessions(database)
    kept = by_name(kept_timings(row.timings).timings)
    submits = sum(isinstance(record, OrderSubmitted) for record in journal_of(database, row.id))
    assert kept["request", "submit"].count == submits > 0
    # Nothing takes any time on this network.
    assert kept["request", "submit"].max_s < 1.0
    assert {label for name, label in kept if name == "request"} >= {"server_info", "ledger", "subscribe", "submit"}
    used, other = status.endpoints
    assert (used.state, used.failures, used.lag_ledgers) == ("in use", 0, 0)
    assert (other.state, other.detail, other.failures) == ("ready", "", 0)
    assert used.latency_ms is not None
