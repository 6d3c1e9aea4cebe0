"""What may still be added to a side, with everything of ours that may be filled counted as filled.

An offer that a quote replaces counts beside it: it may be filled in the same ledger, just before the replacement comes,
and the ledger then places the new one all the same. What is under way counts as if it had arrived, a withdrawal as if
it had left, and each order with two fees: to place it, and to cancel it.

The gates judge by these numbers, and the strategy makes its quotes so small that they fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from neo.chain.money import EXACT, RATIO, sum_rlusd, value_rlusd
from neo.messages import MarketView, Quote, Side
from neo.risk.limits import RiskLimits

_ZERO = Decimal(0)
_ONE = Decimal(1)
_FEES_AN_ORDER = 2


class Load:
    """Offers of one side, each with its drops and its RLUSD, and both together."""

    def __init__(self, offers: tuple[tuple[int, Decimal], ...]) -> None:
        self.offers = offers
        self.xrp_drops = sum([drops for drops, _ in offers])
        self.rlusd = sum_rlusd([rlusd for _, rlusd in offers])

    def beside(self, quote: Quote) -> Load:
        """With one more."""
        return Load((*self.offers, (quote.xrp_drops, quote.rlusd)))


NOTHING = Load(())


class Room:
    """One tick's room.

    Args:
        limits: All limits.
        view: The market and our standing in it.
        anchor: RLUSD per XRP, to value XRP at.
        quotes: How many quotes the tick has, on both sides.
        objects: How many of them replace nothing, so that the account has an object more.
        beside: Those of them that are decided.
    """

    def __init__(
        self,
        limits: RiskLimits,
        view: MarketView,
        anchor: Decimal,
        *,
        quotes: int = 0,
        objects: int = 0,
        beside: Sequence[Quote] = (),
    ) -> None:
        self._limits = limits
        self._view = view
        self._anchor = anchor
        self._quotes = quotes
        self._objects = objects
        self._beside = beside

    def load(self, side: Side) -> Load:
        """All that may be filled on a side: on the ledger, on its way there, replaced, and decided in this tick."""
        own = [(offer.xrp_drops, offer.rlusd) for offer in self._view.own_offers if offer.side is side]
        own += [(quote.xrp_drops, quote.rlusd) for quote in self._beside if quote.side is side]
        return Load(tuple(own))

    # None of these is cached: on Python 3.11 a cached property takes a lock, which costs more than what it would save.

    @property
    def fees_drops(self) -> int:
        """What our orders, these quotes among them, burn until all of them are cancelled."""
        return _FEES_AN_ORDER * self._view.costs.base_fee_drops * (len(self._view.own_offers) + self._quotes)

    @property
    def locked_drops(self) -> int:
        """XRP that can't be spent once all is placed: the reserve with an object for each offer, and the fees."""
        pending = sum(offer.pending for offer in self._view.own_offers)
        objects_drops = (pending + self._objects) * self._view.costs.owner_reserve_drops
        return self._view.balances.reserve_drops + objects_drops + self.fees_drops

    @property
    def xrp_drops(self) -> int:
        """What the account has of XRP without what is being withdrawn."""
        return self._view.balances.xrp_drops - self._view.capital.xrp_out_drops

    @property
    def free_drops(self) -> int:
        """What all asks together may sell; below 0 if reserve and buffer are not covered."""
        return self.xrp_drops - self.locked_drops - self._limits.reserve_buffer_drops

    @property
    def free_rlusd(self) -> Decimal:
        """What all bids together may pay."""
        return EXACT.subtract(self._view.balances.rlusd, self._view.capital.rlusd_out)

    def xrp_value(self, bids: Load) -> Decimal:
        """What our XRP is worth with these bids filled."""
        drops = self._view.xrp_total_drops + self._view.capital.xrp_in_drops + bids.xrp_drops
        return value_rlusd(drops, self._anchor)

    def rlusd(self, asks: Load) -> Decimal:
        """Our RLUSD with these asks filled."""
        return sum_rlusd((self._view.rlusd_total, self._view.capital.rlusd_in, asks.rlusd))

    def at_risk(self, bids: Load) -> Decimal:
        """What is lost if these bids are filled and the price then falls as far as it did at most of late.

        Only a fall takes from us: we hold XRP, and sell no more of it than we hold. Bids that lie lower than the price
        would fall lose nothing, and count for nothing; they don't make up for what we hold.
        """
        fallen = self._fallen
        held = value_rlusd(self._view.xrp_total_drops, EXACT.subtract(self._anchor, fallen))
        bought = [max(_ZERO, EXACT.subtract(rlusd, value_rlusd(drops, fallen))) for drops, rlusd in bids.offers]
        return sum_rlusd((held, *bought, value_rlusd(self.fees_drops, self._anchor)))

    def size_rlusd(self, side: Side, price: Decimal, taken: Load) -> Decimal:
        """The largest quote that fits beside what is taken of the room, in RLUSD; below 0 if not even that fits.

        Args:
            side: The quote's.
            price: The quote's.
            taken: What is on the side already.
        """
        limits = self._limits
        if side is Side.SELL:
            by_xrp = value_rlusd(self.free_drops - taken.xrp_drops, price)
            return min(by_xrp, EXACT.subtract(limits.max_rlusd_exposure, self.rlusd(taken)))
        left = EXACT.subtract(limits.max_xrp_exposure, self.xrp_value(taken))
        by_exposure = RATIO.divide(EXACT.multiply(left, price), self._anchor)
        most = min(EXACT.subtract(self.free_rlusd, taken.rlusd), by_exposure)
        room = self._view.loss_room
        if room is None:
            return most
        left = EXACT.subtract(room.rlusd, self.at_risk(taken))
        share_lost = RATIO.subtract(_ONE, RATIO.divide(self._fallen, price))
        if share_lost > 0:
            return min(most, RATIO.divide(left, share_lost))
        # A bid that a fall doesn't reach loses nothing, but where too much is at risk already no bid is let pass.
        return most if left >= 0 else min(most, left)

    def holds(self, side: Side) -> bool:
        """Whether a side's offers, as they are, break no limit if they are filled."""
        load = self.load(side)
        if not load.offers:
            return True
        if side is Side.SELL:
            return load.xrp_drops <= self.free_drops and self.rlusd(load) <= self._limits.max_rlusd_exposure
        room = self._view.loss_room
        return (
            load.rlusd <= self.free_rlusd
            and self.xrp_value(load) <= self._limits.max_xrp_exposure
            and (room is None or self.at_risk(load) <= room.rlusd)
        )

    @property
    def _fallen(self) -> Decimal:
        """The price after the largest move of late, downwards."""
        room = self._view.loss_room
        if room is None:
            return self._anchor
        return RATIO.multiply(self._anchor, max(_ZERO, RATIO.subtract(_ONE, room.move_bps.scaleb(-4, RATIO))))
