"""What a transaction did: its result at once, its metadata when somebody asks."""

from __future__ import annotations

from neo.ledger import metadata
from neo.ledger.amount import Amount
from neo.ledger.entries import Page, Touched
from neo.ledger.json_forms import JsonObject
from neo.ledger.transactions.common import SUCCESS, Transaction

_DELIVERING = ("AccountDelete", "CheckCash", "Payment")  # the types that tell what arrived


class Applied:
    """The outcome of one transaction.

    Attributes:
        result: the result code by its real name.
        applied: it reached the ledger (``tes`` or ``tec``).
        hash: of the transaction.
        index: its place in the ledger.
        delivered: what a payment delivered, if it says so.
        touched: the entries it changed; read it through ``meta``.
    """

    __slots__ = ("applied", "delivered", "hash", "index", "ledger_index", "result", "touched", "tx")

    def __init__(
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

    def touches(self, address: str) -> bool:
        """Whether anything of this account's changed: its root, its trust line, its offers."""
        return any(touched.entry.belongs_to(address) for touched in self.touched)

    def meta(self, *, with_pages: bool = True) -> JsonObject:
        """The transaction's metadata, in the ledger's own shape.

        Args:
            with_pages: with the pages of directories, which are nearly half of it and tell nothing of money or offers.

        Raises:
            ValueError: it never reached the ledger.
        """
        if self.tx is None or not self.applied:
            raise ValueError(f"a transaction that ended as {self.result} never reached the ledger: it has no metadata")
        meta: JsonObject = {
            "AffectedNodes": metadata.nodes(
                touched for touched in self.touched if with_pages or not isinstance(touched.entry, Page)
            ),
            "TransactionIndex": self.index,
            "TransactionResult": self.result,
        }
        if self.tx.kind in _DELIVERING and self.result == SUCCESS:
            meta |= metadata.delivery(_asked(self.tx), self.delivered)
        return meta

    def __repr__(self) -> str:
        return f"Applied({self.result!r}, index={self.index})"


def _asked(tx: Transaction) -> object:
    """What was to arrive, in JSON; an account's deletion names no amount."""
    if "DeliverMin" in tx.fields and "Amount" not in tx.fields and tx.kind == "CheckCash":
        return tx.fields["DeliverMin"]
    return None if tx.kind == "AccountDelete" else tx.written("Amount")
