"""Recorded conversations with a real server, played through a real client: every frame is understood.

Method: the server is a tape. What the recorded client asked, our client asks, under its own numbers; what the recorded
server sent comes as it was, but for the number that an answer names. Where the recorded connection ended, ours does,
and the next one begins. Requests that were not even JSON can't be made by our client; what answered them is played too.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import trio
import trio.testing
from support import conversations
from support.conversations import Line
from support.ws_wire import URL, Message, WireServer
from trio.testing import MockClock

from actors.venues.live.client import Client, ClientSettings, StreamFrame, open_client
from actors.venues.live.socket import EndpointUrl
from actors.venues.venue_errors import OverloadedError, UnreachableError, VenueError
from neo.wire.fields import Json
from neo.wire.frames import AnswerFrame, ErrorFrame, LedgerClosedFrame, OtherFrame, parse_frame
from neo.wire.requests import WireRequest

THRESHOLD = 1008


def silent(message: Message) -> list[Message]:
    """The tape speaks, not this."""
    return []


def sections(name: str) -> list[list[Line]]:
    """The conversation's connections, one after the other, each to its close if it had one."""
    parts: list[list[Line]] = [[]]
    for line in conversations.lines(name):
        if line.direction != "note":
            parts[-1].append(line)
        if line.direction == "close":
            parts.append([])
    return [part for part in parts if part]


class Player:
    """One recorded connection, played."""

    def __init__(self, client: Client, server: WireServer, nursery: trio.Nursery) -> None:
        self.answers: dict[int, Json | ErrorFrame | VenueError] = {}
        self.streams: list[Any] = []
        self._client = client
        self._server = server
        self._nursery = nursery
        self._numbers: dict[int, int] = {}

    async def play(self, line: Line) -> None:
        if line.direction == "close":
            await self._server.client.close(line.frame["code"], line.frame["reason"])
            await trio.testing.wait_all_tasks_blocked()
        elif line.direction == "out" and isinstance(line.frame, dict):
            self._nursery.start_soon(self._ask, line.frame)
            await trio.testing.wait_all_tasks_blocked()
            self._numbers[line.frame["id"]] = self._server.client.received[-1]["id"]
        elif line.direction == "in":
            frame = line.frame
            if not isinstance(parse_frame(line.text), (AnswerFrame, ErrorFrame, OtherFrame)):
                self.streams.append(parse_frame(line.text))
            if isinstance(frame, dict) and isinstance(frame.get("id"), int) and frame["id"] in self._numbers:
                frame = {**frame, "id": self._numbers[frame["id"]]}
            await self._server.client.send(frame)
            await trio.testing.wait_all_tasks_blocked()

    async def _ask(self, asked: dict[str, Any]) -> None:
        fields = {name: value for name, value in asked.items() if name not in {"id", "command"}}
        try:
            self.answers[asked["id"]] = await self._client.ask(
                WireRequest(asked["command"], fields, lambda result: result), deadline_s=600
            )
        except VenueError as error:
            self.answers[asked["id"]] = error


async def taken(client: Client) -> list[StreamFrame]:
    """All that the streams brought, to the connection's end."""
    frames: list[StreamFrame] = []
    try:
        while True:
            frames.append(await client.next_frame())
    except VenueError:
        return frames


@pytest.mark.parametrize("name", conversations.NAMES)
async def test_every_answer_reaches_its_request_and_every_frame_its_stream(
    autojump_clock: MockClock, name: str
) -> None:
    """Answers as they were recorded, to the last field; the streams whole and in order; each end by its own cause."""
    server = WireServer(silent)
    limits = ClientSettings(ledger_timeout_s=3_600)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        for lines in sections(name):
            async with open_client(EndpointUrl(URL), limits, dial=server.dial) as client:
                player = Player(client, server, nursery)
                for line in lines:
                    await player.play(line)
                if lines[-1].direction != "close":
                    await server.client.hang_up()
                with trio.fail_after(600):
                    assert await taken(client) == player.streams
                check_answers(lines, player)
                check_oddities(lines, client)
                check_end(lines[-1], client)
        nursery.cancel_scope.cancel()


def check_answers(lines: list[Line], player: Player) -> None:
    recorded = {
        line.frame["id"]: line.frame
        for line in lines
        if line.direction == "in" and isinstance(line.frame, dict) and line.frame.get("type") == "response"
        and isinstance(line.frame.get("id"), int)
    }  # fmt: skip
    assert len(player.answers) == sum(line.direction == "out" and isinstance(line.frame, dict) for line in lines)
    for number, answer in player.answers.items():
        if number not in recorded:  # the connection ended first
            assert isinstance(answer, OverloadedError)
        elif recorded[number]["status"] == "success":
            assert answer == recorded[number]["result"]
        else:
            assert isinstance(answer, ErrorFrame)
            assert answer.error == recorded[number]["error"]


def check_oddities(lines: list[Line], client: Client) -> None:
    """Nothing is odd but the answers to what our client could not ask."""
    raw = sum(line.direction == "out" and not isinstance(line.frame, dict) for line in lines)
    assert all(kind.startswith("answer to ") for kind in client.oddities.counts)
    assert sum(client.oddities.counts.values()) == raw
    assert client.late_answers == 0


def check_end(last: Line, client: Client) -> None:
    cut_off = last.direction == "close" and last.frame["code"] == THRESHOLD
    assert type(client.failure) is (OverloadedError if cut_off else UnreachableError)


def test_the_recordings_have_what_they_are_played_for() -> None:
    """Connections: a stop and a new start; two cut off, one let in again. And a ledger with many transactions."""
    assert [len(sections(name)) for name in conversations.NAMES] == [2, 3, 1, 1]
    kinds = Counter(type(parse_frame(text)) for name in conversations.NAMES for text in conversations.frames(name))
    assert kinds[LedgerClosedFrame] == 100 + 1 + 7 + 11
