"""What nobody but the session's own user may do, and what a stranger's worst can't do to it.

Method: the channel alone, at both kinds of door, with an operator that only counts, and clients that send what they
like.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
import trio.lowlevel
from loguru import logger
from support.sessions import plan_for

import actors.operator.channel
from actors.operator import handshake
from actors.operator.channel import SILENT_AT_ONCE, STRANGERS_MAX, ControlChannel
from actors.operator.endpoint import Door, open_door, open_tcp_door, read_endpoint
from actors.operator.hand import Operator
from actors.operator.protocol import (
    EXCHANGE_S,
    LINE_BYTES_MAX,
    Capital,
    Done,
    GetChannels,
    GetStatus,
    Kill,
    OpenTap,
    OperatorRequest,
    Pause,
    Refused,
    Reply,
    Status,
    Unsure,
)
from actors.plumbing.tap import TAP_BOUND
from actors.plumbing.wiring import BOUNDS, Channels
from actors.session.plan import session_facts
from neo.messages import StopQuoting
from neo.messages.halts import Halt, HaltRecord

GENEROUS_S = 20.0

DOORS = [open_tcp_door] if sys.platform == "win32" else [open_door, open_tcp_door]


class House:
    """A channel that is open, and what its operator was told."""

    def __init__(self, database: Path, door: Callable[[Path], Door]) -> None:
        self.halts = HaltRecord()
        self.channels = Channels(BOUNDS)
        operator = Operator(session_facts(plan_for(database), "s1"), self.channels, self.halts, self._raise)
        self.operator = operator
        self.channel = ControlChannel(database, "s1", operator, door)
        self.raised: list[Halt] = []
        self.channel.start()
        self.endpoint = read_endpoint(database)
        self._asked = 0

    def _raise(self, halt: Halt) -> bool:
        self.raised.append(halt)
        return self.halts.raise_halt(halt)

    async def connect(self) -> trio.SocketStream:
        if sys.platform != "win32" and self.endpoint.path:
            return await trio.open_unix_socket(self.endpoint.path)
        return await trio.open_tcp_stream("127.0.0.1", self.endpoint.port)

    async def answer(self, line: bytes) -> bytes:
        """All that the channel says to a line."""
        with trio.fail_after(GENEROUS_S):
            async with await self.connect() as stream:
                await stream.send_all(line)
                return await rest_of(stream)

    async def asked(self, command: object, request_id: str = "", within_s: float = EXCHANGE_S) -> Any:
        """The answer to a command by who may give it."""
        self._asked += 1
        raw = msgspec.Raw(msgspec.json.encode(command))
        body = msgspec.json.encode(OperatorRequest(request_id or str(self._asked), within_s, raw))
        return await self.told(body)

    async def told(self, body: bytes) -> Any:
        """The answer to a request's bytes from who has the key."""
        with trio.fail_after(GENEROUS_S):
            stream, client, own = await self.welcomed()
            async with stream:
                await stream.send_all(handshake.sealed(self.endpoint.key, client, own, body) + b"\n")
                answer = await rest_of(stream)
        return msgspec.json.decode(answer, type=Reply) if answer else None

    async def tapped(self) -> trio.SocketStream:
        """A connection over which a tap of everything runs."""
        stream, client, own = await self.welcomed()
        body = msgspec.json.encode(OperatorRequest("t", 5.0, msgspec.Raw(msgspec.json.encode(OpenTap(())))))
        await stream.send_all(handshake.sealed(self.endpoint.key, client, own, body) + b"\n")
        assert b"TapOpened" in await stream.receive_some()
        return stream

    async def welcomed(self) -> tuple[trio.SocketStream, bytes, bytes]:
        """A connection on which both sides have proved themselves, and their numbers.

        Tried again, as the operator's program does: in a crowd one may be turned away that has not greeted yet.
        """
        while True:
            stream, client = await self.connect(), handshake.new_nonce()
            line = b""
            with contextlib.suppress(trio.BrokenResourceError):
                await stream.send_all(handshake.greeting(self.endpoint.key, client) + b"\n")
                async for chunk in stream:
                    line += chunk
                    if line.endswith(b"\n"):
                        break
            if line:
                own = handshake.welcomed(self.endpoint.key, client, line[:-1])
                assert own is not None
                return stream, client, own
            await stream.aclose()


async def rest_of(stream: trio.SocketStream) -> bytes:
    """What comes until the other side closes. It may do so with something of ours unread."""
    read = b""
    with contextlib.suppress(trio.BrokenResourceError):
        async for chunk in stream:
            read += chunk
    return read


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__)
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    opened = House(tmp_path / "neo.sqlite3", request.param)
    yield opened
    opened.channel.stop()
    opened.operator.close()


async def test_who_has_the_key_is_heard(house: House) -> None:
    """The key of the endpoint file is enough, and the reason that was given is in the halt."""
    assert await house.asked(Kill("mine")) == Done("s1", "ending: kill_switch")
    assert [halt.detail for halt in house.raised] == ["neo kill: mine"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of this machine")
async def test_nobody_beyond_loopbacks_own_address_can_even_knock(house: House) -> None:
    """At another of the machine's addresses, as a neighbour in the network would use one, nobody listens."""
    if house.endpoint.path:
        assert house.endpoint.port == 0
        return
    with trio.fail_after(GENEROUS_S), pytest.raises(OSError, match="all attempts to connect"):
        await trio.open_tcp_stream("127.0.0.2", house.endpoint.port)


NONCE = b"0" * 32


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff\xfe\x00\n",
        b'{"a":' + b"[" * 4000 + b"\n",
        b'{"token":"x","command":{"type":"Kill","reason":"old"}}\n',
        b"NEO1 \n",
        b"NEO1 " + NONCE + b" " + b"0" * 64 + b"\n",
        b"NEO1 " + NONCE.upper() + b"\xc0" + b" " + b"0" * 64 + b"\n",
        handshake.greeting("another session's key", NONCE) + b"\n",
        handshake.greeting("another session's key", NONCE) + b"\nNEO1\n" + b"x" * 4096,
    ],
    ids=["nothing", "http", "bytes", "nesting", "old", "word", "guess", "no_number", "other_key", "more"],
)
async def test_who_does_not_know_the_key_gets_no_word(house: House, line: bytes) -> None:
    """Noise, a web browser, an old protocol, a guess, another session's key: no answer, and nothing is done."""
    assert await house.answer(line) == b""
    assert house.raised == []


async def test_a_welcome_helps_nobody_who_can_not_answer_it(house: House) -> None:
    """A greeting that was overheard is welcomed, and then needs the key: nothing that was overheard fits."""
    first, client, own = await house.welcomed()
    body = msgspec.json.encode(OperatorRequest("1", 1.0, msgspec.Raw(b'{"type":"Kill","reason":""}')))
    overheard = handshake.sealed(house.endpoint.key, client, own, body)
    with trio.fail_after(GENEROUS_S):
        await first.aclose()
        for line in (overheard, b"0" * 64 + b" " + body, overheard[:-1], b"x"):
            stream, _, _ = await house.welcomed()
            await stream.send_all(line + b"\n")
            assert await rest_of(stream) == b""
            await stream.aclose()
    assert house.raised == []


async def test_a_request_byte_by_byte_is_heard(house: House) -> None:
    """However the network cuts a line into pieces, it means the same."""
    with trio.fail_after(GENEROUS_S):
        stream, client = await house.connect(), handshake.new_nonce()
        for byte in handshake.greeting(house.endpoint.key, client) + b"\n":
            await stream.send_all(bytes([byte]))
        own = handshake.welcomed(house.endpoint.key, client, (await stream.receive_some())[:-1])
        assert own is not None
        body = msgspec.json.encode(OperatorRequest("1", 5.0, msgspec.Raw(b'{"type":"Kill","reason":"slow"}')))
        for byte in handshake.sealed(house.endpoint.key, client, own, body) + b"\n":
            await stream.send_all(bytes([byte]))
        assert b"ending" in await rest_of(stream)
        await stream.aclose()


async def send_without_end(stream: trio.SocketStream) -> None:
    while True:
        await stream.send_all(b"x" * LINE_BYTES_MAX)


@pytest.mark.parametrize("proved", [False, True])
async def test_a_line_without_an_end_is_cut_off(house: House, *, proved: bool) -> None:
    """Memory is bounded: past the longest line the channel reads no more."""
    with trio.fail_after(GENEROUS_S):
        stream = (await house.welcomed())[0] if proved else await house.connect()
        async with stream:
            with pytest.raises(trio.BrokenResourceError):
                await send_without_end(stream)
    assert isinstance(await house.asked(Kill("")), Done)


@pytest.mark.parametrize("proved", [False, True])
async def test_who_says_nothing_is_sent_away(house: House, monkeypatch: pytest.MonkeyPatch, *, proved: bool) -> None:
    """An exchange has its deadline on the machine's clock, whatever the session's does; proof prolongs nothing."""
    monkeypatch.setattr(actors.operator.channel, "EXCHANGE_S", 0.2 if proved else 0.01)
    with trio.fail_after(GENEROUS_S):
        stream = (await house.welcomed())[0] if proved else await house.connect()
        async with stream:
            assert await rest_of(stream) == b""


async def test_strangers_who_wait_do_not_keep_the_owner_out(house: House) -> None:
    """More silent connections than are let in at once, in one go: the owner is heard."""
    async with trio.open_nursery() as nursery:
        strangers = [await house.connect() for _ in range(2 * STRANGERS_MAX + SILENT_AT_ONCE)]
        assert isinstance(await house.asked(Kill("still here")), Done)
        nursery.cancel_scope.cancel()
    for stranger in strangers:
        await stranger.aclose()


async def test_strangers_never_push_out_who_has_proved_itself(house: House) -> None:
    """Three times as many strangers as are let wait, and the operator who came first still ends the session."""
    with trio.fail_after(GENEROUS_S):
        stream, client, own = await house.welcomed()
        strangers = []
        for _ in range(3 * STRANGERS_MAX):
            strangers.append(await house.connect())
            # The beginning of a greeting: who says it is waited for.
            with contextlib.suppress(trio.BrokenResourceError):
                await strangers[-1].send_all(b"NEO1 ")
        body = msgspec.json.encode(OperatorRequest("1", 5.0, msgspec.Raw(b'{"type":"Kill","reason":"first"}')))
        await stream.send_all(handshake.sealed(house.endpoint.key, client, own, body) + b"\n")
        assert b"ending" in await rest_of(stream)
        for each in [stream, *strangers]:
            await each.aclose()


async def test_a_client_that_leaves_at_once_harms_nothing(house: House) -> None:
    """Five connections without a word, and the next one is served."""
    for _ in range(5):
        await (await house.connect()).aclose()
    assert isinstance(await house.asked(Kill("")), Done)


async def test_strangers_are_counted_in_the_log_and_never_quoted(house: House) -> None:
    """However many come: one line, with a number, and nothing of what they sent."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="DEBUG", format="{message} {extra}")
    for _ in range(20):
        await house.answer(b'{"a":' + b"[" * 100 + b"quote me\n")
        await house.answer(b"[" * 2000)
    house.channel.stop()
    logger.remove(sink)
    [line] = lines
    assert "control_connections_turned_away" in line
    assert "'count': 40" in line
    assert "quote me" not in line


async def test_no_answer_ever_holds_the_key(house: House) -> None:
    """Neither to the owner nor to a stranger who guesses it almost."""
    key = house.endpoint.key
    told = msgspec.json.encode(await house.asked(GetStatus()))
    almost = handshake.greeting(key[:-1], NONCE)
    answers = [told, await house.answer(key.encode() + b"\n"), await house.answer(almost + b"\n")]
    assert not [answer for answer in answers if key.encode() in answer]


# --- What only the owner can get wrong ---------------------------------------------------------------------------


NO_REQUESTS = (
    b"",
    b"{}",
    b"null",
    b"[" * 4000,
    b'{"a":' * 700,
    b'{"id":"","within_s":1,"command":{}}',
    b'{"id":"' + b"x" * 65 + b'","within_s":1,"command":{}}',
    b'{"id":"1","within_s":0,"command":{}}',
    b'{"id":"1","within_s":-1,"command":{}}',
    b'{"id":"1","within_s":1e999,"command":{}}',
    b'{"id":"1","within_s":NaN,"command":{}}',
    b'{"id":"1","within_s":11,"command":{}}',
    b'{"id":5,"within_s":1,"command":{}}',
    b'{"id":"\xff","within_s":1,"command":{}}',
    b'{"id":"1","within_s":1}',
)


async def test_what_is_no_request_is_refused_and_not_repeated(house: House) -> None:
    """The refusal has nothing of what was sent, so no stranger's text ends up in a log."""
    for body in NO_REQUESTS:
        assert await house.told(body) == Refused("not a request that this version knows"), body


NO_COMMANDS = (
    b"{}",
    b"[]",
    b'"Kill"',
    b'{"type":"Explode"}',
    b'{"type":["Kill"]}',
    b'{"type":"Kill"}',
    b'{"type":"Kill","reason":5}',
    b'{"type":"Pause","reason":null}',
    b'{"type":"Resume","reason":["x"]}',
    b'{"type":"Capital","xrp_drops":1.5,"rlusd":"0"}',
    b'{"type":"Capital","xrp_drops":"5","rlusd":"0"}',
    b'{"type":"Capital","xrp_drops":true,"rlusd":"0"}',
    b'{"type":"Capital","xrp_drops":' + b"9" * 3800 + b',"rlusd":"0"}',
    b'{"type":"Capital","xrp_drops":1e400,"rlusd":"0"}',
    b'{"type":"Capital","xrp_drops":1,"rlusd":"five"}',
    b'{"type":"Capital","xrp_drops":1,"rlusd":"1e99999999999999999999999"}',
    b'{"type":"GetChannels","interval_s":"1"}',
    b'{"type":"GetChannels","interval_s":NaN}',
    b'{"type":"OpenTap","types":"Fill"}',
    b'{"type":"OpenTap","types":[5]}',
    b'{"type":"OpenTap","types":' + b"[" * 3800 + b"}",
)


async def test_what_is_no_command_is_refused(house: House) -> None:
    """A field that is not of its kind, or beyond any number: refused, and nothing else happens."""
    for number, command in enumerate(NO_COMMANDS):
        reply = await house.told(f'{{"id":"{number}","within_s":5,"command":'.encode() + command + b"}")
        assert isinstance(reply, Refused), command
        assert reply.why.startswith(("not a ", "XRP: there are no more than")), command
    assert isinstance(await house.asked(GetStatus()), Status)


async def test_channels_are_told_at_a_sane_pace_or_not_at_all(house: House) -> None:
    """An interval that would flood the session, or that never ends, is refused with the range."""
    for interval_s in (0.0, -1.0, 1e-9, 3601.0, 1e308):
        assert await house.asked(GetChannels(interval_s)) == Refused("the channels are told every 0.2 to 3600 seconds")


async def test_a_tap_of_what_there_is_not_is_refused(house: House) -> None:
    """A tap on no message that there is would be one on all of them."""
    for types in (("Fil",), ("",), ("Fill", "message"), ("Fill",) * 400):
        reply = await house.asked(OpenTap(types))
        assert reply == Refused("not every type that was asked for is one of a message")


AMOUNTS = [
    "Infinity",
    "-Infinity",
    "NaN",
    "sNaN",
    "1e999999",
    "-1e999999",
    "1e-999999",
    "1e15",
    "1e-16",
    "12345678901234567",
]


async def test_an_amount_that_can_not_be_is_refused_by_the_session(house: House) -> None:
    """Whatever a program sends: the bounds are the engine's, not the command line's."""
    for amount in AMOUNTS:
        for xrp_drops in (0, 5):
            reply = await house.asked(Capital(xrp_drops, Decimal(amount)))
            assert isinstance(reply, Refused), amount
            assert "RLUSD" in reply.why or "one amount" in reply.why, amount


async def test_neither_both_or_more_than_there_is_is_refused(house: House) -> None:
    """A move of capital is one amount, and no more than XRP or RLUSD there can be."""
    too_many = [(10**17 + 1, "0"), (-(2**63), "0"), (2**63 - 1, "0"), (10**3000, "0")]
    cases = [(0, "0"), (0, "-0"), (0, "0E+999999"), (5, "5"), (-5, "-5"), *too_many]
    for number, (xrp_drops, rlusd) in enumerate(cases):
        body = f'{{"id":"{number}","within_s":5,"command":{{"type":"Capital","xrp_drops":{xrp_drops}'
        reply = await house.told(f'{body},"rlusd":"{rlusd}"}}}}'.encode())
        assert isinstance(reply, Refused), (xrp_drops, rlusd)
        assert "one amount" in reply.why or "no more than" in reply.why


async def test_no_field_of_any_command_breaks_the_channel(house: House) -> None:
    """A seeded play with every field of every command: each is answered, and afterwards the owner is."""
    chance = random.Random(20_260_101)
    values = ["0", "-1", "1e400", '"x"', '""', "null", "true", "[]", "{}", '["Fill"]', '"Infinity"', "9" * 400, "0.5"]
    fields = {"Pause": ["reason"], "Capital": ["xrp_drops", "rlusd"], "GetStatus": ["x"], "OpenTap": ["types"]}
    for _ in range(60):
        kind = chance.choice(list(fields))
        told = ",".join(f'"{field}":{chance.choice(values)}' for field in fields[kind])
        command = f'{{"type":"{kind}",{told}}}'
        if kind == "OpenTap" and ("[]" in told or "Fill" in told):
            continue  # a tap that is opened goes on
        assert await house.told(f'{{"id":"{chance.random()}","within_s":5,"command":{command}}}'.encode()) is not None
    assert isinstance(await house.asked(GetStatus()), Status)


async def test_more_taps_than_are_let_in_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than the bound is told so, and a tap that leaves makes room again."""
    monkeypatch.setattr(actors.operator.channel, "STREAMS_MAX", 1)
    with trio.fail_after(GENEROUS_S):
        async with await house.tapped():
            assert await house.asked(OpenTap(())) == Refused("1 taps are open already")
            assert house.channels.taps.count == 1
        with trio.fail_after(GENEROUS_S):
            while house.channels.taps.count:
                await trio.lowlevel.checkpoint()


async def test_a_tap_is_told_at_the_end_what_it_lost_last(house: House) -> None:
    """What came and what was lost add up to all that was sent, though nothing followed on the last ones lost."""
    with trio.fail_after(GENEROUS_S):
        async with await house.tapped() as stream:
            for _ in range(5 * TAP_BOUND):
                house.channels.taps.delivered("gateway", StopQuoting())
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.to_thread.run_sync, house.channel.stop)
                told = [msgspec.json.decode(line) for line in (await rest_of(stream)).splitlines()]
    lost = [one["count"] for one in told if one["type"] == "Lost"]
    assert sum(lost) > 0
    assert len(told) - len(lost) + sum(lost) == 5 * TAP_BOUND


# --- Done once, in time, or not ----------------------------------------------------------------------------------


async def test_what_is_no_number_is_asked_again_as_well(house: House) -> None:
    """It is not even equal to itself, or can't be compared at all; the answer is the same."""
    for name in ("NaN", "sNaN"):
        body = msgspec.json.encode(
            OperatorRequest(
                name, EXCHANGE_S, msgspec.Raw(b'{"type":"Capital","xrp_drops":0,"rlusd":"%s"}' % name.encode())
            )
        )
        first = await house.told(body)
        assert isinstance(first, Refused)
        assert await house.told(body) == first


async def test_what_is_asked_again_is_done_once(house: House) -> None:
    """The same id gets the first answer, whatever has happened since; another command can't use it."""
    first = await house.asked(Kill("once"), "k1")
    assert await house.asked(Kill("once"), "k1") == first == Done("s1", "ending: kill_switch")
    assert len(house.raised) == 1
    assert await house.asked(Kill("twice"), "k1") == Refused("another command had this request's id")
    assert await house.asked(Kill("once"), "k2") == Done("s1", "it was ending already; noted as another cause")


async def test_what_the_session_does_not_get_to_in_time_is_never_done(house: House) -> None:
    """Its loop hangs beyond the request's time: refused as not done, and not done when it comes round either.

    The test's own task is the session's loop: while it does not yield, nothing is done in it.
    """
    stream, client, own = await house.welcomed()
    body = msgspec.json.encode(OperatorRequest("1", 0.05, msgspec.Raw(b'{"type":"Kill","reason":"late"}')))
    async with stream:
        raw = socket.socket(fileno=stream.socket.fileno())
        # The channel, in its own thread, answers while nothing goes on here.
        raw.settimeout(GENEROUS_S)
        raw.sendall(handshake.sealed(house.endpoint.key, client, own, body) + b"\n")
        answer = raw.recv(LINE_BYTES_MAX)
        raw.detach()
    assert b"did not get to it in time, so it is not done" in answer
    await trio.testing.wait_all_tasks_blocked()
    assert house.raised == []


async def test_an_operator_that_breaks_is_told_as_unsure(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in answering ends neither the session nor the channel, and half a deed is not begun again."""
    begun: list[str] = []

    def breaks(_operator: Operator, who: str, reason: str) -> None:
        begun.append(reason)
        raise ZeroDivisionError

    monkeypatch.setattr(Operator, "pause", breaks)
    assert isinstance(await house.asked(Pause("x"), "p1"), Unsure)
    assert isinstance(await house.asked(Pause("x"), "p1"), Unsure)
    assert begun == ["x"]
    assert isinstance(await house.asked(Kill("")), Done)
