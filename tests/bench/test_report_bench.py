"""How long the report of a 24 h session takes to compute, and its page to open.

Method: a day's session at full speed (once), its report computed from the database alone; the page opened in a
headless Chromium if there is one, timed by the page's own clock until all of its charts have been drawn.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from support.sessions import plan_for, run

from tools.reporting.page import page
from tools.reporting.sources import load
from tools.reporting.terminal import report_parts

pytestmark = pytest.mark.bench

DAY_S = 86_400
COMPUTE_S_MAX = 5.0
OPEN_MS_MAX = 2000.0

# At the end of the page: draw every chart, also those that an opening leaves for later, and write into the title how
# long all of it took since the page was asked for.
STOPWATCH = """<script>
dispatchEvent(new Event('beforeprint'));
var drawn = document.querySelectorAll('.plot .main-svg').length + 0 * document.body.offsetHeight;
document.title = 'opened ' + Math.round(performance.now()) + ' drawn ' + drawn;
</script></body>"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("day") / "neo.sqlite3"
    summary = run(plan_for(path, duration_s=DAY_S))
    print(f"\nsession of 24 h: {summary.ledgers:,} ledgers, {summary.fills:,} fills, {summary.wall_s:.1f} s")
    return path


def test_a_days_report_is_computed_in_time(database: Path) -> None:
    """From the database to the terminal's tables and to the page's text."""
    start_s = time.perf_counter()
    report = load(database, None)
    loaded_s = time.perf_counter() - start_s
    parts = list(report_parts(report))
    text = page(report)
    took_s = time.perf_counter() - start_s
    print(f"report of 24 h: {took_s:.2f} s (figures {loaded_s:.2f} s), page {len(text) / 1e6:.1f} MB")
    assert parts
    assert took_s < COMPUTE_S_MAX


def test_a_days_page_opens_in_time(database: Path, tmp_path: Path) -> None:
    """The best of three openings, since the machine does other things too; each in a browser of its own."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    target = tmp_path / "page.html"
    target.write_text(page(load(database, None)).replace("</body>", STOPWATCH), encoding="utf-8")
    opened_ms = min(_opened_ms(browser, target, tmp_path / f"profile{number}") for number in range(3))
    print(f"page of 24 h: opens in {opened_ms:.0f} ms")
    assert opened_ms < OPEN_MS_MAX


def _opened_ms(browser: str, target: Path, profile: Path) -> float:
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync --window-size=1600,1200 --timeout=15000 --dump-dom"
    )
    command = [browser, *flags.split(), f"--user-data-dir={profile}", target.as_uri()]
    dumped = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    told = re.search(r"<title>opened (\d+) drawn (\d+)</title>", dumped)
    assert told is not None, "the page did not open"
    assert int(told[2]) > 0
    return float(told[1])
