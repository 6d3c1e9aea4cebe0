"""The command line as an operator meets it: real processes, their two streams and their exit codes.

Whatever the operator can cause is told on standard error in words, with its documented exit code, never as a traceback.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.cli_process import NEO, PATIENCE_S, begin_neo, environment, neo

from actors.store import list_sessions
from tools.commands.table import neo as neo_group
from tools.settings.profiles import PROFILES_FOLDER

PROMISED = {
    "session_id", "halt_reason", "halt_detail", "ticks", "ledgers", "fills", "journal_sha256", "duration_s", "wall_s",
    "inventory", "equity_change_rlusd",
}  # fmt: skip


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a refused command told: on standard error, without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stderr


# --- A session ---------------------------------------------------------------------------------------------------


def test_a_session_without_a_terminal_is_told_in_plain_lines_and_kept(tmp_path: Path) -> None:
    """Progress, ending, exact inventory; and ``neo sessions`` has it."""
    done = neo(tmp_path, "run", "--duration", "2m")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout
    assert any(line.startswith("100%  0:02:00 of 0:02:00  ledger ") for line in lines)
    assert any("ended: duration_elapsed (normal completion)" in line for line in lines)
    [xrp, rlusd] = [line for line in lines if line.startswith("Inventory reconciliation: fills-only=")]
    assert xrp.endswith(", exact")
    assert rlusd.endswith(", exact")
    [database] = tmp_path.rglob("neo.sqlite3")
    assert f"Database    {database}" in lines
    assert " INFO session_summary session_id=" in database.with_name("neo.sqlite3.log").read_text(encoding="utf-8")

    table = neo(tmp_path, "sessions").stdout
    assert "duration_elapsed" in table
    [row] = [json.loads(line) for line in neo(tmp_path, "sessions", "--json").stdout.splitlines()]
    assert (row["status"], row["ticks"], row["seed"]) == ("ended", 30, 20260121)


def test_json_is_the_last_line_and_all_of_standard_output(tmp_path: Path) -> None:
    """A program reads one line and finds all that is promised."""
    done = neo(tmp_path, "run", "--duration", "2m", "--json", "--db", "mine.sqlite3")
    [line] = done.stdout.splitlines()
    summary = json.loads(line)
    assert set(summary) >= PROMISED
    assert summary["halt_reason"] == "duration_elapsed"
    assert summary["ticks"] == 30
    assert summary["inventory"]["exact"] is True
    assert len(summary["journal_sha256"]) == 64
    assert "100%" in done.stderr
    assert (tmp_path / "mine.sqlite3").exists()


def test_quiet_is_the_summary_only(tmp_path: Path) -> None:
    """And nothing on standard error."""
    done = neo(tmp_path, "run", "--duration", "1m", "--quiet")
    assert done.stdout.startswith("Session ")
    assert done.stderr == ""


def test_the_same_seed_gives_the_same_journal_and_another_seed_another(tmp_path: Path) -> None:
    """Byte for byte, at whatever speed."""

    def journal(*options: str) -> str:
        done = neo(tmp_path, "run", "--duration", "1m", "--json", "--quiet", *options)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["journal_sha256"])

    assert journal("--seed", "7") == journal("--seed", "7", "--speed", "120") != journal("--seed", "8")


def test_another_recording_makes_another_market(tmp_path: Path) -> None:
    """Twenty minutes of one's own are enough for a session."""
    shipped = PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv"
    lines = shipped.read_text(encoding="utf-8").splitlines()
    (tmp_path / "mine.csv").write_text("\n".join([lines[0], *lines[500:520]]) + "\n", encoding="utf-8")
    done = neo(tmp_path, "run", "--duration", "1m", "--json", "--quiet", "--market", "mine.csv")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["halt_reason"] == "duration_elapsed"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "reason", "code"),
    [(signal.SIGINT, "interrupted_sigint", 130), (signal.SIGTERM, "interrupted_sigterm", 143)],
)
def test_a_signal_half_way_ends_the_session_properly(
    tmp_path: Path, number: signal.Signals, reason: str, code: int
) -> None:
    """With the signal's own exit code, and a summary."""
    with begin_neo(tmp_path, "run", "--duration", "30m", "--speed", "200", "--json") as process:
        assert process.stderr is not None
        assert any("  5%" in line for line in process.stderr), "it ended before it was interrupted"
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    assert "Traceback" not in err
    summary = json.loads(out.splitlines()[-1])
    assert summary["halt_reason"] == reason
    assert summary["inventory"]["exact"] is True
    assert summary["orders_left"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells")
@pytest.mark.parametrize("redirected", [">&-", ">&- 2>&- <&-"])
def test_a_session_that_nobody_can_hear_runs_all_the_same(tmp_path: Path, redirected: str) -> None:
    """Standard output closed, as by some daemons: the session's end is its own, in the database."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{NEO}" run --duration 1m --db mine.sqlite3 {redirected}'],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    [row] = list_sessions(tmp_path / "mine.sqlite3")
    assert row.halt_reason == "duration_elapsed"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_during_the_imports_is_told_in_two_words(tmp_path: Path) -> None:
    """Ctrl+C right after the return key: no traceback through the import machinery."""
    stand_in = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    (tmp_path / "click.py").write_text(stand_in, encoding="utf-8")
    done = subprocess.run(
        [NEO, "run"],
        env=environment(tmp_path, PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "neo: interrupted.\n")


def test_a_reader_that_leaves_does_not_end_the_session(tmp_path: Path) -> None:
    """``neo run | head -1`` trades on to its end."""
    with begin_neo(tmp_path, "run", "--duration", "10m") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert err == ""
    [row] = [json.loads(line) for line in neo(tmp_path, "sessions", "--json").stdout.splitlines()]
    assert row["halt_reason"] == "duration_elapsed"


# --- What can't start --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--duration", "0s"], "'0s' is no time at all; write 90s, 30m or 2h."),
        (["--duration", "90"], "'90' has no unit; write 90s, 90m or 90h."),
        (["--speed", "0"], "--speed: '0' is too slow: not even a ledger would close in an hour; write max, or"),
        (["--seed", "lucky"], "--seed: 'lucky' is not a whole number; write one from 0 to 9223372036854775807."),
        (["--seed", "-1"], "--seed: '-1' is too small; write one from 0 to 9223372036854775807."),
        (["--sped", "1"], "'--sped' is no option of neo run; did you mean --speed"),
    ],
)
def test_a_mistake_on_the_command_line_is_a_usage_error(tmp_path: Path, arguments: list[str], told: str) -> None:
    """What was written, and a form that is right."""
    assert told in refused(neo(tmp_path, "run", *arguments), 2)


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    """It is told back as it was typed."""
    assert "'rnu' is no command of neo" in refused(neo(tmp_path, "rnu"), 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--config", "none.toml"],
            "config none.toml: no such file; give a profile (live-stage1, paper, paper-network, rehearsal, replay)",
        ),
        (["--market", "none.csv"], "none.csv: No such file or directory. Check the path"),
        (["--market", "file"], 'file, line 1: "not a market" is not the header'),
        (["--duration", "3s"], "session.duration_seconds = 3: is shorter than one tick"),
        (["--db", "file"], "file is not a database"),
        (["--db", "file/neo.sqlite3"], "is a file, not a folder"),
        (["--db", "missing/neo.sqlite3"], "its folder does not exist"),
        (["--db", "."], "is a folder; add a file name"),
    ],
)
def test_what_the_operator_can_mend_is_told_and_the_code_is_that_of_a_failed_start(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    """Profile, prices, database: nothing was traded."""
    (tmp_path / "file").write_text("not a market", encoding="utf-8")
    done = neo(tmp_path, "run", "--duration", "1m", *arguments)
    assert told in refused(done, 30)
    assert done.stdout == ""
    assert not (tmp_path / "missing").exists()


def test_every_problem_of_a_profile_is_told_with_the_file(tmp_path: Path) -> None:
    """Both at once."""
    text = (PROFILES_FOLDER / "paper.toml").read_text(encoding="utf-8")
    wrong = text.replace("duration_seconds = 7200", 'duration_seconds = "2h"').replace("max_xrp_exposure", "max_xrp")
    (tmp_path / "mine.toml").write_text(wrong, encoding="utf-8")
    told = refused(neo(tmp_path, "run", "--config", "mine.toml"), 30)
    assert 'mine.toml: session.duration_seconds = "2h": is a text, the wrong type' in told
    assert "mine.toml: risk.max_xrp_exposure: missing" in told


def test_a_session_that_could_not_start_is_told_in_json_too(tmp_path: Path) -> None:
    """A program learns of it the way it learns of any ending."""
    done = neo(tmp_path, "run", "--json", "--market", "none.csv")
    refused(done, 30)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert set(summary) >= PROMISED
    assert summary["halt_reason"] == "startup_failure"
    assert "none.csv" in summary["halt_detail"]


@pytest.mark.parametrize("module", ["click", "trio", "msgspec"])
def test_a_broken_install_is_told_in_words(tmp_path: Path, module: str) -> None:
    """With the module, instead of a traceback of imports."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / f"{module}.py").write_text(f"raise ImportError('{module} is damaged')\n", encoding="utf-8")
    told = refused(neo(tmp_path, "run", "--duration", "1m", PYTHONPATH=str(broken)), 30)
    assert f"this install is broken: {module} is damaged" in told


def test_the_list_of_sessions_before_the_first_one_is_empty_not_an_error(tmp_path: Path) -> None:
    """A new user has done nothing wrong."""
    done = neo(tmp_path, "sessions")
    assert done.returncode == 0
    assert done.stdout.startswith("No sessions yet in ")


def test_the_list_of_sessions_of_a_database_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A mistyped name must not look like an empty one."""
    assert "no database there" in refused(neo(tmp_path, "sessions", "--db", "none.sqlite3"), 30)


def test_the_help_names_every_command_and_the_version_is_told(tmp_path: Path) -> None:
    """Without a session or a profile."""
    told = neo(tmp_path, "--help").stdout
    assert all(f"\n  {name} " in told for name in ("run", "sessions", "db", "conformance"))
    assert neo(tmp_path, "--version").stdout.startswith("neo 0.")


def test_the_help_has_every_command_once_under_what_it_is_for(tmp_path: Path) -> None:
    """In groups, by what one is about to do."""
    lines = neo(tmp_path, "--help").stdout.splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert sorted(set(listed) & set(neo_group.list_commands(click.Context(neo_group)))) == sorted(
        neo_group.list_commands(click.Context(neo_group))
    )
    assert len(listed) == len(set(listed))
    section = lines[lines.index("Trade and watch:") + 1 :]
    assert {"run", "status", "kill", "capital"} <= {line.split()[0] for line in section[: section.index("")]}


def test_every_command_has_a_form_for_programs() -> None:
    """``--json``, of each command of each group; a group that does nothing by itself needs none, nor does one that
    only keeps a file (``neo record info --json`` tells what is in it).
    """

    def without(command: click.Command, name: str) -> list[str]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            inner = [(each, command.get_command(context, each)) for each in command.list_commands(context)]
            found = [line for each, one in inner if one is not None for line in without(one, f"{name} {each}")]
            if not command.invoke_without_command:
                return found
        else:
            found = []
        options = {option for parameter in command.params for option in parameter.opts}
        return found if "--json" in options else [*found, name]

    assert without(neo_group, "neo") == ["neo record"]


# --- What a command waits for ------------------------------------------------------------------------------------

LOADED = """
import sys
from tools.commands.table import run_command_line
code = run_command_line(sys.argv[1:])
print(code, *sorted({name.partition(".")[0] for name in sys.modules} | ({"neo.ledger"} & set(sys.modules))))
"""
# What signs, plots, draws and waits, each a tenth of a second or more.
SLOW = {"asyncio", "httpx", "loguru", "neo.ledger", "plotly", "trio", "websockets", "xrpl"}


def loaded(home: Path, *arguments: str) -> tuple[int, set[str]]:
    """A command's exit code, and the packages that were imported once it was done."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=home,
        env=environment(home, PYTHONPATH=str(PROFILES_FOLDER.parent)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    code, *names = done.stdout.splitlines()[-1].split()
    return int(code), set(names)


@pytest.mark.parametrize("command", ["kill", "pause", "resume", "status", "tap"])
def test_a_word_to_a_session_waits_for_no_import_that_it_does_not_need(tmp_path: Path, command: str) -> None:
    """It went all the way to finding that no session runs there."""
    code, names = loaded(tmp_path, command)
    assert code == 4
    assert names & SLOW == set()
    assert "sqlite3" in names, "the list of what is loaded has what is loaded"


def test_the_list_of_sessions_waits_for_no_import_that_it_does_not_need(tmp_path: Path) -> None:
    """Of sessions that there are, as a table."""
    assert neo(tmp_path, "run", "--duration", "1m", "--quiet").returncode == 0
    code, names = loaded(tmp_path, "sessions")
    assert code == 0
    assert names & SLOW == set()


def test_a_simulated_session_loads_nothing_that_signs_connects_or_draws(tmp_path: Path) -> None:
    """From its first option to its summary: the embedded ledger knows addresses by itself, and there is no panel."""
    code, names = loaded(tmp_path, "run", "--duration", "1m")
    assert code == 0
    assert names & {"xrpl", "httpx", "plotly", "rich", "websockets"} == set()
    assert "trio" in names, "the list of what is loaded has what is loaded"


def test_a_session_without_a_page_loads_no_web_server(tmp_path: Path) -> None:
    """Whoever asks for none waits for none."""
    code, names = loaded(tmp_path, "run", "--duration", "1m", "--quiet")
    assert code == 0
    assert names & {"h11", "cryptography"} == set()
