"""The strategy's mind: a market view comes in, and on a tick the quotes that should rest come out.

What it remembers is little and follows from the views alone: the tick's number, whether pool and book have parted, and
the variance. A view that comes again (after a crash) changes nothing and gives the same answer.
"""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import QUOTING, RATIO, value_rlusd
from neo.messages import HeldBack, MarketView, Quote, QuotesWanted, Side
from neo.messages.reasons import HoldCode
from neo.risk.room import NOTHING, Room
from neo.strategy.amounts import PLACED_SHARE, behind, placement
from neo.strategy.anchor import Anchor, AnchorReading
from neo.strategy.maths import ZERO, moved
from neo.strategy.models import MODELS, Situation
from neo.strategy.requote import requote
from neo.strategy.settings import QuoteSettings
from neo.strategy.ticks import TickClock
from neo.strategy.viability import ceiling_bps, floor_factor, taker_price
from neo.strategy.volatility import Volatility


class Quoter:
    """One session's strategy.

    Args:
        settings: All that decides quotes.
    """

    def __init__(self, settings: QuoteSettings) -> None:
        self._settings = settings
        self._model = MODELS[settings.model](settings.model_settings)
        self._ticks = TickClock(settings.tick_interval_s)
        self._anchor = Anchor(settings.anchor)
        self._volatility = Volatility(settings.volatility_halflife_s, settings.volatility_initial_bps_minute)
        self._floor_factor = floor_factor(settings.viability_sigmas, settings.requote_delay_s)
        self._seen_index = 0
        self._reading: AnchorReading | None = None

    def on_view(self, view: MarketView) -> QuotesWanted | None:
        """Take a ledger in.

        Returns:
            The quotes that should rest if this ledger is a tick, else None.
        """
        reading = self._observe(view)
        tick = self._ticks.due(view.ledger_index, view.close_time_s)
        return None if tick is None else self._wanted(view, reading, tick)

    def _observe(self, view: MarketView) -> AnchorReading:
        if self._reading is not None and view.ledger_index <= self._seen_index:
            return self._reading
        reading = self._anchor.read(view)
        if reading.clob_mid is not None:
            self._volatility.observe(view.close_time_s, reading.clob_mid)
        self._seen_index, self._reading = view.ledger_index, reading
        return reading

    def _wanted(self, view: MarketView, reading: AnchorReading, tick: int) -> QuotesWanted:
        tick_quotes = _Draft()
        if view.freezes:
            # Both sides: what a frozen line can't sell its bids would still buy.
            tick_quotes.withdraw += [offer.order_id for offer in view.own_offers if not offer.pending]
            tick_quotes.held_back.append(HeldBack(HoldCode.FROZEN, None, ", ".join(view.freezes)))
        elif reading.price is None:
            tick_quotes.withdraw += [offer.order_id for offer in view.own_offers if not offer.pending]
            tick_quotes.held_back += [] if reading.hold is None else [reading.hold]
        else:
            offsets = self._model.offsets(self._situation(view, reading.price))
            floor_bps = QUOTING.multiply(self._floor_factor, self._volatility.sigma_bps_sqrt_s)
            for side, offset_bps in ((Side.BUY, offsets.bid_bps), (Side.SELL, offsets.ask_bps)):
                self._side(view, reading.price, side, (floor_bps, offset_bps), tick_quotes)
        return QuotesWanted(
            tick=tick,
            view=view,
            anchor_price=reading.price,
            quotes=tuple(tick_quotes.quotes),
            withdraw=tuple(tick_quotes.withdraw),
            held_back=tuple(tick_quotes.held_back),
        )

    def _situation(self, view: MarketView, price: Decimal) -> Situation:
        xrp_rlusd = value_rlusd(view.xrp_total_drops, price)
        equity_rlusd = QUOTING.add(xrp_rlusd, view.rlusd_total)
        target_rlusd = QUOTING.multiply(equity_rlusd, self._settings.target_share)
        excess_rlusd = QUOTING.subtract(xrp_rlusd, target_rlusd)
        return Situation(
            variance_bps2_s=self._volatility.variance_bps2_s,
            excess_share=QUOTING.divide(excess_rlusd, equity_rlusd) if equity_rlusd > 0 else ZERO,
            excess_lots=QUOTING.divide(excess_rlusd, self._settings.base_size_rlusd),
        )

    def _side(
        self, view: MarketView, anchor: Decimal, side: Side, floor_offset_bps: tuple[Decimal, Decimal], out: _Draft
    ) -> None:
        """One side's quotes, cancels and the reasons for what is missing."""
        settings = self._settings
        resting = [offer for offer in view.own_offers if offer.side is side]
        if any(offer.pending for offer in resting):
            out.held_back.append(HeldBack(HoldCode.ORDER_PENDING, side, ""))
            return
        prices = self._prices(view, anchor, side, floor_offset_bps, out)
        step = requote(settings.requote, side, resting, prices, (view.ledger_index, view.close_time_s))
        out.withdraw += step.withdraw
        out.planned += len(step.place)
        out.planned_objects += sum(replaces is None for _, replaces in step.place)
        for price, replaces in step.place:
            size_rlusd = self._size_rlusd(view, anchor, side, price, out)
            placed = placement(side, price, size_rlusd, settings.price_digits)
            if placed is None or placed.rlusd < settings.requote.least_rlusd:
                out.held_back.append(HeldBack(HoldCode.BELOW_MINIMUM, side, f"at {price:.6f}"))
                out.withdraw += [] if replaces is None else [replaces]
            else:
                out.quotes.append(Quote(side, placed.price, placed.xrp_drops, placed.rlusd, replaces))

    def _size_rlusd(self, view: MarketView, anchor: Decimal, side: Side, price: Decimal, out: _Draft) -> Decimal:
        """The base size, or less where two offers of it a level, the old one and the new one, don't fit.

        Half of a level's share of the room leaves its replacement the other half, so a side that is short of money
        quotes less and not every other time. A size that risk is going to refuse is wanted all the same: the refusal
        says what is missing, and takes away what rests.
        """
        settings = self._settings
        room = Room(settings.limits, view, anchor, quotes=out.planned, objects=out.planned_objects, beside=out.quotes)
        fits = RATIO.multiply(PLACED_SHARE, room.size_rlusd(side, price, room.load(side)))
        offers = 2 * settings.levels
        if fits >= RATIO.multiply(settings.base_size_rlusd, offers):
            return settings.base_size_rlusd
        share = RATIO.divide(RATIO.multiply(PLACED_SHARE, room.size_rlusd(side, price, NOTHING)), offers)
        least = settings.requote.min_remainder_rlusd
        wanted = min(settings.base_size_rlusd, max(share, least))
        return min(wanted, fits) if fits >= least else wanted

    def _prices(
        self, view: MarketView, anchor: Decimal, side: Side, floor_offset_bps: tuple[Decimal, Decimal], out: _Draft
    ) -> list[Decimal]:
        """Where one side's offers should rest, the best price first."""
        settings = self._settings
        floor_bps, offset_bps = floor_offset_bps
        size_drops = int(QUOTING.divide(settings.base_size_rlusd, anchor).scaleb(6))
        most_bps = ceiling_bps(view.pool, anchor, side, size_drops)
        nearest_bps = max(floor_bps, offset_bps if most_bps is None else min(offset_bps, most_bps))
        outward = -1 if side is Side.BUY else 1
        first = moved(anchor, QUOTING.multiply(outward, nearest_bps))
        first = behind(first, _market_price(view, side), side, settings.price_digits)
        prices: list[Decimal] = []
        for level in range(settings.levels):
            beyond_bps = QUOTING.multiply(level, settings.level_step_bps)
            distance_bps = QUOTING.add(nearest_bps, beyond_bps)
            if most_bps is not None and distance_bps > most_bps:
                detail = f"level {level + 1}: {distance_bps:.2f} > {most_bps:.2f} bps"
                out.held_back.append(HeldBack(HoldCode.NOT_VIABLE, side, detail))
                break
            prices.append(moved(first, QUOTING.multiply(outward, beyond_bps)) if level else first)
        return prices


class _Draft:
    """One tick's quotes as they come together."""

    def __init__(self) -> None:
        self.quotes: list[Quote] = []
        self.withdraw: list[str] = []
        self.held_back: list[HeldBack] = []
        # Quotes to be decided, those that are decided among them, and how many of these replace nothing.
        self.planned = 0
        self.planned_objects = 0


def _market_price(view: MarketView, side: Side) -> Decimal | None:
    """The price at which book, pool or our own other side would trade with a quote of this side at once."""
    level = view.asks[:1] if side is Side.BUY else view.bids[:1]  # dust trades too, so it counts here
    prices = [first.price for first in level]
    other = Side.SELL if side is Side.BUY else Side.BUY
    if view.pool is not None and view.pool.xrp_drops and view.pool.rlusd:
        prices.append(taker_price(view.pool, other, 0))
    prices += [offer.price for offer in view.own_offers if offer.side is other]
    if not prices:
        return None
    return min(prices) if side is Side.BUY else max(prices)
