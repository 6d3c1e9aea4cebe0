"""Long series made short enough to draw, without losing what an eye would look for."""

from __future__ import annotations

from collections.abc import Sequence

from neo.analysis import LedgerRow
from neo.messages import Fill, Side

# Points of a line: more than twice a wide screen's pixels would not be seen, and cost opening time.
POINTS_MAX = 1600

# Markers that an eye can still tell apart; beyond it fills of a stretch and side become one.
MARKERS_MAX = 400


def thinned(rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """At most about ``POINTS_MAX`` rows: of each stretch the lowest and the highest mid, so that no spike is lost.

    The first and the last row stay.
    """
    if len(rows) <= POINTS_MAX:
        return list(rows)
    size = -(-len(rows) // (POINTS_MAX // 2))
    kept: dict[int, None] = {0: None}
    for start in range(0, len(rows), size):
        stretch = range(start, min(start + size, len(rows)))
        known = [index for index in stretch if rows[index].mid is not None] or [start]
        low = min(known, key=lambda index: rows[index].mid or 0.0)
        high = max(known, key=lambda index: rows[index].mid or 0.0)
        kept |= dict.fromkeys(sorted((low, high)))
    kept[len(rows) - 1] = None
    return [rows[index] for index in kept]


class FillMark:
    """One marker: a fill, or several of a stretch with their mean price."""

    __slots__ = ("close_time_s", "count", "price", "side", "xrp")

    def __init__(self, side: Side, fills: Sequence[Fill]) -> None:
        self.side = side
        self.count = len(fills)
        self.xrp = sum(fill.xrp_drops for fill in fills) / 1e6
        weighted = sum(float(fill.price) * fill.xrp_drops for fill in fills) / 1e6
        self.price = weighted / self.xrp if self.xrp else float(fills[0].price)
        self.close_time_s = fills[len(fills) // 2].close_time_s


def fill_marks(fills: Sequence[Fill]) -> list[FillMark]:
    """A marker for each fill, or for each stretch of time and side if there are too many to see."""
    if len(fills) <= MARKERS_MAX:
        return [FillMark(fill.side, [fill]) for fill in fills]
    first_s, last_s = fills[0].close_time_s, fills[-1].close_time_s
    width_s = max(1, (last_s - first_s) * 2 // MARKERS_MAX)
    stretches: dict[tuple[int, Side], list[Fill]] = {}
    for fill in fills:
        stretches.setdefault(((fill.close_time_s - first_s) // width_s, fill.side), []).append(fill)
    return [FillMark(side, group) for (_, side), group in stretches.items()]
