"""Alerts as a service, in virtual time: what it sees of a session reaches the channels that are to hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import trio
from loguru import logger
from support.alert_samples import EVERYTHING, RULES, FakeChannel, rules, status, watched
from support.cli_feed import fill, started, view
from trio.testing import MockClock

from actors.alerts.alert_service import AlertOrigin, AlertService, trial_alert
from actors.alerts.delivery import ChannelError
from actors.lookout.watched import Ended
from actors.operator.bridge import NotDoneError
from actors.operator.protocol import EndpointHealth
from actors.plumbing.tap import Lost, Tapped
from neo.alerts.alert import AlertEvent, Severity
from neo.alerts.alert_settings import AlertRules, ChannelChoice
from neo.analysis.moment import Present
from neo.messages import Fill, HaltRaised, Message, SessionStarted, Side
from neo.messages.halts import HaltReason

ORIGIN = AlertOrigin("sim", "paper", "desk")
FAILED = Ended(session_id="", reason=HaltReason.STARTUP_FAILURE, detail="no such profile")


@asynccontextmanager
async def serving(*channels: FakeChannel, changed: AlertRules = RULES) -> AsyncIterator[AlertService]:
    """A service with these channels, which hear of everything."""
    service = AlertService([(channel, EVERYTHING) for channel in channels], changed, ORIGIN)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        yield service
        nursery.cancel_scope.cancel()


def tapped(message: Message) -> Tapped:
    return Tapped(1, "gateway", "persistence", message)


def events(channel: FakeChannel) -> Sequence[AlertEvent]:
    return [alert.event for alert in channel.sent]


def test_only_what_some_channel_is_to_hear_of_is_taken_from_the_session() -> None:
    """A tap costs the session something for each message that it wants."""
    choices = [ChannelChoice(Severity.INFO, frozenset({AlertEvent.STARTED})),
               ChannelChoice(Severity.CRITICAL, frozenset({AlertEvent.HALT, AlertEvent.LOG_ERROR}))]  # fmt: skip
    service = AlertService([(FakeChannel(), choice) for choice in choices], RULES, ORIGIN)
    assert set(service.types) == {SessionStarted, HaltRaised}
    assert Fill in AlertService([(FakeChannel(), EVERYTHING)], RULES, ORIGIN).types


async def test_a_sessions_course_reaches_every_channel(autojump_clock: MockClock) -> None:
    """From its beginning to its end, each with whose it is."""
    one, other = FakeChannel("one"), FakeChannel("other")
    async with serving(one, other, changed=rules(messages_minute_max=60)) as service:
        service.begin(watched())
        service.observe(tapped(started()))
        service.observe(tapped(view(1)))
        service.observe(tapped(fill(1, Side.BUY)))
        service.warn("warning: wal_pinned held=3")
        service.warn("warning: alert_channel_failed channel=one")
        await trio.sleep(30)
        service.end(FAILED)
        await service.farewell()
    assert sorted(events(one)) == ["fill", "log_warning", "started", "startup_failed"]
    assert sorted(events(one)) == sorted(events(other))
    first = one.sent[1]
    assert (first.venue, first.profile, first.host) == ("sim", "paper", "desk")
    assert first.session_id == "20260121-120000-ab12"
    assert datetime.fromisoformat(first.at).tzinfo is not None
    assert len({alert.id for alert in one.sent}) == 4


async def test_messages_that_were_missed_are_told_of(autojump_clock: MockClock) -> None:
    """A halt may have been among them."""
    channel = FakeChannel()
    async with serving(channel) as service:
        service.observe(Lost(3))
        await trio.sleep(5)
    assert channel.titles == ["some messages of the session were missed"]


async def test_where_the_session_stands_is_looked_at_each_second(autojump_clock: MockClock) -> None:
    """A limit that is nearly used up, a server that goes; a session that does not answer is asked again."""
    near = Present()
    near.observe(view(1, rlusd="399"))
    down = EndpointHealth(
        endpoint="wss://a.example", state="down", detail="refused", lag_ledgers=None, latency_ms=None, failures=1
    )
    channel = FakeChannel()
    async with serving(channel) as service:
        service.begin(watched(status(), NotDoneError("busy"), status(near), status(near, endpoints=(down,))))
        await trio.sleep(2.5)
        assert events(channel) == []
        await trio.sleep(3)
    assert events(channel) == [AlertEvent.LIMIT_NEAR, AlertEvent.ENDPOINT_LOST]


async def test_a_dead_channel_is_told_of_by_the_others_and_shown(autojump_clock: MockClock) -> None:
    """Once, and not by itself; its alerts are counted."""
    dead = FakeChannel("dead", *(ChannelError("HTTP 404 Not Found", is_final=True) for _ in range(100)))
    alive = FakeChannel("alive")
    async with serving(dead, alive, changed=rules(messages_minute_max=60)) as service:
        for number in range(5):
            service.observe(tapped(fill(number, Side.BUY)))
        await trio.sleep(100)
        assert [(row.name, row.ok) for row in service.health()] == [
            ("alerts by dead", False),
            ("alerts by alive", True),
        ]
        assert service.health()[0].detail == "HTTP 404 Not Found, 5 not delivered"
    assert sorted(events(alive)) == ["channel_failed", *["fill"] * 5]
    [alert] = [alert for alert in alive.sent if alert.event is AlertEvent.CHANNEL_FAILED]
    assert (alert.title, alert.detail) == ("alerts by dead are not delivered", "dead://somewhere: HTTP 404 Not Found")


async def test_the_last_words_have_a_deadline(autojump_clock: MockClock) -> None:
    """A relay that hangs costs the end of a session so many seconds and no more."""
    hanging, alive = FakeChannel("hanging", hangs=True), FakeChannel("alive")
    async with serving(hanging, alive, changed=rules(end_deadline_s=7)) as service:
        service.end(FAILED)
        begun_s = trio.current_time()
        await service.farewell()
        assert trio.current_time() - begun_s == 7
    assert events(alive) == [AlertEvent.STARTUP_FAILED]


async def test_last_words_that_are_cut_short_are_told(autojump_clock: MockClock) -> None:
    """By a Ctrl+C, say: an alert that was not delivered is never lost without a word."""
    logged: list[str] = []
    sink = logger.add(lambda line: logged.append(line.record["message"]), level="WARNING")
    async with serving(FakeChannel(hangs=True)) as service:
        service.end(FAILED)
        with trio.move_on_after(1):
            await service.farewell()
    logger.remove(sink)
    assert logged == ["alerts_not_delivered"]


async def test_a_channel_that_fails_at_the_very_end_is_still_told_of(autojump_clock: MockClock) -> None:
    """By one that was done already."""
    late = FakeChannel("late", ChannelError("HTTP 502"), ChannelError("HTTP 404", is_final=True))
    alive = FakeChannel("alive")
    async with serving(late, alive) as service:
        service.end(FAILED)
        await service.farewell()
    assert events(alive) == [AlertEvent.STARTUP_FAILED, AlertEvent.CHANNEL_FAILED]


async def test_nothing_to_say_is_said_at_once(autojump_clock: MockClock) -> None:
    """A session whose end nobody wants to hear of ends without a wait."""
    async with serving(FakeChannel()) as service:
        await service.farewell()
        assert trio.current_time() == 0


def test_a_trial_says_that_it_is_one() -> None:
    """Nobody gets up for it."""
    alert = trial_alert(ORIGIN)
    assert (alert.event, alert.severity, alert.session_id) == (AlertEvent.TEST, Severity.INFO, "")
