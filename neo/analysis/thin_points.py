"""A long series in a bounded number of points, as it grows, without losing what an eye would look for.

Points go into buckets of equal size, in their order. A bucket of few points keeps them all. A larger one keeps its
first, and of each of the series' columns the point where it is lowest, the one where it is highest, and the first one
where it is absent, so that neither a spike nor a gap is lost. When the buckets become too many, each two become one.

What is kept depends on the points alone, not on when somebody looked, so whoever has the points up to one moment can be
given what changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

P = TypeVar("P")

# A bucket of so many points keeps all of them.
WHOLE_POINTS: Final = 8

# Buckets at which each two become one: at least half as many are always there, more points than half a wide screen has
# pixels.
BUCKETS_MAX: Final = 400

# Points that a bucket may have before it is thinned while it fills.
_UNTHINNED_MAX: Final = 64


class NumberedPoint(NamedTuple, Generic[P]):
    """A point and its number in the series, from 0."""

    number: int
    point: P


class _Bucket(Generic[P]):
    def __init__(self, count: int, kept: list[NumberedPoint[P]], last: NumberedPoint[P], reached: int) -> None:
        self.count = count
        self.kept = kept
        self.last = last
        # The mark of its last point.
        self.reached = reached


class ThinPoints(Generic[P]):
    """The series. ``add`` every point in order.

    Args:
        columns: A point's values, whose extremes are kept; None where one is absent.
    """

    def __init__(self, columns: Callable[[P], Sequence[float | None]]) -> None:
        self._columns = columns
        self._buckets: list[_Bucket[P]] = []
        self._count = 0
        self._regrouped = 0
        self.stride = 1

    def add(self, point: P, mark: int) -> None:
        """Take the next point in.

        Args:
            point: It.
            mark: A number that rises from point to point, by which it is asked what is new.
        """
        placed = NumberedPoint(self._count, point)
        self._count += 1
        last = self._buckets[-1] if self._buckets else None
        if last is None or last.count == self.stride:
            self._buckets.append(_Bucket(1, [placed], placed, mark))
            if len(self._buckets) > BUCKETS_MAX:
                self._regroup(mark)
            return
        last.count += 1
        last.kept.append(placed)
        last.last, last.reached = placed, mark
        # Thinning some points at a time comes to the same as thinning all of them at once.
        if last.count == self.stride or len(last.kept) >= _UNTHINNED_MAX:
            self._thin(last)

    def since(self, mark: int) -> list[NumberedPoint[P]]:
        """The points that whoever has them up to a mark lacks, or has to have anew.

        What they have from the first of these on is no longer true. All are told to whoever has none (mark 0), or has
        them from before each two buckets became one.
        """
        first = 0
        if self._buckets:
            self._thin(self._buckets[-1])
        if mark > 0 and mark >= self._regrouped:
            changed = (at for at, bucket in enumerate(self._buckets) if bucket.reached > mark)
            at = next(changed, None)
            if at is None:
                return []
            # The last point of all is told whether or not its bucket keeps it, so the bucket before is told again.
            first = max(0, at - 1)
        told = [placed for bucket in self._buckets[first:] for placed in bucket.kept]
        if self._buckets and told[-1].number != self._buckets[-1].last.number:
            told.append(self._buckets[-1].last)
        return told

    def _regroup(self, mark: int) -> None:
        pairs = [self._buckets[at : at + 2] for at in range(0, len(self._buckets), 2)]
        self._buckets = [pair[0] if len(pair) == 1 else self._joined(*pair) for pair in pairs]
        self.stride *= 2
        self._regrouped = mark

    def _joined(self, one: _Bucket[P], other: _Bucket[P]) -> _Bucket[P]:
        bucket = _Bucket(one.count + other.count, one.kept + other.kept, other.last, other.reached)
        self._thin(bucket)
        return bucket

    def _thin(self, bucket: _Bucket[P]) -> None:
        if bucket.count <= WHOLE_POINTS:
            return
        valued = [(placed, self._columns(placed.point)) for placed in bucket.kept]
        kept = {bucket.kept[0].number: bucket.kept[0]}
        for column in range(len(valued[0][1])):
            there = [(values[column], placed) for placed, values in valued if values[column] is not None]
            ends = [min(there, key=_value), max(there, key=_value)] if there else []
            absent = next(((None, placed) for placed, values in valued if values[column] is None), None)
            for _, placed in [*ends, *([absent] if absent else [])]:
                kept[placed.number] = placed
        bucket.kept = [kept[number] for number in sorted(kept)]


def _value(told: tuple[float | None, object]) -> float:
    return told[0] if told[0] is not None else 0.0
