"""One endpoint: every request gets its own answer or one error, and nothing a server sends breaks the others.

Method: a scripted server over streams in memory, under virtual time. Recorded conversations are played in
``test_conversations.py``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from loguru import logger
from support.ledger_clients import error_of
from support.ws_wire import DELAY_S, URL, Fault, Message, WireServer, dial_nothing, echo
from trio.testing import MockClock

from actors.venues.live.client import Client, ClientSettings, StreamFrame, open_client
from actors.venues.live.socket import EndpointUrl, SocketSettings
from actors.venues.venue_errors import (
    MalformedError,
    OverloadedError,
    RequestRefusedError,
    UnfitServerError,
    UnreachableError,
    VenueError,
)
from neo.chain.pair import Pair
from neo.wire import requests
from neo.wire.budget import RequestBudget
from neo.wire.fields import Json
from neo.wire.frames import ErrorFrame, LedgerClosedFrame
from neo.wire.requests import WireRequest

PAIR = Pair("rUs", "524C", "rIssuer")
SUBSCRIBE = requests.subscribe(PAIR, with_all=True, with_server=False)


def ask(word: str) -> WireRequest[Json]:
    """A request whose answer is told as it came."""
    return WireRequest("echo", {"word": word}, lambda result: result)


def said(message: Message) -> list[Message]:
    """The word of a request, said again; an empty result where there is none."""
    result = {"word": message["word"]} if "word" in message else {}
    return [{"type": "response", "status": "success", "id": message["id"], "result": result}]


def silent(message: Message) -> list[Message]:
    return []


def closed(index: int) -> Message:
    return {
        "type": "ledgerClosed",
        "ledger_index": index,
        "ledger_hash": f"{index:064X}",
        "ledger_time": 800_000_000 + index,
        "fee_base": 10,
        "reserve_base": 1_000_000,
        "reserve_inc": 200_000,
        "txn_count": 0,
        "validated_ledgers": f"2-{index}",
    }


@asynccontextmanager
async def client_of(server: WireServer, **limits: Any) -> AsyncIterator[Client]:
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        async with open_client(EndpointUrl(URL), ClientSettings(**limits), dial=server.dial) as client:
            yield client
        nursery.cancel_scope.cancel()


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What is logged: event and kind."""
    told: list[str] = []
    sink = logger.add(lambda line: told.append(str(line).strip()), format="{message} {extra[kind]}", level="WARNING")
    try:
        with logger.contextualize(kind=""):
            yield told
    finally:
        logger.remove(sink)


# --- Requests ----------------------------------------------------------------------------------------------------


async def test_each_of_many_requests_at_once_gets_its_own_answer(autojump_clock: MockClock) -> None:
    """Answers that come late, twice and in another order among them. Numbers are never used again."""
    faults = {3: Fault.DELAY, 7: Fault.DUPLICATE, 11: Fault.REORDER, 12: Fault.REORDER}
    server = WireServer(said, faults)
    got: dict[str, Json] = {}

    async def one(client: Client, word: str) -> None:
        got[word] = await client.request(ask(word), deadline_s=60)

    async with client_of(server) as client:
        async with trio.open_nursery() as nursery:
            for number in range(40):
                nursery.start_soon(one, client, str(number))
        await trio.testing.wait_all_tasks_blocked()
        assert client.late_answers == 1, "the second of the two"
        numbers = [message["id"] for message in server.client.received]
    assert got == {str(number): {"word": str(number)} for number in range(40)}
    assert numbers == list(range(1, 41))


async def test_a_request_that_is_given_up_leaves_the_next_its_own_answer(autojump_clock: MockClock) -> None:
    """An answer that comes too late is counted and thrown away, and is never taken for that of a later question."""
    async with client_of(WireServer(said, {0: Fault.DELAY})) as client:
        error = await error_of(client.request(ask("late"), deadline_s=1))
        assert (type(error), error.what) == (UnreachableError, f"{URL}: no answer to echo for 1 s")
        assert await client.request(ask("next"), deadline_s=1) == {"word": "next"}
        await trio.sleep(DELAY_S)
        assert client.late_answers == 1
        assert await client.request(ask("third"), deadline_s=1) == {"word": "third"}


async def test_of_two_answers_to_one_request_the_first_counts(autojump_clock: MockClock) -> None:
    """Even if both are there before whoever asked gets to look."""
    server = WireServer(silent)
    answers = [{"type": "response", "id": 1, "result": {"word": word}} for word in ("first", "second")]
    async with client_of(server) as client, trio.open_nursery() as nursery:
        nursery.start_soon(server.client.send_together, answers)
        assert await client.request(ask("x"), deadline_s=5) == {"word": "first"}
        assert client.late_answers == 1


async def test_an_answer_that_was_dropped_is_missed_by_its_own_request_alone(autojump_clock: MockClock) -> None:
    """One lost answer costs one request its deadline, and the connection serves the others on."""
    async with client_of(WireServer(said, {0: Fault.DROP})) as client:
        assert isinstance(await error_of(client.request(ask("lost"), deadline_s=5)), UnreachableError)
        assert await client.request(ask("next"), deadline_s=5) == {"word": "next"}


async def test_a_cancelled_request_leaves_nothing_behind(autojump_clock: MockClock) -> None:
    """A caller may give up at any time: no memory is kept for it, and the next request works."""
    async with client_of(WireServer(said, {0: Fault.DELAY})) as client:
        with trio.move_on_after(1):
            await client.request(ask("late"), deadline_s=60)
        assert client._waiting == {}
        assert await client.request(ask("next"), deadline_s=1) == {"word": "next"}


async def test_a_servers_refusal_is_its_cause_or_an_answer_as_the_caller_wants(autojump_clock: MockClock) -> None:
    """A caller sees at once whether asking again can help, or takes the refusal as an answer where it is one."""

    def answer(message: Message) -> list[Message]:
        return [{"type": "response", "status": "error", "id": message["id"], "error": message["word"]}]

    async with client_of(WireServer(answer)) as client:
        refused = await error_of(client.request(ask("invalidParams"), deadline_s=1))
        assert (type(refused), refused.retry) == (RequestRefusedError, False)
        assert isinstance(await error_of(client.request(ask("slowDown"), deadline_s=1)), OverloadedError)
        told = await client.ask(ask("txnNotFound"), deadline_s=1)
        assert told == ErrorFrame(request_id=3, error="txnNotFound")


@pytest.mark.parametrize("result", [{"drops": {}}, "none", 5, None])
async def test_an_answer_that_is_none_is_malformed_at_once(autojump_clock: MockClock, result: Any) -> None:
    """Whoever asked does not wait for its deadline, and the connection goes on."""
    server = WireServer(lambda message: [{"type": "response", "id": message["id"], "result": result}])
    async with client_of(server) as client:
        asked_s = trio.current_time()
        error = await error_of(client.request(requests.fee(), deadline_s=60))
        assert type(error) is MalformedError
        assert error.what.startswith(f"{URL}: answered fee with what is no answer (")
        assert trio.current_time() - asked_s < 1
        assert client.failure is None


async def test_no_more_requests_wait_than_may(autojump_clock: MockClock) -> None:
    """A server that has gone silent can not make us pile up questions without end."""
    async with client_of(WireServer(silent), requests_waiting_max=3) as client, trio.open_nursery() as nursery:
        for word in "abc":
            nursery.start_soon(error_of, client.request(ask(word), deadline_s=30))
        await trio.testing.wait_all_tasks_blocked()
        error = await error_of(client.request(ask("d"), deadline_s=30))
    assert error.what == f"{URL}: 3 requests wait for their answers already"


async def test_requests_are_counted_by_the_minute_and_submissions_apart(autojump_clock: MockClock) -> None:
    """Two connections with one budget: one request over the first, two over the second, a submission over each."""
    budget = RequestBudget()
    server = WireServer(said)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        for times in (1, 2):
            async with open_client(EndpointUrl(URL), budget=budget, dial=server.dial) as client:
                for _ in range(times):
                    await client.request(ask("x"), deadline_s=1)
                await error_of(client.request(requests.submit("12", fail_hard=False), deadline_s=1))
                await trio.sleep(20)
        assert client.requests_last_minute == 3
        assert budget.submits_last_minute(trio.current_time()) == 2
        await trio.sleep(30)
        assert client.requests_last_minute == 2
        assert budget.submits_last_minute(trio.current_time()) == 1
        nursery.cancel_scope.cancel()


# --- Streams -----------------------------------------------------------------------------------------------------


async def test_frames_of_the_streams_come_in_order_beside_answers(autojump_clock: MockClock) -> None:
    """Questions and the stream share one connection, and the order of ledgers does not suffer from it."""
    server = WireServer(said)
    async with client_of(server) as client:
        await client.request(ask("x"), deadline_s=1)
        for index in range(5, 25):
            await server.client.send(closed(index))
        frames = [await client.next_frame() for _ in range(20)]
    assert [frame.ledger_index for frame in frames if isinstance(frame, LedgerClosedFrame)] == list(range(5, 25))


async def test_frames_that_wait_are_taken_without_a_trip_through_the_scheduler(autojump_clock: MockClock) -> None:
    """A ledger's frames come together, and quotes wait for the last of them: none of them lets others go first."""
    server = WireServer(said)
    async with client_of(server) as client:
        for index in range(5, 8):
            await server.client.send(closed(index))
        await trio.testing.wait_all_tasks_blocked()
        with trio.testing.assert_no_checkpoints():
            frames = [await client.next_frame() for _ in range(3)]
    assert [frame.ledger_index for frame in frames if isinstance(frame, LedgerClosedFrame)] == [5, 6, 7]


async def test_a_reader_that_is_too_slow_ends_the_connection_and_loses_nothing_of_what_waits(
    autojump_clock: MockClock,
) -> None:
    """Memory is bounded without leaving out a ledger unseen: what waited is read, and then comes the error."""
    server = WireServer(said)
    async with client_of(server, frames_waiting_max=3) as client:
        for index in range(5, 15):
            await server.client.send(closed(index))
        await trio.testing.wait_all_tasks_blocked()
        taken = [await client.next_frame() for _ in range(3)]
        error = await error_of(client.next_frame())
        assert [frame.ledger_index for frame in taken if isinstance(frame, LedgerClosedFrame)] == [5, 6, 7]
        assert (type(error), error.what) == (UnreachableError, f"{URL}: 3 frames of its streams wait to be read")
        assert type(await error_of(client.request(ask("x"), deadline_s=1))) is UnreachableError


async def test_what_comes_after_a_connection_was_given_up_is_for_nobody(autojump_clock: MockClock) -> None:
    """Whoever finds the server unfit ends it, and the server, which does not know, tells of its next ledger."""
    server = WireServer(said)
    async with client_of(server) as client:
        await server.client.send(closed(5))
        await trio.testing.wait_all_tasks_blocked()
        client.end(UnfitServerError(f"{URL}: it is amendment-blocked", "Use another"))
        await server.client.send(closed(6))
        await trio.testing.wait_all_tasks_blocked()
        told = await client.next_frame()
        assert isinstance(told, LedgerClosedFrame)
        assert told.ledger_index == 5
        assert type(await error_of(client.next_frame())) is UnfitServerError


async def test_once_subscribed_ledgers_have_to_keep_coming(autojump_clock: MockClock) -> None:
    """A ledger that is told again is none; and before a subscription none is expected."""
    server = WireServer(said)
    async with client_of(server, ledger_timeout_s=20.0) as client:
        await trio.sleep(100)
        assert client.failure is None
        await client.request(SUBSCRIBE, deadline_s=1)
        for index in (5, 6, 7):
            await trio.sleep(15)
            await server.client.send(closed(index))
        begun_s = trio.current_time()
        await trio.sleep(15)
        await server.client.send(closed(7))
        for _ in range(4):
            await client.next_frame()
        error = await error_of(client.next_frame())
        assert (type(error), error.what) == (UnreachableError, f"{URL}: no ledger for 20 s")
        assert trio.current_time() - begun_s == pytest.approx(20, abs=0.1)


# --- What goes wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.BROKEN_FRAME, MalformedError),
        (Fault.BAD_UTF8, MalformedError),
        (Fault.OVERSIZE, MalformedError),
        (Fault.CUT_OFF, OverloadedError),
        (Fault.CLOSE, UnreachableError),
        (Fault.HANG_UP, UnreachableError),
        (Fault.HALF_OPEN, UnreachableError),
    ],
)
async def test_however_it_ends_all_who_wait_hear_the_same(
    autojump_clock: MockClock, fault: Fault, cause: type[VenueError]
) -> None:
    """Two requests, the reader of the streams, and whoever comes later."""
    errors: list[VenueError] = []
    begun_s = trio.current_time()

    async def one(step: Callable[[], Awaitable[object]]) -> None:
        errors.append(await error_of(step()))

    async with client_of(WireServer(said, {0: fault, 1: Fault.DROP}), socket=SocketSettings(message_bytes_max=2**20)) as client:  # fmt: skip  # noqa: E501
        async with trio.open_nursery() as nursery:
            for word in "ab":
                nursery.start_soon(one, lambda word=word: client.request(ask(word), deadline_s=100))
            nursery.start_soon(one, client.next_frame)
        await one(lambda: client.request(ask("c"), deadline_s=100))
        assert {(type(error), error.what) for error in errors} == {(cause, errors[0].what)}
        assert len(errors) == 4
        assert trio.current_time() - begun_s < 25, "nobody waited for a deadline of its own"
        assert errors[0].what.startswith(f"{URL}: ")
        assert client.failure is not None


async def test_one_bad_frame_ends_nothing_and_is_told_once(autojump_clock: MockClock, warnings: list[str]) -> None:
    """A server's oddities neither stop the desk nor fill its log: each kind is one line, with its count kept."""
    server = WireServer(said)
    async with client_of(server) as client:
        await client.request(ask("x"), deadline_s=1)
        for _ in range(3):
            await server.client.send("{not json")
            await server.client.send({"type": "ledgerClosed"})
            await server.client.send({"type": "news"})
            await server.client.send({**closed(5), "fee_unit": 1})
            await server.client.send({"type": "response", "result": {}})
            await server.client.send({"type": "error", "error": "jsonInvalid"})
        assert await client.request(ask("y"), deadline_s=1) == {"word": "y"}
        assert sorted(client.oddities.counts.values()) == [3, 3, 3, 3, 3, 3]
    assert len(warnings) == 6
    assert all(line.startswith("endpoint_frame_odd ") for line in warnings)
    assert "endpoint_frame_odd field fee_unit of LedgerClosedFrame" in warnings


async def test_the_servers_word_that_we_ask_too_much_is_counted_and_told_once(
    autojump_clock: MockClock, warnings: list[str]
) -> None:
    """The operator sees once that we ask too much, and the count tells how often."""
    server = WireServer(lambda message: [{**said(message)[0], "warning": "load"}])
    async with client_of(server) as client:
        for word in "abc":
            await client.request(ask(word), deadline_s=1)
        assert client.load_warnings == 3
    assert warnings == ["endpoint_load_warning"]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from(["response", "error", "transaction", "serverStatus", "news", 5, None])


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.dictionaries(st.text(max_size=8) | st.just("id"), ANY_JSON, max_size=5), KINDS), max_size=20)
)
def test_no_message_of_a_server_breaks_the_client(noise: list[tuple[dict[str, Any], Any]]) -> None:
    """Whatever comes before and between, the next request gets its answer."""

    async def play() -> None:
        server = WireServer(said)
        async with client_of(server) as client:
            for message, kind in noise:
                await server.client.send({**message, "type": kind})
                await server.client.send(json.dumps(list(message)))
            assert await client.request(ask("x"), deadline_s=5) == {"word": "x"}

    trio.run(play, clock=MockClock(autojump_threshold=0))


# --- Coming and going --------------------------------------------------------------------------------------------


async def test_who_can_not_be_reached_is_told_as_the_client_is_opened(autojump_clock: MockClock) -> None:
    """A server that is down is told before the block begins, with the cause."""
    with pytest.raises(UnreachableError, match="no route to it"):
        async with open_client(EndpointUrl(URL), dial=dial_nothing):
            raise AssertionError("it is open")


async def test_what_its_block_raises_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    """An error of the caller's own is not dressed up as one of the connection."""
    server = WireServer(said)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        with pytest.raises(KeyError, match="mine"):
            async with open_client(EndpointUrl(URL), dial=server.dial):
                raise KeyError("mine")
        nursery.cancel_scope.cancel()


async def test_leaving_takes_leave_and_whoever_still_waits_hears_of_it(autojump_clock: MockClock) -> None:
    """The server sees an orderly close, and no task waits on for an answer that can not come any more."""
    server = WireServer(silent)
    errors: list[VenueError] = []

    async def one(client: Client) -> None:
        errors.append(await error_of(client.request(ask("x"), deadline_s=100)))

    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        async with trio.open_nursery() as waiting, open_client(EndpointUrl(URL), dial=server.dial) as client:
            waiting.start_soon(one, client)
            await trio.testing.wait_all_tasks_blocked()
        assert server.client.close_code == 1000
        nursery.cancel_scope.cancel()
    assert [error.what for error in errors] == [f"{URL}: the connection is closed"]


async def test_it_may_be_cancelled_at_any_await_and_leaves_nothing_open(autojump_clock: MockClock) -> None:
    """A whole life (open, ask, hear, leave), cancelled at the first wait, the second, and so on, until one is whole."""
    for waits in range(2_000):
        server = WireServer(said)
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as inner:
                    inner.start_soon(_cancel_after, waits, scope)
                    async with open_client(EndpointUrl(URL), dial=server.dial) as client:
                        await client.request(SUBSCRIBE, deadline_s=5)
                        await server.client.send(closed(5))
                        await client.next_frame()
                    inner.cancel_scope.cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert all(connection.ended.is_set() for connection in server.connections)
            nursery.cancel_scope.cancel()
        if not scope.cancelled_caught:
            assert waits > 10
            return
    raise AssertionError("no life came to its end")


async def _cancel_after(waits: int, scope: trio.CancelScope) -> None:
    for _ in range(waits):
        await trio.lowlevel.checkpoint()
    scope.cancel()


async def test_it_works_over_a_real_socket(nursery: trio.Nursery) -> None:
    """Requests, the stream and the orderly close hold over TCP as they do in memory."""
    server = WireServer(echo)
    listeners = await nursery.start(trio.serve_tcp, server.serve, 0)
    url = EndpointUrl(f"ws://127.0.0.1:{listeners[0].socket.getsockname()[1]}")
    frames: list[StreamFrame] = []
    async with open_client(url) as client:
        assert await client.request(ask("x"), deadline_s=5) == {}
        await server.client.send(closed(5))
        frames.append(await client.next_frame())
    await server.client.ended.wait()
    assert isinstance(frames[0], LedgerClosedFrame)
    assert server.client.close_code == 1000
