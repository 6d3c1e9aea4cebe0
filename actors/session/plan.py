"""What a session is started with, and why it may not start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from actors.operator.hand import SessionFacts
from actors.operator.killfile import has_kill_file, kill_file
from actors.store import SessionOpening
from actors.venues.host import VenuePlan
from neo.config import Config, config_json, config_sha256
from neo.config.key_wiring import risk_limits
from neo.messages import LedgerClosed, SessionStarted


class SessionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is started with.

    Args:
        config: The profile's effective values.
        venue: What its venue needs besides.
        duration_s: Session time to run.
        database: The file; its folder exists.
        is_kept: Whether the database is that file, which others read and beside which they speak to the session. Else
            it is gone with the session, whose summary is all that stays.
        profile: As the operator knows it.
        config_changes: The keys that differ from the shipped profile: its value and this one's.
    """

    config: Config
    venue: VenuePlan
    duration_s: int
    database: Path
    is_kept: bool = True
    profile: str = ""
    config_changes: Mapping[str, tuple[str | None, str | None]] = {}


def lasting_s(venue: VenuePlan, duration_s: int) -> int:
    """How long a session is to run that is asked to run so long: not longer than its venue has a market.

    Args:
        venue: Its venue's part of the plan.
        duration_s: What was asked for, in session seconds.
    """
    lasts_s = venue.facts.lasts_s
    return duration_s if lasts_s is None else min(duration_s, lasts_s)


class StartupError(Exception):
    """The session could not start: what is wrong, and the mend. Nothing was traded."""


def new_session_id() -> str:
    """Sorts by start, reads as a date, and is unique: UTC time and four random characters."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def now_text() -> str:
    """The moment as a session's row has it: UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def session_started(plan: SessionPlan, first: LedgerClosed, account: str) -> SessionStarted:
    """The first record of a session of this plan, which begins with this ledger."""
    facts = plan.venue.facts
    return SessionStarted(
        venue=facts.venue,
        seed=facts.seed,
        config_sha256=config_sha256(plan.config),
        market_sha256=facts.market_sha256,
        account=account,
        opening=first.balances,
        ledger_index=first.ledger_index,
        close_time_s=first.close_time_s,
    )


def opening_row(plan: SessionPlan, session_id: str, started_at: str) -> SessionOpening:
    """The row that a session of this plan begins with in this process."""
    facts = plan.venue.facts
    return SessionOpening(
        id=session_id,
        started_at=started_at,
        pid=os.getpid(),
        venue=facts.venue,
        seed=facts.seed,
        market=facts.market,
        config=config_json(plan.config),
        config_sha256=config_sha256(plan.config),
        profile=plan.profile,
        config_changes=msgspec.json.encode(plan.config_changes).decode(),
    )


def session_facts(plan: SessionPlan, session_id: str) -> SessionFacts:
    """What an operator is told of a session of this plan that does not change."""
    facts = plan.venue.facts
    return SessionFacts(
        session_id=session_id,
        venue=facts.venue,
        seed=facts.seed,
        has_funding=facts.has_funding,
        duration_s=plan.duration_s,
        limits=risk_limits(plan.config),
    )


def refuse_kill_file(database: Path) -> None:
    """A kill file from before is still an operator's word: only an operator takes it away.

    Raises:
        StartupError: There is one.
    """
    if has_kill_file(database):
        raise StartupError(f"{kill_file(database)}: a kill file lies there from before. Remove it to trade again.")
