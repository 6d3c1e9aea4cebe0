"""Sessions side by side: first where their configs differ, then what each came to, against the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tools.reporting.labels import GROUPS, difference, show
from tools.reporting.sources import Report
from tools.words import NOTHING


def config_differences(reports: Sequence[Report]) -> dict[str, list[str]]:
    """The config keys whose values are not the same in all sessions, with each one's value."""
    keys = dict.fromkeys(key for report in reports for key in report.config)
    table = {key: [report.config.get(key, NOTHING) for report in reports] for key in keys}
    return {key: values for key, values in table.items() if len(set(values)) > 1}


def comparison_table(reports: Sequence[Report]) -> Iterator[RenderableType]:
    """The whole comparison."""
    yield _sessions(reports)
    differing = config_differences(reports)
    yield Text("\nConfig", style="bold")
    if differing:
        table = _table(reports)
        for key, values in differing.items():
            table.add_row(key, *values)
        yield table
    else:
        yield Text("  the same in all of them")
    yield Text("\nResults (against the first)", style="bold")
    table = _table(reports)
    figures = [report.figures for report in reports]
    for name, labels in GROUPS.items():
        table.add_section()
        table.add_row(Text(name, style="bold"), *("" for _ in reports))
        for label in labels:
            first, *others = (one[label.key] for one in figures)
            cells = [show(label.kind, first)]
            cells += [f"{show(label.kind, other)}  {difference(label.kind, first, other):>9}" for other in others]
            table.add_row(f"  {label.words}", *cells)
    yield table


def _sessions(reports: Sequence[Report]) -> Table:
    table = _table(reports)
    rows = (
        ("started (UTC)", [report.session.started_at[:19].replace("T", " ") for report in reports]),
        ("ending", [report.session.halt_reason or report.session.status for report in reports]),
        ("seed", [str(report.session.seed) for report in reports]),
        ("market", [report.session.market for report in reports]),
    )
    for words, cells in rows:
        table.add_row(words, *cells)
    return table


def _table(reports: Sequence[Report]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("", no_wrap=True)
    for report in reports:
        table.add_column(report.session.id, justify="right", overflow="fold")
    return table
