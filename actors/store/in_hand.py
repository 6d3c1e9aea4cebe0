"""What persistence has in hand: taken from its mailbox, and not in the database yet."""

from __future__ import annotations

from neo.messages import Append


class InHand:
    """The messages between mailbox and database, in the order of their arrival.

    The session makes it, and it outlives every incarnation of persistence: one that crashes leaves it to the next, and
    the last one to the session's end, which writes what is still in it.
    """

    def __init__(self) -> None:
        self._appends: list[Append] = []

    def __len__(self) -> int:
        return len(self._appends)

    def take(self, append: Append) -> None:
        """One more has left the mailbox."""
        self._appends.append(append)

    def all(self) -> tuple[Append, ...]:
        """All of them, the oldest first."""
        return tuple(self._appends)

    def let_go(self, count: int) -> None:
        """The oldest so many are in the database."""
        del self._appends[:count]
