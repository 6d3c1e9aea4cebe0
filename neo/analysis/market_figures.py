"""A market's figures over many ledgers, in memory that does not grow: the touch, its spread, what stands behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Final

import msgspec

from neo.chain.money import EXACT, RATIO, gap_bps, middle, price_of_rate, xrp
from neo.ledger import Ledger, Side

# How far from the mid depth is counted.
DEPTHS_BPS: Final = (10, 50, 200)
# Spreads are counted in these steps.
_STEP_BPS: Final = Decimal("0.1")
# No more offers of a side are looked at: a book's far end may have thousands.
_OFFERS_MAX: Final = 500


class SpreadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """From best bid to best ask, in bps of the mid: over the ledgers that had both, to a tenth."""

    ledgers: int
    least_bps: Decimal
    median_bps: Decimal
    mean_bps: Decimal
    p95_bps: Decimal
    most_bps: Decimal


class DepthFigures(msgspec.Struct, frozen=True, kw_only=True):
    """XRP that stood, funded, within a distance of the mid: the mean over the ledgers that had both sides."""

    within_bps: int
    bids_xrp: Decimal
    asks_xrp: Decimal


class MarketFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a market's books were like.

    Args:
        ledgers: How many were looked at.
        one_sided: In how many of them a side was empty.
        empty: In how many both were.
        spread: None if no ledger had both sides.
        depth: By distance; empty without a spread.
        mid_first: The touch's middle on the first ledger that had one, in RLUSD per XRP.
        mid_last: The same on the last.
        mid_least: The lowest.
        mid_most: The highest.
    """

    ledgers: int
    one_sided: int
    empty: int
    spread: SpreadFigures | None
    depth: tuple[DepthFigures, ...]
    mid_first: Decimal | None
    mid_last: Decimal | None
    mid_least: Decimal | None
    mid_most: Decimal | None


class MarketWatch:
    """Looks at a ledger after the other."""

    def __init__(self) -> None:
        self._ledgers = self._one_sided = self._empty = 0
        self._spreads: Counter[int] = Counter()  # by tenths of a basis point
        self._depth: dict[tuple[Side, int], int] = dict.fromkeys(_places(), 0)
        self._mids: tuple[Decimal, Decimal, Decimal, Decimal] | None = None

    def take(self, ledger: Ledger) -> None:
        """Look at the books as a closed ledger left them."""
        self._ledgers += 1
        sides: dict[Side, list[tuple[Decimal, int]]] = {
            side: [
                (price_of_rate(offer.quality, of_ask=side == "asks"), offer.drops)
                for offer in islice(ledger.depth(side, without=""), _OFFERS_MAX)
            ]
            for side in _SIDES
        }
        if not sides["bids"] or not sides["asks"]:
            self._one_sided += bool(sides["bids"] or sides["asks"])
            self._empty += not (sides["bids"] or sides["asks"])
            return
        bid, ask = sides["bids"][0][0], sides["asks"][0][0]
        mid = middle(bid, ask)
        spread = gap_bps(ask, bid, mid)
        assert spread is not None, "both sides are there"
        self._spreads[int(RATIO.divide(spread, _STEP_BPS).to_integral_value())] += 1
        first, _, least, most = self._mids or (mid, mid, mid, mid)
        self._mids = first, mid, min(least, mid), max(most, mid)
        for side, within_bps in _places():
            self._depth[side, within_bps] += _within(sides[side], mid, within_bps)

    def figures(self) -> MarketFigures:
        """What was seen so far."""
        first, last, least, most = self._mids or (None, None, None, None)
        return MarketFigures(
            ledgers=self._ledgers,
            one_sided=self._one_sided,
            empty=self._empty,
            spread=_spread(self._spreads),
            depth=self._depth_figures(),
            mid_first=first,
            mid_last=last,
            mid_least=least,
            mid_most=most,
        )

    def _depth_figures(self) -> tuple[DepthFigures, ...]:
        count = self._spreads.total()
        if not count:
            return ()

        def mean_xrp(side: Side, within_bps: int) -> Decimal:
            return RATIO.divide(xrp(self._depth[side, within_bps]), Decimal(count))

        return tuple(
            DepthFigures(within_bps=each, bids_xrp=mean_xrp("bids", each), asks_xrp=mean_xrp("asks", each))
            for each in DEPTHS_BPS
        )


_SIDES: Final[tuple[Side, Side]] = ("bids", "asks")


def _places() -> list[tuple[Side, int]]:
    return [(side, within_bps) for side in _SIDES for within_bps in DEPTHS_BPS]


def _within(offers: list[tuple[Decimal, int]], mid: Decimal, within_bps: int) -> int:
    """The drops that stand at most so far from the mid."""
    reach = RATIO.divide(EXACT.multiply(mid, Decimal(within_bps)), Decimal(10_000))
    return sum(drops for price, drops in offers if abs(EXACT.subtract(price, mid)) <= reach)


def _spread(counted: Mapping[int, int]) -> SpreadFigures | None:
    count = sum(counted.values())
    if not count:
        return None

    def in_bps(tenths: int) -> Decimal:
        return EXACT.multiply(Decimal(tenths), _STEP_BPS)

    ordered = sorted(counted.items())
    total = sum(tenths * often for tenths, often in ordered)
    return SpreadFigures(
        ledgers=count,
        least_bps=in_bps(ordered[0][0]),
        median_bps=in_bps(_at_share(ordered, count, 50)),
        mean_bps=RATIO.divide(in_bps(total), Decimal(count)),
        p95_bps=in_bps(_at_share(ordered, count, 95)),
        most_bps=in_bps(ordered[-1][0]),
    )


def _at_share(ordered: list[tuple[int, int]], count: int, percent: int) -> int:
    """The least value that so many of a hundred are not above."""
    seen = 0
    for value, often in ordered:
        seen += often
        if seen * 100 >= count * percent:
            return value
    return ordered[-1][0]
