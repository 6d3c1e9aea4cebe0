"""How a figure spreads over many sessions: mean, standard deviation, quantiles. Statistics, so floats are fine."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One figure over ``n`` sessions. ``sd`` is the sample's standard deviation, None below two sessions."""

    n: int
    mean: float
    sd: float | None
    min: float
    p10: float
    p25: float
    median: float
    p75: float
    p90: float
    max: float

    @property
    def se(self) -> float | None:
        """The standard error of the mean: how far the mean itself may be off."""
        return None if self.sd is None else self.sd / math.sqrt(self.n)


def spread_of(values: Sequence[float]) -> Spread | None:
    """The spread of these values, None if there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(
        n=len(ordered),
        mean=statistics.fmean(ordered),
        sd=statistics.stdev(ordered) if len(ordered) > 1 else None,
        min=ordered[0],
        p10=quantile(ordered, 0.10),
        p25=quantile(ordered, 0.25),
        median=quantile(ordered, 0.50),
        p75=quantile(ordered, 0.75),
        p90=quantile(ordered, 0.90),
        max=ordered[-1],
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of ascending values lies, straight between its two neighbours.

    Args:
        ordered: Ascending, at least one.
        share: From 0 to 1.
    """
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    between = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    return min(between, ordered[high])  # rounding may carry it a hair too far


def paired_differences(ours: Mapping[T, float], base: Mapping[T, float]) -> Spread | None:
    """The spread of ours minus base over what both have a value for, such as the same seed and market.

    What the seed does to both alike is not in a pair's difference, so it tells two settings apart with far fewer
    sessions than two means do.
    """
    return spread_of([value - base[key] for key, value in ours.items() if key in base])
