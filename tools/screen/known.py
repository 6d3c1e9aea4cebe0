"""What the screen knows of a session: what it was started with, what the actors tell, and what the log warns of."""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal

import msgspec

from actors.session.plan import SessionPlan
from neo.analysis.moment import Moment, Present
from neo.chain.money import xrp
from neo.config.key_wiring import risk_limits, watch_limits
from neo.messages import HaltRaised, MarketView, Message, QuotingPaused, QuotingResumed, SpendingCarried
from neo.risk import RiskLimits
from neo.text.printable import printable

# Notes that are kept to be shown.
_NOTES_KEPT = 100


class Outset(msgspec.Struct, frozen=True, kw_only=True):
    """What a session was started with, as its screen tells it. ``speed`` is ``inf`` for as fast as possible."""

    venue: str
    profile: str
    market: str
    seed: int
    duration_s: int
    speed: float
    database: str
    ledger_interval_s: int
    limits: RiskLimits
    max_session_loss_rlusd: Decimal
    max_drawdown_rlusd: Decimal

    @property
    def first_ledger_after_s(self) -> float:
        """Real seconds from ledger to ledger at the session's speed."""
        return 0.0 if math.isinf(self.speed) else self.ledger_interval_s / self.speed


def outset_of(plan: SessionPlan) -> Outset:
    """What a plan says of the session to come."""
    venue, losses = plan.venue.facts, watch_limits(plan.config).loss
    return Outset(
        venue=venue.venue,
        profile=plan.profile,
        market=venue.market,
        seed=venue.seed,
        duration_s=plan.duration_s,
        speed=venue.speed,
        database=str(plan.database),
        ledger_interval_s=venue.ledger_interval_s,
        limits=risk_limits(plan.config),
        max_session_loss_rlusd=losses.max_session_loss_rlusd,
        max_drawdown_rlusd=losses.max_drawdown_rlusd,
    )


class KnownSession:
    """The session so far.

    Args:
        outset: What it was started with.
    """

    def __init__(self, outset: Outset) -> None:
        self.outset = outset
        self.present = Present()
        self.warnings = 0
        # The address of the session's page; "" if it has none.
        self.page = ""
        self.notes: deque[str] = deque(maxlen=_NOTES_KEPT)
        self.ledger_at_s: float | None = None

    def observe(self, message: Message, now_s: float) -> str | None:
        """Take a message in.

        Args:
            message: What an actor told.
            now_s: The screen's own clock, in real seconds.

        Returns:
            A line to tell the operator at once, if the message is worth one.
        """
        self.present.observe(message)
        if isinstance(message, MarketView):
            self.ledger_at_s = now_s
        note = _note(message, self.outset.limits)
        if note is not None:
            self.notes.appendleft(note)
        return note

    def warn(self, note: str) -> None:
        """Take in a warning that came another way (the log's)."""
        self.warnings += 1
        self.notes.appendleft(printable(note))

    @property
    def share(self) -> float:
        """How much of the duration is over, 0 to 1."""
        return min(1.0, self.present.elapsed_s / self.outset.duration_s)

    def moment(self) -> Moment:
        """The present moment."""
        return self.present.moment()

    def ledger_age_s(self, now_s: float) -> float | None:
        """Real seconds since the last ledger, or None before the first."""
        return None if self.ledger_at_s is None else max(0.0, now_s - self.ledger_at_s)


def _note(message: Message, limits: RiskLimits) -> str | None:
    match message:
        case SpendingCarried():
            most_drops = limits.max_fees_day_drops
            left_drops = max(0, most_drops - message.fees_drops)
            return (
                f"budgets: earlier sessions of the account spent {_xrp(message.fees_drops)} XRP on fees in 24 hours,"
                f" {_xrp(left_drops)} of {_xrp(most_drops)} XRP is left; {message.request_count} of the minute's"
                f" {limits.max_requests_minute} transactions are sent"
            )
        case QuotingPaused():
            return printable(f"paused: {message.cause}")
        case QuotingResumed():
            return printable(f"resumed: {message.cause}")
        case HaltRaised():
            what = f"{'ending' if message.first else 'also'}: {message.reason}"
            return printable(f"{what} ({message.detail})" if message.detail else what)
        case _:
            return None


def _xrp(drops: int) -> str:
    return f"{xrp(drops).normalize():f}"
