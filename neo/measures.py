"""Parts of messages that are numbers alone: what the ledger asks for, what may still be lost, what was missing.

Units are those of :mod:`neo.messages`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class LedgerCosts(msgspec.Struct, frozen=True):
    """What the ledger asks for: the fee that a transaction burns, the XRP that each object locks up."""

    base_fee_drops: int
    owner_reserve_drops: int


class CapitalUnderWay(msgspec.Struct, frozen=True):
    """Deposits and withdrawals that were sent and that no ledger has settled yet, all amounts positive."""

    xrp_in_drops: int
    xrp_out_drops: int
    rlusd_in: Decimal
    rlusd_out: Decimal


class LossRoom(msgspec.Struct, frozen=True):
    """What may still be lost before a loss limit ends the session, and how far the price moved at once of late.

    Args:
        rlusd: What is left of the limit that is nearer; below 0 once it is broken.
        limit: That limit's key in the profile.
        move_bps: The largest move of the mid from one ledger to the next, the older the less it counts.
    """

    rlusd: Decimal
    limit: str
    move_bps: Decimal


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session had no quote on the ledger, in ledgers: on neither side, on the bid side, on the ask side.

    ``*_reasons`` counts ticks by the code of refusal or of holding back that was given while none rested; a tick may
    have several.
    """

    ledgers_without_quote: int = 0
    ledgers_without_bid: int = 0
    ledgers_without_ask: int = 0
    quote_reasons: dict[str, int] = {}
    bid_reasons: dict[str, int] = {}
    ask_reasons: dict[str, int] = {}
