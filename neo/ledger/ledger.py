"""The embedded ledger: one token pair's exchange, exactly as the XRP Ledger would run it.

A ``Ledger`` is always open: transactions are applied to it one by one, and ``close`` makes the next one. It does no
input or output, knows no clock and draws no chance: what it holds follows from what it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar

from neo.ledger import canonical, engine, snapshot, text, views
from neo.ledger.amendments import EXCHANGE_2_3, Rules
from neo.ledger.amount import Amount
from neo.ledger.applied import Applied, Trial
from neo.ledger.book import Book
from neo.ledger.entries import DEFAULT_RIPPLE, LINE_NO_RIPPLE, Account
from neo.ledger.json_forms import JsonObject, SavedJson, TxJson
from neo.ledger.number import Number
from neo.ledger.state import Fees, State
from neo.ledger.views import BackedOffer, BookOffer

T = TypeVar("T", bound=TxJson)

Side = Literal["asks", "bids"]

HOLDER_LIMIT: Number = (10**15, -6)  # one thousand million: what a line that is made here accepts


@dataclass(frozen=True, slots=True)
class PoolBalances:
    """The automated market maker. ``trading_fee`` is in 1/100000."""

    account: str
    drops: int
    token: Decimal
    lp_token: Decimal
    trading_fee: int


class Ledger:
    """One ledger of XRP against one token.

    Attributes:
        state: its contents, for the modules of this package.
    """

    __slots__ = ("_applied", "_previewed", "amendments", "state")

    def __init__(self, state: State, amendments: frozenset[str]) -> None:
        self.state = state
        self.amendments = amendments
        self._applied = 0
        # Results of previews on the ledger as it is now: who sends what he tried need not have it tried again.
        self._previewed: list[tuple[dict[str, object], str]] = []

    # --- what it is ---

    @property
    def index(self) -> int:
        """The index of the ledger being built."""
        return self.state.index

    @property
    def close_time_s(self) -> int:
        """Close time of the ledger being built, in seconds of the ledger's epoch (2000-01-01)."""
        return self.state.close_time_s

    @property
    def parent_close_time_s(self) -> int:
        """Close time of the ledger before; expiry is judged by this one."""
        return self.state.parent_close_time_s

    @property
    def fees(self) -> Fees:
        """The voted amounts, in drops."""
        return self.state.fees

    @property
    def currency(self) -> str:
        """The token's currency code."""
        return self.state.currency

    @property
    def issuer(self) -> str:
        """The token's issuer, by address."""
        return self.state.issuer_address

    # --- making one ---

    @classmethod
    def genesis(  # noqa: PLR0913 - what a first ledger is made of
        cls,
        *,
        currency: str,
        issuer: str,
        accounts: Mapping[str, tuple[int, str | Decimal | None]],
        fees: Fees | None = None,
        amendments: frozenset[str] = EXCHANGE_2_3,
        index: int = 1,
        close_time_s: int = 0,
        transfer_rate: int = 0,
        tick_size: int = 0,
    ) -> Ledger:
        """A fresh ledger: an issuer with default ripple set, and accounts with XRP and tokens.

        Args:
            accounts: address to (drops, tokens); None for tokens means no trust line.
            transfer_rate: of the issuer, in billionths (0: none).
            tick_size: 3..15 digits (0: none).

        Raises:
            ValueError: an amendment set this engine cannot run under, or an amount it cannot read.
        """
        state = State(currency=currency, issuer=issuer, fees=fees or Fees(), rules=Rules.of(amendments))
        state.index = index
        state.close_time_s = state.parent_close_time_s = close_time_s
        root = state.create_account(issuer, sequence=1, flags=DEFAULT_RIPPLE)
        root.drops = 10**9
        root.transfer_rate = transfer_rate
        root.tick_size = tick_size
        for address, (drops, tokens) in accounts.items():
            account = state.create_account(address, sequence=1)
            account.drops = drops
            if tokens is not None:
                open_line(state, account, text.parse_token(str(tokens)))
        state.journal.clear()
        return cls(state, amendments)

    @classmethod
    def from_state(cls, data: SavedJson) -> Ledger:
        """The ledger that ``to_state`` made this data from.

        Raises:
            ValueError: data of another format.
            KeyError: something is missing from it.
        """
        amendments = frozenset(data["amendments"])
        ledger = cls(snapshot.read(data, amendments), amendments)
        ledger._applied = data["applied"]
        return ledger

    def to_state(self) -> JsonObject:
        """The whole ledger as plain data (JSON), for a restart to find it again entry for entry."""
        return {**snapshot.write(self.state), "amendments": sorted(self.amendments), "applied": self._applied}

    # --- running it ---

    def apply(self, tx: TxJson, tx_hash: str = "", *, retrying: bool = False) -> Applied:
        """Apply one transaction.

        Args:
            tx: the transaction in the ledger's JSON form, amounts as drops or {currency, issuer, value}.
            tx_hash: its hash; entries remember it as the last to change them.
            retrying: failures are put off: a ``tec`` that could turn out otherwise claims no fee yet.

        Raises:
            UnsupportedTransactionError: it needs what this ledger lacks (a token it does not know).
        """
        self._previewed = []
        applied = engine.apply(self.state, tx, tx_hash, self._applied, retrying=retrying)
        if applied.applied:
            self._applied += 1
        return applied

    def take_back(self, applied: Applied) -> None:
        """Undo the transaction that was applied last, and nothing since."""
        self._applied -= 1
        for touched in applied.touched:
            touched.entry.previous_hash = touched.previous_hash
            touched.entry.previous_ledger = touched.previous_ledger
        self.state.journal.rollback(0)

    def apply_set(self, txs: Iterable[T], salt: bytes | None = None) -> list[tuple[T, Applied]]:
        """Apply a ledger's transactions as the network does: in canonical order, failures tried again after the rest.

        Args:
            txs: each in the ledger's JSON form with its ``hash``.
            salt: 32 bytes that settle the order; the hash of the set (the network's own) if not given.

        Returns:
            Each transaction with its outcome: those that were applied in the order in which they were, then the others.
        """
        self._previewed = []
        agreed = list(txs)
        if salt is None:
            salt = canonical.set_hash(canonical.hash_of(tx) for tx in agreed)
        ordered = [(canonical.hash_of(tx), tx) for tx in canonical.canonical_order(agreed, salt)]
        outcomes: dict[str, Applied] = {}

        def attempt(item: tuple[str, T], retrying: bool) -> bool | None:
            tx_hash, tx = item
            applied = engine.apply(self.state, tx, tx_hash, self._applied, retrying=retrying)
            outcomes[tx_hash] = applied
            if applied.applied:
                self._applied += 1
                return True
            return False if applied.result.startswith(("ter", "tec")) else None

        done = [(tx, outcomes[tx_hash]) for tx_hash, tx in canonical.apply_in_passes(ordered, attempt)]
        if len(done) < len(agreed):
            all_in_turn = ((tx, outcomes[canonical.hash_of(tx)]) for tx in agreed)
            done += [(tx, outcome) for tx, outcome in all_in_turn if not outcome.applied]
        return done

    def preview(self, tx: TxJson) -> Trial:
        """What would come of a transaction now, with the ledger left as it is."""
        trial = engine.preview(self.state, tx)
        if self._is_in_time(tx):
            self._previewed.append((_terms(tx), trial.result))
        return trial

    def result_of(self, tx: TxJson) -> str:
        """The result code that ``apply`` would give; at hardly any cost after a ``preview``."""
        if self._previewed and self._is_in_time(tx):
            terms = _terms(tx)
            for previewed, result in self._previewed:
                if previewed == terms:
                    return result
        return engine.preview(self.state, tx).result

    def _is_in_time(self, tx: TxJson) -> bool:
        last = tx.get("LastLedgerSequence", self.index)
        return isinstance(last, int) and last >= self.index

    def close(self, close_time_s: int) -> None:
        """Close this ledger at ``close_time_s`` and open the next one."""
        self._previewed = []
        state = self.state
        state.parent_close_time_s = state.close_time_s = close_time_s
        state.parent_hash = None
        state.index += 1
        self._applied = 0

    def open_at(
        self, *, index: int, close_time_s: int, parent_close_time_s: int, parent_hash: bytes | None = None
    ) -> None:
        """Open a ledger as a record has it: index and times given, and the hash of the one before if it is known."""
        self._previewed = []
        state = self.state
        state.index, state.close_time_s, state.parent_close_time_s = index, close_time_s, parent_close_time_s
        state.parent_hash = parent_hash
        self._applied = 0

    # --- reading it ---

    def xrp_drops(self, address: str) -> int:
        """An account's whole balance, reserve included."""
        return self.state.accounts[address].drops

    def token_balance(self, address: str) -> Decimal | None:
        """What an account holds of the token; None without a trust line."""
        line = self.state.accounts[address].line
        return None if line is None else text.to_decimal(line.balance)

    def sequence(self, address: str) -> int:
        """The next sequence number of an account."""
        return self.state.accounts[address].sequence

    def owner_count(self, address: str) -> int:
        """How many entries an account owns, each of which raises its reserve."""
        return self.state.accounts[address].owner_count

    def offers(self, address: str) -> list[BookOffer]:
        """An account's offers, oldest first. Funds are what the owner has, whatever else it offers."""
        state = self.state
        mine = sorted(state.accounts[address].offers.items())
        return [views.book_offer(item) for _, offer in mine for item in views.fund(state, (offer,))]

    def resting_drops(self, address: str) -> dict[int, int]:
        """What is left in drops of each offer that an account has in the pair's books, by its sequence."""
        offers = self.state.accounts[address].offers
        sides = [(sequence, offer.gets, offer.pays) for sequence, offer in offers.items()]
        xrp = [(sequence, gets if isinstance(gets, int) else pays) for sequence, gets, pays in sides]
        return {sequence: drops for sequence, drops in xrp if isinstance(drops, int)}

    def book(self, side: Side) -> Iterator[BookOffer]:
        """The offers that give XRP (asks) or tokens (bids), best first; read only as far as you iterate.

        The ledger must not change while you do.
        """
        return map(views.book_offer, views.fund(self.state, self._book(side)))

    def depth(self, side: Side, *, without: str) -> Iterator[BackedOffer]:
        """What a side of the book has behind it but for one account's offers, read the way ``book`` is.

        Args:
            without: the account's address.
        """
        return map(views.backed_offer, self.backed(side, without=without))

    def backed(self, side: Side, *, without: str) -> Iterator[tuple[int, Amount, Amount]]:
        """``depth`` in the ledger's own terms: quality, what is given, and for what."""
        return views.backed(self.state, self._book(side), self.state.accounts.get(without))

    def _book(self, side: Side) -> Book:
        return self.state.asks if side == "asks" else self.state.bids

    def amm(self) -> PoolBalances | None:
        """The pool's balances, None if there is none."""
        amm = self.state.amm
        if amm is None:
            return None
        line = amm.account.line
        tokens = text.to_decimal(line.balance) if line is not None else Decimal(0)
        return PoolBalances(
            amm.account.address, amm.account.drops, tokens, text.to_decimal(amm.lp_balance), amm.trading_fee
        )


def _terms(tx: TxJson) -> dict[str, object]:
    """The fields that decide the result of a transaction whose last ledger has not passed."""
    terms = dict(tx)
    terms.pop("LastLedgerSequence", None)
    terms.pop("hash", None)
    return terms


def open_line(state: State, account: Account, balance: Number) -> None:
    """Give an account a trust line with a large limit and no rippling, and a balance."""
    state.create_line(
        account,
        state.issuer,
        state.currency,
        payer=account,
        flags_for_payer=(LINE_NO_RIPPLE,),
        balance=balance,
        limit=HOLDER_LIMIT,
    )
