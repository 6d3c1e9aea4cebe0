"""What the screen knows of a session: a fold over telemetry messages, cheap for each of them.

Messages come thousands a second at full speed and are drawn a few times a second, so taking one in only keeps it;
what is shown is worked out when it is drawn. Nothing here decides anything: figures for people may be floats.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from neo.dealing import mid_price
from neo.messages import (
    ActorRestarted,
    Fill,
    HaltRaised,
    MarketView,
    Message,
    OrdersAllowed,
    QuotingPaused,
    QuotingResumed,
    SessionStarted,
    Side,
)
from neo.money import distance_bps, value_rlusd


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a session, as the screen shows it. None where the market gives no number."""

    elapsed_s: int
    share: float
    ledger_index: int
    tick: int
    mid: Decimal | None
    pool: Decimal | None
    pool_distance_bps: Decimal | None
    spread_bps: Decimal | None
    bid: Decimal | None
    bid_distance_bps: Decimal | None
    ask: Decimal | None
    ask_distance_bps: Decimal | None
    no_bid_reason: str
    no_ask_reason: str
    xrp_drops: int
    rlusd: Decimal
    value_rlusd: Decimal | None
    equity_change_rlusd: Decimal | None


class Course:
    """The session so far.

    Args:
        duration_s: How long it is to last, in market seconds.
    """

    def __init__(self, duration_s: int) -> None:
        self.duration_s = duration_s
        self.started: SessionStarted | None = None
        self.view: MarketView | None = None
        self.tick = 0
        self.fills = 0
        self.bought_drops = 0
        self.sold_drops = 0
        self.refusals = 0
        self.restarts = 0
        self.warnings = 0
        self.paused = False
        self.last_note = ""
        self._orders: OrdersAllowed | None = None
        self._start_s: int | None = None
        self._equity_start: Decimal | None = None
        self._takers: dict[type[Message], Callable[[Any], str | None]] = {
            SessionStarted: self._on_start,
            MarketView: self._on_view,
            OrdersAllowed: self._on_orders,
            Fill: self._on_fill,
            ActorRestarted: self._on_restart,
            QuotingPaused: self._on_pause,
            QuotingResumed: self._on_resume,
            HaltRaised: self._on_halt,
        }

    def observe(self, message: Message) -> str | None:
        """Take a message in.

        Returns:
            A line to tell the operator at once, if the message is worth one.
        """
        taker = self._takers.get(type(message))
        note = None if taker is None else taker(message)
        if note is not None:
            self.last_note = note
        return note

    def warn(self, note: str) -> None:
        """Take in a warning that came another way (the log's)."""
        self.warnings += 1
        self.last_note = note

    @property
    def elapsed_s(self) -> int | None:
        """Market seconds since the start, or None before the first ledger."""
        if self.view is None or self._start_s is None:
            return None
        return max(0, self.view.close_time_s - self._start_s)

    def figures(self) -> Figures | None:
        """The present moment, or None before the first ledger."""
        view = self.view
        elapsed_s = self.elapsed_s
        if view is None or elapsed_s is None:
            return None
        mid = mid_price(view.bids, view.asks, view.pool)
        best_bid = view.bids[0].price if view.bids else None
        best_ask = view.asks[0].price if view.asks else None
        pool = view.pool.price if view.pool else None
        bid = max((offer.price for offer in view.own_offers if offer.side is Side.BUY), default=None)
        ask = min((offer.price for offer in view.own_offers if offer.side is Side.SELL), default=None)
        value = None if mid is None else _equity(view.xrp_total_drops, view.rlusd_total, mid)
        change = None if value is None or self._equity_start is None else value - self._equity_start
        return Figures(
            elapsed_s=elapsed_s,
            share=min(1.0, elapsed_s / self.duration_s),
            ledger_index=view.ledger_index,
            tick=self.tick,
            mid=mid,
            pool=pool,
            pool_distance_bps=_distance(pool, mid, mid),
            spread_bps=_distance(best_ask, best_bid, mid),
            bid=bid,
            bid_distance_bps=_distance(bid, best_bid, mid),
            ask=ask,
            ask_distance_bps=_distance(best_ask, ask, mid),
            no_bid_reason=self._unquoted(Side.BUY),
            no_ask_reason=self._unquoted(Side.SELL),
            xrp_drops=view.xrp_total_drops,
            rlusd=view.rlusd_total,
            value_rlusd=value,
            equity_change_rlusd=change,
        )

    def _unquoted(self, side: Side) -> str:
        """Why the last tick left a side without a quote: the first code that says so, or nothing."""
        if self._orders is None:
            return ""
        refused = [refusal.code for refusal in self._orders.refusals if refusal.side is side]
        held = [hold.code for hold in self._orders.held_back if hold.side in (side, None)]
        return next(iter([*refused, *held]), "")

    def _on_start(self, message: SessionStarted) -> None:
        self.started = message
        self._start_s = message.close_time_s

    def _on_view(self, message: MarketView) -> None:
        self.view = message
        if self._start_s is None:  # telemetry may drop messages, the first one too
            self._start_s = message.close_time_s
        if self._equity_start is None:
            mid = mid_price(message.bids, message.asks, message.pool)
            if mid is not None:
                opening = self.started.opening if self.started else None
                drops = opening.xrp_drops if opening else message.xrp_total_drops
                rlusd = opening.rlusd if opening else message.rlusd_total
                self._equity_start = _equity(drops, rlusd, mid)

    def _on_orders(self, message: OrdersAllowed) -> None:
        self.tick = message.tick
        self._orders = message
        self.refusals += len(message.refusals)

    def _on_fill(self, message: Fill) -> None:
        self.fills += 1
        if message.side is Side.BUY:
            self.bought_drops += message.xrp_drops
        else:
            self.sold_drops += message.xrp_drops

    def _on_restart(self, _message: ActorRestarted) -> None:
        self.restarts += 1  # told by the log's warning

    def _on_pause(self, message: QuotingPaused) -> str:
        self.paused = True
        return f"paused: {message.cause}"

    def _on_resume(self, message: QuotingResumed) -> str:
        self.paused = False
        return f"resumed: {message.cause}"

    def _on_halt(self, message: HaltRaised) -> str:
        what = "ending" if message.first else "also"
        return f"{what}: {message.reason} ({message.detail})" if message.detail else f"{what}: {message.reason}"


def _equity(xrp_drops: int, rlusd: Decimal, mid: Decimal) -> Decimal:
    return value_rlusd(xrp_drops, mid) + rlusd


def _distance(higher: Decimal | None, lower: Decimal | None, mid: Decimal | None) -> Decimal | None:
    if higher is None or lower is None or mid is None:
        return None
    return distance_bps(higher - lower, mid)
