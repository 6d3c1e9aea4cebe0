"""Whole sessions on recorded ledgers, for tests: the shipped replay."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import msgspec

from actors.recordings.ledger_recording import LedgerRecording, read_ledger_recording
from actors.session.plan import SessionPlan, lasting_s
from actors.venues.host import VenueOptions
from actors.venues.table import venue_plan
from neo.config import Config, replace_values
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_profile

SHIPPED = PROFILES_FOLDER / "market" / "xrp-rlusd-450-ledgers.jsonl.gz"


@functools.cache
def shipped_ledgers() -> LedgerRecording:
    """The recording that the shipped profile plays."""
    return read_ledger_recording(SHIPPED)


@functools.cache
def _shipped() -> Config:
    return read_profile(find_profile("replay"))


def replay_config(**values: Any) -> Config:
    """The shipped profile with ``section__key`` changed."""
    return replace_values(_shipped(), "test", {name.replace("__", "."): value for name, value in values.items()})


def replay_for(
    database: Path,
    *,
    seed: int = 7,
    duration_s: int = 120,
    speed: float = math.inf,
    config: Config | None = None,
    recording: LedgerRecording | None = None,
) -> SessionPlan:
    """A session of the shipped profile on its recording."""
    config = config or _shipped()
    session = msgspec.structs.replace(config.session, duration_seconds=duration_s)
    config = msgspec.structs.replace(config, session=session)
    options = VenueOptions(recording=recording or shipped_ledgers(), seed=seed, speed=speed, duration_s=duration_s)
    venue = venue_plan(config, options)
    return SessionPlan(config=config, venue=venue, duration_s=lasting_s(venue, duration_s), database=database)
