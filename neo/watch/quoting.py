"""Whether quotes may go out and may stay: paused by the operator, without a verdict for too long, or of no use.

A fold over the journal like the desk, so a gateway that comes back after a crash is paused if it was paused before.
"""

from __future__ import annotations

import msgspec

from neo.messages import (
    HeldBack,
    LedgerObserved,
    OrdersAllowed,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    SessionStarted,
)
from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import HoldCode


class QuotingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long quotes may stand alone, and how long they may be held back.

    Args:
        quote_ttl_ledgers: Ledgers without a verdict of risk after which what rests is pulled.
        idle_ticks_max: Ticks in a row in which something held back all quotes, with none resting either, after which
            the session ends.
    """

    quote_ttl_ledgers: int
    idle_ticks_max: int


class QuotingState:
    """What the journal says of quoting so far."""

    def __init__(self, limits: QuotingLimits) -> None:
        self._limits = limits
        self.paused = False
        self._judged_index = 0
        self._idle_ticks = 0
        self._resting = False
        self._held_back: tuple[HeldBack, ...] = ()

    def apply(self, record: Record) -> None:
        """Take one record of the journal in."""
        match record:
            case SessionStarted():
                self._judged_index = record.ledger_index
            case LedgerObserved():
                self._resting = record.own_bid is not None or record.own_ask is not None
            case QuotesJudged():
                self._judged_index = record.ledger_index
                self._count_idle(record)
            case QuotingPaused():
                self.paused = True
            case QuotingResumed():
                self.paused = False
            case _:
                pass

    def overdue(self, ledger_index: int) -> bool:
        """True if no verdict came for so long that what rests must not stay: strategy or risk is down."""
        return ledger_index - self._judged_index > self._limits.quote_ttl_ledgers

    def halt(self) -> Halt | None:
        """The engine's own wish to stop: neither side could be quoted for ``engine.idle_ticks_max`` ticks."""
        if self._idle_ticks < self._limits.idle_ticks_max:
            return None
        codes = dict.fromkeys(held.code for held in self._held_back)
        detail = f"no quote on either side for {self._idle_ticks} ticks: {', '.join(codes)}"
        return Halt(HaltReason.ENGINE_REQUESTED_HALT, detail, "strategy")

    def passed(self, allowed: OrdersAllowed) -> OrdersAllowed:
        """The verdict as it may be acted on now: while paused, without any quote."""
        if not self.paused:
            return allowed
        held_back = (*allowed.held_back, HeldBack(HoldCode.PAUSED, None, ""))
        return msgspec.structs.replace(allowed, quotes=(), held_back=held_back)

    def _count_idle(self, judged: QuotesJudged) -> None:
        # A refusal is risk's business, not a decision of the engine's; nor is a pause. And one side, or a level of it,
        # may be held back for long while what rests beside it is good as it is.
        nothing_out = not judged.quotes and not self._resting
        idle = bool(judged.held_back) and nothing_out and not judged.refusals and not self.paused
        self._idle_ticks = self._idle_ticks + 1 if idle else 0
        self._held_back = judged.held_back
