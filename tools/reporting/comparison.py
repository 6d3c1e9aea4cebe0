"""Sessions side by side: what differs first (config, then what each came to, against the first), then what is alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.text import Text

from neo.analysis import Value
from tools.console.words import NOTHING
from tools.reporting.fitting import Column, Fitting
from tools.reporting.labels import GROUPS, LABELS, Label, difference, show
from tools.reporting.sources import Report

# Keys and values of a config may be broken, but not into columns of a letter.
_WRAPPED = 12

_ALIKE = "The same in all of them"


def config_differences(reports: Sequence[Report]) -> dict[str, list[str]]:
    """The config keys whose values are not the same in all sessions, with each one's value."""
    keys = dict.fromkeys(key for report in reports for key in report.config)
    table = {key: [report.config.get(key, NOTHING) for report in reports] for key in keys}
    return {key: values for key, values in table.items() if len(set(values)) > 1}


def comparison_table(reports: Sequence[Report], width: int) -> Iterator[RenderableType]:
    """The whole comparison, at a console's width; what has no room side by side with the first comes below."""
    first, *others = reports
    count = len(others)
    while count > 1 and _results([first, *others[:count]], short=True).width > width:
        count -= 1
    for begin in range(0, len(others), count):
        yield from _side_by_side([first, *others[begin : begin + count]], width)


class ComparedGroup(NamedTuple):
    """Figures of one kind: its name, and of each figure its words, the first session's, and every other's with by how
    much it is above the first's.
    """

    name: str
    rows: list[tuple[str, str, list[tuple[str, str]]]]


def session_rows(reports: Sequence[Report]) -> list[list[str]]:
    """What was compared: a row each for start, ending, seed and market, after its words."""
    return [
        ["started (UTC)", *(report.session.started_at[:19].replace("T", " ") for report in reports)],
        ["ending", *(report.session.halt_reason or report.session.status for report in reports)],
        ["seed", *(str(report.session.seed) for report in reports)],
        ["market", *(report.session.market for report in reports)],
    ]


def compared(reports: Sequence[Report]) -> list[ComparedGroup]:
    """All figures against the first session's, by group; those that are alike in all come last, in one of their own."""
    figures = [report.figures for report in reports]
    alike = [label for label in LABELS.values() if _is_alike(label, figures)]
    groups = {name: [label for label in labels if label not in alike] for name, labels in GROUPS.items()}
    told = []
    for name, labels in {**groups, _ALIKE: alike}.items():
        rows = []
        for label in labels:
            first, *others = (one[label.key] for one in figures)
            cells = [(show(label.kind, other), difference(label.kind, first, other)) for other in others]
            rows.append((label.words, show(label.kind, first), cells))
        if rows:
            told.append(ComparedGroup(name, rows))
    return told


def _side_by_side(reports: Sequence[Report], width: int) -> Iterator[RenderableType]:
    differing = config_differences(reports)
    yield _sessions(reports)
    yield Text("\nConfig", style="bold")
    if differing:
        yield _table(reports, [[key, *values] for key, values in differing.items()], breakable=True)
    else:
        yield Text("  the same in all of them")
    yield Text("\nResults (against the first)", style="bold")
    forms = [_results(reports, short=False), _results(reports, short=True)]
    # Where even the short form has no room, a cell breaks between its figures: none is ever cut.
    yield next((form for form in forms if form.width <= width), _results(reports, short=True, breakable=True))


def _results(reports: Sequence[Report], *, short: bool, breakable: bool = False) -> Fitting:
    """All figures; the short form tells a figure's unit in the first session's column alone."""
    rows: list[list[str]] = []
    for group in compared(reports):
        rows += [["" for _ in range(len(reports) + 1)]] if rows else []
        rows.append([group.name, *("" for _ in reports)])
        for words, first, others in group.rows:
            cells = [f"{shown.split(' ')[0] if short else shown}  {change:>9}" for shown, change in others]
            rows.append([f"  {words}", first, *cells])
    return _table(reports, rows, breakable=breakable)


def _is_alike(label: Label, figures: Sequence[dict[str, Value]]) -> bool:
    first, *others = (one[label.key] for one in figures)
    return all(other == first or difference(label.kind, first, other) == "=" for other in others)


def _sessions(reports: Sequence[Report]) -> Fitting:
    return _table(reports, session_rows(reports), breakable=True)


def _table(reports: Sequence[Report], rows: Sequence[Sequence[str]], *, breakable: bool = False) -> Fitting:
    wrap = _WRAPPED if breakable else 0
    return Fitting(
        [Column("", right=False, wrap=wrap), *(Column(report.session.id, wrap=wrap) for report in reports)], rows
    )
