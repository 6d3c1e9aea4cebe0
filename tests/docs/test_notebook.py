"""The notebook and its views: the cells run in order on a session's database and tell what its report tells.

Method: no notebook server; each code cell is executed in one namespace, as a kernel would.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support.report_sessions import run_with_moves
from support.store_database import FIXTURES, opened, rows

from actors.store import maintenance
from actors.store.reports import course
from neo.analysis import flat_figures, results_of

DOCS = Path(__file__).parents[2] / "docs"
VIEWS = ("view_fills", "view_orders", "view_equity", "view_market")

# Deposits and a withdrawal on the way, which holding has as well: drops and RLUSD by ledger.
MOVES = {30: (50_000_000, "0"), 45: (0, "100"), 60: (-20_000_000, "0")}


def run_cells() -> dict[str, Any]:
    """Execute the notebook; returns what its names stand for at the end."""
    cells = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"notebook.ipynb, cell {number}", "exec"), names)  # noqa: S102 - ours
    return names


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A database with a session of six minutes whose capital moves, and the figures of its report."""
    database = tmp_path_factory.mktemp("notebook") / "neo.sqlite3"
    summary = run_with_moves(database, MOVES)
    return database, dict(flat_figures(results_of(course(database, summary.session_id))))


def test_the_cells_tell_what_the_report_tells(
    session: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result against holding, causes, mark-outs, fills and distances are the report's, rounded to a double."""
    pandas = pytest.importorskip("pandas", reason="needs the extra notebook: uv sync --extra notebook")
    database, figures = session
    before = database.read_bytes()
    monkeypatch.setenv("NEO_DB", str(database))
    told = run_cells()
    last = told["equity"].iloc[-1]
    assert last["equity_rlusd"] == pytest.approx(float(figures["equity_end_rlusd"]), abs=1e-6)
    assert last["against_holding_rlusd"] == pytest.approx(float(figures["against_holding_rlusd"]), abs=1e-6)
    causes = dict(zip(told["causes"]["cause"], told["causes"]["rlusd"], strict=True))
    assert causes == {name: pytest.approx(float(figures[name])) for name in causes}
    assert len(causes) == 4
    assert causes["capital_flows_rlusd"] > 100
    assert len(told["fills"]) == figures["fills"] > 10
    for side, part in (("both", ""), ("buy", "bid_"), ("sell", "ask_")):
        for horizon in (1, 5, 20):
            mean = told["mark_outs"].loc[f"mark_out_{horizon}_bps", side]
            assert mean == pytest.approx(figures[f"mark_out_{horizon}_{part}bps"], abs=1e-5), (side, horizon)
    for side in ("bid", "ask"):
        share = told["touch"].loc["share of ledgers", f"{side}_to_touch_bps"]
        assert share == pytest.approx(figures[f"time_with_{side}_share"], abs=1e-6)
        median = told["touch"].loc[0.5, f"{side}_to_touch_bps"]
        assert median == pytest.approx(figures[f"{side}_distance_median_bps"], abs=1e-6)
    assert told["fates"]["orders"].sum() == rows(database, "SELECT count(*) FROM orders")[0][0]
    with pytest.raises(pandas.errors.DatabaseError, match="readonly"):
        told["read"]("DELETE FROM fees")
    assert database.read_bytes() == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_database_without_views_is_told_how_it_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """One of an older NEO is not changed by reading; what the notebook then says to do gives it the views."""
    pytest.importorskip("pandas", reason="needs the extra notebook: uv sync --extra notebook")
    database = tmp_path / "neo.sqlite3"
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript((FIXTURES / f"v{version}.sql").read_text())
    monkeypatch.setenv("NEO_DB", str(database))
    with pytest.raises(RuntimeError, match=r"without views.*check --rebuild"):
        run_cells()
    assert rows(database, "PRAGMA user_version") == [(version,)]
    maintenance.rebuild(database)
    assert maintenance.check(database).findings == ()
    assert len(run_cells()["fills"]) == 2


def test_a_session_without_a_fill_runs_through(
    session: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is named and has nothing yet gives empty tables, no error."""
    pytest.importorskip("pandas", reason="needs the extra notebook: uv sync --extra notebook")
    monkeypatch.setenv("NEO_DB", str(session[0]))
    monkeypatch.setenv("NEO_SESSION", "of-no-fill")
    told = run_cells()
    assert told["fills"].empty
    assert told["equity"].empty
    assert told["fates"].empty


def test_the_views_of_a_session_with_known_figures(tmp_path: Path) -> None:
    """Worked out by hand from the records of one tick: XRP bought and sold at 1.9123 while the mid was 1.9129005."""
    database = tmp_path / "neo.sqlite3"
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.executescript((FIXTURES / "v1.sql").read_text())
    opened(database).close()
    assert rows(database, "SELECT mid_rlusd, xrp, rlusd, equity_rlusd FROM view_equity") == [
        (1.9129005, 100.000004, 200.5, pytest.approx(391.790058, abs=1e-6))
    ]
    assert rows(database, "SELECT best_bid_rlusd, own_ask_rlusd, bid_to_touch_bps FROM view_market") == [
        (1.912345, 1.9135, -0.235)
    ]
    fills = rows(database, "SELECT side, xrp, price_rlusd, edge_bps, mark_out_1_bps FROM view_fills ORDER BY side")
    assert fills == [("buy", 1.0, 1.9123, 3.139212, None), ("sell", 1.0, 1.9123, -3.139212, None)]
    orders = rows(database, "SELECT kind, side, price_rlusd, xrp, xrp_left FROM view_orders ORDER BY side")
    assert orders == [("offer", side, 1.9123, 7.843137, 7.843137) for side in ("buy", "sell")]


def test_every_column_of_every_view_is_on_the_page(tmp_path: Path) -> None:
    """In the view's own order, and none that is not there."""
    database = tmp_path / "neo.sqlite3"
    opened(database).close()
    page = (DOCS / "notebooks.md").read_text(encoding="utf-8")
    assert {name for (name,) in rows(database, "SELECT name FROM sqlite_schema WHERE type = 'view'")} == set(VIEWS)
    for view in VIEWS:
        section = page.partition(f"## `{view}`\n")[2].partition("\n## ")[0]
        columns = [name for (name,) in rows(database, "SELECT name FROM pragma_table_info(?)", view)]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == columns, view
