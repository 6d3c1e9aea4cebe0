"""Every section and key of a profile, with its type and its bounds.

A key is here because something consumes it. Its unit is in its name; its effect is told where the operator reads
it, beside the value in the profile.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from neo.config.bounds import Bounds
from neo.sim.config import SimConfig

# A binary's clock and SQLite's integers end here; the seed must fit both.
SEED_MAX = 2**63 - 1

# Longer sessions are a mistake in the unit (milliseconds for seconds, say) rather than a wish.
DURATION_MAX_S = 366 * 86_400


class Speed(msgspec.Struct, frozen=True):
    """Marks a float that is written as ``"max"`` (read as infinity) or as a number above 0."""


# Below a mismatch of units shows: 1,000 bps is a tenth of the price.
OffsetBps = Annotated[Decimal, Bounds(ge=0, lt=1000)]
ValueRlusd = Annotated[Decimal, Bounds(gt=0, digits=15)]


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[session]``: where, how long, by which chance, how fast."""

    venue: Literal["sim"]
    duration_seconds: Annotated[int, Bounds(ge=1, le=DURATION_MAX_S)]
    seed: Annotated[int, Bounds(ge=0, le=SEED_MAX)]
    speed: Annotated[float, Speed()]


class AccountConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[account]``: what our account on the embedded ledger opens with."""

    opening_xrp: Annotated[Decimal, Bounds(gt=0, lt=100_000_000_000, decimals=6)]
    opening_rlusd: Annotated[Decimal, Bounds(ge=0, digits=15)]

    @property
    def opening_drops(self) -> int:
        """``opening_xrp`` in drops, exact."""
        return int(self.opening_xrp.scaleb(6))


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[engine]``: the beat, the database's care, restarts and the way down."""

    tick_interval_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    wal_checkpoint_interval_seconds: Annotated[int, Bounds(ge=0, le=86_400)]
    backup_keep: Annotated[int, Bounds(ge=0, le=1000)]
    shutdown_deadline_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    order_lifetime_ledgers: Annotated[int, Bounds(ge=1, le=1000)]
    restarts_max: Annotated[int, Bounds(ge=0, le=100)]
    restart_window_seconds: Annotated[int, Bounds(ge=1, le=86_400)]
    restart_backoff_seconds: Annotated[Decimal, Bounds(gt=0, le=600)]


class StrategyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[strategy]``: where to quote, and how often."""

    bid_offset_bps: OffsetBps
    ask_offset_bps: OffsetBps
    requote_interval_seconds: Annotated[int, Bounds(ge=1, le=3600)]
    price_digits: Annotated[int, Bounds(ge=5, le=15)]


class OrderSizeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[order_size]``: how much to quote."""

    base_size_rlusd: ValueRlusd


class RiskConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[risk]``: what ends the session."""

    max_xrp_exposure: ValueRlusd
    max_rlusd_exposure: ValueRlusd


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[log]``: what the log file keeps."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    rotation_mb: Annotated[int, Bounds(ge=1, le=1000)]
    keep_files: Annotated[int, Bounds(ge=1, le=1000)]


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[market]``: the recorded prices behind the session."""

    file: str


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A whole profile."""

    session: SessionConfig
    account: AccountConfig
    engine: EngineConfig
    strategy: StrategyConfig
    order_size: OrderSizeConfig
    risk: RiskConfig
    log: LogConfig
    market: MarketConfig
    sim: SimConfig
