"""Whole sessions with alerts and a heartbeat, by real servers: what arrives, and that a dead channel changes nothing.

Method: the services are made from a profile as `neo run` makes them; the session runs at full speed in this thread.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from support import odd_http
from support.odd_http import OddHttp, reply, served
from support.sessions import Watcher, config_with, plan_for, run

from actors.lookout.lookout import FAREWELL_S, Lookout
from actors.operator.killfile import kill_file
from actors.session.session import StartupError, start_session
from neo.analysis.summary import SessionSummary
from neo.config import Config
from tools.settings.lookout_services import services_of

ALL = ("usual", "fill")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has: loopback needs none."""
    monkeypatch.setenv("NO_PROXY", "*")


def telling(**sections: dict[str, Any]) -> Config:
    """A profile with a webhook of everything, and what else is given."""
    webhook: dict[str, Any] = {"url_variable": "HOOK", "severity_min": "info", "events": ALL}
    common: dict[str, Any] = {"messages_minute_max": 60, "end_deadline_seconds": 5}
    return config_with(**{"alerts": common, "alert_webhook": webhook, **sections})


def told_run(database: Path, config: Config, *, duration_s: int = 40, **environment: str) -> SessionSummary:
    """A whole session with what its profile asks for."""
    lookout = Lookout(services_of(config, "paper", environment))
    with lookout.open():
        return start_session(plan_for(database, duration_s=duration_s, config=config), Watcher(), lookout=lookout)


def events(server: OddHttp) -> list[str]:
    return [asked.json["event"] for asked in server.asked]


def test_a_session_is_told_from_its_first_ledger_to_its_end(tmp_path: Path) -> None:
    """Began, the cause of its end, its end; each with the session's name."""
    course = {"url_variable": "HOOK", "severity_min": "info", "events": ("started", "halt", "ended")}
    with served(reply()) as server:
        config = telling(alert_webhook=course)
        summary = told_run(tmp_path / "neo.sqlite3", config, duration_s=120, HOOK=f"{server.url}/hook")
    assert sorted(events(server)) == ["ended", "halt", "started"]
    assert {asked.json["session_id"] for asked in server.asked} == {summary.session_id}
    ended = next(asked.json for asked in server.asked if asked.json["event"] == "ended")
    assert ended["title"] == "session ended: duration_elapsed (exit code 0)"
    assert f"{summary.fills} fills" in ended["detail"]


@pytest.mark.parametrize(
    "answer",
    [odd_http.HANGS, odd_http.GARBAGE, odd_http.DROPS, reply(404, b"no_service"), reply(429, b"", retry_after="9999")],
    ids=["hangs", "garbage", "drops", "refuses", "wants to be left alone"],
)
def test_a_dead_channel_changes_nothing_of_a_session(tmp_path: Path, answer: bytes) -> None:
    """Its journal is the same, byte for byte, and its end waits for the last alert so long and no longer."""
    alone = run(plan_for(tmp_path / "alone.sqlite3", duration_s=40))
    with served(answer) as server:
        config = telling(alerts={"messages_minute_max": 60, "end_deadline_seconds": 1})
        begun_s = time.monotonic()
        told = told_run(tmp_path / "told.sqlite3", config, HOOK=server.url)
        took_s = time.monotonic() - begun_s
    assert told.journal_sha256 == alone.journal_sha256
    assert told.notices == alone.notices
    assert server.asked or answer == odd_http.DROPS
    assert took_s < told.wall_s + FAREWELL_S


def test_while_one_channel_is_dead_another_one_tells_of_it(tmp_path: Path) -> None:
    """And the log, once."""
    alive = {"url_variable": "ALIVE", "severity_min": "warning", "events": ("usual",)}
    with served(reply(410, b"")) as dead, served(reply()) as server:
        config = telling(alert_slack=alive)
        told_run(tmp_path / "neo.sqlite3", config, HOOK=dead.url, ALIVE=f"{server.url}/services")
    texts = [asked.json["text"] for asked in server.asked]
    assert [text for text in texts if "alerts by webhook are not delivered" in text and "HTTP 410 Gone" in text]


def test_a_session_that_can_not_begin_is_told(tmp_path: Path) -> None:
    """A kill file lies there: whoever waits for the session has to hear that it does not run."""
    kill_file(tmp_path / "neo.sqlite3").touch()
    with served(reply()) as server, pytest.raises(StartupError):
        told_run(tmp_path / "neo.sqlite3", telling(), HOOK=server.url)
    [alert] = [asked.json for asked in server.asked]
    assert (alert["event"], alert["severity"], alert["session_id"]) == ("startup_failed", "critical", "")
    assert "kill file" in alert["detail"]


def test_a_session_gives_signs_of_life_by_address_and_file(tmp_path: Path) -> None:
    """From its first ledger on; paced, so that it lives long enough to give one."""
    file = tmp_path / "alive"
    config = config_with(heartbeat={"url_variable": "PING", "file": str(file), "interval_seconds": 1})
    with served(reply()) as server:
        lookout = Lookout(services_of(config, "paper", {"PING": f"{server.url}/ping"}))
        with lookout.open():
            plan = plan_for(tmp_path / "neo.sqlite3", duration_s=60, speed=20, config=config)
            summary = start_session(plan, Watcher(), lookout=lookout)
    assert {(asked.method, asked.path) for asked in server.asked} == {("GET", "/ping")}
    assert f'"session_id":"{summary.session_id}"' in file.read_text()
