"""How a session's opening balance came about: what the account had, and what was moved between two sessions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from neo.chain.money import EXACT
from neo.messages import CapitalMoved, LedgerClosed, Record, SessionStarted


class Opening(Protocol):
    """Makes a session's first records from what the venue said at the start: its facts, then its opening balance."""

    def __call__(self, first: LedgerClosed, account: str) -> Sequence[Record]:
        """From the first ledger and our account."""


class MovedBefore(msgspec.Struct, frozen=True):
    """A deposit (+) or a withdrawal (-) that an operator recorded before the session began."""

    kind: str
    xrp_drops: int
    rlusd: Decimal


def opening_records(started: SessionStarted, moved: Sequence[MovedBefore]) -> tuple[Record, ...]:
    """A session's first records: the facts, then the opening balance in its parts, which sum to the ledger's."""
    opening = started.opening
    parts = [MovedBefore("opening balance", opening.xrp_drops, opening.rlusd)]
    for part in moved:
        first = parts[0]
        parts[0] = MovedBefore(first.kind, first.xrp_drops - part.xrp_drops, EXACT.subtract(first.rlusd, part.rlusd))
        parts.append(MovedBefore(f"{part.kind} before the session", part.xrp_drops, part.rlusd))
    capital = (
        CapitalMoved(
            ledger_index=started.ledger_index,
            close_time_s=started.close_time_s,
            cause=part.kind,
            xrp_drops=part.xrp_drops,
            rlusd=part.rlusd,
        )
        for part in parts
    )
    return (started, *capital)
