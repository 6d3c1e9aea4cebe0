"""Three ways to show a session: a live panel, plain lines, or nothing until it ends.

A screen never ends a session: when its terminal or pipe goes away it falls silent.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live

from neo.messages import Message
from tools.course import Course
from tools.layout import draw_panel
from tools.streams import Lines, hush_control_keys
from tools.words import count, show_change, show_duration, show_price, show_quote

# Ten drawings a second look alive; drawing takes at most this share of the time, whatever the machine.
_DRAW_INTERVAL_S = 0.1
_DRAW_SHARE = 0.01

# Speed is told over this stretch of real time.
_SPEED_WINDOW_S = 3.0

# Plain lines come at every so many percent of the duration.
_LINE_STEP_PERCENT = 5


class WarningScreen(Protocol):
    """A screen that also takes the log's warnings."""

    def show(self, message: Message) -> None:
        """Take one message in."""

    def warn(self, text: str) -> None:
        """Show a warning, whatever else is shown."""

    def close(self) -> None:
        """Give the terminal back; once more does no harm."""


class Silent:
    """Shows warnings only.

    Args:
        warnings: Where they go.
    """

    def __init__(self, warnings: TextIO) -> None:
        self._warnings = Lines(warnings)

    def show(self, message: Message) -> None:
        """Take no note of a message."""

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._warnings.print(text)

    def close(self) -> None:
        """Nothing to put back."""


class PlainLines:
    """A line at every step of the way and at every event worth one, for pipes and files.

    Args:
        stream: Where the lines go.
        warnings: Where warnings go.
        duration_s: How long the session is to last, in market seconds.
    """

    def __init__(self, stream: TextIO, warnings: TextIO, duration_s: int) -> None:
        self._lines = Lines(stream)
        self._warnings = Lines(warnings)
        self._course = Course(duration_s)
        self._step = -1

    def show(self, message: Message) -> None:
        """Take a message in, and print a line if it is time for one."""
        note = self._course.observe(message)
        if note is not None:
            self._lines.print(note)
        self._print_progress()

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._course.warn(text)
        self._warnings.print(text)

    def close(self) -> None:
        """Nothing to put back."""

    def _print_progress(self) -> None:
        elapsed_s = self._course.elapsed_s
        if elapsed_s is None:
            return
        step = min(100, elapsed_s * 100 // self._course.duration_s) // _LINE_STEP_PERCENT
        if step <= self._step:
            return
        self._step = step
        self._lines.print(progress_text(self._course))


class LivePanel:
    """A panel that is drawn in place, a few times a second at most.

    Args:
        console: The terminal.
        duration_s: How long the session is to last, in market seconds.
        real_time_s: A monotonic clock in seconds, given by tests.
    """

    def __init__(self, console: Console, duration_s: int, *, real_time_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._course = Course(duration_s)
        self._real_time_s = real_time_s
        self._speed_marks: deque[tuple[float, int]] = deque()
        self._next_draw_s = 0.0
        self._broken = False
        # No refresh thread: it would draw beside the session and hold the interpreter while it does.
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        self._put_back = hush_control_keys(console.file)
        self._live.start()

    def show(self, message: Message) -> None:
        """Take a message in, and draw if it is time to."""
        self._course.observe(message)
        now_s = self._real_time_s()
        if now_s >= self._next_draw_s:
            self._draw(now_s)

    def warn(self, text: str) -> None:
        """Print a warning above the panel."""
        self._course.warn(text)
        self._guarded(lambda: self._console.print(text, style="yellow", markup=False, highlight=False))

    def close(self) -> None:
        """Take the panel away and give the terminal back."""
        self._guarded(self._live.stop)
        self._put_back()

    def _draw(self, now_s: float) -> None:
        panel = draw_panel(
            self._course,
            self._ticks_per_s(now_s),
            self._console.width,
            ascii_only=self._console.options.ascii_only,
        )
        self._guarded(lambda: self._live.update(panel, refresh=True))
        cost_s = self._real_time_s() - now_s
        self._next_draw_s = now_s + max(_DRAW_INTERVAL_S, cost_s / _DRAW_SHARE)

    def _ticks_per_s(self, now_s: float) -> float | None:
        marks = self._speed_marks
        marks.append((now_s, self._course.tick))
        while len(marks) > 2 and now_s - marks[0][0] > _SPEED_WINDOW_S:
            marks.popleft()
        elapsed_s = now_s - marks[0][0]
        return (self._course.tick - marks[0][1]) / elapsed_s if elapsed_s > 0 else None

    def _guarded(self, action: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            action()
        except (OSError, ValueError):
            self._broken = True


def progress_text(course: Course) -> str:
    """Where the session stands, in one plain line."""
    figures = course.figures()
    assert figures is not None, "progress is told of a session that has seen a ledger"
    parts = [
        f"{figures.share:4.0%}",
        f"{show_duration(figures.elapsed_s)} of {show_duration(course.duration_s)}",
        f"ledger {figures.ledger_index}",
        f"mid {show_price(figures.mid)}",
        f"AMM {show_price(figures.pool)}",
        show_quote("bid", figures.bid, figures.bid_distance_bps, figures.no_bid_reason),
        show_quote("ask", figures.ask, figures.ask_distance_bps, figures.no_ask_reason),
        count(course.fills, "fill"),
        f"equity {show_change(figures.equity_change_rlusd)}",
    ]
    return "  ".join(parts)
