"""A session's results in one struct: what reports print, experiments keep and comparisons put side by side."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from neo.analysis.course import Course
from neo.analysis.flow import Flow
from neo.analysis.markouts import MarkOut, mark_outs
from neo.analysis.touch import QuoteTime, SideTouch, quote_time, side_touch
from neo.analysis.twin_error import TwinError
from neo.chain.money import EXACT, plain, sum_rlusd
from neo.messages import CapitalMoved, EquitySplit, Record, Side
from neo.position.pnl import result_rlusd
from neo.watch.loss_limits import Losses


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What a session came to. Money is exact; shares, distances and mark-outs are statistics.

    ``drawdown_rlusd`` is the most that the result was ever below its best, ``holding_rlusd`` what the same capital
    would have brought untraded. ``offers_sent`` and ``cancels_sent`` are transactions; a replaced one needs no cancel.
    ``duration_s`` is from the opening's ledger to the last one's, ``capital_moves`` are what came or went in between.
    ``twin`` is how far paper was off, where it ran beside.
    """

    duration_s: int
    ledgers: int
    fills: int
    taker_fills: int
    bought_drops: int
    sold_drops: int
    xrp_end_drops: int
    rlusd_end: Decimal
    mid_price_start: float | None
    mid_price_end: float | None
    split: EquitySplit | None
    holding_rlusd: Decimal | None
    drawdown_rlusd: Decimal | None
    turnover_rlusd: Decimal
    offers_sent: int
    cancels_sent: int
    capital_moves: tuple[CapitalMoved, ...]
    checks: int
    checks_exact: int
    touch_bid: SideTouch
    touch_ask: SideTouch
    quotes: QuoteTime
    mark_outs: tuple[MarkOut, ...]
    flow: Flow
    twin: TwinError | None = None

    @property
    def result_rlusd(self) -> Decimal | None:
        """What trading and the market brought, capital flows left out, exact."""
        return None if self.split is None else result_rlusd(self.split)

    @property
    def against_holding_rlusd(self) -> Decimal | None:
        """How much more the session brought than the same capital untraded, exact."""
        if self.split is None or self.holding_rlusd is None:
            return None
        return plain(EXACT.subtract(result_rlusd(self.split), self.holding_rlusd))

    @property
    def orders_sent(self) -> int:
        """Transactions sent: offers and cancels."""
        return self.offers_sent + self.cancels_sent


def results_of(course: Course) -> Results:
    """Work the results out of a course that has seen the whole journal."""
    rows, fills = course.rows, course.fills
    started = course.started
    start_s = rows[0].close_time_s if started is None and rows else 0 if started is None else started.close_time_s
    mids = {row.ledger_index: row.mid for row in rows if row.mid is not None}
    opening_index = None if started is None else started.ledger_index
    xrp_end, rlusd_end = course.balances
    return Results(
        duration_s=rows[-1].close_time_s - start_s if rows else 0,
        ledgers=len(rows),
        fills=len(fills),
        taker_fills=sum(fill.taker for fill in fills),
        bought_drops=sum(fill.xrp_drops for fill in fills if fill.side is Side.BUY),
        sold_drops=sum(fill.xrp_drops for fill in fills if fill.side is Side.SELL),
        xrp_end_drops=xrp_end,
        rlusd_end=rlusd_end,
        mid_price_start=next(iter(mids.values()), None),
        mid_price_end=next(reversed(mids.values()), None),
        split=course.split,
        holding_rlusd=course.holding_rlusd,
        drawdown_rlusd=course.drawdown_rlusd,
        turnover_rlusd=sum_rlusd(fill.rlusd for fill in fills),
        offers_sent=course.offers_sent,
        cancels_sent=course.cancels_sent,
        capital_moves=tuple(moved for moved in course.capital if moved.ledger_index != opening_index),
        checks=course.checks,
        checks_exact=course.checks_exact,
        touch_bid=side_touch([row.distance_bid_bps for row in rows if row.distance_bid_bps is not None]),
        touch_ask=side_touch([row.distance_ask_bps for row in rows if row.distance_ask_bps is not None]),
        quotes=quote_time([(row.own_bid is not None, row.own_ask is not None) for row in rows]),
        mark_outs=mark_outs(fills, mids),
        flow=course.flow,
        twin=course.twin_error,
    )


def course_of(records: Iterable[Record], exact_every: int = 1, losses: Losses | None = None) -> Course:
    """The course that these records tell."""
    course = Course(exact_every, losses)
    for record in records:
        course.apply(record)
    return course
