"""``[venue]`` of kind ``replay``: a recorded market with our orders in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from neo.network.pending import HOLD_LEDGERS
from neo.text.bounds import RLUSD_MAX, SEED_MAX, Bounds, Speed


class ReplayVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The replay's settings."""

    kind: Literal["replay"]
    seed: Annotated[int, Bounds(ge=0, le=SEED_MAX)]
    speed: Annotated[float, Speed()]
    opening_xrp: Annotated[Decimal, Bounds(gt=0, lt=100_000_000_000, decimals=6)]
    opening_rlusd: Annotated[Decimal, Bounds(ge=0, lt=RLUSD_MAX, digits=15)]
    recording_file: str
    order_delay_ledgers: Annotated[int, Bounds(ge=1, le=HOLD_LEDGERS)]

    @property
    def opening_drops(self) -> int:
        """``opening_xrp`` in drops, exact."""
        return int(self.opening_xrp.scaleb(6))
