"""Ticks for risk to judge, around a price of 2: the usual limits, the usual bid and ask, and an account of 100 XRP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from support.quoting_views import view

from neo.messages import MarketView, Quote, QuotesWanted, Side
from neo.risk import RiskLimits

D = Decimal
LIMITS = RiskLimits(
    max_xrp_exposure=D(250),
    max_rlusd_exposure=D(250),
    reduce_only_share=D("0.9"),
    max_order_rlusd=D(25),
    price_band_bps=D(100),
    reserve_buffer_drops=2_000_000,
    max_fees_day_drops=1000,
    max_requests_minute=60,
    cancel_requests_minute=20,
)
BID = Quote(Side.BUY, D("1.999"), 7_500_000, D("14.9925"), None)
ASK = Quote(Side.SELL, D("2.001"), 7_500_000, D("15.0075"), None)


def tick(
    *quotes: Quote, market: MarketView | None = None, anchor: str | None = "2", withdraw: tuple[str, ...] = ()
) -> QuotesWanted:
    """A tick's quotes; the usual account holds 100 XRP and 200 RLUSD."""
    price = None if anchor is None else D(anchor)
    market = market or view()
    return QuotesWanted(tick=3, view=market, anchor_price=price, quotes=quotes, withdraw=withdraw, held_back=())


def bid(**changes: Any) -> Quote:
    """The usual bid with these changed."""
    return msgspec.structs.replace(BID, **changes)


def ask(**changes: Any) -> Quote:
    """The usual ask with these changed."""
    return msgspec.structs.replace(ASK, **changes)
