"""A trail keeps a value's whole way in few points, the last one always among them."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from neo.analysis.trail import Trail


def trail_of(steps: int) -> tuple[Decimal, ...]:
    trail = Trail()
    for step in range(1, steps + 1):
        trail.add(Decimal(step))
    return trail.points


def test_a_short_way_is_kept_whole() -> None:
    """Nothing, one step, three."""
    assert [trail_of(0), trail_of(1), trail_of(3)] == [(), (1,), (1, 2, 3)]


@pytest.mark.parametrize("steps", [239, 240, 241, 1_801, 21_600])
def test_a_long_way_is_kept_in_few_points_evenly_spaced(steps: int) -> None:
    """Two hours as well as a day: from near the start to the very last step, as many steps between any two."""
    points = trail_of(steps)
    assert 120 <= len(points) <= 240
    assert points[-1] == steps
    gaps = {after - before for before, after in itertools.pairwise(points[:-1])}
    assert len(gaps) == 1
    assert points[0] == gaps.pop()
