"""The arbitrageur: keeps the AMM pool within its fee of the reference, and takes stale quotes on the way.

It holds the pool's auction slot, so it trades at a tenth of the fee; everybody else pays all of it. While the pool's
price is within the fee of the reference, it waits: that is the stretch in which its competitors, who pay the full fee,
couldn't gain either. Once the price has strayed beyond, it trades exactly as much as brings the pool's price with the
discounted fee to the reference, in one ImmediateOrCancel order limited at the reference.
Source: XLS-30, "Continuous Auction Mechanism" and "Trading"; the sizes follow from x * y staying constant.
"""

from decimal import Decimal
from math import isqrt

from neo.market.bars import NANO
from neo.sim.facts import PPM, SLOT_DISCOUNT
from neo.sim.orders import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox
from neo.sim.view import PoolView, Seen


class Arbitrageur:
    """One account that watches the pool. It has no memory: it acts on the last closed ledger alone."""

    def __init__(self, address: str) -> None:
        self._address = address

    def act(self, seen: Seen, outbox: Outbox) -> None:
        """Trade if the pool has strayed beyond its fee."""
        pool = seen.ledger.pool()
        if pool is None:
            return
        wanted_drops = arbitrage_drops(pool, seen.reference_nano)
        if wanted_drops == 0:
            return
        is_buy, size_drops = wanted_drops > 0, abs(wanted_drops)
        # Better offers on the book are met before the pool; without them in the size, the pool would stay out of line.
        size_drops += seen.ledger.ahead_drops(is_buy=is_buy, limit_nano=seen.reference_nano, most_drops=size_drops)
        outbox.offer(
            self._address,
            is_buy=is_buy,
            size_drops=size_drops,
            price_nano=seen.reference_nano,
            flags=TF_IMMEDIATE_OR_CANCEL if is_buy else TF_IMMEDIATE_OR_CANCEL | TF_SELL,
        )


def arbitrage_drops(pool: PoolView, reference_nano: int) -> int:
    """XRP to buy from the pool (above zero) or sell to it (below zero), in drops; zero while it is within its fee."""
    x_drops, y_micro = pool.xrp_drops, int(pool.rlusd.scaleb(6))
    spot_nano = y_micro * NANO // x_drops
    kept_ppm = PPM - pool.fee_ppm // SLOT_DISCOUNT
    if spot_nano * PPM < reference_nano * (PPM - pool.fee_ppm):
        target_nano = reference_nano * kept_ppm // PPM
    elif spot_nano * (PPM - pool.fee_ppm) > reference_nano * PPM:
        target_nano = reference_nano * PPM // kept_ppm
    else:
        return 0
    return x_drops - isqrt(x_drops * y_micro * NANO // target_nano)


def pool_price_nano(xrp_drops: int, rlusd: Decimal) -> int:
    """The pool's spot price without its fee, in nano-RLUSD per XRP."""
    return int(rlusd.scaleb(6)) * NANO // xrp_drops
