"""A comparison's parts as markup: the same rows as ``neo compare``'s, for a page that has a frame of its own."""

from __future__ import annotations

from collections.abc import Sequence

from tools.console.markup import escape
from tools.reporting.comparison import compared, config_differences, session_rows
from tools.reporting.page import table_card
from tools.reporting.sources import Report


def comparison_parts(reports: Sequence[Report]) -> str:
    """What differs first, then what each came to against the first, then what is alike."""
    names = ["", *(report.session.id for report in reports)]
    differing = config_differences(reports)
    parts = [table_card("Sessions", names, session_rows(reports))]
    if differing:
        parts.append(table_card("Config", names, [[key, *values] for key, values in differing.items()]))
    else:
        parts.append('<section class="card"><h3>Config</h3><p>The same in all of them.</p></section>')
    for group in compared(reports):
        rows = []
        for words, first, others in group.rows:
            rows.append([words, first, *(f"{shown}  ({change})" for shown, change in others)])
        parts.append(table_card(group.name, names, rows))
    head = (
        f"<header><h1>Comparison</h1><p>Against the first, {escape(reports[0].session.id)}, in brackets.</p></header>"
    )
    return head + "".join(parts)
