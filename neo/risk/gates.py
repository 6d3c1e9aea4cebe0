"""The gates: each looks at one quote of a tick and either lets it pass (None) or refuses it with its code and numbers.

Open orders count as filled, also the one that a quote replaces: :mod:`neo.risk.room` has the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from neo.chain.money import EXACT, distance_bps, plain, value_rlusd, xrp
from neo.messages import Quote, QuotesWanted, Refusal, Side
from neo.messages.reasons import RefusalCode
from neo.risk.limits import RiskLimits
from neo.risk.room import Load, Room

_ZERO = Decimal(0)


class Case(NamedTuple):
    """What a gate may look at.

    Args:
        limits: All limits.
        wanted: The tick.
        adding: The sides that add to an exposure near its limit.
        passed: Quotes of this tick that every gate has let pass already.
        quote: The one to be judged.
        room: What may still be added beside those, with every quote of the tick placed.
        load: All of the quote's side that may be filled, the quote among it.
    """

    limits: RiskLimits
    wanted: QuotesWanted
    adding: frozenset[Side]
    passed: tuple[Quote, ...]
    quote: Quote
    room: Room
    load: Load

    def refuse(self, code: RefusalCode, detail: str) -> Refusal:
        """A refusal of the quote."""
        return Refusal(code, self.quote.side, detail)


def reduce_only(case: Case) -> Refusal | None:
    """Near a limit, the side that adds to it is not quoted."""
    if case.quote.side not in case.adding:
        return None
    limits, wanted = case.limits, case.wanted
    if case.quote.side is Side.BUY:
        held, limit = value_rlusd(wanted.view.xrp_total_drops, wanted.anchor_price or _ZERO), limits.max_xrp_exposure
    else:
        held, limit = wanted.view.rlusd_total, limits.max_rlusd_exposure
    percent = plain(limits.reduce_only_share * 100)
    return case.refuse(RefusalCode.REDUCE_ONLY, f"{held:.2f} > {percent}% of {limit}")


def order_size(case: Case) -> Refusal | None:
    """An order must not be larger than ``risk.max_order_rlusd``."""
    if case.quote.rlusd <= case.limits.max_order_rlusd:
        return None
    return case.refuse(RefusalCode.ORDER_SIZE, f"{case.quote.rlusd:.2f} > {case.limits.max_order_rlusd}")


def price_band(case: Case) -> Refusal | None:
    """A price must lie within ``risk.price_band_bps`` of the anchor."""
    anchor, band_bps = case.wanted.anchor_price, case.limits.price_band_bps
    if anchor is None:
        return case.refuse(RefusalCode.PRICE_BAND, "no anchor")
    apart_bps = abs(distance_bps(EXACT.subtract(case.quote.price, anchor), anchor))
    if apart_bps <= band_bps:
        return None
    return case.refuse(RefusalCode.PRICE_BAND, f"{apart_bps:.2f} > {band_bps} bps")


def self_cross(case: Case) -> Refusal | None:
    """A quote must not meet our own other side, resting or wanted: the ledger would delete the older offer."""
    quote, wanted = case.quote, case.wanted
    other_prices = [offer.price for offer in wanted.view.own_offers if offer.side is not quote.side]
    other_prices += [other.price for other in wanted.quotes if other.side is not quote.side]
    if not other_prices:
        return None
    bid, ask = (quote.price, min(other_prices)) if quote.side is Side.BUY else (max(other_prices), quote.price)
    return None if bid < ask else case.refuse(RefusalCode.SELF_CROSS, f"bid {bid} >= ask {ask}")


def xrp_exposure(case: Case) -> Refusal | None:
    """A bid must leave the value of our XRP within ``risk.max_xrp_exposure`` once all our bids are filled."""
    if case.quote.side is not Side.BUY:
        return None
    value = case.room.xrp_value(case.load)
    if value <= case.limits.max_xrp_exposure:
        return None
    return case.refuse(RefusalCode.XRP_EXPOSURE, f"{value:.2f} > {case.limits.max_xrp_exposure}")


def rlusd_exposure(case: Case) -> Refusal | None:
    """An ask must leave our RLUSD within ``risk.max_rlusd_exposure`` once all our asks are filled."""
    if case.quote.side is not Side.SELL:
        return None
    total = case.room.rlusd(case.load)
    if total <= case.limits.max_rlusd_exposure:
        return None
    return case.refuse(RefusalCode.RLUSD_EXPOSURE, f"{total:.2f} > {case.limits.max_rlusd_exposure}")


def reserve(case: Case) -> Refusal | None:
    """With all asks filled, the account's XRP must cover the reserve, with an object for each offer, and the buffer.

    While no ask of ours can take more of it, a bid may lock up a part of the buffer: it buys what is missing.
    """
    room = case.room
    asks = room.load(Side.SELL)
    sold_drops = asks.xrp_drops if case.quote.side is Side.BUY else 0  # an ask has a gate of its own for that
    spare_drops = room.free_drops - sold_drops
    if case.quote.side is Side.BUY and not asks.offers:
        spare_drops += case.limits.reserve_buffer_drops
    if spare_drops >= 0:
        return None
    have_drops = room.xrp_drops - sold_drops
    return case.refuse(RefusalCode.RESERVE, f"{xrp(have_drops - spare_drops):.2f} > {xrp(have_drops):.2f} XRP")


def free_xrp(case: Case) -> Refusal | None:
    """An ask must be backed in full by what is free beside reserve, buffer and all our other asks."""
    if case.quote.side is not Side.SELL:
        return None
    needed_drops, free_drops = case.load.xrp_drops, case.room.free_drops
    if needed_drops <= free_drops:
        return None
    return case.refuse(RefusalCode.INSUFFICIENT_XRP, f"{xrp(needed_drops):.2f} > {xrp(free_drops):.2f}")


def free_rlusd(case: Case) -> Refusal | None:
    """A bid must be backed in full by what is free beside all our other bids."""
    if case.quote.side is not Side.BUY:
        return None
    needed_rlusd, free = case.load.rlusd, case.room.free_rlusd
    if needed_rlusd <= free:
        return None
    return case.refuse(RefusalCode.INSUFFICIENT_RLUSD, f"{needed_rlusd:.2f} > {free:.2f}")


def loss_room(case: Case) -> Refusal | None:
    """What we hold and all our bids, filled, must survive the largest move of late within both loss limits.

    What we hold can't be helped by a gate, but a bid adds to it, and an ask takes from it.
    """
    left = case.wanted.view.loss_room
    if case.quote.side is not Side.BUY or left is None:
        return None
    at_risk = case.room.at_risk(case.load)
    if at_risk <= left.rlusd:
        return None
    detail = f"{at_risk:.2f} in a move of {left.move_bps:.2f} bps > {left.rlusd:.2f} left of {left.limit}"
    return case.refuse(RefusalCode.LOSS_ROOM, detail)


def fee_budget(case: Case) -> Refusal | None:
    """Once the fees of 24 hours, those under way counted, have used the budget up, nothing is quoted.

    Cancels go out all the same.
    """
    view, most_drops = case.wanted.view, case.limits.max_fees_day_drops
    orders = sum(offer.pending for offer in view.own_offers) + len(case.wanted.withdraw) + len(case.passed) + 1
    spent_drops = view.spent.fees_day_drops + orders * view.costs.base_fee_drops
    if spent_drops <= most_drops:
        return None
    return case.refuse(RefusalCode.FEE_BUDGET, f"{xrp(spent_drops)} > {xrp(most_drops)} XRP")


def request_budget(case: Case) -> Refusal | None:
    """A minute's transactions are limited, and cancels keep a share of them that quotes can't use up."""
    limits = case.limits
    requests = case.wanted.view.spent.requests_minute + len(case.wanted.withdraw) + len(case.passed) + 1
    most = limits.max_requests_minute - limits.cancel_requests_minute
    if requests <= most:
        return None
    return case.refuse(RefusalCode.REQUEST_BUDGET, f"{requests} > {most} in a minute")


Gate = Callable[[Case], Refusal | None]

# In this order, so that the first word about a quote is the one that explains it best.
GATES: tuple[Gate, ...] = (
    reduce_only,
    order_size,
    price_band,
    self_cross,
    xrp_exposure,
    rlusd_exposure,
    reserve,
    free_xrp,
    free_rlusd,
    loss_room,
    fee_budget,
    request_budget,
)
