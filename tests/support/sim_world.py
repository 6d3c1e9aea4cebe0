"""A simulated world for tests: the default crowd, our account, and a ledger view made by hand."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
from support.sim_chance import BARS, streams

from actors.venues.kept.kept_file import load_kept
from actors.venues.sim.world import World
from neo.chain.money import DROPS_PER_XRP
from neo.market.minutes import Bar
from neo.network.network_text import FORMAT
from neo.sim.accounts import crowd_address
from neo.sim.crowd_config import SimConfig
from neo.sim.market import SimMarket
from neo.sim.view import PoolView, Seen
from neo.sim.world_text import WorldOrigin, WorldText

US = crowd_address("us")
START_S = 819_300_000  # some moment in 2025, seconds of the ripple epoch

CONFIG = SimConfig(
    ledger_interval_s=4,
    maker_count=4,
    maker_offset_bps_min=4,
    maker_offset_bps_max=14,
    maker_size_xrp=32,
    maker_lag_ledgers_max=3,
    maker_tolerance_bps=4,
    taker_orders_per_day=8000,
    taker_size_xrp_min=8,
    taker_informed_percent=25,
    amm_pool_xrp=100_000,
    amm_fee_bps=32,
)


def config_with(**changes: int) -> SimConfig:
    """The default crowd with some keys changed."""
    return msgspec.structs.replace(CONFIG, **changes)


def world(seed: int, config: SimConfig = CONFIG, bars: Sequence[Bar] = BARS) -> SimMarket:
    """A new world with 1,000 XRP and 2,000 RLUSD on our account."""
    return SimMarket.create(
        config,
        bars,
        streams(seed),
        account=US,
        xrp_drops=1_000_000_000,
        rlusd=Decimal(2000),
        start_close_time_s=START_S,
    )


WORLD_ORIGIN = WorldOrigin(
    format=FORMAT,
    session_id="one",
    seed=7,
    config=CONFIG,
    market_name="bars.csv",
    market_sha256="0" * 64,
    account=US,
    xrp_drops=1_000 * DROPS_PER_XRP,
    rlusd=Decimal(2_000),
    start_close_time_s=START_S,
)


def kept_world(path: Path) -> World:
    """A new network with its file."""
    return World.create(path, WORLD_ORIGIN, BARS)


def load_world(path: Path) -> WorldText:
    """What a world's file says."""
    return load_kept(path, WorldOrigin)


class HandView:
    """A ledger view whose every answer the test writes down."""

    def __init__(self, pool: PoolView | None = None) -> None:
        self.balances: dict[str, int] = {}
        self.offers: dict[str, dict[int, int]] = {}
        self.pool_view = pool
        self.ahead = 0

    def xrp_drops(self, address: str) -> int:
        return self.balances.get(address, 0)

    def owner_count(self, address: str) -> int:
        return 1 + len(self.resting(address))

    def resting(self, address: str) -> dict[int, int]:
        return self.offers.get(address, {})

    def pool(self) -> PoolView | None:
        return self.pool_view

    def ahead_drops(self, *, is_buy: bool, limit_nano: int, most_drops: int) -> int:
        del is_buy, limit_nano
        return min(self.ahead, most_drops)


def seen(view: HandView, index: int, reference_nano: int = 2_000_000_000, moved_nano: int = 0) -> Seen:
    """One look at the market with a quiet reference, or one that has just moved."""
    return Seen(view, index, reference_nano, reference_nano + moved_nano, reference_nano, 1000)
