"""The names of all figures, by the rules that Prometheus's own linter goes by, and the words that tell what they are.

Source of the rules: Prometheus's documentation, metric and label naming, and the checks of ``promtool check metrics``.
"""

from __future__ import annotations

import re

import pytest
from support.figure_pages import live_seen, sim_seen

from actors.plumbing.timings import TIMED
from tools.page.exposition import PAGE_FIGURES, SESSION_LABELS, exposed
from tools.page.figure import UNIT_WORDS, Figure, FigureKind, Unit
from tools.page.session_figures import SESSION_FIGURES

EVERY = [*PAGE_FIGURES, *(figure for figures in SESSION_FIGURES.values() for figure in figures)]

# What the linter takes for a unit that is no base unit, and for a type.
NO_BASE_UNITS = {
    "milliseconds",
    "ms",
    "microseconds",
    "us",
    "minutes",
    "hours",
    "days",
    "percent",
    "kb",
    "drops",
}
TYPES = {"gauge", "counter", "histogram", "summary", "untyped"}
KEPT_SUFFIXES = ("_count", "_sum", "_bucket", "_created")

# Every label that any figure may have. A new one needs a thought: its values must be few, and be few for ever.
LABELS = {
    "session", "venue", "state", "reason", "actor", "service", "of", "side", "code", "kind", "result", "status",
    "cause", "part", "asset", "limit", "stage", "message", "method", "channel", "endpoint", "version", "python",
}  # fmt: skip


def complaints(figure: Figure) -> list[str]:
    """What the linter has against a figure."""
    name = figure.name
    words = name.split("_")
    found = []
    if not re.fullmatch(r"neo(_[a-z0-9]+)+", name):
        found.append("lower case words after neo")
    if set(words) & NO_BASE_UNITS:
        found.append("a unit that is no base unit")
    if set(words) & TYPES:
        found.append("its type in its name")
    if name.endswith(KEPT_SUFFIXES) or name.endswith("_total"):
        found.append("an end that the format has for itself")
    if figure.unit and not name.endswith(f"_{figure.unit}"):
        found.append("its unit is not its end")
    if not figure.unit and any(name.endswith(f"_{unit}") for unit in Unit if unit):
        found.append("an end that is a unit")
    if figure.kind is FigureKind.HISTOGRAM and figure.unit is not Unit.SECONDS:
        found.append("a time that is not in seconds")
    return found


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: str(figure.name))
def test_no_linter_has_anything_against_a_figure(figure: Figure) -> None:
    """So that the rules and dashboards of others work with it."""
    assert complaints(figure) == []


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        ("neo_Age_seconds", Unit.SECONDS, FigureKind.GAUGE),
        ("age_seconds", Unit.SECONDS, FigureKind.GAUGE),
        ("neo_age_ms", Unit.NONE, FigureKind.GAUGE),
        ("neo_age", Unit.SECONDS, FigureKind.GAUGE),
        ("neo_age_seconds", Unit.NONE, FigureKind.GAUGE),
        ("neo_fills_counter", Unit.NONE, FigureKind.COUNTER),
        ("neo_fills_total", Unit.NONE, FigureKind.COUNTER),
        ("neo_fills_count", Unit.NONE, FigureKind.GAUGE),
        ("neo_sizes_xrp", Unit.XRP, FigureKind.HISTOGRAM),
    ],
)
def test_a_bad_name_is_found(name: str, unit: Unit, kind: FigureKind) -> None:
    """A rule that can't fail protects nothing."""
    assert complaints(Figure(name=name, kind=kind, unit=unit, what="A thing", source="the session"))


def test_no_two_figures_have_one_name() -> None:
    """Prometheus would refuse the whole page."""
    names = [figure.name for figure in EVERY]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: str(figure.name))
def test_the_help_says_what_it_is_its_unit_and_where_it_comes_from(figure: Figure) -> None:
    """A chart that somebody else made is understood by it alone."""
    assert figure.help.startswith(figure.what)
    assert figure.help[0].isupper() or figure.help[0].isdigit()
    assert f"Source: {figure.source}." in figure.help
    assert not figure.unit or UNIT_WORDS[figure.unit] in figure.help
    assert figure.what[-1] not in ".,"
    assert "\n" not in figure.help


def test_labels_are_few_and_known() -> None:
    """A label whose values never end (an order, a hash, a ledger) makes Prometheus run out of memory."""
    used = {label for figure in EVERY for label in figure.labels} | set(SESSION_LABELS)
    assert used == LABELS
    assert all(len(set(figure.labels)) == len(figure.labels) <= 2 for figure in EVERY)


def test_every_figure_has_a_value_in_one_of_two_whole_sessions() -> None:
    """One that never has any is a figure of nothing."""
    text = "".join(exposed({"one": seen().status}).decode() for seen in (sim_seen, live_seen))
    # Others' services are not part of these sessions.
    without = {figure.name for figure in EVERY if f"\n{figure.exported}" not in text}
    assert without == {"neo_service_ok"}


def test_all_that_is_timed_is_a_figure() -> None:
    """A new timing without a histogram would be told to nobody."""
    timed = [figure.timed for figures in SESSION_FIGURES.values() for figure in figures if figure.timed]
    assert sorted(timed) == sorted(TIMED)
