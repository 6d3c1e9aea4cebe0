"""Which session a report is about, and all that the database has of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from actors.plumbing.timings import KeptTimings, kept_timings
from actors.store import SessionRow, list_sessions
from actors.store import reports as stored
from actors.store.table_rows import FoundOffer
from neo.analysis import Course, Results, Value, flat_figures, results_of
from neo.chain.money import xrp
from neo.config.retired import names_now
from tools.console.errors import OperatorError
from tools.console.options import quoted
from tools.reporting.broken_limits import LossFigures, loss_figures, losses_for


class Report(msgspec.Struct, frozen=True):
    """A session's row, its course, its results, the config it ran with by dotted key, its engine's last states, and
    what its tables, engine and ledger do not agree on now, and the offers that it found on the ledger at its start.
    """

    session: SessionRow
    course: Course
    results: Results
    config: dict[str, str]
    states: dict[str, str]
    differences: tuple[str, ...] = ()
    found: tuple[FoundOffer, ...] = ()

    @property
    def found_told(self) -> list[str]:
        """Each offer that was found at the start in words: what it was, why it rests, and what became of it."""
        return [
            f"found at the start: {one.order_id}, {one.side} {xrp(one.xrp_drops)} XRP at {one.price}, sequence"
            f" {one.sequence}, ledger entry {one.entry}: {one.why}; {one.status}"
            + (f" by {one.pulled_by}" if one.pulled_by else "")
            for one in self.found
        ]

    @property
    def exact(self) -> bool:
        """True if engine, ledger and tables agree to the last digit."""
        return self.course.standing is not None and self.course.standing.exact and not self.differences

    @property
    def losses(self) -> tuple[LossFigures, ...]:
        """The loss limits, and how far the session's losses came."""
        return loss_figures(self.course, self.config)

    @property
    def timings(self) -> KeptTimings:
        """How long things took by the machine's clock; nothing where it was not kept."""
        return kept_timings(self.session.timings)

    @property
    def figures(self) -> dict[str, Value]:
        """The results as flat figures."""
        return flat_figures(self.results)


def load(path: Path, wanted: str | None) -> Report:
    """The report of a session.

    Args:
        path: The database.
        wanted: Its id, or enough of it; None for the last session.

    Raises:
        OperatorError: There is no such session, or several.
        StoreError: The database can't be read.
    """
    session = choose(path, wanted)
    session = msgspec.structs.replace(session, config_changes=names_now(session.config_changes))
    config = config_values(session.config)
    course = stored.course(path, session.id, losses_for(config))
    states = stored.states(path, session.id)
    differences = stored.inventory_differences(path, session.id, course.standing)
    found = tuple(stored.found_offers(path, session.id))
    return Report(session, course, results_of(course), config, states, differences, found)


def choose(path: Path, wanted: str | None) -> SessionRow:
    """The session that is meant.

    Raises:
        OperatorError: There is none, or several.
    """
    sessions = list_sessions(path)
    if not sessions:
        raise OperatorError(f"{path}: no sessions yet; `neo run` makes one.")
    if wanted is None:
        return sessions[0]
    found = [row for row in sessions if row.id == wanted]
    found = found or [row for row in sessions if wanted in row.id]
    if not found:
        raise OperatorError(f"{path}: no session {quoted(wanted)}; `neo sessions` lists them.")
    if len(found) > 1:
        # A word between them: ids alone, one after the other, read like a key in hex, which no message shows.
        names = " or ".join(row.id for row in found[:5])
        raise OperatorError(f"{path}: {quoted(wanted)} may be {len(found)} sessions ({names}); write more of its name.")
    return found[0]


def config_values(text: str) -> dict[str, str]:
    """A session's config by dotted key, values as text; empty if the text is not one that we wrote.

    Keys that were renamed since have the names of today, so that old sessions and new ones compare.
    """
    try:
        sections = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(sections, dict):
        return {}
    values = {
        f"{name}.{key}": _shown(value)
        for name, keys in sections.items()
        if isinstance(keys, dict)
        for key, value in keys.items()
    }
    return names_now(values)


def limit(report: Report, key: str) -> float | None:
    """A limit of the config as a figure for people, None if it isn't there."""
    return config_figure(report.config, key)


def config_figure(config: Mapping[str, str], key: str) -> float | None:
    """A value of a config as a figure for people, None if it isn't there or is none."""
    text = config.get(key)
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    # Infinity has no JSON; the one config value that may be infinite is the speed.
    return "max" if value is None else str(value)
