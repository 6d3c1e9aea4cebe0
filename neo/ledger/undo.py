"""The undo journal: what is about to change is written down here first, so that any stretch of changes can be undone.

The server stacks copies of the ledger (``Sandbox``, ``PaymentSandbox``) and throws the failed ones away. Here there is
one ledger and one list of records, each of which knows how to undo one thing: a mark is a length, and going back is
undoing down to that length. The cost of a transaction is then the cost of what it touched.

An entry is written down whole, and once in a stretch: until the next mark its record holds what it was at the last one.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger.entries import Entry, Image


class Change(Protocol):
    """The record of a change."""

    def undo(self) -> None:
        """Take the change back; every later one has been."""
        ...


class Journal:
    """The records of every change since the transaction began, oldest first.

    Attributes:
        changes: the records.
        first: each entry touched, as it was when the transaction began; what was undone is among them, unchanged.
        stretch: the number of the stretch since the last mark; no other ever had it.
    """

    __slots__ = ("_began", "changes", "first", "stretch")

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.first: list[Image[Entry]] = []
        self.stretch = self._began = 0

    def clear(self) -> None:
        """Begin anew: what has changed so far stays."""
        self.changes = []
        self.first = []
        self.stretch += 1
        self._began = self.stretch

    def touch(self, entry: Entry) -> None:
        """Write an entry down, which is about to change."""
        stretch = self.stretch
        if entry.stretch != stretch:
            image = entry.image_kind(entry)
            if entry.stretch < self._began:
                self.first.append(image)
            entry.stretch = stretch
            self.changes.append(image)

    def create(self, entry: Entry) -> None:
        """Bring an entry into the ledger."""
        self.touch(entry)
        entry.alive = True

    def delete(self, entry: Entry) -> None:
        """Take an entry out of the ledger."""
        self.touch(entry)
        entry.alive = False

    def note(self, change: Change) -> None:
        """Write down a change of something other than an entry."""
        self.changes.append(change)

    def mark(self) -> int:
        """A point that ``rollback`` can return to."""
        self.stretch += 1
        return len(self.changes)

    def rollback(self, mark: int) -> None:
        """Undo everything written since ``mark``, newest first."""
        self.stretch += 1
        changes = self.changes
        while len(changes) > mark:
            changes.pop().undo()
