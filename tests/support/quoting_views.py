"""Small markets and settings around a price of 2, for examples that can be worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from neo.messages import (
    Balances,
    CapitalUnderWay,
    LedgerCosts,
    Level,
    LossRoom,
    MarketView,
    OwnOffer,
    PoolState,
    Quote,
    QuotesWanted,
    Side,
    Spent,
)
from neo.risk import RiskLimits
from neo.strategy.anchor import AnchorSettings
from neo.strategy.models import ModelSettings
from neo.strategy.settings import QuoteSettings, RequoteSettings

D = Decimal

COSTS = LedgerCosts(base_fee_drops=10, owner_reserve_drops=200_000)
STILL = CapitalUnderWay(0, 0, D(0), D(0))

# So wide that no quote is ever smaller for them.
WIDE = RiskLimits(
    max_xrp_exposure=D(1_000_000),
    max_rlusd_exposure=D(1_000_000),
    reduce_only_share=D("0.9"),
    max_order_rlusd=D(1_000_000),
    price_band_bps=D(1000),
    reserve_buffer_drops=0,
    max_fees_day_drops=1_000_000,
    max_requests_minute=1000,
    cancel_requests_minute=500,
)

# Both volatility's parts are 0 here, so that the band has no floor unless a test gives it one.
SETTINGS = QuoteSettings(
    tick_interval_s=4,
    model="fixed_offset",
    model_settings=ModelSettings(
        bid_offset_bps=D(5),
        ask_offset_bps=D(10),
        inventory_skew_bps=D(0),
        risk_aversion=D("0.01"),
        fill_decay_per_bps=D("0.3"),
        horizon_s=60,
    ),
    anchor=AnchorSettings(clob_switch_threshold_bps=D(3), max_divergence_bps=D(10), rejoin_bps=D(8), dust_rlusd=D(1)),
    requote=RequoteSettings(tolerance_bps=D(1), quote_age_ledgers_max=10, min_remainder_rlusd=D(3)),
    target_share=D("0.5"),
    base_size_rlusd=D(15),
    levels=1,
    level_step_bps=D(4),
    price_digits=6,
    viability_sigmas=D(0),
    requote_delay_s=9,
    volatility_halflife_s=60,
    volatility_initial_bps_minute=D(11),
    limits=WIDE,
)


def settings(**changes: Any) -> QuoteSettings:
    """The usual settings with these changed; ``model_settings``, ``anchor`` and ``requote`` take a dict of changes."""
    for name in ("model_settings", "anchor", "requote"):
        if isinstance(changes.get(name), dict):
            changes[name] = msgspec.structs.replace(getattr(SETTINGS, name), **changes[name])
    return msgspec.structs.replace(SETTINGS, **changes)


def level(price: str, rlusd: str = "20") -> Level:
    """A level of this much RLUSD."""
    return Level(D(price), int(D(rlusd) / D(price) * 1_000_000), D(rlusd))


def pool(price: str, xrp: int = 1_000_000, trading_fee_per_100k: int = 300) -> PoolState:
    """A pool at this spot price; a fee of 300 is 30 bps."""
    return PoolState(xrp * 1_000_000, D(price) * xrp, trading_fee_per_100k, D(price))


def view(  # noqa: PLR0913 - a market is made of many things
    *,
    bids: tuple[str | Level, ...] = ("1.999",),
    asks: tuple[str | Level, ...] = ("2.001",),
    pool: PoolState | None = None,
    own: tuple[OwnOffer, ...] = (),
    ledger_index: int = 11,
    close_time_s: int | None = None,
    xrp_drops: int = 100_000_000,
    rlusd: str = "200",
    spent: Spent = Spent(0, 0),  # noqa: B008 - a frozen value
    capital: CapitalUnderWay = STILL,
    loss_room: LossRoom | None = None,
) -> MarketView:
    """A market with these touches; a ledger comes every four seconds."""
    return MarketView(
        ledger_index=ledger_index,
        close_time_s=4 * ledger_index if close_time_s is None else close_time_s,
        bids=tuple(level(each) if isinstance(each, str) else each for each in bids),
        asks=tuple(level(each) if isinstance(each, str) else each for each in asks),
        pool=pool,
        balances=Balances(xrp_drops, D(rlusd), 1_200_000, 1, 5),
        own_offers=own,
        xrp_total_drops=xrp_drops,
        rlusd_total=D(rlusd),
        spent=spent,
        costs=COSTS,
        capital=capital,
        loss_room=loss_room,
    )


def own(
    order_id: str,
    side: Side,
    price: str,
    *,
    rlusd: str = "15",
    pending: bool = False,
    ledger_index: int = 10,
) -> OwnOffer:
    """An offer of ours."""
    xrp_drops = int(D(rlusd) / D(price) * 1_000_000)
    return OwnOffer(order_id, side, D(price), xrp_drops, D(rlusd), 5, pending, ledger_index)


def by_side(wanted: QuotesWanted | None) -> dict[Side, list[Quote]]:
    """A tick's quotes by side."""
    assert wanted is not None
    return {side: [quote for quote in wanted.quotes if quote.side is side] for side in Side}
