"""What a sweep keeps, and what it makes of it: the results file, the spreads, the table and the page."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import msgspec
import pytest
from plotly.graph_objects import Figure  # type: ignore[import-untyped]  # it has none
from rich.console import Console

from neo.config import config_sha256
from neo.messages.halts import HaltReason
from tools.console.errors import OperatorError
from tools.console.forms import csv_text
from tools.settings.profiles import find_profile, read_tables
from tools.sweep.findings import PointSummary, as_objects, csv_rows, markdown_of, rows, summaries_of, table_of
from tools.sweep.heat_map import grid_of
from tools.sweep.kept import results_in
from tools.sweep.points import Chosen, Point, checked_points
from tools.sweep.runs import Result
from tools.sweep.sweep_page import sweep_charts, sweep_page

BID, ASK = "strategy.bid_offset_bps", "strategy.ask_offset_bps"
FIGURES = {
    "fills": 10, "result_rlusd": "1.5", "spread_captured_rlusd": "2.5", "inventory_revaluation_rlusd": "-1",
    "fees_rlusd": "-0.01", "mark_out_1_bps": 1.0, "mark_out_5_bps": -2.0, "mark_out_20_bps": None,
    "bid_within_2bps_share": 0.5, "ask_within_2bps_share": 0.25, "flow_won_share": 0.1, "time_with_both_share": 0.75,
}  # fmt: skip


def points(*offsets: str) -> list[Point]:
    """A point for each offset."""
    listed = [Chosen({BID: text, ASK: text}, "--set") for text in offsets]
    return checked_points(read_tables(find_profile("paper")), listed)


def result(point: Point, seed: int, **changed: object) -> Result:
    """What a session of that point and seed came to."""
    ending = str(changed.pop("ending", HaltReason.DURATION_ELAPSED))
    return Result(
        run=f"{point.settings[BID]}-{seed}",
        settings=point.settings,
        seed=seed,
        market="day.csv",
        duration_s=60,
        config_sha256=config_sha256(point.config),
        journal_sha256="0" * 64,
        halt_reason=HaltReason(ending),
        halt_detail="",
        wall_s=1.0,
        figures=FIGURES | changed,  # type: ignore[arg-type]  # figures by name, as a test changes them
    )


def two_points() -> list[PointSummary]:
    """Three seeds at two offsets; the second is better by 1 with every seed, which differ by far more."""
    two, eight = points("2", "8")
    levels = {1: 50, 2: -50, 3: 0}
    results = [result(two, seed, result_rlusd=str(level)) for seed, level in levels.items()]
    results += [result(eight, seed, result_rlusd=str(level + 1), fills=seed) for seed, level in levels.items()]
    return summaries_of([two, eight], results)


# --- The results file --------------------------------------------------------------------------------------------


def test_results_are_there_again_for_the_next_sweep(tmp_path: Path) -> None:
    """As they were, in the order in which they came."""
    first, second = points("2", "8")
    with results_in(tmp_path / "a" / "b") as kept:
        kept.add(result(first, 1))
        kept.add(result(second, 1))
    with results_in(tmp_path / "a" / "b") as kept:
        assert kept.results == {"2-1": result(first, 1), "8-1": result(second, 1)}
    lines = kept.path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["settings"][BID] for line in lines] == ["2", "8"]


def test_a_line_that_a_kill_tore_is_cut_off_and_the_rest_kept(tmp_path: Path) -> None:
    """Wherever in the line it was torn."""
    [point] = points("2")
    with results_in(tmp_path) as kept:
        kept.add(result(point, 1))
    whole = kept.path.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 1):
        kept.path.write_bytes(whole + whole[:length])
        with results_in(tmp_path) as again:
            assert list(again.results) == ["2-1"]
            again.add(result(point, 2))
        with results_in(tmp_path) as again:
            assert list(again.results) == ["2-1", "2-2"]
        kept.path.write_bytes(whole)


def test_a_file_that_is_not_a_sweeps_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """To the byte."""
    file = tmp_path / "results.jsonl"
    file.write_text('{"mine": 1}\nhalf', encoding="utf-8")
    with pytest.raises(OperatorError, match=r"results\.jsonl, line 1: is not a sweep's result"), results_in(tmp_path):
        pass
    assert file.read_text(encoding="utf-8") == '{"mine": 1}\nhalf'


@pytest.mark.parametrize("content", [b"my notes, one line", b'{"other":1', b"{}"])
def test_a_last_line_that_no_sweep_began_is_not_cut_off(tmp_path: Path, content: bytes) -> None:
    """Only what looks like a torn result is taken for one."""
    file = tmp_path / "results.jsonl"
    file.write_bytes(content)
    with pytest.raises(OperatorError, match="is not a sweep's result"), results_in(tmp_path):
        pass
    assert file.read_bytes() == content


def test_two_sweeps_at_one_folder_are_refused(tmp_path: Path) -> None:
    """The second is told which process has it."""
    with (
        results_in(tmp_path),
        pytest.raises(OperatorError, match=r"another sweep \(process \d+\) is at it"),
        results_in(tmp_path),
    ):
        pass


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    """With the option that names another."""
    (tmp_path / "file").touch()
    with pytest.raises(OperatorError, match="hoose another folder with --out"), results_in(tmp_path / "file" / "out"):
        pass


# --- What they say together --------------------------------------------------------------------------------------


def test_every_figure_has_its_spread_and_what_is_missing_is_not_made_up() -> None:
    """-50, 0 and 50 have a deviation of 50 around 0."""
    two, eight = two_points()
    assert (two.runs, two.cut_short) == (3, 0)
    spread = two.figures["result_rlusd"]
    assert (spread.n, spread.mean, spread.sd, spread.median) == (3, 0.0, 50.0, 0.0)
    assert eight.figures["fills"].mean == 2.0
    assert "mark_out_20_bps" not in two.figures


def test_settings_are_compared_seed_by_seed() -> None:
    """Each session against the one on the same market, so a constant edge of 1 has no deviation."""
    first, second = two_points()
    assert first.against_first is None
    assert second.against_first is not None
    assert (second.against_first.mean, second.against_first.sd) == (1.0, 0.0)


def test_sessions_that_ended_early_are_counted_and_settings_without_any_left_out() -> None:
    """A figure of half a session is told as one."""
    two, eight = points("2", "8")
    [summary] = summaries_of([two, eight], [result(two, 1), result(two, 2, ending=HaltReason.KILL_SWITCH)])
    assert (summary.runs, summary.cut_short) == (2, 1)
    assert rows([summary])[0][2] == "2 (1 cut short)"


def test_one_session_alone_has_no_deviation() -> None:
    """It is shown without one, not with 0."""
    [two] = points("2")
    assert rows(summaries_of([two], [result(two, 1)]))[0][2:6] == ["1", "10", "+1.50", "+2.50"]


def test_the_table_tells_means_with_deviations() -> None:
    """And how sure the difference to the first point is."""
    cells = rows(two_points())
    assert cells[0] == [
        "2", "2", "3", "10 ± 0", "0.00 ± 50.00", "+2.50 ± 0.00", "-1.00 ± 0.00", "-2.00 ± 0.00", "50.0% ± 0.0",
        "25.0% ± 0.0", "10.0% ± 0.0", "-",
    ]  # fmt: skip
    assert cells[1][-1] == "+1.00 (se 0.00)"
    markdown = markdown_of(two_points()).splitlines()
    assert markdown[0].startswith("| bid_offset_bps | ask_offset_bps | sessions | fills | result |")
    assert len({line.count("|") for line in markdown}) == 1


@pytest.mark.parametrize(("width", "kept"), [(200, 12), (120, 8), (70, 4)])
def test_a_narrow_table_leaves_columns_out_and_cuts_none(width: int, kept: int) -> None:
    """Half a number would be a wrong one."""
    table = table_of(two_points(), width)
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    assert len(table.columns) == kept
    assert "\N{HORIZONTAL ELLIPSIS}" not in out.getvalue()


def test_csv_has_a_row_for_each_point_and_figure() -> None:
    """A spreadsheet can filter by either."""
    table = list(csv.DictReader(io.StringIO(csv_text(csv_rows(two_points())))))
    [row] = [row for row in table if row[BID] == "8" and row["figure"] == "result_against_first_rlusd"]
    assert (row["n"], float(row["mean"])) == ("3", 1.0)
    assert len([row for row in table if row["figure"] == "fills"]) == 2


def test_json_has_every_spread() -> None:
    """For whoever wants more than mean and deviation."""
    one, two = json.loads(msgspec.json.encode(as_objects(two_points())))
    assert one["settings"] == {BID: "2", ASK: "2"}
    assert set(one["figures"]["fills"]) == {"n", "mean", "sd", "min", "p10", "p25", "median", "p75", "p90", "max"}
    assert two["result_against_first"]["mean"] == 1.0


# --- The page ----------------------------------------------------------------------------------------------------


def test_every_chart_is_one_that_plotly_takes() -> None:
    """A misspelt field of a chart would draw nothing, and say nothing."""
    for chart in sweep_charts(two_points()).values():
        Figure(chart)


def test_one_swept_number_is_an_axis_and_other_settings_stand_side_by_side() -> None:
    """Where two keys cross there is no order along which to draw them."""
    chart = sweep_charts(two_points())["equity"]
    assert chart["data"][0]["x"] == [2.0, 8.0]
    assert chart["data"][0]["error_y"]["array"] == [50.0, 50.0]
    swapped = [Chosen({BID: "2", ASK: "4"}, "--set"), Chosen({BID: "4", ASK: "2"}, "--set")]
    named = checked_points(read_tables(find_profile("paper")), swapped)
    summaries = summaries_of(named, [result(point, 1) for point in named])
    assert sweep_charts(summaries)["fills"]["data"][0]["x"] == [f"{BID}=2, {ASK}=4", f"{BID}=4, {ASK}=2"]


def grid() -> list[PointSummary]:
    """Three bids by two asks, one seed; the cell of bid 5 and ask 8 failed. A cell's result is its bid less its ask."""
    pairs = [(bid, ask) for bid in ("2", "5", "8") for ask in ("4", "8") if (bid, ask) != ("5", "8")]
    made = checked_points(
        read_tables(find_profile("paper")), [Chosen({BID: bid, ASK: ask}, "--set") for bid, ask in pairs]
    )
    results = [
        result(point, 1, result_rlusd=str(int(point.settings[BID]) - int(point.settings[ASK]))) for point in made
    ]
    return summaries_of(made, results)


def test_a_grid_of_two_keys_is_drawn_as_maps() -> None:
    """However many points there are, each has a cell with its number; where sessions failed there is a hole."""
    found = grid_of(grid())
    assert found is not None
    assert (found.across, found.up, found.columns, found.lines) == (BID, ASK, ("2", "5", "8"), ("4", "8"))
    charts = sweep_charts(grid())
    assert list(charts) == [
        f"map_{key}" for key in ("result_rlusd", "spread_captured_rlusd", "mark_out_5_bps", "fills")
    ]
    [heat] = charts["map_result_rlusd"]["data"]
    assert heat["z"] == [[-2.0, 1.0, 4.0], [-6.0, None, 0.0]]
    assert heat["text"] == [["-2.00", "+1.00", "+4.00"], ["-6.00", "", "+0.00"]]
    assert heat["colorbar"]["title"]["text"] == "RLUSD"
    assert heat["zmid"] == 0
    for chart in charts.values():
        Figure(chart)
    shown = sweep_page(grid(), [])
    assert "Result of a session, without capital" in shown
    assert shown.count('class="plot"') == len(charts)


def test_keys_that_go_hand_in_hand_or_three_of_them_are_no_grid() -> None:
    """A map would be mostly holes, or would hide what else was changed."""
    assert grid_of(two_points()) is None
    tables = read_tables(find_profile("paper"))
    hand_in_hand = [Chosen({BID: text, ASK: str(int(text) + 1)}, "--set") for text in ("2", "4", "6")]
    third = [
        Chosen({BID: bid, ASK: ask, "strategy.inventory_skew_bps": skew}, "--set")
        for bid in ("2", "4") for ask in ("2", "4") for skew in ("10", "20")
    ]  # fmt: skip
    for listed in (hand_in_hand, third):
        made = checked_points(tables, listed)
        assert grid_of(summaries_of(made, [result(point, 1) for point in made])) is None


def test_the_page_needs_no_network_and_tells_what_it_is_of() -> None:
    """Offline, with each chart, and a file's name in it is no markup."""
    page = sweep_page(two_points(), ["market <day>.csv"])
    assert "market &lt;day&gt;.csv" in page
    assert re.search(r"<(script|link|img)[^>]+(src|href)=", page) is None
    assert page.count('class="plot"') == len(sweep_charts(two_points()))
    assert "+1.00 (se 0.00)" in page
