"""The sessions of a database as a list that is read a page at a time: what a list shows of each, and no more.

However many sessions there are, a page costs the same; what a running session counts is not counted here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec

from actors.store.connection import connect_read_only
from actors.store.store_errors import translating
from actors.store.table_rows import Bounded, struct_from
from actors.store.tables import version_in_use

_COLUMNS = "id, status, started_at, venue, profile, seed, halt_reason, fills, equity_change_rlusd, results"


class ListPlace(NamedTuple):
    """A session's place in the list, which is by start and then by name, the newest first."""

    started_at: str
    session_id: str


class SessionBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of a session. Counts and figures are there once it has ended.

    Args:
        id: Its name.
        status: ``running`` or ``ended``.
        started_at: UTC, ISO 8601.
        venue: Its kind.
        profile: The name of its profile.
        seed: Of its random choices.
        halt_reason: Why it ended.
        fills: How many.
        equity_change_rlusd: Less capital that moved.
        results: JSON of :func:`neo.analysis.flat_figures`.
    """

    id: str
    status: str
    started_at: str
    venue: str
    profile: str
    seed: int
    halt_reason: str | None
    fills: int | None
    equity_change_rlusd: Decimal | None
    results: str | None

    @property
    def place(self) -> ListPlace:
        """Where it is in the list."""
        return ListPlace(self.started_at, self.id)

    @property
    def figures(self) -> Mapping[str, str | int | float | None]:
        """Its results by name; empty if there are none."""
        if self.results is None:
            return {}
        try:
            return msgspec.json.decode(self.results, type=dict[str, str | int | float | None])
        except (msgspec.DecodeError, RecursionError):
            return {}


class SessionsPage(msgspec.Struct, frozen=True):
    """A page of a database's sessions, and how many there are in all."""

    rows: tuple[SessionBrief, ...]
    total: int


def sessions_page(path: Path, before: ListPlace | None, most: int) -> SessionsPage:
    """The newest sessions of a database that are older than a place.

    Args:
        path: The database; without a file there is no session yet.
        before: Only those after this place in the list; None for the newest of all.
        most: No more than so many.

    Raises:
        StoreError: What is there is no database of ours, or can't be read.
    """
    if not path.exists():
        return SessionsPage((), 0)
    where, values = ("", ()) if before is None else ("WHERE (started_at, id) < (?, ?)", tuple(before))
    with contextlib.closing(connect_read_only(path, brief=True)) as connection, translating(path):
        version_in_use(connection, path)
        (total,) = connection.execute("SELECT count(*) FROM sessions").fetchone()
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM sessions {where} ORDER BY started_at DESC, id DESC LIMIT ?",  # noqa: S608 - our own
            (*values, most),
        )
        return SessionsPage(tuple(struct_from(SessionBrief, row) for row in Bounded(rows)), total)
