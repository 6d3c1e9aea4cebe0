"""The page's server among many: who is let in, who is pushed out, and what wrong tokens cost. Time is virtual."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import pytest
import trio
import trio.testing
from loguru import logger
from support.page_talk import TOKEN, asked, heard, serving

from actors.page.access import LOOPBACK_NAMES, Gate
from actors.page.exchange import Answer, PageAnswer, PageEvent, PageRequest, PageStream
from actors.page.page_server import ANSWERING_MAX, STREAMS_MAX, WAITING_MAX


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What is logged, as event and fields."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.rstrip("\n")), format="{message} {extra}")
    yield lines
    logger.remove(number)


async def test_a_flood_of_silent_connections_keeps_nobody_out(autojump_clock: trio.testing.MockClock) -> None:
    """The oldest that wait are pushed out, and who asks is answered."""
    async with serving() as served:
        flood = []
        for _ in range(WAITING_MAX):
            flood.append(served.connect())
            await flood[-1].stream.send_all(b"GET /slow")
            await trio.testing.wait_all_tasks_blocked()
        assert (await served.connect().ask("/me")).status == 200
        assert (await flood[0].got()).status == 408
        assert trio.current_time() == 0.0
        await flood[-1].stream.send_all(b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await flood[-1].got()).status == 200


async def test_beyond_what_can_be_answered_at_once_a_request_is_told_to_come_again() -> None:
    """And is answered once there is room."""
    go_on = trio.Event()

    async def site(_request: PageRequest) -> Answer:
        await go_on.wait()
        return PageAnswer(body=b"done")

    async with serving(site) as served:
        busy = [served.connect() for _ in range(ANSWERING_MAX)]
        for browser in busy:
            await browser.stream.send_all(asked())
        await trio.testing.wait_all_tasks_blocked()
        one_more = await served.connect().ask()
        assert (one_more.status, "come again" in one_more.text) == (503, True)
        go_on.set()
        assert {(await browser.got()).status for browser in busy} == {200}
        await trio.testing.wait_all_tasks_blocked()
        assert (await served.connect().ask()).status == 200


async def test_streams_are_bounded_and_their_places_come_free() -> None:
    """A browser that is left open in every window holds no more than that."""

    @trio.as_safe_channel
    async def endless() -> AsyncGenerator[PageEvent]:
        yield PageEvent(event="now", data="")
        await trio.sleep_forever()

    async def site(_request: PageRequest) -> Answer:
        return PageStream(endless())

    async with serving(site) as served:
        open_ones = [served.connect() for _ in range(STREAMS_MAX)]
        for browser in open_ones:
            await browser.stream.send_all(asked("/events"))
        await trio.testing.wait_all_tasks_blocked()
        full = await served.connect().ask("/events")
        assert (full.status, "close a page" in full.text) == (503, True)
        await open_ones[0].stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        browser = served.connect()
        await browser.stream.send_all(asked("/events"))
        events = browser.events()
        assert await anext(events) == ("retry", "2000")
        await events.aclose()


async def test_a_handler_that_breaks_costs_its_own_connection_alone(log: list[str]) -> None:
    """The log has it; the next request is answered."""

    async def site(request: PageRequest) -> Answer:
        if request.path == "/broken":
            raise RuntimeError("no more")
        return PageAnswer(body=b"fine")

    async with serving(site) as served:
        broken = await served.connect().ask("/broken")
        assert broken.status == 500
        assert b"the log tells how" in broken.body
        assert b"no more" not in broken.body
        assert (await served.connect().ask("/")).body == b"fine"
    assert [line.partition("\n")[0] for line in log] == ["page_broke {}"]


async def test_wrong_tokens_are_slow_and_the_right_one_is_not(
    autojump_clock: trio.testing.MockClock, log: list[str]
) -> None:
    """They wait for each other, so a crowd of guesses is no faster than one; beyond a few they are sent away."""
    async with serving() as served:
        guessers = [served.connect() for _ in range(12)]
        for number, browser in enumerate(guessers):
            await browser.stream.send_all(asked("/kill", "POST", f"token=guess-{number}"))
        await trio.testing.wait_all_tasks_blocked()
        begun_s = trio.current_time()
        assert (await served.connect().ask("/pause", "POST", "", **heard())).status == 200
        assert trio.current_time() == begun_s
        told = [(await browser.got()).status for browser in guessers]
        assert sorted(told) == [401] * 9 + [429] * 3
        assert trio.current_time() - begun_s >= 9 * 0.5
    assert log == ["page_token_wrong {'count': 1}"]
    assert not [line for line in log if "guess" in line]


async def test_a_refusal_for_want_of_a_token_says_how_to_bring_one() -> None:
    """As HTTP has it for 401, and in words."""
    async with serving() as served:
        got = await served.connect().ask("/kill", "POST", "reason=x")
        assert (got.status, got.headers["www-authenticate"]) == (401, 'Bearer realm="NEO"')
        assert "neo page --show-token" in got.text


async def test_a_browser_of_another_machine_is_sent_to_the_login() -> None:
    """With where it was going; a program is told that it needs the token."""
    gate = Gate(TOKEN, LOOPBACK_NAMES, is_remote=True)
    async with serving(gate=gate) as served:
        browser = served.connect()
        got = await browser.ask("/session/x?y=1", accept="text/html")
        assert (got.status, got.headers["location"]) == (303, "/login?next=%2Fsession%2Fx")
        assert (await browser.ask("/metrics")).status == 401
        assert (await browser.ask("/metrics", **heard())).status == 200


async def test_an_end_waits_for_those_who_are_being_answered() -> None:
    """Whoever asked gets the answer, which is what came of it."""
    go_on = trio.Event()

    async def site(_request: PageRequest) -> Answer:
        await go_on.wait()
        return PageAnswer(body=b"it has ended")

    async with serving(site) as served:
        await served.server.quiet()
        browser = served.connect()
        await browser.stream.send_all(asked())
        await trio.testing.wait_all_tasks_blocked()
        order: list[str] = []

        async def end() -> None:
            await served.server.quiet()
            order.append("quiet")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(end)
            await trio.testing.wait_all_tasks_blocked()
            order.append("answered")
            go_on.set()
            assert (await browser.got()).body == b"it has ended"
        assert order == ["answered", "quiet"]
