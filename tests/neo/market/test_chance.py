"""Chance that is written down goes on with the same draws."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from neo.market.chance import chance_to_state, restore_chance


@given(st.integers(), st.integers(0, 50))
def test_a_generator_goes_on_from_its_state_as_if_it_never_stopped(seed: int, draws: int) -> None:
    """Through JSON, as a world's file keeps it; the half of a normal pair that is still to come included."""
    first, second = random.Random(seed), random.Random()
    for _ in range(draws):
        first.gauss(0, 1)
    restore_chance(second, json.loads(json.dumps(chance_to_state(first))))
    assert [(second.random(), second.randrange(9), second.gauss(0, 1)) for _ in range(3)] == [
        (first.random(), first.randrange(9), first.gauss(0, 1)) for _ in range(3)
    ]
