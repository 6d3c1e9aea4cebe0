"""Standard output and error: the one place through which everything goes that a command says.

It promises four things, of every command alike. Nothing is interrupted because it can't be heard: a reader that leaves
(``| head``) or a full disk ends no session, no restore and no deposit half way. What was lost is told at the end, on
standard error and by the exit code, unless the reader did not want it. Text reaches a terminal printable: whatever was
written into a name, a note or a recording by somebody else moves no cursor and rings no bell. And a character that the
stream's encoding lacks is written out.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any, TextIO, cast

from neo.text.printable import printable
from neo.text.redaction import HIDDEN, hide_seeds, secrets_in
from tools.console.errors import EXIT_OUTPUT_LOST

# How a system says that whoever read a pipe, a socket or a terminal (EIO) is gone. Windows' pipes say EINVAL.
_READER_LEFT = frozenset(
    {errno.EPIPE, errno.ECONNRESET, errno.ESHUTDOWN, errno.EIO} | ({errno.EINVAL} if sys.platform == "win32" else set())
)


def shown(text: str) -> str:
    """Text as it may be shown: lines and tabs stay, whatever else is not visible is written out, and what looks like a
    wallet's seed is hidden; it should never have come so far.
    """
    return hide_seeds(printable(text, kept="\n\t"))


def abandon(stream: IO[str]) -> None:
    """Send what is still written to a stream nowhere; without this the interpreter's last flush would fail too."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class _Guard:
    """A stream, and what became of it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def attempt(self, action: Callable[[], object]) -> None:
        if self.failure is not None:
            return
        try:
            action()
        except (OSError, ValueError) as error:  # ValueError: it is closed
            self.failure = error
            abandon(self.stream)


class Outlet(io.TextIOBase):
    """A standard stream that never fails: once it can't be written it falls silent, and knows why.

    Args:
        guard: The stream.
        altered: What is done to every text on its way.
    """

    def __init__(self, guard: _Guard, altered: Callable[[str], str]) -> None:
        self._guard = guard
        self._altered = altered

    @classmethod
    def of(cls, stream: TextIO, altered: Callable[[str], str] = shown) -> Outlet:
        """The outlet of a stream."""
        return cls(_Guard(stream), altered)

    @property
    def styled(self) -> Outlet:
        """The same stream for a console, which writes colours of its own and has made the text printable before."""
        return Outlet(self._guard, str)

    @property
    def failure(self) -> Exception | None:
        """Why it can't be written any more."""
        return self._guard.failure

    def write(self, text: str, /) -> int:
        """Write a text, or lose it."""
        altered = self._altered(text)
        self._guard.attempt(lambda: self._guard.stream.write(altered))
        return len(text)

    def flush(self) -> None:
        """Write what waits."""
        self._guard.attempt(self._guard.stream.flush)

    def isatty(self) -> bool:
        """True for a terminal."""
        return self._guard.stream.isatty()

    def fileno(self) -> int:
        """The system's number of it."""
        return self._guard.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # typeshed has it as a plain attribute
        """What characters become."""
        return self._guard.stream.encoding


def is_heard(stream: object) -> bool:
    """False once a stream can't be written any more, so that what has no end of its own can end."""
    return not isinstance(stream, Outlet) or stream.failure is None


def for_console(stream: IO[str]) -> IO[str]:
    """The stream as a console takes it."""
    return cast(IO[str], stream.styled) if isinstance(stream, Outlet) else stream


def speaking(arguments: Sequence[str], command: Callable[[], int]) -> int:
    """Run a command whose standard streams are outlets.

    Args:
        arguments: Its command line: a secret in one is not repeated by an error.
        command: What is run; returns its exit code.

    Returns:
        Its exit code; in place of 0 :data:`EXIT_OUTPUT_LOST` if not all of standard output could be written.
    """
    before = sys.stdout, sys.stderr
    hidden = {secret for argument in arguments for secret in secrets_in(argument)}
    out, err = Outlet.of(before[0]), Outlet.of(before[1], lambda text: shown(_without(text, hidden)))
    streams: Any = out, err  # a TextIOBase is all that anybody needs of them, whatever the types say
    sys.stdout, sys.stderr = streams
    try:
        code = command()
    finally:
        sys.stdout, sys.stderr = before
        out.flush()
        err.flush()
    if out.failure is None or _left(out.failure):
        return code
    err.write(f"neo: standard output: {_told(out.failure)}; what should stand there is not whole.\n")
    err.flush()
    return code or EXIT_OUTPUT_LOST


def _without(text: str, secrets: set[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _left(failure: Exception) -> bool:
    return isinstance(failure, OSError) and failure.errno in _READER_LEFT


def _told(failure: Exception) -> str:
    return failure.strerror or str(failure) if isinstance(failure, OSError) else str(failure)
