"""The pool as a source of offers for one payment."""

from __future__ import annotations

from typing import Generic

from neo.ledger.amount import In, Out
from neo.ledger.entries import Account
from neo.ledger.flow.context import Context
from neo.ledger.number import ZERO
from neo.ledger.pool import PoolTrade, Reserves
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State

PASSES_MAX = 30  # how many passes of one payment may take from the pool (AMMContext.h)


class PoolOffer(Generic[In, Out]):
    """What the pool offers at this moment; it is taken at most once in a pass.

    Attributes:
        pays, gets, quality: as for an offer of the book.
        owner: the pool's account.
        reserves: the balances it was made from.
    """

    __slots__ = ("gets", "owner", "pays", "quality", "reserves")

    def __init__(self, owner: Account, pays: In, gets: Out, quality: int, reserves: Reserves[In, Out]) -> None:
        self.owner = owner
        self.pays: In = pays
        self.gets: Out = gets
        self.quality = quality
        self.reserves: Reserves[In, Out] = reserves


def fee_for(state: State, amm: Amm, source: Account) -> int:
    """What this account pays the pool, in 1/100000: less while it may use the auction slot (``getTradingFee``)."""
    if state.parent_close_time_s < amm.slot_expiration_s:
        address = source.address
        if amm.slot_account == address or address in amm.slot_users:
            return amm.discounted_fee()
    return amm.trading_fee


class PoolSource(Generic[In, Out]):
    """Makes the pool's offers in one direction, at the fee that this payment's source pays."""

    __slots__ = ("_account", "_context", "_state", "_trade", "_trading_fee")

    def __init__(self, context: Context, account: Account, trading_fee: int, trade: PoolTrade[In, Out]) -> None:
        self._context = context
        self._state = context.state
        self._account = account
        self._trading_fee = trading_fee
        self._trade: PoolTrade[In, Out] = trade

    @classmethod
    def of(cls, context: Context, trade: PoolTrade[In, Out]) -> PoolSource[In, Out] | None:
        """The pool of the ledger, None if it has none (or an empty one)."""
        state = context.state
        amm = state.amm
        if amm is None or amm.lp_balance == ZERO:
            return None
        return cls(context, amm.account, fee_for(state, amm, context.source), trade)

    def balances(self) -> tuple[In, Out]:
        """(what it holds of what takers pay, of what takers get); a frozen token counts as nothing."""
        account = self._account
        line = account.line
        tokens = ZERO if line is None or self._state.is_frozen(account) else line.balance
        return self._trade.sides(account.drops, tokens)

    def offer(self, book_quality: int | None) -> PoolOffer[In, Out] | None:
        """What the pool offers against the book's best quality (``AMMLiquidity::getOffer``).

        A payment that has taken from the pool in thirty passes gets no more of it: only the book is left to it.
        """
        if self._context.pool_passes >= PASSES_MAX:
            return None
        balance_in, balance_out = self.balances()
        if balance_in in (0, ZERO) or balance_out in (0, ZERO):
            return None
        rules = self._state.rules
        found = self._trade.offer_for(
            balance_in, balance_out, self._trading_fee, book_quality, rules.pool_falls_back, rules.number_digits
        )
        if found is None:
            return None
        reserves = self._trade.reserves_of(balance_in, balance_out, self._trading_fee, rules.number_digits)
        pays, gets, quality = found
        return PoolOffer(self._account, pays, gets, quality, reserves)
