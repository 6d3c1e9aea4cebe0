"""One channel at work, in virtual time: its tries, its outages, and how it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import trio
from loguru import logger
from support.alert_samples import EVERYTHING, FakeChannel, an_alert, rules
from trio.testing import MockClock

from actors.alerts.alert_line import AlertLine
from actors.alerts.delivery import ChannelError
from neo.alerts.alert_outbox import AlertOutbox


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The log's lines: each level and event."""
    lines: list[str] = []
    sink = logger.add(
        lambda message: lines.append(
            f"{message.record['level'].name} {message.record['message']} {message.record['extra']}"
        ),
        level="INFO",
    )
    yield lines
    logger.remove(sink)


class Line:
    """A line with its channel, and what it said of its outages."""

    def __init__(self, channel: FakeChannel, **changes: object) -> None:
        self.channel = channel
        self.outages: list[str] = []
        self.line = AlertLine(
            channel,
            AlertOutbox(rules(**changes), EVERYTHING),
            lambda line, what: self.outages.append(f"{line.name}: {what}"),
        )

    def _take_outage(self, line: AlertLine, what: str) -> None:
        self.outages.append(f"{line.name}: {what}")

    async def deliver(self, *titles: str) -> None:
        """Take these, and run until nothing is left."""
        for title in titles:
            self.line.take(an_alert(title=title))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.line.run)
            await self.line.wait_done()
            nursery.cancel_scope.cancel()


async def test_what_is_taken_is_delivered_and_the_channel_closed_at_the_end(autojump_clock: MockClock) -> None:
    """In order, a second apart."""
    one = Line(FakeChannel())
    await one.deliver("a", "b")
    assert one.channel.titles == ["a", "b"]
    assert one.channel.tried_at_s == [0, 1]
    assert one.channel.is_closed
    assert (one.line.health.ok, one.line.health.name) == (True, "alerts by fake")


async def test_an_outage_is_told_once_and_its_end_too(autojump_clock: MockClock, logged: list[str]) -> None:
    """A hiccup is none: three failures in a row are."""
    one = Line(FakeChannel("fake", *(ChannelError("HTTP 502") for _ in range(5))))
    await one.deliver("a", "b")
    assert one.channel.titles == ["a", "b"]
    assert one.channel.tried_at_s == [0, 2, 6, 14, 30, 62, 63]
    assert one.outages == ["fake: HTTP 502"]
    assert [line.split(" ")[1] for line in logged] == [
        "alert_channel_failed",
        "alert_sent",
        "alert_channel_back",
        "alert_sent",
    ]
    assert logged[0].startswith("WARNING")
    assert one.line.health.ok


async def test_a_hiccup_is_shown_and_not_told(autojump_clock: MockClock, logged: list[str]) -> None:
    """Two failures, and it is well again."""
    one = Line(FakeChannel("fake", ChannelError("HTTP 502"), ChannelError("HTTP 502")))
    await one.deliver("a")
    assert one.outages == []
    assert not [line for line in logged if "failed" in line]


async def test_what_is_refused_for_good_is_an_outage_at_once(autojump_clock: MockClock) -> None:
    """Nobody has to wait for the third alert that is lost."""
    one = Line(FakeChannel("fake", ChannelError("HTTP 404 (no_service)", is_final=True)))
    await one.deliver("a")
    assert one.outages == ["fake: HTTP 404 (no_service)"]
    assert one.channel.titles == []
    health = one.line.health
    assert (health.ok, health.detail) == (False, "HTTP 404 (no_service), 1 not delivered")


async def test_a_channel_that_hangs_is_left_at_its_deadline(autojump_clock: MockClock) -> None:
    """And tried again."""
    one = Line(FakeChannel(hangs=True))
    with trio.move_on_after(50):
        await one.deliver("a")
    assert one.channel.tried_at_s == [0, 22, 46]
    assert one.line.health.detail == "no answer within 20 s, 1 waiting"


async def test_a_fault_of_a_channels_own_is_a_failure_without_its_words(autojump_clock: MockClock) -> None:
    """They may hold the address; and the other channels go on."""

    class Faulty(FakeChannel):
        async def send(self, alert: object) -> None:  # noqa: ARG002 - it never gets there
            raise KeyError("https://hooks.example/SECRET")

    one = Line(Faulty())
    await one.deliver("a")
    assert one.outages == ["fake: a fault of its own (KeyError)"]


async def test_the_other_sides_wait_is_kept(autojump_clock: MockClock) -> None:
    """As it says it in Retry-After."""
    one = Line(FakeChannel("fake", ChannelError("HTTP 429", retry_after_s=120)))
    await one.deliver("a")
    assert one.channel.tried_at_s == [0, 120]
