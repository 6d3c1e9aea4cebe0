"""What a report tells of single fills: rows for terminal and page, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from neo.analysis import Course
from neo.chain.money import RIPPLE_EPOCH_UNIX_S, gap_bps, xrp
from neo.messages import Fill, Side
from tools.console.words import NOTHING

# Enough to see what happened last; the page has all of them.
FILLS_SHOWN: Final = 10

FILL_COLUMNS: Final = ("time (UTC)", "ledger", "", "XRP", "price", "RLUSD", "from the mid, bps", "order")


def fills_title(course: Course, last: int | None) -> str:
    """The table's title, with how many of how many fills are in it."""
    count = len(course.fills)
    shown = f"the last {last} of {count:,}" if last is not None and count > last else f"all {count:,}"
    return f"Fills ({shown}, the newest first; from the mid: + is in our favour)"


def fill_rows(course: Course, last: int | None) -> list[list[str]]:
    """A row for each fill, for the last so many alone, or for all."""
    newest = reversed(course.fills if last is None else course.fills[-last:])
    return [_cells(fill) for fill in newest]


def _cells(fill: Fill) -> list[str]:
    at = datetime.fromtimestamp(fill.close_time_s + RIPPLE_EPOCH_UNIX_S, UTC)
    price, mid = fill.price, fill.mid_price
    gained_bps = gap_bps(mid, price, mid) if fill.side is Side.BUY else gap_bps(price, mid, mid)
    return [
        f"{at:%m-%d %H:%M:%S}",
        str(fill.ledger_index),
        ("bought" if fill.side is Side.BUY else "sold") + (", as taker" if fill.taker else ""),
        f"{xrp(fill.xrp_drops):,.6f}",
        f"{price:.6g}",
        f"{fill.rlusd:,.4f}",
        NOTHING if gained_bps is None else f"{gained_bps:+.2f}",
        fill.order_id,
    ]
