"""How long no quote of ours rests on the ledger, and why: counted for the whole session, and told once it lasts.

Both are folds over the journal. A ledger has a quote if one rested when it closed; a tick's codes count for whatever
was missing on the ledger that it was decided on, and a tick without one has sent an order. What is pulled because the
session ends is not missed, and the ledger's own row tells that it is so: a halt and a ledger come to the journal from
two sides, in either order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from neo.messages import (
    Absence,
    LedgerObserved,
    QuotesJudged,
    Record,
    SessionStarted,
    SettlementBegun,
    Side,
)
from neo.messages.reasons import AbsenceCode, HoldCode

_SIDES = {None: "quote", Side.BUY: "bid", Side.SELL: "ask"}

# A summary's notice speaks of what was missing for so large a part of the ledgers, both sides or one of them, and on so
# many of them at least: the wait for a session's first quotes is nothing to speak of, however short the session.
_NOTICE_SHARE = {None: 0.1, Side.BUY: 0.25, Side.SELL: 0.25}
_NOTICE_LEDGERS_LEAST = 5
_REASONS_TOLD = 3


class Quiet(NamedTuple):
    """What a warning says: its event, the seconds of market time that quotes have been missing for, and the reasons."""

    event: str
    seconds: int
    reasons: dict[str, int]

    def fields(self) -> dict[str, int | str]:
        """Its numbers, as a log keeps them."""
        return {"seconds": self.seconds, "reasons": told_reasons(self.reasons)}


def told_reasons(reasons: Mapping[str, int]) -> str:
    """Codes with their ticks, the most frequent first."""
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:_REASONS_TOLD]
    return ", ".join(f"{code} {ticks:,}" for code, ticks in ranked) or AbsenceCode.UNDECIDED


class AbsenceCount:
    """Ledgers without a quote of one session, with their reasons."""

    def __init__(self) -> None:
        self._ledgers: dict[Side | None, int] = dict.fromkeys(_SIDES, 0)
        self._reasons: dict[Side | None, dict[str, int]] = {side: {} for side in _SIDES}
        self._missing: frozenset[Side | None] = frozenset()
        self._settling = False
        self._ledger_index = 0

    def apply(self, record: Record) -> None:
        """Take one record of the journal in."""
        match record:
            case SessionStarted():
                self._ledger_index = record.ledger_index
            case LedgerObserved():
                # What lies between two rows was caught up with, and left our offers as they were.
                self._add(record.ledger_index - self._ledger_index - 1)
                is_ending = self._settling or record.is_ending is True
                self._missing = frozenset() if is_ending else _missing(record)
                self._add(1)
                self._ledger_index = record.ledger_index
            case QuotesJudged():
                for side in self._missing:
                    _count(self._reasons[side], record, side, is_missing=True)
            case SettlementBegun():
                self._settling = True
            case _:
                pass

    def _add(self, ledgers: int) -> None:
        for side in self._missing:
            self._ledgers[side] += ledgers

    def told(self) -> Absence:
        """All of it."""
        ledgers, reasons = self._ledgers, self._reasons
        return Absence(
            ledgers_without_quote=ledgers[None],
            ledgers_without_bid=ledgers[Side.BUY],
            ledgers_without_ask=ledgers[Side.SELL],
            quote_reasons=dict(reasons[None]),
            bid_reasons=dict(reasons[Side.BUY]),
            ask_reasons=dict(reasons[Side.SELL]),
        )


class QuietWatch:
    """Warns once quotes have been missing for long, and again whenever that time has doubled.

    Both sides missing is told as such, and one side only while the other one rests.

    Args:
        warning_s: Seconds of market time until the first warning.
    """

    def __init__(self, warning_s: int) -> None:
        self._warning_s = warning_s
        self._spells: dict[Side | None, _Spell] = {side: _Spell(0, warning_s) for side in _SIDES}
        self._missing: frozenset[Side | None] = frozenset()
        self.due: tuple[Quiet, ...] = ()

    def apply(self, record: Record) -> None:
        """Take one record of the journal in; ``due`` is what the last ledger made worth a warning."""
        match record:
            case LedgerObserved():
                self._observe(record)
            case QuotesJudged():
                for side, spell in self._spells.items():
                    _count(spell.reasons, record, side, is_missing=side in self._missing)
            case SessionStarted():
                self._begin(record.close_time_s, frozenset())
            case _:
                pass

    def _begin(self, now_s: int, missing: frozenset[Side | None]) -> None:
        for side in _SIDES:
            if side not in missing:
                self._spells[side] = _Spell(now_s, self._warning_s)

    def _observe(self, observed: LedgerObserved) -> None:
        self._missing = missing = _missing(observed)
        self._begin(observed.close_time_s, missing)
        self.due = ()
        for side in [None] if None in missing else missing:
            spell = self._spells[side]
            seconds = observed.close_time_s - spell.since_s
            if seconds >= spell.due_s:
                spell.due_s = 2 * seconds
                self.due += (Quiet(f"no_{_SIDES[side]}_for_long", seconds, dict(spell.reasons)),)


class _Spell:
    """One time without: since when, what was told at its ticks, and after how many seconds it is worth a warning."""

    def __init__(self, since_s: int, due_s: int) -> None:
        self.since_s = since_s
        self.due_s = due_s
        self.reasons: dict[str, int] = {}


def absence_notices(absence: Absence, ledgers: int) -> tuple[str, ...]:
    """What a summary says of quotes that were missing for a large part of the session; a side, of its missing alone."""
    neither = absence.ledgers_without_quote
    notices = []
    for side, missing, alone, reasons in (
        (None, neither, neither, absence.quote_reasons),
        (Side.BUY, absence.ledgers_without_bid, absence.ledgers_without_bid - neither, absence.bid_reasons),
        (Side.SELL, absence.ledgers_without_ask, absence.ledgers_without_ask - neither, absence.ask_reasons),
    ):
        if alone >= max(_NOTICE_LEDGERS_LEAST, _NOTICE_SHARE[side] * ledgers):
            notices.append(f"no {_SIDES[side]} rested on {missing:,} of {ledgers:,} ledgers: {told_reasons(reasons)}")
    return tuple(notices)


def _missing(observed: LedgerObserved) -> frozenset[Side | None]:
    """The sides without a quote, and None among them if neither has one."""
    if observed.own_bid is None:
        return frozenset(_SIDES) if observed.own_ask is None else frozenset({Side.BUY})
    return frozenset({Side.SELL}) if observed.own_ask is None else frozenset()


def _count(reasons: dict[str, int], judged: QuotesJudged, side: Side | None, *, is_missing: bool) -> None:
    """Add a tick's codes that speak of a side, each once; if it has none for one that is missing, an order was sent."""
    if not is_missing and not judged.refusals and not judged.held_back:
        return
    refused = [refusal.code for refusal in judged.refusals if side is None or refusal.side is side]
    held = [hold.code for hold in judged.held_back if side is None or hold.side in (side, None)]
    codes: list[str] = [*refused, *held]
    if is_missing and not codes:
        codes = [HoldCode.ORDER_PENDING]
    for code in dict.fromkeys(codes):
        reasons[code] = reasons.get(code, 0) + 1
