"""The page's charts tell what the report's figures tell: every fill, the limits, and an equity that is the sum of its
parts.

Method: the charts of a real session, their data read back and compared with the course they were drawn from.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.sessions import plan_for, run

from neo.analysis import BUCKETS
from neo.messages import Side
from tools.reporting.page import all_charts
from tools.reporting.sources import Report, load

_EPOCH_S = 946_684_800


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("charts") / "neo.sqlite3"
    run(plan_for(path, duration_s=600))
    return load(path, None)


def trace(report: Report, chart: str, name: str) -> dict[str, Any]:
    found = [one for one in all_charts(report)[chart]["data"] if one.get("name") == name]
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize(("side", "name"), [(Side.BUY, "bought"), (Side.SELL, "sold")])
def test_every_fill_has_its_marker(report: Report, side: Side, name: str) -> None:
    """At its own time and price, on its side."""
    fills = [fill for fill in report.course.fills if fill.side is side]
    assert fills
    marks = trace(report, "price", name)
    assert marks["x"] == [(fill.close_time_s + _EPOCH_S) * 1000 for fill in fills]
    assert marks["y"] == pytest.approx([float(fill.price) for fill in fills], rel=1e-6)


def test_prices_and_quotes_are_those_of_the_ledgers(report: Report) -> None:
    """And where there was none, the line has a gap."""
    rows = report.course.rows
    for name, values in (
        ("mid", [row.mid for row in rows]),
        ("our bid", [row.own_bid for row in rows]),
        ("our ask", [row.own_ask for row in rows]),
    ):
        drawn = trace(report, "price", name)["y"]
        assert [value is None for value in drawn] == [value is None for value in values]
        assert [value for value in drawn if value] == pytest.approx([value for value in values if value], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "key"), [("XRP limit", "risk.max_xrp_exposure"), ("RLUSD limit", "risk.max_rlusd_exposure")]
)
def test_the_limits_are_those_of_the_config(report: Report, name: str, key: str) -> None:
    """A line where the session would have ended."""
    assert set(trace(report, "inventory", name)["y"]) == {float(report.config[key])}


def test_the_result_is_the_sum_of_its_parts_from_zero_on(report: Report) -> None:
    """And its last point is the report's figure, beside what holding would have come to."""
    result = trace(report, "equity", "result")["y"]
    parts = [trace(report, "equity", name)["y"] for name in ("spread captured", "revaluation", "fees")]
    assert result == pytest.approx([sum(values) for values in zip(*parts, strict=True)], abs=1e-6)
    results = report.results
    assert results.result_rlusd is not None
    assert results.holding_rlusd is not None
    assert result[-1] == pytest.approx(float(results.result_rlusd), abs=1e-4)
    assert trace(report, "equity", "simply holding")["y"][-1] == pytest.approx(float(results.holding_rlusd), abs=1e-4)


def test_one_thing_has_one_colour_in_every_chart(report: Report) -> None:
    """What is bid or was bought is blue everywhere, what is asked or was sold is vermilion, and so on."""
    colours: dict[str, set[str]] = {}
    for chart in all_charts(report).values():
        for one in chart["data"]:
            colour = one.get("line", one.get("marker", {})).get("color", one.get("marker", {}).get("color"))
            if isinstance(one.get("name"), str) and isinstance(colour, str):
                colours.setdefault(_THINGS.get(one["name"], one["name"]), set()).add(colour)
    assert {thing: len(found) for thing, found in colours.items() if len(found) > 1} == {}
    assert len({next(iter(colours[thing])) for thing in ("bid", "ask", "XRP", "RLUSD", "won")}) == 5


# Which thing a line or a bar is about.
_THINGS = {
    "our bid": "bid", "bought": "bid", "bids": "bid", "our ask": "ask", "sold": "ask", "asks": "ask",
    "XRP, at the mid": "XRP", "XRP limit": "XRP", "revaluation": "XRP", "RLUSD limit": "RLUSD",
    "spread captured": "won",
}  # fmt: skip


def test_bars_are_the_reports_figures(report: Report) -> None:
    """Distances, mark-outs and flow are drawn as they are told, and the flow's shares make 1."""
    results = report.results
    for side, touch in (("bid", results.touch_bid), ("ask", results.touch_ask)):
        shares = [touch.buckets[name] / touch.measured for name, _ in BUCKETS]
        assert trace(report, "distance", side)["y"] == pytest.approx(shares, rel=1e-5)
    marks = [mark.mean_bps for mark in results.mark_outs]
    assert trace(report, "markouts", "all fills")["y"] == pytest.approx(marks, rel=1e-5)
    (bars,) = all_charts(report)["flow"]["data"]
    assert dict(zip(bars["y"], bars["x"], strict=True))["won by us"] == results.flow.won_share
    assert sum(bars["x"]) == pytest.approx(1)
