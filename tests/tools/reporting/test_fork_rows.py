"""What a report tells of others' transactions in a fork: shares that an operator can judge by."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from support.replays import replay_for
from support.sessions import plan_for, run

from neo.messages import ForkMeasured
from tools.commands.table import run_command_line
from tools.reporting.fork_rows import fork_rows

Out = pytest.CaptureFixture[str]

TOLD = ForkMeasured(
    ledger_index=12,
    executed={"OfferCreate": 1_990, "OfferCancel": 7},
    recorded={"Payment": 2, "OfferCreate": 1},
    why_recorded={"came out otherwise": 1, "paths": 2},
    moved=41,
    not_applied=0,
    trades_executed=98,
    trades_recorded=2,
)


def test_trades_come_first_then_all_then_each_type_and_why() -> None:
    """98 of 100 trades; 1,997 of 2,000 transactions."""
    assert fork_rows(TOLD) == [
        ["trades in the pair", "98", "2", "98.0%"],
        ["all transactions", "1,997", "3", "99.9%"],
        ["of these, otherwise than recorded because of ours", "41", "", ""],
        ["OfferCancel", "7", "0", "100.0%"],
        ["OfferCreate", "1,990", "1", "99.9%"],
        ["Payment", "0", "2", "0.0%"],
        ["as recorded: came out otherwise", "", "1", ""],
        ["as recorded: paths", "", "2", ""],
    ]


def test_a_market_that_began_anew_says_how_often() -> None:
    """On paper, where no server told of some ledgers."""
    rows = fork_rows(msgspec.structs.replace(TOLD, begun_anew=3))
    assert ["the market began anew, after ledgers that nobody told of", "3", "", ""] in rows


def test_a_market_without_trades_has_no_share() -> None:
    """A dash, not a figure that nobody counted; and no row for what did not come about."""
    rows = fork_rows(ForkMeasured(
        ledger_index=1, executed={}, recorded={}, why_recorded={}, moved=0, not_applied=0, trades_executed=0,
        trades_recorded=0,
    ))  # fmt: skip
    assert rows == [["trades in the pair", "0", "0", "-"], ["all transactions", "0", "0", "-"]]


def test_a_replays_report_has_it_in_every_form(tmp_path: Path, capsys: Out) -> None:
    """Terminal, JSON and page."""
    database, page = tmp_path / "neo.db", tmp_path / "page.html"
    run(replay_for(database, duration_s=40))
    capsys.readouterr()
    assert run_command_line(["report", "--db", str(database), "--html", str(page)]) == 0
    assert run_command_line(["report", "--db", str(database), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["fork"]
    assert told["ledger_index"] == 45
    assert told["trades_executed"] > 0
    assert told["recorded"] == {}
    assert run_command_line(["report", "--db", str(database)]) == 0
    terminal = capsys.readouterr().out
    for text in (terminal, page.read_text()):
        assert "executed anew beside ours, or applied as recorded" in text
        assert "trades in the pair" in text


def test_a_simulations_report_has_none(tmp_path: Path, capsys: Out) -> None:
    """Absent, not zero."""
    database = tmp_path / "neo.db"
    run(plan_for(database, duration_s=40))
    capsys.readouterr()
    assert run_command_line(["report", "--db", str(database), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fork"] is None
    assert run_command_line(["report", "--db", str(database)]) == 0
    assert "as recorded" not in capsys.readouterr().out
