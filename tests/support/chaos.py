"""Sessions whose actors crash where a test says, and what of a session must not change because of that."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from support.sessions import Watcher, config_with, journal_of, plan_for

from actors.session.parts import SessionParts
from actors.session.session import start_session
from actors.venues.host import RunningVenue
from actors.venues.sim.venue import SimVenue
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.messages import CapitalMoved, FeePaid, Fill, OrderIntended, Record
from neo.sim.accounts import crowd_address
from tools.proofs.faults import CrashAt, CrashingChannels, InjectedFaultError

ACTORS = ("gateway", "strategy", "risk", "persistence", "telemetry")
MOMENTS = ("before", "after")

ACCOUNT = crowd_address("our account")


class Course(NamedTuple):
    """What a session came to: on the ledger itself, in the journal, and in its own summary."""

    summary: SessionSummary
    records: list[Record]
    xrp_drops: int
    rlusd: Decimal
    offers: int

    @property
    def fills(self) -> list[Fill]:
        """The fills in order."""
        return [record for record in self.records if isinstance(record, Fill)]

    @property
    def money(self) -> list[bytes]:
        """Everything that moved money, in order."""
        moved = [record for record in self.records if isinstance(record, (Fill, FeePaid, CapitalMoved))]
        return [msgspec.json.encode(record) for record in moved]

    @property
    def intents(self) -> list[bytes]:
        """Every order that was meant to be sent, in order."""
        return [msgspec.json.encode(record) for record in self.records if isinstance(record, OrderIntended)]


class CrashSometimes:
    """Crashes any actor now and then, by a seeded chance, at most ``crashes_max`` times a session.

    Never the same message twice in a row: that would be poison, which has its own test.
    """

    def __init__(self, seed: int, one_in: int, crashes_max: int) -> None:
        self._chance = random.Random(f"chaos:{seed}")
        self._one_in = one_in
        self._crashes_max = crashes_max
        self._crashed: dict[str, object] = {}
        self.told: list[str] = []

    def __call__(self, actor: str, moment: str, message: object) -> None:
        """Crash, perhaps."""
        if len(self.told) >= self._crashes_max or self._crashed.get(actor) is message:
            return
        if self._chance.randrange(self._one_in) == 0:
            self._crashed[actor] = message
            self.told.append(f"{actor} {moment} {type(message).__name__}")
            raise InjectedFaultError(self.told[-1])


def patient_config(backoff_s: str = "0.001", restarts_max: int = 100) -> Config:
    """The shipped profile with restarts enough for a session that crashes often, and no wait to speak of."""
    keys: dict[str, Any] = {}
    for actor in ACTORS:
        keys |= {f"{actor}_restarts_max": restarts_max, f"{actor}_backoff_seconds": Decimal(backoff_s)}
        keys |= {f"{actor}_window_seconds": 1}
    return config_with(supervision=keys)


def course(
    database: Path,
    trigger: Callable[[str, str, Any], None] | None = None,
    *,
    seed: int = 7,
    duration_s: int = 60,
    config: Config | None = None,
    wrap: Callable[[RunningVenue], RunningVenue] = lambda venue: venue,
) -> Course:
    """Run a session, with crashes if a trigger is given, and with its venue wrapped."""
    kept: list[SimVenue] = []

    def keep(venue: RunningVenue) -> RunningVenue:
        assert isinstance(venue, SimVenue)
        kept.append(venue)
        return wrap(venue)

    channels = functools.partial(CrashingChannels, trigger=trigger or (lambda *_: None))
    plan = plan_for(database, seed=seed, duration_s=duration_s, config=config)
    parts = SessionParts(channels=channels, venue=keep)
    summary = start_session(plan, Watcher(), parts=parts)
    ledger = kept[0].market.ledger
    return Course(
        summary=summary,
        records=journal_of(database, summary.session_id),
        xrp_drops=ledger.xrp_drops(ACCOUNT),
        rlusd=ledger.token_balance(ACCOUNT) or Decimal(0),
        offers=len(ledger.offers(ACCOUNT)),
    )


def messages_of(actor: str, moment: str, database: Path) -> int:
    """How many messages an actor gets in the short session."""
    count = CrashAt(actor, set(), moment)
    course(database, count)
    return count.seen
