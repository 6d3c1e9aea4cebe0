"""The limits of every gate."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True):
    """All limits.

    Args:
        max_xrp_exposure: Most that our XRP may be worth, in RLUSD.
        max_rlusd_exposure: Most RLUSD that we may hold.
        reduce_only_share: Above this share of either limit only the side that reduces is quoted; 0 to 1.
        max_order_rlusd: Largest order.
        price_band_bps: Farthest that a price may be from the anchor.
        reserve_buffer_drops: XRP kept free above the account's reserve: for what further offers lock up, and for fees.
        max_fees_day_drops: Fees of 24 hours from which on no quote is sent.
        max_requests_minute: Transactions of a minute; ``cancel_requests_minute`` of them are kept for cancels.
        cancel_requests_minute: See there.
    """

    max_xrp_exposure: Decimal
    max_rlusd_exposure: Decimal
    reduce_only_share: Decimal
    max_order_rlusd: Decimal
    price_band_bps: Decimal
    reserve_buffer_drops: int
    max_fees_day_drops: int
    max_requests_minute: int
    cancel_requests_minute: int
