"""One tick's verdict: how freely we may quote, what passes every gate, and what must go.

``active``
    Every quote is judged by the gates.
``reduce_only``
    What we hold of XRP or RLUSD is near its limit: the side that would add to it is refused, and what rests of that
    side is withdrawn. Near both limits it is the side that adds to the one that is used up more: the other side then
    trades the two into balance, in sizes that fit under its own limit.
``halted``
    A limit is broken already: every quote is refused, and the session ends with the limit's own halt reason.

A limit on XRP's value needs a price that the engine trusts: without an anchor nobody is halted for a value.
"""

from __future__ import annotations

import itertools
from decimal import Decimal

from neo.chain.money import RATIO, value_rlusd
from neo.messages import OrdersAllowed, Quote, QuotesWanted, Refusal, Side
from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import RefusalCode, RiskState
from neo.risk.gates import GATES, Case
from neo.risk.limits import RiskLimits
from neo.risk.room import Room

_ZERO = Decimal(0)


def judge(limits: RiskLimits, wanted: QuotesWanted) -> OrdersAllowed:
    """Let pass what every gate lets pass.

    Returns:
        What may go out, with all refusals, and the cause to end the session if a limit is broken already.
    """
    anchor = wanted.anchor_price
    xrp_value = None if anchor is None else value_rlusd(wanted.view.xrp_total_drops, anchor)
    halt = _halt(limits, xrp_value, wanted.view.rlusd_total)
    adding = _adding(limits, xrp_value, wanted.view.rlusd_total)
    passed: tuple[Quote, ...] = ()
    refused: dict[int, Refusal] = {}
    for place, quote in _in_turn(wanted):
        if halt is not None:
            refusal: Refusal | None = Refusal(RefusalCode.HALTED, quote.side, halt.detail)
        else:
            refusal = _first_refusal(_case(limits, wanted, adding, passed, quote))
        if refusal is None:
            passed = (*passed, quote)
        else:
            refused[place] = refusal
    # What can't be renewed must not stay behind at an old price.
    stranded = [wanted.quotes[place].replaces for place in sorted(refused)]
    if halt is not None:
        state = RiskState.HALTED
    else:
        state = RiskState.REDUCE_ONLY if adding else RiskState.ACTIVE
        leaving = adding | _breaking(limits, wanted)
        stranded += [offer.order_id for offer in wanted.view.own_offers if offer.side in leaving and not offer.pending]
    return OrdersAllowed(
        tick=wanted.tick,
        ledger_index=wanted.view.ledger_index,
        state=state,
        anchor_price=anchor,
        held_back=wanted.held_back,
        quotes=tuple(quote for place, quote in enumerate(wanted.quotes) if place not in refused),
        withdraw=tuple(dict.fromkeys((*wanted.withdraw, *filter(None, stranded)))),
        refusals=tuple(refused[place] for place in sorted(refused)),
        halt=halt,
    )


def _in_turn(wanted: QuotesWanted) -> list[tuple[int, Quote]]:
    """The quotes as they are judged, each with its place: level by level, and at every other tick the ask first.

    What is short for both sides, the minute's requests, would otherwise always be missing on the same one.
    """
    first = Side.BUY if wanted.tick % 2 else Side.SELL
    levels = {side: itertools.count() for side in Side}
    turns = [
        (next(levels[quote.side]), quote.side is not first, place, quote) for place, quote in enumerate(wanted.quotes)
    ]
    return [(place, quote) for _, _, place, quote in sorted(turns, key=_turn)]


def _turn(turn: tuple[int, bool, int, Quote]) -> tuple[int, bool]:
    return turn[:2]


def _case(
    limits: RiskLimits, wanted: QuotesWanted, adding: frozenset[Side], passed: tuple[Quote, ...], quote: Quote
) -> Case:
    own = {offer.order_id for offer in wanted.view.own_offers}
    room = Room(
        limits,
        wanted.view,
        wanted.anchor_price or quote.price,
        quotes=len(wanted.quotes),
        # An offer can be replaced once; whatever else comes is an object more.
        objects=len(wanted.quotes) - len(own & {each.replaces for each in wanted.quotes}),
        beside=passed,
    )
    return Case(limits, wanted, adding, passed, quote, room, room.load(quote.side).beside(quote))


def _first_refusal(case: Case) -> Refusal | None:
    for gate in GATES:
        refusal = gate(case)
        if refusal is not None:
            return refusal
    return None


def _halt(limits: RiskLimits, xrp_value: Decimal | None, rlusd_total: Decimal) -> Halt | None:
    """The cause to end the session if what we hold exceeds a limit already."""
    for reason, held, limit in (
        (HaltReason.RISK_XRP_EXPOSURE, xrp_value, limits.max_xrp_exposure),
        (HaltReason.RISK_RLUSD_EXPOSURE, rlusd_total, limits.max_rlusd_exposure),
    ):
        if held is not None and held > limit:
            return Halt(reason, f"{held:.2f} > {limit}", "risk")
    return None


def _adding(limits: RiskLimits, xrp_value: Decimal | None, rlusd_total: Decimal) -> frozenset[Side]:
    """The side that adds to what is near its limit: bids to XRP, asks to RLUSD; near both, to what is nearer."""
    xrp_share = _ZERO if xrp_value is None else RATIO.divide(xrp_value, limits.max_xrp_exposure)
    rlusd_share = RATIO.divide(rlusd_total, limits.max_rlusd_exposure)
    if max(xrp_share, rlusd_share) <= limits.reduce_only_share:
        return frozenset()
    return frozenset({Side.BUY if xrp_share >= rlusd_share else Side.SELL})


def _breaking(limits: RiskLimits, wanted: QuotesWanted) -> frozenset[Side]:
    """The sides whose offers, filled as they rest, would break a limit by now: prices and balances have moved."""
    if wanted.anchor_price is None or not wanted.view.own_offers:
        return frozenset()
    room = Room(limits, wanted.view, wanted.anchor_price)
    return frozenset(side for side in Side if not room.holds(side))
