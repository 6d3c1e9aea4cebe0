"""Mark-outs: what a fill was worth some ledgers later, against the mid of then.

For a buy the mark-out is (mid later - price), for a sale (price - mid later): positive if the market went our way or
stood still, negative if whoever traded with us knew better. In basis points of the price, weighted by XRP.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from neo.messages import Fill, Side

HORIZONS_LEDGERS = (1, 5, 20)


class MarkOut(msgspec.Struct, frozen=True, kw_only=True):
    """All fills at one horizon. ``fills`` are those whose later mid is known; None where there is none.
    ``total`` is all of it in RLUSD.
    """

    ledgers: int
    fills: int
    mean_bps: float | None
    bid_bps: float | None
    ask_bps: float | None
    total: float


def mark_outs(fills: Sequence[Fill], mids: Mapping[int, float]) -> tuple[MarkOut, ...]:
    """The mark-outs at every horizon.

    Args:
        fills: Of one session.
        mids: The mid by ledger index; a ledger without one is absent.
    """
    sums = {horizon: _Sums() for horizon in HORIZONS_LEDGERS}
    for horizon, its in sums.items():
        for fill in fills:
            later = mids.get(fill.ledger_index + horizon)
            if later is not None:
                its.add(fill, later)
    return tuple(its.told(horizon) for horizon, its in sums.items())


class MarkOutFold:
    """The same of a session as it goes on: a fill is kept until its last horizon has passed, and no longer."""

    def __init__(self) -> None:
        self._waiting: deque[Fill] = deque()
        self._sums = {horizon: _Sums() for horizon in HORIZONS_LEDGERS}

    def add(self, fill: Fill) -> None:
        """Take a fill in."""
        self._waiting.append(fill)

    def observe(self, ledger_index: int, mid: float | None) -> None:
        """Take a ledger's mid in, after the fills of that ledger; None where it has none."""
        for fill in self._waiting:
            its = self._sums.get(ledger_index - fill.ledger_index)
            if its is not None and mid is not None:
                its.add(fill, mid)
        while self._waiting and self._waiting[0].ledger_index + HORIZONS_LEDGERS[-1] <= ledger_index:
            self._waiting.popleft()

    @property
    def totals(self) -> tuple[float, ...]:
        """Each horizon's total so far, in RLUSD."""
        return tuple(its.total for its in self._sums.values())

    def told(self) -> tuple[MarkOut, ...]:
        """The mark-outs so far at every horizon."""
        return tuple(its.told(horizon) for horizon, its in self._sums.items())


def mark_out_bps(fill: Fill, mid_later: float) -> float:
    """One fill's mark-out in basis points of its price."""
    price = float(fill.price)
    gained = mid_later - price if fill.side is Side.BUY else price - mid_later
    return gained / price * 10_000


class _Sums:
    """What the fills of one horizon add up to."""

    def __init__(self) -> None:
        self._count = 0
        self._weighted: dict[Side, float] = dict.fromkeys(Side, 0.0)
        self._xrp: dict[Side, float] = dict.fromkeys(Side, 0.0)
        self.total = 0.0

    def add(self, fill: Fill, later: float) -> None:
        if not fill.price:
            return
        bps, size = mark_out_bps(fill, later), fill.xrp_drops / 1e6
        self._count += 1
        self._weighted[fill.side] += bps * size
        self._xrp[fill.side] += size
        self.total += bps / 10_000 * float(fill.price) * size

    def told(self, horizon: int) -> MarkOut:
        weighted, xrp = self._weighted, self._xrp
        return MarkOut(
            ledgers=horizon,
            fills=self._count,
            mean_bps=_mean(sum(weighted.values()), sum(xrp.values())),
            bid_bps=_mean(weighted[Side.BUY], xrp[Side.BUY]),
            ask_bps=_mean(weighted[Side.SELL], xrp[Side.SELL]),
            total=self.total,
        )


def _mean(weighted: float, weight: float) -> float | None:
    return weighted / weight if weight else None
