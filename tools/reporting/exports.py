"""A report for programs: one JSON object, or one row of a table."""

from __future__ import annotations

from neo.analysis import Value
from tools.reporting.sources import Report
from tools.reporting.timing_rows import timing_figures


def as_object(found: Report) -> dict[str, object]:
    """A report as one JSON object: the session, its figures, its config."""
    session = found.session
    return {
        "session": session.id,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "venue": session.venue,
        "seed": session.seed,
        "market": session.market,
        "halt_reason": session.halt_reason,
        "halt_detail": session.halt_detail,
        "settled": session.settled,
        "config_sha256": session.config_sha256,
        "config_changes": session.config_changes,
        "journal_sha256": session.journal_sha256,
        "figures": found.figures,
        "absence": found.course.absence,
        "loss_limits": found.losses,
        "quote_speed": found.course.quote_speed,
        "requests": found.course.request_use,
        "timings": timing_figures(found.timings),
        "twin": found.course.twin_error,
        "twin_fills": found.course.twin_rows,
        "fork": found.course.fork,
        "restarts": session.restarts,
        "warnings": session.warnings,
        "config": found.config,
    }


def row_of(found: Report) -> dict[str, Value]:
    """A report as one row of a table: the session, its figures, its config by dotted key."""
    session = found.session
    row: dict[str, Value] = {
        "session": session.id,
        "started_at": session.started_at,
        "venue": session.venue,
        "seed": session.seed,
        "market": session.market,
        "halt_reason": session.halt_reason,
        "config_sha256": session.config_sha256,
    }
    return row | found.figures | dict(found.config.items())
