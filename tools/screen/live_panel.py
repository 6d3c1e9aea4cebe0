"""The live panel: a session drawn in place, on a terminal's second screen.

As any screen (:mod:`tools.screen.screen`) it never ends a session, and is told things from two threads.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from rich.console import Console
from rich.control import Control
from rich.live import Live

from neo.messages import Message
from tools.console.streams import hush_control_keys
from tools.console.words import count
from tools.screen.known import KnownSession, Outset
from tools.screen.layout import draw_panel

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

# What is printed again of the warnings once a panel is gone: a disk that is full for a week warns thousands of times.
_WARNINGS_KEPT = 100


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
