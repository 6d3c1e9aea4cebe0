"""The pool as a source of offers for one payment."""

from __future__ import annotations

from typing import Any

from neo.ledger import pool
from neo.ledger.entries import Account, Amm
from neo.ledger.flow.context import Context
from neo.ledger.number import ZERO
from neo.ledger.state import State

DISCOUNT = 10  # the auction slot's holder trades at a tenth of the fee
PASSES_MAX = 30  # how many passes of one payment may take from the pool (AMMContext.h)


class PoolOffer:
    """What the pool offers at this moment; it is taken at most once in a pass.

    Attributes:
        pays, gets, quality: as for an offer of the book. owner: the pool's account.
        reserves: the balances it was made from. used: it has been taken.
    """

    __slots__ = ("gets", "owner", "pays", "quality", "reserves", "used")

    def __init__(self, owner: Account, pays: Any, gets: Any, quality: int, reserves: pool.Reserves) -> None:
        self.owner = owner
        self.pays = pays
        self.gets = gets
        self.quality = quality
        self.reserves = reserves
        self.used = False


class PoolSource:
    """Makes the pool's offers in one direction, at the fee that this payment's source pays."""

    __slots__ = ("_account", "_context", "_gives_xrp", "_state", "_trading_fee")

    def __init__(self, context: Context, account: Account, trading_fee: int, *, gives_xrp: bool) -> None:
        self._context = context
        self._state = context.state
        self._account = account
        self._trading_fee = trading_fee
        self._gives_xrp = gives_xrp

    @classmethod
    def of(cls, context: Context, *, gives_xrp: bool) -> PoolSource | None:
        """The pool of the ledger, None if it has none (or an empty one)."""
        state = context.state
        amm = state.amm
        if amm is None or amm.lp_balance == ZERO:
            return None
        return cls(context, amm.account, cls.fee_for(state, amm, context.source), gives_xrp=gives_xrp)

    @staticmethod
    def fee_for(state: State, amm: Amm, source: Account) -> int:
        """What this account pays the pool, in 1/100000: less while it holds the auction slot (``getTradingFee``)."""
        holds_slot = amm.slot_account == source.address and state.parent_close_time_s < amm.slot_expiration_s
        return amm.trading_fee // DISCOUNT if holds_slot else amm.trading_fee

    def balances(self) -> tuple[Any, Any]:
        """(what it holds of what takers pay, of what takers get); a frozen token counts as nothing."""
        account = self._account
        line = account.line
        tokens = ZERO if line is None or self._state.is_frozen(account) else line.balance
        return (tokens, account.drops) if self._gives_xrp else (account.drops, tokens)

    def offer(self, book_quality: int | None) -> PoolOffer | None:
        """What the pool offers against the book's best quality (``AMMLiquidity::getOffer``).

        A payment that has taken from the pool in thirty passes gets no more of it: only the book is left to it.
        """
        if self._context.pool_passes >= PASSES_MAX:
            return None
        balance_in, balance_out = self.balances()
        if balance_in in (0, ZERO) or balance_out in (0, ZERO):
            return None
        found = pool.offer_for(balance_in, balance_out, self._trading_fee, book_quality)
        if found is None:
            return None
        reserves = pool.reserves_of(balance_in, balance_out, self._trading_fee)
        return PoolOffer(self._account, *found, reserves)
