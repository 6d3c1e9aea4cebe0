"""One connection: what is understood, what is refused and how, and how long anything may take. Time is virtual."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import msgspec
import pytest
import trio
import trio.testing
from support.page_talk import TOKEN, Browser, asked, heard, serving

from actors.page.conversation import PageBounds
from actors.page.exchange import Answer, PageAnswer, PageEvent, PageRequest, PageStream

BOUNDS = PageBounds()


def read_back(body: bytes) -> PageRequest:
    """What the site was asked, by the mirror's answer."""
    return msgspec.json.decode(body, type=PageRequest)


# --- Understood --------------------------------------------------------------------------------------------------


async def test_a_request_arrives_whole_and_decoded() -> None:
    """Path and query in their words, a form by its names, and whether it may change something."""
    async with serving() as served:
        browser = served.connect()
        got = await browser.ask("/session/a%20b?where=side%3Dbuy&where=x&tap=&q=%C3%A9", accept="text/html,*/*")
        told = read_back(got.body)
        assert (told.method, told.path, told.may_act, told.accepts_page) == ("GET", "/session/a b", False, True)
        assert told.query == {"where": ["side=buy", "x"], "tap": [""], "q": ["\N{LATIN SMALL LETTER E WITH ACUTE}"]}
        got = await browser.ask("/pause", "POST", "reason=a+b%26c&reason=last", accept="application/json", **heard())
        told = read_back(got.body)
        assert (told.form, told.may_act, told.accepts_json, told.accepts_page) == (
            {"reason": "last"},
            True,
            True,
            False,
        )


async def test_a_token_in_a_form_goes_no_further_than_the_gate() -> None:
    """No handler gets it, so none can show it."""
    async with serving() as served:
        got = await served.connect().ask("/pause", "POST", f"token={TOKEN}&reason=x")
        assert read_back(got.body).form == {"reason": "x"}
        assert TOKEN not in got.text


async def test_a_request_may_come_a_byte_at_a_time() -> None:
    """However a network cuts it."""
    async with serving() as served:
        browser = served.connect()
        for byte in asked("/slowly", "POST", "reason=cut", **heard()):
            await browser.stream.send_all(bytes([byte]))
        assert read_back((await browser.got()).body).form == {"reason": "cut"}


async def test_one_connection_has_many_requests() -> None:
    """One after another, or sent ahead of the answers, which come in their order."""
    async with serving() as served:
        browser = served.connect()
        for number in range(3):
            assert read_back((await browser.ask(f"/{number}")).body).path == f"/{number}"
        await browser.stream.send_all(asked("/a") + asked("/b") + asked("/c"))
        assert [read_back((await browser.got()).body).path for _ in range(3)] == ["/a", "/b", "/c"]


async def test_head_is_told_what_get_would_be_without_the_body() -> None:
    """And the connection is good for more after it."""
    async with serving() as served:
        browser = served.connect()
        whole = await browser.ask("/x")
        head = await browser.ask("/x", "HEAD")
        assert (head.status, head.body) == (200, b"")
        # The mirror tells the method too, which is a letter longer.
        assert int(head.headers["content-length"]) == len(whole.body) + 1
        assert (await browser.ask("/y")).status == 200


async def test_who_waits_to_be_told_to_go_on_is_told() -> None:
    """curl does so with a longer form; one that is too long is refused before it is sent."""
    async with serving() as served:
        browser = served.connect()
        request = asked("/pause", "POST", "reason=expected", expect="100-continue", **heard())
        head, _, body = request.partition(b"\r\n\r\n")
        await browser.stream.send_all(head + b"\r\n\r\n")
        assert (await browser.got()).status == 100
        await browser.stream.send_all(body)
        assert read_back((await browser.got()).body).form == {"reason": "expected"}
        await browser.stream.send_all(head.replace(b"Length: 15", b"Length: 99999") + b"\r\n\r\n")
        assert (await browser.got()).status == 413


async def test_a_body_in_chunks_is_read() -> None:
    """Its length is known at its end only."""
    async with serving() as served:
        browser = served.connect()
        head = asked("/p", "POST", "", transfer_encoding="chunked", content_length="", **heard())
        await browser.stream.send_all(head + b"4\r\na=bc\r\n3\r\n&d=\r\n1\r\ne\r\n0\r\n\r\n")
        assert read_back((await browser.got()).body).form == {"a": "bc", "d": "e"}


async def test_every_answer_has_the_headers_that_bound_what_a_browser_does() -> None:
    """Refusals too; an answer's own word is the last."""

    async def site(request: PageRequest) -> Answer:
        own = {"Content-Security-Policy": "default-src 'self'", "cache-control": "no-cache"}
        return PageAnswer(body=b"x", headers=own if request.path == "/own" else {})

    async with serving(site) as served:
        browser = served.connect()
        usual, own = await browser.ask("/"), await browser.ask("/own")
        refused = await browser.ask("/%ff")
    for got in (usual, refused):
        assert got.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert got.headers["cache-control"] == "no-store"
    for got in (usual, own, refused):
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["referrer-policy"] == "same-origin"
        assert got.headers["cross-origin-opener-policy"] == "same-origin"
        assert got.headers["cross-origin-resource-policy"] == "same-origin"
        assert got.headers["date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert own.headers["content-security-policy"] == "default-src 'self'"
    assert own.headers["cache-control"] == "no-cache"


# --- Refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400, "no request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "no request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400, ""),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "no request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "no request"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "whole or in chunks"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "no request"),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "in two ways",
        ),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16385\r\n\r\n", 413, "16,384 bytes"),
        (b"GET / HTTP/1.0\r\n\r\n", 403, "not opened for that name"),
        (asked("*"), 400, "slash"),
        (asked("http://localhost/"), 400, "slash"),
        (asked("/%ff"), 400, "UTF-8"),
        (asked("/%00"), 400, "slash"),
        (asked("/a%0d%0ab"), 400, "slash"),
        (asked(f"/?{'&'.join('x=1' for _ in range(101))}"), 400, "can't be read"),
        (asked("/", "DELETE"), 405, "GET, HEAD, POST only"),
        (asked("/", "CONNECT"), 405, "only"),
        (asked("/", "POST", "x=%ff", **heard()), 400, "form can't be read"),
        (asked("/", "POST", "{}", content_type="application/json", **heard()), 415, "form is read as"),
        (asked("/", "POST", "--x", content_type="multipart/form-data; boundary=x", **heard()), 415, "form is read as"),
        (asked("/", host="rebound.example.org"), 403, "127.0.0.1, ::1, localhost"),
        (asked("/")[:-2] + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400, "twice"),
    ],
)  # fmt: skip
async def test_what_is_no_request_of_this_page_is_told_so(sent: bytes, status: int, word: str) -> None:
    """In a plain sentence that repeats nothing of it; the connection ends where its state is unknown."""
    async with serving() as served:
        browser = served.connect()
        await browser.stream.send_all(sent)
        got = await browser.got()
        assert got.status == status
        assert got.headers["content-type"] == "text/plain; charset=utf-8"
        assert word in got.text
        assert len(got.text.splitlines()) == 1
        assert "rebound" not in got.text
        if status not in (403, 401):
            assert got.headers["connection"] == "close"
            await browser.stream.aclose()


async def test_a_method_that_is_not_answered_is_told_which_are() -> None:
    """As HTTP has it for 405."""
    async with serving() as served:
        assert (await served.connect().ask("/", "PUT", "x=1")).headers["allow"] == "GET, HEAD, POST"


async def test_headers_without_end_are_refused_before_they_fill_memory() -> None:
    """After 16 KB, whatever they are cut into."""
    async with serving() as served:
        browser = served.connect()
        with contextlib.suppress(trio.BrokenResourceError):
            await browser.stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(BOUNDS.header_bytes // 1024 + 1):
                await browser.stream.send_all(b"X-More: " + b"x" * 1014 + b"\r\n")
        assert (await browser.got()).status == 431


async def test_headers_that_come_in_one_piece_have_the_same_bound() -> None:
    """Their size counts, and not how many pieces they come in."""
    async with serving() as served:
        assert (await served.connect().ask("/", x_more="x" * BOUNDS.header_bytes)).status == 431
        assert (await served.connect().ask("/", x_more="x" * (BOUNDS.header_bytes - 1024))).status == 200


async def test_a_body_in_chunks_without_end_is_refused() -> None:
    """It says no length beforehand, so it is counted."""
    async with serving() as served:
        browser = served.connect()
        await browser.stream.send_all(asked("/", "POST", "", transfer_encoding="chunked", content_length="", **heard()))
        for _ in range(BOUNDS.body_bytes // 4096 + 1):
            await browser.stream.send_all(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        assert (await browser.got()).status == 413


# --- Slow --------------------------------------------------------------------------------------------------------


async def test_a_connection_that_says_nothing_ends(autojump_clock: trio.testing.MockClock) -> None:
    """Browsers open some in advance; they need not stay for ever."""
    async with serving() as served:
        assert await closed_after(served.connect()) == BOUNDS.idle_s


async def test_a_connection_that_has_been_answered_waits_for_more(autojump_clock: trio.testing.MockClock) -> None:
    """As long as a new one."""
    async with serving() as served:
        browser = served.connect()
        await browser.ask()
        assert await closed_after(browser) == BOUNDS.idle_s


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", asked("/", "POST", "x=1")[:-1]])
async def test_a_sender_who_stops_half_way_is_told_and_left(
    sent: bytes, autojump_clock: trio.testing.MockClock
) -> None:
    """After some seconds, in the headers as in the body."""
    async with serving() as served:
        browser = served.connect()
        await browser.stream.send_all(sent)
        assert (await browser.got()).status == 408
        assert trio.current_time() - START_S == pytest.approx(BOUNDS.request_s, abs=0.01)


async def test_a_sender_who_drips_is_left_all_the_same(autojump_clock: trio.testing.MockClock) -> None:
    """A byte now and then holds nothing up: a request has one deadline, from its first byte on."""
    async with serving() as served:
        browser = served.connect()
        for byte in asked("/", "POST", "reason=slow", **heard())[: int(BOUNDS.request_s)]:
            await browser.stream.send_all(bytes([byte]))
            await trio.sleep(1)
        assert (await browser.got()).status == 408


async def test_a_site_that_does_not_answer_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    """With a sentence, and not with silence."""

    async def site(_request: PageRequest) -> Answer:
        await trio.sleep_forever()
        raise AssertionError("never")

    async with serving(site) as served:
        browser = served.connect()
        await browser.stream.send_all(asked())
        with trio.fail_after(BOUNDS.answer_s + 1):
            while True:
                with trio.move_on_after(1):
                    got = await browser.got()
                    break
        assert (got.status, got.text) == (503, "No answer came of it within 120 seconds.\n")


async def test_a_reader_who_does_not_read_is_left(autojump_clock: trio.testing.MockClock) -> None:
    """Its connection is of no use, and its place is somebody else's."""

    async def site(_request: PageRequest) -> Answer:
        return PageAnswer(body=b"x" * 100_000)

    # A stream that takes nothing once it is full.
    async with trio.open_nursery() as nursery:
        theirs, ours = trio.testing.lockstep_stream_pair()
        async with serving(site) as served:
            nursery.start_soon(served.server.hold, ours)
            await theirs.send_all(asked())
            await trio.sleep(BOUNDS.write_s + 2)
            with trio.fail_after(0.1), pytest.raises(trio.BrokenResourceError):
                await theirs.send_all(asked())


# --- Streams -----------------------------------------------------------------------------------------------------


@trio.as_safe_channel
async def _three(apart_s: float) -> AsyncGenerator[PageEvent]:
    for number in range(3):
        yield PageEvent(event="now", data=f'{{"n":{number}}}')
        await trio.sleep(apart_s)


async def test_a_stream_is_told_as_it_comes_and_ends(autojump_clock: trio.testing.MockClock) -> None:
    """First how soon to come again, then the events, a comment every quarter of a minute, and the end."""

    async def site(_request: PageRequest) -> Answer:
        return PageStream(_three(18.0))

    async with serving(site) as served:
        browser = served.connect()
        await browser.stream.send_all(asked("/events"))
        told = [event async for event in browser.events()]
        assert told == [
            ("retry", "2000"),
            ("now", '{"n":0}'),
            ("comment", ""),
            ("now", '{"n":1}'),
            ("comment", ""),
            ("now", '{"n":2}'),
            ("comment", ""),
        ]
        assert await browser.is_closed()


async def test_data_of_several_lines_stays_one_event() -> None:
    """No text can begin an event of its own."""

    @trio.as_safe_channel
    async def lines() -> AsyncGenerator[PageEvent]:
        yield PageEvent(event="message", data="a\n\nevent: ended\r\rdata: b\r\n")

    async def site(_request: PageRequest) -> Answer:
        return PageStream(lines())

    async with serving(site) as served:
        browser = served.connect()
        await browser.stream.send_all(asked("/events"))
        names = [name async for name, _ in browser.events()]
        assert names == ["retry", "message"]


async def test_a_stream_ends_with_its_browser(autojump_clock: trio.testing.MockClock) -> None:
    """Who leaves is noticed at once, though nothing is being told."""
    left = trio.Event()

    @trio.as_safe_channel
    async def silent() -> AsyncGenerator[PageEvent]:
        try:
            yield PageEvent(event="now", data="")
            await trio.sleep_forever()
        finally:
            left.set()

    async def site(_request: PageRequest) -> Answer:
        return PageStream(silent())

    async with serving(site) as served:
        browser = served.connect()
        await browser.stream.send_all(asked("/events"))
        events = browser.events()
        async with contextlib.aclosing(events):
            assert [await anext(events) for _ in range(2)] == [("retry", "2000"), ("now", "")]
        await browser.stream.aclose()
        with trio.fail_after(0.01):
            await left.wait()


async def test_head_of_a_stream_opens_none() -> None:
    """It is asked for what it is, and that is all."""

    async def site(_request: PageRequest) -> Answer:
        return PageStream(_three(0.0))

    async with serving(site) as served:
        got = await served.connect().ask("/events", "HEAD")
        assert (got.status, got.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


# The virtual clock begins at 0.
START_S = 0.0


async def closed_after(browser: Browser) -> float:
    """How long it takes from now on until a connection is closed."""
    begun_s = trio.current_time()
    assert await browser.stream.receive_some(1) == b""
    return trio.current_time() - begun_s
