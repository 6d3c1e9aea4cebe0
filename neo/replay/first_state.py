"""The pair as some ledgers found it, put together from what their metadata tells.

Metadata tells an entry that was changed as it is afterwards, and of what changed the former value. So the first change
of each entry tells it as it was at the start. What no transaction touched is not known, and is not there.

Source: xrpl.org, "Transaction Metadata".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.pair import Pair
from neo.ledger import EXCHANGE_3_0, Fees, keys
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import DEFAULT_RIPPLE, Account
from neo.ledger.number import DOWN, ZERO, add, negate
from neo.ledger.pool import shares_for
from neo.ledger.scale import SMALL
from neo.mirror.embedded import (
    UNREADABLE_ENTRY,
    Embedded,
    LineFields,
    OfferFields,
    PoolFields,
    RootFields,
    directories_of,
    token_of,
)
from neo.replay.pool_swaps import PoolSwaps
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingError

# What the main network asks for since December 2024; a ledger's header does not tell it.
ASSUMED_FEES: Final = Fees(10, 1_000_000, 200_000)
# A ledger's header does not tell its amendments either.
ASSUMED_AMENDMENTS: Final = EXCHANGE_3_0

Node = Mapping[str, Any]


class FirstStateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an opening state has, and what of it is assumed.

    Args:
        offers: In the pair's books.
        accounts: Theirs, the issuer's and the pool's.
        has_pool: There is one.
        pool_fee_told: Its fee in 1/100,000, if only its trades tell it; then its shares are made up.
        owners_assumed: Of how many no more is known than what they offered.
    """

    offers: int
    accounts: int
    has_pool: bool
    pool_fee_told: int | None
    owners_assumed: int


class _Told(msgspec.Struct, frozen=True):
    """An entry before its first change, and which transaction had changed it last."""

    fields: dict[str, Any]
    previous_hash: str
    previous_ledger: int


class FirstState:
    """Takes ledgers that follow on each other, and tells the state that the first of them found.

    Args:
        currency: The token's.
        issuer: Its issuer.
    """

    def __init__(self, currency: str, issuer: str) -> None:
        self._pair = Pair(issuer, currency, issuer)
        self._embedded = Embedded(self._pair, ASSUMED_FEES, ASSUMED_AMENDMENTS)
        self._first: RecordedLedger | None = None
        self._met: set[str] = set()
        self._offers: dict[str, _Told] = {}
        self._roots: dict[str, _Told] = {}
        self._lines: dict[str, _Told] = {}
        self._pool: _Told | None = None
        self._swaps = PoolSwaps()
        self._fee_told: int | None = None

    def take(self, ledger: RecordedLedger) -> None:
        """Look at the next ledger.

        Raises:
            RecordingError: Its metadata can't be read.
        """
        self._first = self._first or ledger
        for transaction in ledger.transactions:
            try:
                nodes = [part for entry in transaction.meta["AffectedNodes"] for part in entry.items()]
                for change, node in nodes:
                    self._look_at(change, node)
                if self._pool is None:
                    self._look_at_swap([node for _, node in nodes])
            except UNREADABLE_ENTRY as error:
                what = f"ledger {ledger.ledger_index}, transaction {transaction.tx_hash}"
                raise RecordingError(f"{what}: metadata lacks the ledger's shape ({error!r})") from error

    def _look_at(self, change: str, node: Node) -> None:
        kind, index = node["LedgerEntryType"], node["LedgerIndex"]
        keep = {"Offer": self._keep_offer, "AccountRoot": self._keep_root, "RippleState": self._keep_line,
                "AMM": self._keep_pool}.get(kind)  # fmt: skip
        if keep is None or index in self._met:
            return
        if change == "CreatedNode":
            self._met.add(index)
        elif "FinalFields" in node:  # else only its thread went on, and a later change tells it as it was
            self._met.add(index)
            final = node["FinalFields"]
            before = {**final, **node.get("PreviousFields", {})}
            thread = node.get("PreviousTxnID", final.get("PreviousTxnID", ""))
            since = node.get("PreviousTxnLgrSeq", final.get("PreviousTxnLgrSeq", 0))
            keep(index, _Told(before, thread, since))

    def _look_at_swap(self, nodes: list[Node]) -> None:
        """Whether a transaction moved what the pool holds, and nothing else of it."""
        mark = self._embedded.pool_index
        if any(node["LedgerIndex"] == mark for node in nodes):
            return
        changed = [node for node in nodes if "Balance" in node.get("PreviousFields", {}) and "FinalFields" in node]
        for root in (node for node in changed if node["FinalFields"].get("AMMID") == mark):
            drops = int(root["PreviousFields"]["Balance"]), int(root["FinalFields"]["Balance"])
            for line in (node for node in changed if node["LedgerEntryType"] == "RippleState"):
                if self._holder_of(line["FinalFields"]) == root["FinalFields"]["Account"]:
                    self._swaps.take(drops, (_size(line["PreviousFields"]), _size(line["FinalFields"])))

    def _holder_of(self, line: Node) -> str | None:
        """Whose line of the token an entry is, if it is one."""
        low, high, issuer = line["LowLimit"], line["HighLimit"], self._pair.issuer
        if low["currency"] != self._pair.currency or issuer not in (low["issuer"], high["issuer"]):
            return None
        holder: str = high["issuer"] if low["issuer"] == issuer else low["issuer"]
        return holder

    def _keep_offer(self, index: str, told: _Told) -> None:
        if self._embedded.place_of(directories_of(told.fields)) is not None:
            self._offers[index] = told

    def _keep_root(self, index: str, told: _Told) -> None:
        del index
        self._roots[told.fields["Account"]] = told

    def _keep_line(self, index: str, told: _Told) -> None:
        del index
        holder = self._holder_of(told.fields)
        if holder is not None:
            self._lines[holder] = told

    def _keep_pool(self, index: str, told: _Told) -> None:
        if index == self._embedded.pool_index:
            self._pool = told

    # --- telling ---

    def state(self) -> tuple[RecordedState, FirstStateFacts]:
        """The state before the first ledger. To be asked once, when all ledgers were looked at.

        Raises:
            RecordingError: An entry can't be read.
            ValueError: No ledger was looked at (the caller's fault).
        """
        first = self._first
        if first is None:
            raise ValueError("without a ledger there is nothing before it")
        try:
            roots_assumed, lines_assumed = self._build()
        except UNREADABLE_ENTRY as error:
            raise RecordingError(f"an entry lacks the ledger's shape ({error!r})") from error
        embedded = self._embedded
        embedded.settle(index=first.ledger_index - 1, close_time_s=first.parent_close_time_s)
        facts = FirstStateFacts(
            offers=len(embedded.offers),
            accounts=len(embedded.state.accounts),
            has_pool=embedded.state.amm is not None,
            pool_fee_told=self._fee_told,
            owners_assumed=len({*lines_assumed, *roots_assumed} - {self._pair.issuer}),
        )
        state = RecordedState(
            ledger_index=first.ledger_index - 1,
            ledger_hash=first.parent_hash,
            state=embedded.ledger.to_state(),
            is_whole=False,
            roots_assumed=roots_assumed,
            lines_assumed=lines_assumed,
        )
        return state, facts

    def _build(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Fill the embedded ledger; returns whose root and whose line is assumed."""
        embedded = self._embedded
        for index, told in sorted(self._offers.items(), key=_in_queue):
            place = embedded.place_of(directories_of(told.fields))
            assert place is not None, "others were not kept"
            offer = embedded.put_offer(OfferFields.of(index, told.fields, place, told.previous_hash))
            offer.previous_ledger = told.previous_ledger
        if self._pool is not None:
            embedded.set_pool(PoolFields.of(self._pool.fields, self._pool.previous_hash))
        else:
            self._guess_pool()
        roots_assumed, lines_assumed = [], []
        for address, account in list(embedded.state.accounts.items()):
            if address in self._roots:
                root = self._roots[address]
                embedded.set_root(account, RootFields.of(root.fields, root.previous_hash))
            else:
                embedded.assume_root(account, sum(amount for amount in _given(account) if isinstance(amount, int)))
                account.flags = DEFAULT_RIPPLE if account is embedded.issuer else 0  # else nobody could trade it
                roots_assumed.append(address)
            if address in self._lines:
                line = self._lines[address]
                embedded.set_line(account, LineFields.of(line.fields, account, embedded.issuer, line.previous_hash))
            elif (tokens := _tokens(_given(account))) and account is not embedded.issuer:
                embedded.assume_line(account, tokens)
                lines_assumed.append(address)
        return tuple(roots_assumed), tuple(lines_assumed)

    def _guess_pool(self) -> None:
        """The pool, if it traded: its fee by what takers got, its shares as if nobody had ever paid one."""
        embedded, mark = self._embedded, self._embedded.pool_index
        address = next((each for each, told in self._roots.items() if told.fields.get("AMMID") == mark), None)
        fee = self._swaps.fee
        if address is None or fee is None or address not in self._lines:
            return
        drops = int(self._roots[address].fields["Balance"])
        balance = token_of(self._lines[address].fields["Balance"])
        shares = shares_for(drops, balance if balance[0] > 0 else negate(balance), SMALL, DOWN)
        currency = keys.lp_currency(embedded.state.currency_id).hex().upper()
        embedded.set_pool(PoolFields(address, shares, currency, fee, None, ""))
        self._fee_told = fee


def _in_queue(told: tuple[str, _Told]) -> tuple[int, int]:
    """Offers of one price stand in the order in which they came; a page, and who changed one last, is all that tells.

    Sorting keeps the order of equal ones: those that were met first are taken first.
    """
    fields = told[1].fields
    return int(fields.get("BookNode", "0"), 16), told[1].previous_ledger


def _size(line: Node) -> Decimal:
    """What somebody holds over a line, whichever side of it they are."""
    return abs(Decimal(line["Balance"]["value"]))


def _given(account: Account) -> list[Amount]:
    return [offer.gets for offer in account.offers.values()]


def _tokens(amounts: list[Amount]) -> Token | None:
    total = ZERO
    for amount in amounts:
        if not isinstance(amount, int):
            total = add(total, amount)
    return total if total != ZERO else None
