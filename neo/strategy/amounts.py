"""The amounts of an offer, chosen so that the ledger places exactly the offer that was asked for.

A token's issuer may set a tick size of N digits. The ledger then rounds an offer's rate (taker pays / taker gets) up
to N significant digits and, if the offer is not marked as a sale, recomputes what the taker gets from it. So we choose
the rate ourselves, on that grid and never to our disadvantage, and then amounts that this rule leaves as they are.

For an ask the rate is the price (RLUSD for XRP); for a bid it is the price's inverse, so a bid's price has more digits.
Source: xrpl.org, "Ticks"; CreateOffer.cpp of the ledger server (``applyGuts``, Quality::round).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from neo.chain.money import DROPS_PER_XRP, EXACT, PRICE_DOWN, SIZE_DOWN, price_tick, rounding_up
from neo.ledger import amount, quality
from neo.ledger.amount import DROPS, TOKENS, Amount
from neo.ledger.number import Number, normalize
from neo.ledger.text import format_token
from neo.messages import Side

# At least so much of the size that was asked for is placed, and a size that fits into so much of a room fits into it
# after all rounding: the rate's goes a few ticks, and the smallest of the candidates is 99.9 % of the largest.
PLACED_SHARE = Decimal("0.998")

# Each number of drops has about an even chance that its rounded partner gives the rate back; should none of a dozen and
# more do so, the next tick away from the market is tried.
_TICKS = 8


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
    return min(price, EXACT.subtract(market, step)) if side is Side.BUY else max(price, EXACT.add(market, step))


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
    up = rounding_up(digits)
    drops_per_rlusd = up.divide(DROPS_PER_XRP, price)
    for _ in range(_TICKS):
        rate = _number(drops_per_rlusd)
        for xrp_drops in _candidates(int(SIZE_DOWN.multiply(size_rlusd, drops_per_rlusd))):
            gets = amount.divide(xrp_drops, rate, TOKENS)
            if gets and _on_tick(xrp_drops, gets, digits) == rate:
                return Placement(
                    PRICE_DOWN.divide(DROPS_PER_XRP, drops_per_rlusd), xrp_drops, Decimal(format_token(gets))
                )
        drops_per_rlusd = up.next_plus(drops_per_rlusd)
    return None


def _ask(price: Decimal, size_rlusd: Decimal, digits: int) -> Placement | None:
    up = rounding_up(digits)
    price = up.plus(price)
    for _ in range(_TICKS):
        rlusd_per_drop = price.scaleb(-6, EXACT)
        rate = _number(rlusd_per_drop)
        for xrp_drops in _candidates(int(SIZE_DOWN.divide(size_rlusd, rlusd_per_drop))):
            pays = amount.multiply(xrp_drops, rate, TOKENS)
            if _on_tick(pays, xrp_drops, digits) == rate and amount.divide(pays, rate, DROPS) == xrp_drops:
                return Placement(price, xrp_drops, Decimal(format_token(pays)))
        price = up.next_plus(price)
    return None


def _on_tick(pays: Amount, gets: Amount, digits: int) -> Number:
    """The rate that the ledger makes of these amounts under a tick size."""
    return quality.rate_of(quality.round_to_tick(quality.quality_of(pays, gets), digits))


def _number(value: Decimal) -> Number:
    """A positive decimal as the ledger writes it: 16 digits and an exponent."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "a rate is finite"
    return normalize(int("".join(map(str, digits))), exponent)


def _candidates(most_drops: int) -> Iterator[int]:
    """Sizes to try, from the whole one down to 99.9 % of it, in growing steps: neighbours round alike."""
    less_drops = 0
    while less_drops * 1000 <= most_drops and less_drops < most_drops:
        yield most_drops - less_drops
        less_drops = 2 * less_drops + 1
