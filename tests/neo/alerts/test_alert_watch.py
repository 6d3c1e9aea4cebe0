"""What of a session is worth telling, how grave it is, and that each thing is told once.

Method: messages, lines of the log and moments as a session makes them, and what comes of each.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.alert_samples import RULES, rules
from support.cli_feed import fill, orders, outset, started, view
from support.sessions import plan_for, run

from neo.alerts.alert import EVENT_MEANINGS, USUAL, AlertEvent, Finding, Severity, events_of
from neo.alerts.alert_settings import AlertRules
from neo.alerts.alert_watch import AlertWatch, ServerState, channel_failed, ended, missed
from neo.analysis.moment import Present
from neo.analysis.summary import SessionSummary
from neo.messages import (
    ActorRestarted,
    HaltRaised,
    LossRoom,
    MarketView,
    Message,
    QuotingPaused,
    QuotingResumed,
    Refusal,
    Side,
)
from neo.messages.halts import HALT_FACTS, INTERRUPTED, BrokenLimit, HaltReason
from neo.messages.reasons import RefusalCode
from neo.watch.loss_limits import DRAWDOWN, SESSION_LOSS

LIMITS = outset().limits


@functools.cache
def a_summary() -> SessionSummary:
    """A whole session's."""
    with tempfile.TemporaryDirectory() as folder:
        return run(plan_for(Path(folder) / "neo.sqlite3", duration_s=40))


def a_summary_with(**changes: Any) -> SessionSummary:
    return msgspec.structs.replace(a_summary(), **changes)


def of_message(message: Message) -> Finding:
    found = AlertWatch(RULES).on_message(message)
    assert found is not None
    return found


def told(found: Iterable[Finding]) -> list[tuple[AlertEvent, str]]:
    return [(each.event, each.title) for each in found]


class Watching:
    """A watch that looks at a session's moments."""

    def __init__(self, changed: AlertRules = RULES) -> None:
        self.watch = AlertWatch(changed)
        self.present = Present()
        self.elapsed_s = 0.0

    def after(self, *messages: Message, seconds: float = 4, servers: tuple[ServerState, ...] = ()) -> list[Finding]:
        """What is told once these have come."""
        for message in messages:
            self.present.observe(message)
        self.elapsed_s += seconds
        return list(self.watch.on_moment(self.present.moment(), self.elapsed_s, LIMITS, servers))


# --- Messages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "event", "severity", "title", "detail"),
    [
        (started(), "started", "info", "the session began to trade at ledger 90000000", ""),
        (QuotingPaused(ledger_index=1, close_time_s=1, cause="neo pause: lunch"), "paused", "warning",
         "quoting is paused", "neo pause: lunch"),
        (QuotingResumed(ledger_index=1, close_time_s=1, cause="neo resume"), "resumed", "info", "quoting goes on",
         "neo resume"),
        (ActorRestarted(actor="risk", error="ValueError: x", restarts=2), "actor_restarted", "warning",
         "risk failed and was started again", "restart 2: ValueError: x"),
        (fill(5, Side.BUY), "fill", "info", "bought 7.700000 XRP at 1.943 RLUSD", "ledger 90000005"),
        (HaltRaised(reason=HaltReason.RISK_STALE_LEDGER, detail="61 s", source="risk", first=True), "halt", "critical",
         "the session is ending: risk_stale_ledger", "61 s"),
        (HaltRaised(reason=HaltReason.KILL_SWITCH, detail="neo kill", source="operator", first=False), "halt",
         "warning", "another cause to end: kill_switch", "neo kill"),
        (HaltRaised(reason=HaltReason.KILL_SWITCH, detail="100 RLUSD", source="risk", first=True), "halt", "critical",
         "the session is ending: kill_switch", "100 RLUSD"),
    ],
)  # fmt: skip
def test_a_message_is_told_with_its_words(message: Message, event: str, severity: str, title: str, detail: str) -> None:
    """In a few words what happened, and what is behind it."""
    found = of_message(message)
    assert (found.event, found.severity, found.title, found.detail) == (event, severity, title, detail)


def test_other_messages_are_worth_nothing() -> None:
    """A ledger comes every few seconds."""
    assert AlertWatch(RULES).on_message(view(1)) is None


@pytest.mark.parametrize("reason", HaltReason)
def test_every_ending_has_its_severity_by_its_class(reason: HaltReason) -> None:
    """The whole duration is news, a signal is a warning, all else gets somebody up."""
    by_exit = Severity.INFO if HALT_FACTS[reason].exit_code == 0 else Severity.CRITICAL
    expected = Severity.WARNING if reason in INTERRUPTED else by_exit
    halt = HaltRaised(reason=reason, detail="", source="engine", first=True)
    assert of_message(halt).severity is expected


def test_what_comes_from_outside_is_printable_bounded_and_without_a_wallets_secret() -> None:
    """An error's words go to telephones and chats."""
    seed = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"
    found = of_message(ActorRestarted(actor="risk", error=f"\x1b[31m{seed}\n" + "x" * 5000, restarts=1))
    assert seed not in found.detail
    assert "\\u001b[31m" in found.detail
    assert len(found.detail) <= 1100


# --- The log -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "event", "severity", "title", "subject"),
    [
        ("warning: wal_pinned held=3", "log_warning", "warning", "warning in the log: wal_pinned", "wal_pinned"),
        ("error: results_unknown error=\"x y\"", "log_error", "critical", "error in the log: results_unknown",
         "results_unknown"),
        ("warning: no_bid_for_long seconds=300", "quiet", "warning", "no bid for long", "no_bid_for_long"),
        ("warning: no_quote_for_long seconds=300", "quiet", "warning", "no quote for long", "no_quote_for_long"),
        ("warning: endpoint_failed endpoint=wss://a.example:1 cause=x", "endpoint_lost", "warning",
         "wss://a.example:1 is not to be had", "wss://a.example:1"),
        ("warning: venue_connection_lost cause=x", "endpoint_lost", "warning",
         "venue connection lost", "venue_connection_lost"),
        ("not a line of the log", "log_warning", "warning", "the log has a warning", "not a line of the log"),
    ],
)  # fmt: skip
def test_a_line_of_the_log_is_told_as_what_it_is(
    line: str, event: str, severity: str, title: str, subject: str
) -> None:
    """The same one again has the same subject, whatever its numbers are."""
    found = AlertWatch(RULES).on_warning(line)
    assert found is not None
    assert (found.event, found.severity, found.title, found.subject) == (event, severity, title, subject)


@pytest.mark.parametrize(
    "line",
    [
        "warning: alert_channel_failed channel=slack cause=x",
        "warning: alerts_not_delivered count=3",
        "warning: actor_restarted actor=risk",
        "error: startup_failed error=x",
    ],
)
def test_what_is_told_otherwise_is_not_told_of_the_log_again(line: str) -> None:
    """Least of all what alerts themselves write there: that would ring for ever."""
    assert AlertWatch(RULES).on_warning(line) is None


# --- Where it stands ---------------------------------------------------------------------------------------------


def test_a_limit_that_is_nearly_used_up_is_told_once_for_each_crossing() -> None:
    """And not again while it swings around the level."""
    watching = Watching(rules(limit_used_share=Decimal("0.9")))
    # The default profile's limits are 400 RLUSD each, and XRP is at 1.943.
    seen = [
        watching.after(view(number, rlusd=rlusd)) for number, rlusd in enumerate(["359", "360", "355", "361", "342"])
    ]
    assert [told(each) for each in seen] == [
        [],
        [(AlertEvent.LIMIT_NEAR, "RLUSD exposure at 90% of its limit")],
        [],
        [],
        [],
    ]
    assert seen[1][0].detail == "360.00 of 400 RLUSD (risk.max_rlusd_exposure)"
    assert told(watching.after(view(9, rlusd="339"))) == []
    assert told(watching.after(view(10, rlusd="399"))) == [
        (AlertEvent.LIMIT_NEAR, "RLUSD exposure at 100% of its limit"),
    ]


def with_room(number: int, limit: str, rlusd: str) -> MarketView:
    return msgspec.structs.replace(view(number), loss_room=LossRoom(Decimal(rlusd), limit, Decimal(0), Decimal(100)))


@pytest.mark.parametrize(
    ("seen", "title"),
    [
        (view(1, xrp_drops=190_000_000), "XRP exposure at 92% of its limit"),
        (with_room(1, SESSION_LOSS, "9"), "session loss at 91% of its limit"),
        (with_room(1, DRAWDOWN, "4"), "drawdown at 92% of its limit"),
        (
            msgspec.structs.replace(view(1), spent=msgspec.structs.replace(view(1).spent, fees_day_drops=950_000)),
            "the day's fees at 95% of its limit",
        ),
    ],
)
def test_every_limit_that_ends_a_session_or_its_quotes_is_watched(seen: MarketView, title: str) -> None:
    """Both exposures, both losses, the day's fees."""
    assert told(Watching().after(seen)) == [(AlertEvent.LIMIT_NEAR, title)]


def test_a_session_that_is_ending_is_not_told_of_its_limits() -> None:
    """The ending says what was broken."""
    halt = HaltRaised(reason=HaltReason.RISK_RLUSD_EXPOSURE, detail="", source="risk", first=True)
    assert Watching().after(view(1, rlusd="401"), halt) == []


def refused(count: int) -> list[Message]:
    refusal = Refusal(RefusalCode.LOSS_ROOM, Side.BUY, "")
    return [orders(number, refusals=(refusal,)) for number in range(count)]


def test_a_burst_of_refusals_is_told_once_until_it_is_over() -> None:
    """More than so many within any minute of the session; again once it was less than half as many."""
    watching = Watching(rules(refusals_minute=40))
    assert watching.after(view(1), *refused(39), seconds=30) == []
    [found] = watching.after(*refused(2), seconds=20)
    assert (found.event, found.title) == (AlertEvent.REFUSALS, "risk refused 41 quotes in a minute")
    assert watching.after(*refused(40), seconds=30) == []
    assert [found for _ in range(12) for found in watching.after(seconds=10)] == []
    assert len(watching.after(*refused(60), seconds=30)) == 1


def test_at_full_speed_a_minute_is_a_minute_of_the_session() -> None:
    """Between two looks lie hours there, with thousands of refusals that are few in each minute."""
    watching = Watching(rules(refusals_minute=40))
    watching.after(view(1))
    assert watching.after(*refused(1000), seconds=3600) == []
    assert len(watching.after(*refused(3000), seconds=3600)) == 1


def test_a_server_that_goes_and_comes_is_told_both_times() -> None:
    """Once each."""
    watching = Watching()
    gone = (ServerState("wss://a.example", "down", "refused"), ServerState("wss://b.example", "in use", ""))
    back = (ServerState("wss://a.example", "ready", ""), gone[1])
    seen = [watching.after(servers=servers) for servers in (back, gone, gone, back, back)]
    assert [told(each) for each in seen] == [
        [],
        [(AlertEvent.ENDPOINT_LOST, "wss://a.example is not to be had")],
        [],
        [(AlertEvent.ENDPOINT_BACK, "wss://a.example is to be had again")],
        [],
    ]


def test_a_loss_that_the_log_has_is_not_told_again_by_the_servers_state() -> None:
    """One loss, told by whichever comes first; and its end, however soon that was."""
    watching = Watching()
    assert watching.watch.on_warning("warning: endpoint_failed endpoint=wss://a.example cause=x") is not None
    gone, back = ServerState("wss://a.example", "down", "x"), ServerState("wss://a.example", "in use", "")
    assert told(watching.after(servers=(gone,))) == []
    assert told(watching.after(servers=(back,))) == [(AlertEvent.ENDPOINT_BACK, "wss://a.example is to be had again")]


# --- The end -----------------------------------------------------------------------------------------------------


def test_an_end_in_order_is_told_with_its_result() -> None:
    """What an operator asks first."""
    summary = a_summary()
    found = ended(HaltReason.DURATION_ELAPSED, "40 s", summary)
    assert (found.event, found.severity) == (AlertEvent.ENDED, Severity.INFO)
    assert found.title == "session ended: duration_elapsed (exit code 0)"
    assert f"{summary.fills} fills, equity {summary.equity_change_rlusd:+.4f} RLUSD" in found.detail


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"orders_left": ("t1-buy",)}, "left on the ledger: t1-buy"),
        ({"rungs_failed": ("cancel_resting",)}, "failed on the way down: cancel_resting"),
        ({"inventory": msgspec.structs.replace(a_summary().inventory, exact=False)}, "the books do not agree"),
    ],
)
def test_an_end_that_leaves_something_open_is_critical_whatever_ended_it(changes: dict[str, Any], words: str) -> None:
    """Somebody has to look."""
    found = ended(HaltReason.DURATION_ELAPSED, "40 s", a_summary_with(**changes))
    assert found.severity is Severity.CRITICAL
    assert words in found.detail


def test_a_kill_by_hand_is_a_warning_and_one_by_a_loss_limit_is_critical() -> None:
    """The one who said so knows."""
    assert ended(HaltReason.KILL_SWITCH, "neo kill", a_summary()).severity is Severity.WARNING
    broken = BrokenLimit("risk.max_drawdown_rlusd", Decimal(1), Decimal(2), Decimal(1))
    by_loss = a_summary_with(loss_limit=broken)
    assert ended(HaltReason.KILL_SWITCH, "2 > 1", by_loss).severity is Severity.CRITICAL


@pytest.mark.parametrize("begun", [False, True], ids=["before it began", "before it traded"])
def test_a_start_that_failed_is_critical(*, begun: bool) -> None:
    """Nothing else says that nothing trades."""
    found = ended(HaltReason.STARTUP_FAILURE, "no such profile", a_summary() if begun else None)
    assert (found.event, found.severity) == (AlertEvent.STARTUP_FAILED, Severity.CRITICAL)
    assert found.detail == "no such profile"


def test_a_channel_that_delivers_nothing_is_told_with_its_name() -> None:
    """To the others."""
    found = channel_failed("slack", "https://hooks.example", "HTTP 404 Not Found")
    assert (found.event, found.subject) == (AlertEvent.CHANNEL_FAILED, "slack")
    assert found.detail == "https://hooks.example: HTTP 404 Not Found"


def test_what_was_missed_is_told() -> None:
    """Something that is not told of must not look as if it had not been."""
    found = missed(7)
    assert (found.event, found.severity, found.subject) == ("log_warning", "warning", "messages_missed")
    assert found.detail.startswith("7, ")


def test_the_usual_events_are_every_one_but_fills() -> None:
    """Named ones join them."""
    assert events_of((USUAL,)) == set(EVENT_MEANINGS) - {AlertEvent.FILL}
    assert events_of((USUAL, "fill")) == set(EVENT_MEANINGS)
    assert events_of(("ended",)) == {AlertEvent.ENDED}
