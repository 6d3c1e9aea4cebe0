"""A session's course, ledger by ledger: what charts and statistics are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from neo.analysis.flow import Flow, FlowFold
from neo.analysis.twin_error import TwinError, TwinFold, TwinRow
from neo.analysis.venue_use import QuoteSpeed, RequestUse, VenueUseFold
from neo.chain.money import EXACT, plain, xrp
from neo.messages import (
    Absence,
    CapitalMoved,
    EquitySplit,
    FeePaid,
    Fill,
    ForkMeasured,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    SessionEnded,
    SessionStarted,
    SettlementBegun,
    Standing,
    TakerTraded,
    TwinObserved,
    VenueMeasured,
)
from neo.position.pnl import ProfitAndLoss
from neo.watch.absence import AbsenceCount
from neo.watch.loss_limits import Losses


class LedgerRow(NamedTuple):
    """One ledger, in figures for people. Money is exact elsewhere; None where there is none."""

    ledger_index: int
    close_time_s: int
    mid: float | None
    best_bid: float | None
    best_ask: float | None
    pool: float | None
    own_bid: float | None
    own_ask: float | None
    distance_bid_bps: float | None
    distance_ask_bps: float | None
    xrp: float
    rlusd: float
    equity: float | None
    spread: float | None
    revaluation: float | None
    fees: float | None
    capital: float | None
    holding: float | None


def ledger_row(seen: LedgerObserved, split: EquitySplit | None, holding_rlusd: Decimal | None) -> LedgerRow:
    """A ledger's row.

    Args:
        seen: What was seen of it.
        split: Where equity stands by it; None before the first mid.
        holding_rlusd: What the same capital would have brought untraded.
    """
    return LedgerRow(
        seen.ledger_index,
        seen.close_time_s,
        _float(seen.mid_price),
        _float(seen.best_bid),
        _float(seen.best_ask),
        _float(seen.pool_price),
        _float(seen.own_bid),
        _float(seen.own_ask),
        _float(seen.distance_to_clob_bid_bps),
        _float(seen.distance_to_clob_ask_bps),
        float(xrp(seen.xrp_drops)),
        float(seen.rlusd),
        None if split is None else float(split.equity_end_rlusd),
        None if split is None else float(split.spread_captured_rlusd),
        None if split is None else float(split.inventory_revaluation_rlusd),
        None if split is None else float(split.fees_rlusd),
        None if split is None else float(split.capital_flows_rlusd),
        None if split is None else _float(holding_rlusd),
    )


class Drawdown:
    """The most that a result ever was below its best until then, exact."""

    def __init__(self) -> None:
        self._best_rlusd = Decimal(0)
        self.most_rlusd = Decimal(0)

    def add(self, result_rlusd: Decimal) -> None:
        """Take the next moment's result in."""
        self._best_rlusd = max(self._best_rlusd, result_rlusd)
        self.most_rlusd = max(self.most_rlusd, EXACT.subtract(self._best_rlusd, result_rlusd))


class Course:
    """The fold over a journal. ``apply`` every record in order; the rest is there to be read.

    Args:
        exact_every: The identity of equity is worked out at every so many ledgers for the rows, and at the end.
        losses: Takes all records in as well, if they are to be held against limits.
    """

    def __init__(self, exact_every: int = 1, losses: Losses | None = None) -> None:
        self.losses = losses
        self.started: SessionStarted | None = None
        self.rows: list[LedgerRow] = []
        self.fills: list[Fill] = []
        self.capital: list[CapitalMoved] = []
        self.checks = 0
        self.checks_exact = 0
        self.offers_sent = 0
        self.cancels_sent = 0
        self.standing: Standing | None = None
        # What became of others' transactions in a fork of the market; None where there is none.
        self.fork: ForkMeasured | None = None
        self._pnl = ProfitAndLoss()
        self._flow = FlowFold()
        self._absence = AbsenceCount()
        self._venue_use = VenueUseFold()
        self._twin = TwinFold()
        self._exact_every = exact_every
        self._split: EquitySplit | None = None
        self._drawdown = Drawdown()
        self._takers = self._taken()

    def apply(self, record: Record) -> None:
        """Take one record in; kinds that tell nothing of the course change nothing."""
        for take in self._takers.get(type(record), ()):
            take(record)
        if self.losses is not None:
            self.losses.apply(record)

    def _taken(self) -> dict[type[Record], tuple[Callable[[Any], None], ...]]:
        """Who takes each kind of record in, in their order: most kinds of record are for few of them."""
        pnl, flow, absence, twin = self._pnl.apply, self._flow.apply, self._absence.apply, self._twin.apply
        return {
            SessionStarted: (pnl, absence, self._start),
            LedgerObserved: (pnl, flow, absence, twin, self._observe),
            QuotesJudged: (flow, absence),
            OrderIntended: (twin, self._count_order),
            OrderSigned: (twin,),
            OrderChanged: (flow, twin),
            Fill: (pnl, flow, twin, self.fills.append),
            FeePaid: (pnl,),
            CapitalMoved: (pnl, self.capital.append),
            TakerTraded: (flow,),
            InventoryChecked: (self._count_check,),
            QuotingPaused: (flow,),
            QuotingResumed: (flow,),
            TwinObserved: (twin,),
            VenueMeasured: (self._venue_use.apply,),
            ForkMeasured: (self._measure_fork,),
            SessionEnded: (self._end,),
            SettlementBegun: (absence,),
        }

    @property
    def split(self) -> EquitySplit | None:
        """Where equity stands and what moved it, exact."""
        return self._pnl.parts()

    @property
    def drawdown_rlusd(self) -> Decimal | None:
        """The most that the result ever was below its best until then, at the mid of each ledger, exact."""
        return None if self._pnl.mid is None else plain(self._drawdown.most_rlusd)

    @property
    def holding_rlusd(self) -> Decimal | None:
        """What the same capital would have brought if it had been held and never traded, exact."""
        return self._pnl.holding_rlusd

    @property
    def balances(self) -> tuple[int, Decimal]:
        """What we hold: drops and RLUSD, exact."""
        inventory = self._pnl.inventory
        return inventory.xrp_total_drops, inventory.rlusd_total

    @property
    def flow(self) -> Flow:
        """The trades of others so far."""
        return self._flow.flow()

    @property
    def absence(self) -> Absence:
        """For how many ledgers quotes were missing, and why: by its end, or, if that doesn't say, by its journal."""
        told = None if self.standing is None else self.standing.absence
        return self._absence.told() if told is None else told

    @property
    def quote_speed(self) -> QuoteSpeed | None:
        """How fast quotes were replaced; None where it was not measured, or there were none."""
        return self._venue_use.speed()

    @property
    def request_use(self) -> RequestUse | None:
        """What the venue's servers were asked; None where it has none."""
        return self._venue_use.requests()

    @property
    def twin_error(self) -> TwinError | None:
        """How far paper was from the session beside which it ran; None if it ran beside none."""
        return self._twin.error()

    @property
    def twin_rows(self) -> tuple[TwinRow, ...]:
        """Our fills live and on paper, side by side."""
        return self._twin.rows()

    def _start(self, record: SessionStarted) -> None:
        self.started = record

    def _end(self, record: SessionEnded) -> None:
        self.standing = record.standing

    def _measure_fork(self, record: ForkMeasured) -> None:
        self.fork = record

    def _count_check(self, record: InventoryChecked) -> None:
        self.checks += 1
        self.checks_exact += record.exact

    def _count_order(self, record: OrderIntended) -> None:
        if record.tick:  # what a session takes over from its account it has not sent
            self.offers_sent += record.cancels is None
            self.cancels_sent += record.cancels is not None

    def _observe(self, seen: LedgerObserved) -> None:
        self._drawdown.add(self._pnl.result_rlusd)
        if self._split is None or len(self.rows) % self._exact_every == 0:
            self._split = self._pnl.parts()
        self.rows.append(ledger_row(seen, self._split, self._pnl.holding_rlusd))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
