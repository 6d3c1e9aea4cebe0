"""What nobody but the session's own user may do, and what a stranger's worst can't do to it.

Method: the channel alone, with an operator that only counts, and clients that send what they like.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import trio
from support.sessions import config_with

import actors.control
from actors.control import HANDSHAKES_MAX, ControlChannel, endpoint_file
from actors.operator import Operator, SessionFacts
from actors.wiring import BOUNDS, Channels
from neo.control import LINE_BYTES_MAX, Done, Endpoint, GetStatus, Kill, OpenTap, Reply, Request
from neo.halt import Halt, HaltRecord
from neo.risk import risk_limits

GENEROUS_S = 20.0


class House:
    """A channel that is open, and what its operator was told."""

    def __init__(self, database: Path) -> None:
        self.halts = HaltRecord()
        self.channels = Channels(BOUNDS)
        operator = Operator(
            SessionFacts("s1", "sim", 7, 60, risk_limits(config_with())), self.channels, self.halts, self._raise
        )
        self.operator = operator
        self.channel = ControlChannel(database, "s1", operator)
        self.raised: list[Halt] = []
        self.channel.start()
        self.endpoint = msgspec.json.decode(endpoint_file(database).read_bytes(), type=Endpoint)

    def _raise(self, halt: Halt) -> bool:
        self.raised.append(halt)
        return self.halts.raise_halt(halt)

    async def connect(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.endpoint.port)

    async def answer(self, line: bytes) -> bytes:
        """All that the channel says to a line."""
        with trio.fail_after(GENEROUS_S):
            async with await self.connect() as stream:
                await stream.send_all(line)
                return b"".join([chunk async for chunk in stream])

    def request(self, command: object, token: str | None = None) -> bytes:
        raw = msgspec.Raw(msgspec.json.encode(command))
        return msgspec.json.encode(Request(self.endpoint.token if token is None else token, raw)) + b"\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = House(tmp_path / "neo.sqlite3")
    yield opened
    opened.channel.stop()
    opened.operator.close()


async def test_who_has_the_token_is_heard(house: House) -> None:
    answer = msgspec.json.decode(await house.answer(house.request(Kill("mine"))), type=Reply)
    assert answer == Done("s1", "ending: kill_switch")
    assert [halt.detail for halt in house.raised] == ["neo kill: mine"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of this machine")
async def test_nobody_beyond_loopbacks_own_address_can_even_knock(house: House) -> None:
    """At another of the machine's addresses, as a neighbour in the network would use one, nobody listens."""
    with trio.fail_after(GENEROUS_S), pytest.raises(OSError, match="all attempts to connect"):
        await trio.open_tcp_stream("127.0.0.2", house.endpoint.port)


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\udcff\u00e9"])
async def test_a_wrong_token_is_refused(house: House, token: str) -> None:
    raw = b'{"token":' + msgspec.json.encode(token.encode(errors="replace").decode()) + b',"command":{"type":"Kill"}}\n'
    assert b"wrong token" in await house.answer(raw)
    assert house.raised == []


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xff\xfe\x00\n",
        b"[" * 4000 + b"\n",
        b'{"token":5,"command":{}}\n',
        b'{"token":null}\n',
    ],
    ids=["nothing", "http", "bytes", "nesting", "wrong_types", "missing"],
)
async def test_what_is_no_request_is_refused_and_not_repeated(house: House, line: bytes) -> None:
    answer = await house.answer(line)
    assert answer == b'{"type":"Refused","why":"not a request"}\n'
    assert house.raised == []


async def test_a_command_of_another_version_is_refused(house: House) -> None:
    assert b"not a command that this version knows" in await house.answer(house.request({"type": "Explode"}))
    assert b"not a command that this version knows" in await house.answer(house.request({"type": "Kill", "reason": 5}))


async def send_without_end(stream: trio.SocketStream) -> None:
    while True:
        await stream.send_all(b"x" * LINE_BYTES_MAX)


async def test_a_line_without_an_end_is_cut_off(house: House) -> None:
    """Memory is bounded: past the longest line the channel reads no more."""
    with trio.fail_after(GENEROUS_S):
        async with await house.connect() as stream:
            with pytest.raises(trio.BrokenResourceError):
                await send_without_end(stream)
    assert isinstance(msgspec.json.decode(await house.answer(house.request(Kill(""))), type=Reply), Done)


async def test_who_says_nothing_is_sent_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake has its deadline on the machine's clock, whatever the session's does."""
    monkeypatch.setattr(actors.control, "HANDSHAKE_S", 0.01)
    assert b"no request in time" in await house.answer(b"")


async def test_strangers_who_wait_do_not_keep_the_owner_out(house: House) -> None:
    """More silent connections than are let in at once: the oldest of them go, and the owner is heard."""
    async with trio.open_nursery() as nursery:
        strangers = [await house.connect() for _ in range(2 * HANDSHAKES_MAX)]
        answer = await house.answer(house.request(Kill("still here")))
        assert b"ending" in answer
        nursery.cancel_scope.cancel()
    for stranger in strangers:
        await stranger.aclose()


async def test_a_client_that_leaves_at_once_harms_nothing(house: House) -> None:
    for _ in range(5):
        await (await house.connect()).aclose()
    assert b"ending" in await house.answer(house.request(Kill("")))


async def test_no_answer_ever_holds_the_token(house: House) -> None:
    """Neither to the owner nor to a stranger who guesses it almost."""
    token = house.endpoint.token
    for line in (house.request(GetStatus()), house.request(GetStatus(), token[:-1]), token.encode() + b"\n"):
        assert token.encode() not in await house.answer(line)


async def test_more_taps_than_are_let_in_are_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.control, "STREAMS_MAX", 1)
    with trio.fail_after(GENEROUS_S):
        async with await house.connect() as first:
            await first.send_all(house.request(OpenTap(())))
            assert b"TapOpened" in await first.receive_some()
            assert b"1 taps are open already" in await house.answer(house.request(OpenTap(())))


async def test_an_operator_that_breaks_is_told_as_no_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in answering ends neither the session nor the channel."""
    monkeypatch.setattr(Operator, "status", lambda _: 1 / 0)
    assert b"the session does not answer" in await house.answer(house.request(GetStatus()))
    assert b"ending" in await house.answer(house.request(Kill("")))
