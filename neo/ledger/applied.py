"""What a transaction did: its result at once, its metadata when somebody asks."""

from __future__ import annotations

from typing import NamedTuple

from neo.ledger import metadata
from neo.ledger.amount import Amount
from neo.ledger.entries import Page, Touched
from neo.ledger.json_forms import JsonObject
from neo.ledger.transactions.common import SUCCESS, Transaction

_DELIVERING = ("AccountDelete", "CheckCash", "Payment")  # the types that tell what arrived


class Trial(NamedTuple):
    """What would come of a transaction now.

    Attributes:
        result: the result code by its real name.
        takes: it would trade, or cost its sender another offer than the one that it replaces.
    """

    result: str
    takes: bool


class Applied:
    """The outcome of one transaction.

    Attributes:
        result: the result code by its real name.
        applied: it reached the ledger (``tes`` or ``tec``).
        hash: of the transaction.
        index: its place in the ledger.
        delivered: what a payment delivered, if it says so.
        alone: it is known to have changed nothing of anybody but its sender.
        touched: the entries it changed; read it through ``meta``.
    """

    __slots__ = ("alone", "applied", "delivered", "hash", "index", "ledger_index", "result", "touched", "tx")

    def __init__(
        self,
        result: str,
        tx: Transaction | None,
        touched: list[Touched],
        delivered: Amount | None,
        index: int,
        ledger_index: int,
        *,
        alone: bool = False,
    ) -> None:
        self.result = result
        self.applied = bool(touched)
        self.hash = "" if tx is None else tx.hash
        self.index = index
        self.ledger_index = ledger_index
        self.delivered = delivered
        self.touched = touched
        self.tx = tx
        self.alone = alone

    def touches(self, address: str) -> bool:
        """Whether anything of this account's changed: its root, its trust line, its offers."""
        if self.alone:
            return self.tx is not None and self.tx.account == address
        for touched in self.touched:  # noqa: SIM110 - asked of every transaction of a session
            if touched.entry.belongs_to(address):
                return True
        return False

    def meta(self, *, of: str | None = None) -> JsonObject:
        """The transaction's metadata, in the ledger's own shape.

        Args:
            of: of this account's entries alone, and without the pages of its directory: all that tells of its money and
                its offers.

        Raises:
            ValueError: it never reached the ledger.
        """
        if self.tx is None or not self.applied:
            raise ValueError(f"a transaction that ended as {self.result} never reached the ledger: it has no metadata")
        touched = self.touched
        if of is not None:
            touched = [item for item in touched if item.entry.belongs_to(of) and not isinstance(item.entry, Page)]
        meta: JsonObject = {
            "AffectedNodes": metadata.nodes(touched),
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
