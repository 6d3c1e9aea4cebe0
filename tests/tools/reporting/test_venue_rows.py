"""What reports and status tell of a real venue: how fast quotes were replaced, and what servers were asked.

Method: the whole command line on a database with a session of a live venue, on the tests' own ledger server, whose
journal has figures written by hand added to it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import plan_for, run

from neo.analysis.course import Course
from neo.messages import EndpointRequests, QuoteTiming, VenueMeasured
from tools.commands.table import run_command_line
from tools.reporting.venue_rows import request_rows, speed_rows

Out = pytest.CaptureFixture[str]

MEASURED = VenueMeasured(
    ledger_index=12,
    over_ms=120_000,
    requests=(EndpointRequests("wss://one:443", 1_009, 61), EndpointRequests("wss://two:443", 3, 0)),
    requests_minute=1,
    requests_minute_most=21,
    steady_minute_most=4,
    submits_minute=30,
    submits_minute_most=32,
    quotes=(
        QuoteTiming(
            ledger_index=11,
            offers=2,
            mirror_us=800,
            decision_us=1_500,
            journal_us=1_300,
            socket_us=200,
            complete_us=31_000,
        ),
        QuoteTiming(ledger_index=12, offers=1, mirror_us=400, decision_us=700, journal_us=9_000, socket_us=100),
    ),
    quotes_unsent=0,
)


def course_with(*records: VenueMeasured) -> Course:
    course = Course()
    for record in records:
        course.apply(record)
    return course


def test_the_whole_and_its_stages_are_told_in_milliseconds() -> None:
    """Of two ledgers the faster one is the median, the slower the rest."""
    assert speed_rows(course_with(MEASURED)) == [
        ["all of it", "2", "3.80", "10.20", "10.20"],
        ["the mirror has the ledger", "2", "0.40", "0.80", "0.80"],
        ["decided, tried and signed", "2", "0.70", "1.50", "1.50"],
        ["in the journal, on the disk", "2", "1.30", "9.00", "9.00"],
        ["written to the socket", "2", "0.10", "0.20", "0.20"],
        ["before it, from close to last frame", "", "31.00", "31.00", "31.00"],
        ["of these, both sides replaced", "1", "", "", ""],
    ]


def test_requests_are_told_for_all_servers_and_for_each() -> None:
    """1,012 in two minutes are 506 a minute."""
    assert request_rows(course_with(MEASURED)) == [
        ["all", "1,012", "506.0", "21", "4", "61", "30.5", "32"],
        ["wss://one:443", "1,009", "", "", "", "61", "", ""],
        ["wss://two:443", "3", "", "", "", "0", "", ""],
    ]


def test_a_live_sessions_report_has_both_in_every_form(tmp_path: Path, capsys: Out) -> None:
    """Terminal, JSON and page, by the server's name, without its path."""
    database = tmp_path / "neo.db"
    live = LiveWorld(LedgerServer(Chain(xrp_drops=150_000_000, rlusd=Decimal(300))))
    live.run(live.plan(database, duration_s=80))
    capsys.readouterr()
    page = tmp_path / "page.html"
    assert run_command_line(["report", "--db", str(database), "--html", str(page)]) == 0
    assert run_command_line(["report", "--db", str(database), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["quote_speed"]["ledgers"] >= 1
    assert told["quote_speed"]["total"] == {"p50_ms": 0.0, "p99_ms": 0.0, "max_ms": 0.0}
    assert [each["endpoint"] for each in told["requests"]["endpoints"]] == ["ws://ledger0.test:6006"]
    handed = sum(live.chain.handed.values())
    assert 0 <= handed - told["requests"]["submits"] <= 2, "all but what cancelled both sides at the end"
    assert run_command_line(["report", "--db", str(database)]) == 0
    terminal = capsys.readouterr().out
    for text in (terminal, page.read_text()):
        assert "From a ledger&#x27;s last frame" in text or "From a ledger's last frame" in text
        assert "ws://ledger0.test:6006" in text
        assert re.search(r"in the journal, on the disk", text)


def test_a_simulations_report_has_neither(tmp_path: Path, capsys: Out) -> None:
    """Absent, not zero: nothing was measured."""
    database = tmp_path / "neo.db"
    run(plan_for(database, duration_s=40))
    capsys.readouterr()
    assert run_command_line(["report", "--db", str(database), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["quote_speed"], told["requests"]) == (None, None)
    assert run_command_line(["report", "--db", str(database)]) == 0
    assert "last frame" not in capsys.readouterr().out
