"""``neo sweep`` as an operator meets it: real processes, results that stay, an interruption that loses nothing.

Sessions are some seconds of market: what they come to doesn't matter here, only that each is there once, the same
as ``neo run`` would have given, and none is half done.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from support.cli_process import NEO, PATIENCE_S, environment, neo

from actors.session.watches import SIGNALS, heeded
from neo.market.recording import Recording
from neo.messages.halts import HALT_FACTS
from tools.commands.sweep import EXIT_SOME_FAILED
from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_market, read_tables
from tools.sweep.crew import Crew, StopAsked
from tools.sweep.points import Chosen, checked_points
from tools.sweep.runs import Run, runs_of
from tools.sweep.worker import Task, outcome_of

OFFSETS = ("--set", "strategy.bid_offset_bps+strategy.ask_offset_bps=2,8")


def results(folder: Path) -> list[dict[str, object]]:
    """The lines of a results file."""
    return [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]


def here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """What a command line says in this process, where all that it needs is imported already."""
    capsys.readouterr()
    assert run_command_line(list(arguments)) == 0
    said = capsys.readouterr()
    return said.out, said.err


def recording() -> Recording:
    """The shipped prices."""
    return read_market(PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv")


def some_runs(count: int, duration_s: int = 20) -> list[Run]:
    """Sessions of the shipped profile."""
    points = checked_points(read_tables(find_profile("paper")), [Chosen({}, "--set")])
    return runs_of(points, tuple(range(1, count + 1)), (recording(),), duration_s)


def not_under_nohup() -> None:
    """In the child: whatever the tests were started under, a hang-up is heard."""
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def gone(group: int) -> bool:
    """Whether a process group has come to its end, within the patience."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        os.sched_yield()  # the library's own helper process leaves a moment after its parent
    return False


def test_a_sweep_is_a_table_of_ordinary_sessions_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One folder: two seeds, then the same again, then one seed more. Nothing is run twice."""
    arguments = ["sweep", *OFFSETS, "--duration", "20s", "--jobs", "2", "--out", str(tmp_path / "mine")]
    done = neo(tmp_path, *arguments, "--seeds", "1-2")
    assert done.returncode == 0, done.stderr
    assert "2 points, 2 seeds (1 to 2): 4 sessions of 0:00:20" in done.stdout
    assert "100%  4 of 4 sessions" in done.stderr
    assert (tmp_path / "mine" / "sweep.html").stat().st_size > 1_000_000
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        ".neo-sweep", "results.jsonl", "results.jsonl.lock", "sweep.html",
    ]  # fmt: skip

    again = json.loads(here(capsys, *arguments, "--seeds", "1-2", "--json")[0])
    assert (again["sessions"], again["done"]) == (4, 4)
    assert [point["sessions"] for point in again["points"]] == [2, 2]
    assert len(results(tmp_path / "mine")) == 4

    out, err = here(capsys, *arguments, "--seeds", "1-3", "--csv")
    assert "4 are there already" in err
    assert out.startswith("strategy.bid_offset_bps,strategy.ask_offset_bps,figure,n,mean,sd,")
    assert len({line["run"] for line in results(tmp_path / "mine")}) == len(results(tmp_path / "mine")) == 6


def test_each_session_is_the_one_that_run_would_have_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same journal, byte for byte, and the same figures."""
    done = neo(tmp_path, "sweep", "--duration", "20s", "--seeds", "7", "--out", "mine", "--keep")
    assert done.returncode == 0, done.stderr
    [line] = results(tmp_path / "mine")
    run = ("run", "--duration", "20s", "--seed", "7", "--json", "--quiet", "--db", str(tmp_path / "alone.sqlite3"))
    alone = json.loads(here(capsys, *run)[0])
    assert line["journal_sha256"] == alone["journal_sha256"]
    [database] = (tmp_path / "mine" / "sessions").rglob("session.sqlite3")
    assert database.with_name("session.sqlite3.log").stat().st_size > 0
    kept = json.loads(here(capsys, "report", "--db", str(database), "--json")[0])
    assert kept["figures"] == line["figures"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGHUP", 129)])
def test_an_interrupted_sweep_keeps_what_is_done_and_leaves_nothing_running(
    tmp_path: Path, name: str, code: int
) -> None:
    """The signal goes to the whole group, as a terminal's Ctrl+C does, and its HUP when it is closed."""
    arguments = [NEO, "sweep", "--duration", "20s", "--seeds", "1-5000", "--jobs", "2", "--out", "mine"]
    with subprocess.Popen(
        arguments, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True, preexec_fn=not_under_nohup,  # noqa: PLW1509 - nothing else runs in the child
    ) as process:  # fmt: skip
        file = tmp_path / "mine" / "results.jsonl"
        deadline_s = time.monotonic() + PATIENCE_S
        while not file.exists() or file.stat().st_size == 0:
            assert time.monotonic() < deadline_s
            # Its results have no event to wait for; its end has one.
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended by itself with {process.wait(timeout=0.05)}")
        os.killpg(process.pid, getattr(signal, name))
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert "Traceback" not in err, err
    assert "what is done is kept, and the same command goes on from there" in err
    assert "5,000 sessions of 0:00:20" in out
    assert gone(process.pid)
    lines = results(tmp_path / "mine")
    assert 0 < len(lines) < 5000
    assert {line["halt_reason"] for line in lines} == {"duration_elapsed"}
    assert not (tmp_path / "mine" / "running").exists()
    assert f"incomplete: {len(lines)} of 5,000 sessions" in (tmp_path / "mine" / "sweep.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_sweep_that_is_killed_outright_leaves_nothing_running(tmp_path: Path) -> None:
    """Its process is at a session that would take hours, and ends with it."""
    arguments = [NEO, "sweep", "--duration", "1000m", "--seeds", "1-4", "--jobs", "1", "--out", "mine"]
    with subprocess.Popen(
        arguments, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:  # fmt: skip
        deadline_s = time.monotonic() + PATIENCE_S
        while not list((tmp_path / "mine").glob("running/*/session.sqlite3.world")):
            assert time.monotonic() < deadline_s
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended by itself with {process.wait(timeout=0.05)}")
        process.kill()
        process.wait()
        assert gone(process.pid)


def test_every_signal_that_ends_a_session_stops_a_sweep_with_its_code() -> None:
    """And the handlers from before are back afterwards."""
    before = {number: signal.getsignal(number) for number in heeded(SIGNALS)}
    for number in before:
        with StopAsked() as stop:
            signal.raise_signal(number)
        assert stop.exit_code == HALT_FACTS[SIGNALS[number]].exit_code
    assert {number: signal.getsignal(number) for number in before} == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_process_that_dies_costs_one_session_and_is_replaced(tmp_path: Path) -> None:
    """The sessions before and after it have their results."""
    with StopAsked() as stop, Crew(1, (recording(),), tmp_path / "running", kept=False) as crew:
        outcomes = crew.run(some_runs(3), stop)
        first = next(outcomes)
        [process] = crew._members.values()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        rest = list(outcomes)
    assert first.result is not None
    assert [outcome.fault for outcome in rest] == ["its process ended with exit code -9", None]
    assert rest[1].result is not None


def test_a_session_is_the_same_whether_its_database_is_kept(tmp_path: Path) -> None:
    """One line of results for both; only what is kept leaves a database."""
    [run] = some_runs(1)
    found = {}
    for kept in (True, False):
        folder = tmp_path / str(kept)
        folder.mkdir()
        result = outcome_of(Task(run, folder, kept=kept), (recording(),)).result
        assert result is not None
        found[kept] = msgspec.structs.replace(result, wall_s=0.0)
        assert (folder / "session.sqlite3").exists() is kept
    assert found[True] == found[False]


def test_a_session_that_could_not_start_is_a_fault_and_no_result(tmp_path: Path) -> None:
    """Its reason stands in the fault."""
    [run] = some_runs(1)
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "session.sqlite3.kill").touch()
    outcome = outcome_of(Task(run, folder, kept=False), (recording(),))
    assert outcome.result is None
    assert "a kill file lies there from before" in str(outcome.fault)
    assert EXIT_SOME_FAILED == 1
