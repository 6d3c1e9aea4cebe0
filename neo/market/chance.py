"""Chance: the seeded generators that a session hands to the engine's mind.

``neo`` never imports ``random``. A session owns one seed and gives every consumer its own named stream, so that drawing
once more in one place doesn't shift what another place draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Chance(Protocol):
    """The part of ``random.Random`` that ``neo`` draws from."""

    def random(self) -> float:
        """A float in [0, 1)."""

    def randrange(self, stop: int, /) -> int:
        """An integer in [0, stop)."""

    def gauss(self, mu: float, sigma: float, /) -> float:
        """A normal draw; the caller quantises it before it touches a price or an amount."""

    def getstate(self) -> tuple[Any, ...]:
        """Everything needed to go on with the same draws."""

    def setstate(self, state: tuple[Any, ...], /) -> None:
        """Go on from a state that ``getstate`` gave."""


ChanceFor = Callable[[str], Chance]
"""From a stream's name to its generator, for instance ``lambda name: random.Random(f"{seed}:{name}")``."""


def chance_to_state(chance: Chance) -> list[Any]:
    """The generator's state as JSON-able lists."""
    return [list(part) if isinstance(part, tuple) else part for part in chance.getstate()]


def restore_chance(chance: Chance, state: list[Any]) -> None:
    """Put a generator back to a state written by ``chance_to_state``."""
    chance.setstate(tuple(tuple(part) if isinstance(part, list) else part for part in state))
