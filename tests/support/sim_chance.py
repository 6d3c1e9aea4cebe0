"""Seeded generators and the recording, for tests of the market."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neo.market.bars import parse_bars
from neo.market.chance import ChanceFor

RECORDING = Path(__file__).parents[2] / "config" / "market" / "xrpusdt-1m-2026-01-21.csv"
BARS = tuple(parse_bars(RECORDING.read_text(), RECORDING.name))


def chance(seed: object) -> random.Random:
    """A generator that draws the same for the same seed."""
    return random.Random(str(seed))


def streams(seed: int) -> ChanceFor:
    """One generator for each name, as a session makes them."""
    return lambda name: chance(f"{seed}:{name}")


class MiddleChance:
    """Chance that always draws the middle, so that nothing is above or below its mean."""

    def random(self) -> float:
        return 0.5

    def randrange(self, stop: int, /) -> int:
        return stop // 2

    def gauss(self, mu: float, sigma: float, /) -> float:
        del sigma
        return mu

    def getstate(self) -> tuple[Any, ...]:
        return ()

    def setstate(self, state: tuple[Any, ...], /) -> None:
        del state


class WrittenChance(MiddleChance):
    """Chance whose draws the test writes down; one more than it wrote is an error.

    Args:
        floats: What ``random`` and ``gauss`` draw, in order.
        integers: What ``randrange`` draws, in order.
    """

    def __init__(self, floats: Iterable[float] = (), integers: Iterable[int] = ()) -> None:
        self._floats, self._integers = iter(floats), iter(integers)

    def random(self) -> float:
        return next(self._floats)

    def randrange(self, stop: int, /) -> int:
        drawn = next(self._integers)
        assert 0 <= drawn < stop, f"{drawn} is none of {stop} draws"
        return drawn

    def gauss(self, mu: float, sigma: float, /) -> float:
        return mu + sigma * next(self._floats)
