"""Takers: they arrive at random, with heavy-tailed sizes, and take what is there or nothing.

Arrivals are Poisson, with an intensity that follows how busy the recorded minute is. Most takers buy or sell for
reasons of their own; an informed share trades in the direction in which the reference has just moved.
"""

from __future__ import annotations

from math import exp

from neo.chain.money import DROPS_PER_XRP
from neo.market.chance import Chance
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import (
    DAY_S,
    PPM,
    TAKER_LIMIT_PPM,
    TAKER_SIZE_CAP_FACTOR,
    TAKER_SIZE_TAIL_EXPONENT,
    TAKER_XRP,
)
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox
from neo.sim.view import Seen


class Takers:
    """All takers; whose account a taker order comes from is drawn anew each time.

    Args:
        config: the crowd's parameters.
        addresses: the takers' accounts.
        chance: the takers' own generator.
    """

    def __init__(self, config: SimConfig, addresses: list[str], chance: Chance) -> None:
        self._addresses = addresses
        self._chance = chance
        self._informed_percent = config.taker_informed_percent
        self._size_min_drops = config.taker_size_xrp_min * DROPS_PER_XRP
        self._orders_per_ledger = config.taker_orders_per_day * config.ledger_interval_s / DAY_S

    def act(self, seen: Seen, outbox: Outbox) -> None:
        """Send the taker orders that arrive for the next ledger."""
        for _ in range(self._arrivals(seen.activity_permille)):
            address = self._addresses[self._chance.randrange(len(self._addresses))]
            is_buy = self._is_buy(address, seen)
            limit_ppm = TAKER_LIMIT_PPM if is_buy else -TAKER_LIMIT_PPM
            outbox.offer(
                address,
                is_buy=is_buy,
                size_drops=self._size_drops(),
                price_nano=seen.reference_nano * (PPM + limit_ppm) // PPM,
                flags=TF_IMMEDIATE_OR_CANCEL if is_buy else TF_IMMEDIATE_OR_CANCEL | TF_SELL,
            )

    def _arrivals(self, activity_permille: int) -> int:
        """A Poisson draw by multiplying uniforms (Knuth); fine for a mean of a few at most."""
        floor = exp(-self._orders_per_ledger * activity_permille / 1000)
        count, product = 0, self._chance.random()
        while product > floor:
            count += 1
            product *= self._chance.random()
        return count

    def _is_buy(self, address: str, seen: Seen) -> bool:
        informed = self._chance.randrange(100) < self._informed_percent
        moved_nano = seen.now_nano - seen.before_nano
        if informed and moved_nano:
            return moved_nano > 0
        # The more XRP an account has, the likelier it sells: balances return to where they began.
        xrp_drops = seen.ledger.xrp_drops(address)
        return self._chance.randrange(2 * TAKER_XRP * DROPS_PER_XRP) >= xrp_drops

    def _size_drops(self) -> int:
        """A Pareto draw, quantised to drops at once."""
        factor: float = (1.0 - self._chance.random()) ** (-1 / TAKER_SIZE_TAIL_EXPONENT)
        factor_milli = round(1000 * factor)
        return self._size_min_drops * min(factor_milli, 1000 * TAKER_SIZE_CAP_FACTOR) // 1000
