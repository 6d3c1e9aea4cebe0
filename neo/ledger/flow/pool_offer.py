"""The pool as a source of offers for one payment."""

from __future__ import annotations

from typing import Generic

from neo.ledger import pool, quality
from neo.ledger.amount import Amount, In, Out, Token
from neo.ledger.book import Book
from neo.ledger.entries import Account
from neo.ledger.flow.context import Context
from neo.ledger.number import ZERO, AmountRangeError
from neo.ledger.pool import PoolTrade, Reserves
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind

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
    """Makes the pool's offers in one direction, at the fee that this payment's source pays.

    The same is asked for several times in a pass, and the last answer is kept for it.
    """

    __slots__ = ("_account", "_asked", "_context", "_initial", "_sides", "_state", "_told", "_trade", "_trading_fee")

    def __init__(self, context: Context, amm: Amm, book: Book, trade: PoolTrade[In, Out]) -> None:
        self._context = context
        self._state = context.state
        self._account = amm.account
        self._trading_fee = fee_for(context.state, amm, context.source)
        self._trade: PoolTrade[In, Out] = trade
        self._sides = (book.pays, book.gets)
        self._initial: Reserves[In, Out] | None = None
        self._asked: tuple[Amount, Amount, int | None] | None = None
        self._told: PoolOffer[In, Out] | None = None

    @classmethod
    def of(cls, context: Context, book: Book, trade: PoolTrade[In, Out]) -> PoolSource[In, Out] | None:
        """The pool beside a book, None if there is none (or an empty one)."""
        amm = context.state.pool_between(book.pays, book.gets)
        if amm is None or amm.lp_balance == ZERO:
            return None
        return cls(context, amm, book, trade)

    def _tokens(self, token: TokenKind) -> Token:
        """What the pool holds of a token; a frozen one counts as nothing."""
        account = self._account
        line = account.line if token.is_of_pair else account.line_for(token)
        return ZERO if line is None or line.is_frozen else line.balance

    def offer(self, book_quality: int | None) -> PoolOffer[In, Out] | None:
        """What the pool offers against the book's best quality (``AMMLiquidity::getOffer``).

        A payment that has taken from the pool in thirty passes gets no more of it: only the book is left to it.
        """
        if self._context.pool_passes >= PASSES_MAX:
            return None
        pays, gets = self._sides
        held_in = self._account.drops if pays is None else self._tokens(pays)
        held_out = self._account.drops if gets is None else self._tokens(gets)
        if self._context.multi_path:
            return self._offer(*self._trade.sides(held_in, held_out), book_quality)
        if self._asked != (held_in, held_out, book_quality):
            self._asked = held_in, held_out, book_quality
            self._told = self._offer(*self._trade.sides(held_in, held_out), book_quality)
        return self._told

    def _offer(self, balance_in: In, balance_out: Out, book_quality: int | None) -> PoolOffer[In, Out] | None:
        if balance_in in (0, ZERO) or balance_out in (0, ZERO):
            return None
        rules = self._state.rules
        if self._context.multi_path:
            found = self._step(balance_in, balance_out, book_quality)
        else:
            found = self._trade.offer_for(
                balance_in, balance_out, self._trading_fee, book_quality, rules.pool_falls_back, rules.number_digits
            )
        if found is None:
            return None
        reserves = self._trade.reserves_of(balance_in, balance_out, self._trading_fee, rules.number_digits)
        return PoolOffer(self._account, *found, reserves)

    def _step(self, balance_in: In, balance_out: Out, book_quality: int | None) -> tuple[In, Out, int] | None:
        """One of the growing steps, if it is no worse than the book's best."""
        digits = self._state.rules.number_digits
        reserves = self._trade.reserves_of(balance_in, balance_out, self._trading_fee, digits)
        if self._initial is None:
            self._initial = reserves  # asked for first before anything of the payment has moved
        if book_quality is not None:
            spot = quality.quality_of(balance_in, balance_out)
            if spot >= book_quality or quality.is_near(spot, book_quality):
                return None
        try:
            found = pool.step_offer(self._initial, reserves, self._context.pool_passes)
        except AmountRangeError:
            return None
        if found is None or (book_quality is not None and found[2] > book_quality):
            return None
        is_whole = self._trade.asset_in.is_positive(found[0]) and self._trade.asset_out.is_positive(found[1])
        return found if is_whole else None
