"""Where to quote: both sides around an anchor, at a fixed offset, and behind the touch.

A tick is due on the first ledger at or after each interval, so quoting follows the ledger's own rhythm.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.dealing import mid_price
from neo.messages import HeldBack, MarketView, Quote, QuotesWanted, Side
from neo.money import DROPS_PER_XRP, offset_price, price_tick, round_price_down, round_price_up, value_rlusd
from neo.reasons import HoldCode


class QuoteSettings(msgspec.Struct, frozen=True):
    """What decides a quote: offsets from the anchor (bps), size a side (RLUSD), significant digits of a price."""

    bid_offset_bps: Decimal
    ask_offset_bps: Decimal
    base_size_rlusd: Decimal
    price_digits: int


class TickClock:
    """Which ledgers are ticks.

    Args:
        interval_s: Least time between the close times of two ticks.
    """

    def __init__(self, interval_s: int) -> None:
        self._interval_s = interval_s
        self._tick = 0
        self._last_s: int | None = None

    def due(self, close_time_s: int) -> int | None:
        """The number of the tick that this ledger is, or None if it comes too early for one.

        A ledger that is asked about again (delivered once more after a crash) is the same tick again.
        """
        if self._last_s is not None and close_time_s == self._last_s:
            return self._tick
        if self._last_s is not None and close_time_s - self._last_s < self._interval_s:
            return None
        self._last_s = close_time_s
        self._tick += 1
        return self._tick


def quotes_wanted(settings: QuoteSettings, view: MarketView, tick: int) -> QuotesWanted:
    """One tick's quotes: a new offer for each side, in place of the one that rests there."""
    anchor = mid_price(view.bids, view.asks, view.pool)
    quotes: list[Quote] = []
    held_back: list[HeldBack] = []
    if anchor is None:
        held_back.append(HeldBack(HoldCode.NO_ANCHOR, None, ""))
    else:
        for side in Side:
            own = [offer for offer in view.own_offers if offer.side is side]
            if any(offer.pending for offer in own):
                held_back.append(HeldBack(HoldCode.ORDER_PENDING, side, ""))
                continue
            replaces = own[0].order_id if own else None
            quotes.append(_quote(settings, view, side, anchor, replaces))
    return QuotesWanted(
        tick=tick,
        view=view,
        anchor_price=anchor,
        quotes=tuple(quotes),
        withdraw=(),
        held_back=tuple(held_back),
    )


def _quote(settings: QuoteSettings, view: MarketView, side: Side, anchor: Decimal, replaces: str | None) -> Quote:
    digits = settings.price_digits
    if side is Side.BUY:
        price = round_price_down(offset_price(anchor, -settings.bid_offset_bps), digits)
        ceiling = _cheapest_ask(view)
        if ceiling is not None and price >= ceiling:
            price = round_price_down(ceiling, digits)
            price -= price_tick(price, digits) if price >= ceiling else 0
    else:
        price = round_price_up(offset_price(anchor, settings.ask_offset_bps), digits)
        floor = _dearest_bid(view)
        if floor is not None and price <= floor:
            price = round_price_up(floor, digits)
            price += price_tick(price, digits) if price <= floor else 0
    # The ledger keeps 16 digits of a token amount; drops of this size times a price of these digits fit exactly, so
    # the offer placed has the price asked for.
    xrp_drops = int(settings.base_size_rlusd / price * DROPS_PER_XRP)
    return Quote(side, price, xrp_drops, value_rlusd(xrp_drops, price), replaces)


def _cheapest_ask(view: MarketView) -> Decimal | None:
    """The lowest price at which the book or the pool would sell XRP to us now."""
    prices = [view.asks[0].price] if view.asks else []
    if view.pool is not None:
        prices.append(offset_price(view.pool.price, _fee_bps(view.pool.trading_fee)))
    return min(prices, default=None)


def _dearest_bid(view: MarketView) -> Decimal | None:
    """The highest price at which the book or the pool would buy XRP from us now."""
    prices = [view.bids[0].price] if view.bids else []
    if view.pool is not None:
        prices.append(offset_price(view.pool.price, -_fee_bps(view.pool.trading_fee)))
    return max(prices, default=None)


def _fee_bps(trading_fee: int) -> Decimal:
    """The AMM's fee, told in 1/100,000, as basis points."""
    return Decimal(trading_fee) / 10
