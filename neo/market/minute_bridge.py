"""From one bar to the prices within its minute: a seeded bridge that honours open, high, low and close exactly."""

from __future__ import annotations

from itertools import pairwise
from math import isqrt

from neo.market.chance import Chance

STEPS_MIN = 4
"""Open, high, low and close may be four different prices, and each needs a step of its own."""

_SIGMA_PERMILLE = 350
# A free random walk of n steps with deviation s a step has a root-mean-square range of s * sqrt(4 ln 2) * sqrt(n), so
# s = 0.601 * range / sqrt(n) (M. Parkinson, "The extreme value method for estimating the variance of the rate of
# return", Journal of Business 53, 1980). The legs between the anchors already carry most of that movement; with 0.35 on
# top a 4 s step moves 3.0 bps on the recorded minutes, near their own 11.4 bps / sqrt(15) = 2.9.

_DETOUR_ONE_IN = 4
# A minute that ends higher usually saw its low first. One in four goes the other way: assumption.


def bridge(open_high_low_close: tuple[int, int, int, int], step_count: int, chance: Chance) -> list[int]:
    """Prices at ``step_count`` evenly spaced moments of one minute.

    Args:
        open_high_low_close: the bar, in any integer price unit, low <= open, close <= high.
        step_count: moments in the minute, at least ``STEPS_MIN``.
        chance: decides when the extremes are touched and the walk between them.

    Returns:
        ``step_count`` prices in the same unit. The first is the open, the last is the close, high and low are touched,
        nothing lies outside [low, high].
    """
    open_, high, low, close = open_high_low_close
    if step_count < STEPS_MIN:
        raise ValueError(f"a bridge needs at least {STEPS_MIN} steps, not {step_count}")
    prices = [open_] * step_count
    sigma = (high - low) * _SIGMA_PERMILLE // isqrt(step_count * 1_000_000)
    anchors = [(0, open_), *_extremes(open_high_low_close, step_count, chance), (step_count - 1, close)]
    for (start, from_price), (end, to_price) in pairwise(anchors):
        _walk(prices, (start, from_price), (end, to_price), sigma, chance)
        for index in range(start + 1, end):
            prices[index] = _fold(prices[index], low, high)
    return prices


def _extremes(open_high_low_close: tuple[int, int, int, int], step_count: int, chance: Chance) -> list[tuple[int, int]]:
    """Where the high and the low are touched, in order of time; one that is the open or close needs no place."""
    open_, high, low, close = open_high_low_close
    wanted = [price for price in (high, low) if price not in {open_, close}]
    if not wanted:
        return []
    first = 1 + chance.randrange(step_count - 2)
    if len(wanted) == 1:
        return [(first, wanted[0])]
    second = 1 + chance.randrange(step_count - 3)
    second += second >= first  # any inner step but the first one's, all equally likely
    earlier, later = (low, high) if close >= open_ else (high, low)
    if chance.randrange(_DETOUR_ONE_IN) == 0:
        earlier, later = later, earlier
    return [(min(first, second), earlier), (max(first, second), later)]


def _walk(prices: list[int], start: tuple[int, int], end: tuple[int, int], sigma: int, chance: Chance) -> None:
    """Fill the steps between two anchors with a Brownian bridge, drawn step by step."""
    (at, price), (end_at, end_price) = start, end
    prices[at], prices[end_at] = price, end_price
    for index in range(at + 1, end_at):
        left = end_at - index + 1  # steps from the one before to the anchor
        # Quantised at once, to a thousandth of a deviation: from here on everything is whole numbers.
        noise_milli = round(chance.gauss(0.0, 1.0) * 1000)
        spread = sigma * isqrt((left - 1) * 1_000_000 // left)
        price += (end_price - price) // left + spread * noise_milli // 1_000_000
        prices[index] = price


def _fold(price: int, low: int, high: int) -> int:
    """Reflect a price that left the bar back into it."""
    if price < low:
        price = 2 * low - price
    elif price > high:
        price = 2 * high - price
    return min(max(price, low), high)
