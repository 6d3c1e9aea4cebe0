"""The gateway's watch over the session's course: one fold over the journal that knows every cause to stop or to pull.

What it knows comes from records alone, so an incarnation of the gateway that reads the journal back watches on where
the last one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from neo.messages import (
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerObserved,
    LossRoom,
    OrdersAllowed,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    SessionStarted,
)
from neo.messages.halts import Halt
from neo.watch.absence import Quiet, QuietWatch
from neo.watch.health import unexplained
from neo.watch.loss_limits import LossLimits, LossWatch
from neo.watch.quoting import QuotingLimits, QuotingState


class WatchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of everything that is watched."""

    quoting: QuotingLimits
    loss: LossLimits
    quiet_warning_s: int


class SessionWatch:
    """Pause, quotes that stand alone or are missing, losses and books that don't agree, of one session."""

    def __init__(self, limits: WatchLimits) -> None:
        self._quoting = QuotingState(limits.quoting)
        self._loss = LossWatch(limits.loss)
        self._quiet = QuietWatch(limits.quiet_warning_s)
        self._observed: LedgerObserved | None = None
        # By type, as most records of a journal change none of these.
        self._takers: dict[type[Record], tuple[Callable[[Any], None], ...]] = {
            SessionStarted: (self._quoting.apply, self._quiet.apply),
            LedgerObserved: (self._quoting.apply, self._loss.apply, self._quiet.apply, self._observe),
            QuotesJudged: (self._quoting.apply, self._quiet.apply),
            QuotingPaused: (self._quoting.apply,),
            QuotingResumed: (self._quoting.apply,),
            Fill: (self._loss.apply,),
            FeePaid: (self._loss.apply,),
            CapitalMoved: (self._loss.apply,),
        }

    @classmethod
    def replay(cls, limits: WatchLimits, records: Iterable[Record]) -> SessionWatch:
        """The watch as these records, from a session's first on, leave it."""
        watch = cls(limits)
        for record in records:
            watch.apply(record)
        return watch

    def apply(self, record: Record) -> None:
        """Take one record of the journal in."""
        for take in self._takers.get(type(record), ()):
            take(record)

    def _observe(self, observed: LedgerObserved) -> None:
        self._observed = observed

    @property
    def paused(self) -> bool:
        """True between a pause and its end."""
        return self._quoting.paused

    @property
    def loss_room(self) -> LossRoom | None:
        """What may still be lost before a loss limit ends the session."""
        return self._loss.room()

    def quiet(self) -> tuple[Quiet, ...]:
        """What the last ledger makes worth a warning: quotes have been missing for long."""
        return self._quiet.due

    @property
    def must_pull(self) -> bool:
        """True if nothing of ours may rest: quoting is paused, or no verdict came for too long."""
        overdue = self._observed is not None and self._quoting.overdue(self._observed.ledger_index)
        return self.paused or overdue

    def halt(self, age_s: float) -> Halt | None:
        """The first cause to end the session after a ledger, or None.

        Args:
            age_s: How long ago that ledger closed.
        """
        apart = None if self._observed is None else unexplained(self._loss.inventory, self._observed)
        return apart or self._loss.halt(age_s) or self._quoting.halt()

    def passed(self, allowed: OrdersAllowed) -> OrdersAllowed:
        """A verdict as it may be acted on now."""
        return self._quoting.passed(allowed)
