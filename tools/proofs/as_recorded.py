"""Applying a transaction that the embedded ledger does not execute: what its metadata says became of each entry.

What is told of accounts, of trust lines that there were, of offers and of entries of which only the fields matter is
set as told. A new trust line, a new offer or a change of a pool is none of these: such a transaction is refused by the
entry's name, with the ledger left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neo.ledger import others, raw_entries, text
from neo.ledger.amount import Amount
from neo.ledger.entries import Account, Entry, Offer, TrustLine
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State

_OWN = {"AccountRoot", "AMM", "Offer", "RippleState"}  # kinds that this ledger knows more of than their fields
_KINDS: dict[str, type[Entry]] = {"AccountRoot": Account, "RippleState": TrustLine, "Offer": Offer}


Node = tuple[str, Mapping[str, Any]]
"""What became of an entry (``CreatedNode``, ``ModifiedNode``, ``DeletedNode``), and what is told of it."""


def apply(state: State, nodes: Sequence[Node], tx_hash: str) -> str | None:
    """Set what a transaction's metadata tells.

    Args:
        nodes: what it changed, directories left out: they follow from what they list.
        tx_hash: its hash; entries remember it as the last to change them.

    Returns:
        None; or, with nothing changed, what of it cannot be set.
    """
    known = _by_key(state)
    for change, node in nodes:
        if not _can_be_set(change, node, known.get(node["LedgerIndex"])):
            return f"{change} of {node['LedgerEntryType']} {node['LedgerIndex']}"
    # Roots come last: they tell the count of what their accounts own, which is not to be counted once more.
    for change, node in sorted(nodes, key=_is_root):
        entry = _set(state, change, node, known.get(node["LedgerIndex"]))
        entry.previous_hash, entry.previous_ledger = tx_hash, state.index
    state.journal.clear()
    return None


def _by_key(state: State) -> dict[str, Entry]:
    """Every entry that may be told of, by its key in hex."""
    entries: list[Entry] = [*state.others.values()]
    for account in state.accounts.values():
        entries += [account, *account.lines.values(), *account.offers.values()]
    return {entry.key.hex().upper(): entry for entry in entries}


def _can_be_set(change: str, node: Mapping[str, Any], entry: Entry | None) -> bool:
    kind = node["LedgerEntryType"]
    if change == "CreatedNode":
        return entry is None and (kind not in _OWN or kind == "AccountRoot")
    return isinstance(entry, _KINDS.get(kind, OtherEntry)) and (change, kind) != ("DeletedNode", "AccountRoot")


def _is_root(node: Node) -> bool:
    return bool(node[1]["LedgerEntryType"] == "AccountRoot")


def _set(state: State, change: str, node: Mapping[str, Any], entry: Entry | None) -> Entry:
    if entry is None:
        return _create(state, node)
    if change == "DeletedNode":
        _delete(state, entry)
    elif "FinalFields" in node:
        _change(state, entry, node["FinalFields"])
    return entry


def _create(state: State, node: Mapping[str, Any]) -> Entry:
    """A new root, or an entry of another kind. Of new ones zeros go untold, and so do first pages."""
    told, kind = node["NewFields"], node["LedgerEntryType"]
    if kind == "AccountRoot":
        account = state.create_account(told["Account"], sequence=told["Sequence"])
        raw_entries.set_root(account, {"Flags": 0, "OwnerCount": 0, **told})
        return account
    owners = raw_entries.owners_of_new(state, kind, told)
    fields = raw_entries.own_fields(told, [page for _, page in owners])
    return others.create(state, kind, bytes.fromhex(node["LedgerIndex"]), fields, owners)


def _delete(state: State, entry: Entry) -> None:
    if isinstance(entry, Offer):
        state.delete_offer(entry)
    elif isinstance(entry, TrustLine):
        state.delete_line(entry)
    elif isinstance(entry, OtherEntry):
        others.delete(state, entry)


def _change(state: State, entry: Entry, told: Mapping[str, Any]) -> None:
    if isinstance(entry, Account):
        raw_entries.set_root(entry, told)
    elif isinstance(entry, TrustLine):
        raw_entries.set_line(entry, told)
    elif isinstance(entry, Offer):
        entry.pays, entry.gets = _amount(told["TakerPays"]), _amount(told["TakerGets"])
    elif isinstance(entry, OtherEntry):
        others.change(state, entry, raw_entries.own_fields(told, [name for _, name, _ in entry.pages]))


def _amount(value: Any) -> Amount:
    return int(value) if isinstance(value, str) else text.parse_token(value["value"])
