"""Mark-outs: what a fill was worth some ledgers later, against the mid of then.

For a buy the mark-out is (mid later - price), for a sale (price - mid later): positive if the market went our way or
stood still, negative if whoever traded with us knew better. In basis points of the price, weighted by XRP.
"""

from __future__ import annotations

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
    return tuple(_at(fills, mids, horizon) for horizon in HORIZONS_LEDGERS)


def mark_out_bps(fill: Fill, mid_later: float) -> float:
    """One fill's mark-out in basis points of its price."""
    price = float(fill.price)
    gained = mid_later - price if fill.side is Side.BUY else price - mid_later
    return gained / price * 10_000


def _at(fills: Sequence[Fill], mids: Mapping[int, float], horizon: int) -> MarkOut:
    weighted: dict[Side, float] = dict.fromkeys(Side, 0.0)
    xrp: dict[Side, float] = dict.fromkeys(Side, 0.0)
    count, total = 0, 0.0
    for fill in fills:
        later = mids.get(fill.ledger_index + horizon)
        if later is None or not fill.price:
            continue
        bps, size = mark_out_bps(fill, later), fill.xrp_drops / 1e6
        count += 1
        weighted[fill.side] += bps * size
        xrp[fill.side] += size
        total += bps / 10_000 * float(fill.price) * size
    return MarkOut(
        ledgers=horizon,
        fills=count,
        mean_bps=_mean(sum(weighted.values()), sum(xrp.values())),
        bid_bps=_mean(weighted[Side.BUY], xrp[Side.BUY]),
        ask_bps=_mean(weighted[Side.SELL], xrp[Side.SELL]),
        total=total,
    )


def _mean(weighted: float, weight: float) -> float | None:
    return weighted / weight if weight else None
