"""The page's charts, as plotly.js takes them: plain data and layouts.

Plotly's Python classes would check each of them, but take longer to import than a whole report to compute; a test
runs the same check over every chart instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo.analysis import BUCKETS, CAUSES, LedgerRow, MarkOut, SideTouch
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.messages import Side
from tools.reporting.sources import Report, limit
from tools.reporting.thinning import fill_marks, thinned

Chart = dict[str, Any]

# Okabe and Ito's colours, which people of every colour vision tell apart. One thing has one colour in every chart of
# every page: our bid and what it bought, our ask and what it sold, the mid and what it came to, what we won by quoting,
# XRP held and what its price did, RLUSD held, the AMM.
BID, ASK, MARKET, WON, XRP, RLUSD, MUTED, POOL = (
    "#0072B2", "#D55E00", "#222222", "#009E73", "#56B4E9", "#CC79A7", "#8A8F98", "#E69F00",
)  # fmt: skip

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def price_chart(report: Report) -> Chart:
    """The mid with our quotes around it and every fill."""
    rows = thinned(report.course.rows)
    times = _times(rows)
    data = [
        _line(times, [row.pool for row in rows], "AMM", POOL, width=1, hidden=True),
        _line(times, [row.mid for row in rows], "mid", MARKET, width=1.2),
        _line(times, [row.own_bid for row in rows], "our bid", BID, shape="hv"),
        _line(times, [row.own_ask for row in rows], "our ask", ASK, shape="hv"),
        *_fill_traces(report),
    ]
    return _chart(data, y="RLUSD per XRP", time=True)


def inventory_chart(report: Report) -> Chart:
    """What we hold, in RLUSD at the mid, against the limits of the config."""
    rows = thinned(report.course.rows)
    times = _times(rows)
    values = [None if row.mid is None else row.xrp * row.mid for row in rows]
    data = [
        _line(times, values, "XRP, at the mid", XRP),
        _line(times, [row.rlusd for row in rows], "RLUSD", RLUSD),
    ]
    limits = (("risk.max_xrp_exposure", "XRP limit", XRP), ("risk.max_rlusd_exposure", "RLUSD limit", RLUSD))
    ends = [times[0], times[-1]] if times else []
    for key, name, colour in limits:
        value = limit(report, key)
        if value is not None and ends:
            data.append(_line(ends, [value, value], name, colour, dash="dash", width=1))
    return _chart(data, y="RLUSD", time=True, zero=True)


def equity_chart(report: Report) -> Chart:
    """The result since the start, the three parts that it is the sum of, and what simply holding would have come to."""
    rows = [row for row in thinned(report.course.rows) if row.equity is not None]
    times = _times(rows)
    parts = (
        ("spread captured", [row.spread for row in rows], WON),
        ("revaluation", [row.revaluation for row in rows], XRP),
        ("fees", [row.fees for row in rows], MUTED),
    )
    result = [(row.spread or 0.0) + (row.revaluation or 0.0) + (row.fees or 0.0) for row in rows]
    data = [
        _line(times, result, "result", MARKET, width=2.2),
        _line(times, [row.holding for row in rows], "simply holding", MARKET, width=1.2, dash="dot"),
    ]
    data += [_line(times, values, name, colour) for name, values, colour in parts]
    return _chart(data, y="RLUSD since the start", time=True)


def distance_chart(report: Report) -> Chart:
    """How far behind the touch our quotes stood, as shares of the ledgers that had one."""
    results = report.results
    data: list[Chart] = []
    for side, touch, colour in (("bid", results.touch_bid, BID), ("ask", results.touch_ask, ASK)):
        data.append(_bars([name for name, _ in BUCKETS], _shares(touch), side, colour, "%{y:.1%}"))
    chart = _chart(data, y="share of ledgers", x="bps behind the touch (ahead counts as 0)")
    chart["layout"]["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero"}
    chart["layout"]["barmode"] = "group"
    return chart


def mark_out_chart(report: Report) -> Chart:
    """What fills were worth later, in basis points of their price."""
    marks = report.results.mark_outs
    names = [f"{mark.ledgers} ledger{'s' if mark.ledgers > 1 else ''}" for mark in marks]
    data = [
        _bars(names, [mark.mean_bps for mark in marks], "all fills", MUTED, "%{y:+.2f} bps"),
        _bars(names, [mark.bid_bps for mark in marks], "bids", BID, "%{y:+.2f} bps"),
        _bars(names, [mark.ask_bps for mark in marks], "asks", ASK, "%{y:+.2f} bps"),
    ]
    chart = _chart(data, y="bps of the price", x="after the fill", zero=True)
    chart["layout"]["barmode"] = "group"
    return chart


def flow_chart(report: Report) -> Chart:
    """Others' trades by what became of them: won by us, or lost and why."""
    flow = report.results.flow
    parts = sorted(flow.parts, key=lambda part: part.xrp_drops)
    names = [*(CAUSES[part.cause] for part in parts), "won by us"]
    shares = [*(part.share for part in parts), flow.won_share or 0.0]
    amounts = [*(part.xrp_drops / 1e6 for part in parts), flow.won_drops / 1e6]
    bars: Chart = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": shares,
        "customdata": amounts,
        "text": [f"{share:.1%}" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [*(MUTED for _ in parts), WON]},
        "hovertemplate": "%{y}: %{customdata:,.0f} XRP (%{x:.1%})<extra></extra>",
    }
    chart = _chart([bars], x="share of all XRP that others traded")
    chart["layout"]["xaxis"] |= {"tickformat": ".0%", "range": [0, max(0.05, max(shares) * 1.18)]}
    chart["layout"]["yaxis"]["automargin"] = True
    chart["layout"]["showlegend"] = False
    return chart


def has_mark_outs(marks: Sequence[MarkOut]) -> bool:
    """Whether there is a fill to show."""
    return any(mark.fills for mark in marks)


def _fill_traces(report: Report) -> list[Chart]:
    marks = fill_marks(report.course.fills)
    traces = []
    for side, name, symbol, colour in (
        (Side.BUY, "bought", "triangle-up", BID),
        (Side.SELL, "sold", "triangle-down", ASK),
    ):
        ours = [mark for mark in marks if mark.side is side]
        if not ours:
            continue
        words = [f"{mark.xrp:,.2f} XRP" + (f" in {mark.count} fills" if mark.count > 1 else "") for mark in ours]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [(mark.close_time_s + RIPPLE_EPOCH_UNIX_S) * 1000 for mark in ours],
                "y": [_short(mark.price) for mark in ours],
                "text": words,
                "marker": {
                    "symbol": symbol,
                    "size": 9 if len(marks) <= 100 else 6,
                    "color": colour,
                    "line": {"width": 0.6, "color": "white"},
                },
                "hovertemplate": f"{name} %{{text}} at %{{y:.5f}}<extra></extra>",
            }
        )
    return traces


def _shares(touch: SideTouch) -> list[float]:
    return [touch.buckets[name] / touch.measured if touch.measured else 0.0 for name, _ in BUCKETS]


def _times(rows: Sequence[LedgerRow]) -> list[int]:
    """Close times as plotly.js takes them: milliseconds of the Unix epoch."""
    return [(row.close_time_s + RIPPLE_EPOCH_UNIX_S) * 1000 for row in rows]


def _line(
    x: Sequence[int],
    y: Sequence[float | None],
    name: str,
    colour: str,
    *,
    width: float = 1.5,
    dash: str = "solid",
    shape: str = "linear",
    hidden: bool = False,
) -> Chart:
    trace: Chart = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": [_short(value) for value in y],
        "connectgaps": False,
        "line": {"color": colour, "width": width, "dash": dash, "shape": shape},
        "hovertemplate": "%{y:.5g}",
    }
    return trace | {"visible": "legendonly"} if hidden else trace


def _bars(x: Sequence[str], y: Sequence[float | None], name: str, colour: str, form: str) -> Chart:
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": [_short(value) for value in y],
        "marker": {"color": colour},
        "texttemplate": form.removesuffix(" bps"),
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": f"{name}, %{{x}}: {form}<extra></extra>",
    }


def _chart(data: list[Chart], *, y: str = "", x: str = "", time: bool = False, zero: bool = False) -> Chart:
    axis: Chart = {"gridcolor": "#E8EAED", "zerolinecolor": "#B8BCC2", "automargin": True, "linecolor": "#B8BCC2"}
    layout: Chart = {
        "font": {"family": _FONT, "size": 12, "color": "#33363B"},
        "margin": {"l": 56, "r": 14, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified" if time else "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        "modebar": {"orientation": "v", "bgcolor": "rgba(255,255,255,0.7)", "color": MUTED, "activecolor": MARKET},
        "xaxis": axis
        | ({"type": "date", "range": _span(data)} if time else {"title": {"text": x, "font": {"size": 11}}}),
        "yaxis": axis | {"title": {"text": y, "font": {"size": 11}}},
    }
    if zero:
        layout["yaxis"]["rangemode"] = "tozero"
    return {"data": data, "layout": layout}


def _title(text: str) -> Chart:
    return {"title": {"text": text, "font": {"size": 11}}}


def _span(data: Sequence[Chart]) -> list[int] | None:
    """From the first to the last time of all lines, so that markers don't widen the axis."""
    ends = [end for trace in data if trace["x"] for end in (trace["x"][0], trace["x"][-1])]
    return [min(ends), max(ends)] if ends else None


def _short(value: float | None) -> float | None:
    """Nine digits: more than a chart can show, at half the size."""
    return None if value is None else float(f"{value:.9g}")
