"""Tables in terminals of any width: what has no room is left out, turned or broken between figures, never cut.

Method: the tables' own data, printed by a console of a given width.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console, RenderableType
from support.sessions import plan_for, run

from actors.store import list_sessions
from actors.store.reports import experiments
from neo.chain.money import plain
from tools.commands.experiments import experiments_table
from tools.commands.sessions import sessions_table
from tools.reporting.comparison import comparison_table
from tools.reporting.fitting import Column, Fitting
from tools.reporting.sources import load
from tools.reporting.terminal import report_parts

NARROW, USUAL, WIDE = 60, 80, 160
CUT = "\N{HORIZONTAL ELLIPSIS}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with a long list of changes, then one without."""
    path = tmp_path_factory.mktemp("widths") / "neo.sqlite3"
    changes = {f"strategy.{name}_offset_bps": ("5", "90") for name in ("bid", "ask")}
    run(msgspec.structs.replace(plan_for(path, duration_s=180), config_changes=changes))
    run(plan_for(path, seed=8, duration_s=120))
    return path


def printed(width: int, parts: Iterable[RenderableType]) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    return lines


@pytest.mark.parametrize("width", [NARROW, USUAL, WIDE])
def test_no_figure_of_a_report_is_cut(database: Path, width: int) -> None:
    """The inventory is told to its last digit at every width."""
    report = load(database, None)
    text = "\n".join(printed(width, report_parts(report)))
    standing = report.course.standing
    assert standing is not None
    assert CUT not in text
    for figure in (standing.rlusd_fills, standing.rlusd_capital, standing.rlusd_engine):
        assert re.search(rf"(?<!\S){re.escape(f'{plain(figure):f}')}(?!\S)", text)


@pytest.mark.parametrize("width", [NARROW, USUAL, WIDE])
def test_no_figure_of_a_comparison_is_cut(database: Path, width: int) -> None:
    """Three sessions: what has no room beside the first comes below, beside the first again."""
    reports = [load(database, row.id) for row in (*list_sessions(database), list_sessions(database)[0])]
    lines = printed(width, comparison_table(reports, width))
    assert not any(CUT in line for line in lines)
    assert sum(line.startswith("Results") for line in lines) == (1 if width == WIDE else 2)


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (NARROW, ["session", "ending", "equity", "change"]),
        (USUAL, ["session", "ending", "ticks", "fills", "equity", "change"]),
        (WIDE, ["session", "started", "(UTC)", "ending", "ticks", "fills", "equity", "change", "seed", "journal"]),
    ],
)
def test_sessions_leave_out_what_can_be_looked_up(database: Path, width: int, names: list[str]) -> None:
    """The change of equity is what an operator looks for: it always stays."""
    lines = printed(width, [sessions_table(list_sessions(database))])
    assert next(line.split() for line in lines if line.strip()) == names
    assert not any(CUT in line for line in lines)


@pytest.mark.parametrize("width", [NARROW, USUAL, WIDE])
def test_an_experiments_changes_can_be_read(database: Path, width: int) -> None:
    """A key is broken once or twice at most, not into a column of letters."""
    lines = printed(width, [experiments_table(experiments(database))])
    assert not any(CUT in line for line in lines)
    assert len(lines) < 15


def test_the_least_needed_column_leaves_first() -> None:
    """Columns leave by their number, the highest first, and only as many as must."""
    columns = [Column("name", right=False), Column("spare", spare=1), Column("sparer", spare=2)]
    table = Fitting(columns, [["a", "1", "2"]])
    heads = {width: printed(width, [table])[1].split() for width in (24, 20, 10)}
    assert heads == {24: ["name", "spare", "sparer"], 20: ["name", "spare"], 10: ["name"]}


def test_a_table_that_turns_keeps_every_cell() -> None:
    """Rows become columns, under their own heads."""
    table = Fitting([Column(""), Column("first"), Column("second")], [["XRP", "1", "2"]], turns=True)
    assert [line.split() for line in printed(17, [table]) if "\u2500" not in line and line.strip()] == [
        ["XRP"],
        ["first", "1"],
        ["second", "2"],
    ]
