"""Every table worked out anew from the journal: to compare it with what is there, and to put it in its place.

What a session was started with (its row's first columns), how it ended beyond what the journal says, how long things
took in it, the words about what a later start settled of it, an operator's notes and the capital recorded between
sessions are told by no record; they are taken as they are. All the rest follows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from actors.store.projection import WRITE_STATE, Projection
from actors.store.session_row import write_ending, write_opening
from actors.store.table_rows import SessionEnding, SessionOpening, SessionRow
from neo.analysis import Course, flat_figures, results_of
from neo.messages import Record, SessionEnded, SessionStarted
from neo.messages.halts import HALT_FACTS, Halt, HaltReason

_JOURNAL = "INSERT INTO journal VALUES (?, ?, ?, ?, '')"
_SETTLEMENT = "SELECT 1 FROM engine_state WHERE session_id = ? AND key = 'settlement.orders'"


def derive(
    target: sqlite3.Connection, row: SessionRow, records: Iterable[tuple[int, Record]], *, journal: bool, sha256: str
) -> None:
    """Write a session's rows.

    Args:
        target: Inside a transaction, with no row of the session but, perhaps, those of its journal.
        row: The session's own row as it is kept.
        records: Its journal, with the records' numbers.
        journal: Write the journal's rows too, without their bodies; they are not there.
        sha256: The journal's hash, by the bytes that lie there: an older build wrote records without today's fields.
    """
    started, ended, course = None, None, Course(exact_every=1_000_000)
    write_opening(target, _opening(row), row.parent_id)
    projection = Projection(target, row.id, anew=True)
    for seq, record in records:
        projection.apply(seq, record)
        if journal:
            target.execute(_JOURNAL, (row.id, seq, type(record).__name__, projection.ledger_index))
        course.apply(record)
        started = record if isinstance(record, SessionStarted) else started
        ended = record if isinstance(record, SessionEnded) else ended
    if started is not None:
        target.execute(
            "UPDATE sessions SET venue = ?, seed = ?, config_sha256 = ? WHERE id = ?",
            (started.venue, started.seed, started.config_sha256, row.id),
        )
    if row.status == "ended":
        (noted,) = target.execute("SELECT secondary_halts FROM sessions WHERE id = ?", (row.id,)).fetchone()
        secondary = msgspec.json.decode(noted, type=tuple[Halt, ...])
        write_ending(target, row.id, _ending(row, ended, secondary, course), sha256)
    if row.settled is not None and target.execute(_SETTLEMENT, (row.id,)).fetchone() is not None:
        target.execute(WRITE_STATE, (row.id, "settled.detail", row.settled))


def _opening(row: SessionRow) -> SessionOpening:
    same = {name: getattr(row, name) for name in SessionOpening.__struct_fields__}
    return SessionOpening(**same | {"config_changes": msgspec.json.encode(row.config_changes).decode()})


def _ending(row: SessionRow, ended: SessionEnded | None, noted: tuple[Halt, ...], course: Course) -> SessionEnding:
    """How the row says that the session ended, where the journal does not say otherwise."""
    # A journal may have its end and its session none: the process was lost between the two, or the database, which
    # makes of an end in order another one.
    told = row.halt_reason
    lost = told == HaltReason.PROCESS_LOST
    if ended is not None and not lost:
        lost = told == HaltReason.ACTOR_FAILURE and HALT_FACTS[ended.reason].exit_code == 0
    if ended is None or lost:
        reason, detail = HaltReason(told or ""), row.halt_detail or ""
    else:
        reason, detail = ended.reason, ended.detail
    # Causes that came after the journal's last record are in the row alone.
    secondary = row.secondary_halts if set(noted) <= set(row.secondary_halts) else ()
    return SessionEnding(
        ended_at=row.ended_at or "",
        reason=reason,
        detail=detail,
        secondary=secondary,
        rungs_failed=row.rungs_failed,
        restarts=row.restarts,
        warnings=row.warnings,
        results=_results(row.results, course),
        timings=row.timings,
    )


def _results(kept: str | None, course: Course) -> str | None:
    """The kept results if all that this build knows of them is as it works them out, else its own."""
    if kept is None:
        return None
    figures = flat_figures(results_of(course))
    try:
        found = msgspec.json.decode(kept, type=dict[str, str | int | float | None])
    except msgspec.DecodeError:
        found = {}
    if found and all(found[name] == figures[name] for name in found.keys() & figures.keys()):
        return kept
    return msgspec.json.encode(figures).decode()
