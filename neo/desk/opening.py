"""What a session opens with: what the account had, what was moved between two sessions, and what they spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from neo.chain.money import EXACT
from neo.messages import (
    CapitalMoved,
    LedgerClosed,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    Record,
    SessionStarted,
    Side,
    SpendingCarried,
    SpentAt,
)

# The cause of what a session had before anybody moved anything.
OPENING_BALANCE: Final = "opening balance"

# What the order of an offer that was found on the ledger came to rest by, in place of a result code: whether the
# session takes it for a quote of its own, or cancels it first of all.
ADOPTED: Final = "adopted"
UNWANTED: Final = "unknown offer, to be cancelled"


class Opening(Protocol):
    """Makes a session's first records from what the venue said at the start: its facts, then its opening balance."""

    def __call__(self, first: LedgerClosed, account: str) -> Sequence[Record]:
        """From the first ledger and our account."""


class MovedBefore(msgspec.Struct, frozen=True):
    """A deposit (+) or a withdrawal (-) that an operator recorded before the session began."""

    kind: str
    xrp_drops: int
    rlusd: Decimal


class SpentBefore(msgspec.Struct, frozen=True):
    """What earlier sessions of the account used up of the budgets, oldest first: drops of fees, and transactions."""

    fees: tuple[SpentAt, ...] = ()
    requests: tuple[SpentAt, ...] = ()


_NOTHING_SPENT: Final = SpentBefore()


class AdoptedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of ours that the ledger has and no journal knows; from the session's start on its journal does.

    Args:
        key: Of its entry on the ledger: it stands where a signed transaction's hash would, which nobody knows.
        sequence: Of the transaction that placed it.
        side: A buy gives RLUSD for XRP.
        price: In RLUSD for one XRP.
        xrp_drops: What is left of it.
        rlusd: The same.
        is_wanted: The session takes it for a quote of its own; else it is cancelled first of all.
    """

    key: str
    sequence: int
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    is_wanted: bool = True


def unwanted(records: Iterable[Record]) -> list[str]:
    """The orders of found offers that are to be cancelled, out of a session's first records."""
    return [each.order_id for each in records if isinstance(each, OrderChanged) and each.result == UNWANTED]


def opening_records(
    started: SessionStarted,
    moved: Sequence[MovedBefore],
    adopted: Sequence[AdoptedOffer] = (),
    spent: SpentBefore = _NOTHING_SPENT,
) -> tuple[Record, ...]:
    """A session's first records: the facts, what is spent, the opening balance in its parts, which sum to the ledger's,
    and offers.
    """
    opening = started.opening
    parts = [MovedBefore(OPENING_BALANCE, opening.xrp_drops, opening.rlusd)]
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
    offers = (record for number, offer in enumerate(adopted, 1) for record in _adoption(started, offer, number))
    return (started, *_carried(started, spent), *capital, *offers)


def _carried(started: SessionStarted, spent: SpentBefore) -> tuple[Record, ...]:
    """A session before which nothing was spent has no word of it in its journal."""
    if spent == _NOTHING_SPENT:
        return ()
    index, close_time_s = started.ledger_index, started.close_time_s
    return (SpendingCarried(ledger_index=index, close_time_s=close_time_s, fees=spent.fees, requests=spent.requests),)


def _adoption(started: SessionStarted, offer: AdoptedOffer, number: int) -> tuple[Record, ...]:
    """The steps that an offer of our own would have come to rest by."""
    order_id = f"o{number:06d}"
    return (
        OrderIntended(
            order_id=order_id,
            tick=0,
            ledger_index=started.ledger_index,
            close_time_s=started.close_time_s,
            side=offer.side,
            price=offer.price,
            xrp_drops=offer.xrp_drops,
            rlusd=offer.rlusd,
            replaces=None,
            cancels=None,
        ),
        OrderSigned(
            order_id=order_id,
            tx_hash=offer.key,
            blob="",
            sequence=offer.sequence,
            last_ledger_sequence=started.ledger_index,
        ),
        OrderChanged(
            order_id=order_id,
            ledger_index=started.ledger_index,
            close_time_s=started.close_time_s,
            status=OrderStatus.RESTING,
            result=ADOPTED if offer.is_wanted else UNWANTED,
            xrp_left_drops=offer.xrp_drops,
            rlusd_left=offer.rlusd,
        ),
    )
