"""Standard output and error that may lose their reader: whoever leaves (``| head``) must not end a session."""

from __future__ import annotations

import contextlib
import os
from typing import TextIO

from rich.console import Console


def abandon(stream: TextIO) -> None:
    """Send what is still written to a stream nowhere; without this the interpreter's last flush would fail too."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


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
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._broken = True
            abandon(self._stream)


class SteadyConsole(Console):
    """Rich's console, without the exit that it takes when its reader leaves."""

    def on_broken_pipe(self) -> None:
        """Fall silent."""
        self.quiet = True
        abandon(self.file)  # type: ignore[arg-type]  # IO[str], as every TextIO is
