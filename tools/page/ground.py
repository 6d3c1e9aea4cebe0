"""What the page's handlers stand on: the databases, the sessions that run, and how a route and a refusal look."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import trio

from actors.operator.protocol import Status
from actors.page.access import Gate
from actors.page.exchange import Answer
from actors.store import SessionRow, StoreError, session
from tools.console.output import shown
from tools.page.course_data import Courses
from tools.page.live_states import LiveStates
from tools.page.running import RunningSession
from tools.page.shared_now import SharedNow

T = TypeVar("T")

Handler = Callable[..., Awaitable[Answer]]

# Of one session; all of them are in its log.
_WARNINGS_KEPT: Final = 100


class PageError(Exception):
    """A request that gets no page.

    Args:
        status: Of HTTP.
        message: What is wrong and what to do, in whole sentences.
        headers: More than an answer has anyway.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class PageRoute(msgspec.Struct, frozen=True):
    """What answers a kind of address.

    Args:
        method: ``GET`` or ``POST``.
        pattern: A path; ``{name}`` stands for one segment, which the handler gets under that name.
        handler: ``async (ground, request, **parts) -> Answer``.
        takes: What its query may name; None where the handler knows that itself.
    """

    method: str
    pattern: str
    handler: Handler
    takes: tuple[str, ...] | None = ()


class SessionPlace(msgspec.Struct, frozen=True):
    """Where a session is found.

    Args:
        row: As its database has it.
        database: The database.
        running: The session itself while it runs, else None.
    """

    row: SessionRow
    database: Path
    running: RunningSession | None


class PageGround:
    """The databases given and the sessions that run.

    Args:
        databases: In the operator's order.
        gate: Who may ask what; None where nobody asks but a test.
        is_remote: Others than this machine may ask, so every request carries the token.
    """

    def __init__(self, databases: Sequence[Path], *, gate: Gate | None = None, is_remote: bool = False) -> None:
        self.databases = tuple(databases)
        self.gate = gate
        self.is_remote = is_remote
        self.courses = Courses()
        self.live = LiveStates()
        # One report at a time: each wants a processor.
        self.reports = trio.Lock()
        self._running: dict[str, RunningSession] = {}
        self._shared: dict[str, SharedNow] = {}
        self._warnings: dict[str, deque[str]] = {}

    @property
    def running(self) -> Mapping[str, RunningSession]:
        """The sessions that run, by their names."""
        return self._running

    def begin(self, session: RunningSession) -> None:
        """A session has begun, on one of the databases, or on one that is shown from now on."""
        self._running[session.session_id] = session
        if session.database not in self.databases:
            self.databases = (*self.databases, session.database)

    def end(self, session_id: str) -> None:
        """One has ended; without effect if it did before."""
        self._running.pop(session_id, None)
        self._shared.pop(session_id, None)

    def warn(self, session_id: str, note: str) -> None:
        """The log of a session warned of something."""
        self._warnings.setdefault(session_id, deque(maxlen=_WARNINGS_KEPT)).appendleft(note)

    def warnings(self, session_id: str) -> tuple[str, ...]:
        """What the log of a session of this process warned of last, the newest first."""
        return tuple(self._warnings.get(session_id, ()))

    def shared(self, session: RunningSession, tell: Callable[[Status], str]) -> SharedNow:
        """What all who listen to a session are told, made by the first one's ``tell``."""
        return self._shared.setdefault(session.session_id, SharedNow(session, tell))

    async def place(self, session_id: str) -> SessionPlace:
        """Where a session is.

        Raises:
            PageError: None of the databases has it, or one can't be read, or two have it, as a copy has.
        """
        running = self._running.get(session_id)
        refused: PageError | None = None
        found: list[SessionPlace] = []
        for database in self.databases if running is None else (running.database,):
            try:
                row = await read(partial(_row, database, session_id))
            except PageError as error:
                # It may be in another one, which its trouble is no reason to hide.
                refused = error
                continue
            if row is not None:
                found.append(SessionPlace(row, database, running))
        if len(found) > 1:
            which = " and ".join(shown(str(each.database)) for each in found)
            raise PageError(409, f"A session of that name is in {which}: open the page with one of them.")
        if found:
            return found[0]
        raise refused or PageError(
            404, "No database of this page has a session of that name. The list of sessions has them all."
        )


async def read(job: Callable[[], T]) -> T:
    """What a database tells, read in a worker thread.

    Raises:
        PageError: It can't be read now.
    """
    try:
        return await trio.to_thread.run_sync(job)
    except StoreError as error:
        raise PageError(503, f"The database can't be read: {str(error).rstrip('.')}.") from None


def only_running(ground: PageGround) -> RunningSession:
    """The session that runs, if exactly one does.

    Raises:
        PageError: None does, or more than one.
    """
    if not ground.running:
        raise PageError(404, "No session runs.")
    if len(ground.running) > 1:
        names = ", ".join(sorted(ground.running))
        raise PageError(409, f"More than one session runs ({names}): name one, as in /session/ID/pause.")
    return next(iter(ground.running.values()))


def running_session(ground: PageGround, session_id: str) -> RunningSession:
    """A session that runs.

    Raises:
        PageError: It does not run.
    """
    running = ground.running.get(session_id)
    if running is None:
        raise PageError(404, "No session of that name runs here. The list of sessions shows those that do.")
    return running


def _row(database: Path, session_id: str) -> SessionRow | None:
    # Before the first session there is no database, and that is no fault.
    return session(database, session_id) if database.exists() else None
