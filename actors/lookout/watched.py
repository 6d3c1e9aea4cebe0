"""A running session as those see it who look at it from another thread, and how it ended."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import trio

from actors.operator.bridge import Bridge, Errands, NotDoneError, UnsureError
from actors.operator.hand import Operator
from actors.operator.protocol import EXCHANGE_S, Order, Refused, Reply, Status, Unsure
from neo.analysis.summary import SessionSummary
from neo.messages.halts import HaltReason


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
        self._bridge = Bridge(trio.lowlevel.current_trio_token())
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
                lambda: self._errands.once(request_id, asked, lambda: self._operator.obey(order)),
                time.monotonic() + EXCHANGE_S,
            )
        except NotDoneError as error:
            return Refused(str(error))
        except UnsureError as error:
            return Unsure(str(error))


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
