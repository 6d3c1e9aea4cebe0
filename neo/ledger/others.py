"""Making, changing and removing the entries of which only the fields matter: tickets, checks, credentials and the like.

Source: ``dirInsert`` and ``dirRemove`` of the ledger server, as its transactions call them; Indexes.cpp (keylets).
"""

from __future__ import annotations

from collections.abc import Sequence

from neo.ledger import directory
from neo.ledger.entries import Account
from neo.ledger.json_forms import JsonObject
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State


def create(
    state: State, kind: str, key: bytes, fields: JsonObject, owners: Sequence[tuple[Account, str]] = ()
) -> OtherEntry:
    """Bring an entry into the ledger and into owner directories; owner counts are the caller's.

    Args:
        kind: its type by the ledger's name.
        fields: what it says, pages aside.
        owners: whose directories it joins, in this order, each with the field that names the page (``OwnerNode``).
    """
    entry = OtherEntry(key, kind, fields, state.others, alive=False)
    state.journal.create(entry)
    state.others[key] = entry
    entry.pages = tuple((owner, name, directory.insert(state.journal, owner.owned, entry)) for owner, name in owners)
    return entry


def change(state: State, entry: OtherEntry, fields: JsonObject) -> None:
    """Give an entry other fields; the same ones again are no change."""
    if fields == entry.fields:
        return
    state.journal.touch(entry)
    entry.fields = fields


def delete(state: State, entry: OtherEntry, *, keep_root: bool = False) -> None:
    """Take an entry out of its directories and out of the ledger; owner counts are the caller's.

    Args:
        keep_root: the first page of a directory that this empties stays.
    """
    for owner, _, page in entry.pages:
        directory.remove(state.journal, owner.owned, page, entry, keep_root=keep_root)
    state.journal.delete(entry)
    del state.others[entry.key]


def set_field(state: State, account: Account, name: str, value: int | str | None) -> None:
    """Set one of the fields that only a few accounts have (``TicketCount`` and the like), or remove it with None."""
    state.journal.touch(account)
    others = {key: held for key, held in account.other.items() if key != name}
    account.other = others if value is None else {**others, name: value}
