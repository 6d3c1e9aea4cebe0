"""The events of a running session: what a listener gets, what it costs, what can't be asked for. Time is virtual."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing
from support.page_sessions import ScriptedSession
from support.page_site import moment_of, status_at

from actors.page.exchange import PageEvent, PageRequest, PageStream
from actors.plumbing.tap import Lost, Tapped
from tools.page.event_routes import MESSAGES_SECOND_MAX, TapFilter, events, tap_filter
from tools.page.ground import PageError, PageGround

STATUS = status_at(moment_of([]))


def fill(number: int, side: str = "buy") -> Tapped:
    """A message as a tap tells it."""
    message = {"type": "Fill", "side": side, "order_id": f"o{number}", "memo": "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"}
    return Tapped(number, "gateway", "persistence", message)


@asynccontextmanager
async def listening(session: ScriptedSession, **query: Sequence[str]) -> AsyncIterator[AsyncIterator[PageEvent]]:
    """What a listener gets of a session."""
    ground = PageGround(())
    ground.begin(session)
    answer = await events(ground, PageRequest(method="GET", path="/events", query=query))
    assert isinstance(answer, PageStream)
    async with answer.events as told:
        yield told


# --- What is told ------------------------------------------------------------------------------------------------


async def test_a_listener_is_told_each_second_where_it_stands(autojump_clock: trio.testing.MockClock) -> None:
    """From the first moment on, until it leaves."""
    session = ScriptedSession([STATUS])
    async with listening(session) as told:
        for second in range(3):
            event = await anext(told)
            assert event.event == "now"
            assert json.loads(event.data)["session"] == "s1"
            assert trio.current_time() == pytest.approx(second)
    await trio.sleep(5)
    assert session.asked == 3
    assert session.taps == 0


async def test_many_listeners_cost_one_question_a_second(autojump_clock: trio.testing.MockClock) -> None:
    """Whenever they came; nobody listening costs none."""
    session = ScriptedSession([STATUS])
    ground = PageGround(())
    ground.begin(session)

    async def listen(after_s: float) -> None:
        await trio.sleep(after_s)
        answer = await events(ground, PageRequest(method="GET", path="/events"))
        assert isinstance(answer, PageStream)
        async with answer.events as told:
            for _ in range(5):
                await anext(told)

    async with trio.open_nursery() as nursery:
        for number in range(10):
            nursery.start_soon(listen, number / 10)
    # Five seconds of five answers each, and one for those who came late.
    assert session.asked <= 6


async def test_a_tap_is_told_what_passes_its_filters(autojump_clock: trio.testing.MockClock) -> None:
    """As `neo tap --json` tells it: no line with what may be a wallet's seed."""
    session = ScriptedSession([STATUS], [fill(1), fill(2, "sell"), fill(3), Lost(7), fill(4)])
    async with listening(session, type=("Fill",), where=("side=buy",)) as told:
        got = [event async for event in first(told, 4, "message", "lost")]
    lines = [json.loads(event.data) for event in got]
    assert [event.event for event in got] == ["message", "message", "lost", "message"]
    assert [lines[at]["seq"] for at in (0, 1, 3)] == [1, 3, 4]
    assert lines[2] == {"count": 7}
    assert "sEdTM1u" not in "".join(event.data for event in got)


async def test_a_flood_of_messages_is_thinned_and_told_as_thinned(autojump_clock: trio.testing.MockClock) -> None:
    """Nobody reads hundreds a second; how many were left out is told in their place."""
    session = ScriptedSession([STATUS], [fill(number) for number in range(MESSAGES_SECOND_MAX + 50)])
    async with listening(session, tap=("1",)) as told:
        got = [event async for event in first(told, MESSAGES_SECOND_MAX, "message")]
        assert len(got) == MESSAGES_SECOND_MAX
        session.over.set()
        assert [event async for event in first(told, 2, "lost", "ended")] == [
            PageEvent(event="lost", data='{"count":50}'),
            PageEvent(event="ended", data='{"session":"s1","reason":"kill_switch","detail":"page kill: enough"}'),
        ]


async def test_the_last_event_is_the_end(autojump_clock: trio.testing.MockClock) -> None:
    """After the tap's last message; then the stream is over."""
    session = ScriptedSession([STATUS], [fill(1)])
    async with listening(session, tap=("1",)) as told:
        session.over.set()
        names = [event.event async for event in told]
    assert names[-1] == "ended"
    assert "message" in names


async def test_a_session_that_cannot_be_asked_is_waited_for(autojump_clock: trio.testing.MockClock) -> None:
    """A busy one answers later; that it has ended is told when it is known."""
    session = ScriptedSession()
    async with listening(session) as told:
        with trio.move_on_after(3):
            await anext(told)
        session.over.set()
        assert [event.event async for event in told] == ["ended"]
    assert session.asked >= 3


async def first(told: AsyncIterator[PageEvent], count: int, *names: str) -> AsyncIterator[PageEvent]:
    """The next events of these names."""
    async for event in told:
        if event.event in names:
            yield event
            count -= 1
        if not count:
            return


# --- What can be asked for ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, None),
        ({"session": ["s1"], "tap": ["0"]}, None),
        ({"tap": ["1"]}, TapFilter((), ())),
        ({"type": ["Fill", "FeePaid"]}, TapFilter(("Fill", "FeePaid"), ())),
    ],
)
def test_a_tap_is_opened_only_where_one_is_asked_for(query: Any, told: TapFilter | None) -> None:
    """Each costs the session something."""
    assert tap_filter(query) == told


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"type": ["Fil"]}, "type: no message is called 'Fil'; there are LedgerClosed, "),
        ({"type": ["__class__"]}, "type: no message is called '__class__'"),
        ({"type": [""]}, "type: no message is called ''"),
        ({"type": ["x" * 5000]}, "type: no message is called 'xxx"),
        ({"type": ["<script>\x1b[31m"]}, "type: no message is called '<script>"),
        ({"where": ["side"]}, "where: 'side' is not a condition; write FIELD=VALUE, such as side=buy"),
        ({"where": ["=buy"]}, "where: '=buy' is not a condition"),
        ({"where": ["."]}, "where: '.' is not a condition"),
        ({"where": ["sidee=buy"]}, "where: 'sidee' is no field of any message."),
        ({"type": ["FeePaid"], "where": ["side=buy"]}, "where: 'side' is no field of FeePaid."),
        ({"where": ["side=buy"] * 33}, "At most 32 filters are taken."),
        ({"wheer": ["side=buy"]}, "'wheer' is nothing that /events takes; it takes session, tap, type, where."),
    ],
)
def test_a_hostile_filter_is_refused_in_a_sentence(query: Any, told: str) -> None:
    """A tap that shows nothing must not be a mistyped one; what was written is told short and printable."""
    with pytest.raises(PageError) as refused:
        tap_filter(query)
    assert refused.value.status == 400
    assert refused.value.message.startswith(told)
    assert "\x1b" not in refused.value.message
    assert len(refused.value.message) < 1000


async def test_a_deep_path_matches_nothing_and_breaks_nothing(autojump_clock: trio.testing.MockClock) -> None:
    """However long: a condition about what a message lacks does not hold."""
    session = ScriptedSession([STATUS], [fill(1)])
    async with listening(session, where=(f"side{'.x' * 5000}=1",)) as told:
        session.over.set()
        assert "message" not in [event.event async for event in told]


async def test_events_are_of_a_session_that_runs() -> None:
    """Of one that is named, or of the only one."""
    ground = PageGround(())
    with pytest.raises(PageError, match="No session runs"):
        await events(ground, PageRequest(method="GET", path="/events"))
    ground.begin(ScriptedSession())
    with pytest.raises(PageError, match="No session of that name runs here"):
        await events(ground, PageRequest(method="GET", path="/events", query={"session": ["s2"]}))
