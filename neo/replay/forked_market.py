"""What a market with a fork is to who trades on it, wherever its ledgers come from."""

from __future__ import annotations

from typing import Final

from neo.ledger import Ledger
from neo.network.pending import Transaction
from neo.replay.fork import Fork, ForkCounts

# From ledger to ledger where nobody says how far apart they are, in seconds. Source: xrpl.org, "Consensus": 3 to 5.
UNTOLD_INTERVAL_S: Final = 4


class ForkedMarket:
    """A market of others with our account and orders in it.

    Args:
        fork: The market with ours in it.
        begun_anew: How often it was begun anew, as ledgers were missing.
    """

    def __init__(self, fork: Fork, begun_anew: int) -> None:
        # What is to be told beside the last closed ledger.
        self.notice: str | None = None
        self.begun_anew = begun_anew
        self._fork = fork

    @property
    def ledger(self) -> Ledger:
        """Open for the next ledger's transactions."""
        return self._fork.ledger

    @property
    def closed_index(self) -> int:
        """The index of the last closed ledger."""
        return self._fork.closed_index

    @property
    def counts(self) -> ForkCounts:
        """What became of others' transactions so far."""
        return self._fork.counts

    @property
    def waiting_hashes(self) -> tuple[str, ...]:
        """The hashes of ours that wait for a ledger, in the order of submission."""
        return self._fork.waiting_hashes

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False) -> str:
        """Send a transaction of ours; returns the preliminary result. See ``Network.submit``."""
        return self._fork.submit(tx, tx_hash, fail_hard=fail_hard)
