"""The table of routes: whole, free of contradictions, and followed by every reader.

Method: the table against the catalogue of classes; a copy of it with a message more, or one that is wrong, given to
each reader; and a real session, whose every message must take a way that the table has.
"""

from __future__ import annotations

import contextlib
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import trio
from loguru import logger
from support.sessions import Watcher, plan_for
from support.tempting import run_with

from actors.operator import filters
from actors.operator.filters import JOURNAL, MESSAGE_TYPES, PARTS, parts_of
from actors.plumbing.mailbox import Mailbox
from actors.plumbing.tap import TapHub, Tapped, TapQueue
from actors.plumbing.wiring import BOUNDS, ChannelBounds, Channels
from actors.session.parts import SessionParts
from actors.store import reports
from actors.store.projection import Projection
from actors.telemetry import TelemetryActor, Unseen
from neo import messages
from neo.messages import ActorRestarted, Fill, HaltRequested, Message, OrdersAllowed, Record, Refusal, Side
from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import RefusalCode, RiskState
from neo.messages.routes import ROUTES, Hop, Overflow, Route, RouteError, Routes, Topic
from tools.commands import tap as tap_command


class ProbeNoted(Message, frozen=True, kw_only=True):
    """A message that the catalogue doesn't have."""

    words: str


def probe(*hops: Hop, **declared: Any) -> Route:
    return Route(message=ProbeNoted, topic=Topic.TROUBLE, hops=hops, **declared)


def with_probe(*hops: Hop, **declared: Any) -> Routes:
    """The table with one message more."""
    return Routes((*ROUTES.table, probe(*hops, **declared)))


TOLD = Hop("risk", "telemetry", Overflow.DROP)
KEPT = Hop("risk", "persistence", Overflow.WAIT)


# --- The table ---------------------------------------------------------------------------------------------------


def test_every_message_of_the_catalogue_has_its_route_and_nothing_else_has() -> None:
    """So a message that is added without one is found before it is sent."""
    catalogue = {kind for kind in vars(messages).values() if isinstance(kind, type) and issubclass(kind, Message)}
    assert set(ROUTES.by_type) == catalogue - {Message}
    assert set(ROUTES.by_name) == set(messages.__all__) & set(ROUTES.by_name)


def test_the_journaled_messages_are_the_record_union() -> None:
    """The type that the journal decodes and the table that says what is journaled can't part."""
    assert set(get_args(Record)) == set(ROUTES.records)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ((*ROUTES.table, ROUTES.table[0]), "more than one route"),
        ((*ROUTES.table, probe(Hop("risk", "gateway", Overflow.LATEST))), "gateway: a channel can't wait and latest"),
        ((*ROUTES.table, probe(TOLD, is_journaled=True)), "nobody sends it to persistence"),
        ((*ROUTES.table, probe(KEPT, log_level="INFO")), "telemetry never hears of it"),
        ((*ROUTES.table, probe()), "ProbeNoted has no way: nobody sends it"),
        ((*ROUTES.table, probe(TOLD, in_reports=True)), "ProbeNoted is to be in reports, and the journal never has it"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(table: tuple[Route, ...], complaint: str) -> None:
    """Who adds a message and forgets a way for it is told at the start, not by a message that is lost."""
    with pytest.raises(RouteError, match=complaint):
        Routes(table)


def test_the_documents_table_has_a_line_for_each_message() -> None:
    """Sender, receiver, overflow, journal and log stand in it as they are declared."""
    lines = with_probe(TOLD, log_level="INFO").markdown()
    assert len(lines) == len(ROUTES.table) + 3
    assert lines[-1] == ("| `ProbeNoted` | trouble | risk → telemetry | drop and count | - | INFO `probe_noted` |")
    assert all(line.count("|") == lines[0].count("|") for line in lines)


def test_every_message_of_a_session_takes_a_way_that_the_table_has(tmp_path: Path) -> None:
    """Each through a channel that the table has for it, records by whom it says, in a session with its ending."""
    channels = Channels(BOUNDS)
    queue = TapQueue(bound=10_000_000)
    channels.taps.attach(queue)
    watcher = Watcher()
    run_with(plan_for(tmp_path / "neo.sqlite3", duration_s=120), SessionParts(channels=lambda _: channels), watcher)
    undeclared, seen = set(), 0
    while (item := queue.take()) is not None:
        assert isinstance(item, Tapped)
        seen += 1
        if item.source not in ROUTES.senders(type(item.message), item.target):
            undeclared.add((type(item.message).__name__, item.source, item.target))
    assert seen > 500
    assert undeclared == set()
    told = {type(message) for message in watcher.seen}
    assert {kind.__name__ for kind in told if not ROUTES.senders(kind, "telemetry")} == set()


def test_the_parts_of_a_session_are_those_that_send_or_receive() -> None:
    """What an operator may name for `neo tap --actor`; a receipt's channel is no part of its own."""
    assert ROUTES.parts == (
        "gateway", "persistence", "risk", "session", "strategy", "supervisor", "telemetry", "venue",
    )  # fmt: skip
    assert Hop("persistence", "durable.gateway", Overflow.LATEST).receiver == "gateway"


def test_a_full_channel_loses_nothing_but_what_is_told_and_what_a_newer_one_replaces() -> None:
    """Telemetry holds nobody up; a view and a receipt are states, of which the last one says all. All else waits."""
    rules = {rule: {name for name, its in ROUTES.channels.items() if its is rule} for rule in Overflow}
    assert rules[Overflow.DROP] == {"telemetry"}
    assert rules[Overflow.LATEST] == {"strategy", "durable.gateway", "durable.session"}
    states = {route.name for route in ROUTES.table for hop in route.hops if hop.overflow is Overflow.LATEST}
    assert states == {"MarketView", "Durable"}


def test_every_record_has_one_who_writes_it() -> None:
    """Batches are numbered by their sender, so a record of two senders could be there twice."""
    writers = {kind.__name__: ROUTES.senders(kind, "persistence") for kind in ROUTES.records}
    assert {name: found for name, found in writers.items() if len(found) != 1} == {}


def test_what_is_asked_of_an_unknown_message_or_channel() -> None:
    """Nobody sends it, and a channel that is not there has no rule but an error that names those that are."""
    assert ROUTES.senders(ProbeNoted, "telemetry") == ()
    assert ROUTES.senders(Fill, "strategy") == ()
    assert ROUTES.senders(Fill, "telemetry") == ("gateway",)
    assert ROUTES.overflow("telemetry") is Overflow.DROP
    with pytest.raises(RouteError, match=r"no message passes through a channel strategy2; there are .*strategy"):
        ROUTES.overflow("strategy2")


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        (messages.WalCheckpointed, "wal_checkpointed"),
        (messages.Fill, "fill"),
        (messages.QuotingPaused, "quoting_paused"),
        (messages.OrdersAllowed, "quote_refused"),
    ],
)
def test_a_messages_event_in_the_log_is_its_name_unless_it_has_another(kind: type[Message], event: str) -> None:
    """Whoever searches a log searches for these words."""
    assert ROUTES.by_type[kind].event == event
    assert event in {route.event for route in ROUTES.logged.values()}


def test_no_two_messages_are_logged_by_one_event_and_each_at_a_level_that_there_is() -> None:
    """An event in a log names one kind of happening, so a search for it finds nothing else."""
    logged_routes = list(ROUTES.logged.values())
    assert len({route.event for route in logged_routes}) == len(logged_routes)
    for route in logged_routes:
        assert route.log_level is not None
        assert logger.level(route.log_level).name == route.log_level


# --- Its readers -------------------------------------------------------------------------------------------------


def test_the_wiring_opens_what_the_table_says_and_refuses_what_it_can_not() -> None:
    """A new receipt's box is opened by itself; a channel or a rule that the wiring does not know is refused."""
    receipt = Hop("persistence", "durable.risk", Overflow.LATEST)
    assert set(Channels(BOUNDS, with_probe(receipt)).durable) == {"gateway", "session", "risk"}
    with pytest.raises(RouteError, match="opens no channel strategy2"):
        Channels(BOUNDS, with_probe(Hop("risk", "strategy2", Overflow.WAIT)))
    waiting = [
        msgspec.structs.replace(
            route,
            hops=tuple(
                msgspec.structs.replace(hop, overflow=Overflow.WAIT) if hop.channel == "strategy" else hop
                for hop in route.hops
            ),
        )
        for route in ROUTES.table
    ]
    with pytest.raises(RouteError, match="strategy: the routes say wait"):
        Channels(BOUNDS, Routes(waiting))


def test_every_channel_that_waits_or_drops_has_its_bound() -> None:
    """And no bound is there that no channel has."""
    bounded = {name for name, rule in ROUTES.channels.items() if rule is not Overflow.LATEST}
    assert set(ChannelBounds.__struct_fields__) == bounded
    assert {depth.name for depth in Channels(BOUNDS).depths()} == set(ROUTES.channels)


def test_a_tap_tells_the_declared_sender_and_of_what_only_telemetry_hears() -> None:
    """A message more in the table is shown with its sender, whichever way it takes."""
    for hop, target in ((Hop("strategy", "risk", Overflow.WAIT), "risk"), (TOLD, "telemetry")):
        hub, queue = TapHub(with_probe(hop)), TapQueue()
        hub.attach(queue)
        if target == "risk":
            hub.delivered(target, ProbeNoted(words="x"))
        else:
            hub.published("risk", ProbeNoted(words="x"))
        shown = queue.take()
        assert isinstance(shown, Tapped)
        assert (shown.source, shown.target) == (hop.sender, target)
    assert ActorRestarted in ROUTES.told_only
    assert Fill not in ROUTES.told_only


def test_a_tap_tells_who_found_a_cause_to_end() -> None:
    """Whoever watches live sees which part asked for the end, though another carried it on."""
    hub, queue = TapHub(), TapQueue()
    hub.attach(queue)
    hub.delivered("session", HaltRequested(halt=Halt(HaltReason.KILL_SWITCH, "", "loss limit")))
    shown = queue.take()
    assert isinstance(shown, Tapped)
    assert shown.source == "loss limit"


def test_the_taps_filters_know_the_tables_messages_and_parts() -> None:
    """``--type`` and ``--actor`` take what the table has; a record read back was appended by its declared sender."""
    assert dict(MESSAGE_TYPES) == ROUTES.by_name
    assert set(PARTS) == {part for route in ROUTES.table for hop in route.hops for part in (hop.sender, hop.receiver)}
    assert filters.unknown_types(["ProbeNoted"]) == ["ProbeNoted"]
    routes = with_probe(KEPT, is_journaled=True)
    assert parts_of(Tapped(1, JOURNAL, "", {"type": "ProbeNoted"}), routes) == {"risk", "persistence"}


def test_the_tap_has_a_style_for_topics_alone() -> None:
    """A new message is shown in the style of what it is about."""
    assert set(tap_command._STYLES) <= set(Topic)
    assert tap_command._style("HaltRaised") == tap_command._style("HaltRequested") == "bold red"
    # Not in an order's own: what a request failed at is not seen among answers that came.
    assert tap_command._style("RequestFailed") == "bold red"
    assert tap_command._style("Reconcile") == ""


def logged(message: Message, routes: Routes) -> list[tuple[str, str, dict[str, Any]]]:
    """What the log has of a message that telemetry heard."""
    lines: list[tuple[str, str, dict[str, Any]]] = []

    async def main() -> None:
        inbox: Mailbox[Message] = Mailbox("telemetry", 4)
        with inbox.sender() as sender:
            await sender.send(message)
        inbox.seal()
        await TelemetryActor(inbox, Unseen(), routes).run(trio.TASK_STATUS_IGNORED)

    sink = logger.add(
        lambda line: lines.append((line.record["level"].name, line.record["message"], line.record["extra"]))
    )
    try:
        trio.run(main)
    finally:
        logger.remove(sink)
    return lines


def test_telemetry_logs_a_message_at_its_level_by_its_event() -> None:
    """The table alone decides what reaches the log, and how loudly."""
    note = ProbeNoted(words="x")
    assert logged(note, ROUTES) == []
    assert logged(note, with_probe(TOLD)) == []
    assert logged(note, with_probe(TOLD, log_level="WARNING")) == [("WARNING", "probe_noted", {"words": "x"})]
    assert logged(note, with_probe(TOLD, log_level="INFO", log_event="x"))[0][1] == "x"


def test_telemetry_logs_a_line_for_each_refusal_of_a_verdict() -> None:
    """Every quote that was refused can be found in the log with its side and its reason."""
    refusals = tuple(Refusal(RefusalCode.RESERVE, side, "1 < 2") for side in Side)
    verdict = OrdersAllowed(
        tick=3, ledger_index=9, state=RiskState.ACTIVE, anchor_price=Decimal(2), held_back=(), quotes=(), withdraw=(),
        refusals=refusals, halt=None,
    )  # fmt: skip
    assert logged(verdict, ROUTES) == [
        ("INFO", "quote_refused", {"tick": 3, "code": "reserve", "side": side, "detail": "1 < 2"})
        for side in ("buy", "sell")
    ]
    assert logged(msgspec.structs.replace(verdict, refusals=()), ROUTES) == []


def test_a_record_that_the_projection_has_no_handler_for_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, when a database is opened, and not by a KeyError in the middle of a session."""
    routes = with_probe(KEPT, is_journaled=True)
    with pytest.raises(RouteError, match="the projection has no handler for ProbeNoted"):
        routes.require_all_records(ROUTES.records, "the projection")
    with pytest.raises(RouteError, match="the projection handles Append"):
        ROUTES.require_all_records([*ROUTES.records, messages.Append], "the projection")
    monkeypatch.setattr("actors.store.projection.ROUTES", routes)
    connection = sqlite3.connect(":memory:")
    # One that is left open is a warning from Python 3.13 on.
    with contextlib.closing(connection), pytest.raises(RouteError, match="ProbeNoted"):
        Projection(connection, "s", anew=True)


def test_reports_read_the_records_that_the_table_says() -> None:
    """Each by its name, none that is not a record, and a message more as soon as it is declared."""
    assert all(f"'{name}'" in reports._COURSE for name in ROUTES.reported())
    assert set(ROUTES.reported()) < {kind.__name__ for kind in ROUTES.records}
    assert "ProbeNoted" in with_probe(KEPT, is_journaled=True, in_reports=True).reported()
