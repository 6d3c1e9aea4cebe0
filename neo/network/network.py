"""A node of the embedded network: it takes transactions, closes ledgers, and tells what each ledger did.

Nothing here knows who trades: a crowd, a recording, a test or a socket hands in what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from neo.ledger import Applied, Ledger
from neo.messages import LedgerTransaction
from neo.network.pending import Pending, Transaction, new_held


class AppliedTransaction(NamedTuple):
    """One transaction of a closed ledger, with what the ledger did with it."""

    tx: Transaction
    tx_hash: str
    applied: Applied


class RecordedTransaction(NamedTuple):
    """One transaction of a closed ledger that was not executed: it did there what was recorded of it elsewhere.

    Attributes:
        told: As it was recorded.
        left_out: The keys of entries that it changed there, and that there are none of here; in capital hex.
    """

    told: LedgerTransaction
    left_out: tuple[str, ...] = ()

    @property
    def tx(self) -> Transaction:
        """In the ledger's JSON form."""
        return self.told.tx

    @property
    def tx_hash(self) -> str:
        """Its hash."""
        return self.told.tx_hash


class ClosedLedger(msgspec.Struct, frozen=True):
    """A ledger that closed.

    Args:
        index: Its own.
        close_time_s: Seconds of the ripple epoch.
        transactions: In the ledger's order.
    """

    index: int
    close_time_s: int
    transactions: tuple[AppliedTransaction, ...]


class ForkedLedger(msgspec.Struct, frozen=True):
    """A ledger that closed, of whose transactions some were executed and some applied as recorded.

    Args:
        index: Its own.
        close_time_s: Seconds of the ripple epoch.
        transactions: In the ledger's order.
        differing: Those that were applied as recorded because they came out otherwise though nothing of ours was near:
            each in one clause. None where everything is known.
        since_index: The first of the ledgers that it stands for, if there are more than one: of those before it nothing
            is told.
    """

    index: int
    close_time_s: int
    transactions: tuple[AppliedTransaction | RecordedTransaction, ...]
    differing: tuple[str, ...] = ()
    since_index: int | None = None


class Network:
    """A ledger and what waits for it.

    Args:
        ledger: Open for the next ledger's transactions.
        pending: What waits already.
    """

    def __init__(self, ledger: Ledger, pending: Pending | None = None) -> None:
        self.ledger = ledger
        self._pending = pending or Pending()

    @property
    def closed_index(self) -> int:
        """The index of the last closed ledger."""
        return self.ledger.index - 1

    @property
    def waiting_hashes(self) -> tuple[str, ...]:
        """The hashes of what waits for a ledger, in the order of submission."""
        return self._pending.hashes

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False) -> str:
        """Send a transaction for the next ledger.

        Args:
            tx: In the ledger's JSON form.
            tx_hash: Its hash.
            fail_hard: Hold it only if it succeeds on the open ledger.

        Returns:
            The preliminary result, as a server would give it; only a closed ledger's is final. See
            :mod:`neo.network.pending` for what is held and what is not.
        """
        return self._pending.submit(self.ledger, tx, tx_hash, fail_hard=fail_hard)

    def close(self, others: Sequence[tuple[Transaction, str]], close_time_s: int) -> ClosedLedger:
        """Apply what others send and what waits, in the network's order, and close the ledger.

        Validators sort a ledger's transactions by account, mixed with a salt that nobody knows before the set is
        agreed, then by sequence: being early gains nothing. Source: rippled, CanonicalTXSet; see ``neo.ledger``.

        Args:
            others: Transactions that come in with this ledger, each with its hash. One that waits as well counts once.
            close_time_s: Seconds of the ripple epoch.
        """
        ledger = self.ledger
        index = ledger.index
        waiting = {held.tx_hash: held for held in self._pending.take()}
        sent = {tx_hash: tx for tx, tx_hash in others}  # a set of transactions has each of them once
        sent |= {tx_hash: held.tx for tx_hash, held in waiting.items()}
        done: list[AppliedTransaction] = []
        for agreed, applied in ledger.apply_set([{**tx, "hash": tx_hash} for tx_hash, tx in sent.items()]):
            tx_hash = agreed["hash"]
            tx = sent[tx_hash]
            if applied.applied:
                done.append(AppliedTransaction(tx, tx_hash, applied))
            else:
                self._pending.keep(waiting.get(tx_hash) or new_held(tx, tx_hash, index), applied.result, ledger)
        ledger.close(close_time_s)
        return ClosedLedger(index, close_time_s, tuple(done))

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        return {"ledger": self.ledger.to_state(), "pending": self._pending.to_state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Network:
        """The network as :meth:`to_state` left it."""
        ledger = Ledger.from_state(state["ledger"])
        return cls(ledger, Pending.from_state(state["pending"], ledger.index))
