"""From a server's stream to complete ledgers, in strict order: none is told that is not whole, none silently left out.

A server tells ``ledgerClosed`` first and the ledger's transactions after it, each once for every subscription that it
matches, and before that as proposed. What proves that a ledger is complete depends on what was subscribed to:

- ``ALL`` (the stream of all transactions): ``txn_count`` distinct validated transactions of that ledger have come, and
  their places in it are 0 to ``txn_count`` - 1.
- ``FILTERED`` (books and accounts): the next ledger has closed, for a server sends all of a ledger before the next
  one's close. That a message was lost on the way is shown later, by our account's root: it names the transaction that
  had changed it last, and each one that we see must be the one that we saw before.

A pause proves nothing. A ledger that is not complete though a later one has closed is waited for ``PATIENCE_S`` longer;
then it is a gap (:meth:`LedgerAssembly.gap`), until it has been asked for and handed in
(:meth:`LedgerAssembly.take_ledger`). Nothing after a gap is told before it is closed.

Times are told by the caller. Memory is bounded: what lies too far ahead is not kept, and is then a gap.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from neo.ledger import Fees, keys
from neo.messages import LedgerTransaction
from neo.wire.answers import LedgerHeader
from neo.wire.frames import LedgerClosedFrame, TransactionFrame

# How long a ledger is waited for after a later one has closed. All of a ledger comes within a fraction of a second.
PATIENCE_S: Final = 1.0
# How many ledgers ahead of the last complete one are kept: minutes of them.
LEDGERS_MAX: Final = 64
# More transactions than any ledger has had; the rest would not be kept, and the ledger be a gap.
TRANSACTIONS_MAX: Final = 20_000
# Of how many ledgers already told the hashes are remembered, to tell a double from what came too late.
_REMEMBERED: Final = 8


class Completeness(enum.Enum):
    """What was subscribed to, and so what proves that a ledger is complete."""

    ALL = "all"
    FILTERED = "filtered"


class CompleteLedger(msgspec.Struct, frozen=True, kw_only=True):
    """A validated ledger with its transactions (filtered: those that were subscribed to), in the ledger's order.

    Args:
        index: Its own.
        ledger_hash: Its own.
        close_time_s: Seconds of the ripple epoch.
        transactions: With metadata, by their place in the ledger.
        fees: The voted amounts on it; None of a ledger that was asked for, whose header doesn't tell them.
        delay_s: From its close, as it was told, until it was complete; None if it was asked for.
    """

    index: int
    ledger_hash: str
    close_time_s: int
    transactions: tuple[LedgerTransaction, ...]
    fees: Fees | None
    delay_s: float | None


class LedgerGap(msgspec.Struct, frozen=True):
    """Ledgers that won't complete by themselves, and how that shows.

    If ``first_index`` is not after the last ledger told, that one was not whole: nothing but reading the mirror anew
    mends it.
    """

    first_index: int
    last_index: int
    why: str


class _Came(NamedTuple):
    """A transaction as it came: its place in its ledger, that ledger's hash, and what it says of our account's root."""

    place: int
    ledger_hash: str | None
    transaction: LedgerTransaction
    root: Mapping[str, Any] | None


class _Growing:
    """A ledger of which not everything has come."""

    __slots__ = ("closed", "closed_at_s", "contradiction", "transactions")

    def __init__(self) -> None:
        self.closed: LedgerClosedFrame | None = None
        self.closed_at_s = 0.0
        self.contradiction = ""
        self.transactions: dict[str, _Came] = {}

    def find_contradiction(self) -> str:
        """What can't be true together of what has come, or nothing."""
        closed = self.closed
        if self.contradiction or closed is None:
            return self.contradiction
        came = self.transactions.values()
        if any(each.ledger_hash not in (None, closed.ledger_hash) for each in came):
            return "a transaction is of another ledger with the same index"
        places = {each.place for each in came}
        if len(places) != len(came):
            return "two transactions have the same place"
        if closed.txn_count is not None and any(place >= closed.txn_count for place in places):
            return f"a transaction lies outside the {closed.txn_count} that the ledger has"
        return ""


class LedgerAssembly:
    """Puts ledgers together.

    Args:
        completeness: What was subscribed to.
        after_index: The ledger that is known already, such as the one that the mirror was read from.
        account: Ours.
        root_hash: The transaction that changed our account's root last, as of that ledger.
        after_hash: That ledger's.
    """

    def __init__(
        self, completeness: Completeness, after_index: int, account: str, root_hash: str, after_hash: str
    ) -> None:
        self._completeness = completeness
        self._root_index = keys.account_key(keys.account_id(account)).hex().upper()
        self._growing: dict[int, _Growing] = {}
        self._told: deque[tuple[int, str, frozenset[str]]] = deque(maxlen=_REMEMBERED)
        self._done_index, self._done_hash = after_index, after_hash
        self._farthest_index = after_index
        self._root_hash = root_hash
        self._broken: LedgerGap | None = None

    # --- taking in ---

    def take_closed(self, frame: LedgerClosedFrame, now_s: float) -> tuple[CompleteLedger, ...]:
        """A ledger closed; returns what has become complete by that."""
        growing = self._ledger(frame.ledger_index)
        self._farthest_index = max(self._farthest_index, frame.ledger_index)
        for index, ledger_hash, _ in self._told:
            if index == frame.ledger_index and ledger_hash != frame.ledger_hash:
                self._break(index, index, "it was told with two hashes")
        if growing is not None:
            if growing.closed is None:
                growing.closed, growing.closed_at_s = frame, now_s
            elif growing.closed.ledger_hash != frame.ledger_hash:
                growing.contradiction = "it was told with two hashes"
        return self._complete(now_s)

    def take_transaction(self, frame: TransactionFrame, now_s: float) -> tuple[CompleteLedger, ...]:
        """A transaction came; returns what has become complete by that. Those that are not final are passed over."""
        if not frame.validated or frame.meta is None:
            return ()
        if frame.ledger_index <= self._done_index:
            self._check_late(frame)
            return ()
        growing = self._ledger(frame.ledger_index)
        if growing is not None and frame.tx_hash not in growing.transactions:
            if len(growing.transactions) < TRANSACTIONS_MAX:
                growing.transactions[frame.tx_hash] = self._came(frame)
            else:
                growing.contradiction = f"more than {TRANSACTIONS_MAX} transactions"
        return self._complete(now_s)

    def take_ledger(self, header: LedgerHeader, now_s: float) -> tuple[CompleteLedger, ...]:
        """A ledger that was asked for, with all its transactions expanded; returns what has become complete by it.

        One that is not the next, or does not fit what was told of it, is passed over: the gap stays. It has to follow
        on the last one by that one's hash, to have what the stream told of it, and its transactions' places without a
        hole. That they are all that its own hash is of can't be told from their JSON.
        """
        index = header.ledger_index
        if index != self._done_index + 1 or not header.validated or header.ledger_hash is None:
            return ()
        came = {each.tx_hash: self._came(each) for each in header.transactions}
        growing = self._growing.get(index)
        if not self._fits(header, came) or not _has_what_came(header, came, growing):
            return ()
        closed = None if growing is None else growing.closed
        fees = None if closed is None else _fees(closed)
        self._broken = None
        if not self._follows(index, came.values()):
            return ()
        asked = _assembled(index, header.ledger_hash, header.close_time_s, came.values(), fees, None)
        self._growing.pop(index, None)
        self._tell(asked)
        return (asked, *self._complete(now_s))

    def _fits(self, header: LedgerHeader, came: Mapping[str, _Came]) -> bool:
        """Whether a ledger follows on the last one, and is whole by what it tells of itself."""
        return (
            header.parent_hash == self._done_hash
            and header.has_transactions == bool(came)
            and {each.place for each in came.values()} == set(range(len(header.transactions)))
            and all(each.ledger_hash in (None, header.ledger_hash) for each in came.values())
        )

    def _came(self, frame: TransactionFrame) -> _Came:
        meta = {} if frame.meta is None else frame.meta
        place = meta.get("TransactionIndex")
        root = next((node for node in _nodes(meta) if node.get("LedgerIndex") == self._root_index), None)
        transaction = LedgerTransaction(frame.tx_hash, frame.tx, meta, frame.result)
        return _Came(place if type(place) is int else -1, frame.ledger_hash, transaction, root)

    def _ledger(self, index: int) -> _Growing | None:
        if not self._done_index < index <= self._done_index + LEDGERS_MAX:
            return None
        return self._growing.setdefault(index, _Growing())

    def _check_late(self, frame: TransactionFrame) -> None:
        """What comes of a ledger that was told must be in it."""
        for index, _, hashes in self._told:
            if index == frame.ledger_index and frame.tx_hash not in hashes:
                self._break(index, index, f"transaction {frame.tx_hash} came after its ledger was told")

    # --- telling ---

    def _complete(self, now_s: float) -> tuple[CompleteLedger, ...]:
        done: list[CompleteLedger] = []
        while self._broken is None:
            index = self._done_index + 1
            growing = self._growing.get(index)
            if growing is None or growing.closed is None or not self._is_whole(index, growing):
                break
            closed, came = growing.closed, growing.transactions.values()
            if not self._follows(index, came):
                break
            delay_s = now_s - growing.closed_at_s
            ledger = _assembled(index, closed.ledger_hash, closed.close_time_s, came, _fees(closed), delay_s)
            del self._growing[index]
            self._tell(ledger)
            done.append(ledger)
        return tuple(done)

    def _is_whole(self, index: int, growing: _Growing) -> bool:
        if self._completeness is Completeness.FILTERED:
            is_due = any(later > index and other.closed is not None for later, other in self._growing.items())
        else:
            is_due = growing.closed is not None and growing.closed.txn_count == len(growing.transactions)
        return is_due and not growing.find_contradiction()

    def _tell(self, ledger: CompleteLedger) -> None:
        self._done_index, self._done_hash = ledger.index, ledger.ledger_hash
        hashes = frozenset(each.tx_hash for each in ledger.transactions)
        self._told.append((ledger.index, ledger.ledger_hash, hashes))

    def _follows(self, index: int, came: Iterable[_Came]) -> bool:
        """Whether nothing of ours is missing before any of a ledger's transactions; if it is, that ends the telling."""
        root_hash = self._root_hash
        ours = [each for each in came if each.root is not None]
        for each in sorted(ours, key=_place):
            assert each.root is not None, "those without were left out"
            before = each.root.get("PreviousTxnID")
            if root_hash and before is not None and before != root_hash:
                since = each.root.get("PreviousTxnLgrSeq")
                first = since if type(since) is int and since < index else index
                self._break(first, index, f"transaction {before} of ledger {since} was not seen")
                return False
            root_hash = each.transaction.tx_hash
        self._root_hash = root_hash
        return True

    def _break(self, first_index: int, last_index: int, why: str) -> None:
        if self._broken is None:
            self._broken = LedgerGap(first_index, last_index, why)

    # --- gaps ---

    def gap(self, now_s: float) -> LedgerGap | None:
        """Which ledgers won't complete by themselves, as far as it shows by now."""
        if self._broken is not None:
            return self._broken
        if self._farthest_index > self._done_index + LEDGERS_MAX:
            # Nothing of it was kept, so that nothing would ever complete. A server whose own stream fell behind goes on
            # at its newest ledger. Source: ``findNewLedgersToPublish`` in LedgerMaster.cpp of the ledger server.
            return LedgerGap(self._done_index + 1, self._farthest_index - 1, "a ledger far ahead closed")
        later = [(index, each.closed_at_s) for index, each in self._growing.items() if each.closed is not None]
        first = self._done_index + 1
        growing = self._growing.get(first)
        contradiction = "" if growing is None else growing.find_contradiction()
        overdue = [index for index, closed_at_s in later if index > first and now_s - closed_at_s >= PATIENCE_S]
        if not overdue and not contradiction:
            return None
        last = first
        while last + 1 < max(overdue, default=0) and not self._is_ready(last + 1):
            last += 1
        return LedgerGap(first, last, contradiction or self._lack(growing))

    def _is_ready(self, index: int) -> bool:
        growing = self._growing.get(index)
        return growing is not None and growing.closed is not None and self._is_whole(index, growing)

    def _lack(self, growing: _Growing | None) -> str:
        if growing is None or growing.closed is None:
            return "its close was not told"
        return f"{len(growing.transactions)} of {growing.closed.txn_count} transactions came"


def _has_what_came(header: LedgerHeader, came: Mapping[str, _Came], growing: _Growing | None) -> bool:
    """Whether a ledger that was asked for is the one that the stream told of."""
    if growing is None:
        return True
    closed = growing.closed
    if closed is not None and closed.ledger_hash != header.ledger_hash:
        return False
    if closed is not None and closed.txn_count not in (None, len(came)):
        return False
    streamed = [each for each in growing.transactions.values() if each.ledger_hash in (None, header.ledger_hash)]
    return all(each.transaction.tx_hash in came for each in streamed)


def _assembled(
    index: int,
    ledger_hash: str,
    close_time_s: int,
    came: Iterable[_Came],
    fees: Fees | None,
    delay_s: float | None,
) -> CompleteLedger:
    return CompleteLedger(
        index=index,
        ledger_hash=ledger_hash,
        close_time_s=close_time_s,
        transactions=tuple(each.transaction for each in sorted(came, key=_place)),
        fees=fees,
        delay_s=delay_s,
    )


def _nodes(meta: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The changed entries that can be read; one that can't is the mirror's to refuse."""
    entries = meta.get("AffectedNodes")
    if isinstance(entries, list):
        for entry in entries:
            if isinstance(entry, dict):
                yield from (node for node in entry.values() if isinstance(node, dict))


def _fees(closed: LedgerClosedFrame) -> Fees:
    return Fees(closed.base_fee_drops, closed.reserve_base_drops, closed.reserve_inc_drops)


def _place(came: _Came) -> int:
    return came.place
