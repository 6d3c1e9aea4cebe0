"""How far something without a known end has come: a line in place in a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Self, TextIO

from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from tools.console.steady_console import SteadyConsole
from tools.console.streams import Lines

# In place a line is written at most so often.
_TERMINAL_S: Final = 0.2


class Gauge:
    """Shows a text that changes. Use it as a context manager.

    Args:
        stream: Where; standard output belongs to the results.
        lines_s: Without a terminal, seconds from one line to the next; None for none at all.
        clock: Seconds that only grow.
    """

    def __init__(self, stream: TextIO, lines_s: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        console = SteadyConsole(file=stream, highlight=False)
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._bar = Bar(*columns, console=console) if stream.isatty() and not console.is_dumb_terminal else None
        self._task = None if self._bar is None else self._bar.add_task("", total=None)
        self._lines = Lines(stream)
        self._every_s = lines_s if self._bar is None else _TERMINAL_S
        self._clock = clock
        self._next_s = clock()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, text: Callable[[], str]) -> None:
        """The text as it is now, made only if it is time to show it."""
        if self._every_s is None or self._clock() < self._next_s:
            return
        self._next_s = self._clock() + self._every_s
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text())
        else:
            self._lines.print(text())

    def tell(self, text: str) -> None:
        """Something to know, in a line of its own."""
        if self._bar is not None:
            self._bar.console.print(text)
        else:
            self._lines.print(text)
