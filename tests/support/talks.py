"""A session with somebody who talks to it: the session in the main thread, as it must be, the talk in another."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from support.sessions import Watcher, plan_for

from actors.lookout.lookout import Lookout, Service
from actors.operator.protocol import GetStatus, Kill, Status
from actors.session.parts import USUAL_PARTS, SessionParts
from actors.session.session import start_session
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.messages import MarketView, Message
from tools.console.errors import OperatorError
from tools.console.link import asked

# Market seconds in a real one: slow enough that a talk of milliseconds falls between two ledgers, quick enough to wait.
SPEED = 100.0

# Real seconds for something to happen that takes milliseconds; a talk that waits longer fails.
PATIENCE_S = 30.0


class Moments:
    """Lets a talk wait for what the session shows."""

    def __init__(self) -> None:
        self.watcher = Watcher(self._shown)
        self._changed = threading.Condition()
        self.ledgers = 0

    def wait_ledgers(self, count: int) -> None:
        """Return once so many more ledgers have been shown."""
        with self._changed:
            until = self.ledgers + count
            assert self._changed.wait_for(lambda: self.ledgers >= until, PATIENCE_S), "no ledgers come"

    def _shown(self, message: Message) -> None:
        if isinstance(message, MarketView):
            with self._changed:
                self.ledgers += 1
                self._changed.notify_all()


def session_with(
    database: Path,
    talk: Callable[[Moments], None],
    *,
    parts: SessionParts = USUAL_PARTS,
    config: Config | None = None,
    speed: float = SPEED,
    services: Sequence[Service] = (),
) -> SessionSummary:
    """Run a session until the talk, which begins when quotes rest, is over; then end it with a kill, if it did not.

    Raises:
        Exception: What the talk raised.
    """
    moments = Moments()
    failures: list[BaseException] = []

    def talking() -> None:
        try:
            moments.wait_ledgers(8)
            talk(moments)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            failures.append(error)
        finally:
            with contextlib.suppress(OperatorError):
                asked(database, Kill("the talk is over"))

    thread = threading.Thread(target=talking)
    thread.start()
    plan = plan_for(database, duration_s=7200, speed=speed, config=config)
    lookout = Lookout(services)
    with lookout.open():
        summary = start_session(plan, moments.watcher, parts=parts, lookout=lookout)
    thread.join(PATIENCE_S)
    if failures:
        raise failures[0]
    return summary


def status_of(database: Path) -> Status:
    """What ``neo status`` is told."""
    reply = asked(database, GetStatus())
    assert isinstance(reply, Status)
    return reply
