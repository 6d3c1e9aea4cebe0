"""Whether what a session says at its end is what its journal, its tables and its ledger say."""

from __future__ import annotations

from pathlib import Path

import msgspec
from support.sessions import journal_of
from support.store_database import rows, state

from actors.store import SessionRow
from actors.store.maintenance import check
from neo.analysis.summary import SessionSummary
from neo.desk.desk import Desk
from neo.messages import SessionEnded

_LEFT = (
    "SELECT id FROM orders WHERE session_id = ? AND cancels IS NULL"
    " AND status IN ('signed', 'submitted', 'unknown', 'resting', 'partially_filled')"
)


def untruths(database: Path, row: SessionRow, summary: SessionSummary | None = None) -> list[str]:
    """What row, last record, state and summary say that was not so; empty if they tell the truth."""
    *before, ended = journal_of(database, row.id)
    if not isinstance(ended, SessionEnded):
        return [f"the journal ends with {type(ended).__name__}"]
    desk, said = Desk.replay(before), ended.standing
    left = [order_id for (order_id,) in rows(database, _LEFT, row.id)]
    [(fills, ledgers)] = rows(
        database,
        "SELECT (SELECT count(*) FROM fills WHERE session_id = ?1),"
        " (SELECT count(*) FROM market_snapshots WHERE session_id = ?1)",
        row.id,
    )
    told = {
        "the last record's standing": (said, desk.standing()),
        "the last record's live orders": (sorted(said.orders_live), sorted(left)),
        "the row's fills": (row.fills, fills),
        "the row's ledgers": (row.ledgers, ledgers),
        "the row's ticks": (row.ticks, desk.tick),
        "the row's equity": (row.equity_end_rlusd, desk.standing().equity_end_rlusd),
        "the row's hash and its journal": (check(database).findings, ()),
        "orders_live_at_shutdown": (
            sorted(msgspec.json.decode(state(database, "orders_live_at_shutdown", row.id))),
            sorted(left),
        ),
        "the orders that the row names": (sorted(_named(row.rungs_failed)), sorted(left)),
    }
    if summary is not None:
        told |= {
            "the summary's orders": (sorted(summary.orders_left), sorted(left)),
            "the summary's fills": (summary.fills, fills),
            "the summary's ledgers": (summary.ledgers, ledgers),
            "the summary's rungs": (summary.rungs_failed, row.rungs_failed),
            "the summary's hash": (summary.journal_sha256, row.journal_sha256),
        }
    return [f"{what}: {claimed} is {true}" for what, (claimed, true) in told.items() if claimed != true]


def _named(rungs_failed: tuple[str, ...]) -> set[str]:
    """The orders that a row says could not be cancelled."""
    words = " ".join(rung for rung in rungs_failed if "could not cancel" in rung).replace(",", " ").split()
    return {word for word in words if word[:1] == "o" and word[1:].isdigit()}
