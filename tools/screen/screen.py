"""Two ways to show a session without drawing: plain lines, or nothing until it ends; and what every way has to do.

A screen never ends a session: when its terminal or pipe goes away it falls silent. Messages come from the session's
thread, beats from another one (:mod:`tools.screen.pulse`); a lock keeps them apart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from neo.messages import Message
from neo.position.pnl import result_rlusd
from tools.console.streams import Lines
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
from tools.screen.rows import OLD_LEDGER_S

# Plain lines come at every so many percent of the duration, and at least once in so many real seconds.
_LINE_STEP_PERCENT = 5
_LINE_INTERVAL_S = 60.0
# What a session was started with is told with its first message, or after so long without one.
_OUTSET_PATIENCE_S = 1.0


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
