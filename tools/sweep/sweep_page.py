"""A sweep's plot: one HTML file that opens anywhere, without a network, with every figure's spread across sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from neo.analysis import HORIZONS_LEDGERS
from neo.analysis.deviation import Spread
from tools.console.markup import escape
from tools.reporting.charts import ASK, BID, MARKET, MUTED, WON, XRP
from tools.reporting.shell import plot, whole_page
from tools.sweep.findings import RESULT, PointSummary, headings, point_names, rows
from tools.sweep.heat_map import FIGURES as HEAT_FIGURES
from tools.sweep.heat_map import grid_of, heat_map

Chart = dict[str, Any]


TITLE = "NEO sweep"


def sweep_page(summaries: Sequence[PointSummary], facts: Sequence[str]) -> str:
    """The whole page.

    Args:
        summaries: Of every point that has results.
        facts: What must be known to read it, a line each.
    """
    told = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    body = "".join(_sections(summaries))
    head = f"<header><h1>{TITLE}</h1><ul>{told}</ul></header>"
    return whole_page(TITLE, f'<main>{head}<div class="charts">{body}</div>{_table(summaries)}</main>', _TABLE_STYLE)


def sweep_charts(summaries: Sequence[PointSummary]) -> dict[str, Chart]:
    """Every chart by the name of its place in the page: maps of a grid of two keys, else a line or a box a point."""
    grid = grid_of(summaries)
    if grid is not None:
        # Sessions of an older build have not every figure.
        known = {key for one in summaries for key in one.figures}
        return {f"map_{key}": heat_map(grid, key) for key in HEAT_FIGURES if key in known}
    return {name: make(summaries) for name, (_, _, make) in _CHARTS.items()}


def _equity(summaries: Sequence[PointSummary]) -> Chart:
    parts = (
        (RESULT, "result", MARKET),
        ("spread_captured_rlusd", "spread captured", WON),
        ("inventory_revaluation_rlusd", "inventory revaluation", XRP),
        ("fees_rlusd", "fees", MUTED),
    )
    return _means(summaries, parts, "RLUSD")


def _results(summaries: Sequence[PointSummary]) -> Chart:
    return _boxes(summaries, RESULT, "RLUSD", MARKET)


def _fills(summaries: Sequence[PointSummary]) -> Chart:
    return _boxes(summaries, "fills", "fills", MARKET)


def _mark_outs(summaries: Sequence[PointSummary]) -> Chart:
    colours = ("#B8BCC2", MUTED, MARKET)
    parts = [
        (f"mark_out_{horizon}_bps", f"after {horizon} ledger{'s' if horizon > 1 else ''}", colour)
        for horizon, colour in zip(HORIZONS_LEDGERS, colours, strict=True)
    ]
    return _means(summaries, parts, "bps of the price")


def _shares(summaries: Sequence[PointSummary]) -> Chart:
    parts = (
        ("bid_within_2bps_share", "bid within 2 bps of the touch", BID),
        ("ask_within_2bps_share", "ask within 2 bps of the touch", ASK),
        ("time_with_both_share", "time with both quotes", MARKET),
        ("flow_won_share", "others' trades won", WON),
    )
    chart = _means(summaries, parts, "share")
    chart["layout"]["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero"}
    return chart


_CHARTS: dict[str, tuple[str, str, Callable[[Sequence[PointSummary]], Chart]]] = {
    "equity": ("Equity parts", "Mean of all sessions; bars are one standard deviation of a session.", _equity),
    "results": (
        "Result of a session",
        "Without capital. Box: quartiles and median; whiskers: 10 % and 90 %.",
        _results,
    ),
    "fills": ("Fills of a session", "Box: quartiles and median; whiskers: 10 % and 90 %.", _fills),
    "markouts": (
        "Mark-outs",
        "What a fill was worth later; below zero whoever traded with us knew better.",
        _mark_outs,
    ),
    "shares": ("Touch, quotes and flow", "Shares of ledgers, and of all XRP that others traded.", _shares),
}

_OF_A_MAP = "Mean of all sessions of each pair of values; deviations are in the table."

# The sweep's table has many columns, unlike a session's.
_TABLE_STYLE = """
.sweep { overflow-x: auto; } .sweep th, .sweep td { text-align: right; padding: 3px 8px; white-space: nowrap; }
.sweep th { font-weight: 600; }
"""


def _sections(summaries: Sequence[PointSummary]) -> Iterator[str]:
    for name, chart in sweep_charts(summaries).items():
        heading, caption = _told(name)
        yield (
            f'<section class="card wide"><h3>{escape(heading)}</h3><p class="note">{escape(caption)}</p>'
            f"{plot(name, chart)}</section>"
        )


def _told(name: str) -> tuple[str, str]:
    """A chart's heading and what is said of it."""
    if name in _CHARTS:
        heading, caption, _ = _CHARTS[name]
        return heading, caption
    return HEAT_FIGURES[name.removeprefix("map_")][0], _OF_A_MAP


def _table(summaries: Sequence[PointSummary]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in headings(summaries))
    lines = ("".join(f"<td>{escape(text)}</td>" for text in cells) for cells in rows(summaries))
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    note = "Mean and standard deviation over sessions; against first: mean difference, pair by pair, with its error."
    return (
        f'<section class="card sweep"><h3>Table</h3><p class="note">{note}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _means(summaries: Sequence[PointSummary], parts: Sequence[tuple[str, str, str]], y: str) -> Chart:
    """Lines of means with their standard deviations."""
    x = _places(summaries)
    data = []
    for key, name, colour in parts:
        spreads = [one.figures.get(key) for one in summaries]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": x,
                "y": [None if spread is None else _short(spread.mean) for spread in spreads],
                "error_y": {
                    "type": "data",
                    "array": [0.0 if spread is None else _short(spread.sd or 0.0) for spread in spreads],
                    "thickness": 1,
                    "width": 3,
                },
                "line": {"color": colour, "width": 1.8},
                "hovertemplate": "%{y:.4g}",
            }
        )
    return _chart(summaries, data, y)


def _boxes(summaries: Sequence[PointSummary], key: str, y: str, colour: str) -> Chart:
    """A box for each point, drawn from its quantiles."""
    known = [
        (place, one.figures[key])
        for place, one in zip(_places(summaries), summaries, strict=True)
        if key in one.figures
    ]

    def column(pick: Callable[[Spread], float]) -> list[float]:
        return [_short(pick(spread)) for _, spread in known]

    box: Chart = {
        "type": "box",
        "x": [place for place, _ in known],
        "lowerfence": column(lambda spread: spread.p10),
        "q1": column(lambda spread: spread.p25),
        "median": column(lambda spread: spread.median),
        "mean": column(lambda spread: spread.mean),
        "q3": column(lambda spread: spread.p75),
        "upperfence": column(lambda spread: spread.p90),
        "line": {"color": colour, "width": 1.5},
        "name": y,
    }
    chart = _chart(summaries, [box], y)
    chart["layout"]["showlegend"] = False
    return chart


def _places(summaries: Sequence[PointSummary]) -> list[float] | list[str]:
    """Where points stand on the axis: at their number, if one was swept, and side by side if not."""
    names = point_names(summaries)
    try:
        return [float(name) for name in names]
    except ValueError:
        return names


def _chart(summaries: Sequence[PointSummary], data: list[Chart], y: str) -> Chart:
    axis: Chart = {"gridcolor": "#E8EAED", "zerolinecolor": "#B8BCC2", "automargin": True, "linecolor": "#B8BCC2"}
    x = "; ".join(dict.fromkeys(key for one in summaries for key in one.point.settings))
    small = {"size": 11}
    layout: Chart = {
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#33363B"},
        "margin": {"l": 56, "r": 14, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": small},
        "xaxis": axis | {"title": {"text": x, "font": small}},
        "yaxis": axis | {"title": {"text": y, "font": small}},
    }
    return {"data": data, "layout": layout}


def _short(value: float) -> float:
    """Nine digits: more than a chart can show, at half the size."""
    return float(f"{value:.9g}")
