"""Every signal that would kill the process: a session ends by the ladder, any other command leaves with its code.

Method: the ``neo`` command as a process of its own, in a pseudo-terminal where the terminal is what goes. POSIX only.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli_process import NEO, PATIENCE_S, environment

from actors.session.watches import SIGNALS, heeded, signal_name
from actors.store import list_sessions
from neo.messages.halts import HALT_FACTS, HaltReason
from tools.console.interrupts import taken

if sys.platform == "win32":
    pytest.skip("POSIX signals", allow_module_level=True)

import pty

# Those that nobody can take up, that are faults of the machine code, that halt the process only, or that do nothing.
NOT_TAKEN = {
    *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"),
    *("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGEMT"),
    *("SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO", "SIGPIPE", "SIGXFSZ"),
}


def handling(hangup: signal.Handlers) -> None:
    """In the child, before it is ``neo``: whatever the tests were started under."""
    signal.signal(signal.SIGHUP, hangup)


@contextlib.contextmanager
def begun(home: Path, *arguments: str, hangup: signal.Handlers = signal.SIG_DFL) -> Iterator[subprocess.Popen[str]]:
    """A session that trades."""
    with subprocess.Popen(
        [NEO, "run", "--db", "neo.sqlite3", "--duration", "1h", "--speed", "200", "--json", *arguments],
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=functools.partial(handling, hangup),  # noqa: PLW1509 - nothing else runs in the child
    ) as process:
        assert process.stderr is not None
        assert any("  5%" in line for line in process.stderr), "it ended before it was told to"
        yield process


def test_every_signal_that_would_kill_is_in_the_list() -> None:
    """Whatever this system has, and each with the code of its reason."""
    known = {number for number in signal.valid_signals() if signal_name(number) not in NOT_TAKEN}
    assert set(SIGNALS) == known
    assert {signal.SIGINT, *taken()} == known
    assert HALT_FACTS[HaltReason.INTERRUPTED_SIGHUP].exit_code == 128 + signal.SIGHUP
    assert HALT_FACTS[HaltReason.INTERRUPTED_SIGQUIT].exit_code == 128 + signal.SIGQUIT


@pytest.mark.parametrize(
    ("number", "reason", "code"),
    [
        (signal.SIGHUP, "interrupted_sighup", 129),
        (signal.SIGQUIT, "interrupted_sigquit", 131),
    ],
)
def test_a_signal_ends_the_session_by_the_ladder_however_often_it_comes(
    tmp_path: Path, number: signal.Signals, reason: str, code: int
) -> None:
    """Only a second Ctrl+C skips the waits."""
    with begun(tmp_path) as process:
        for _ in range(3):
            process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code, err
    summary = json.loads(out.splitlines()[-1])
    assert (summary["halt_reason"], summary["halt_detail"]) == (reason, number.name)
    assert (summary["rungs_failed"], summary["orders_left"]) == ([], [])
    [row] = list_sessions(tmp_path / "neo.sqlite3")
    assert (row.status, row.halt_reason) == ("ended", reason)


def test_heeded_signals_are_all_but_a_hang_up_that_is_ignored() -> None:
    """``nohup`` keeps a session alive when its terminal goes."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert set(SIGNALS) - set(heeded(SIGNALS)) == {signal.SIGHUP}
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        assert list(SIGNALS) == heeded(SIGNALS)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("hangup", "duration", "code", "reason"),
    [(signal.SIG_DFL, "4h", 129, "interrupted_sighup"), (signal.SIG_IGN, "5m", 0, "duration_elapsed")],
    ids=["closed", "closed under nohup"],
)
def test_a_terminal_that_is_closed_breaks_nothing(
    tmp_path: Path, hangup: signal.Handlers, duration: str, code: int, reason: str
) -> None:
    """Every write to it fails from then on; the panel was on it."""
    child, ours = pty.fork()
    if child == 0:
        try:
            handling(hangup)
            os.chdir(tmp_path)
            arguments = ["run", "--db", "neo.sqlite3", "--duration", duration, "--speed", "200"]
            os.execve(NEO, [NEO, *arguments], environment(tmp_path))  # noqa: S606 - the command, with no shell between
        finally:
            os._exit(1)
    shown = b""
    while b"quoting" not in shown:
        shown += os.read(ours, 65_536)
    os.close(ours)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
    [row] = list_sessions(tmp_path / "neo.sqlite3")
    assert (row.status, row.halt_reason, row.secondary_halts, row.rungs_failed) == ("ended", reason, (), ())


TWICE = "import os\nfor _ in range(2):\n    os.kill(os.getpid(), {})\n"
# What is raised there comes out as an error of the class's making.
IN_A_CLASS = """
import os
class Field:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), {})
class Owner:
    field = Field()
"""


@pytest.mark.parametrize("stand_in", [TWICE, IN_A_CLASS])
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131), (signal.SIGUSR1, 143)],
)
def test_a_signal_in_the_imports_or_in_another_command_is_told_in_two_words(
    tmp_path: Path, number: signal.Signals, code: int, stand_in: str
) -> None:
    """Twice, as a terminal that closes sends it: no traceback, and the shell's code."""
    stand_in = stand_in.format(int(number))
    (tmp_path / "click.py").write_text(stand_in, encoding="utf-8")
    done = subprocess.run(
        [NEO, "sessions"],
        env=environment(tmp_path, PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        preexec_fn=functools.partial(handling, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "neo: interrupted.\n")
