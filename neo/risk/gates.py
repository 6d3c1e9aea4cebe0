"""The gates: each looks at one quote of a tick and either lets it pass (None) or refuses it with its code and numbers.

Open orders count as filled. For the exposures that includes the offer that a quote replaces: should it be filled while
the replacement is on its way, the new one rests all the same (the ledger does not undo it), and both must fit.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from neo.messages import OwnOffer, Quote, QuotesWanted, Refusal, Side
from neo.money import distance_bps, plain, value_rlusd, xrp
from neo.reasons import RefusalCode
from neo.risk.limits import RiskLimits

_ZERO = Decimal(0)


class Case(NamedTuple):
    """What a gate may look at.

    Args:
        limits: All limits.
        wanted: The tick.
        adding: The sides that add to an exposure near its limit.
        passed: Quotes of this tick that every gate has let pass already.
        quote: The one to be judged.
    """

    limits: RiskLimits
    wanted: QuotesWanted
    adding: frozenset[Side]
    passed: tuple[Quote, ...]
    quote: Quote

    def own(self) -> list[OwnOffer]:
        """Our offers of the quote's side, on the ledger or on their way to it."""
        return [offer for offer in self.wanted.view.own_offers if offer.side is self.quote.side]

    def own_after(self) -> list[OwnOffer]:
        """Those of them that this tick does not replace."""
        replaced = {self.quote.replaces, *(quote.replaces for quote in self.passed)}
        return [offer for offer in self.own() if offer.order_id not in replaced]

    def beside(self) -> list[Quote]:
        """The quotes of the same side that passed before."""
        return [quote for quote in self.passed if quote.side is self.quote.side]

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
    apart_bps = abs(distance_bps(case.quote.price - anchor, anchor))
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
    quote, wanted = case.quote, case.wanted
    if quote.side is not Side.BUY:
        return None
    drops = wanted.view.xrp_total_drops + quote.xrp_drops
    drops += sum(offer.xrp_drops for offer in case.own()) + sum(beside.xrp_drops for beside in case.beside())
    value = value_rlusd(drops, wanted.anchor_price or quote.price)
    if value <= case.limits.max_xrp_exposure:
        return None
    return case.refuse(RefusalCode.XRP_EXPOSURE, f"{value:.2f} > {case.limits.max_xrp_exposure}")


def rlusd_exposure(case: Case) -> Refusal | None:
    """An ask must leave our RLUSD within ``risk.max_rlusd_exposure`` once all our asks are filled."""
    quote = case.quote
    if quote.side is not Side.SELL:
        return None
    total = case.wanted.view.rlusd_total + quote.rlusd
    total += sum((offer.rlusd for offer in case.own()), _ZERO) + sum((beside.rlusd for beside in case.beside()), _ZERO)
    if total <= case.limits.max_rlusd_exposure:
        return None
    return case.refuse(RefusalCode.RLUSD_EXPOSURE, f"{total:.2f} > {case.limits.max_rlusd_exposure}")


def reserve(case: Case) -> Refusal | None:
    """The account's XRP must cover its reserve and the buffer, whatever the side: every offer locks some up."""
    balances, buffer_drops = case.wanted.view.balances, case.limits.reserve_buffer_drops
    needed_drops = balances.reserve_drops + buffer_drops
    if balances.xrp_drops >= needed_drops:
        return None
    return case.refuse(RefusalCode.RESERVE, f"{xrp(needed_drops):.2f} > {xrp(balances.xrp_drops):.2f} XRP")


def free_xrp(case: Case) -> Refusal | None:
    """An ask must be backed in full by what is free beside reserve, buffer and our other asks."""
    if case.quote.side is not Side.SELL:
        return None
    balances = case.wanted.view.balances
    needed_drops = case.quote.xrp_drops
    needed_drops += sum(o.xrp_drops for o in case.own_after()) + sum(q.xrp_drops for q in case.beside())
    free_drops = balances.xrp_drops - balances.reserve_drops - case.limits.reserve_buffer_drops
    if needed_drops <= free_drops:
        return None
    return case.refuse(RefusalCode.INSUFFICIENT_XRP, f"{xrp(needed_drops):.2f} > {xrp(free_drops):.2f}")


def free_rlusd(case: Case) -> Refusal | None:
    """A bid must be backed in full by what is free beside our other bids."""
    if case.quote.side is not Side.BUY:
        return None
    free_rlusd = case.wanted.view.balances.rlusd
    needed_rlusd = case.quote.rlusd
    needed_rlusd += sum((o.rlusd for o in case.own_after()), _ZERO) + sum((q.rlusd for q in case.beside()), _ZERO)
    if needed_rlusd <= free_rlusd:
        return None
    return case.refuse(RefusalCode.INSUFFICIENT_RLUSD, f"{needed_rlusd:.2f} > {free_rlusd:.2f}")


def fee_budget(case: Case) -> Refusal | None:
    """Once the fees of 24 hours have used the budget up, nothing is quoted; cancels go out all the same."""
    spent_drops, most_drops = case.wanted.view.spent.fees_day_drops, case.limits.max_fees_day_drops
    if spent_drops < most_drops:
        return None
    return case.refuse(RefusalCode.FEE_BUDGET, f"{xrp(spent_drops)} >= {xrp(most_drops)} XRP")


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
    fee_budget,
    request_budget,
)
