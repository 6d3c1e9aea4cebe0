"""Quality: the price of an offer, as the ledger stores and compares it.

A quality is a 64-bit integer that holds ``in / out``: what the taker pays for each unit it gets. The top 8 bits are the
decimal exponent plus 100, the rest a 16-digit mantissa. A **smaller** integer is a **better** offer for its taker, and
zero means the rate could not be held (too good, or out of range).

Source: Quality.cpp, Quality.h and ``getRate`` in STAmount.cpp of the ledger server.
"""

from __future__ import annotations

from functools import lru_cache

from neo.ledger import amount, number
from neo.ledger.amount import EXPONENT_MAX, EXPONENT_MIN, Amount, Asset, In, Out, scaled_drops
from neo.ledger.number import Number, normalize

QUALITY_ONE = (85 << 56) | 10**15
TICK_SIZE_MIN = 3
TICK_SIZE_MAX = 16

_MANTISSA_MASK = (1 << 56) - 1


@lru_cache(maxsize=4096)  # a pool's is asked for with every offer, a quote's when it is tried and when it is placed
def quality_of(pays: Amount, gets: Amount) -> int:
    """The quality of an offer whose taker pays ``pays`` and gets ``gets``; 0 if no rate can be held."""
    pm, pe = scaled_drops(pays) if isinstance(pays, int) else pays
    gm, ge = scaled_drops(gets) if isinstance(gets, int) else gets
    if gm == 0 or pm == 0:
        return 0
    mantissa, exponent = normalize(pm * 10**17 // gm + 5, pe - ge - 17)
    if EXPONENT_MIN <= exponent <= EXPONENT_MAX:
        return ((exponent + 100) << 56) | mantissa
    return 0


def rate_of(quality: int) -> Number:
    """The rate ``in / out`` that a quality stands for."""
    mantissa, exponent = quality & _MANTISSA_MASK, (quality >> 56) - 100
    if number.MANTISSA_MIN <= mantissa <= number.MANTISSA_MAX:
        return mantissa, exponent
    return normalize(mantissa, exponent)  # one beyond either end: a rounded tick, or a threshold moved by one


def of_rate(rate: Number) -> int:
    """The quality that stands for a rate; ``rate_of`` turned round."""
    return ((rate[1] + 100) << 56) | rate[0]


def round_to_tick(quality: int, digits: int) -> int:
    """Round a quality up (worse for the taker) to ``digits`` significant digits."""
    unit = number.POWERS_OF_TEN[16 - digits]
    mantissa = (quality & _MANTISSA_MASK) + unit - 1
    return (quality & ~_MANTISSA_MASK) | (mantissa - mantissa % unit)


def composed(first: int, second: int) -> int:
    """The quality of two steps one after the other, rounded up (``composed_quality``)."""
    mantissa, exponent = amount.multiply_round(rate_of(first), rate_of(second), amount.TOKENS, up=True, strict=False)
    return ((exponent + 100) << 56) | mantissa


def is_near(quality: int, other: int) -> bool:
    """Whether two qualities differ by less than one part in ten million (AMMHelpers.h ``withinRelativeDistance``)."""
    if quality == other:
        return True
    high, low = (quality, other) if quality > other else (other, quality)
    if high >> 56 == low >> 56 and (high - low) * _NEAR_PARTS >= high & _MANTISSA_MASK:
        return False  # as nearly all; what is nearer is divided as the server does
    worse, better = rate_of(high), rate_of(low)
    gap = number.divide(amount.TOKENS.subtract(worse, better), worse)
    return number.less(gap, _NEAR)


def limit_in(
    quality: int, pays: In, gets: Out, limit: In, asset_in: Asset[In], asset_out: Asset[Out]
) -> tuple[In, Out]:
    """Cut an offer down to an input, its output rounded down (``ceil_in_strict``)."""
    if not asset_in.less(limit, pays):
        return pays, gets
    cut = amount.divide_round(limit, rate_of(quality), asset_out, up=False, strict=True)
    return limit, gets if asset_out.less(gets, cut) else cut


def limit_out(
    quality: int, pays: In, gets: Out, limit: Out, asset_in: Asset[In], asset_out: Asset[Out], *, up: bool
) -> tuple[In, Out]:
    """Cut an offer down to an output, its input rounded up or down (``ceil_out_strict``)."""
    if not asset_out.less(limit, gets):
        return pays, gets
    cut = amount.multiply_round(limit, rate_of(quality), asset_in, up=up, strict=True)
    return (pays if asset_in.less(pays, cut) else cut), limit


_NEAR_PARTS = 10**7
_NEAR: Number = normalize(1, -7)
