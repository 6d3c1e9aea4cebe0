"""Reports and comparisons within the page: parts of the HTML report, made elsewhere, under a policy of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # it has none
from support.page_site import asked
from support.sessions import plan_for, run

from actors.page.exchange import PageAnswer, PageRequest
from actors.page.policies import PAGE_POLICY
from tools.page import report_view
from tools.page.ground import PageGround
from tools.page.report_view import COMPARED_MAX
from tools.page.site import make_site
from tools.reporting.comparison import compared, config_differences
from tools.reporting.look import PARTS_STYLE, SCRIPT
from tools.reporting.page import page_parts
from tools.reporting.sources import load


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Two, each in a database of its own."""
    folder = tmp_path_factory.mktemp("report_view")
    found = []
    for seed in (7, 8):
        path = folder / f"bot{seed}.sqlite3"
        found.append((path, run(plan_for(path, seed=seed, duration_s=120)).session_id))
    return found


@pytest.fixture
def ground(sessions: list[tuple[Path, str]]) -> PageGround:
    return PageGround([path for path, _ in sessions])


def policy_of(answer: PageAnswer) -> dict[str, str]:
    return dict(rule.strip().partition(" ")[::2] for rule in answer.headers["Content-Security-Policy"].split(";"))


async def test_a_report_has_the_parts_of_the_html_report(ground: PageGround, sessions: list[tuple[Path, str]]) -> None:
    """All of them, letter for letter, within the page's own frame."""
    path, session_id = sessions[1]
    answer = await asked(ground, f"/session/{session_id}/report")
    text = answer.body.decode()
    assert page_parts(load(path, session_id)) in text
    assert 'aria-current="page">Report</a>' in text
    assert "ended: duration_elapsed" in text


async def test_its_policy_differs_in_what_plotly_writes_alone(
    ground: PageGround, sessions: list[tuple[Path, str]]
) -> None:
    """No script of the page is inline, none is from elsewhere; styles may be written, images may be drawn."""
    answer = await asked(ground, f"/session/{sessions[0][1]}/report")
    strict = dict(rule.strip().partition(" ")[::2] for rule in PAGE_POLICY.split(";"))
    more = {"style-src": "'self' 'unsafe-inline'", "img-src": "'self' data: blob:"}
    assert policy_of(answer) == strict | more
    assert policy_of(answer)["script-src"] == "'self'"


async def test_what_it_is_drawn_with_is_the_html_reports(ground: PageGround) -> None:
    """One script, one style of its parts, one plotly.js; a browser that has them is not sent them again."""
    found = {name: await asked(ground, f"/assets/report/{name}") for name in ("plotly.js", "report.js", "report.css")}
    assert found["plotly.js"].body.decode() == get_plotlyjs()
    assert found["report.js"].body.decode() == SCRIPT
    assert PARTS_STYLE in found["report.css"].body.decode()
    for name, answer in found.items():
        request = PageRequest(method="GET", path=f"/assets/report/{name}", if_none_match=answer.headers["ETag"])
        again = await make_site(ground)(request)
        assert isinstance(again, PageAnswer)
        assert (again.status, again.body) == (304, b"")
    assert (await asked(ground, "/assets/report/else.js")).status == 404


async def test_a_comparison_has_the_rows_of_neo_compare(ground: PageGround, sessions: list[tuple[Path, str]]) -> None:
    """Of sessions in different databases: config, results against the first, and what is alike."""
    query = "&".join(f"session={session_id}" for _, session_id in sessions)
    text = (await asked(ground, f"/compare?{query}")).body.decode()
    reports = [load(path, session_id) for path, session_id in sessions]
    for key, values in config_differences(reports).items():
        assert f"<td>{key}</td>{''.join(f'<td>{value}</td>' for value in values)}" in text
    groups = compared(reports)
    assert [group.name for group in groups][-1] == "The same in all of them"
    for group in groups:
        for words, first, [(shown, change)] in group.rows:
            told = words.replace("'", "&#x27;")
            assert f"<td>{told}</td><td>{first}</td><td>{shown}  ({change})</td>" in text


@pytest.mark.parametrize(
    "query", ["", "?session=a", "?session=a&session=a", "?" + "&".join(f"session={n}" for n in range(COMPARED_MAX + 1))]
)
async def test_too_few_or_too_many_are_not_compared(ground: PageGround, query: str) -> None:
    """It is said how many may be, and where they are chosen."""
    answer = await asked(ground, f"/compare{query}")
    assert answer.status == 400
    assert b"2 to 8 sessions" in answer.body


async def test_a_session_that_is_not_there_has_no_report(ground: PageGround) -> None:
    """Alone or among others."""
    assert (await asked(ground, "/session/nope/report")).status == 404
    assert (await asked(ground, "/compare?session=nope&session=nada")).status == 404


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("sys.stderr.write('database x: damaged'); sys.exit(1)", 503, b"database x: damaged"),
        ("sys.exit(3)", 500, b"its process ended with 3"),
    ],
)
async def test_a_report_that_cannot_be_made_is_told_with_the_reason(
    ground: PageGround,
    sessions: list[tuple[Path, str]],
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    status: int,
    told: bytes,
) -> None:
    """What its process says, or that it said nothing."""
    monkeypatch.setattr(report_view, "command", lambda _: [sys.executable, "-c", f"import sys; {script}"])
    answer = await asked(ground, f"/session/{sessions[0][1]}/report")
    assert (answer.status, told in answer.body) == (status, True)


async def test_a_report_that_takes_too_long_is_given_up(
    ground: PageGround, sessions: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process ends with it, and the next report may be made."""
    monkeypatch.setattr(report_view, "_PATIENCE_S", 0.2)
    monkeypatch.setattr(report_view, "command", lambda _: [sys.executable, "-c", "import time; time.sleep(60)"])
    answer = await asked(ground, f"/session/{sessions[0][1]}/report")
    assert (answer.status, b"took longer than 0.2 s" in answer.body) == (503, True)
    assert not ground.reports.locked()
