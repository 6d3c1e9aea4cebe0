"""The profile's values as quoting uses them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.chain.money import EXACT
from neo.config import Config
from neo.risk.limits import RiskLimits, risk_limits
from neo.strategy.amounts import PLACED_SHARE
from neo.strategy.anchor import AnchorSettings
from neo.strategy.models import ModelSettings


class RequoteSettings(msgspec.Struct, frozen=True):
    """When a resting offer is replaced: its price is off by more bps, it is older, or less of it is left."""

    tolerance_bps: Decimal
    quote_age_ledgers_max: int
    min_remainder_rlusd: Decimal

    @property
    def least_rlusd(self) -> Decimal:
        """What an offer must have to be placed or to stay: the least remainder, less what a tick's amounts may take."""
        return EXACT.multiply(PLACED_SHARE, self.min_remainder_rlusd)


class QuoteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides quotes.

    Args:
        tick_interval_s: Least time between two ticks.
        model: The model's name.
        model_settings: Its numbers.
        anchor: What price is trusted.
        requote: When a resting offer is replaced.
        target_share: XRP's share of our equity that the models lean toward, 0 to 1.
        base_size_rlusd: Size of each quote.
        levels: Quotes a side.
        level_step_bps: Distance from one level to the next.
        price_digits: Significant digits of an offer's rate.
        viability_sigmas: k of the floor, in standard deviations.
        requote_delay_s: t of the floor.
        volatility_halflife_s: Of the variance's estimate.
        volatility_initial_bps_minute: Standard deviation of a minute's move until it is measured.
        limits: Risk's, so that quotes are made to fit under them.
    """

    tick_interval_s: int
    model: str
    model_settings: ModelSettings
    anchor: AnchorSettings
    requote: RequoteSettings
    target_share: Decimal
    base_size_rlusd: Decimal
    levels: int
    level_step_bps: Decimal
    price_digits: int
    viability_sigmas: Decimal
    requote_delay_s: int
    volatility_halflife_s: int
    volatility_initial_bps_minute: Decimal
    limits: RiskLimits


def quote_settings(config: Config) -> QuoteSettings:
    """Quoting's part of a profile."""
    strategy, model = config.strategy, config.avellaneda_stoikov
    return QuoteSettings(
        tick_interval_s=config.engine.tick_interval_seconds,
        model=strategy.model,
        model_settings=ModelSettings(
            bid_offset_bps=strategy.bid_offset_bps,
            ask_offset_bps=strategy.ask_offset_bps,
            inventory_skew_bps=strategy.inventory_skew_bps,
            risk_aversion=model.risk_aversion,
            fill_decay_per_bps=model.fill_decay_per_bps,
            horizon_s=model.horizon_seconds,
        ),
        anchor=AnchorSettings(
            clob_switch_threshold_bps=strategy.clob_switch_threshold_bps,
            max_divergence_bps=strategy.anchor_max_divergence_bps,
            rejoin_bps=strategy.anchor_rejoin_bps,
            dust_rlusd=strategy.dust_rlusd,
        ),
        requote=RequoteSettings(
            tolerance_bps=strategy.requote_tolerance_bps,
            quote_age_ledgers_max=strategy.quote_age_ledgers_max,
            min_remainder_rlusd=config.order_size.min_remainder_rlusd,
        ),
        target_share=strategy.target_xrp_percent.scaleb(-2),
        base_size_rlusd=config.order_size.base_size_rlusd,
        levels=strategy.levels,
        level_step_bps=strategy.level_step_bps,
        price_digits=strategy.price_digits,
        viability_sigmas=strategy.viability_sigmas,
        requote_delay_s=strategy.requote_delay_seconds,
        volatility_halflife_s=strategy.volatility_halflife_seconds,
        volatility_initial_bps_minute=strategy.volatility_initial_bps_minute,
        limits=risk_limits(config),
    )
