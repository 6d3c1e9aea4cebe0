"""What may leave: each gate a pure function with its own refusal code; a refusal is a value with its numbers.

Open orders count as filled: a quote passes only if every limit still holds with all of its side's offers taken.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from neo.halt import HaltReason
from neo.messages import HaltRequested, MarketView, OrdersAllowed, Quote, QuotesWanted, Refusal, Side
from neo.money import value_rlusd, xrp
from neo.reasons import RefusalCode, RiskState

# What another offer's owner count would lock up, and the fees of a few transactions, must stay free beside a sale.
_FEE_BUFFER_DROPS = 1_000


class RiskLimits(msgspec.Struct, frozen=True):
    """The limits, both as values in RLUSD: of all XRP held, and of RLUSD held."""

    max_xrp_exposure: Decimal
    max_rlusd_exposure: Decimal


def judge(limits: RiskLimits, wanted: QuotesWanted) -> OrdersAllowed:
    """Let pass what every gate lets pass.

    Returns:
        What may go out, with all refusals, and the cause to end the session if a limit is broken already.
    """
    allowed: list[Quote] = []
    refusals: list[Refusal] = []
    halt = exposure_halt(limits, wanted.view, wanted.anchor_price)
    for quote in wanted.quotes if halt is None else ():
        for gate in GATES:
            refusal = gate(limits, wanted, quote)
            if refusal is not None:
                refusals.append(refusal)
                break
        else:
            allowed.append(quote)
    return OrdersAllowed(
        tick=wanted.tick,
        ledger_index=wanted.view.ledger_index,
        state=RiskState.ACTIVE if halt is None else RiskState.HALTED,
        anchor_price=wanted.anchor_price,
        held_back=wanted.held_back,
        quotes=tuple(allowed),
        withdraw=(*wanted.withdraw, *_stranded(refusals, wanted)),
        refusals=tuple(refusals),
        halt=halt,
    )


def exposure_halt(limits: RiskLimits, view: MarketView, price: Decimal | None) -> HaltRequested | None:
    """The cause to end the session if what we hold exceeds a limit already."""
    if price is not None:
        held = value_rlusd(view.xrp_total_drops, price)
        if held > limits.max_xrp_exposure:
            return _halt(HaltReason.RISK_XRP_EXPOSURE, held, limits.max_xrp_exposure)
    if view.rlusd_total > limits.max_rlusd_exposure:
        return _halt(HaltReason.RISK_RLUSD_EXPOSURE, view.rlusd_total, limits.max_rlusd_exposure)
    return None


def _halt(reason: HaltReason, value: Decimal, limit: Decimal) -> HaltRequested:
    return HaltRequested(reason=reason, detail=f"{value:.2f} > {limit}", source="risk")


def xrp_exposure(limits: RiskLimits, wanted: QuotesWanted, quote: Quote) -> Refusal | None:
    """A bid must leave the value of our XRP within ``risk.max_xrp_exposure`` once all our bids are filled."""
    if quote.side is not Side.BUY:
        return None
    bids_drops = quote.xrp_drops + _others_drops(wanted, quote)
    value = value_rlusd(wanted.view.xrp_total_drops + bids_drops, quote.price)
    if value <= limits.max_xrp_exposure:
        return None
    return Refusal(RefusalCode.XRP_EXPOSURE, quote.side, f"{value:.2f} > {limits.max_xrp_exposure}")


def rlusd_exposure(limits: RiskLimits, wanted: QuotesWanted, quote: Quote) -> Refusal | None:
    """An ask must leave our RLUSD within ``risk.max_rlusd_exposure`` once all our asks are filled."""
    if quote.side is not Side.SELL:
        return None
    total = wanted.view.rlusd_total + quote.rlusd + _others_rlusd(wanted, quote)
    if total <= limits.max_rlusd_exposure:
        return None
    return Refusal(RefusalCode.RLUSD_EXPOSURE, quote.side, f"{total:.2f} > {limits.max_rlusd_exposure}")


def free_balance(limits: RiskLimits, wanted: QuotesWanted, quote: Quote) -> Refusal | None:  # noqa: ARG001 - one signature for all gates
    """An offer must be backed in full by what is free beside the reserve and our other offers of its side."""
    balances = wanted.view.balances
    if quote.side is Side.BUY:
        needed, free = quote.rlusd + _others_rlusd(wanted, quote), balances.rlusd
        if needed <= free:
            return None
        return Refusal(RefusalCode.INSUFFICIENT_RLUSD, quote.side, f"{needed:.2f} > {free:.2f}")
    needed_drops = quote.xrp_drops + _others_drops(wanted, quote)
    free_drops = balances.xrp_drops - balances.reserve_drops - _FEE_BUFFER_DROPS
    if needed_drops <= free_drops:
        return None
    return Refusal(RefusalCode.INSUFFICIENT_XRP, quote.side, f"{xrp(needed_drops):.2f} > {xrp(free_drops):.2f}")


def self_cross(limits: RiskLimits, wanted: QuotesWanted, quote: Quote) -> Refusal | None:  # noqa: ARG001 - one signature for all gates
    """A quote must not meet our own: the ledger would delete the older offer in silence."""
    others = [(o.side, o.price) for o in wanted.view.own_offers] + [(q.side, q.price) for q in wanted.quotes]
    for side, price in others:
        bid, ask = (quote.price, price) if quote.side is Side.BUY else (price, quote.price)
        if side is not quote.side and bid >= ask:
            return Refusal(RefusalCode.SELF_CROSS, quote.side, f"bid {bid} >= ask {ask}")
    return None


Gate = Callable[[RiskLimits, QuotesWanted, Quote], Refusal | None]
GATES: tuple[Gate, ...] = (xrp_exposure, rlusd_exposure, free_balance, self_cross)


def _others_drops(wanted: QuotesWanted, quote: Quote) -> int:
    """Drops in our other offers of the quote's side; the one it replaces goes with it."""
    own = wanted.view.own_offers
    return sum(o.xrp_drops for o in own if o.side is quote.side and o.order_id != quote.replaces)


def _others_rlusd(wanted: QuotesWanted, quote: Quote) -> Decimal:
    own = wanted.view.own_offers
    return sum((o.rlusd for o in own if o.side is quote.side and o.order_id != quote.replaces), Decimal(0))


def _stranded(refusals: list[Refusal], wanted: QuotesWanted) -> tuple[str, ...]:
    """Resting offers of a side whose new quote was refused: they must not stay behind at an old price."""
    sides = {refusal.side for refusal in refusals}
    return tuple(q.replaces for q in wanted.quotes if q.side in sides and q.replaces is not None)
