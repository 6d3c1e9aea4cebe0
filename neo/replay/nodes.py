"""Metadata's nodes as replay reads them: what became of which entry, and what it was before.

Source: xrpl.org, "Transaction Metadata".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from neo.ledger.entries import Account, Entry, TrustLine
from neo.ledger.state import State

CREATED: Final = "CreatedNode"
MODIFIED: Final = "ModifiedNode"
DELETED: Final = "DeletedNode"

# Kinds of which the embedded ledger knows more than their fields.
ROOT, LINE, OFFER, POOL = "AccountRoot", "RippleState", "Offer", "AMM"
_PAGE: Final = "DirectoryNode"


class Node(NamedTuple):
    """What a transaction made of one entry.

    Attributes:
        change: created, modified or deleted, by the ledger's word.
        kind: The entry's type.
        key: Its key, in capital hex.
        told: All that the node says.
    """

    change: str
    kind: str
    key: str
    told: Mapping[str, Any]

    @property
    def after(self) -> Mapping[str, Any] | None:
        """The entry's fields afterwards; of a deleted one its last; None if nothing but its thread changed."""
        return self.told.get("NewFields" if self.change == CREATED else "FinalFields")

    @property
    def changed(self) -> Mapping[str, Any]:
        """The former values of the fields that changed."""
        changed: Mapping[str, Any] = self.told.get("PreviousFields", {})
        return changed

    @property
    def before(self) -> dict[str, Any] | None:
        """The entry's fields as the transaction found them; None if there was no such entry, or that is not told."""
        after = self.after
        return None if self.change == CREATED or after is None else {**after, **self.changed}

    @property
    def thread(self) -> str | None:
        """The transaction that had changed the entry last."""
        thread = self.told.get("PreviousTxnID")
        if thread is None and self.change == DELETED:
            thread = (self.after or {}).get("PreviousTxnID")
        return thread


def read_nodes(meta: Mapping[str, Any]) -> list[Node]:
    """The nodes of a transaction's metadata. Directories are left out: they follow from what they list.

    Raises:
        KeyError: Metadata of another form, by whoever told it.
    """
    return [
        Node(change, told["LedgerEntryType"], told["LedgerIndex"], told)
        for entry in meta["AffectedNodes"]
        for change, told in entry.items()
        if told["LedgerEntryType"] != _PAGE
    ]


def find(state: State, node: Node) -> Entry | None:
    """The entry that a node tells of, if the ledger has it."""
    fields, key = node.after, bytes.fromhex(node.key)
    if node.kind == POOL:
        amm = state.amm
        return amm if amm is not None and amm.key == key else state.pools.get(key)
    if node.kind not in (ROOT, LINE, OFFER):
        return state.others.get(key)
    if fields is None:
        return _find_by_key(state, node.kind, key)
    if node.kind == LINE:
        return _find_line(state, fields, key)
    account = state.accounts.get(fields["Account"])
    if account is None or node.kind == ROOT:
        return account
    offer = account.offers.get(fields.get("Sequence", 0))
    return offer if offer is not None and offer.key == key else None


def _find_line(state: State, fields: Mapping[str, Any], key: bytes) -> TrustLine | None:
    for name in ("LowLimit", "HighLimit"):
        account = state.accounts.get(fields[name]["issuer"])
        line = None if account is None else account.lines.get(key)
        if line is not None:
            return line
    return None


def _find_by_key(state: State, kind: str, key: bytes) -> Entry | None:
    """Of an entry of which nothing changed but its thread, only the key is told; seldom."""
    for account in state.accounts.values():
        found = _of_account(account, kind, key)
        if found is not None:
            return found
    return None


def _of_account(account: Account, kind: str, key: bytes) -> Entry | None:
    if kind == ROOT:
        return account if account.key == key else None
    if kind == LINE:
        return account.lines.get(key)
    return next((offer for offer in account.offers.values() if offer.key == key), None)
