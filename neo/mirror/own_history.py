"""What happened to our account while nobody listened, out of the server's list of its transactions.

The list alone proves nothing: a server may leave one out between two pages. What proves it whole is the ledger itself.
Each transaction that changed our account's root names the one that had changed it last, and each change of a balance
tells what it was before. So the list is walked from the newest ledger backwards, from the balances that are known
there, and every step must fit the one before.

Source: xrpl.org, "account_tx", "Transaction Metadata" (``PreviousTxnID``, ``PreviousFields``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from neo.chain.fills import UNREADABLE
from neo.chain.money import EXACT, plain
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.ledger import keys
from neo.messages import Balances, LedgerClosed, LedgerTransaction
from neo.mirror.mirror_view import ours
from neo.wire.frames import TransactionFrame

# What a program trades with; a batch may hold any of it.
_TRADING = frozenset({"OfferCreate", "Batch", "AMMDeposit", "AMMWithdraw"})


class HistoryError(ValueError):
    """The list is not whole, or its metadata lacks the ledger's shape. Another server, or a moment later, may do."""


class OwnState(msgspec.Struct, frozen=True, kw_only=True):
    """Our account on one ledger, as it is known there.

    Args:
        closed: That ledger as it is told.
        root_hash: The transaction that changed our root last.
        root_ledger: The ledger that has it.
    """

    closed: LedgerClosed
    root_hash: str
    root_ledger: int


class _Balance(msgspec.Struct, frozen=True):
    """What changes with a transaction of ours."""

    drops: int
    owner_count: int
    sequence: int
    tokens: Decimal


def told_late(rows: Iterable[TransactionFrame], state: OwnState, pair: Pair, after_index: int) -> list[LedgerClosed]:
    """The ledgers after that one up to the state's, as the gateway is told of them: without a market.

    Each message tells of a ledger that touched us and of the empty ones before it; the last one is the state's.

    Args:
        rows: Our account's transactions in these ledgers, in any order, doubles among them.
        state: The newest of these ledgers.
        pair: Ours.
        after_index: The last ledger that is known.

    Raises:
        HistoryError: They are not whole.
    """
    newest = state.closed.ledger_index
    within = {each.tx_hash: each for each in rows if each.validated and after_index < each.ledger_index <= newest}
    ordered = sorted(within.values(), key=_place)
    after = _states(ordered, state, pair, after_index)
    told: list[LedgerClosed] = []
    since = after_index + 1
    for index in sorted({each.ledger_index for each in ordered} | {newest}):
        if index <= after_index:
            break
        in_ledger = [each for each in ordered if each.ledger_index == index]
        told.append(_late(state, in_ledger, pair, index, since, after))
        since = index + 1
    return told


def unknown_of_ours(
    rows: Iterable[TransactionFrame], account: str, known: Collection[str], since_s: int
) -> tuple[TransactionFrame, ...]:
    """Transactions that trade with our account and that no journal knows: somebody else has its key.

    What sets an account up or moves its funds is its owner's to do at any time, and cancels only clear offers away;
    neither trades.

    Args:
        rows: Our account's transactions.
        account: Ours.
        known: Hashes of what the journals know.
        since_s: Older ones don't count; seconds of the ripple epoch.
    """
    return tuple(
        each
        for each in rows
        if each.tx.get("Account") == account
        and each.tx_hash not in known
        and each.tx.get("TransactionType") in _TRADING
        and (each.close_time_s is None or each.close_time_s >= since_s)
    )


def _place(row: TransactionFrame) -> tuple[int, int]:
    place = (row.meta or {}).get("TransactionIndex")
    return row.ledger_index, place if type(place) is int else -1


def _late(
    state: OwnState,
    rows: list[TransactionFrame],
    pair: Pair,
    index: int,
    since: int,
    after: Mapping[int, _Balance],
) -> LedgerClosed:
    newest = state.closed
    close_time_s = newest.close_time_s if index == newest.ledger_index else rows[0].close_time_s
    if close_time_s is None:
        raise HistoryError(f"transaction {rows[0].tx_hash} tells no time")
    there, terms = after[index], newest.terms
    transactions = ours(tuple(_transaction(each) for each in rows), pair.account)
    return LedgerClosed(
        ledger_index=index,
        since_index=since if since < index else None,
        close_time_s=close_time_s,
        market=None,
        terms=terms,
        balances=Balances(
            there.drops,
            plain(there.tokens),
            terms.base_reserve_drops + there.owner_count * terms.owner_reserve_drops,
            there.owner_count,
            there.sequence,
        ),
        transactions=transactions,
        notice=None,
        trades=read_trades(transactions, pair),
    )


def _transaction(row: TransactionFrame) -> LedgerTransaction:
    assert row.meta is not None, "a validated one has metadata"
    return LedgerTransaction(row.tx_hash, row.tx, row.meta, row.result)


# --- Walking back ------------------------------------------------------------------------------------------------


class _Walk:
    """Our account, walked back from a known ledger."""

    def __init__(self, state: OwnState, pair: Pair) -> None:
        balances = state.closed.balances
        self.balance = _Balance(balances.xrp_drops, balances.owner_count, balances.sequence, balances.rlusd)
        self._root_hash = state.root_hash
        self.root_ledger = state.root_ledger
        own = keys.account_id(pair.account)
        self._root = keys.account_key(own).hex().upper()
        line = keys.line_key(own, keys.account_id(pair.issuer), keys.currency_bytes(pair.currency))
        self._line = line.hex().upper()
        self._is_low = own < keys.account_id(pair.issuer)

    def undo(self, row: TransactionFrame) -> None:
        """Go to before a transaction.

        Raises:
            HistoryError: It is not what led to where we are.
        """
        try:
            for entry in (row.meta or {})["AffectedNodes"]:
                for action, node in entry.items():
                    if node["LedgerIndex"] == self._root:
                        self._undo_root(row, node)
                    elif node["LedgerIndex"] == self._line:
                        self._undo_line(row, action, node)
        except UNREADABLE as error:
            if isinstance(error, HistoryError):
                raise
            raise HistoryError(f"transaction {row.tx_hash}: metadata lacks the ledger's shape ({error!r})") from error

    def _undo_root(self, row: TransactionFrame, node: Mapping[str, Any]) -> None:
        if row.tx_hash != self._root_hash:
            raise HistoryError(f"transaction {self._root_hash} of ledger {self.root_ledger} is missing")
        self._root_hash, self.root_ledger = node["PreviousTxnID"], node["PreviousTxnLgrSeq"]
        final = node.get("FinalFields")
        if final is None:
            return  # nothing changed but the transaction that it names
        self._require(row, self._of_root(final))
        self.balance = self._of_root({**final, **node.get("PreviousFields", {})})

    def _of_root(self, fields: Mapping[str, Any]) -> _Balance:
        tokens = self.balance.tokens
        return _Balance(int(fields["Balance"]), fields.get("OwnerCount", 0), fields["Sequence"], tokens)

    def _undo_line(self, row: TransactionFrame, action: str, node: Mapping[str, Any]) -> None:
        fields = node.get("NewFields" if action == "CreatedNode" else "FinalFields")
        if fields is None:
            return
        self._require(row, self._of_line(fields))
        before = {**fields, **node.get("PreviousFields", {})}
        nothing = msgspec.structs.replace(self.balance, tokens=Decimal(0))
        self.balance = nothing if action == "CreatedNode" else self._of_line(before)

    def _of_line(self, fields: Mapping[str, Any]) -> _Balance:
        told = Decimal(fields["Balance"]["value"])
        return msgspec.structs.replace(self.balance, tokens=told if self._is_low else EXACT.minus(told))

    def _require(self, row: TransactionFrame, told: _Balance) -> None:
        if told != self.balance:
            raise HistoryError(
                f"after transaction {row.tx_hash} of ledger {row.ledger_index} something is missing: it left {told},"
                f" and later there was {self.balance}"
            )


def _states(rows: list[TransactionFrame], state: OwnState, pair: Pair, after_index: int) -> dict[int, _Balance]:
    """What we had after each ledger that touched us, and after the newest."""
    walk = _Walk(state, pair)
    after = {state.closed.ledger_index: walk.balance}
    for row in reversed(rows):
        after.setdefault(row.ledger_index, walk.balance)
        walk.undo(row)
    if walk.root_ledger > after_index:
        raise HistoryError(f"a transaction of ledger {walk.root_ledger} is missing")
    return after
