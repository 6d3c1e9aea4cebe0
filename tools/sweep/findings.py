"""What a sweep's sessions say together, point by point: the spread of every figure, and a table of the main ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from neo.analysis import Value
from neo.analysis.deviation import Spread, paired_differences, spread_of
from neo.config import config_sha256
from neo.messages.halts import HaltReason
from tools.console.forms import markdown_cell
from tools.console.words import NOTHING
from tools.reporting.labels import LABELS
from tools.sweep.points import Point, label
from tools.sweep.runs import Result

# The figure that says which settings did better; its change against the first point is worked out pair by pair.
RESULT = "result_rlusd"

# The table's columns: figure and heading. Money is RLUSD, mark-outs are bps after 5 ledgers, the rest are shares.
_COLUMNS = (
    ("fills", "fills"),
    (RESULT, "result"),
    ("spread_captured_rlusd", "spread"),
    ("inventory_revaluation_rlusd", "revaluation"),
    ("mark_out_5_bps", "mark-out"),
    ("bid_within_2bps_share", "bid <2 bps"),
    ("ask_within_2bps_share", "ask <2 bps"),
    ("flow_won_share", "won"),
)

# Headings that a narrow terminal does without, the first ones first; JSON, CSV and the page have everything.
_LEFT_OUT_FIRST = ("revaluation", "ask <2 bps", "bid <2 bps", "spread", "mark-out", "won", "sessions", "against first")
_GAP = 3


class PointSummary(msgspec.Struct, frozen=True):
    """All sessions of one point. ``against_first`` is its result minus the first point's, pair by pair."""

    point: Point
    runs: int
    cut_short: int
    figures: dict[str, Spread]
    against_first: Spread | None


def summaries_of(points: Sequence[Point], results: Iterable[Result]) -> list[PointSummary]:
    """The summaries of the points that have results, in the points' order."""
    by_config: dict[str, list[Result]] = {}
    for result in results:
        by_config.setdefault(result.config_sha256, []).append(result)
    groups = [(point, by_config.get(config_sha256(point.config), [])) for point in points]
    base = _results(groups[0][1] if groups else [])
    return [
        PointSummary(
            point,
            len(group),
            sum(result.halt_reason is not HaltReason.DURATION_ELAPSED for result in group),
            _spreads(group),
            None if number == 0 else paired_differences(_results(group), base),
        )
        for number, (point, group) in enumerate(groups)
        if group
    ]


def table_of(summaries: Sequence[PointSummary], width: int) -> Table:
    """The main figures, as mean and standard deviation over sessions; a narrow table leaves out some of them."""
    columns = dict(zip(headings(summaries), zip(*rows(summaries), strict=True), strict=True))
    for heading in _LEFT_OUT_FIRST:
        if sum(max(map(len, (name, *cells))) + _GAP for name, cells in columns.items()) <= width:
            break
        del columns[heading]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table


def markdown_of(summaries: Sequence[PointSummary]) -> str:
    """The same table in Markdown, for notes and READMEs."""
    heads = [markdown_cell(head) for head in headings(summaries)]
    body = [[markdown_cell(cell) for cell in cells] for cells in rows(summaries)]
    lines = [heads, ["---:"] * len(heads), *body]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def headings(summaries: Sequence[PointSummary]) -> list[str]:
    """The swept keys, without their sections where that still tells them apart, then the figures."""
    keys = _keys(summaries)
    leaves = [key.rpartition(".")[2] for key in keys]
    names = [leaf if leaves.count(leaf) == 1 else key for key, leaf in zip(keys, leaves, strict=True)]
    return [*names, "sessions", *(words for _, words in _COLUMNS), "against first"]


def rows(summaries: Sequence[PointSummary]) -> list[list[str]]:
    """The table's cells."""
    keys = _keys(summaries)
    return [
        [
            *(one.point.settings.get(key, NOTHING) for key in keys),
            f"{one.runs}" + (f" ({one.cut_short} cut short)" if one.cut_short else ""),
            *(_cell(key, one.figures.get(key)) for key, _ in _COLUMNS),
            _against(one.against_first),
        ]
        for one in summaries
    ]


def as_objects(summaries: Sequence[PointSummary]) -> list[dict[str, object]]:
    """Everything, for ``--json``."""
    return [
        {
            "settings": one.point.settings,
            "config_sha256": config_sha256(one.point.config),
            "sessions": one.runs,
            "cut_short": one.cut_short,
            "figures": one.figures,
            "result_against_first": one.against_first,
        }
        for one in summaries
    ]


def csv_rows(summaries: Sequence[PointSummary]) -> list[dict[str, Value]]:
    """A row for each point and figure, for ``--csv``."""
    return [
        {**one.point.settings, "figure": name, **msgspec.structs.asdict(spread)}
        for one in summaries
        for name, spread in [*one.figures.items(), *_named(one.against_first)]
    ]


def number(value: Value) -> float | None:
    """A figure as a number for statistics; None where there is none."""
    return None if value is None else float(value)


def point_names(summaries: Sequence[PointSummary]) -> list[str]:
    """What tells the points apart, as short as it can be: the values alone if one key or one value was swept."""
    texts = [list(dict.fromkeys(one.point.settings.values())) for one in summaries]
    if all(len(values) == 1 for values in texts):
        return [values[0] for values in texts]
    return [label(one.point) for one in summaries]


def _named(spread: Spread | None) -> list[tuple[str, Spread]]:
    return [] if spread is None else [("result_against_first_rlusd", spread)]


def _keys(summaries: Sequence[PointSummary]) -> list[str]:
    return list(dict.fromkeys(key for one in summaries for key in one.point.settings))


def _results(group: Iterable[Result]) -> Mapping[tuple[int, str], float]:
    values = ((result.pair, number(result.figures.get(RESULT))) for result in group)
    return {pair: value for pair, value in values if value is not None}


def _spreads(group: Sequence[Result]) -> dict[str, Spread]:
    names = dict.fromkeys(name for result in group for name in result.figures)
    spreads = ((name, spread_of(_numbers(group, name))) for name in names)
    return {name: spread for name, spread in spreads if spread is not None}


def _numbers(group: Sequence[Result], name: str) -> list[float]:
    return [value for result in group if (value := number(result.figures.get(name))) is not None]


def _cell(key: str, spread: Spread | None) -> str:
    if spread is None:
        return NOTHING
    kind = LABELS[key].kind
    form, factor = {"count": ("{:,.0f}", 1), "change": ("{:.2f}", 1), "bps": ("{:.2f}", 1), "share": ("{:.1f}", 100)}[
        kind
    ]
    mean = ("+" if kind in {"change", "bps"} and spread.mean > 0 else "") + form.format(spread.mean * factor)
    mean += "%" if kind == "share" else ""
    # One session says nothing of how far another would be from it.
    return mean if spread.sd is None else f"{mean} \N{PLUS-MINUS SIGN} {form.format(spread.sd * factor)}"


def _against(spread: Spread | None) -> str:
    if spread is None or spread.se is None:
        return NOTHING
    return f"{spread.mean:+.2f} (se {spread.se:.2f})"
