"""What a report tells of how long things took in a session, by the machine's clock; rows for terminal and page.

The times were counted in buckets, so a median and a 99th percentile are known to the next bound: so many of them took
that long at most.
"""

from __future__ import annotations

from typing import Final

import msgspec

from actors.operator.protocol import Timing
from actors.plumbing.timings import CLOSE_TO_WIRE, GATEWAY, JOURNAL_COMMIT, REQUEST, TICK, KeptTimings

TIMING_TITLE: Final = "How long things took (ms, by the machine's clock)"
TIMING_COLUMNS: Final = ("", "times", "half in", "99% in", "longest", "mean")

# What each is, in words; the label is written behind.
TIMED_WORDS: Final = {
    CLOSE_TO_WIRE: "a ledger's last frame to the wire",
    TICK: "a ledger's view to its verdict",
    GATEWAY: "in the gateway",
    JOURNAL_COMMIT: "a commit of the journal",
    REQUEST: "a server's answer",
}


class TimingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How long one thing took, in milliseconds: median and 99th percentile to the next bound that was counted."""

    name: str
    label: str
    count: int
    p50_ms: float
    p99_ms: float
    mean_ms: float
    max_ms: float


def timing_figures(kept: KeptTimings) -> tuple[TimingFigures, ...]:
    """A session's times; nothing of one whose buckets are not as many as its bounds."""
    return tuple(
        TimingFigures(
            name=one.name,
            label=one.label,
            count=one.count,
            p50_ms=_within_ms(one, kept.bounds_s, 50),
            p99_ms=_within_ms(one, kept.bounds_s, 99),
            mean_ms=round(one.sum_s / one.count * 1000, 3),
            max_ms=round(one.max_s * 1000, 3),
        )
        for one in kept.timings
        if one.count and len(one.buckets) == len(kept.bounds_s) + 1
    )


def timing_rows(kept: KeptTimings) -> list[list[str]]:
    """The same in words."""
    return [
        [
            ": ".join(part for part in (TIMED_WORDS.get(one.name, one.name), one.label) if part),
            f"{one.count:,}",
            *(f"{value:,.4g}" for value in (one.p50_ms, one.p99_ms)),
            *(f"{value:,.2f}" for value in (one.max_ms, one.mean_ms)),
        ]
        for one in timing_figures(kept)
    ]


def _within_ms(one: Timing, bounds_s: tuple[float, ...], percent: int) -> float:
    """Of n times in order, number n * percent / 100, rounded up, took so long at most."""
    wanted, so_far = -(-one.count * percent // 100), 0
    for bound_s, count in zip(bounds_s, one.buckets, strict=False):
        so_far += count
        if so_far >= wanted:
            return round(min(bound_s, one.max_s) * 1000, 3)
    return round(one.max_s * 1000, 3)
