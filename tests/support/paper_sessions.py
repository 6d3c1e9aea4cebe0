"""Whole paper sessions on ledger servers of the tests' own, in memory and under the virtual clock."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from support.live_sessions import LiveWorld
from support.sessions import Watcher, config_with

from actors.plumbing.clock import VirtualClock
from actors.session.session import SessionPlan
from actors.venues.live.live_settings import StreamSettings
from actors.venues.paper.paper_host import PaperPlan
from neo.analysis.summary import SessionSummary
from neo.config import Config

OPENING_DROPS = 150_000_000
OPENING_RLUSD = Decimal(300)


def stream_of(live: LiveWorld, **changed: Any) -> StreamSettings:
    """The pair on a chain, without an account."""
    whole = msgspec.structs.asdict(live.settings())
    return StreamSettings(**{name: whole[name] for name in StreamSettings.__struct_fields__} | changed)


def paper_session(
    live: LiveWorld,
    database: Path,
    *,
    duration_s: int = 300,
    config: Config | None = None,
    delay_ledgers: int = 1,
    **changed: Any,
) -> SessionPlan:
    """A paper session on what its servers tell."""
    venue = PaperPlan(
        settings=stream_of(live, **changed),
        delay_ledgers=delay_ledgers,
        xrp_drops=OPENING_DROPS,
        rlusd=OPENING_RLUSD,
        dial=live.dial,
        clock=lambda: VirtualClock(math.inf),
    )
    return SessionPlan(config=config or config_with(), venue=venue, duration_s=duration_s, database=database)


def run_paper(
    live: LiveWorld,
    database: Path,
    watcher: Watcher | None = None,
    *,
    beside: Callable[[], Awaitable[None]] | None = None,
    **how: Any,
) -> SessionSummary:
    """Run one to its end."""
    return live.run(paper_session(live, database, **how), watcher, beside=beside)
