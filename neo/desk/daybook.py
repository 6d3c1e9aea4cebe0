"""The one place where records change what the engine knows."""

from __future__ import annotations

from typing import Protocol

from neo.desk.desk import Desk
from neo.messages import Record


class Fold(Protocol):
    """What takes records in, one at a time."""

    def apply(self, record: Record) -> None:
        """Take one in."""


class Daybook:
    """Records in the order in which they change the desk and what folds the journal beside it.

    Args:
        desk: The desk.
        beside: What else takes each record in.
    """

    def __init__(self, desk: Desk, *beside: Fold) -> None:
        self.desk = desk
        self._beside = beside
        self.made: list[Record] = []

    def add(self, record: Record) -> None:
        """Apply a record and keep it for the journal."""
        self.desk.apply(record)
        for fold in self._beside:
            fold.apply(record)
        self.made.append(record)
