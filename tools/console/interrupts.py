"""Signals in a command that runs no session, and in one that has not begun it yet: each ends it as Ctrl+C does.

It unwinds, so that what it has open is closed and the processes that it started end, and leaves with the shell's code
for the signal, 128 + its number. A session has its own way with signals (:mod:`actors.session.watches`).
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

# SIGQUIT would leave a core file, the others processes and folders.
_NAMED = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
# These too, and the real-time ones: a session takes them for a TERM (actors/session/watches.py, which is too much to
# import before the first signal may come).
_AS_TERM = ("SIGALRM", "SIGIO", "SIGPROF", "SIGPWR", "SIGSTKFLT", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGXCPU")

# The first one that came, if it was not Ctrl+C.
_came: list[int] = []


def take_signals() -> None:
    """From now on these signals are an interrupt; under ``nohup``, where it is ignored from the start, HUP is not."""
    hangup = getattr(signal, "SIGHUP", None)
    for number in taken():
        if number != hangup or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """All is done and said: a signal that comes while the interpreter takes itself down changes nothing."""
    for number in (signal.SIGINT, *taken()):
        signal.signal(number, signal.SIG_IGN)


def interrupted_by() -> int:
    """The signal that interrupted the command."""
    return _came[0] if _came else signal.SIGINT


def comes_of_interrupt(error: BaseException | None) -> bool:
    """True if an interrupt is at the bottom of it: one that comes in a class's making is reported as an error there."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def taken() -> list[int]:
    """Those that are an interrupt here, besides Ctrl+C's own."""
    realtime = range(signal.SIGRTMIN, signal.SIGRTMAX + 1) if sys.platform != "win32" else ()
    return [*_numbers(_NAMED), *_numbers(_AS_TERM), *realtime]


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [number for name in names if (number := getattr(signal, name, None)) is not None]


def _interrupt(number: int, frame: FrameType | None) -> None:
    _came.append(number if number in _numbers(_NAMED) else signal.SIGTERM)
    if len(_came) > 1:
        # A terminal that closes sends more than one, and the first is being carried out.
        return
    # Whoever has an own way with Ctrl+C (Trio, which must not be interrupted just anywhere) has it with these too.
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)
