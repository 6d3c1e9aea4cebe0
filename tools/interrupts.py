"""Signals in a command that runs no session, and in one that has not begun it yet: each ends it as Ctrl+C does.

It unwinds, so that what it has open is closed and the processes that it started end, and leaves with the shell's code
for the signal, 128 + its number. A session has its own way with signals (:mod:`actors.watches`).
"""

from __future__ import annotations

import signal
from types import FrameType

# SIGQUIT would leave a core file, the others processes and folders.
_TAKEN = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")

# The first one that came, if it was not Ctrl+C.
_came: list[int] = []


def take_signals() -> None:
    """From now on these signals are an interrupt; under ``nohup``, where it is ignored from the start, HUP is not."""
    hangup = getattr(signal, "SIGHUP", None)
    for number in _numbers():
        if number != hangup or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """All is done and said: a signal that comes while the interpreter takes itself down changes nothing."""
    for number in (signal.SIGINT, *_numbers()):
        signal.signal(number, signal.SIG_IGN)


def interrupted_by() -> int:
    """The signal that interrupted the command."""
    return _came[0] if _came else signal.SIGINT


def _numbers() -> list[int]:
    return [number for name in _TAKEN if (number := getattr(signal, name, None)) is not None]


def _interrupt(number: int, frame: FrameType | None) -> None:
    _came.append(number)
    if len(_came) > 1:
        # A terminal that closes sends more than one, and the first is being carried out.
        return
    # Whoever has an own way with Ctrl+C (Trio, which must not be interrupted just anywhere) has it with these too.
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)
