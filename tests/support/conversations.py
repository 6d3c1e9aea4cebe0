"""Conversations recorded between a client and a real ledger server, line by line as they went over the socket.

``maker-session`` has everything that can happen to a maker's offers, and a server that stops and starts again;
``public-client`` a client without admin rights that asks too much and is cut off; ``busy-server`` a queue that fills;
``older-server`` a maker's session under version 1 of the API.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from neo.wire.requests import WireRequest

FOLDER = Path(__file__).parent.parent / "data" / "live"
NAMES = ("maker-session", "public-client", "busy-server", "older-server")


class Line(NamedTuple):
    """What happened: ``out`` to the server, ``in`` from it, ``note``, or ``close`` with its code and reason."""

    direction: str
    frame: Any

    @property
    def text(self) -> str:
        """The frame as it went over the socket."""
        return self.frame if isinstance(self.frame, str) else json.dumps(self.frame)


class Exchange(NamedTuple):
    """A request and its answer, as they were sent."""

    request: dict[str, Any]
    answer: dict[str, Any]


@functools.cache
def lines(name: str) -> tuple[Line, ...]:
    """A whole conversation."""
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        read = [json.loads(line) for line in file]
    return tuple(Line(each["dir"], each["frame"]) for each in read)


def frames(name: str) -> list[str]:
    """All that came from the server, as text."""
    return [line.text for line in lines(name) if line.direction == "in"]


def exchanges(name: str, command: str) -> Iterator[Exchange]:
    """Every request of one command with its answer."""
    asked: dict[int, dict[str, Any]] = {}
    for line in lines(name):
        if not isinstance(line.frame, dict):
            continue
        if line.direction == "out" and line.frame.get("command") == command:
            asked[line.frame["id"]] = line.frame
        elif line.direction == "in" and line.frame.get("type") == "response" and line.frame.get("id") in list(asked):
            yield Exchange(asked[line.frame["id"]], line.frame)


def answer_to(name: str, request: WireRequest[Any], *, nth: int = 0) -> Any:
    """What the real server answered to this very request, read by the request's reader.

    The recorded client may have named a limit or a flag in another order, but asked for nothing else.
    """
    asked = request.to_json(0)
    del asked["id"]
    found = [
        each.answer["result"]
        for each in exchanges(name, request.command)
        if {key: value for key, value in each.request.items() if key != "id"} == asked and "result" in each.answer
    ]
    return request.read(found[nth])


def parties(name: str) -> dict[str, Any]:
    """Who is who: issuer, currency, our account and the pool's."""
    return next(line.frame for line in lines(name) if line.direction == "note" and isinstance(line.frame, dict))
