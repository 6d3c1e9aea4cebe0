"""What a report tells of a real venue: how fast quotes were replaced, and what servers were asked; rows for terminal
and page.
"""

from __future__ import annotations

from typing import Final

from neo.analysis import Course
from neo.analysis.venue_use import Times

SPEED_TITLE: Final = "From a ledger's last frame to its replacements on the socket (ms)"
SPEED_COLUMNS: Final = ("", "ledgers", "p50", "p99", "max")
REQUESTS_TITLE: Final = "What servers were asked (submissions of transactions apart from requests)"
REQUESTS_COLUMNS: Final = ("", "requests", "a minute", "most", "most, steady", "submits", "a minute", "most")


def speed_rows(course: Course) -> list[list[str]]:
    """The whole, and the stages that it is made of; nothing where it was not measured."""
    speed = course.quote_speed
    if speed is None:
        return []
    stages = (
        ("all of it", speed.total),
        ("the mirror has the ledger", speed.mirror),
        ("decided, tried and signed", speed.decision),
        ("in the journal, on the disk", speed.journal),
        ("written to the socket", speed.socket),
    )
    rows = [[words, f"{speed.ledgers:,}", *_cells(times)] for words, times in stages]
    if speed.complete is not None:
        rows.append(["before it, from close to last frame", "", *_cells(speed.complete)])
    rows.append(["of these, both sides replaced", f"{speed.both_sides:,}", "", "", ""])
    if speed.unsent:
        rows.append(["not all of it left", f"{speed.unsent:,}", "", "", ""])
    return rows


def _cells(times: Times) -> list[str]:
    return [f"{each:.2f}" for each in (times.p50_ms, times.p99_ms, times.max_ms)]


def request_rows(course: Course) -> list[list[str]]:
    """All servers together, and each; nothing where there are none."""
    use = course.request_use
    if use is None:
        return []
    rows = [
        [
            "all",
            f"{use.requests:,}",
            f"{use.requests_minute_mean:.1f}",
            f"{use.requests_minute_most:,}",
            f"{use.steady_minute_most:,}",
            f"{use.submits:,}",
            f"{use.submits_minute_mean:.1f}",
            f"{use.submits_minute_most:,}",
        ]
    ]
    each = ([one.endpoint, f"{one.requests:,}", "", "", "", f"{one.submits:,}", "", ""] for one in use.endpoints)
    return [*rows, *each]
