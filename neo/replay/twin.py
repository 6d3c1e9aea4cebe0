"""The twin: what a live session's orders would have come to on paper, worked out beside it on the same ledgers.

It is the fork of the very ledgers that the session lives through, with the very transactions that it sends: each enters
the ledger after the newest that had closed as it was sent. Where it did so in truth, it stands where the ledger had it,
and paper and truth are one. Where they part, it shows by how much paper errs.

What else our account did (a deposit, another program) is taken over from the ledger as others' doings are. A number
that one of ours used up on one side alone is taken over too, once nothing of ours waits: else no later order could
enter on paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from neo.chain.fills import Reading, read
from neo.chain.pair import Pair
from neo.ledger import keys
from neo.messages import LedgerTransaction, Side, TwinEntry, TwinFill, TwinObserved
from neo.mirror.assembly import CompleteLedger
from neo.mirror.mirror_view import ours
from neo.network.network import AppliedTransaction, ForkedLedger, RecordedTransaction
from neo.replay.fork import Fork
from neo.replay.pair_part import PairPart
from neo.replay.recorded import RecordedLedger, RecordedState


class Twin:
    """The fork beside a live session.

    Args:
        state: The pair with our account, as the mirror has it.
        pair: Ours.
        accounts: All that have something of the pair there.
        close_time_s: When that ledger closed, in seconds of the ripple epoch.
    """

    def __init__(self, state: RecordedState, pair: Pair, accounts: Iterable[str], close_time_s: int) -> None:
        self._pair = pair
        self._part = PairPart(pair, accounts)
        self._fork = Fork.begin(state)
        self._fork.join(pair.account, 0, Decimal(0))
        self._ledger_hash, self._close_time_s = state.ledger_hash, close_time_s
        # What was sent and is in no ledger yet, with the last one that may have it.
        self._under_way: dict[str, int] = {}

    @property
    def ledger_index(self) -> int:
        """The last ledger that it lived through."""
        return self._fork.closed_index

    def submit(self, tx: dict[str, Any], tx_hash: str, first_index: int) -> None:
        """Take a transaction that the session sends; one that it sends again counts once.

        Args:
            tx: In the ledger's JSON form.
            tx_hash: Its hash.
            first_index: The ledger after the newest that had closed as it was sent.
        """
        if tx_hash not in self._fork.waiting_hashes and not self._fork.has_had(tx_hash):
            self._under_way[tx_hash] = int(tx["LastLedgerSequence"])
            self._fork.submit(tx, tx_hash, first_index=first_index)

    def close(self, ledger: CompleteLedger, sequence: int) -> TwinObserved | None:
        """Live through the next ledger.

        Args:
            ledger: As the stream told it.
            sequence: Our account's, as that ledger left it in truth.

        Returns:
            What happened of ours, if anything did.

        Raises:
            MetadataError: A transaction's metadata lacks the ledger's shape. The server's fault.
            KeyError: The same.
            ValueError: The same.
        """
        recorded = RecordedLedger(
            ledger_index=ledger.index,
            ledger_hash=ledger.ledger_hash,
            parent_hash=self._ledger_hash,
            close_time_s=ledger.close_time_s,
            parent_close_time_s=self._close_time_s,
            transactions=self._part.of(ledger.transactions),
            is_whole=False,
            fees=ledger.fees,
        )
        closed = self._fork.close(recorded)
        self._ledger_hash, self._close_time_s = ledger.ledger_hash, ledger.close_time_s
        for transaction in recorded.transactions:
            self._under_way.pop(transaction.tx_hash, None)
        self._under_way = {tx_hash: last for tx_hash, last in self._under_way.items() if last > ledger.index}
        if not self._under_way and not self._fork.waiting_hashes:
            self._fork.set_sequence(sequence)
        entered, fills = self._read(closed)
        if not entered and not fills:
            return None
        return TwinObserved(ledger_index=closed.index, entered=entered, fills=fills)

    def _read(self, closed: ForkedLedger) -> tuple[tuple[TwinEntry, ...], tuple[TwinFill, ...]]:
        entered: list[TwinEntry] = []
        fills: list[TwinFill] = []
        for done in closed.transactions:
            transaction = self._told(done)
            if transaction is None:
                continue
            reading = read(transaction, self._pair)
            if reading.own:
                entered.append(TwinEntry(done.tx_hash, transaction.result))
            # Of what was applied as recorded, our offers that it met there and that are not here tell nothing.
            lacking = done.left_out if isinstance(done, RecordedTransaction) else ()
            fills += (each for each in _fills(transaction, reading) if self._key_of(each) not in lacking)
        return tuple(entered), tuple(fills)

    def _told(self, done: AppliedTransaction | RecordedTransaction) -> LedgerTransaction | None:
        """A transaction as the ledger of paper has it; None if nothing of ours changed by it."""
        if isinstance(done, RecordedTransaction):
            return done.told if ours((done.told,), self._pair.account) else None
        applied = done.applied
        if not applied.touches(self._pair.account):
            return None
        return LedgerTransaction(done.tx_hash, done.tx, applied.meta(), applied.result)

    def _key_of(self, fill: TwinFill) -> str:
        return keys.offer_key(keys.account_id(self._pair.account), fill.offer_sequence).hex().upper()


def _fills(transaction: LedgerTransaction, reading: Reading) -> list[TwinFill]:
    """What one transaction traded with ours: with offers that rested, or as our own offer crossed."""
    tx, tx_hash = transaction.tx, transaction.tx_hash
    made = [
        TwinFill(tx_hash, change.offer_sequence, change.side, change.xrp_drops, change.rlusd, taker=False)
        for change in reading.changes
        if change.xrp_drops or change.rlusd
    ]
    if made or not reading.own or tx["TransactionType"] != "OfferCreate":
        return made
    if not reading.xrp_change_drops and not reading.rlusd_change:
        return []
    side = Side.SELL if isinstance(tx["TakerGets"], str) else Side.BUY
    drops, rlusd = abs(reading.xrp_change_drops), reading.rlusd_change.copy_abs()
    return [TwinFill(tx_hash, int(tx["Sequence"]), side, drops, rlusd, taker=True)]
