"""A running session as those see it who look at it from another thread, and how it ended."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Final

import msgspec
import trio

from actors.operator.bridge import Bridge, Errands, NotDoneError, UnsureError
from actors.operator.hand import Operator
from actors.operator.protocol import EXCHANGE_S, Order, Refused, Reply, Status, Unsure
from actors.plumbing.tap import TapQueue
from neo.analysis.summary import SessionSummary
from neo.messages.halts import HaltReason

# How an order came, as its cause has it.
_WAY: Final = "page"


class Watched:
    """A running session, for the lookout's thread. Made in the session's own.

    Args:
        database: The session's.
        session_id: Its name.
        operator: What can be said to it.
    """

    def __init__(self, database: Path, session_id: str, operator: Operator) -> None:
        self.database = database
        self.session_id = session_id
        self._operator = operator
        self._token = trio.lowlevel.current_trio_token()
        self._bridge = Bridge(self._token)
        self._errands = Errands()

    async def status(self) -> Status:
        """Where the session stands.

        Raises:
            NotDoneError: It has ended, or did not get to it in time.
            UnsureError: It broke over it.
        """
        return await self._bridge.call(self._operator.status, time.monotonic() + EXCHANGE_S)

    async def obey(self, request_id: str, order: Order) -> Reply:
        """The answer to an order, which is done once at most for an id.

        Args:
            request_id: Its own, of whoever asks.
            order: What to do.
        """
        asked = msgspec.json.encode(order)
        try:
            return await self._bridge.call(
                lambda: self._errands.once(request_id, asked, lambda: self._operator.obey(order, _WAY)),
                time.monotonic() + EXCHANGE_S,
            )
        except NotDoneError as error:
            return Refused(str(error))
        except UnsureError as error:
            return Unsure(str(error))

    async def attach(self, queue: TapQueue) -> int:
        """Open a tap, which is read here; returns the number of the last journal record before it.

        Raises:
            NotDoneError: The session has ended, or did not get to it in time.
            UnsureError: It broke over it.
        """
        return await self._bridge.call(lambda: self._operator.attach(queue), time.monotonic() + EXCHANGE_S)

    def detach(self, queue: TapQueue) -> None:
        """Close a tap, soon; without effect if it is closed already."""
        with contextlib.suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self._operator.detach, queue)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a session ended, or that it could not begin.

    Args:
        session_id: Its name; "" if it never had one.
        reason: The halt reason.
        detail: Its numbers or words.
        summary: All that the session came to; None if it never began.
    """

    session_id: str
    reason: HaltReason
    detail: str
    summary: SessionSummary | None = None
