"""The arbitrageur: keeps the AMM pool within its fee of the reference, and takes stale quotes on the way.

It holds the pool's auction slot, so it trades at a tenth of the fee; everybody else pays all of it. While the pool's
price is within the fee of the reference, it waits: that is the stretch in which its competitors, who pay the full fee,
couldn't gain either. Once the price has strayed beyond, it trades as much as brings the pool's price with the
discounted fee to the reference.

The order is ImmediateOrCancel, limited at the average price of that trade. The ledger fills an order from a pool until
the average, not the last drop, meets the limit, so a limit at the reference would let the pool overshoot by as much as
it had strayed. Source: XLS-30, "Continuous Auction Mechanism" and "Trading"; with x * y constant, the average price of
a trade is the geometric mean of the first and the last.
"""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

from neo.market.minutes import NANO
from neo.sim.facts import PPM, SLOT_DISCOUNT
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox
from neo.sim.view import PoolView, Seen


class Arbitrage(NamedTuple):
    """A trade with the pool that brings it back: side, size in drops, and its average price (nano-RLUSD per XRP)."""

    is_buy: bool
    size_drops: int
    average_nano: int


class Arbitrageur:
    """One account that watches the pool. It has no memory: it acts on the last closed ledger alone."""

    def __init__(self, address: str) -> None:
        self._address = address

    def act(self, seen: Seen, outbox: Outbox) -> None:
        """Trade if the pool has strayed beyond its fee."""
        pool = seen.ledger.pool()
        trade = None if pool is None else arbitrage(pool, seen.reference_nano)
        if trade is None:
            return
        # Better offers on the book are met before the pool; without them in the size, the pool would stay out of line.
        ahead_drops = seen.ledger.ahead_drops(
            is_buy=trade.is_buy, limit_nano=trade.average_nano, most_drops=trade.size_drops
        )
        outbox.offer(
            self._address,
            is_buy=trade.is_buy,
            size_drops=trade.size_drops + ahead_drops,
            price_nano=trade.average_nano,
            flags=TF_IMMEDIATE_OR_CANCEL if trade.is_buy else TF_IMMEDIATE_OR_CANCEL | TF_SELL,
        )


def arbitrage(pool: PoolView, reference_nano: int) -> Arbitrage | None:
    """The trade that brings a pool back to the reference, or None while it is within its fee of it.

    With a spot price y / x and a fee f, a pool asks y / x / (1 - f) for the next XRP and bids y / x * (1 - f).
    """
    x_drops, y_micro = pool.xrp_drops, int(pool.rlusd.scaleb(6))
    spot_nano = y_micro * NANO // x_drops
    kept_ppm = PPM - pool.fee_ppm // SLOT_DISCOUNT
    is_buy = spot_nano * PPM < reference_nano * (PPM - pool.fee_ppm)
    if is_buy:
        first_nano, target_nano = spot_nano * PPM // kept_ppm, reference_nano * kept_ppm // PPM
    elif spot_nano * (PPM - pool.fee_ppm) > reference_nano * PPM:
        first_nano, target_nano = spot_nano * kept_ppm // PPM, reference_nano * PPM // kept_ppm
    else:
        return None
    size_drops = abs(x_drops - isqrt(x_drops * y_micro * NANO // target_nano))
    return Arbitrage(is_buy, size_drops, isqrt(first_nano * reference_nano))
