"""Whole sessions for tests: the shipped profile, a short duration, a database of the test's own.

The shipped profile quotes where a study found it best, which is too far out for much to be filled in minutes; so these
quote nearer, and a session of a few minutes has fills to test with.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from actors.plumbing.wiring import BOUNDS, ChannelBounds
from actors.session.session import SessionPlan, start_session
from actors.telemetry import Screen
from actors.venues.host import VenueOptions
from actors.venues.table import venue_plan
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.market.recording import Recording
from neo.messages import Message, Record
from tools.settings.markets import session_market
from tools.settings.profiles import find_profile, read_profile

SIX_MINUTES_S = 360
_NEAR_BPS = 5


class Watcher:
    """A screen that keeps what it is shown, and calls back on each message."""

    def __init__(self, on_message: Callable[[Message], None] = lambda _: None) -> None:
        self.seen: list[Message] = []
        self.closed = 0
        self._on_message = on_message

    def show(self, message: Message) -> None:
        self.seen.append(message)
        self._on_message(message)

    def close(self) -> None:
        self.closed += 1


class Blind:
    """A screen that keeps nothing: for measurements."""

    def show(self, message: Message) -> None:
        pass

    def close(self) -> None:
        pass


@functools.cache
def _shipped() -> tuple[Config, Recording]:
    profile = find_profile("paper")
    config = read_profile(profile)
    recording = session_market(config, profile)
    assert recording is not None, "the shipped profile's market is laid over prices"
    return config, recording


@functools.cache
def _near() -> Config:
    config, _ = _shipped()
    near = {"bid_offset_bps": Decimal(_NEAR_BPS), "ask_offset_bps": Decimal(_NEAR_BPS)}
    return msgspec.structs.replace(config, strategy=msgspec.structs.replace(config.strategy, **near))


def config_with(**sections: dict[str, Any]) -> Config:
    """The profile of these sessions with these keys changed, by section."""
    config = _near()
    changed = {name: msgspec.structs.replace(getattr(config, name), **keys) for name, keys in sections.items()}
    return msgspec.structs.replace(config, **changed)


def plan_for(
    database: Path,
    *,
    seed: int = 7,
    duration_s: int = SIX_MINUTES_S,
    speed: float = math.inf,
    config: Config | None = None,
    recording: Recording | None = None,
) -> SessionPlan:
    """A session of the shipped profile on its recorded prices, quoted nearer unless a config is given."""
    config = config or _near()
    market = shipped_recording()
    options = VenueOptions(recording=recording or market, seed=seed, speed=speed)
    return SessionPlan(config=config, venue=venue_plan(config, options), duration_s=duration_s, database=database)


def shipped_config() -> Config:
    """The shipped profile as it is."""
    return _shipped()[0]


def shipped_recording() -> Recording:
    """The prices that the shipped profile's market is laid over."""
    return _shipped()[1]


def run(plan: SessionPlan, watcher: Screen | None = None, bounds: ChannelBounds = BOUNDS) -> SessionSummary:
    """Run a session to its end."""
    return start_session(plan, watcher or Watcher(), bounds=bounds)


def journal_of(database: Path, session_id: str) -> list[Record]:
    """A session's records, read back by a program that only reads."""
    import sqlite3  # noqa: PLC0415 - for this reader alone

    from actors.store.journal import read_journal  # noqa: PLC0415 - for this reader alone

    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return [record for _, record in read_journal(connection, session_id)]
    finally:
        connection.close()
