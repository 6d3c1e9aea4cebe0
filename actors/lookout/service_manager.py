"""What systemd is told of a session that it started (``Type=notify``): ready, how it is, alive, on its way down.

The protocol is one datagram of lines to a Unix socket, and these few lines are all of it; a library would be as long.
Source: man pages sd_notify(3) and sd_watchdog_enabled(3).

The watchdog asks whether the session's loop turns, not whether ledgers come: without ledgers the session ends itself,
in order, and a watchdog that killed it on its way down would leave its offers resting.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping
from typing import Final

import trio
from loguru import logger

from actors.lookout.vital_signs import VitalSigns
from actors.lookout.watched import Ended, Watched
from actors.operator.bridge import NotDoneError, UnsureError
from actors.operator.protocol import ServiceHealth, Status
from actors.plumbing.tap import Lost, Tapped
from neo.messages import HaltRaised, Message, SessionStarted
from neo.text.printable import printable

# Real seconds from look to look where no watchdog asks for more.
_LOOK_INTERVAL_S: Final = 5.0
_MICROSECONDS: Final = 1_000_000
_STATUS_CHARS_MAX: Final = 200


class ServiceManager:
    """Tells systemd.

    Args:
        address: Of its socket; ``@`` at the beginning means the abstract namespace.
        watchdog_s: Real seconds after which it takes silence for death; None if it does not.
        signs: What healthy is, for the line of status.
    """

    name = "systemd"
    types: Collection[type[Message]] = (SessionStarted, HaltRaised)

    def __init__(self, address: str, watchdog_s: float | None, signs: VitalSigns) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_s = watchdog_s
        self._signs = signs
        self._session: Watched | None = None
        self._is_over = False
        self._status = ""
        self._state = ServiceHealth(self.name, ok=True, detail="starting")

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Tell how it is until cancelled."""
        self._tell("STATUS=starting")
        task_status.started()
        # Twice within its patience. Source: sd_watchdog_enabled(3).
        interval_s = _LOOK_INTERVAL_S if self._watchdog_s is None else min(_LOOK_INTERVAL_S, self._watchdog_s / 2)
        while True:
            if self._session is None:
                # Before it begins and after it has ended nothing of it can hang but this loop.
                self._tell("WATCHDOG=1")
            elif (status := await self._asked(self._session)) is not None:
                self._tell("WATCHDOG=1", *self._news(status))
            await trio.sleep(interval_s)

    def begin(self, session: Watched) -> None:
        """A session has begun: it is ready once it trades."""
        self._session = session

    def observe(self, item: Tapped | Lost) -> None:
        """Ready with the first ledger; stopping with the first cause to end."""
        match item:
            case Tapped(message=SessionStarted()):
                self._state = ServiceHealth(self.name, ok=True, detail="told that it is ready")
                self._tell("READY=1")
            case Tapped(message=HaltRaised(first=True) as halt):
                self._tell("STOPPING=1", f"STATUS=ending: {halt.reason}")

    def warn(self, note: str) -> None:
        """The journal of the system has what is printed."""

    def end(self, ended: Ended) -> None:
        """It is over, but for the last words."""
        self._session = None
        self._tell("STOPPING=1", f"STATUS=ended: {ended.reason}")

    async def farewell(self) -> None:
        """All is told."""

    def health(self) -> tuple[ServiceHealth, ...]:
        """Whether it could be told. Called in any thread."""
        return (self._state,)

    async def _asked(self, session: Watched) -> Status | None:
        try:
            return await session.status()
        except (NotDoneError, UnsureError):
            # Its loop hangs, and that is what a watchdog is for; or it has ended, and :meth:`end` comes next.
            return None

    def _news(self, status: Status) -> list[str]:
        if status.halting is not None:
            told = f"ending: {status.halting}"
        else:
            told = self._signs.ailment(status) or (f"paused: {status.pause_cause}" if status.paused else "quoting")
            told += f", ledger {status.ledger_index}, {status.fills} fills"
        told = printable(told)[:_STATUS_CHARS_MAX]
        if told == self._status:
            return []
        self._status = told
        return [f"STATUS={told}"]

    def _tell(self, *lines: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as to:
                to.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            if self._state.ok:
                logger.bind(cause=error.strerror).warning("systemd_not_told")
            self._state = ServiceHealth(self.name, ok=False, detail=f"can't be told: {error.strerror}")


def service_manager_of(environment: Mapping[str, str], signs: VitalSigns) -> ServiceManager | None:
    """Who is to be told if systemd started this process; None if it did not, or asked for nothing.

    Args:
        environment: Of this process.
        signs: What healthy is.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return None
    microseconds = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    has_watchdog = microseconds.isascii() and microseconds.isdecimal() and int(microseconds) > 0 and is_ours
    return ServiceManager(address, int(microseconds) / _MICROSECONDS if has_watchdog else None, signs)
