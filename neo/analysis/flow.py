"""Lost flow: every trade of others in the pair, what we won of it, and why we didn't win the rest.

A taker in ledger N met the book as ledger N-1 left it, so our quote is that of N-1; what happened earlier within N
shows by its effects. Each piece of a trade has one cause:

- *better price*: an offer of somebody else's stood nearer;
- *AMM*: the pool gave a better price than our quote;
- *queue*: somebody else's offer at our very price was there first;
- *too small*: our offer was taken whole, in this trade or before it in the same ledger, and the taker wanted more;
- *paused*, *frozen*, *unfunded*, *no quote*: we had nothing out on that side, because quoting was paused, because our
  line or its issuer was frozen, because the funds or the reserve did not allow it, or for another reason. A quote that
  the ledger shows, but that a trade at a worse price passed by, was gone at that moment (removed by whoever met it: as
  *unfunded* or *frozen*; else re-quoted in the same ledger: *no quote*).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from neo.chain.money import EXACT, RATIO, price_of
from neo.messages import (
    Fill,
    LedgerObserved,
    OrderChanged,
    OrderStatus,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    Side,
    TakerTraded,
)
from neo.messages.reasons import HoldCode, RefusalCode


class Cause(enum.StrEnum):
    """Why a piece of flow went elsewhere."""

    BETTER_PRICE = "better_price"
    AMM = "amm"
    QUEUE = "queue"
    TOO_SMALL = "too_small"
    NO_QUOTE = "no_quote"
    PAUSED = "paused"
    UNFUNDED = "unfunded"
    FROZEN = "frozen"


CAUSES: dict[Cause, str] = {
    Cause.BETTER_PRICE: "better price elsewhere",
    Cause.AMM: "AMM took it",
    Cause.QUEUE: "behind in the queue",
    Cause.TOO_SMALL: "our offer too small",
    Cause.NO_QUOTE: "no quote out",
    Cause.PAUSED: "paused",
    Cause.UNFUNDED: "unfunded",
    Cause.FROZEN: "frozen",
}

_FUNDS = frozenset({RefusalCode.INSUFFICIENT_XRP, RefusalCode.INSUFFICIENT_RLUSD, RefusalCode.RESERVE})

# What an offer was removed as by whoever met it, which is neither a cancel nor a fill.
REMOVED_AS = {OrderStatus.UNFUNDED: Cause.UNFUNDED, OrderStatus.FROZEN: Cause.FROZEN}

# Prices that differ by less are one price: an offer's place in the book is rounded to 16 digits.
_SAME = Decimal("1e-12")


class FlowPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one cause cost: XRP, its share of all flow, and the trades that it had a part in."""

    cause: Cause
    xrp_drops: int
    share: float
    trades: int


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """All trades of others. ``parts`` has every cause, with zeros; won and parts sum to all XRP traded."""

    trades: int
    xrp_drops: int
    won_drops: int
    won_share: float | None
    pool_drops: int
    parts: tuple[FlowPart, ...]

    @property
    def lost_drops(self) -> int:
        """XRP that others traded without us."""
        return self.xrp_drops - self.won_drops


class FlowFold:
    """Sorts the trades of a journal by cause. Feed it every record in order."""

    def __init__(self) -> None:
        self._drops = dict.fromkeys(Cause, 0)
        self._trades = dict.fromkeys(Cause, 0)
        self._count = self._all_drops = self._won_drops = self._pool_drops = 0
        self._paused = False
        self._quoted: dict[Side, Decimal | None] = dict.fromkeys(Side)
        self._refused_funds: set[Side] = set()
        self._frozen = False
        # Of the ledger that is being told: its observation comes last.
        self._filled: set[Side] = set()
        self._removed: Cause | None = None

    def apply(self, record: Record) -> None:
        """Take one record in."""
        match record:
            case TakerTraded():
                self._on_trade(record)
            case LedgerObserved():
                self._quoted = {Side.BUY: record.own_bid, Side.SELL: record.own_ask}
                self._filled.clear()
                self._removed = None
            case Fill():
                self._filled.add(record.side)
            case QuotesJudged():
                self._refused_funds = {refusal.side for refusal in record.refusals if refusal.code in _FUNDS}
                self._frozen = any(held.code is HoldCode.FROZEN for held in record.held_back)
            case OrderChanged():
                self._removed = REMOVED_AS.get(record.status, self._removed)
            case QuotingPaused():
                self._paused = True
            case QuotingResumed():
                self._paused = False
            case _:
                pass

    def flow(self) -> Flow:
        """What it came to."""
        total = self._all_drops
        return Flow(
            trades=self._count,
            xrp_drops=total,
            won_drops=self._won_drops,
            won_share=self._won_drops / total if total else None,
            pool_drops=self._pool_drops,
            parts=tuple(
                FlowPart(
                    cause=cause,
                    xrp_drops=self._drops[cause],
                    share=self._drops[cause] / total if total else 0.0,
                    trades=self._trades[cause],
                )
                for cause in Cause
            ),
        )

    def _on_trade(self, record: TakerTraded) -> None:
        trade = record.trade
        self._count += 1
        self._all_drops += trade.xrp_drops
        self._pool_drops += trade.pool_drops
        self._won_drops += trade.won_drops
        causes = set()
        for cause, xrp_drops in self._pieces(record):
            self._drops[cause] += xrp_drops
            causes.add(cause)
        for cause in causes:
            self._trades[cause] += 1

    def _pieces(self, record: TakerTraded) -> Iterator[tuple[Cause, int]]:
        trade = record.trade
        side, ours = trade.our_side, self._quoted[trade.our_side]
        won = trade.won_drops > 0
        if ours is None and not won:
            yield self._absence(side), trade.xrp_drops
            return
        if ours is None:
            # Placed and taken within one ledger: our legs tell its price.
            ours = next(leg.price for leg in trade.legs if leg.own)
        for leg in trade.legs:
            if not leg.own:
                yield self._cause(side, leg.price, ours, Cause.BETTER_PRICE, won=won), leg.xrp_drops
        if trade.pool_drops:
            price = price_of(trade.pool_drops, trade.pool_rlusd)
            yield self._cause(side, price, ours, Cause.AMM, won=won), trade.pool_drops

    def _cause(self, side: Side, price: Decimal, ours: Decimal, nearer: Cause, *, won: bool) -> Cause:
        """Why a piece that traded at a price did not trade with our quote."""
        # Takers sell to the highest bid and buy from the lowest ask.
        ahead = EXACT.subtract(price, ours) if side is Side.BUY else EXACT.subtract(ours, price)
        same = ahead.copy_abs() <= RATIO.multiply(ours, _SAME)
        if ahead > 0 and not same:
            return nearer
        if won or side in self._filled:
            return Cause.TOO_SMALL
        if same:
            return Cause.QUEUE if nearer is Cause.BETTER_PRICE else Cause.AMM
        return self._removed or Cause.NO_QUOTE

    def _absence(self, side: Side) -> Cause:
        if self._paused:
            return Cause.PAUSED
        if self._frozen:
            return Cause.FROZEN
        return Cause.UNFUNDED if side in self._refused_funds else Cause.NO_QUOTE
