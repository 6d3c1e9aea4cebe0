"""What a session opens with: what the account had, what was moved between two sessions, and what they spent."""

from __future__ import annotations

from collections.abc import Sequence
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

# What an adopted offer's order came to rest by, in place of a result code.
ADOPTED: Final = "adopted"


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
    """An offer of ours that the ledger has and no journal knows; the session takes it for one of its own.

    Args:
        key: Of its entry on the ledger: it stands where a signed transaction's hash would, which nobody knows.
        sequence: Of the transaction that placed it.
        side: A buy gives RLUSD for XRP.
        price: In RLUSD for one XRP.
        xrp_drops: What is left of it.
        rlusd: The same.
    """

    key: str
    sequence: int
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal


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
            result=ADOPTED,
            xrp_left_drops=offer.xrp_drops,
            rlusd_left=offer.rlusd,
        ),
    )
