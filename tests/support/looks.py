"""A running session's status, taken in its own thread at moments of the test's choice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.sessions import Watcher

from actors.lookout.lookout import Lookout
from actors.operator.hand import Operator
from actors.operator.protocol import Status
from neo.messages import Message


class StatusLook(Lookout):
    """A lookout without services that keeps a session's operator, to be asked by :meth:`watcher`'s screen.

    Attributes:
        taken: The statuses so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Status] = []
        self._hand: Operator | None = None

    @property
    def last(self) -> Status:
        """The newest one."""
        return self.taken[-1]

    def begin(self, database: Path, session_id: str, operator: Operator) -> None:
        del database, session_id
        self._hand = operator

    def watcher(self, when: Callable[[Message], bool]) -> Watcher:
        """A screen that takes a status at each of these messages."""

        def look(message: Message) -> None:
            if self._hand is not None and when(message):
                self.taken.append(self._hand.status())

        return Watcher(look)
