"""The amounts of an offer, chosen so that the ledger places exactly the offer that was asked for.

A token's issuer may set a tick size of N digits. The ledger then rounds an offer's rate (taker pays / taker gets) up
to N significant digits and, if the offer is not marked as a sale, recomputes what the taker gets from it. So we choose
the rate ourselves, on that grid and never to our disadvantage, and then amounts that this rule leaves as they are.

For an ask the rate is the price (RLUSD for XRP); for a bid it is the price's inverse, so a bid's price has more digits.
Source: xrpl.org, "Ticks"; CreateOffer.cpp of the ledger server (``applyGuts``, Quality::round).
"""

from __future__ import annotations

import functools
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

from neo.messages import Side
from neo.money import DROPS_PER_XRP, price_tick

_LEDGER = Context(prec=16, rounding=ROUND_HALF_EVEN)
_DOWN = Context(prec=16, rounding=ROUND_FLOOR)
_WIDE = Context(prec=40, rounding=ROUND_FLOOR)

# Each number of drops has about an even chance that its rounded partner gives the rate back.
_TRIES = 64


class Placement(NamedTuple):
    """An offer's amounts; ``price`` is RLUSD per XRP, to 16 digits."""

    price: Decimal
    xrp_drops: int
    rlusd: Decimal


def behind(price: Decimal, market: Decimal | None, side: Side, digits: int) -> Decimal:
    """A price that is at least one step behind where the market would trade with it."""
    if market is None:
        return price
    step = price_tick(market, digits)
    return min(price, market - step) if side is Side.BUY else max(price, market + step)


def placement(side: Side, price: Decimal, size_rlusd: Decimal, digits: int) -> Placement | None:
    """The offer of at most this size at this price or better for us, exactly as the ledger will hold it.

    Args:
        side: A bid's price is rounded down, an ask's up.
        price: RLUSD per XRP.
        size_rlusd: RLUSD to give or to get at most.
        digits: Significant digits of the rate, the tick size, 3 to 15.

    Returns:
        None if so small a size can't be placed at such a price.
    """
    if price <= 0:
        return None
    return _bid(price, size_rlusd, digits) if side is Side.BUY else _ask(price, size_rlusd, digits)


def _bid(price: Decimal, size_rlusd: Decimal, digits: int) -> Placement | None:
    rate = _up(digits).divide(DROPS_PER_XRP, price)  # drops for an RLUSD
    most_drops = int(_WIDE.multiply(size_rlusd, rate))
    for xrp_drops in range(most_drops, max(0, most_drops - _TRIES), -1):
        rlusd = _LEDGER.divide(xrp_drops, rate)
        if _up(digits).plus(_LEDGER.divide(xrp_drops, rlusd)) == rate:
            return Placement(_DOWN.divide(DROPS_PER_XRP, rate), xrp_drops, rlusd)
    return None


def _ask(price: Decimal, size_rlusd: Decimal, digits: int) -> Placement | None:
    price = _up(digits).plus(price)
    rate = price.scaleb(-6)  # RLUSD for a drop
    most_drops = int(_WIDE.divide(size_rlusd, rate))
    for xrp_drops in range(most_drops, max(0, most_drops - _TRIES), -1):
        rlusd = _LEDGER.multiply(xrp_drops, rate)
        if _up(digits).plus(_LEDGER.divide(rlusd, xrp_drops)) == rate:
            return Placement(price, xrp_drops, rlusd)
    return None


@functools.cache
def _up(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_CEILING)
