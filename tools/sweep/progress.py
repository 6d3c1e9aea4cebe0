"""How far a sweep has come: a bar in a terminal, a line at every twentieth elsewhere."""

from __future__ import annotations

from typing import Self, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tools.console.steady_console import SteadyConsole
from tools.console.streams import Lines

_STEPS = 20


class Progress:
    """The progress of a sweep. Use it as a context manager.

    Args:
        stream: Where it is shown; standard output belongs to the results.
        total: Sessions in all.
        done: Of these, already there.
        title: What is being run.
    """

    def __init__(self, stream: TextIO, total: int, done: int, title: str) -> None:
        self._total = total
        self._done = done
        self._title = title
        self._lines = Lines(stream)
        console = SteadyConsole(file=stream, highlight=False)
        columns = (
            TextColumn("sessions"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bar = Bar(*columns, console=console) if stream.isatty() and not console.is_dumb_terminal else None
        self._task = None if self._bar is None else self._bar.add_task("", total=total, completed=done)

    def __enter__(self) -> Self:
        found = f"; {self._done:,} are there already" if self._done else ""
        self._lines.print(f"{self._title}{found}")
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self) -> None:
        """One session more is done."""
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
        elif self._step(self._done) > self._step(self._done - 1):
            self._lines.print(f"{self._done / self._total:4.0%}  {self._done:,} of {self._total:,} sessions")

    def warn(self, text: str) -> None:
        """Something to know, in a line of its own."""
        if self._bar is not None:
            self._bar.console.print(text, style="yellow", markup=False)
        else:
            self._lines.print(text)

    def _step(self, done: int) -> int:
        return done * _STEPS // self._total
