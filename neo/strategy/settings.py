"""What decides quotes, as quoting uses it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from neo.chain.money import EXACT
from neo.risk.limits import RiskLimits
from neo.strategy.amounts import PLACED_SHARE
from neo.strategy.anchor import AnchorSettings
from neo.strategy.models import ModelSettings

# What a profile's ``strategy.price_digits`` may be at least: with fewer a step would be 10 bps and more.
PRICE_DIGITS_MIN: Final = 5


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
