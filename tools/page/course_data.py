"""A session's course for its charts: read from its journal a piece at a time, kept thinned, told as increments.

What a browser was told up to one record it is not told again: it sends that record's number, and gets what changed
since. All of this runs in worker threads; nothing holds the database for longer than it takes to fetch a piece.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from actors.store.follow import next_records
from actors.store.readers import session_config
from actors.store.stretch_rows import FILL_COLUMNS, LEDGER_COLUMNS, Row, stretch
from neo.analysis.long_course import KINDS, CoursePoint, FillGroup, LongCourse
from neo.analysis.markouts import HORIZONS_LEDGERS
from neo.analysis.thin_points import NumberedPoint
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.messages import Side
from tools.reporting.labels import LABELS, show
from tools.reporting.sources import config_figure, config_values

# Records that one answer takes in at most: some tenth of a second, so that a long journal never keeps a session that
# runs in this process from its work for longer. Whoever has more to come is told so, and asks again.
RECORDS_AT_ONCE: Final = 4_000

# Ledgers of a stretch that is looked at from near: more than the thinned course has of a long session.
STRETCH_LEDGERS: Final = 3_000

# Sessions whose course is kept, some megabytes each; the one that nobody asked for the longest goes first.
COURSES_MAX: Final = 8

_Held = Callable[[NumberedPoint[CoursePoint]], float | None]


def _of_row(name: str) -> _Held:
    return lambda placed: getattr(placed.point.row, name)


def _mark_out(at: int) -> _Held:
    return lambda placed: placed.point.mark_outs[at]


# What is told of each ledger, by its name in the JSON: prices in RLUSD per XRP, distances in basis points, XRP in XRP,
# the rest in RLUSD. `number` counts the session's ledgers, `time` is the close in seconds of the Unix epoch.
_COLUMNS: Final[Mapping[str, _Held]] = {
    "number": lambda placed: placed.number,
    "time": lambda placed: placed.point.row.close_time_s + RIPPLE_EPOCH_UNIX_S,
    "ledger": _of_row("ledger_index"),
    "mid": _of_row("mid"),
    "pool": _of_row("pool"),
    "best_bid": _of_row("best_bid"),
    "best_ask": _of_row("best_ask"),
    "own_bid": _of_row("own_bid"),
    "own_ask": _of_row("own_ask"),
    "bid_distance": _of_row("distance_bid_bps"),
    "ask_distance": _of_row("distance_ask_bps"),
    "xrp": _of_row("xrp"),
    "rlusd": _of_row("rlusd"),
    "spread": _of_row("spread"),
    "revaluation": _of_row("revaluation"),
    "fees": _of_row("fees"),
    "capital": _of_row("capital"),
    "holding": _of_row("holding"),
    **{f"mark_out_{horizon}": _mark_out(at) for at, horizon in enumerate(HORIZONS_LEDGERS)},
}

# The figures beside the charts, with the report's names, words and forms.
_FIGURES: Final = (
    "result_rlusd", "holding_rlusd", "against_holding_rlusd", "drawdown_rlusd", "spread_captured_rlusd",
    "inventory_revaluation_rlusd", "fees_rlusd", "capital_flows_rlusd", "fills", "turnover_rlusd", "end_xrp",
    "end_rlusd",
    "time_with_bid_share", "bid_within_2bps_share", "bid_distance_mean_bps",
    "time_with_ask_share", "ask_within_2bps_share", "ask_distance_mean_bps",
)  # fmt: skip


class FillMarks(msgspec.Struct, frozen=True, kw_only=True):
    """Fills, or groups of them, as columns. Those that begin at record ``since`` or later replace what was told before.

    Args:
        since: The first one's record; None if nothing changed.
        stretch_ledgers: Over how many ledgers fills of a side are one; 0 if each is its own.
        seq: The record of each one's first fill.
        time: In seconds of the Unix epoch, midway between its first and its last.
        bought: Whether we bought.
        at: RLUSD for an XRP, over all of it.
        xrp: How much.
        count: How many fills.
    """

    since: int | None
    stretch_ledgers: int
    seq: list[int]
    time: list[float]
    bought: list[bool]
    at: list[float | None]
    xrp: list[float]
    count: list[int]


class CoursePart(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in a session's course since a record, and where it stands.

    Args:
        seq: The last record that is in it: what to ask for next.
        whole: It is all there is: what was told before is void.
        more: There is more in the journal now; ask again at once.
        goes_on: The session has not ended.
        since: Ledgers from this number on replace what was told before; None if nothing changed.
        stride: Ledgers that are thinned together; up to 8 of them are all told.
        columns: Ledgers, oldest first, by :data:`_COLUMNS`.
        fills: The same of fills.
        limits: ``xrp`` and ``rlusd``, in RLUSD; ``target``, XRP's share of our equity. None where the config has none.
        figures: In words, by name.
        mark_outs: A row for each horizon: the horizon, fills, and bps over all, of bids, of asks.
    """

    seq: int
    whole: bool
    more: bool
    goes_on: bool
    since: int | None
    stride: int
    columns: dict[str, list[float | None]]
    fills: FillMarks
    limits: dict[str, float | None]
    figures: dict[str, str]
    mark_outs: list[list[str]]


class StretchPart(msgspec.Struct, frozen=True):
    """Ledgers and fills of a stretch, none left out, as columns by the names of :class:`CoursePart`."""

    columns: dict[str, list[float | None]]
    fills: dict[str, list[float | None]]


class Courses:
    """The courses of the sessions that were asked for of late."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Path, int | None, str], _Reader] = OrderedDict()
        self._lock = threading.Lock()

    def part(
        self, databases: Sequence[Path], session_id: str, after_seq: int, most: int = RECORDS_AT_ONCE
    ) -> CoursePart | None:
        """What is new of a session's course; None if no database has the session.

        Args:
            databases: Where it may be.
            session_id: Its name.
            after_seq: What the asker has, by the last answer's ``seq``; 0 for nothing.
            most: No more records than so many are taken in.

        Raises:
            StoreError: A database can't be read.
        """
        reader = self._reader(databases, session_id)
        if reader is None:
            return None
        with reader.lock:
            return reader.part(after_seq, most)

    def stretch(
        self, databases: Sequence[Path], session_id: str, first_index: int, last_index: int
    ) -> StretchPart | None:
        """Every ledger and fill of a stretch, for whoever looks at it from near; None if no database has the session.

        Args:
            databases: Where it may be.
            session_id: Its name.
            first_index: The first ledger.
            last_index: The last one; no more than :data:`STRETCH_LEDGERS` are told.

        Raises:
            StoreError: A database can't be read.
        """
        reader = self._reader(databases, session_id)
        if reader is None:
            return None
        found = stretch(reader.database, session_id, first_index, last_index, STRETCH_LEDGERS)
        return StretchPart(_by_name(LEDGER_COLUMNS, found.ledgers), _by_name(FILL_COLUMNS, found.fills))

    def _reader(self, databases: Sequence[Path], session_id: str) -> _Reader | None:
        # Another file in a database's place, such as a backup that was restored, has another journal.
        keys = [(database, _file_of(database), session_id) for database in databases]
        with self._lock:
            for key in keys:
                if key in self._held:
                    self._held.move_to_end(key)
                    return self._held[key]
        for key in keys:
            config = session_config(key[0], session_id) if key[1] is not None else None
            if config is not None:
                with self._lock:
                    reader = self._held.setdefault(key, _Reader(key[0], session_id, config))
                    while len(self._held) > COURSES_MAX:
                        self._held.popitem(last=False)
                return reader
        return None


def _file_of(database: Path) -> int | None:
    """Which file a database is; None if there is none: before the first session, that is no fault."""
    try:
        return database.stat().st_ino
    except OSError:
        return None


class _Reader:
    """One session's course, as far as it was read."""

    def __init__(self, database: Path, session_id: str, config: str) -> None:
        self.lock = threading.Lock()
        self.database = database
        self._session_id = session_id
        self._course = LongCourse()
        values = config_values(config)
        share = config_figure(values, "strategy.target_xrp_percent")
        self._limits = {
            "xrp": config_figure(values, "risk.max_xrp_exposure"),
            "rlusd": config_figure(values, "risk.max_rlusd_exposure"),
            "target": None if share is None else share / 100,
        }

    def part(self, after_seq: int, most: int) -> CoursePart:
        course = self._course
        records = next_records(self.database, self._session_id, KINDS, course.seq, most)
        for seq, record in records:
            course.apply(seq, record)
        # Somebody who was told more than there is was told of another journal, or by a page that has begun anew since.
        known = after_seq if after_seq <= course.seq else 0
        ledgers = course.ledgers.since(known)
        figures = course.figures()
        return CoursePart(
            seq=course.seq,
            whole=not known,
            more=len(records) == most,
            goes_on=not course.has_ended,
            since=ledgers[0].number if ledgers else None,
            stride=course.ledgers.stride,
            columns={name: [_short(value(placed)) for placed in ledgers] for name, value in _COLUMNS.items()},
            fills=_marks(course.fills.since(known), course.fills.stretch_ledgers),
            limits=self._limits,
            figures={name: show(LABELS[name].kind, figures[name]) for name in _FIGURES},
            mark_outs=[
                [
                    f"{mark.ledgers} ledger{'s' if mark.ledgers > 1 else ''}",
                    f"{mark.fills:,}",
                    *(show("bps", bps).removesuffix(" bps") for bps in (mark.mean_bps, mark.bid_bps, mark.ask_bps)),
                ]
                for mark in course.mark_outs
            ],
        )


def _by_name(names: Sequence[str], rows: Sequence[Row]) -> dict[str, list[float | None]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def figure_words() -> dict[str, str]:
    """The figures beside the charts, by name, in words: the report's, but that a session may go on."""
    return {name: LABELS[name].words for name in _FIGURES} | {"end_xrp": "XRP held", "end_rlusd": "RLUSD held"}


def _marks(groups: Sequence[FillGroup], stretch_ledgers: int) -> FillMarks:
    return FillMarks(
        since=groups[0].first_seq if groups else None,
        stretch_ledgers=stretch_ledgers,
        seq=[group.first_seq for group in groups],
        time=[(group.first_close_s + group.last_close_s) / 2 + RIPPLE_EPOCH_UNIX_S for group in groups],
        bought=[group.side is Side.BUY for group in groups],
        at=[None if group.price is None else _short(float(group.price)) for group in groups],
        xrp=[group.xrp_drops / 1e6 for group in groups],
        count=[group.count for group in groups],
    )


def _short(value: float | None) -> float | None:
    """Ten digits: more than a chart can show, and a time in seconds whole."""
    return value if value is None or isinstance(value, int) else float(f"{value:.10g}")
