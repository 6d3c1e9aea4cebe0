"""``[venue]`` of kind ``sim``: all that belongs to the embedded ledger with a crowd around recorded prices, and to no
other venue.

Where a number of the crowd comes from is told in ``neo.sim.facts``; what it does, in the profile and beside its field
of :class:`neo.sim.crowd_config.SimConfig`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from neo.sim.crowd_config import SimConfig
from neo.text.bounds import RLUSD_MAX, SEED_MAX, Bounds, Speed


class SimVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The simulation's settings."""

    kind: Literal["sim"]
    seed: Annotated[int, Bounds(ge=0, le=SEED_MAX)]
    speed: Annotated[float, Speed()]
    opening_xrp: Annotated[Decimal, Bounds(gt=0, lt=100_000_000_000, decimals=6)]
    opening_rlusd: Annotated[Decimal, Bounds(ge=0, lt=RLUSD_MAX, digits=15)]
    market_file: str
    # A recorded minute needs at least four ledgers to show its open, high, low and close.
    ledger_interval_seconds: Annotated[int, Bounds(ge=1, le=15)]
    maker_count: Annotated[int, Bounds(ge=0, le=12)]
    maker_offset_bps_min: Annotated[int, Bounds(ge=1, le=500)]
    maker_offset_bps_max: Annotated[int, Bounds(ge=1, le=500)]
    # At the most, a maker's funds still cover all its quotes.
    maker_size_xrp: Annotated[int, Bounds(ge=1, le=20_000)]
    maker_lag_ledgers_max: Annotated[int, Bounds(ge=1, le=10)]
    maker_tolerance_bps: Annotated[int, Bounds(ge=1, le=100)]
    taker_orders_per_day: Annotated[int, Bounds(ge=0, le=200_000)]
    taker_size_xrp_min: Annotated[int, Bounds(ge=1, le=10_000)]
    taker_informed_percent: Annotated[int, Bounds(ge=0, le=100)]
    amm_pool_xrp: Annotated[int, Bounds(ge=100, le=50_000_000)]
    # The ledger allows 100 at most.
    amm_fee_bps: Annotated[int, Bounds(ge=1, le=100)]

    @property
    def opening_drops(self) -> int:
        """``opening_xrp`` in drops, exact."""
        return int(self.opening_xrp.scaleb(6))

    @property
    def crowd(self) -> SimConfig:
        """The crowd's part, as the crowd uses it."""
        return SimConfig(
            ledger_interval_s=self.ledger_interval_seconds,
            maker_count=self.maker_count,
            maker_offset_bps_min=self.maker_offset_bps_min,
            maker_offset_bps_max=self.maker_offset_bps_max,
            maker_size_xrp=self.maker_size_xrp,
            maker_lag_ledgers_max=self.maker_lag_ledgers_max,
            maker_tolerance_bps=self.maker_tolerance_bps,
            taker_orders_per_day=self.taker_orders_per_day,
            taker_size_xrp_min=self.taker_size_xrp_min,
            taker_informed_percent=self.taker_informed_percent,
            amm_pool_xrp=self.amm_pool_xrp,
            amm_fee_bps=self.amm_fee_bps,
        )
