"""How near our quotes stood to the touch, and how much of the time they stood at all."""

from __future__ import annotations

import bisect
import statistics
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Final

import msgspec

from neo.chain.money import EXACT
from neo.chain.prices import within_2bps

# The rolling window of the distance-to-touch diagnostic: ten minutes of 4 s ledgers, long enough to smooth one
# re-quote, short enough to show a change of regime. Told every 15th ledger (once a minute): once a tick would cost
# more than it tells.
TOUCH_WINDOW_LEDGERS: Final = 150
TOUCH_WRITE_LEDGERS: Final = 15

# Basis points behind the touch; at the touch and ahead of it count as 0. The last one is open.
BUCKETS: tuple[tuple[str, float], ...] = (("0-2", 2.0), ("2-5", 5.0), ("5-10", 10.0), ("10+", float("inf")))


class SideTouch(msgspec.Struct, frozen=True, kw_only=True):
    """One side's distances to its touch: 0 at it, positive ahead, negative behind, in basis points of the mid.

    ``measured`` counts the ledgers that had both a quote of ours and a touch of others; the share is of these.
    ``buckets`` counts them by how far behind they were, ``ahead`` those that were ahead of everybody.
    """

    measured: int
    within_2bps: int
    within_2bps_share: float | None
    mean_bps: float | None
    median_bps: float | None
    ahead: int
    buckets: dict[str, int]


class QuoteTime(msgspec.Struct, frozen=True, kw_only=True):
    """In how many ledgers we had an offer on the book."""

    ledgers: int
    bid: int
    ask: int
    both: int
    neither: int

    def share(self, count: int) -> float | None:
        """A count as a share of all ledgers, None if there were none."""
        return count / self.ledgers if self.ledgers else None


def side_touch(distances_bps: Sequence[float]) -> SideTouch:
    """The statistics of one side; an absent distance is left out by the caller, never counted as zero."""
    within = sum(within_2bps(distance) is True for distance in distances_bps)
    buckets = dict.fromkeys((name for name, _ in BUCKETS), 0)
    for distance in distances_bps:
        buckets[bucket_of(distance)] += 1
    return SideTouch(
        measured=len(distances_bps),
        within_2bps=within,
        within_2bps_share=within / len(distances_bps) if distances_bps else None,
        mean_bps=statistics.fmean(distances_bps) if distances_bps else None,
        median_bps=statistics.median(distances_bps) if distances_bps else None,
        ahead=sum(distance > 0 for distance in distances_bps),
        buckets=buckets,
    )


def bucket_of(distance_bps: float) -> str:
    """The bucket of a signed distance; a bucket holds its upper edge."""
    behind = max(0.0, -distance_bps)
    return next(name for name, edge in BUCKETS if behind <= edge)


def quote_time(quoted: Sequence[tuple[bool, bool]]) -> QuoteTime:
    """Count, from whether each ledger had a bid and an ask of ours."""
    return QuoteTime(
        ledgers=len(quoted),
        bid=sum(bid for bid, _ in quoted),
        ask=sum(ask for _, ask in quoted),
        both=sum(bid and ask for bid, ask in quoted),
        neither=sum(not bid and not ask for bid, ask in quoted),
    )


# One that was measured: as a float, which is quick to sort and to add up, and exact.
_Distance = tuple[float, Decimal]
_ROUGH = itemgetter(0)


class TouchWindow:
    """The distances of the last ``TOUCH_WINDOW_LEDGERS``, as ``engine_state`` and the log tell them."""

    def __init__(self) -> None:
        self._distances: deque[tuple[_Distance | None, _Distance | None]] = deque(maxlen=TOUCH_WINDOW_LEDGERS)

    def add(self, bid_bps: Decimal | None, ask_bps: Decimal | None) -> None:
        """Take a ledger in: each side's distance to its touch, None where there is none."""
        self._distances.append((_distance(bid_bps), _distance(ask_bps)))

    def summary(self) -> dict[str, object]:
        """Each side's distances in figures, and in how many ledgers it was within 2 bps of its touch."""
        bids = [bid for bid, _ in self._distances if bid is not None]
        asks = [ask for _, ask in self._distances if ask is not None]
        bids_ranked, asks_ranked = sorted(bids), sorted(asks)
        # A side's figures are absent, not zero, if it never stood beside a touch.
        return {
            "ledgers": len(self._distances),
            "distance_to_clob_bid_bps": None if not bids else _figures(bids[-1], bids_ranked),
            "distance_to_clob_ask_bps": None if not asks else _figures(asks[-1], asks_ranked),
            "within_2bps_bid": _within_2bps(bids_ranked),
            "within_2bps_ask": _within_2bps(asks_ranked),
        }


def _distance(bps: Decimal | None) -> _Distance | None:
    return None if bps is None else (float(bps), bps)


def _within_2bps(ranked: list[_Distance]) -> int:
    # The furthest come first, so those within are all from one place on.
    return len(ranked) - bisect.bisect_left(ranked, x=True, key=lambda distance: within_2bps(distance[1]) is True)


def _figures(last: _Distance, ranked: list[_Distance]) -> dict[str, str | int]:
    """Statistics for people: how often one side was quoted, and how far ahead (+) or behind (-) its touch it stood."""
    count = len(ranked)
    middle = ranked[(count - 1) // 2 : count // 2 + 1]
    return {
        "quoted_ledgers": count,
        "last": f"{last[1]:f}",
        "mean": f"{sum(map(_ROUGH, ranked)) / count:.4f}",
        "median": f"{statistics.median([exact for _, exact in middle]):f}",
    }


class TouchCount:
    """One side's distances of a session that goes on, in figures that need no memory of each: all but the median."""

    def __init__(self) -> None:
        self.measured = self.within_2bps = self.ahead = 0
        self._sum_bps = Decimal(0)

    def add(self, distance: Decimal | None) -> None:
        """Take a ledger's distance in, in basis points; None where there is none."""
        if distance is None:
            return
        self.measured += 1
        self.within_2bps += within_2bps(float(distance)) is True
        self.ahead += distance > 0
        self._sum_bps = EXACT.add(self._sum_bps, distance)

    @property
    def within_2bps_share(self) -> float | None:
        """Of the ledgers that had both a quote of ours and a touch of others."""
        return self.within_2bps / self.measured if self.measured else None

    @property
    def mean_bps(self) -> float | None:
        """The mean of these."""
        return float(self._sum_bps) / self.measured if self.measured else None
