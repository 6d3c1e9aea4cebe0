"""Where a session stands at this moment, for whoever looks: one fold over what the actors tell, so that the screen, the
plain lines and ``neo status`` say the same.

Messages come thousands a second at full speed and are looked at a few times a second, so taking one in only keeps it;
what is shown is worked out by :meth:`Present.moment`. Nothing here decides anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from neo.analysis.trail import Trail
from neo.chain.money import EXACT, gap_bps, sum_rlusd, to_step, value_rlusd
from neo.chain.prices import mid_price
from neo.messages import (
    ActorRestarted,
    EquitySplit,
    Fill,
    ForkMeasured,
    HaltRaised,
    LossRoom,
    MarketView,
    Message,
    OrdersAllowed,
    OwnOffer,
    QuotingPaused,
    QuotingResumed,
    SessionStarted,
    Side,
    VenueMeasured,
)
from neo.messages.reasons import AbsenceCode, HoldCode, RiskState
from neo.position.pnl import result_rlusd

# The fills that are kept to be shown: more than the tallest terminal has lines.
_FILLS_KEPT = 100
# Finer than any line of bars.
_TRAIL_STEP = Decimal("1e-6")


class SideMoment(msgspec.Struct, frozen=True, kw_only=True):
    """Our quote on one side, by the last ledger.

    ``price`` is the best that rests, None if none does; ``distance_bps`` is from the touch, negative behind it.
    ``code`` says why there is none, always, or what keeps a quote that rests from being renewed, if anything does;
    ``detail`` has its numbers.
    """

    price: Decimal | None
    distance_bps: Decimal | None
    resting: int
    code: str
    detail: str


class LedgerMoment(msgspec.Struct, frozen=True, kw_only=True):
    """The market and our account after the last ledger. None where the market gives no number.

    ``promised_*`` is what our offers would pay if all were filled. ``split`` tells how equity came about,
    ``holding_rlusd`` what the same capital would have brought untraded, ``loss_room`` what may still be lost.
    """

    ledger_index: int
    close_time_s: int
    mid_price: Decimal | None
    pool_price: Decimal | None
    pool_distance_bps: Decimal | None
    best_bid: Decimal | None
    best_ask: Decimal | None
    spread_bps: Decimal | None
    xrp_drops: int
    rlusd: Decimal
    xrp_value_rlusd: Decimal | None
    reserve_drops: int
    promised_drops: int
    promised_rlusd: Decimal
    fees_day_drops: int
    requests_minute: int
    offers: tuple[OwnOffer, ...]
    split: EquitySplit | None
    holding_rlusd: Decimal | None
    loss_room: LossRoom | None

    @property
    def value_rlusd(self) -> Decimal | None:
        """All that we hold, at the mid."""
        return None if self.xrp_value_rlusd is None else EXACT.add(self.xrp_value_rlusd, self.rlusd)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a session. ``ledger`` is None before the first one; ``ending`` is the halt reason, or empty.

    ``last_fills`` are the newest, the last one first. ``servers`` is what a real venue measured last,
    ``results_rlusd`` is the result's way so far, thinned and to six decimals;
    ``fork`` what a venue did that has ours in a fork of a market.
    """

    started: SessionStarted | None
    elapsed_s: int
    tick: int
    state: RiskState | None
    ledger: LedgerMoment | None
    bid: SideMoment
    ask: SideMoment
    fills: int
    bought_drops: int
    sold_drops: int
    last_fills: tuple[Fill, ...]
    refusals: int
    restarts: int
    paused: bool
    pause_cause: str
    ending: str
    ending_detail: str
    results_rlusd: tuple[Decimal, ...] = ()
    servers: VenueMeasured | None = None
    fork: ForkMeasured | None = None


class Present:
    """The fold. ``observe`` every message in order."""

    def __init__(self) -> None:
        self.view: MarketView | None = None
        self.tick = 0
        self.fills = 0
        self.restarts = 0
        self.paused = False
        self.pause_cause = ""
        self._started: SessionStarted | None = None
        self._start_s: int | None = None
        self._verdict: OrdersAllowed | None = None
        self._halt: HaltRaised | None = None
        self._refusals = 0
        self._traded_drops = dict.fromkeys(Side, 0)
        self._filled_index = dict.fromkeys(Side, 0)
        self._results = Trail()
        self._servers: VenueMeasured | None = None
        self._fork: ForkMeasured | None = None
        self._last_fills: deque[Fill] = deque(maxlen=_FILLS_KEPT)
        self._takers: dict[type[Message], Callable[[Any], None]] = {
            SessionStarted: self._on_start,
            MarketView: self._on_view,
            OrdersAllowed: self._on_verdict,
            Fill: self._on_fill,
            ActorRestarted: self._on_restart,
            QuotingPaused: self._on_pause,
            QuotingResumed: self._on_resume,
            HaltRaised: self._on_halt,
            VenueMeasured: self._on_measured,
            ForkMeasured: self._on_fork,
        }

    def observe(self, message: Message) -> None:
        """Take a message in; most kinds change nothing here."""
        taker = self._takers.get(type(message))
        if taker is not None:
            taker(message)

    @property
    def elapsed_s(self) -> int:
        """Market seconds from the start to the last ledger."""
        if self.view is None or self._start_s is None:
            return 0
        return max(0, self.view.close_time_s - self._start_s)

    def moment(self, fills: int = _FILLS_KEPT) -> Moment:
        """Where the session stands now, with the last so many fills at most."""
        view, verdict, halt = self.view, self._verdict, self._halt
        ledger = None if view is None else _ledger(view)
        return Moment(
            started=self._started,
            elapsed_s=self.elapsed_s,
            tick=self.tick,
            state=None if verdict is None else verdict.state,
            ledger=ledger,
            bid=self._side(Side.BUY, ledger),
            ask=self._side(Side.SELL, ledger),
            fills=self.fills,
            bought_drops=self._traded_drops[Side.BUY],
            sold_drops=self._traded_drops[Side.SELL],
            last_fills=tuple(self._last_fills)[:fills],
            refusals=self._refusals,
            restarts=self.restarts,
            paused=self.paused,
            pause_cause=self.pause_cause,
            ending="" if halt is None else str(halt.reason),
            ending_detail="" if halt is None else halt.detail,
            results_rlusd=self._results.points,
            servers=self._servers,
            fork=self._fork,
        )

    # --- Why a side has no quote -------------------------------------------------------------------------------

    def _side(self, side: Side, ledger: LedgerMoment | None) -> SideMoment:
        offers = () if ledger is None else ledger.offers
        prices = [offer.price for offer in offers if offer.side is side and not offer.pending]
        price = max(prices, default=None) if side is Side.BUY else min(prices, default=None)
        obstacle = self._stopped() or self._since(side, offers, price) or self._told(side)
        if price is None and obstacle is None:
            obstacle = self._undecided()
        code, detail = obstacle or ("", "")
        return SideMoment(
            price=price,
            distance_bps=None if ledger is None else _to_touch(side, price, ledger),
            resting=len(prices),
            code=code,
            detail=detail,
        )

    def _stopped(self) -> tuple[str, str] | None:
        """What keeps both sides from being quoted, whatever was decided."""
        if self._halt is not None:
            return AbsenceCode.ENDING, ""
        return (HoldCode.PAUSED, self.pause_cause) if self.paused else None

    def _since(self, side: Side, offers: Sequence[OwnOffer], price: Decimal | None) -> tuple[str, str] | None:
        """What has happened to a side without a quote since it was decided about: one is on its way, or was filled."""
        view, verdict = self.view, self._verdict
        if view is None or price is not None:
            return None
        under_way = [offer.price for offer in offers if offer.side is side]
        judged_index = 0 if verdict is None else verdict.ledger_index
        if verdict is not None and judged_index >= view.ledger_index:
            under_way += [quote.price for quote in verdict.quotes if quote.side is side]
        if under_way:
            return HoldCode.ORDER_PENDING, f"at {under_way[-1]:.6g}"
        filled_index = self._filled_index[side]
        return (AbsenceCode.FILLED, f"in ledger {filled_index}") if filled_index > judged_index else None

    def _told(self, side: Side) -> tuple[str, str] | None:
        """What the last decision said against quoting a side."""
        if self._verdict is None:
            return None
        refused = (refusal for refusal in self._verdict.refusals if refusal.side is side)
        held = (
            held
            for held in self._verdict.held_back
            # An order under way is seen among the offers; a pause that is over keeps nothing back.
            if held.side in (side, None) and held.code not in (HoldCode.ORDER_PENDING, HoldCode.PAUSED)
        )
        first = next(refused, None) or next(held, None)
        return None if first is None else (str(first.code), first.detail)

    def _undecided(self) -> tuple[str, str]:
        if self.view is None:
            return AbsenceCode.STARTING, ""
        judged_index = 0 if self._verdict is None else self._verdict.ledger_index
        return AbsenceCode.UNDECIDED, f"the last decision was on ledger {judged_index}" if judged_index else ""

    # --- Take in -----------------------------------------------------------------------------------------------

    def _on_start(self, message: SessionStarted) -> None:
        self._started = message
        self._start_s = message.close_time_s

    def _on_view(self, message: MarketView) -> None:
        self.view = message
        if message.split is not None:
            self._results.add(to_step(result_rlusd(message.split), _TRAIL_STEP))
        if self._start_s is None:  # telemetry may drop messages, the first one too
            self._start_s = message.close_time_s

    def _on_verdict(self, message: OrdersAllowed) -> None:
        self.tick = message.tick
        self._verdict = message
        self._refusals += len(message.refusals)

    def _on_fill(self, message: Fill) -> None:
        self.fills += 1
        self._traded_drops[message.side] += message.xrp_drops
        self._filled_index[message.side] = message.ledger_index
        self._last_fills.appendleft(message)

    def _on_restart(self, _message: ActorRestarted) -> None:
        self.restarts += 1

    def _on_pause(self, message: QuotingPaused) -> None:
        self.paused, self.pause_cause = True, message.cause

    def _on_resume(self, _message: QuotingResumed) -> None:
        self.paused, self.pause_cause = False, ""

    def _on_measured(self, message: VenueMeasured) -> None:
        self._servers = message

    def _on_fork(self, message: ForkMeasured) -> None:
        self._fork = message

    def _on_halt(self, message: HaltRaised) -> None:
        if self._halt is None:
            self._halt = message


def _ledger(view: MarketView) -> LedgerMoment:
    mid = mid_price(view.bids, view.asks, view.pool)
    best_bid = view.bids[0].price if view.bids else None
    best_ask = view.asks[0].price if view.asks else None
    pool = view.pool.price if view.pool else None
    return LedgerMoment(
        ledger_index=view.ledger_index,
        close_time_s=view.close_time_s,
        mid_price=mid,
        pool_price=pool,
        pool_distance_bps=gap_bps(pool, mid, mid),
        best_bid=best_bid,
        best_ask=best_ask,
        spread_bps=gap_bps(best_ask, best_bid, mid),
        xrp_drops=view.xrp_total_drops,
        rlusd=view.rlusd_total,
        xrp_value_rlusd=None if mid is None else value_rlusd(view.xrp_total_drops, mid),
        reserve_drops=view.balances.reserve_drops,
        promised_drops=sum(offer.xrp_drops for offer in view.own_offers if offer.side is Side.SELL),
        promised_rlusd=sum_rlusd(offer.rlusd for offer in view.own_offers if offer.side is Side.BUY),
        fees_day_drops=view.spent.fees_day_drops,
        requests_minute=view.spent.requests_minute,
        offers=view.own_offers,
        split=view.split,
        holding_rlusd=view.holding_rlusd,
        loss_room=view.loss_room,
    )


def _to_touch(side: Side, price: Decimal | None, ledger: LedgerMoment) -> Decimal | None:
    if side is Side.BUY:
        return gap_bps(price, ledger.best_bid, ledger.mid_price)
    return gap_bps(ledger.best_ask, price, ledger.mid_price)
