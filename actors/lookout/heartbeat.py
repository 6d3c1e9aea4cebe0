"""The heartbeat: a sign of life while the session is healthy, so that silence wakes someone.

Nothing is said when it is not healthy, however it ended: whoever is to wake somebody notices that no sign comes, which
also holds where the machine, the network or this program is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec
import trio
from loguru import logger

from actors.alerts.delivery import DELIVERY_DEADLINE_S, ChannelError
from actors.lookout.vital_signs import VitalSigns
from actors.lookout.watched import Ended, Watched
from actors.operator.bridge import NotDoneError, UnsureError
from actors.operator.protocol import ServiceHealth, Status
from actors.plumbing.files import FileRefusedError, write_whole
from actors.plumbing.tap import Lost, Tapped
from neo.messages import Message

# Real seconds from look to look while a sign is due and the session is not healthy, or not there yet.
_LOOK_INTERVAL_S: Final = 1.0


class Pulse(Protocol):
    """Where a sign of life goes."""

    target: str

    async def beat(self, status: Status) -> None:
        """Give one.

        Raises:
            ChannelError: It did not arrive.
        """


class FilePulse:
    """A file that is written anew each time, whole or not at all: when, of which session, at which ledger."""

    def __init__(self, file: Path) -> None:
        self.target = str(file)
        self._file = file
        self._one_at_a_time = trio.CapacityLimiter(1)

    async def beat(self, status: Status) -> None:
        """Write it.

        Raises:
            ChannelError: It can't be written.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        told = {"at": now, "session_id": status.session_id, "ledger_index": status.ledger_index}
        content = msgspec.json.encode(told) + b"\n"
        try:
            await trio.to_thread.run_sync(
                write_whole, self._file, content, abandon_on_cancel=True, limiter=self._one_at_a_time
            )
        except FileRefusedError as error:
            raise ChannelError(error.what) from None


class Heartbeat:
    """Gives a sign of life at each interval.

    Args:
        pulses: Where to; each fails for itself.
        interval_s: Real seconds from one to the next.
        signs: What healthy is.
    """

    name = "heartbeat"
    types: Collection[type[Message]] = ()

    def __init__(self, pulses: Collection[Pulse], interval_s: float, signs: VitalSigns) -> None:
        self._pulses = pulses
        self._interval_s = interval_s
        self._signs = signs
        self._session: Watched | None = None
        self._failing: dict[str, str] = {}
        self._state = ServiceHealth(self.name, ok=True, detail="before the first one")

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Give signs until cancelled."""
        task_status.started()
        async with trio.open_nursery() as nursery:
            # Each at its own time: one that hangs for longer than the interval must not make the others late.
            for pulse in self._pulses:
                nursery.start_soon(self._keep_beating, pulse)

    def begin(self, session: Watched) -> None:
        """A session has begun."""
        self._session = session

    def observe(self, item: Tapped | Lost) -> None:
        """No message is of interest."""

    def warn(self, note: str) -> None:
        """Nor is what the log has."""

    def end(self, ended: Ended) -> None:  # noqa: ARG002 - however it ended
        """Nothing more is said."""
        self._session = None

    async def farewell(self) -> None:
        """Silence."""

    def health(self) -> tuple[ServiceHealth, ...]:
        """Whether the last sign arrived. Called in any thread."""
        return (self._state,)

    async def _keep_beating(self, pulse: Pulse) -> None:
        while True:
            status = await self._healthy()
            due_s = trio.current_time() + self._interval_s
            await self._beat(pulse, status)
            await trio.sleep_until(due_s)

    async def _healthy(self) -> Status:
        """The session's status once it is healthy."""
        while True:
            status = await self._status()
            ailment = "no session" if status is None else self._signs.ailment(status)
            if status is not None and ailment is None:
                return status
            self._state = self._told(f"silent: {ailment}")
            await trio.sleep(_LOOK_INTERVAL_S)

    async def _status(self) -> Status | None:
        if self._session is None:
            return None
        try:
            return await self._session.status()
        except (NotDoneError, UnsureError):
            return None

    async def _beat(self, pulse: Pulse, status: Status) -> None:
        why = None
        try:
            with trio.fail_after(DELIVERY_DEADLINE_S):
                await pulse.beat(status)
        except trio.TooSlowError:
            why = f"no answer within {DELIVERY_DEADLINE_S:g} s"
        except ChannelError as error:
            why = error.what
        if why is None:
            if self._failing.pop(pulse.target, None) is not None:
                logger.bind(target=pulse.target).info("heartbeat_back")
        elif pulse.target not in self._failing:
            logger.bind(target=pulse.target, cause=why).warning("heartbeat_failed")
            self._failing[pulse.target] = why
        self._state = self._told("arrives")

    def _told(self, otherwise: str) -> ServiceHealth:
        failing = [f"{target}: {why}" for target, why in self._failing.items()]
        return ServiceHealth(self.name, not failing, ", ".join(failing) or otherwise)
