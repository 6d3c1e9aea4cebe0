"""A session's own row: how it begins, how it ends, and what a later start settled of it."""

from __future__ import annotations

import sqlite3

import msgspec

from actors.store.projection import WRITE_STATE
from actors.store.readers import counts
from actors.store.table_rows import SessionEnding, SessionOpening

_BEGIN_SESSION = """
    INSERT INTO sessions (id, parent_id, status, pid, started_at, venue, seed, market, config, config_sha256, profile,
        config_changes)
    VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_END_SESSION = """
    UPDATE sessions SET status = 'ended', ended_at = ?, halt_reason = ?, halt_detail = ?, rungs_failed = ?,
        secondary_halts = coalesce(?, secondary_halts), journal_sha256 = ?, ticks = ?, ledgers = ?, fills = ?,
        restarts = ?, warnings = ?, results = ?
    WHERE id = ?
"""
# Why and how it ended stays as it was written then. What it came to is what its journal says, with what was found.
_SETTLE_SESSION = "UPDATE sessions SET ticks = ?, ledgers = ?, fills = ?, results = coalesce(?, results) WHERE id = ?"
_SETTLE_EXPERIMENT = """
    UPDATE experiments SET (ticks, fills, equity_change_rlusd, results) =
        (SELECT ticks, fills, equity_change_rlusd, results FROM sessions WHERE id = session_id)
    WHERE session_id = ?
"""


def write_opening(connection: sqlite3.Connection, opening: SessionOpening, parent_id: str | None) -> None:
    """A session's row as it begins."""
    connection.execute(
        _BEGIN_SESSION,
        (
            opening.id,
            parent_id,
            opening.pid,
            opening.started_at,
            opening.venue,
            opening.seed,
            opening.market,
            opening.config,
            opening.config_sha256,
            opening.profile,
            opening.config_changes,
        ),
    )
    # A fresh session starts without a reason, whatever the one before it ended with.
    for key in ("halt.reason", "halt.detail"):
        connection.execute("INSERT INTO engine_state VALUES (?, ?, '')", (opening.id, key))


def write_ending(connection: sqlite3.Connection, session_id: str, ending: SessionEnding, digest: str) -> None:
    """A session's row as it ends; ``digest`` is its journal's."""
    ticks, ledgers, fills = counts(connection, session_id)
    connection.execute(
        _END_SESSION,
        (
            ending.ended_at,
            ending.reason.value,
            ending.detail,
            msgspec.json.encode(ending.rungs_failed).decode(),
            msgspec.json.encode(ending.secondary).decode() if ending.secondary else None,
            digest,
            ticks,
            ledgers,
            fills,
            msgspec.json.encode(ending.restarts).decode(),
            msgspec.json.encode(ending.warnings).decode(),
            ending.results,
            session_id,
        ),
    )
    for key, value in (("halt.reason", ending.reason.value), ("halt.detail", ending.detail)):
        connection.execute(WRITE_STATE, (session_id, key, value))
    if ending.timings is not None:
        connection.execute(WRITE_STATE, (session_id, "timings", ending.timings))


def write_settlement(connection: sqlite3.Connection, session_id: str, detail: str, results: str | None) -> None:
    """What a session's row says once what it had left open is settled; see :meth:`Store.note_settlement`."""
    connection.execute(_SETTLE_SESSION, (*counts(connection, session_id), results, session_id))
    connection.execute(_SETTLE_EXPERIMENT, (session_id,))
    connection.execute(WRITE_STATE, (session_id, "settled.detail", detail))
