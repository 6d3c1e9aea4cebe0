"""The anchor: the price that quotes are set around, and whether any price is to be trusted.

Two prices are read each ledger: the pool's spot price and the middle of the book, our own offers excluded and dust
ignored. Near each other, the pool is the anchor: it can't be moved without paying its fee. Further apart than the
switch threshold, the book is: it moves first. Beyond the largest divergence neither is trusted, and that lasts until
they have met again within a smaller distance, so that quotes don't flicker at the threshold.

Every gap is defined:

=============================== =======================================================================================
one side of the book is empty   the pool alone
no pool, or one without funds   the book alone
neither                         no anchor (``no_anchor``)
bid at or above ask             the read can't be trusted: no anchor, whatever the pool says (``crossed_book``)
one of them gone while parted   still parted: they have not met again (``anchor_diverged``)
=============================== =======================================================================================
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from neo.chain.money import middle
from neo.chain.prices import apart_bps
from neo.messages import HeldBack, Level, MarketView
from neo.messages.reasons import HoldCode


class AnchorSettings(msgspec.Struct, frozen=True):
    """Distances between pool and book in bps of the book's middle, and the least funded size of a level that counts."""

    clob_switch_threshold_bps: Decimal
    max_divergence_bps: Decimal
    rejoin_bps: Decimal
    dust_rlusd: Decimal


class AnchorReading(NamedTuple):
    """What one ledger says: the anchor or why there is none, and the book's middle without dust."""

    price: Decimal | None
    hold: HeldBack | None
    clob_mid: Decimal | None


class Anchor:
    """Reads ledgers one after the other.

    Args:
        settings: The thresholds.
    """

    def __init__(self, settings: AnchorSettings) -> None:
        self._settings = settings
        self._parted = False

    def read(self, view: MarketView) -> AnchorReading:
        """The anchor after this ledger."""
        dust_rlusd = self._settings.dust_rlusd
        best_bid = _first_price(view.bids, dust_rlusd)
        best_ask = _first_price(view.asks, dust_rlusd)
        if best_bid is not None and best_ask is not None and best_bid >= best_ask:
            crossed = HeldBack(HoldCode.CROSSED_BOOK, None, f"bid {best_bid} >= ask {best_ask}")
            return AnchorReading(None, crossed, None)
        mid = None
        if best_bid is not None and best_ask is not None:
            mid = middle(best_bid, best_ask)
        price, hold = self._choose(_spot(view), mid)
        return AnchorReading(price, hold, mid)

    def _choose(self, spot: Decimal | None, mid: Decimal | None) -> tuple[Decimal | None, HeldBack | None]:
        settings = self._settings
        if spot is None or mid is None:
            if self._parted:
                return None, HeldBack(HoldCode.ANCHOR_DIVERGED, None, "pool and book have not met again")
            only = mid if spot is None else spot
            return only, HeldBack(HoldCode.NO_ANCHOR, None, "") if only is None else None
        apart = abs(apart_bps(spot, mid))
        limit = settings.rejoin_bps if self._parted else settings.max_divergence_bps
        self._parted = apart > limit
        if self._parted:
            return None, HeldBack(HoldCode.ANCHOR_DIVERGED, None, f"{apart:.2f} > {limit} bps")
        return (mid if apart > settings.clob_switch_threshold_bps else spot), None


def _first_price(levels: tuple[Level, ...], dust_rlusd: Decimal) -> Decimal | None:
    for level in levels:
        if level.rlusd >= dust_rlusd:
            return level.price
    return None


def _spot(view: MarketView) -> Decimal | None:
    pool = view.pool
    return None if pool is None or not pool.xrp_drops or not pool.rlusd else pool.price
