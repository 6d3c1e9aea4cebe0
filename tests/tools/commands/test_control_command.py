"""``neo kill``, ``pause``, ``resume``, ``status``, ``tap``, ``drill`` as an operator meets them: real processes."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.panel import Panel
from rich.text import Text
from support.cli_feed import outset, view
from support.cli_process import PATIENCE_S, begin_neo, neo
from support.sessions import plan_for, run

from actors.operator.endpoint import endpoint_file
from actors.operator.killfile import kill_file
from actors.operator.protocol import ChannelsReply, TapOpened
from actors.plumbing.tap import Lost, Tapped
from actors.store.follow import records_since
from actors.store.lock import ProcessLock
from neo.messages import ChannelDepth, QuotingPaused, QuotingResumed
from tools.commands import tap as tap_command
from tools.commands.drill import drill
from tools.commands.table import run_command_line
from tools.commands.tap import stats_lines, told
from tools.console.link import EXIT_NO_SESSION
from tools.proofs.drills import DRILLS
from tools.screen.known import KnownSession
from tools.screen.layout import draw_panel

# One of nobody's, typed where it doesn't belong.
SEED = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"


def begun(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A paced session in a process of its own, listening."""
    process = begin_neo(folder, "run", "--db", "neo.sqlite3", "--json", *options)
    # Its first line comes with its first ledger: by then it listens. At its end the pipe would close.
    assert process.stderr is not None
    line = process.stderr.readline()
    assert endpoint_file(folder / "neo.sqlite3").exists(), (line, process.communicate())
    return process


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The summary of a session that ends by itself now."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    summary: dict[str, Any] = json.loads(out.splitlines()[-1])
    return summary


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = begun(tmp_path, "--speed", "40", "--duration", "2h")
    yield process
    process.kill()
    process.communicate()


def in_process(*arguments: str, database: Path) -> int:
    """A command's exit code, run here: a process for each would take longer than what it does."""
    return run_command_line([*arguments, "--db", str(database)])


def status(database: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert in_process("status", "--json", database=database) == 0
    told_status: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told_status


def wait_status(database: Path, capsys: pytest.CaptureFixture[str], key: str, value: object) -> dict[str, Any]:
    """The first status in which a field is so."""
    last_s = time.monotonic() + PATIENCE_S
    while (seen := status(database, capsys))[key] != value:
        assert time.monotonic() < last_s, seen
    return seen


def leave_taps(home: Path) -> None:
    """A reader that goes leaves a tap with 0; whoever ends it with a signal gets the shell's code."""
    leaving, terminated = (begin_neo(home, "tap", "--db", "neo.sqlite3", "--json") for _ in range(2))
    for tap in (leaving, terminated):
        assert tap.stdout is not None
        assert tap.stdout.readline()
    terminated.terminate()
    _, err = terminated.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err
    assert sys.platform == "win32" or terminated.returncode == 143
    assert leaving.stdout is not None
    assert leaving.stderr is not None
    leaving.stdout.close()
    assert (leaving.wait(timeout=PATIENCE_S), leaving.stderr.read()) == (0, "")
    leaving.stderr.close()


def test_an_operators_hour(running: subprocess.Popen[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Look, pause, look, resume, watch through a tap from the start on, and end it: all of it told as it is done."""
    database = tmp_path / "neo.sqlite3"
    wait_status(database, capsys, "offers", 2)
    assert in_process("pause", "--reason", f"lunch, seed={SEED}", database=database) == 0
    assert "pausing" in capsys.readouterr().out
    seen = wait_status(database, capsys, "paused", True)  # noqa: FBT003 - the field's value
    assert seen["pause_cause"] == "neo pause: lunch, seed=[hidden]"
    wait_status(database, capsys, "offers", 0)
    assert in_process("status", database=database) == 0
    assert "PAUSED (neo pause: lunch, seed=[hidden])" in capsys.readouterr().out
    capsys.readouterr()
    assert in_process("pause", "--json", database=database) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["session"] == seen["session_id"]
    assert "paused already" in done["detail"]
    assert in_process("resume", database=database) == 0
    assert "resuming" in capsys.readouterr().out
    wait_status(database, capsys, "paused", False)  # noqa: FBT003 - the field's value
    assert in_process("resume", database=database) == 0
    assert "nothing to resume" in capsys.readouterr().out

    leave_taps(tmp_path)

    tap = begin_neo(tmp_path, "tap", "--db", "neo.sqlite3", "--since", "start", "--json")
    wait_status(database, capsys, "taps", 1)
    ledger = status(database, capsys)["ledger_index"]
    last_s = time.monotonic() + PATIENCE_S
    while status(database, capsys)["ledger_index"] < ledger + 5:
        assert time.monotonic() < last_s
    assert in_process("kill", "--reason", "home time", database=database) == 0
    assert "ending: kill_switch" in capsys.readouterr().out

    summary = ended(running)
    assert running.returncode == 20
    assert (summary["halt_reason"], summary["halt_detail"]) == ("kill_switch", "neo kill: home time")
    assert summary["orders_left"] == []
    out, err = tap.communicate(timeout=PATIENCE_S)
    assert err == ""
    lines = [json.loads(line) for line in out.splitlines()]
    assert not [line for line in lines if line["type"] == "Lost"]
    numbers = [line["seq"] for line in lines if line["seq"] is not None]
    records = list(records_since(database, summary["session_id"], None))
    # From the journal and then live: no gap, nothing twice, up to the session's last record.
    assert numbers == [number for number, _ in records]
    assert {line["source"] for line in lines} >= {"journal", "gateway", "strategy", "risk", "venue"}
    assert not endpoint_file(database).exists()
    assert not any(SEED.encode() in kept.read_bytes() for kept in tmp_path.iterdir() if kept.is_file())
    for name in ("kill", "status"):
        assert in_process(name, database=database) == EXIT_NO_SESSION
    assert "No session runs on" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_second_interrupt_of_a_real_process_ends_it_at_once_and_explained(tmp_path: Path) -> None:
    """At real speed the polite wait for the next ledger would take seconds; the reason is written all the same."""
    process = begun(tmp_path, "--speed", "4", "--duration", "80s")
    assert process.stderr is not None
    assert any(" 10%" in line for line in process.stderr), "it ended before it was told to"
    process.send_signal(signal.SIGINT)
    assert any("ending: interrupted_sigint" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    summary = ended(process)
    assert process.returncode == 130
    assert summary["halt_reason"] == "interrupted_sigint"
    assert [halt["reason"] for halt in summary["secondary_halts"]] == ["interrupted_sigint"]
    assert summary["rungs_failed"][0].endswith("at a second interrupt")
    [row] = [
        json.loads(line) for line in neo(tmp_path, "sessions", "--db", "neo.sqlite3", "--json").stdout.splitlines()
    ]
    assert row["halt_reason"] == "interrupted_sigint"


def test_a_session_that_was_killed_by_the_system_is_told_as_gone(tmp_path: Path) -> None:
    """Its file is left behind; the command says whose it was."""
    process = begun(tmp_path, "--speed", "1")
    process.kill()
    process.communicate()
    done = neo(tmp_path, "status", "--db", "neo.sqlite3")
    assert done.returncode == EXIT_NO_SESSION
    assert f"Process {process.pid}, which ran " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kill_file_from_before_is_refused_in_words(tmp_path: Path) -> None:
    """With the mend, and the exit code of a start that failed."""
    kill_file(tmp_path / "neo.sqlite3").touch()
    done = neo(tmp_path, "run", "--db", "neo.sqlite3", "--duration", "20s")
    assert done.returncode == 30
    assert "a kill file lies there from before. Remove it to trade again." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told_words"),
    [
        (["tap", "--type", "Fil"], "no message is called Fil; there are "),
        (["tap", "--where", "side"], "'side' is not a condition; write FIELD=VALUE"),
        (["tap", "--where", "sied=buy"], "sied is no field of any message; `neo tap --json` shows the fields"),
        (["tap", "--where", "tick=5", "--type", "Fill"], "tick is no field of Fill"),
        (
            ["tap", "--actor", "rsik"],
            "no actor is called rsik; there are gateway, persistence, risk, session, strategy",
        ),
        (["tap", "--since", "5"], "'5' has no unit"),
        (["drill", "no_such"], "no drill is called 'no_such'"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_usage_error(
    arguments: list[str], told_words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told before anything is asked of a session, with what could have been meant."""
    assert run_command_line(arguments) == 2
    assert told_words in capsys.readouterr().err


def test_drills_are_listed_and_run_by_name() -> None:
    """The list has a line for each; a run shows what happened and that it was as promised."""
    runner = CliRunner()
    listed = runner.invoke(drill, [], standalone_mode=False).output.splitlines()
    assert [line.split()[0] for line in listed] == [each.name for each in DRILLS]
    done = runner.invoke(drill, ["poison_message"], standalone_mode=False)
    assert done.return_value == 0
    assert "a QuotesWanted is set aside: it broke risk twice" in done.output
    assert "Exit code   31" in done.output
    assert done.output.endswith("As promised.\n")


def test_drills_are_listed_and_run_for_programs() -> None:
    """An object for each; of one that was run, one object with what it came to and the session's own summary."""
    runner = CliRunner()
    listed = runner.invoke(drill, ["--json"], standalone_mode=False).output.splitlines()
    assert [json.loads(line)["name"] for line in listed] == [each.name for each in DRILLS]
    done = runner.invoke(drill, ["poison_message", "--json"], standalone_mode=False)
    [told_drill] = [json.loads(line) for line in done.output.splitlines()]
    assert (done.return_value, told_drill["as_promised"], told_drill["faults"]) == (0, True, [])
    assert told_drill["summary"]["halt_reason"] == "actor_failure"


# --- Lines for people --------------------------------------------------------------------------------------------


def test_a_message_is_one_line_with_its_number_and_its_way() -> None:
    """A long value is cut and says so."""
    fill = {"type": "Fill", "side": "buy", "tx_hash": "AB" * 40, "xrp_drops": 5, "mid_price": None}
    line = told(Tapped(12, "gateway", "persistence", fill)).plain
    assert "#12 gateway>persistence" in line
    assert "Fill side=buy" in line
    assert "xrp_drops=5 mid_price=null" in line
    assert "AB" * 40 not in line
    assert "..." in line


def test_lost_messages_are_told_in_their_place() -> None:
    """A reader who was too slow learns how much is missing, and where."""
    assert "1,204 messages lost" in told(Lost(1204)).plain


def test_channels_are_a_table_with_rates_since_the_last_one() -> None:
    """100 messages in 2 s are 50 a second; the first table has no rate."""

    def at(at_s: float, delivered: int) -> ChannelsReply:
        return ChannelsReply(at_s, (ChannelDepth("gateway", 1, 3, 16, 2, delivered),))

    head, line, blank = stats_lines(at(12.0, 150), at(10.0, 50))
    assert head.split() == ["channel", "waiting", "peak", "bound", "delivered", "a", "second", "dropped"]
    assert line.split() == ["gateway", "1", "3", "16", "150", "50.0", "2"]
    assert blank == ""
    assert stats_lines(at(12.0, 150), None)[1].split()[5] == "-"


# --- What else an operator reads ---------------------------------------------------------------------------------


def test_a_pause_is_seen_on_the_panel_and_told_in_a_line() -> None:
    """Until it is over: then the panel is as before."""
    course = KnownSession(outset())
    course.observe(view(1), 0.0)
    paused = QuotingPaused(ledger_index=1, close_time_s=1, cause="neo pause: lunch")
    assert course.observe(paused, 0.0) == "paused: neo pause: lunch"
    assert "PAUSED" in panel_text(course)
    resumed = QuotingResumed(ledger_index=2, close_time_s=2, cause="neo resume")
    assert course.observe(resumed, 0.0) == "resumed: neo resume"
    assert "PAUSED" not in panel_text(course)


def panel_text(course: KnownSession) -> str:
    panel = draw_panel(course, None, (100, 30), now_s=0.0, ascii_only=True)
    assert isinstance(panel, Panel)
    assert isinstance(panel.renderable, Text)
    return panel.renderable.plain


@pytest.mark.parametrize("hangs", [True, False], ids=["a disk that hangs", "a session that was killed"])
def test_what_the_database_does_not_have_in_time_is_told_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    """The tap goes on with what flows, and says how many records lie between; who is gone is not waited for."""
    monkeypatch.setattr(tap_command, "_CATCH_UP_S", 0.0 if hangs else math.inf)
    database = tmp_path / "neo.sqlite3"
    summary = run(plan_for(database, duration_s=40))
    records = list(records_since(database, summary.session_id, None))
    holder = ProcessLock(database)
    if hangs:
        holder.acquire()
    told = list(tap_command.replayed(database, TapOpened(summary.session_id, len(records) + 3), 0))
    holder.release()
    assert told[-1] == Lost(3)
    assert [item.seq for item in told if isinstance(item, Tapped)] == [number for number, _ in records]
