"""Three ways to show a session: a live panel, plain lines, or nothing until it ends.

A screen never ends a session: when its terminal or pipe goes away it falls silent. Messages come from the session's
thread, beats from another one (:mod:`tools.screen.pulse`); a lock keeps them apart.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, TextIO

from rich.console import Console
from rich.control import Control
from rich.live import Live

from neo.messages import Message
from neo.position.pnl import result_rlusd
from tools.console.streams import Lines, hush_control_keys
from tools.console.words import (
    count,
    show_age,
    show_change,
    show_duration,
    show_pace,
    show_price,
    show_quote,
    show_rlusd,
)
from tools.screen.known import KnownSession, Outset
from tools.screen.layout import draw_panel
from tools.screen.rows import OLD_LEDGER_S

# Ten drawings a second look alive; drawing takes at most this share of the time, whatever the machine, and more of it
# in a session that waits for its ledgers anyway.
_DRAW_INTERVAL_S = 0.1
_DRAW_SHARE = 0.01
_DRAW_SHARE_PACED = 0.1
# With nothing new to draw, what grows older is drawn anew after so long.
_REDRAW_INTERVAL_S = 1.0

# Speed is told over this stretch of real time, or a longer one if it has less than so many ticks.
_SPEED_WINDOW_S = 3.0
_SPEED_TICKS_MIN = 5
# At a drawing each second these reach back far enough for the slowest session.
_SPEED_MARKS_MAX = 300

# Plain lines come at every so many percent of the duration, and at least once in so many real seconds.
_LINE_STEP_PERCENT = 5
_LINE_INTERVAL_S = 60.0
# What a session was started with is told with its first message, or after so long without one.
_OUTSET_PATIENCE_S = 1.0
# What is printed again of the warnings once a panel is gone: a disk that is full for a week warns thousands of times.
_WARNINGS_KEPT = 100


class WarningScreen(Protocol):
    """A screen that also takes the log's warnings."""

    def show(self, message: Message) -> None:
        """Take one message in."""

    def warn(self, text: str) -> None:
        """Show a warning, whatever else is shown."""

    def tell_page(self, address: str) -> None:
        """Show where the session's page is. Called in another thread."""

    def beat(self) -> None:
        """Real time has passed: show what that alone changes. Called in another thread."""

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

    def tell_page(self, address: str) -> None:
        """The log has it."""

    def beat(self) -> None:
        """Time changes nothing here."""

    def close(self) -> None:
        """Nothing to put back."""


class PlainLines:
    """A line at every step of the way, every minute, and at every event worth one, for pipes and files.

    Args:
        stream: Where the lines go.
        warnings: Where warnings go.
        outset: What the session is started with.
        real_time_s: A monotonic clock in seconds, given by tests.
    """

    def __init__(
        self, stream: TextIO, warnings: TextIO, outset: Outset, *, real_time_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._lines = Lines(stream)
        self._warnings = Lines(warnings)
        self._course = KnownSession(outset)
        self._real_time_s = real_time_s
        self._step = -1
        self._next_line_s = real_time_s() + _OUTSET_PATIENCE_S
        self._outset_told = False
        self._closed = False
        self._lock = threading.RLock()

    def show(self, message: Message) -> None:
        """Take a message in, and print a line if it is time for one."""
        with self._lock:
            note = self._course.observe(message, self._real_time_s())
            self._tell_outset()
            if note is not None:
                self._lines.print(note)
            self._print_step()

    def warn(self, text: str) -> None:
        """Print a warning."""
        with self._lock:
            self._course.warn(text)
            self._warnings.print(text)

    def tell_page(self, address: str) -> None:
        """Print where the session's page is."""
        with self._lock:
            self._lines.print(f"page {address}")

    def beat(self) -> None:
        """Print a line if the last one is long ago."""
        with self._lock:
            if not self._closed and self._real_time_s() >= self._next_line_s:
                self._tell_outset()
                self._print_line()

    def close(self) -> None:
        """Print nothing any more."""
        with self._lock:
            self._closed = True

    def _tell_outset(self) -> None:
        if not self._outset_told:
            self._outset_told = True
            for line in outset_text(self._course.outset):
                self._lines.print(line)

    def _print_step(self) -> None:
        if self._course.ledger_at_s is None:
            return
        step = int(self._course.share * 100) // _LINE_STEP_PERCENT
        if step > self._step:
            self._step = step
            self._print_line()

    def _print_line(self) -> None:
        now_s = self._real_time_s()
        self._next_line_s = now_s + _LINE_INTERVAL_S
        self._lines.print(progress_text(self._course, now_s))


class LivePanel:
    """A panel on a screen of its own, drawn a few times a second at most.

    The terminal's second screen has no history that a new size could break lines of, and what was printed before is
    there again when the panel goes. What it showed of warnings is printed then, so that it isn't lost with it.

    Args:
        console: The terminal.
        outset: What the session is started with.
        real_time_s: A monotonic clock in seconds, given by tests.
    """

    def __init__(self, console: Console, outset: Outset, *, real_time_s: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._course = KnownSession(outset)
        self._real_time_s = real_time_s
        self._speed_marks: deque[tuple[float, int]] = deque(maxlen=_SPEED_MARKS_MAX)
        self._next_draw_s = 0.0
        self._drawn_s = -math.inf
        self._drawn_size = (0, 0)
        self._warned: deque[str] = deque(maxlen=_WARNINGS_KEPT)
        self._broken = False
        self._closed = False
        self._lock = threading.RLock()
        # Its own refresh thread would draw whether or not anything changed, and hold the interpreter while it does.
        self._live = Live(console=console, auto_refresh=False, screen=True, redirect_stdout=False)
        self._put_back = hush_control_keys(console.file)
        self._guarded(self._live.start)
        self._draw(self._real_time_s())

    def show(self, message: Message) -> None:
        """Take a message in, and draw if it is time to."""
        with self._lock:
            now_s = self._real_time_s()
            self._course.observe(message, now_s)
            if now_s >= self._next_draw_s:
                self._draw(now_s)

    def warn(self, text: str) -> None:
        """Show a warning in the panel, and keep it for the time after."""
        with self._lock:
            self._course.warn(text)
            if self._closed:
                self._print_warning(text)
            else:
                self._warned.append(text)

    def tell_page(self, address: str) -> None:
        """Keep a row for it."""
        with self._lock:
            self._course.page = address

    def beat(self) -> None:
        """Draw if the terminal's size has changed, or nothing was drawn for a second."""
        with self._lock:
            now_s = self._real_time_s()
            resized = self._size() != self._drawn_size
            if resized or now_s >= max(self._next_draw_s, self._drawn_s + _REDRAW_INTERVAL_S):
                self._draw(now_s)

    def close(self) -> None:
        """Take the panel away, give the terminal back, and print the warnings there."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._guarded(self._clear)
            self._guarded(self._live.stop)
            self._put_back()
            earlier = self._course.warnings - len(self._warned)
            if earlier > 0:
                self._print_warning(f"{count(earlier, 'earlier warning')}: see the log.")
            for text in self._warned:
                self._print_warning(text)

    def _size(self) -> tuple[int, int]:
        return self._console.size.width, self._console.size.height

    def _draw(self, now_s: float) -> None:
        if self._closed:
            return
        size = self._size()
        panel = draw_panel(
            self._course,
            self._ticks_per_s(now_s),
            size,
            now_s=now_s,
            ascii_only=self._console.options.ascii_only,
        )
        if size != self._drawn_size:
            self._guarded(self._clear)
        self._guarded(lambda: self._live.update(panel, refresh=True))
        cost_s = self._real_time_s() - now_s
        self._drawn_s, self._drawn_size = now_s, size
        share = _DRAW_SHARE if math.isinf(self._course.outset.speed) else _DRAW_SHARE_PACED
        self._next_draw_s = now_s + max(_DRAW_INTERVAL_S, cost_s / share)

    def _clear(self) -> None:
        """Wipe the panel's screen: what lies beyond a smaller size would come up again when it is given back."""
        self._console.control(Control.clear())

    def _ticks_per_s(self, now_s: float) -> float | None:
        marks = self._speed_marks
        tick = self._course.present.tick
        marks.append((now_s, tick))
        while len(marks) > 2 and now_s - marks[0][0] > _SPEED_WINDOW_S and tick - marks[1][1] >= _SPEED_TICKS_MIN:
            marks.popleft()
        elapsed_s = now_s - marks[0][0]
        return (tick - marks[0][1]) / elapsed_s if elapsed_s > 0 else None

    def _print_warning(self, text: str) -> None:
        self._guarded(lambda: self._console.print(text, style="yellow", markup=False, highlight=False))

    def _guarded(self, action: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            action()
        except (OSError, ValueError):
            self._broken = True


def outset_text(outset: Outset) -> list[str]:
    """What a session is started with, in plain lines."""
    limits = outset.limits
    first = f"first ledger in about {show_age(max(1.0, outset.first_ledger_after_s))}"
    return [
        f"session on {outset.venue}  profile {outset.profile}  seed {outset.seed}  prices {outset.market}"
        f"  {show_duration(outset.duration_s)} {show_pace(outset.speed)}  {first}",
        f"database {outset.database}",
        f"limits: XRP worth {show_rlusd(limits.max_xrp_exposure)}, {show_rlusd(limits.max_rlusd_exposure)},"
        f" loss {show_rlusd(outset.max_session_loss_rlusd)}, drawdown {show_rlusd(outset.max_drawdown_rlusd)}",
    ]


def progress_text(course: KnownSession, now_s: float) -> str:
    """Where the session stands, in one plain line."""
    moment = course.moment()
    ledger, split = moment.ledger, None if moment.ledger is None else moment.ledger.split
    age_s = course.ledger_age_s(now_s)
    parts = [
        f"{course.share:4.0%}",
        f"{show_duration(moment.elapsed_s)} of {show_duration(course.outset.duration_s)}",
    ]
    if ledger is None or age_s is None:
        parts.append("no ledger yet")
    else:
        parts.append(f"ledger {ledger.ledger_index}")
        parts += [f"{show_age(age_s)} old"] if age_s >= OLD_LEDGER_S else []
        parts += [f"mid {show_price(ledger.mid_price)}", f"AMM {show_price(ledger.pool_price)}"]
    parts += [
        show_quote("bid", moment.bid),
        show_quote("ask", moment.ask),
        count(moment.fills, "fill"),
        f"equity {show_change(None if split is None else result_rlusd(split))}",
    ]
    return "  ".join(parts)
