"""What one figure of ``/metrics`` is: its name, its words, and how its values follow from a session's status.

Money is exact everywhere else. Here alone it becomes a binary float, as Prometheus has nothing else: these numbers are
for charts and alerts, and no decision and no report is made of them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from actors.operator.protocol import TIMING_BOUNDS_S, Status, Timing

_DROPS_PER_XRP: Final = 1e6

Number = int | float | Decimal | None
"""A value; None where there is none, which is left out."""

Values = Iterable[tuple[tuple[str, ...], Number]]
"""Values with those of the figure's own labels."""


class FigureKind(enum.StrEnum):
    """What Prometheus may do with a figure."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Unit(enum.StrEnum):
    """What a figure is in, as the end of its name says."""

    NONE = ""
    SECONDS = "seconds"
    XRP = "xrp"
    RLUSD = "rlusd"
    PRICE = "rlusd_per_xrp"
    BPS = "bps"
    RATIO = "ratio"
    LEDGERS = "ledgers"


UNIT_WORDS: Final[Mapping[Unit, str]] = {
    Unit.SECONDS: "seconds",
    Unit.XRP: "XRP",
    Unit.RLUSD: "RLUSD",
    Unit.PRICE: "RLUSD for an XRP",
    Unit.BPS: "basis points",
    Unit.RATIO: "a share of 1",
    Unit.LEDGERS: "ledgers",
}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One family of values.

    Args:
        name: Without the end that Prometheus adds by itself (``_total``, ``_bucket``).
        kind: What may be done with it.
        unit: What it is in; the name ends with it.
        what: What it is, in a sentence without its full stop.
        source: Where it comes from.
        labels: Its own, besides those that every figure of a session has.
        values: Out of a status; for a histogram see ``timed``.
        timed: For a histogram: which times it has.
    """

    name: str
    kind: FigureKind
    unit: Unit
    what: str
    source: str
    labels: tuple[str, ...] = ()
    values: Callable[[Status], Values] = lambda _: ()
    timed: str = ""

    @property
    def help(self) -> str:
        """What it is, its unit, and where it comes from."""
        unit = f", in {UNIT_WORDS[self.unit]}" if self.unit else ""
        return f"{self.what}{unit}. Source: {self.source}."

    @property
    def exported(self) -> str:
        """Its name as it is exported; a histogram's is followed by ``_bucket``, ``_sum`` and ``_count``."""
        return f"{self.name}_total" if self.kind is FigureKind.COUNTER else self.name


def xrp_of(drops: int | None) -> float | None:
    """Drops as XRP."""
    return None if drops is None else drops / _DROPS_PER_XRP


def cumulated(one: Timing) -> list[tuple[str, float]]:
    """A timing's buckets as Prometheus has them: so many took up to each bound, and all of them up to the last."""
    so_far, found = 0, list[tuple[str, float]]()
    for bound, count in zip([*(f"{bound_s:g}" for bound_s in TIMING_BOUNDS_S), "+Inf"], one.buckets, strict=True):
        so_far += count
        found.append((bound, float(so_far)))
    return found
