"""A sweep of two keys as maps: one cell for each pair of values, which many points stay readable in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tools.reporting.charts import MUTED
from tools.reporting.labels import LABELS, show
from tools.sweep.findings import RESULT, PointSummary

# The figures that a map is drawn of, with its heading and whether zero is what it is judged by.
FIGURES: Final = {
    RESULT: ("Result of a session, without capital", True),
    "against_holding_rlusd": ("Result against simply holding", True),
    "drawdown_rlusd": ("Maximum drawdown", False),
    "spread_captured_rlusd": ("Spread captured", True),
    "mark_out_5_bps": ("Mark-out after 5 ledgers", True),
    "fills": ("Fills of a session", False),
}

# Below and above zero as everywhere in the pages; the numbers have their signs for whoever sees no difference.
_BELOW, _ABOVE, _NEUTRAL = "#B3430A", "#00734F", "#FFFFFF"


class Grid(msgspec.Struct, frozen=True):
    """Points that differ in two things: what those are called, and the values of each, in the order they were swept."""

    across: str
    up: str
    columns: tuple[str, ...]
    lines: tuple[str, ...]
    cells: dict[tuple[str, str], PointSummary]


def grid_of(summaries: Sequence[PointSummary]) -> Grid | None:
    """The points as a grid, or None if they are none: one thing was swept, or three, or values went hand in hand.

    Keys that always have the same value are one thing.
    """
    keys_by_values: dict[tuple[str, ...], list[str]] = {}
    for key in dict.fromkeys(key for one in summaries for key in one.point.settings):
        values = tuple(one.point.settings.get(key, "") for one in summaries)
        if len(set(values)) > 1:
            keys_by_values.setdefault(values, []).append(key)
    if len(keys_by_values) != 2:
        return None
    (across, across_keys), (up, up_keys) = keys_by_values.items()
    columns, lines = tuple(dict.fromkeys(across)), tuple(dict.fromkeys(up))
    cells = dict(zip(zip(across, up, strict=True), summaries, strict=True))
    # A grid may have holes, where sessions failed, but not more holes than cells.
    if len(cells) != len(summaries) or 2 * len(cells) <= len(columns) * len(lines):
        return None
    return Grid(" + ".join(across_keys), " + ".join(up_keys), columns, lines, cells)


def heat_map(grid: Grid, key: str) -> dict[str, Any]:
    """The mean of one figure over the grid, with each cell's number in it."""
    label, (_, is_signed) = LABELS[key], FIGURES[key]
    means = [[_mean(grid, key, column, line) for column in grid.columns] for line in grid.lines]
    # Two decimals: a cell on a narrow screen has no room for more, and the table has them all.
    form = "{:,.0f}" if label.kind == "count" else "{:+,.2f}" if is_signed else "{:,.2f}"
    texts = [["" if mean is None else form.format(mean) for mean in row] for row in means]
    scale = [[0, _BELOW], [0.5, _NEUTRAL], [1, _ABOVE]] if is_signed else [[0, _NEUTRAL], [1, MUTED]]
    unit = show(label.kind, 1.0).partition(" ")[2]
    heat: dict[str, Any] = {
        "type": "heatmap",
        "x": list(grid.columns),
        "y": list(grid.lines),
        "z": means,
        "text": texts,
        "texttemplate": "%{text}",
        "hovertemplate": f"{grid.across} %{{x}}<br>{grid.up} %{{y}}: %{{text}} {unit}<extra></extra>",
        "colorscale": scale,
        "colorbar": {"title": {"text": unit, "font": {"size": 11}}, "thickness": 12, "outlinewidth": 0},
        "xgap": 2,
        "ygap": 2,
    }
    if is_signed:
        heat["zmid"] = 0
    return {"data": [heat], "layout": _layout(grid)}


def _mean(grid: Grid, key: str, column: str, line: str) -> float | None:
    summary = grid.cells.get((column, line))
    spread = None if summary is None else summary.figures.get(key)
    return None if spread is None else float(f"{spread.mean:.9g}")


def _layout(grid: Grid) -> dict[str, Any]:
    # Every value is written, however narrow the chart.
    axis = {"type": "category", "automargin": True, "tickmode": "array"}
    small = {"size": 11}
    return {
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#33363B"},
        "margin": {"l": 56, "r": 14, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "legend": {"font": small},
        "xaxis": axis | {"tickvals": list(grid.columns), "title": {"text": grid.across, "font": small}},
        "yaxis": axis | {"tickvals": list(grid.lines), "title": {"text": grid.up, "font": small}},
    }
