"""What a recording is, counted as it goes by: its span, what is missing of it, its trades."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.chain.money import EXACT
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.messages import Side
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import (
    MarketEnd,
    RecordingCut,
    RecordingEnd,
    RecordingGap,
    RecordingHead,
    RecordingItem,
)

# Of gaps and cuts the first so many are told one by one; a recording has a few.
LISTED_MAX = 100


class RecordingFacts:
    """Takes a recording's items in their order.

    Args:
        head: The first of them.

    Attributes:
        amendments: The names of those in force at the start; a recorder does not know them as it begins.
        ledgers: How many there are.
        whole_ledgers: Of them, those with every transaction of the ledger.
        missing_ledgers: How many lie in gaps.
        snapshots: How many there are, the state at the start included.
        transactions: Of all ledgers.
        first_index: Of the first ledger; None if there is none.
        last_index: Of the last one.
        begin_s: When the first ledger closed, in seconds of the ripple epoch.
        end_s: The same of the last one.
        gaps: The first of them.
        cuts: The ledgers after which a recorder was cut off and another one went on.
        ending: Why the recorder ended; None if it was cut off, or is still at it.
        trades: What takers took from the pair.
    """

    def __init__(self, head: RecordingHead) -> None:
        self.head = head
        self.amendments = head.amendments
        self._nobody = Pair("", head.currency, head.issuer)
        self.ledgers = self.whole_ledgers = self.missing_ledgers = self.snapshots = self.transactions = 0
        self.first_index: int | None = None
        self.last_index: int | None = None
        self.begin_s: int | None = None
        self.end_s: int | None = None
        self.gaps: list[RecordingGap] = []
        self.cuts: list[RecordingCut] = []
        self.ending: str | None = None
        self.trades = TradeFacts()
        self._cut: RecordingCut | None = None  # who goes on after it has not been seen yet

    def take(self, item: RecordingItem) -> None:
        """Count the next item.

        Raises:
            MetadataError: A transaction's metadata lacks the ledger's shape.
        """
        if self._cut is not None and len(self.cuts) < LISTED_MAX:
            self.cuts.append(self._cut)
        self._cut = item if isinstance(item, RecordingCut) else None
        self.ending = None
        if isinstance(item, RecordedLedger):
            self._take_ledger(item)
        elif isinstance(item, RecordedState):
            self.snapshots += 1
            self.amendments = self.amendments or tuple(str(each) for each in item.state.get("amendments", ()))
        elif isinstance(item, RecordingGap):
            self.missing_ledgers += item.last_index - item.first_index + 1
            self.gaps += [item] if len(self.gaps) < LISTED_MAX else []
        elif isinstance(item, RecordingEnd | MarketEnd):
            self.ending = item.why if isinstance(item, RecordingEnd) else "the market ends"

    def _take_ledger(self, item: RecordedLedger) -> None:
        self.ledgers += 1
        self.whole_ledgers += item.is_whole
        self.transactions += len(item.transactions)
        if self.first_index is None:
            self.first_index, self.begin_s = item.ledger_index, item.close_time_s
        self.last_index, self.end_s = item.ledger_index, item.close_time_s
        for trade in read_trades(item.transactions, self._nobody):
            self.trades = self.trades.with_one(
                trade.taker_side, trade.xrp_drops, trade.rlusd, trade.pool_drops, trade.pool_rlusd
            )


class TradeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Trades in the pair: how many, and how much was traded, of it with the pool."""

    buys: int = 0
    sells: int = 0
    xrp_drops: int = 0
    rlusd: Decimal = Decimal(0)
    with_pool: int = 0
    pool_drops: int = 0
    pool_rlusd: Decimal = Decimal(0)

    @property
    def count(self) -> int:
        """All of them."""
        return self.buys + self.sells

    def with_one(self, side: Side, drops: int, rlusd: Decimal, pool_drops: int, pool_rlusd: Decimal) -> TradeFacts:
        """These and one more."""
        return TradeFacts(
            buys=self.buys + (side is Side.BUY),
            sells=self.sells + (side is not Side.BUY),
            xrp_drops=self.xrp_drops + drops,
            rlusd=EXACT.add(self.rlusd, rlusd),
            with_pool=self.with_pool + (pool_drops > 0),
            pool_drops=self.pool_drops + pool_drops,
            pool_rlusd=EXACT.add(self.pool_rlusd, pool_rlusd),
        )
