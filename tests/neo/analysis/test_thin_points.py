"""A thinned series stays short, keeps what an eye would look for, and can be kept level by what changed since.

Method: series by hand and by chance; whoever asks now and then must end with what is told to someone who asks once.
"""

from __future__ import annotations

import random

import pytest

from neo.analysis.thin_points import BUCKETS_MAX, WHOLE_POINTS, NumberedPoint, ThinPoints

Pair = tuple[float | None, float | None]


def thin() -> ThinPoints[Pair]:
    return ThinPoints(lambda pair: pair)


def walk(count: int, seed: int = 1) -> list[Pair]:
    """Two random walks, the second of which is absent now and then."""
    chance = random.Random(seed)
    one, other = 0.0, 0.0
    pairs: list[Pair] = []
    for _ in range(count):
        one += chance.uniform(-1, 1)
        other += chance.uniform(-1, 1)
        pairs.append((one, None if chance.random() < 0.05 else other))
    return pairs


def level(held: list[NumberedPoint[Pair]], told: list[NumberedPoint[Pair]]) -> list[NumberedPoint[Pair]]:
    """What a reader has who takes what it was told."""
    return [placed for placed in held if placed.number < told[0].number] + told if told else held


def test_a_series_that_is_not_long_is_whole() -> None:
    """Every point is there as long as buckets of a few points are enough."""
    series = thin()
    pairs = walk(BUCKETS_MAX * WHOLE_POINTS)
    for mark, pair in enumerate(pairs, 1):
        series.add(pair, mark)
    assert [placed.point for placed in series.since(0)] == pairs


@pytest.mark.parametrize("count", [BUCKETS_MAX * WHOLE_POINTS + 1, 30_000, 77_777])
def test_a_long_series_is_bounded_and_keeps_its_ends_and_extremes(count: int) -> None:
    """However long: the first, the last, the highest and the lowest of each column are in it."""
    series = thin()
    pairs = walk(count)
    for mark, pair in enumerate(pairs, 1):
        series.add(pair, mark)
    told = series.since(0)
    assert len(told) <= BUCKETS_MAX * WHOLE_POINTS + 64
    assert (told[0].point, told[-1].point) == (pairs[0], pairs[-1])
    assert [placed.number for placed in told] == sorted({placed.number for placed in told})
    for column in (0, 1):
        whole = [value for pair in pairs if (value := pair[column]) is not None]
        kept = [value for placed in told if (value := placed.point[column]) is not None]
        assert (min(kept), max(kept)) == (min(whole), max(whole))


def test_a_spike_and_a_gap_of_one_point_are_never_lost() -> None:
    """Among thousands of equal points the one that stands out stays, in either column."""
    series = thin()
    for mark in range(1, 20_001):
        series.add({7_003: (9.0, 1.0), 9_001: (1.0, -9.0), 11_002: (1.0, None)}.get(mark, (1.0, 1.0)), mark)
    told = {placed.number: placed.point for placed in series.since(0)}
    assert (told[7_002], told[9_000], told[11_001]) == ((9.0, 1.0), (1.0, -9.0), (1.0, None))


@pytest.mark.parametrize("seed", range(6))
def test_whoever_asks_now_and_then_has_what_is_told_at_once(seed: int) -> None:
    """At any moment, across each time that buckets were joined, and whoever else asked meanwhile."""
    chance = random.Random(seed)
    watched, unwatched = thin(), thin()
    held: list[NumberedPoint[Pair]] = []
    seen = 0
    for mark, pair in enumerate(walk(9_000, seed), 1):
        watched.add(pair, mark * 3)
        unwatched.add(pair, mark * 3)
        if chance.random() < 0.01:
            held, seen = level(held, watched.since(seen)), mark * 3
            assert held == watched.since(0)
    assert level(held, watched.since(seen)) == unwatched.since(0)


def test_nothing_new_is_told_as_nothing() -> None:
    """And a little that is new as little."""
    series = thin()
    for mark in range(1, 50_001):
        series.add((float(mark % 97), 0.0), mark)
    assert series.since(50_000) == []
    series.add((1.0, 0.0), 50_001)
    assert 1 <= len(series.since(50_000)) <= 64 + WHOLE_POINTS
