"""Seeded generators and the recording, for tests of the market."""

import random
from pathlib import Path

from neo.market.bars import parse_bars
from neo.market.chance import ChanceFor

RECORDING = Path(__file__).parents[2] / "config" / "market" / "xrpusdt-1m-2026-01-21.csv"
BARS = parse_bars(RECORDING.read_text(), RECORDING.name)


def chance(seed: object) -> random.Random:
    """A generator that draws the same for the same seed."""
    return random.Random(str(seed))


def streams(seed: int) -> ChanceFor:
    """One generator for each name, as a session makes them."""
    return lambda name: chance(f"{seed}:{name}")
