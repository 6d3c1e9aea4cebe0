"""A session in a real terminal (a pseudo-terminal of a given width), POSIX only."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from support.cli_feed import outset
from support.cli_process import NEO, PATIENCE_S, environment

from tools.screen.live_panel import LivePanel

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import fcntl
import pty
import termios
import time

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|9[0-7])(?:;[0-9]+)*m")


def in_terminal(home: Path, columns: int, *arguments: str, **extra: str) -> str:
    """Everything that a command writes to a terminal, control codes included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [NEO, *arguments], cwd=home, env=environment(home, **extra), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        written = bytearray()
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # Linux's way of telling the end of a terminal
                break
            if not piece:
                break
            written += piece
        os.close(ours)
        assert process.wait() == 0
    return written.decode()


def test_a_terminal_shows_the_panel_then_the_summary_within_its_width(tmp_path: Path) -> None:
    """In colour unless told not to, and the terminal is given back as it was."""
    for columns, extra in ((80, {}), (160, {"NO_COLOR": "1"})):
        written = in_terminal(tmp_path, columns, "run", "--duration", "10m", **extra)
        assert (COLOUR.search(written) is None) is bool(extra), "NO_COLOR is respected, and nothing else does without"
        # A frame begins at the top left corner, and the summary where the panel's screen is left.
        lines = [CONTROL.sub("", line) for line in re.split(r"(?:[\r\n]|\x1b\[H|\x1b\[\?1049[hl])+", written)]
        assert any(line.startswith("\N{BOX DRAWINGS LIGHT ARC DOWN AND RIGHT}") for line in lines)
        assert max(len(line) for line in lines if "neo.sqlite3" not in line) == columns
        assert any("ended: duration_elapsed (normal completion)" in line for line in lines)
        # The cursor is given back, and the panel's screen is gone when the summary comes.
        assert written.rfind("\x1b[?25h") < written.rfind("Session ")
        assert 0 <= written.find("\x1b[?1049h") < written.rfind("\x1b[?1049l") < written.rfind("Session ")


def test_an_interrupt_leaves_nothing_of_the_panel_on_the_screen() -> None:
    """A ``^C`` that the terminal echoes would push the panel's last line down, and its first would stay for good."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        before = termios.tcgetattr(terminal)
        panel = LivePanel(Console(file=terminal, force_terminal=True, width=80), outset(60))
        os.write(ours, b"\x03")
        # The system gets to it in its own time: only what it echoes, the bare character, shows that it has.
        written = b""
        while b"\x03" not in written and b"^C" not in written:
            assert select.select([ours], [], [], PATIENCE_S)[0]
            written += os.read(ours, 65_536)
        panel.close()
        assert termios.tcgetattr(terminal) == before
        terminal.flush()
        assert b"^C" not in written + os.read(ours, 65_536)
    os.close(ours)


def frame_of(terminal: int, columns: int, rows: int) -> list[str]:
    """The next whole frame of this size on a terminal, or what came instead of it."""
    written, drawn = bytearray(), [""]
    last_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < last_s and select.select([terminal], [], [], PATIENCE_S)[0]:
        written += os.read(terminal, 65_536)
        for frame in written.decode(errors="ignore").split("\x1b[H"):
            drawn = [CONTROL.sub("", line) for line in frame.split("\r\n")]
            if [len(line) for line in drawn] == [columns] * rows:
                return drawn
    return drawn


def resize(terminal: int, columns: int, rows: int) -> None:
    """Give a terminal another size."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_terminal_that_changes_its_size_gets_a_panel_of_that_size(tmp_path: Path) -> None:
    """Smaller and larger, between two ledgers; and in the end the summary comes after the panel's screen is left."""
    ours, theirs = pty.openpty()
    resize(ours, 80, 24)
    command = [NEO, "run", "--speed", "4", "--duration", "2h", "--db", "neo.sqlite3"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        frame_of(ours, 80, 24)
        for columns, rows in ((40, 10), (20, 5), (160, 50), (60, 24)):
            resize(ours, columns, rows)
            drawn = frame_of(ours, columns, rows)
            assert [len(line) for line in drawn] == [columns] * rows
            assert any("Our bid" in line for line in drawn)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        written = bytearray()
        with contextlib.suppress(OSError):  # Linux's way of telling the end of a terminal
            while piece := os.read(ours, 65_536):
                written += piece
        assert process.wait() == 130
    os.close(ours)
    after = written.decode().rpartition("\x1b[?1049l")[2]
    assert "ended: interrupted_sigint" in after
    assert "\N{BOX DRAWINGS LIGHT VERTICAL}" not in after


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    """Not one escape sequence where none is understood."""
    assert "\x1b" not in in_terminal(tmp_path, 80, "run", "--duration", "2m", TERM="dumb")
