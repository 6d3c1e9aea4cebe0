"""The band in which a quote is worth having, as distances from the anchor in bps.

The **floor** is what the price is likely to move against a quote before we can replace it: k * sigma * sqrt(t), with t
the delay from seeing a ledger to having the new quote validated. Nearer than that, whoever is quicker takes our money.

The **ceiling** is where the pool begins to sell (buy) our size of XRP more cheaply (dearly) than we do: its curve and
its fee for a whole order of that size. Further out, a taker has no reason to come to us.

For a pool of x XRP and y RLUSD with fee f, a taker who buys d XRP pays y * d / (x - d) / (1 - f), and one who sells d
XRP gets y * d * (1 - f) / (x + d * (1 - f)). Source: XLS-30, "Trading", with the pool's product kept and the fee taken
on what comes in.
"""

from __future__ import annotations

import functools
from decimal import Decimal

from neo.chain.money import DROPS_PER_XRP, QUOTING
from neo.chain.prices import apart_bps
from neo.messages import PoolState, Side
from neo.strategy.maths import ONE

_FEE_UNIT = Decimal(100_000)


def floor_factor(sigmas: Decimal, delay_s: int) -> Decimal:
    """k * sqrt(t), in square roots of a second: the floor is this times sigma."""
    return QUOTING.multiply(sigmas, QUOTING.sqrt(Decimal(delay_s)))


def ceiling_bps(pool: PoolState | None, anchor: Decimal, side: Side, size_drops: int) -> Decimal | None:
    """How far from the anchor the pool trades our size, on the side's way out; negative if it is on the wrong side.

    None without a pool that could trade it.
    """
    if pool is None or pool.xrp_drops <= size_drops or not pool.rlusd:
        return None
    price = taker_price(pool, side, size_drops)
    apart = apart_bps(price, anchor)
    return apart if side is Side.SELL else -apart


def taker_price(pool: PoolState, side: Side, size_drops: int) -> Decimal:
    """Average price that a taker of so many drops gets from the pool, who would else meet our quote of that side.

    With a size of 0 it is the pool's marginal price with the fee: what our own offer must stay behind.
    """
    kept = _kept(pool.trading_fee_per_100k)
    rlusd_micro = QUOTING.multiply(pool.rlusd, DROPS_PER_XRP)
    if side is Side.SELL:
        return QUOTING.divide(rlusd_micro, QUOTING.multiply(pool.xrp_drops - size_drops, kept))
    return QUOTING.divide(QUOTING.multiply(rlusd_micro, kept), QUOTING.fma(size_drops, kept, pool.xrp_drops))


@functools.cache
def _kept(trading_fee_per_100k: int) -> Decimal:
    """The part of what comes in that is traded: 1 - f."""
    return QUOTING.subtract(ONE, QUOTING.divide(trading_fee_per_100k, _FEE_UNIT))
