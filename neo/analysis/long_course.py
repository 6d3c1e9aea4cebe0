"""A session's course in memory that does not grow: what charts are drawn from while the session goes on.

The same fold as :class:`neo.analysis.course.Course`, without what a report alone asks of it (others' trades, reasons,
paper's error), and with its ledgers and fills thinned. What is summed up is exact: it is what the report tells.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from neo.analysis.course import Drawdown, LedgerRow, ledger_row
from neo.analysis.figures import Value
from neo.analysis.markouts import MarkOut, MarkOutFold
from neo.analysis.thin_points import ThinPoints
from neo.analysis.touch import TouchCount
from neo.chain.money import EXACT, plain, price_of, xrp
from neo.messages import EquitySplit, Fill, LedgerObserved, Record, SessionEnded, SessionStarted, Side
from neo.position.pnl import ProfitAndLoss, result_rlusd

# What the fold takes in; all other kinds change nothing.
KINDS: Final = ("SessionStarted", "LedgerObserved", "Fill", "FeePaid", "CapitalMoved", "SessionEnded")

# Fills, or groups of them, that an eye can still tell apart on a wide screen.
GROUPS_MAX: Final = 800


class CoursePoint(NamedTuple):
    """A ledger, and what the mark-outs at each horizon had come to by it, in RLUSD."""

    row: LedgerRow
    mark_outs: tuple[float, ...]


class FillGroup(msgspec.Struct, kw_only=True):
    """A fill, or several of one side that followed each other.

    Args:
        side: Ours.
        first_seq: Of the first one's record in the journal.
        last_seq: Of the last one's.
        first_close_s: The first one's close time, in seconds of the ripple epoch.
        last_close_s: The last one's.
        stretch: Which stretch of ledgers they are of.
        ledger_index: The first one's ledger.
        count: How many they are.
        xrp_drops: All that was traded.
        rlusd: For so much.
    """

    side: Side
    first_seq: int
    last_seq: int
    first_close_s: int
    last_close_s: int
    stretch: int
    ledger_index: int
    count: int
    xrp_drops: int
    rlusd: Decimal

    @property
    def price(self) -> Decimal | None:
        """RLUSD for an XRP, over all of them."""
        return price_of(self.xrp_drops, self.rlusd) if self.xrp_drops else None


class LongCourse:
    """The fold. ``apply`` every record of :data:`KINDS` in order."""

    def __init__(self) -> None:
        self.seq = 0
        self.ledgers: ThinPoints[CoursePoint] = ThinPoints(_columns)
        self.fills = FillGroups()
        self.has_ended = False
        self._pnl = ProfitAndLoss()
        self._drawdown = Drawdown()
        self._mark_outs = MarkOutFold()
        self._touch = {Side.BUY: TouchCount(), Side.SELL: TouchCount()}
        self._start_s: int | None = None
        self._last_s = 0
        self._ledgers = 0
        self._quoted = dict.fromkeys(Side, 0)
        self._traded_drops = dict.fromkeys(Side, 0)
        self._turnover_rlusd = Decimal(0)
        self._fills = self._taker_fills = 0

    def apply(self, seq: int, record: Record) -> None:
        """Take one record in.

        Args:
            seq: Its number in the journal.
            record: It.
        """
        self.seq = seq
        self._pnl.apply(record)
        match record:
            case LedgerObserved():
                self._observe(seq, record)
            case Fill():
                self._fill(seq, record)
            case SessionStarted():
                self._start_s = record.close_time_s
            case SessionEnded():
                self.has_ended = True
            case _:
                pass

    @property
    def mark_outs(self) -> tuple[MarkOut, ...]:
        """What fills were worth later, so far."""
        return self._mark_outs.told()

    def figures(self) -> dict[str, Value]:
        """Where it stands, by the names and in the forms of :func:`neo.analysis.figures.flat_figures`."""
        bought, sold = self._traded_drops[Side.BUY], self._traded_drops[Side.SELL]
        inventory = self._pnl.inventory
        figures: dict[str, Value] = {
            "duration_s": self._last_s - self._start_s if self._start_s is not None and self._ledgers else 0,
            "ledgers": self._ledgers,
            "fills": self._fills,
            "taker_fills": self._taker_fills,
            "bought_xrp": f"{xrp(bought):f}",
            "sold_xrp": f"{xrp(sold):f}",
            "turnover_rlusd": f"{plain(self._turnover_rlusd):f}",
            "end_xrp": f"{xrp(inventory.xrp_total_drops):f}",
            "end_rlusd": f"{inventory.rlusd_total:f}",
        }
        figures |= self._equity(self._pnl.parts())
        for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
            touch = self._touch[side]
            share = self._quoted[side] / self._ledgers if self._ledgers else None
            figures[f"time_with_{name}_share"] = _rounded(share)
            figures[f"{name}_within_2bps_share"] = _rounded(touch.within_2bps_share)
            figures[f"{name}_distance_mean_bps"] = _rounded(touch.mean_bps)
        for mark in self.mark_outs:
            figures[f"mark_out_{mark.ledgers}_bps"] = _rounded(mark.mean_bps)
            figures[f"mark_out_{mark.ledgers}_bid_bps"] = _rounded(mark.bid_bps)
            figures[f"mark_out_{mark.ledgers}_ask_bps"] = _rounded(mark.ask_bps)
        return figures

    def _equity(self, split: EquitySplit | None) -> dict[str, Value]:
        holding = self._pnl.holding_rlusd
        result = None if split is None else result_rlusd(split)
        against = None if result is None or holding is None else plain(EXACT.subtract(result, holding))
        amounts = {
            "equity_start_rlusd": split and split.equity_start_rlusd,
            "equity_end_rlusd": split and split.equity_end_rlusd,
            "spread_captured_rlusd": split and split.spread_captured_rlusd,
            "inventory_revaluation_rlusd": split and split.inventory_revaluation_rlusd,
            "fees_rlusd": split and split.fees_rlusd,
            "capital_flows_rlusd": split and split.capital_flows_rlusd,
            "result_rlusd": result,
            "holding_rlusd": holding,
            "against_holding_rlusd": against,
            "drawdown_rlusd": split and plain(self._drawdown.most_rlusd),
        }
        return {name: None if amount is None else f"{amount:f}" for name, amount in amounts.items()}

    def _observe(self, seq: int, seen: LedgerObserved) -> None:
        self._ledgers += 1
        self._last_s = seen.close_time_s
        if self._start_s is None:
            self._start_s = seen.close_time_s
        self._quoted[Side.BUY] += seen.own_bid is not None
        self._quoted[Side.SELL] += seen.own_ask is not None
        self._touch[Side.BUY].add(seen.distance_to_clob_bid_bps)
        self._touch[Side.SELL].add(seen.distance_to_clob_ask_bps)
        self._drawdown.add(self._pnl.result_rlusd)
        row = ledger_row(seen, self._pnl.parts(), self._pnl.holding_rlusd)
        self._mark_outs.observe(row.ledger_index, row.mid)
        self.ledgers.add(CoursePoint(row, self._mark_outs.totals), seq)

    def _fill(self, seq: int, fill: Fill) -> None:
        self._fills += 1
        self._taker_fills += fill.taker
        self._traded_drops[fill.side] += fill.xrp_drops
        self._turnover_rlusd = EXACT.add(self._turnover_rlusd, fill.rlusd)
        self._mark_outs.add(fill)
        self.fills.add(seq, fill)


class FillGroups:
    """Fills in a bounded number of groups: each its own, until they are too many; then those of a stretch and side.

    As of :class:`neo.analysis.thin_points.ThinPoints`, the groups depend on the fills alone.
    """

    def __init__(self) -> None:
        self.stretch_ledgers = 0  # 0: each fill its own
        self._groups: list[FillGroup] = []
        self._open: dict[Side, FillGroup] = {}
        self._first_index: int | None = None
        self._regrouped = 0

    def add(self, seq: int, fill: Fill) -> None:
        """Take the next fill in.

        Args:
            seq: Its record's number in the journal.
            fill: It.
        """
        if self._first_index is None:
            self._first_index = fill.ledger_index
        self._take(
            FillGroup(
                side=fill.side,
                first_seq=seq,
                last_seq=seq,
                first_close_s=fill.close_time_s,
                last_close_s=fill.close_time_s,
                stretch=0,
                ledger_index=fill.ledger_index,
                count=1,
                xrp_drops=fill.xrp_drops,
                rlusd=fill.rlusd,
            )
        )
        while len(self._groups) > GROUPS_MAX:
            self.stretch_ledgers = max(1, self.stretch_ledgers * 2)
            self._regrouped = seq
            groups, self._groups, self._open = self._groups, [], {}
            for group in groups:
                self._take(group)

    def since(self, seq: int) -> list[FillGroup]:
        """The groups that whoever has those up to a record lacks, or has to have anew, in the order of their first.

        What they have from the first of these on is no longer true.
        """
        if not (seq > 0 and seq >= self._regrouped):
            return list(self._groups)
        first = min((group.first_seq for group in self._groups if group.last_seq > seq), default=None)
        return [] if first is None else [group for group in self._groups if group.first_seq >= first]

    def _take(self, one: FillGroup) -> None:
        open_ = self._open.get(one.side)
        if self.stretch_ledgers and self._first_index is not None:
            one.stretch = (one.ledger_index - self._first_index) // self.stretch_ledgers
            if open_ is not None and open_.stretch == one.stretch:
                open_.last_seq, open_.last_close_s = one.last_seq, one.last_close_s
                open_.count += one.count
                open_.xrp_drops += one.xrp_drops
                open_.rlusd = EXACT.add(open_.rlusd, one.rlusd)
                return
        self._open[one.side] = one
        self._groups.append(one)


def _columns(point: CoursePoint) -> tuple[float | None, ...]:
    """What is drawn of a ledger, as far as its extremes are looked for."""
    row = point.row
    if row.spread is None or row.revaluation is None or row.fees is None:
        result = held = None
    else:
        result = row.spread + row.revaluation + row.fees
        held = None if row.mid is None else row.xrp * row.mid
    return (row.mid, result, held, row.rlusd, row.own_bid, row.own_ask, row.distance_bid_bps, row.distance_ask_bps)


def _rounded(value: float | None) -> float | None:
    """As all statistics among the figures."""
    return None if value is None else round(value, 6)
