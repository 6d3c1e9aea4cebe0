"""Our own transactions between submission and ledger, as the server that took them would hold them."""

from __future__ import annotations

from typing import Any

from neo.ledger import Ledger
from neo.sim.outbox import Transaction

_REFUSED = ("tel", "tem", "tef")  # never in a ledger, no fee, no sequence; everything else is held for the next ledger


class Pending:
    """Transactions waiting for the next ledger.

    Args:
        transactions: (transaction, hash) pairs in the order of their submission.
    """

    def __init__(self, transactions: list[tuple[Transaction, str]] | None = None) -> None:
        self._waiting = transactions or []

    def submit(self, ledger: Ledger, tx: Transaction, tx_hash: str) -> str:
        """Look at a transaction as a server does on submission, and hold it unless it is refused.

        Returns:
            The preliminary result. It is not final: what the ledger does with it is known only when that closes.
        """
        if any(held_hash == tx_hash for _, held_hash in self._waiting):
            return "tefALREADY"
        result = self._preliminary(ledger, tx)
        if not result.startswith(_REFUSED):
            self._waiting.append((tx, tx_hash))
        return result

    def _preliminary(self, ledger: Ledger, tx: Transaction) -> str:
        """The result on the last closed ledger with the account's waiting transactions counted in its sequence.

        Only their sequences are counted, not what they would trade: a server's open ledger would know that too, but its
        word isn't final either.
        """
        account = tx["Account"]
        held = sum(held_tx["Account"] == account for held_tx, _ in self._waiting)
        if held and tx.get("Sequence") == ledger.sequence(account) + held:
            tx = {**tx, "Sequence": ledger.sequence(account)}
        return ledger.result_of(tx)

    def take(self) -> list[tuple[Transaction, str]]:
        """Everything that waits, for the ledger that closes now."""
        taken, self._waiting = self._waiting, []
        return taken

    def hold(self, tx: Transaction, tx_hash: str) -> None:
        """Keep a transaction whose sequence has not come yet (terPRE_SEQ) for a later ledger."""
        self._waiting.append((tx, tx_hash))

    def to_state(self) -> list[Any]:
        """JSON-able."""
        return [[tx, tx_hash] for tx, tx_hash in self._waiting]
