"""What a report tells of the twin: our fills live and on paper, side by side; rows for terminal and page."""

from __future__ import annotations

from typing import Final

from neo.analysis import Course, TwinKind, TwinRow
from neo.analysis.twin_error import TwinSide
from neo.chain.money import xrp
from neo.messages import Side
from tools.console.words import NOTHING

TWIN_TITLE: Final = "Paper beside the session: its twin"
TWIN_COLUMNS: Final = ("", "fills", "XRP live", "XRP on paper")
TWIN_FILLS_TITLE: Final = "Fills live and on paper (price: + if paper told a better one for us)"
TWIN_FILLS_COLUMNS: Final = ("ledger", "order", "", "live", "on paper", "price, bps", "why")

# A terminal shows so many fills that differ; the page and --json have all.
_SHOWN_MAX: Final = 20
_DID: Final = {Side.BUY: "bought", Side.SELL: "sold"}


def twin_rows(course: Course) -> list[list[str]]:
    """How many fills were alike, how many were not, and the error; nothing without a twin."""
    error = course.twin_error
    if error is None:
        return []
    told = course.twin_rows
    rows = []
    for kind in TwinKind:
        of_kind = [row for row in told if row.kind is kind]
        live = sum(row.live.xrp_drops for row in of_kind if row.live is not None)
        paper = sum(row.paper.xrp_drops for row in of_kind if row.paper is not None)
        rows.append([kind.value, f"{len(of_kind):,}", f"{xrp(live):.2f}", f"{xrp(paper):.2f}"])
    result = error.result_difference_rlusd
    shown = NOTHING if result is None else f"{result:+.4f} RLUSD"
    rows.append([f"error over {error.ledgers:,} ledgers: {error.error_share:.2%}", "", "", ""])
    rows.append([f"result on paper, against live: {shown}", "", "", ""])
    return rows


def twin_fill_rows(course: Course, most: int | None = _SHOWN_MAX) -> list[list[str]]:
    """The fills that differ, the first ones first; with None for ``most`` all fills, those that are alike too."""
    rows = [row for row in course.twin_rows if most is None or row.kind is not TwinKind.MATCHED]
    shown = rows if most is None else rows[:most]
    told = [_cells(row) for row in shown]
    if len(shown) < len(rows):
        told.append(["", "", "", "", "", "", f"and {len(rows) - len(shown):,} more (--html, --json)"])
    return told


def _cells(row: TwinRow) -> list[str]:
    ledger = row.live or row.paper
    assert ledger is not None, "a row is of a fill on one side at least"
    bps = row.price_difference_bps
    return [
        f"{ledger.ledger_index}",
        f"{row.offer_sequence}",
        _DID[row.side],
        _side(row.live, ledger.ledger_index),
        _side(row.paper, ledger.ledger_index),
        NOTHING if bps is None else f"{bps:+.2f}",
        row.why,
    ]


def _side(told: TwinSide | None, ledger_index: int) -> str:
    if told is None:
        return NOTHING
    at = "" if told.price is None else f" at {told.price:.5f}"
    late = told.ledger_index - ledger_index
    return f"{xrp(told.xrp_drops):.6f}{at}" + (f" ({late:+d} ledgers)" if late else "")
