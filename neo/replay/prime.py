"""What a recording of the pair alone does not tell beforehand, each transaction tells itself: what it found.

Metadata tells of every entry that changed what it was before (``PreviousFields`` over ``FinalFields``). So an account
that nobody knew yet, a line, an offer deep in a book or a ticket is brought in just before the transaction that
changes it. An entry that is known may have been changed by transactions that were not recorded: it names the
transaction that had changed it last, and if that is not the one that was seen last, it is set anew, moved by as much as
the ledger differs from the recording for our sake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from neo.ledger import others, raw_entries, text
from neo.ledger.amount import TOKENS
from neo.ledger.entries import Account, Entry, TrustLine
from neo.ledger.ledger import HOLDER_LIMIT
from neo.ledger.state import State
from neo.ledger.transactions.common import SUCCESS
from neo.messages import LedgerTransaction
from neo.replay.nodes import CREATED, DELETED, LINE, OFFER, ROOT, Node, find
from neo.replay.placing import amount_of, can_place, owner_counts, place, restore_owner_counts

# More accounts than ever make this market at once; beyond it those without an offer are forgotten. Of entries of other
# kinds (tickets, pages of non-fungible tokens) no more are worth their memory either.
ACCOUNTS_MAX: Final = 4_096

_Told = tuple[str, int, int]
"""The transaction that changed an entry last, and what it left: drops and owner count, or a balance's two parts."""


class Primer:
    """Knows which entries of a ledger are as they were recorded, and sets those that are not known.

    Args:
        state: The ledger.
        roots_assumed: Addresses whose root was made up.
        lines_assumed: Addresses whose line of the token was.
        kept: Addresses that are ours: nothing that is told is set on them, and they are never forgotten.
    """

    def __init__(
        self, state: State, roots_assumed: Collection[str], lines_assumed: Collection[str], kept: Collection[str] = ()
    ) -> None:
        self._state = state
        self._roots_assumed = set(roots_assumed)
        self._lines_assumed = set(lines_assumed)
        self.kept = set(kept)
        self._told: dict[str, _Told] = {}
        self._offers_met: set[str] = set()
        for account in state.accounts.values():
            self._offers_met.update(_hex(offer.key) for offer in account.offers.values())
            if account.previous_hash and account.address not in self._roots_assumed:
                self._told[_hex(account.key)] = (account.previous_hash, account.drops, account.owner_count)
            for line in account.lines.values():
                if line.previous_hash and account.address not in self._lines_assumed:
                    self._told[_hex(line.key)] = (line.previous_hash, *_seen_low(line, line.balance))

    def prime(self, transaction: LedgerTransaction, nodes: Sequence[Node]) -> None:
        """Set what a transaction found and the ledger does not know. Roots come first: they own the rest."""
        for node in nodes:
            if node.kind == ROOT and node.change != CREATED:
                self._prime_root(node)
        for node in nodes:
            if node.kind != ROOT and node.change != CREATED:
                self._prime_other(node)
            if node.change == DELETED:
                self._prime_thread(node)
        if transaction.tx.get("TransactionType") == "OfferCreate" and transaction.result == SUCCESS:
            self._assume_funds(transaction.tx)
        self._state.journal.clear()

    def note(self, nodes: Iterable[Node], tx_hash: str) -> None:
        """Remember what a transaction was told to have left, of entries that the ledger can have."""
        for node in nodes:
            fields = node.after
            if node.kind not in (ROOT, LINE, OFFER) or (
                fields is not None and not can_place(self._state, node.kind, fields)
            ):
                continue
            if node.kind != OFFER:
                self._note_told(node, tx_hash)
            elif node.change == DELETED:
                self._offers_met.discard(node.key)
            else:
                self._offers_met.add(node.key)

    def _note_told(self, node: Node, tx_hash: str) -> None:
        before, fields = self._told.pop(node.key, None), node.after
        if node.change == DELETED:
            return
        if fields is None:
            if before is not None:
                self._told[node.key] = (tx_hash, *before[1:])
        elif node.kind == ROOT:
            self._told[node.key] = (tx_hash, int(fields.get("Balance", 0)), fields.get("OwnerCount", 0))
        else:
            self._told[node.key] = (tx_hash, *_parts(fields))

    def forget(self) -> None:
        """Drop accounts without an offer, and entries of other kinds, if there are too many.

        What they have, and are, is told when they come back.
        """
        state = self._state
        if max(len(state.accounts), len(state.others)) <= ACCOUNTS_MAX:
            return
        standing = {state.issuer_address, *self.kept, *(() if state.amm is None else (state.amm.account.address,))}
        counts = owner_counts(state)
        for entry in list(state.others.values()):
            if not any(entry.belongs_to(address) for address in self.kept):
                others.delete(state, entry)
        for account in [each for each in state.accounts.values() if not each.offers and each.address not in standing]:
            for line in list(account.lines.values()):
                self._told.pop(_hex(line.key), None)
                state.delete_line(line)
            self._told.pop(_hex(account.key), None)
            self._roots_assumed.discard(account.address)
            self._lines_assumed.discard(account.address)
            state.close_account(account)
        restore_owner_counts(state, counts)
        state.journal.clear()

    # --- one entry ---

    def _prime_root(self, node: Node) -> None:
        before = node.before
        if before is None or before["Account"] in self.kept:
            return
        state, address = self._state, before["Account"]
        account = state.accounts.get(address)
        if account is None:
            place(state, ROOT, bytes.fromhex(node.key), before)
            self._lines_assumed.add(address)
        elif address in self._roots_assumed:
            _set_root(account, before)
        else:
            told = self._told.get(node.key)
            if told is not None and node.thread in (None, told[0]):
                return
            drops, count = (0, 0) if told is None else (account.drops - told[1], account.owner_count - told[2])
            _set_root(account, before)
            account.drops, account.owner_count = account.drops + drops, account.owner_count + count
        self._roots_assumed.discard(address)

    def _prime_other(self, node: Node) -> None:
        before, state = node.before, self._state
        if before is None:
            return
        entry = find(state, node)
        if isinstance(entry, TrustLine):
            self._prime_line(node, entry, before)
            return
        is_known = entry is not None or (node.kind == OFFER and node.key in self._offers_met)
        if not is_known and not self._is_ours(before) and can_place(state, node.kind, before):
            place(state, node.kind, bytes.fromhex(node.key), before)
            self._mark_line(find(state, node))

    def _prime_thread(self, node: Node) -> None:
        """An entry that goes tells who had changed it last, which a read of a book does not."""
        entry, fields = find(self._state, node), node.after or {}
        if entry is not None and not entry.previous_hash:
            entry.previous_hash = fields.get("PreviousTxnID", "")
            entry.previous_ledger = fields.get("PreviousTxnLgrSeq", 0)

    def _prime_line(self, node: Node, line: TrustLine, before: dict[str, Any]) -> None:
        address = line.holder.address
        if address in self.kept:
            return
        told = self._told.get(node.key)
        if line.holder.line is line and address in self._lines_assumed:
            raw_entries.set_line(line, {"Flags": 0, **before})
            self._lines_assumed.discard(address)
        elif told is None or node.thread not in (None, told[0]):
            drift = None if told is None else TOKENS.subtract(line.balance, _seen_low(line, told[1:]))
            raw_entries.set_line(line, {"Flags": 0, **before})
            if drift is not None and drift[0]:
                line.balance = TOKENS.add(line.balance, drift)

    def _assume_funds(self, tx: Mapping[str, Any]) -> None:
        """A bid that could be placed had funds: as much as the server tells beside it, else as much as it offers."""
        state, gets = self._state, tx["TakerGets"]
        owner = state.accounts.get(tx["Account"])
        if isinstance(gets, str) or (gets.get("currency"), gets.get("issuer")) != (
            state.currency,
            state.issuer_address,
        ):
            return
        if owner is None or owner is state.issuer or owner.address not in self._lines_assumed:
            return
        funds, line = text.parse_token(tx.get("owner_funds", gets["value"])), owner.line
        if line is None:
            count = owner.owner_count
            line = state.create_line(owner, state.issuer, state.currency, payer=owner, flags_for_payer=())
            line.limit, owner.owner_count = HOLDER_LIMIT, count
        if TOKENS.less(line.balance, funds):
            line.balance = funds

    def _mark_line(self, entry: Entry | None) -> None:
        if isinstance(entry, TrustLine):
            self._lines_assumed.discard(entry.holder.address)

    def _is_ours(self, fields: dict[str, Any]) -> bool:
        ends = [fields[name]["issuer"] for name in ("LowLimit", "HighLimit") if name in fields]
        return bool(self.kept.intersection((fields.get("Account"), *ends)))

    # --- keeping ---

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        return {
            "roots_assumed": sorted(self._roots_assumed),
            "lines_assumed": sorted(self._lines_assumed),
            "kept": sorted(self.kept),
            "told": {key: list(told) for key, told in self._told.items()},
            "offers_met": sorted(self._offers_met),
        }

    @classmethod
    def from_state(cls, state: State, saved: dict[str, Any]) -> Primer:
        """What :meth:`to_state` wrote, of the same ledger."""
        primer = cls(state, saved["roots_assumed"], saved["lines_assumed"], saved["kept"])
        primer._told = {key: (told[0], told[1], told[2]) for key, told in saved["told"].items()}
        primer._offers_met = set(saved["offers_met"])
        return primer


def _set_root(account: Account, fields: dict[str, Any]) -> None:
    raw_entries.set_root(account, {"Flags": 0, "OwnerCount": 0, **fields})


def _parts(fields: Any) -> tuple[int, int]:
    balance = amount_of(fields["Balance"])
    assert not isinstance(balance, int), "a line's balance is never in drops"
    return balance


def _seen_low(line: TrustLine, balance: tuple[int, int]) -> tuple[int, int]:
    """A balance of the line's holder as the low account's, which the ledger writes; or the other way round."""
    return (-balance[0], balance[1]) if line.holder_is_high and balance[0] else balance


def _hex(key: bytes) -> str:
    return key.hex().upper()
