"""What a model is: from what it may know of market and inventory to two offsets from the anchor."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The profile's numbers for all models; each takes those that it needs. Units: see the profile's comments."""

    bid_offset_bps: Decimal
    ask_offset_bps: Decimal
    inventory_skew_bps: Decimal
    risk_aversion: Decimal
    fill_decay_per_bps: Decimal
    horizon_s: int


class Situation(NamedTuple):
    """What a model decides from.

    Args:
        variance_bps2_s: Variance of the price's move in one second, in squared bps.
        excess_share: XRP's share of our equity above (+) or below (-) its target, -1 to 1.
        excess_lots: XRP above (+) or below (-) its target, in orders of the base size.
    """

    variance_bps2_s: Decimal
    excess_share: Decimal
    excess_lots: Decimal


class Offsets(NamedTuple):
    """Distances from the anchor in bps: of the bid below it, of the ask above it. Negative lies beyond the anchor."""

    bid_bps: Decimal
    ask_bps: Decimal


class Model(Protocol):
    """Decides where to quote. It has no memory: the same situation always gives the same offsets."""

    def offsets(self, situation: Situation) -> Offsets:
        """Where the first level of each side should lie."""
