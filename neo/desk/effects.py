"""What follows from a message that the dealer was told of: the gateway does it, in the order of the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from neo.messages import (
    LedgerObserved,
    MarketView,
    Message,
    Reconciled,
    Record,
    RestingGone,
    VenueRequest,
)
from neo.messages.halts import Halt


class Delayed(msgspec.Struct, frozen=True):
    """A request to make after so many seconds."""

    request: VenueRequest
    after_s: float


class Warned(msgspec.Struct, frozen=True):
    """What the log is to warn of: an event's constant name, and its fields."""

    event: str
    fields: Mapping[str, Any]


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a message, in the order in which it is done.

    Args:
        records: For the journal, first of all.
        durable: Whether to wait until they are safe: something of them is about to leave.
        requests: For the venue, now.
        later: For the venue, after a while that nobody waits for.
        told: For telemetry.
        touch: A ledger's row with the number of ledgers so far, for the log of the touch.
        warnings: For the log.
        halt: A cause to end the session.
        view: For the strategy.
        answer: For the session.
    """

    records: tuple[Record, ...] = ()
    durable: bool = False
    requests: tuple[VenueRequest, ...] = ()
    later: tuple[Delayed, ...] = ()
    told: tuple[Message, ...] = ()
    touch: tuple[int, LedgerObserved] | None = None
    warnings: tuple[Warned, ...] = ()
    halt: Halt | None = None
    view: MarketView | None = None
    answer: RestingGone | Reconciled | None = None


NOTHING: Final = Effects()
