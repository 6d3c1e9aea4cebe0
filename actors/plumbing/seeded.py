"""The session's generators of chance: each by its name, all from one seed."""

from __future__ import annotations

import random

from neo.market.chance import Chance


def seeded(seed: int, name: str) -> Chance:
    """The generator of this name. Not for secrets: the same seed must give the same session."""
    return random.Random(f"{seed}:{name}")  # noqa: S311 - see above
