"""The page Course without its script: what the journal tells is on it, and what can't be asked for is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.page_site import asked, looked_at
from support.sessions import plan_for, run

from actors.page.exchange import PageAnswer
from tools.page.course_data import figure_words
from tools.page.ground import PageGround
from tools.reporting.labels import LABELS, show
from tools.reporting.sources import load


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("course_view") / "neo.sqlite3"
    return path, run(plan_for(path, duration_s=600)).session_id


async def test_the_page_has_the_charts_places_and_the_reports_figures(session: tuple[Path, str]) -> None:
    """Whoever has no script reads the figures, the mark-outs and the last points."""
    path, session_id = session
    page = await looked_at(PageGround([path]), f"/session/{session_id}/course")
    assert {
        "Price, our quotes and fills", "Result, against simply holding", "What moved equity: its four causes",
        "Inventory, target and limits", "Distance to the touch", "Mark-outs",
    } <= set(page.headings)  # fmt: skip
    report = load(path, session_id)
    rows = {row[0]: row[1:] for row in page.rows}
    for name, words in figure_words().items():
        assert rows[words] == [show(LABELS[name].kind, report.figures[name])]
    mean = report.results.mark_outs[0].mean_bps
    assert rows["1 ledger"][1] == f"{mean:+.2f}"
    last = report.course.rows[-1]
    [newest] = [row for row in page.rows if str(last.ledger_index) in row]
    assert f"{last.mid:#.6g}" in newest
    assert "ended: duration_elapsed" in page.text


async def test_the_increments_are_json_that_is_kept_by_nobody(session: tuple[Path, str]) -> None:
    """From a record on, and all of it without one."""
    path, session_id = session
    ground = PageGround([path])
    whole = await asked(ground, f"/session/{session_id}/course.json")
    assert whole.content_type == "application/json"
    part = msgspec.json.decode(whole.body)
    assert (part["since"], part["more"], part["goes_on"]) == (0, False, False)
    assert len(part["columns"]["mid"]) == len(load(path, session_id).course.rows)
    later = msgspec.json.decode((await asked(ground, f"/session/{session_id}/course.json?after={part['seq']}")).body)
    assert (later["since"], later["columns"]["mid"]) == (None, [])


@pytest.mark.parametrize("after", ["-1", "x", "", "1e3", "9" * 19, "\u0663"])
async def test_what_is_no_records_number_is_refused(session: tuple[Path, str], after: str) -> None:
    """With what it should be."""
    answer = await asked(PageGround([session[0]]), f"/session/{session[1]}/course.json?after={after}")
    assert answer.status == 400
    assert b"number of a record" in answer.body


async def test_a_stretch_is_told_ledger_by_ledger(session: tuple[Path, str]) -> None:
    """As the report has them: prices, quotes, distances, balances and fills, whatever is thinned of it elsewhere."""
    path, session_id = session
    report = load(path, session_id)
    rows = report.course.rows[40:90]
    first, last = rows[0].ledger_index, rows[-1].ledger_index
    answer = await asked(PageGround([path]), f"/session/{session_id}/stretch.json?first={first}&last={last}")
    told = msgspec.json.decode(answer.body)
    columns = told["columns"]
    assert columns["ledger"] == [row.ledger_index for row in rows]
    assert columns["time"] == [row.close_time_s + 946_684_800 for row in rows]
    names = {"mid": "mid", "own_ask": "own_ask", "bid_distance": "distance_bid_bps", "xrp": "xrp", "rlusd": "rlusd"}
    for name, field in names.items():
        assert columns[name] == [getattr(row, field) for row in rows], name
    fills = [fill for fill in report.course.fills if first <= fill.ledger_index <= last]
    assert fills
    assert sorted(zip(told["fills"]["at"], told["fills"]["bought"], strict=True)) == sorted(
        (float(fill.price), fill.side == "buy") for fill in fills
    )
    for query, bound in {"?first=x&last=2": b"first", "?first=1": b"last", "": b"first"}.items():
        wrong = await asked(PageGround([path]), f"/session/{session_id}/stretch.json{query}")
        assert (wrong.status, b"`" + bound + b"` is the number of a ledger" in wrong.body) == (400, True)


@pytest.mark.parametrize("page", ["course", "course.json", "stretch.json?first=1&last=2"])
async def test_a_session_that_is_not_there_is_told_so(session: tuple[Path, str], page: str) -> None:
    """As a page that leads back to all of them."""
    answer: PageAnswer = await asked(PageGround([session[0]]), f"/session/nope/{page}")
    assert answer.status == 404
    assert b"has a session of that name" in answer.body


async def test_a_database_that_is_none_is_told_as_such(tmp_path: Path) -> None:
    """Without a traceback, and with its name."""
    path = tmp_path / "neo.sqlite3"
    path.write_text("no database")
    answer = await asked(PageGround([path]), "/session/x/course.json")
    assert answer.status == 503
    assert b"can't be read" in answer.body or b"can&#x27;t be read" in answer.body
