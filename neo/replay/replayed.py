"""A recorded market played ledger by ledger, with our account and orders on it, until the recording is used up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from neo.ledger import Ledger
from neo.network.network import ForkedLedger
from neo.network.pending import Transaction
from neo.replay.fork import Fork, ForkCounts
from neo.replay.recorded import RecordedLedger, RecordedState

# From ledger to ledger once the recording is used up, in seconds. Source: xrpl.org, "Consensus": 3 to 5 seconds.
EMPTY_INTERVAL_S: Final = 4

_NOBODY: Final = "from here on nobody else trades"


class ReplayMarket:
    """A recording in the course of being played. Made by :meth:`begin` or :meth:`from_state`.

    Args:
        fork: The recorded market with ours in it.
        ledgers: The recording's ledgers in order; those that the fork has had already are passed over.
        is_over: Whether a ledger closed already that the recording does not have.
    """

    def __init__(self, fork: Fork, ledgers: Iterator[RecordedLedger], *, is_over: bool = False) -> None:
        # What is to be told beside the last closed ledger.
        self.notice: str | None = None
        self._fork = fork
        self._ledgers = ledgers
        self._is_over = is_over
        self._ending = "the recording is used up"
        self._upcoming: RecordedLedger | None = None if is_over else self._following()

    @classmethod
    def begin(
        cls,
        state: RecordedState,
        ledgers: Iterator[RecordedLedger],
        *,
        account: str,
        xrp_drops: int,
        rlusd: Decimal,
        delay_ledgers: int,
    ) -> ReplayMarket:
        """The market as its recording begins, and our account on it.

        Args:
            state: What the recording begins with.
            ledgers: What follows on that.
            account: Our address.
            xrp_drops: What it comes with.
            rlusd: The same.
            delay_ledgers: From the ledger that one of ours answers to the first one that it may enter.
        """
        fork = Fork.begin(state)
        fork.join(account, xrp_drops, rlusd, delay_ledgers=delay_ledgers)
        return cls(fork, ledgers)

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

    @property
    def is_used_up(self) -> bool:
        """Whether the recording has no ledger that follows on the last closed one."""
        return self._upcoming is None

    @property
    def next_close_time_s(self) -> int:
        """When the next ledger closes, in seconds of the ripple epoch."""
        upcoming = self._upcoming
        return self.ledger.close_time_s + EMPTY_INTERVAL_S if upcoming is None else upcoming.close_time_s

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False) -> str:
        """Send a transaction of ours; returns the preliminary result. See ``Network.submit``."""
        return self._fork.submit(tx, tx_hash, fail_hard=fail_hard)

    def close_next(self) -> ForkedLedger:
        """Close the next ledger: the recorded one, or one that has nothing in it but what is ours.

        Raises:
            KeyError: A recorded transaction's metadata lacks the ledger's shape: the recording's fault.
            ValueError: A value in it can't be read.
        """
        upcoming = self._upcoming
        if upcoming is None:
            self.notice = None if self._is_over else f"{self._ending}: {_NOBODY}"
            self._is_over = True
            return self._fork.close_empty(self.next_close_time_s)
        closed = self._fork.close(upcoming)
        self._upcoming = self._following()
        return closed

    def _following(self) -> RecordedLedger | None:
        """The recorded ledger that follows on the last closed one; None if there is none."""
        index = self.closed_index + 1
        for recorded in self._ledgers:
            if recorded.ledger_index == index:
                return recorded
            if recorded.ledger_index > index:
                self._ending = f"the recording has no ledger {index}, its next one is {recorded.ledger_index}"
                return None
        return None

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        return {"fork": self._fork.to_state(), "is_over": self._is_over}

    @classmethod
    def from_state(cls, state: dict[str, Any], ledgers: Iterator[RecordedLedger]) -> ReplayMarket:
        """What :meth:`to_state` wrote, with the same recording from its beginning, or from anywhere before."""
        return cls(Fork.from_state(state["fork"]), ledgers, is_over=state["is_over"])
