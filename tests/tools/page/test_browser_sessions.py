"""Whole sessions behind the page, in a browser: what the hand does to one, and hours of looking at it.

Method: ``neo run --page`` in a process of its own on the simulation, and Debian's Chromium (``support/browser.py``).
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect
from support.browser import chromium, watched
from support.cli_process import PATIENCE_S
from support.page_run import TOKEN, RunWithPage, run_with_page

KILLED = 20

# How long the long run looks, in minutes; an hour is NEO_SOAK_MINUTES=60.
MINUTES = float(os.environ.get("NEO_SOAK_MINUTES", "1"))
_SAMPLE_S = 10.0
# What a level may rise between the run's second quarter and its last and still be flat.
_RISE_SHARE = 0.10
_RISE_BYTES = 8_000_000


def test_the_hand_does_to_a_whole_session_what_it_says(tmp_path: Path) -> None:
    """Paused, resumed, given capital and ended from the page; the next session on that port is gone on to."""
    with chromium() as browser, run_with_page(tmp_path, "--speed", "10") as first:
        threading.Thread(target=drain, args=(first,), daemon=True).start()
        with watched(browser, first.base) as seen:
            page = seen.open(first.path)
            expect(page.locator("#state")).to_contain_text("quoting")
            page.locator("#token").fill(TOKEN)
            answer = page.locator("#answer")
            page.get_by_role("button", name="Pause").click()
            expect(answer).to_contain_text("Paused, and none of our offers rests")
            expect(page.locator("#state")).to_contain_text("PAUSED")
            page.get_by_role("button", name="Resume").click()
            expect(answer).to_contain_text("Quoting again")
            form = page.get_by_role("form", name="Deposit or withdraw")
            form.get_by_label("Amount").fill("25")
            form.get_by_role("button", name="Deposit").click()
            expect(answer).to_contain_text("25")
            expect(page.locator('[data-cell="capital"]')).to_contain_text("+4")
            page.locator("details.kill summary").click()
            page.get_by_label("to confirm").fill("kill")
            page.get_by_role("button", name="Kill this session").click()
            expect(page.locator("#state")).to_contain_text("ended: kill_switch")
            assert first.process.wait(PATIENCE_S) == KILLED
            with run_with_page(tmp_path, "--speed", "10", address=first.address) as second:
                threading.Thread(target=drain, args=(second,), daemon=True).start()
                page.wait_for_url(f"**{second.path}")
                expect(page.locator("#state")).to_contain_text("quoting")
            seen.forgive("net::ERR")


def drain(run: RunWithPage) -> None:
    """Read what a process says, so that it never waits for a reader."""
    assert run.process.stdout is not None
    for _ in run.process.stdout:
        pass


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="a process's memory is read from /proc")
def test_hours_of_looking_cost_neither_side_memory(tmp_path: Path) -> None:
    """At real speed with every page of a session open: the server's memory and the browser's stay level.

    One minute unless ``NEO_SOAK_MINUTES`` says otherwise; what was measured is printed, with ``-s``.
    """
    duration = f"{int(MINUTES) + 20}m"
    with chromium() as browser, run_with_page(tmp_path, "--speed", "1", "--duration", duration) as run:
        threading.Thread(target=drain, args=(run,), daemon=True).start()
        with watched(browser, run.base) as seen:
            pages = [seen.open(run.path)]
            for path in ("/course", "/fills", "/events"):
                pages.append(seen.page.context.new_page())
                pages[-1].goto(f"{run.base}{run.path}{path}")
            pages[-1].get_by_role("button", name="Start").click()
            tools = [page.context.new_cdp_session(page) for page in pages]
            server, heap, nodes = watch(run, pages, tools)
            expect(pages[0].locator("#linkage")).to_have_text("")
            expect(pages[-1].locator("#tap-state")).to_have_text("Showing messages as they flow.")
    print(f"\n{MINUTES:g} min: server RSS {told(server)}; browser's heap {told(heap)}; nodes {told(nodes)}")  # noqa: T201 - the measurement
    for level in (server, heap):
        assert flat(level), level
    assert nodes[-1] < 2 * nodes[len(nodes) // 4] + 2000, nodes


def watch(
    run: RunWithPage, pages: Sequence[Page], tools: Sequence[CDPSession]
) -> tuple[list[float], list[float], list[float]]:
    """The server's memory, the browser's heap and its nodes, every few seconds."""
    server: list[float] = []
    heap: list[float] = []
    nodes: list[float] = []
    end_s = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end_s:
        pages[0].wait_for_timeout(_SAMPLE_S * 1000)
        server.append(resident_bytes(run.process.pid))
        used = [measured(tool) for tool in tools]
        heap.append(sum(one[0] for one in used))
        nodes.append(sum(one[1] for one in used))
        if len(server) % 6 == 0:
            shown = f"{server[-1]:,.0f} {heap[-1]:,.0f} {nodes[-1]:,.0f}"
            print(f"{len(server) * _SAMPLE_S / 60:g} min: {shown}", flush=True)  # noqa: T201 - as above
    return server, heap, nodes


def measured(tool: CDPSession) -> tuple[float, float]:
    """A page's heap in bytes after a collection, and its nodes."""
    tool.send("HeapProfiler.collectGarbage")
    tool.send("Performance.enable")
    told = {one["name"]: float(one["value"]) for one in tool.send("Performance.getMetrics")["metrics"]}
    return told["JSHeapUsedSize"], told["Nodes"]


def resident_bytes(pid: int) -> float:
    """A process's memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return float(kilobytes) * 1024


def flat(level: Sequence[float]) -> bool:
    """Whether the last quarter lies where the second did, but for a little."""
    quarter = len(level) // 4
    before, after = statistics.median(level[quarter : 2 * quarter]), statistics.median(level[-quarter:])
    return after <= before * (1 + _RISE_SHARE) + _RISE_BYTES


def told(level: Sequence[float]) -> str:
    return f"{level[0]:,.0f} at first, {statistics.median(level):,.0f} in the middle, {level[-1]:,.0f} at last"


def test_a_level_that_rises_is_not_flat() -> None:
    """A leak of a megabyte a minute is found in an hour; the warming up of the first minutes is none."""
    warm = [50e6 * min(1, 0.5 + minute / 10) for minute in range(60)]
    assert flat(warm)
    assert not flat([level + minute * 1e6 for minute, level in enumerate(warm)])
