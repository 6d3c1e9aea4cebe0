"""What a transaction did: its result at once, its metadata when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neo.ledger import metadata
from neo.ledger.amount import Amount
from neo.ledger.entries import Account, Entry, Image, Line, Offer, Page
from neo.ledger.transactions.common import Transaction


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """One entry that a transaction changed.

    Attributes:
        entry: the entry. before: the fields that changed, as they were. after: its snapshot when the transaction ended.
        previous_hash, previous_ledger: the transaction that had changed it last.
    """

    entry: Entry
    before: dict[str, Any]
    after: Image
    previous_hash: str
    previous_ledger: int


class Applied:
    """The outcome of one transaction.

    Attributes:
        result: the result code by its real name. applied: it reached the ledger (``tes`` or ``tec``).
        hash: of the transaction. index: its place in the ledger. delivered: what a payment delivered, if it says so.
        touched: the entries it changed; read it through ``meta``.
    """

    __slots__ = ("_addresses", "applied", "delivered", "hash", "index", "ledger_index", "result", "touched", "tx")

    def __init__(  # noqa: PLR0913, PLR0917 - one field each
        self,
        result: str,
        tx: Transaction | None,
        touched: list[Touched],
        delivered: Amount | None,
        index: int,
        ledger_index: int,
    ) -> None:
        self.result = result
        self.applied = bool(touched)
        self.hash = "" if tx is None else tx.hash
        self.index = index
        self.ledger_index = ledger_index
        self.delivered = delivered
        self.touched = touched
        self.tx = tx
        self._addresses: set[str] | None = None

    def touches(self, address: str) -> bool:
        """Whether anything of this account's changed: its root, its trust line, its offers."""
        if self._addresses is None:
            self._addresses = set()
            for touched in self.touched:
                self._addresses |= _addresses_of(touched.entry)
        return address in self._addresses

    def meta(self) -> dict[str, Any]:
        """The transaction's metadata, in the ledger's own shape."""
        return metadata.render(self)

    def __repr__(self) -> str:
        return f"Applied({self.result!r}, index={self.index})"


def _addresses_of(entry: Entry) -> set[str]:
    if isinstance(entry, Account):
        return {entry.address}
    if isinstance(entry, Line):
        return {entry.holder.address, entry.issuer.address}
    if isinstance(entry, Offer):
        return {entry.owner.address}
    if isinstance(entry, Page) and entry.directory.owner is not None:
        return {entry.directory.owner.address}
    return set()
