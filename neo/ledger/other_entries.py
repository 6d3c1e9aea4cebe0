"""Entries of which the exchange knows no more than what they say: tickets, checks, escrows, credentials and the like.

They count towards an owner's reserve, stand in owner directories, and hold their fields in the ledger's own JSON form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from neo.ledger.entries import Account, Entry, Image
from neo.ledger.json_forms import JsonObject


@dataclass(slots=True, eq=False)
class OtherEntry(Entry):
    """An entry of another kind.

    Attributes:
        kind: its type by the ledger's name (``Ticket``, ``Check``, ...).
        fields: what it says, by the ledger's names, without its key, its type, its thread and its pages; replaced when
            one changes, never edited.
        listed: the ledger's list of such entries, by key.
        pages: the owner directories it stands in, as (account, the field that names the page, the page).
    """

    kind: str
    fields: JsonObject
    listed: dict[bytes, OtherEntry]
    pages: tuple[tuple[Account, str, int], ...] = field(default=())

    def word(self, name: str) -> str:
        """A field that is a text: an address, a number of drops, an identifier."""
        value = self.fields[name]
        assert isinstance(value, str), "what this ledger wrote as a text is one"
        return value

    def count(self, name: str) -> int | None:
        """A field that is a whole number, None if it is not there."""
        value = self.fields.get(name)
        assert value is None or isinstance(value, int), "what this ledger wrote as a whole number is one"
        return value

    def belongs_to(self, address: str) -> bool:
        """Whether it stands in an account's directory."""
        return any(account.address == address for account, _, _ in self.pages)


class OtherImage(Image[OtherEntry]):
    """An entry of another kind, as it was."""

    __slots__ = ("fields", "pages", "previous_hash")

    def __init__(self, entry: OtherEntry) -> None:
        self.entry = entry
        self.alive = entry.alive
        self.fields = entry.fields
        self.pages = entry.pages
        self.previous_hash = entry.previous_hash

    def undo(self) -> None:
        """Take the entry back to what it was, and the ledger's list of entries with it."""
        entry = self.entry
        if entry.alive != self.alive:
            entry.alive = self.alive
            if self.alive:
                entry.listed[entry.key] = entry
            else:
                del entry.listed[entry.key]
        entry.fields = self.fields
        entry.pages = self.pages
        entry.previous_hash = self.previous_hash

    def has_changed(self) -> bool:
        """Whether the entry is no longer what it was."""
        entry = self.entry
        return (
            entry.alive != self.alive
            or entry.fields is not self.fields
            or entry.pages is not self.pages
            or entry.previous_hash != self.previous_hash
        )

    def shown(self) -> JsonObject:
        """All that it said, pages included."""
        return {**self.fields, **{name: f"{page:x}" for _, name, page in self.pages}}


OtherEntry.image_kind = OtherImage
