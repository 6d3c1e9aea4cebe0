"""The undo journal: every change to the ledger is written here first, so that any stretch of them can be taken back.

The server stacks copies of the ledger (``Sandbox``, ``PaymentSandbox``) and throws the failed ones away. Here there is
one ledger and one list of before-values: a mark is a length, and going back is undoing down to that length. The cost of
a transaction is then the cost of what it touched.
"""

from __future__ import annotations

from typing import Final, TypeAlias, TypeVar

from neo.ledger.entries import Entry

K = TypeVar("K")
V = TypeVar("V")

Change: TypeAlias = tuple[object, object, object]

_ABSENT: Final = object()
_INSERTED: Final = object()


class Journal:
    """Before-values of every change since the transaction began, oldest first."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def set(self, entry: object, name: str, value: object) -> None:
        """Change one field of a ledger entry."""
        self.changes.append((entry, name, getattr(entry, name)))
        setattr(entry, name, value)

    def create(self, entry: Entry) -> None:
        """Bring an entry into the ledger."""
        self.changes.append((entry, "alive", entry.alive))
        entry.alive = True

    def delete(self, entry: Entry) -> None:
        """Take an entry out of the ledger."""
        self.changes.append((entry, "alive", entry.alive))
        entry.alive = False

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set one item of a table whose order nobody reads."""
        self.changes.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Take one item out of a table whose order nobody reads."""
        self.changes.append((table, key, table.pop(key)))

    def insert(self, items: list[V], index: int, value: V) -> None:
        """Put a value into a list."""
        self.changes.append((items, index, _INSERTED))
        items.insert(index, value)

    def remove(self, items: list[V], index: int) -> None:
        """Take the value at ``index`` out of a list."""
        self.changes.append((items, index, items.pop(index)))

    def mark(self) -> int:
        """A point that ``rollback`` can return to."""
        return len(self.changes)

    def rollback(self, mark: int) -> None:
        """Undo everything written since ``mark``, newest first."""
        changes = self.changes
        while len(changes) > mark:
            target, key, before = changes.pop()
            if type(target) is dict:
                if before is _ABSENT:
                    del target[key]
                else:
                    target[key] = before
            elif isinstance(key, str):
                setattr(target, key, before)
            else:
                assert isinstance(target, list), "what has no field of this name is a table or a list"
                assert isinstance(key, int), "a list is changed at a place"
                if before is _INSERTED:
                    del target[key]
                else:
                    target.insert(key, before)
