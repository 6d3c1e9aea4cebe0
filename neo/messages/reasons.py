"""Why a quote is not on the book: the one list of refusal codes, hold codes and absence codes, and of risk states.

A *refusal* is a risk gate's word about a quote that the strategy wanted; a quote is *held back* before it is wanted, or
after risk let it pass and just before it would have left. A side is *absent* while no decision is about it: before the
first ledger, between a fill and the next tick, and at the end. Codes are a contract: reports count by them and the
tables of ``docs/codes.md`` are made from them. Numbers go to the detail beside the code.
"""

from __future__ import annotations

import enum


class RiskState(enum.StrEnum):
    """How freely the engine may quote."""

    ACTIVE = "active"
    REDUCE_ONLY = "reduce_only"
    HALTED = "halted"


class RefusalCode(enum.StrEnum):
    """The gates' codes."""

    HALTED = "halted"
    REDUCE_ONLY = "reduce_only"
    XRP_EXPOSURE = "xrp_exposure"
    RLUSD_EXPOSURE = "rlusd_exposure"
    ORDER_SIZE = "order_size"
    PRICE_BAND = "price_band"
    SELF_CROSS = "self_cross"
    RESERVE = "reserve"
    INSUFFICIENT_XRP = "insufficient_xrp"
    INSUFFICIENT_RLUSD = "insufficient_rlusd"
    LOSS_ROOM = "loss_room"
    FEE_BUDGET = "fee_budget"
    REQUEST_BUDGET = "request_budget"


class HoldCode(enum.StrEnum):
    """Why a side, or a level of it, is left without a quote before risk is asked or after it said yes."""

    NO_ANCHOR = "no_anchor"
    CROSSED_BOOK = "crossed_book"
    ANCHOR_DIVERGED = "anchor_diverged"
    ORDER_PENDING = "order_pending"
    NOT_VIABLE = "not_viable"
    BELOW_MINIMUM = "below_minimum"
    STALE_VERDICT = "stale_verdict"
    PAUSED = "paused"
    REPLACED_GONE = "replaced_gone"
    WOULD_CROSS = "would_cross"
    WOULD_FAIL = "would_fail"
    FROZEN = "frozen"
    FEE_ABOVE_CAP = "fee_above_cap"


class AbsenceCode(enum.StrEnum):
    """Why a side has no quote though nothing refused or held back one: what an operator sees, never a decision."""

    STARTING = "starting"
    FILLED = "filled"
    UNDECIDED = "undecided"
    ENDING = "ending"


# What each code means to an operator. The tables of ``docs/codes.md`` are made from these.
REFUSAL_MEANINGS: dict[RefusalCode, str] = {
    RefusalCode.HALTED: "a limit is broken already: the session is ending",
    RefusalCode.REDUCE_ONLY: "near an exposure limit (`risk.reduce_only_percent`), and this side adds to it",
    RefusalCode.XRP_EXPOSURE: "with every bid filled, XRP would be worth more than `risk.max_xrp_exposure`",
    RefusalCode.RLUSD_EXPOSURE: "with every ask filled, RLUSD would be more than `risk.max_rlusd_exposure`",
    RefusalCode.ORDER_SIZE: "the order is larger than `risk.max_order_rlusd`",
    RefusalCode.PRICE_BAND: "the price is further than `risk.price_band_bps` from the anchor, or there is no anchor",
    RefusalCode.SELF_CROSS: "the quote would meet our own offer, which the ledger would delete in silence",
    RefusalCode.RESERVE: "with every ask filled, reserve and `risk.reserve_buffer_xrp` would not be covered",
    RefusalCode.INSUFFICIENT_XRP: "not enough free XRP beside reserve, buffer and our asks, a replaced one included",
    RefusalCode.INSUFFICIENT_RLUSD: "not enough RLUSD beside our bids, a replaced one included",
    RefusalCode.LOSS_ROOM: "a fall by `risk.adverse_move_bps` would break a loss limit, with all our bids filled",
    RefusalCode.FEE_BUDGET: "the fees of the last 24 hours have used up `risk.max_fees_day_xrp`",
    RefusalCode.REQUEST_BUDGET: "what cancels don't need of `risk.max_requests_minute` is used up",
}

HOLD_MEANINGS: dict[HoldCode, str] = {
    HoldCode.NO_ANCHOR: "neither a pool nor a two-sided book gives a price",
    HoldCode.CROSSED_BOOK: "the book was read with a bid at or above an ask, so it can't be trusted",
    HoldCode.ANCHOR_DIVERGED: "pool and book are over `strategy.anchor_max_divergence_bps` apart: neither is trusted",
    HoldCode.ORDER_PENDING: "an order of this side is under way, and its outcome not yet known",
    HoldCode.NOT_VIABLE: "the least distance that is worth the risk is beyond what the pool lets us ask for",
    HoldCode.BELOW_MINIMUM: "behind the market, no size above `order_size.min_remainder_rlusd` can be placed",
    HoldCode.STALE_VERDICT: "a newer ledger closed while the quote was being decided",
    HoldCode.PAUSED: "an operator said pause, and has not said resume yet",
    HoldCode.REPLACED_GONE: "the offer to be replaced is gone: filled meanwhile, a new one would double it",
    HoldCode.WOULD_CROSS: "on the ledger's own rules the offer would take from the book or the pool",
    HoldCode.WOULD_FAIL: "on the ledger's own rules the offer would fail",
    HoldCode.FROZEN: "our line or its issuer is frozen: a frozen maker would go on buying what it can't sell",
    HoldCode.FEE_ABOVE_CAP: "under load the ledger asks for a fee above the cap: cancels go at the cap, offers wait",
}

ABSENCE_MEANINGS: dict[AbsenceCode, str] = {
    AbsenceCode.STARTING: "no ledger has been seen yet: quotes come with the first tick",
    AbsenceCode.FILLED: "what rested was filled, and the next tick has yet to place another",
    AbsenceCode.UNDECIDED: "nothing of this side rests, and the decision on the newest ledger has not come yet",
    AbsenceCode.ENDING: "the session is ending: what rests is pulled, and nothing is placed any more",
}
