"""The fork: a recorded market on a ledger that has our orders as well.

Others' transactions are executed anew, in the order that they had, and so they meet our offers where these stand. Ours
enter the ledger after the one that they answer, at the place that the ledger's own rule gives their account among the
others, by the salt of the set that they form together (:mod:`neo.ledger.canonical`): being early gains nothing.

What the embedded ledger does not execute is applied as recorded (:mod:`neo.replay.as_recorded`) and counted. So is what
comes out otherwise than recorded though nothing that it met was ever moved by orders of ours: then something that is
not known of the ledger decided it. Without orders of ours the fork is the recording.

Others do what they did: nobody answers our orders. An offer that was taken in the recording, and here was not because
its taker met ours, stays until somebody takes it or its owner cancels it by its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.fills import UNREADABLE
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.ledger import Applied, Fees, Ledger, UnsupportedTransactionError, canonical, text
from neo.ledger.entries import Account, Offer
from neo.ledger.ledger import open_line
from neo.ledger.state import State
from neo.messages import LedgerTransaction
from neo.network.network import AppliedTransaction, ForkedLedger, RecordedTransaction
from neo.network.pending import Held, Pending, Transaction
from neo.replay import as_recorded
from neo.replay.likeness import did_otherwise, difference, nodes_of
from neo.replay.nodes import CREATED, DELETED, ROOT, Node, find, read_nodes
from neo.replay.prime import Primer
from neo.replay.recorded import RecordedLedger, RecordedState

# How often accounts that don't matter any more are looked for.
_TIDY_LEDGERS = 64
# A second try of ours comes after all others, and may still be put off; the last one may not.
_PASSES_AFTER = (True, False)
# What an entry of voted amounts names them, in the order of ours. Source: xrpl.org, "FeeSettings".
_FEES = ("BaseFeeDrops", "ReserveBaseDrops", "ReserveIncrementDrops")
_OTHER_FORM = "it meets entries of a form that the embedded ledger does not know"

UNREADABLE_LEDGER: Final = (AssertionError, *UNREADABLE)
"""What a recorded ledger of a wrong form runs into: the embedded one asserts what entries of its own making have."""


class ForkCounts(msgspec.Struct, kw_only=True):
    """What became of others' transactions.

    Args:
        executed: Executed anew, by type.
        recorded: Applied as recorded, by type.
        why_recorded: The same by the reason, in words.
        moved: Of those executed anew, how many did something else than recorded because of our orders.
        not_applied: Of those, how many the fork's ledger could not have at all; only their number was used up.
        trades_executed: Trades of the recording in the pair whose transaction was executed anew.
        trades_recorded: The same of those applied as recorded.
    """

    executed: Counter[str] = msgspec.field(default_factory=Counter)
    recorded: Counter[str] = msgspec.field(default_factory=Counter)
    why_recorded: Counter[str] = msgspec.field(default_factory=Counter)
    moved: int = 0
    not_applied: int = 0
    trades_executed: int = 0
    trades_recorded: int = 0

    @classmethod
    def read(cls, saved: dict[str, Any]) -> ForkCounts:
        """From JSON values."""
        by_type = {name: Counter(saved[name]) for name in ("executed", "recorded", "why_recorded")}
        return cls(
            **by_type,
            moved=saved["moved"],
            not_applied=saved["not_applied"],
            trades_executed=saved["trades_executed"],
            trades_recorded=saved["trades_recorded"],
        )


class Fork:
    """A ledger of the recording with ours in it. Made by :meth:`begin` or :meth:`from_state`.

    Attributes:
        ledger: Open for the next ledger's transactions.
        counts: What became of others' transactions so far.
    """

    def __init__(self, ledger: Ledger, primer: Primer | None, pair: Pair, pending: Pending) -> None:
        self.ledger = ledger
        self.counts = ForkCounts()
        self._primer = primer
        self._pair = pair
        self._pending = pending
        # Entries that are, or may be, other than recorded because of our orders; in capital hex.
        self._moved: set[str] = set()
        # Of these, entries that the recording has not, or not any more: gone from here they are of no concern.
        self._only_here: set[str] = set()
        # Our transactions by hash, with the last ledger for which a recording may have them too.
        self._ours: dict[str, int] = {}
        self._closed_index = ledger.index - 1
        self._delay_ledgers = 1
        # The first ledger that one of ours may enter, of those that it may not enter yet.
        self._due: dict[str, int] = {}

    @classmethod
    def begin(cls, state: RecordedState) -> Fork:
        """The fork at a recording's state, with nothing of ours.

        Raises:
            ValueError: It is of a form that this version does not read.
            KeyError: Something is missing from it.
        """
        ledger, primer = _begun(state)
        fork = cls(ledger, primer, Pair("", ledger.currency, ledger.issuer), Pending())
        fork._closed_index = state.ledger_index
        return fork

    def join(self, account: str, xrp_drops: int, rlusd: Decimal, *, delay_ledgers: int = 1) -> None:
        """Our account comes, made up, or it is there already, and it is ours.

        Args:
            account: Its address.
            xrp_drops: What a made-up one has.
            rlusd: The same, on a line of its own.
            delay_ledgers: From the ledger that a transaction answers to the first one that it may enter: 1 for the
                next.
        """
        state = self.ledger.state
        self._delay_ledgers = delay_ledgers
        if account not in state.accounts:
            ours = state.create_account(account, sequence=max(1, self._closed_index))
            ours.drops = xrp_drops
            open_line(state, ours, text.parse_token(str(rlusd)))
            state.journal.clear()
        self._pair = Pair(account, self._pair.currency, self._pair.issuer)
        if self._primer is not None:
            self._primer.kept.add(account)

    def begin_anew(self, state: RecordedState) -> None:
        """Go over to a later state, where nothing is told of the ledgers between.

        Our balances and offers are as they were, each behind others' of its price; what waits goes on waiting.

        Args:
            state: Of the others, without us.

        Raises:
            ValueError: It is of a form that this version does not read.
            KeyError: Something is missing from it.
        """
        account = self._pair.account
        ours, rlusd = self.ledger.state.accounts[account], self.ledger.token_balance(account)
        self.ledger, self._primer = _begun(state)
        self._closed_index = state.ledger_index
        self.join(account, ours.drops, rlusd or Decimal(0), delay_ledgers=self._delay_ledgers)
        new = self.ledger.state.accounts[account]
        new.sequence = ours.sequence
        for _, offer in sorted(ours.offers.items()):
            _put_back(self.ledger.state, new, offer)
        self._moved = {entry.key.hex().upper() for entry in (new, *new.lines.values(), *new.offers.values())}
        self._only_here = set(self._moved)

    # --- ours ---

    @property
    def closed_index(self) -> int:
        """The index of the last closed ledger."""
        return self._closed_index

    @property
    def waiting_hashes(self) -> tuple[str, ...]:
        """The hashes of ours that wait for a ledger, in the order of submission."""
        return self._pending.hashes

    def has_had(self, tx_hash: str) -> bool:
        """Whether one of ours was in a ledger of late, of those that could have it."""
        return tx_hash in self._ours

    def set_sequence(self, sequence: int) -> None:
        """Give our account the number that comes next for it elsewhere."""
        self.ledger.state.accounts[self._pair.account].sequence = sequence

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False, first_index: int = 0) -> str:
        """Send a transaction of ours; returns the preliminary result (``Network.submit``).

        Args:
            tx: In the ledger's JSON form.
            tx_hash: Its hash.
            fail_hard: Hold it only if it succeeds on the open ledger.
            first_index: The first ledger that it may enter, if that is known to be a later one.
        """
        result = self._pending.submit(self.ledger, tx, tx_hash, fail_hard=fail_hard)
        first_index = max(first_index, self._closed_index + self._delay_ledgers)
        if first_index > self._closed_index + 1 and tx_hash in self._pending.hashes:
            self._due[tx_hash] = first_index
        return result

    # --- ledgers ---

    def close(self, recorded: RecordedLedger) -> ForkedLedger:
        """Live through a recorded ledger, with what waits of ours in it.

        Args:
            recorded: The next one, or a later one if none between was recorded.

        Raises:
            KeyError: Metadata lacks the ledger's shape. The recording's fault.
            ValueError: A value in it can't be read.
        """
        ledger, state = self.ledger, self.ledger.state
        ledger.open_at(
            index=recorded.ledger_index,
            close_time_s=recorded.close_time_s,
            parent_close_time_s=recorded.parent_close_time_s,
            parent_hash=bytes.fromhex(recorded.parent_hash) if recorded.parent_hash else None,
        )
        if recorded.fees is not None:
            state.fees = recorded.fees
        done: list[AppliedTransaction | RecordedTransaction] = []
        differing: list[str] = []
        put_off: list[Held] = []
        for item in self._in_order(recorded):
            if isinstance(item, Held):
                applied = self._try(item, retrying=True)
                if applied.applied:
                    done.append(AppliedTransaction(item.tx, item.tx_hash, applied))
                elif applied.result.startswith(("ter", "tec")):
                    put_off.append(item)
                else:
                    self._pending.keep(item, applied.result, ledger)
            else:
                entered = self._other(item, is_whole=recorded.is_whole, differing=differing)
                if entered is not None:
                    done.append(entered)
        done += self._try_again(put_off)
        state.fees = _voted(recorded, state.fees)
        if self._primer is not None and recorded.ledger_index % _TIDY_LEDGERS == 0:
            self._primer.forget()
        return self._closed(recorded.ledger_index, recorded.close_time_s, done, tuple(differing))

    def close_empty(self, close_time_s: int) -> ForkedLedger:
        """Close a ledger that nobody but us has anything in: the recording is used up."""
        ledger, index = self.ledger, self._closed_index + 1
        before_s = ledger.state.close_time_s
        ledger.open_at(index=index, close_time_s=close_time_s, parent_close_time_s=before_s)
        return self._closed(index, close_time_s, self._try_again(self._due_by(index)), ())

    def _due_by(self, index: int) -> list[Held]:
        """What of ours enters a ledger; the rest goes on waiting."""
        due: list[Held] = []
        for held in self._pending.take():
            if self._due.get(held.tx_hash, index) > index:
                self._pending.put_back(held)
            else:
                self._due.pop(held.tx_hash, None)
                due.append(held)
        return due

    def _closed(
        self,
        index: int,
        close_time_s: int,
        done: list[AppliedTransaction | RecordedTransaction],
        differing: tuple[str, ...],
    ) -> ForkedLedger:
        self.ledger.close(close_time_s)
        self._closed_index = index
        self._ours = {tx_hash: last for tx_hash, last in self._ours.items() if last >= index}
        return ForkedLedger(index, close_time_s, tuple(done), differing)

    # --- order ---

    def _in_order(self, recorded: RecordedLedger) -> list[Held | LedgerTransaction]:
        """A ledger's transactions: others' as they were, ours among them by the rule.

        One of ours that the recording has as well stands where it has it: then its set is this one.
        """
        ours = {held.tx_hash: held for held in self._due_by(recorded.ledger_index)}
        self._ours |= {tx_hash: held.last_index for tx_hash, held in ours.items()}
        items: list[Held | LedgerTransaction] = []
        for transaction in recorded.transactions:
            held = ours.pop(transaction.tx_hash, None)
            if held is not None:
                items.append(held)
            elif transaction.tx_hash not in self._ours:  # else it was in an earlier ledger here
                items.append(transaction)
        return _placed(items, list(ours.values())) if ours else items

    # --- ours, tried ---

    def _try(self, held: Held, *, retrying: bool) -> Applied:
        applied = self.ledger.apply({**held.tx, "hash": held.tx_hash}, held.tx_hash, retrying=retrying)
        if applied.applied:
            self._note_moved(nodes_of(applied))
        return applied

    def _try_again(self, put_off: list[Held]) -> list[AppliedTransaction | RecordedTransaction]:
        done: list[AppliedTransaction | RecordedTransaction] = []
        for retrying in _PASSES_AFTER:
            still: list[Held] = []
            for held in put_off:
                applied = self._try(held, retrying=retrying)
                if applied.applied:
                    done.append(AppliedTransaction(held.tx, held.tx_hash, applied))
                elif retrying and applied.result.startswith(("ter", "tec")):
                    still.append(held)
                else:
                    self._pending.keep(held, applied.result, self.ledger)
            put_off = still
        return done

    # --- others' ---

    def _other(
        self, transaction: LedgerTransaction, *, is_whole: bool, differing: list[str]
    ) -> AppliedTransaction | RecordedTransaction | None:
        nodes = read_nodes(transaction.meta)
        if self._primer is not None:
            self._primer.prime(transaction, nodes)
        done = self._execute(transaction, nodes, is_whole=is_whole, differing=differing)
        if self._primer is not None:
            self._primer.note(nodes, transaction.tx_hash)
        if self._moved:
            self._let_go(nodes)
        return done

    def _execute(
        self, transaction: LedgerTransaction, nodes: list[Node], *, is_whole: bool, differing: list[str]
    ) -> AppliedTransaction | RecordedTransaction | None:
        counts, kind = self.counts, str(transaction.tx.get("TransactionType"))
        is_trade = bool(read_trades((transaction,), self._pair))
        try:
            applied = self.ledger.apply(transaction.tx, transaction.tx_hash)
        except UnsupportedTransactionError as error:
            return self._as_recorded(transaction, nodes, str(error), is_trade=is_trade)
        except UNREADABLE_LEDGER as error:
            differing.append(f"transaction {transaction.tx_hash} ({kind}): {_OTHER_FORM} ({error!r})")
            return self._as_recorded(transaction, nodes, _OTHER_FORM, is_trade=is_trade)
        executed = nodes_of(applied)
        if applied.result == transaction.result:
            other = difference(nodes, executed, is_whole=is_whole and self._primer is None)
        else:
            other = f"its result is {applied.result}, recorded {transaction.result}"
        if other is not None and not self._is_moved(nodes, executed):
            if applied.applied:
                self.ledger.take_back(applied)
            differing.append(f"transaction {transaction.tx_hash} ({kind}): {other}")
            return self._as_recorded(transaction, nodes, "came out otherwise", is_trade=is_trade)
        counts.executed[kind] += 1
        counts.trades_executed += is_trade
        if other is not None:
            counts.moved += applied.result != transaction.result or did_otherwise(nodes, executed)
            self._note_moved(executed, nodes)
        if applied.applied:
            return AppliedTransaction(transaction.tx, transaction.tx_hash, applied)
        self._use_up(transaction, nodes)
        return None

    def _as_recorded(
        self, transaction: LedgerTransaction, nodes: list[Node], why: str, *, is_trade: bool
    ) -> RecordedTransaction:
        left_out = as_recorded.apply(self.ledger.state, nodes, transaction.tx_hash)
        self.counts.recorded[str(transaction.tx.get("TransactionType"))] += 1
        self.counts.why_recorded[why] += 1
        self.counts.trades_recorded += is_trade
        return RecordedTransaction(transaction, tuple(node.key for node in left_out))

    def _is_moved(self, recorded: Sequence[Node], executed: Sequence[Node]) -> bool:
        """Whether anything that a transaction met, here or in the recording, is other than recorded for our sake."""
        moved = self._moved
        return bool(moved) and any(node.key in moved for node in (*recorded, *executed))

    def _use_up(self, transaction: LedgerTransaction, nodes: Iterable[Node]) -> None:
        """A transaction that the ledger could not have still uses its number up, as its sender's next ones expect."""
        self.counts.not_applied += 1
        sender = self.ledger.state.accounts.get(str(transaction.tx.get("Account")))
        for node in nodes:
            fields = node.after
            if sender is not None and fields is not None and fields.get("Account") == sender.address:
                sender.sequence = max(sender.sequence, fields.get("Sequence", 0) if node.kind == ROOT else 0)

    def _note_moved(self, executed: Sequence[Node], recorded: Sequence[Node] = ()) -> None:
        """Entries are other than recorded for our sake from now on, unless they are gone and the recording has none."""
        theirs = {node.key for node in recorded}
        self._moved.update(theirs, (node.key for node in executed))
        self._only_here.update(node.key for node in executed if node.change == CREATED and node.key not in theirs)
        gone = {node.key for node in executed if node.change == DELETED} & self._only_here
        self._moved -= gone
        self._only_here -= gone

    def _let_go(self, nodes: Iterable[Node]) -> None:
        """What has left both the recording and the fork is moved no more."""
        for node in nodes:
            if node.change != DELETED or node.key not in self._moved:
                continue
            if find(self.ledger.state, node) is None:
                self._moved.discard(node.key)
            else:
                self._only_here.add(node.key)

    # --- keeping ---

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        return {
            "ledger": self.ledger.to_state(),
            "pending": self._pending.to_state(),
            "account": self._pair.account,
            "moved": sorted(self._moved),
            "only_here": sorted(self._only_here),
            "ours": self._ours,
            "due": self._due,
            "delay_ledgers": self._delay_ledgers,
            "counts": msgspec.to_builtins(self.counts),
            "closed_index": self._closed_index,
            "primer": None if self._primer is None else self._primer.to_state(),
        }

    @classmethod
    def from_state(cls, saved: dict[str, Any]) -> Fork:
        """What :meth:`to_state` wrote."""
        ledger = Ledger.from_state(saved["ledger"])
        primer = None if saved["primer"] is None else Primer.from_state(ledger.state, saved["primer"])
        pair = Pair(saved["account"], ledger.currency, ledger.issuer)
        fork = cls(ledger, primer, pair, Pending.from_state(saved["pending"], ledger.index))
        fork._moved, fork._only_here, fork._ours = set(saved["moved"]), set(saved["only_here"]), dict(saved["ours"])
        fork.counts = ForkCounts.read(saved["counts"])
        fork._due, fork._delay_ledgers = dict(saved["due"]), saved["delay_ledgers"]
        fork._closed_index = saved["closed_index"]
        return fork


def _placed(items: list[Held | LedgerTransaction], ours: Sequence[Held]) -> list[Held | LedgerTransaction]:
    """Put ours among others' that keep their order: each behind as many as go before it by the rule.

    The salt is that of the set that they form together. Others' own order by it would be another one; how many of them
    it puts before us is the place that it gives.
    """
    txs = {item.tx_hash: {"Sequence": 0, **item.tx, "hash": item.tx_hash} for item in (*items, *ours)}
    salt = canonical.set_hash(txs)
    ordered = canonical.canonical_order(txs.values(), salt)
    waiting = {held.tx_hash: held for held in ours}
    behind: dict[int, list[Held]] = {}
    others = 0
    for tx in ordered:
        held = waiting.get(canonical.hash_of(tx))
        if held is None:
            others += 1
        else:
            behind.setdefault(others, []).append(held)
    placed: list[Held | LedgerTransaction] = []
    for number in range(len(items) + 1):
        placed += behind.get(number, ())
        placed += items[number : number + 1]
    return placed


def _voted(recorded: RecordedLedger, fees: Fees) -> Fees:
    """The amounts that hold from the next ledger on: a vote's own ledger still goes by those before."""
    for transaction in recorded.transactions:
        if transaction.tx.get("TransactionType") == "SetFee":
            for node in read_nodes(transaction.meta):
                after = node.after or {}
                if _FEES[0] in after:
                    fees = Fees(*(int(after[name]) for name in _FEES))
    return fees


def _begun(state: RecordedState) -> tuple[Ledger, Primer | None]:
    ledger = Ledger.from_state(state.state)
    return ledger, None if state.is_whole else Primer(ledger.state, state.roots_assumed, state.lines_assumed)


def _put_back(state: State, owner: Account, offer: Offer) -> None:
    book = state.asks if isinstance(offer.gets, int) else state.bids
    home = book.home_of(state.journal, offer.quality)
    fields = (offer.key, owner, offer.sequence, offer.pays, offer.gets, offer.quality, offer.flags, offer.expiration)
    state.place_offer(Offer(*fields, home, alive=False))
    state.journal.clear()
