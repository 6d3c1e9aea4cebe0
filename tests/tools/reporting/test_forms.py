"""``neo report``, ``compare`` and ``experiments``: what they print, in every form, and how they refuse.

Method: the whole command line in this process, on a database with two short sessions of different seeds.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sqlite3
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from plotly.graph_objects import Figure  # type: ignore[import-untyped]  # it has none
from rich.console import Console
from support.sessions import config_with, plan_for, run
from support.store_database import opened

from actors.store import list_sessions
from actors.store.reports import experiments as stored_experiments
from neo.analysis import Course, results_of
from neo.config.retired import RENAMED
from neo.messages import Side
from tools.commands.table import run_command_line
from tools.reporting.comparison import config_differences
from tools.reporting.labels import LABELS, difference, show
from tools.reporting.page import all_charts, page
from tools.reporting.sources import Report, load
from tools.reporting.terminal import report_parts

EXIT_USAGE = 2

Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions: the shipped profile, then one of another seed that quotes farther out and is hardly filled."""
    path = tmp_path_factory.mktemp("report") / "neo.sqlite3"
    run(plan_for(path, duration_s=240))
    far = config_with(strategy={"bid_offset_bps": 90, "ask_offset_bps": 90})
    plan = plan_for(path, seed=8, duration_s=120, config=far)
    changes = {"strategy.bid_offset_bps": ("5", "90")}
    run(msgspec.structs.replace(plan, profile="my|own.toml", config_changes=changes))
    return path


@pytest.fixture
def out(capsys: Out) -> Out:
    """What is printed, and nothing from before."""
    capsys.readouterr()
    return capsys


def command(database: Path, *arguments: str) -> int:
    first, *others = arguments
    return run_command_line([first, "--db", str(database), *others])


# --- report ------------------------------------------------------------------------------------------------------


def test_the_last_session_is_told_if_none_is_named(database: Path, out: Out) -> None:
    """Everything that an operator asks about is in the terminal's report."""
    assert command(database, "report") == 0
    text = out.readouterr().out
    assert f"Session {list_sessions(database)[0].id}" in text
    for title in ("Session", "Equity", "Inventory", "Distance to the touch", "Mark-outs", "Others' trades"):
        assert re.search(rf"^{title}", text, re.MULTILINE)
    assert "residual" in text
    assert "strategy.bid_offset_bps  5 -> 90" in text


def test_the_page_leads_from_the_result_to_its_causes(database: Path) -> None:
    """What it came to stands first, in figures and in words; then what was traded and held, then why."""
    found = load(database, list_sessions(database)[1].id)
    text = page(found)
    shown = {key: show(LABELS[key].kind, found.figures[key]) for key in ("result_rlusd", "against_holding_rlusd")}
    order = [
        '<div class="tile"><span>Result</span>',
        f": {shown['result_rlusd']} in all.",
        f"so quoting was worth {shown['against_holding_rlusd']}.",
        "What it came to", 'id="equity"', "What was quoted, traded and held", 'id="price"',
        "Why: who traded", "All figures",
    ]  # fmt: skip
    assert [text.find(part) for part in order] == sorted(text.find(part) for part in order)
    assert all(part in text for part in order)


def test_fills_are_told_one_by_one(database: Path, out: Out) -> None:
    """The last ten in the terminal, the newest first, and every one in the page, with its gain against the mid."""
    found = load(database, list_sessions(database)[1].id)
    fills = found.course.fills
    assert len(fills) > 10
    assert command(database, "report", found.session.id) == 0
    table = out.readouterr().out.partition(f"Fills (the last 10 of {len(fills):,}, the newest first")[2]
    assert re.findall(r" (o\d{6}) \n", table)[:11] == [fill.order_id for fill in fills[:-11:-1]]
    last = fills[-1]
    assert last.mid_price is not None
    gained = (last.price - last.mid_price) / last.mid_price * (10_000 if last.side is Side.SELL else -10_000)
    assert f" {gained:+.2f} " in table.splitlines()[4]
    shown = page(found)
    assert all(f"<td>{fill.xrp_drops / 1e6:,.6f}</td>" in shown for fill in fills)
    assert f"Fills (all {len(fills)}, the newest first" in shown


def test_missing_quotes_and_losses_against_their_limits_are_in_every_form(tmp_path: Path, out: Out) -> None:
    """Of a session that a loss limit ended, from what the database has: the overshoot, and what was lost at the end."""
    path = tmp_path / "neo.sqlite3"
    summary = run(plan_for(path, duration_s=600, config=config_with(risk={"max_drawdown_rlusd": Decimal("0.5")})))
    out.readouterr()
    assert command(path, "report", "--json") == 0
    told = json.loads(out.readouterr().out)
    session, drawdown = told["loss_limits"]
    assert (session["key"], session["overshoot_rlusd"]) == ("risk.max_session_loss_rlusd", "0")
    most, end = Decimal(drawdown["lost_most_rlusd"]), Decimal(drawdown["lost_end_rlusd"])
    assert Decimal(drawdown["overshoot_rlusd"]) == most - Decimal("0.5") > 0
    assert summary.absence is not None
    assert told["absence"] == msgspec.to_builtins(summary.absence)
    assert command(path, "report") == 0
    text = out.readouterr().out
    assert "Ledgers without a quote" in text
    assert f"{summary.absence.ledgers_without_bid:,}" in text
    drawn = page(load(path, None))
    for figure in (f"{most:.4f}", f"{end:.4f}", f"{most - Decimal('0.5'):.4f}"):
        assert re.search(rf"since the best moment.*{figure}", text)
        assert re.search(rf"since the best moment.*{figure}", drawn)


def test_a_part_of_a_name_is_enough(database: Path, out: Out) -> None:
    """The name's random end finds it; what fits several or none is refused with the way on."""
    newer, first = (row.id for row in list_sessions(database))
    assert command(database, "report", first[-4:]) == 0
    assert first in out.readouterr().out
    assert command(database, "report", first[:8]) != 0
    assert f"'{first[:8]}' may be 2 sessions ({newer} or {first}); write more of its name." in out.readouterr().err
    assert command(database, "report", "nowhere") != 0
    assert "`neo sessions` lists them" in out.readouterr().err


def test_a_drift_at_shutdown_is_shouted_in_both_forms(database: Path) -> None:
    """Tables that did not agree with the engine at the end: terminal and page have the numbers."""
    report = msgspec.structs.replace(load(database, None), states={"inventory_drift_at_shutdown": '{"xrp_drops":7}'})
    console = Console(file=io.StringIO(), width=110, markup=False)
    for part in report_parts(report):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    assert 'ERROR inventory_drift_at_shutdown {"xrp_drops":7}' in console.file.getvalue()
    assert "inventory drift at shutdown: {&quot;xrp_drops&quot;:7}" in page(report)


def test_a_report_as_json_and_csv(database: Path, out: Out) -> None:
    """Both have every figure under its name; CSV has the config's keys as columns too."""
    assert command(database, "report", "--json") == 0
    told = json.loads(out.readouterr().out)
    assert set(LABELS) <= set(told["figures"])
    assert told["figures"]["residual_rlusd"] == "0"
    assert told["config"]["strategy.bid_offset_bps"] == "90"
    assert command(database, "report", "--csv") == 0
    (row,) = csv.DictReader(io.StringIO(out.readouterr().out))
    assert row["equity_end_rlusd"] == told["figures"]["equity_end_rlusd"]
    assert row["order_size.base_size_rlusd"] == "15"
    assert command(database, "report", "--json", "--csv") == EXIT_USAGE


@pytest.mark.parametrize("arguments", [["report"], ["compare", "a", "b"]])
def test_where_there_is_nothing_that_is_told(tmp_path: Path, out: Out, arguments: list[str]) -> None:
    """No database, and no session in it, are no tracebacks."""
    assert command(tmp_path / "none.sqlite3", *arguments) != 0
    assert "no database there" in out.readouterr().err
    opened(tmp_path / "new.sqlite3").close()
    assert command(tmp_path / "new.sqlite3", *arguments) != 0
    assert "no sessions yet" in out.readouterr().err


# --- The page ----------------------------------------------------------------------------------------------------


class Outside(HTMLParser):
    """Collects what a page would fetch, and the elements with an id."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.fetched += [f"{tag} {named[key]}" for key in ("src", "href") if named.get(key)]
        if named.get("id"):
            self.ids.append(str(named["id"]))


def test_the_page_is_whole_in_itself(database: Path, tmp_path: Path, out: Out) -> None:
    """Nothing is fetched from anywhere, plotly.js is in it once, and every chart has its place and its data."""
    target = tmp_path / "page.html"
    assert command(database, "report", list_sessions(database)[1].id, "--html", str(target)) == 0
    assert "MB" in out.readouterr().err
    text = target.read_text(encoding="utf-8")
    parser = Outside()
    parser.feed(text)
    assert parser.fetched == []
    assert parser.ids == ["equity", "price", "inventory", "markouts", "flow", "distance"]
    assert text.count("* plotly.js v") == 1
    assert target.stat().st_size < 6_000_000
    for name in parser.ids:
        data = re.search(rf'data-for="{name}">(.*?)</script>', text, re.DOTALL)
        assert data is not None
        assert json.loads(data[1])["data"]


@pytest.mark.parametrize("number", [0, 1])
def test_every_chart_is_one_that_plotly_knows(database: Path, number: int) -> None:
    """Data and layouts pass the library's own check, with fills and with hardly any."""
    report = load(database, list_sessions(database)[number].id)
    for chart in all_charts(report).values():
        Figure(chart)


def test_a_session_without_ledgers_still_makes_a_page(database: Path) -> None:
    """A session that failed at its start has nothing to show, and says so."""
    found = load(database, None)
    empty = Report(
        msgspec.structs.replace(found.session, halt_reason="startup_failure", halt_detail="<b>no</b>"),
        Course(),
        results_of(Course()),
        found.config,
        {},
    )
    text = page(empty)
    assert "Nothing to show: no fills." in text
    assert "&lt;b&gt;no&lt;/b&gt;" in text
    for chart in all_charts(empty).values():
        Figure(chart)


# --- compare -----------------------------------------------------------------------------------------------------


def test_sessions_side_by_side(database: Path, out: Out) -> None:
    """Keys of the config that differ, and every figure with its difference to the first."""
    names = [row.id for row in list_sessions(database)]
    assert command(database, "compare", *names) == 0
    text = out.readouterr().out
    assert re.search(r"strategy\.bid_offset_bps +90 +5", text)
    assert "order_size.base_size_rlusd" not in text
    assert re.search(r"spread captured +\S+ RLUSD +\S+ RLUSD +[+-]\d", text)
    assert command(database, "compare", names[0], names[0]) == 0
    assert "the same in all of them" in out.readouterr().out


def test_a_session_of_before_a_rename_differs_only_where_it_does(tmp_path: Path, out: Out) -> None:
    """Its config is kept as it was written; it is shown by the keys of today."""
    path = tmp_path / "neo.sqlite3"
    run(plan_for(path, duration_s=30))
    run(plan_for(path, duration_s=30, config=config_with(venue={"maker_count": 5})))
    [new, old] = list_sessions(path)
    values = {"venue.maker_count": 4} | {
        f"{name}.{key}": value for name, keys in json.loads(old.config).items() for key, value in keys.items()
    }
    before: dict[str, str] = {successor: key for key, successor in RENAMED.items()}
    sections: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        section, _, key = (before.get(name) or name).partition(".")
        sections.setdefault(section, {})[key] = value
    assert {"account", "market", "sim"} <= sections.keys()
    changes = {"sim.maker_count": ["3", "4"], "strategy.levels": ["2", "1"]}
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET config = ?, config_changes = ? WHERE id = ?",
            (json.dumps(sections), json.dumps(changes), old.id),
        )
        connection.execute(
            "UPDATE experiments SET config_changes = ? WHERE session_id = ?", (json.dumps(changes), old.id)
        )
    assert config_differences([load(path, new.id), load(path, old.id)]) == {"venue.maker_count": ["5", "4"]}
    assert command(path, "report", old.id) == 0
    assert re.search(r"venue\.maker_count +3 -> 4", out.readouterr().out)
    assert command(path, "experiments") == 0
    text = out.readouterr().out
    assert "venue.maker_count=4" in text
    assert "sim.maker_count" not in text


def test_a_comparison_shows_what_differs_before_what_does_not(database: Path, out: Out) -> None:
    """Figures that are the same in all sessions come last, under a heading of their own, and only there."""
    names = [row.id for row in list_sessions(database)]
    assert command(database, "compare", *names) == 0
    above, heading, below = out.readouterr().out.partition("The same in all of them")
    assert heading
    assert "residual" in below
    assert "residual" not in above
    assert re.search(r"fills +\d", above)
    figures = [load(database, name).figures for name in names]
    differing = [label.words for label in LABELS.values() if figures[0][label.key] != figures[1][label.key]]
    assert [words for words in differing if words not in above] == []
    assert not re.search(r"[+-]\d", below.replace("+0.0000", ""))


def test_a_comparison_as_json_and_csv(database: Path, out: Out) -> None:
    """One object, or one row, for each session."""
    names = [row.id for row in list_sessions(database)]
    assert command(database, "compare", *names, "--json") == 0
    assert [one["session"] for one in json.loads(out.readouterr().out)] == names
    assert command(database, "compare", *names, "--csv") == 0
    assert [row["session"] for row in csv.DictReader(io.StringIO(out.readouterr().out))] == names
    assert command(database, "compare", names[0]) == EXIT_USAGE
    assert "two sessions or more" in out.readouterr().err


def test_figures_are_shown_in_their_kind() -> None:
    """Units, signs, and a dash where there is nothing."""
    assert show("share", 0.125) == "12.5%"
    assert show("change", "1.5") == "+1.5000 RLUSD"
    assert show("bps", None) == "-"
    assert difference("share", 0.10, 0.125) == "+2.5 pp"
    assert difference("count", 5, 5) == "="
    assert difference("duration", 60, 0) == "-0:01:00"
    assert difference("xrp", None, "1") == "-"


# --- experiments -------------------------------------------------------------------------------------------------


def test_every_session_that_ended_is_an_experiment(database: Path, out: Out) -> None:
    """One row a session: what it was tried with, why it ended, what came of it."""
    rows = stored_experiments(database)
    sessions = list_sessions(database)
    assert [row.session_id for row in rows] == [row.id for row in sessions]
    assert (rows[0].seed, rows[0].profile, rows[0].halt_reason) == (8, "my|own.toml", "duration_elapsed")
    assert rows[0].config_changes == {"strategy.bid_offset_bps": ["5", "90"]}
    assert command(database, "experiments", "--json") == 0
    told = [json.loads(line) for line in out.readouterr().out.splitlines()]
    assert set(LABELS) <= set(told[0]["results"])
    assert command(database, "experiments") == 0
    assert "strategy.bid_offset_bps=90" in out.readouterr().out


def test_experiments_are_picked_and_put_in_order(database: Path, out: Out) -> None:
    """By a figure, by a setting that differs from the shipped profile, by the result; in every form alike."""
    new, old = (row.id for row in list_sessions(database))

    def listed(*arguments: str) -> list[str]:
        assert command(database, "experiments", "--json", *arguments) == 0
        return [json.loads(line)["session_id"] for line in out.readouterr().out.splitlines()]

    assert listed("--where", "strategy.bid_offset_bps=90") == [new]
    assert listed("--where", "seed!=8", "--where", "venue=sim") == [old]
    assert listed("--sort", "started_at") == [old, new]
    assert listed("--sort", "fills") == [new, old]
    assert listed("--sort", "fills", "--reverse") == [old, new]
    results = [row.equity_change_rlusd for row in stored_experiments(database)]
    assert None not in results
    assert listed("--sort", "result") == [name for _, name in sorted(zip(results, (new, old), strict=True))]
    assert command(database, "experiments", "--where", "fills>1000000") == 0
    assert out.readouterr().out == "None of 2 experiments is so.\n"
    assert command(database, "experiments", "--where", "strategy.bid_offset=90") == EXIT_USAGE
    assert "did you mean strategy.bid_offset_bps?" in out.readouterr().err


def test_a_note_is_kept_and_exported(database: Path, out: Out) -> None:
    """A note stands beside its session in every form, and can be replaced."""
    name = list_sessions(database)[0].id
    assert command(database, "experiments", "note", name, "first words") == 0
    assert command(database, "experiments", "note", name[-4:], "far out | hardly\nfilled") == 0
    out.readouterr()
    assert command(database, "experiments", "--markdown") == 0
    head, rule, row, _ = out.readouterr().out.splitlines()
    assert head.count("|") == rule.count("|") == row.replace("\\|", "").count("|")
    assert "far out \\| hardly filled" in row
    assert command(database, "experiments", "--csv") == 0
    first, _ = csv.DictReader(io.StringIO(out.readouterr().out))
    assert first["note"] == "far out | hardly filled"
    assert command(database, "experiments", "note", "nowhere", "x") != 0


def test_sessions_as_csv(database: Path, out: Out) -> None:
    """The list of sessions has the same form as the others."""
    assert command(database, "sessions", "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(out.readouterr().out)))
    assert [row["session"] for row in rows] == [row.id for row in list_sessions(database)]
