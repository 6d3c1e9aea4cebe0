"""Lines that may lose their reader: whoever leaves (``| head``) must not end a session."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import IO, Any, TextIO

from tools.console.output import abandon, shown

if sys.platform != "win32":
    import termios


def hush_control_keys(stream: IO[str]) -> Callable[[], None]:
    """Keep a terminal from echoing Ctrl+C as ``^C`` while something is drawn in place.

    Written at the end of a full line it would break into the next one, and what is drawn afterwards would no longer
    lie over what was drawn before.

    Returns:
        What puts things back.
    """
    if sys.platform == "win32":  # its consoles echo no Ctrl+C
        return lambda: None
    try:
        terminal = stream.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, ValueError, termios.error):  # no terminal, or one that went away
        return lambda: None
    _set_terminal(terminal, [*before[:3], before[3] & ~termios.ECHOCTL, *before[4:]])
    return lambda: _set_terminal(terminal, before)


def _set_terminal(terminal: int, attributes: list[Any]) -> None:
    """Set a terminal's attributes, unless it is another's now: a process in the background would be stopped for it."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # not ours to ask, as no job control is on it
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, attributes)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class Lines:
    """A stream of lines that falls silent when nobody reads it any more.

    Args:
        stream: Where the lines go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._broken = False

    def print(self, line: str) -> None:
        """Write a line at once."""
        if self._broken:
            return
        try:
            self._stream.write(f"{shown(line)}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._broken = True
            abandon(self._stream)
