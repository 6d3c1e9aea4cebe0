"""What is told of ``/metrics`` outside the code, held to what it exports: the dashboard, and the page's own examples.

Method: every query's figures and labels are read out of it by its own small grammar (names, selectors, what is grouped
by), and looked up in the table that the figures are made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.page.exposition import PAGE_FIGURES, SESSION_LABELS
from tools.page.figure import FigureKind
from tools.page.session_figures import SESSION_FIGURES

DOCS = Path(__file__).parents[2] / "docs"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

# Of the process that serves the page, from the client library; the labels are Prometheus's own for every target.
PROCESS = {"neo_process_resident_memory_bytes", "neo_process_cpu_seconds_total"}
TARGET_LABELS = {"instance", "job"}

# What the issue asks the page to show, by the rows of the dashboard.
ROWS = [
    "State", "Price and quotes", "Inventory against limits", "What the equity is made of", "Times", "Queues", "Servers",
    "Alerts and services",
]  # fmt: skip


def exported() -> dict[str, set[str]]:
    """Every name that is exported, with the labels that it has."""
    found = {figure.exported: set(figure.labels) for figure in PAGE_FIGURES}
    for figures in SESSION_FIGURES.values():
        for figure in figures:
            labels = {*SESSION_LABELS, *figure.labels}
            if figure.kind is FigureKind.HISTOGRAM:
                ends = {"_bucket": labels | {"le"}, "_sum": labels, "_count": labels}
                found |= {f"{figure.name}{end}": of for end, of in ends.items()}
            else:
                found[figure.exported] = labels
    return found | {name: set() for name in PROCESS}


def findings(query: str, legend: str = "") -> list[str]:
    """What a query has that is not exported: a name, or a label that none of its figures has."""
    known = exported()
    names = re.findall(r"\bneo_\w+", query)
    found = [f"no figure {name}" for name in names if name not in known]
    if not names:
        found.append("no figure at all")
    for name, selector in re.findall(r"\b(neo_\w+)\{([^}]*)\}", query):
        labels = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)
        found += [f"{name} has no label {each}" for each in labels if each not in known.get(name, set())]
    labelled = set().union(*(known.get(name, set()) for name in names), TARGET_LABELS)
    grouped = [each for group in re.findall(r"\b(?:by|on|without) \(([^)]*)\)", query) for each in group.split(",")]
    wanted = [each.strip() for each in (*grouped, *re.findall(r"\{\{(\w+)\}\}", legend))]
    found += [f"none of its figures has a label {each}" for each in wanted if each not in labelled]
    # What is summed away can't be in a legend.
    if grouped and not query.startswith("neo_"):
        kept = {each.strip() for each in grouped}
        found += [f"{each} is summed away" for each in re.findall(r"\{\{(\w+)\}\}", legend) if each not in kept]
    if query.count("(") != query.count(")"):
        found.append("a bracket too many")
    return found


def queries() -> Iterator[tuple[str, str, str]]:
    """Every query of the dashboard, with its panel and its legend."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


@pytest.mark.parametrize(("title", "query", "legend"), list(queries()))
def test_every_figure_and_label_of_the_dashboard_is_exported(title: str, query: str, legend: str) -> None:
    """A panel that asks for what is not there stays empty, and nobody knows why."""
    assert findings(query, legend) == [], title


@pytest.mark.parametrize(
    ("query", "legend"),
    [
        ("neo_fils_total", ""),
        ("neo_fills", ""),
        ("neo_tick_seconds", ""),
        ('neo_fills_total{sides="buy"}', ""),
        ("neo_fills_total", "{{channel}}"),
        ("sum by (channel) (neo_fills_total)", ""),
        ("sum by (side) (neo_fills_total)", "{{venue}}"),
        ("sum(neo_fills_total", ""),
        ("up", ""),
    ],
)
def test_a_query_of_what_is_not_there_is_found(query: str, legend: str) -> None:
    """So that the test above can fail."""
    assert findings(query, legend)


def test_counters_are_asked_for_by_their_rate_or_their_sum_and_buckets_with_their_bounds() -> None:
    """A counter of several sessions by itself is a staircase, and a percentile needs ``le``."""
    for title, query, _ in queries():
        assert "_bucket" not in query or re.search(r"histogram_quantile\(0\.\d+, sum by \(le[,)]", query), title
        for counter in re.findall(r"neo_\w+_total", query):
            assert re.search(rf"(rate|increase|sum|sum by \([\w, ]+\)) ?\({counter}", query), f"{title}: {counter}"


def test_the_dashboard_can_be_imported_by_anybody() -> None:
    """It asks for the Prometheus to use, names no server of its author's, and lets sessions be chosen."""
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["session"]["definition"] == "label_values(neo_session_up, session)"
    assert "id" not in DASHBOARD
    for panel in PANELS:
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
        for target in panel["targets"]:
            names = re.findall(r"\bneo_\w+", target["expr"])
            chosen = target["expr"].count('session=~"$session"')
            assert chosen == len([name for name in names if name not in PROCESS])


def test_its_panels_stand_beside_each_other_under_the_rows_that_are_wanted() -> None:
    """None covers another, none is wider than the page, each says what it shows, and none comes twice."""
    assert [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"] == ROWS
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert all(panel["description"] and panel["title"] for panel in PANELS)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_the_pages_examples_of_alerts_ask_for_what_is_exported() -> None:
    """They are copied."""
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    table = page.partition("## Alerts that are worth having")[2].partition("\n## ")[0]
    asked = [each for each in re.findall(r"`([^`]+)`", table) if "neo_" in each]
    assert len(asked) >= 7
    assert [(each, found) for each in asked if (found := findings(each))] == []
