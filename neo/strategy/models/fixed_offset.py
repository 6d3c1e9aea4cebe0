"""Quotes at fixed distances, both leaning against the inventory.

With more XRP than the target's share of our equity, both quotes move down by ``inventory_skew_bps`` times the excess
share: the ask is met sooner and the bid later. With too little they move up.
"""

from __future__ import annotations

from neo.chain.money import QUOTING
from neo.strategy.models.interface import ModelSettings, Offsets, Situation


class FixedOffset:
    """The model ``fixed_offset``.

    Args:
        settings: Uses ``bid_offset_bps``, ``ask_offset_bps`` and ``inventory_skew_bps``.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings

    def offsets(self, situation: Situation) -> Offsets:
        """Where the first level of each side should lie."""
        settings = self._settings
        down_bps = QUOTING.multiply(settings.inventory_skew_bps, situation.excess_share)
        return Offsets(
            QUOTING.add(settings.bid_offset_bps, down_bps),
            QUOTING.subtract(settings.ask_offset_bps, down_bps),
        )
