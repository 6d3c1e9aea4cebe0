"""What shares of a pool are worth: how many a deposit gives and costs, and how many a withdrawal takes.

All of it is pure. The numbers are those of fixAMMv1_3: every last rounding favours the pool, and shares are held to
what a sixteen-digit total can tell apart. A share of the input that the pool keeps for itself is its trading fee.

Source: AMMHelpers.cpp and AMMHelpers.h of the ledger server.
"""

from __future__ import annotations

from functools import lru_cache

from neo.ledger.amount import DROPS, TOKENS, Amount, Token, confined
from neo.ledger.number import (
    DOWN,
    NEAREST,
    ONE,
    UP,
    Number,
    add,
    divide,
    less,
    multiply,
    negate,
    normalize,
    subtract,
)
from neo.ledger.pool import FEE_UNIT
from neo.ledger.scale import SMALL

_TWO = normalize(2, 0)
_FOUR = normalize(4, 0)


# --- amounts of either kind -------------------------------------------------------------------------------------------


def number_of(value: Amount, mode: int = NEAREST) -> Number:
    """An amount as a number."""
    return normalize(value, 0, mode) if isinstance(value, int) else value


def amount_of(value: Number, like: Amount, mode: int = NEAREST) -> Amount:
    """A number as an amount of the kind of another; drops are rounded in ``mode``."""
    return DROPS.from_number(value, mode) if isinstance(like, int) else TOKENS.from_number(value)


def is_less(x: Amount, y: Amount) -> bool:
    """Whether one amount is less than another of its kind."""
    return x < DROPS.of(y) if isinstance(x, int) else less(x, TOKENS.of(y))


def minus(x: Amount, y: Amount) -> Amount:
    """What is left of an amount without another of its kind; it may be negative."""
    return x - DROPS.of(y) if isinstance(x, int) else TOKENS.subtract(x, TOKENS.of(y))


def part_of(value: Amount, part: Number, mode: int) -> Amount:
    """A part of an amount, rounded in one direction."""
    return amount_of(multiply(number_of(value, mode), part, mode), value, mode)


def share_of(part: Amount, whole: Amount) -> Number:
    """How much of the whole a part is."""
    return divide(number_of(part), number_of(whole))


# --- shares that a total can hold -------------------------------------------------------------------------------------


def held_in(total: Token, shares: Token) -> Token:
    """The part of new shares that shows in the total (``adjustLPTokens`` of a deposit)."""
    return _sum(_sum(total, shares), negate(total))


def held_out(total: Token, shares: Token) -> Token:
    """The part of redeemed shares that shows in the total (``adjustLPTokens`` of a withdrawal)."""
    return _sum(_sum(shares, negate(total)), total)


def _sum(x: Token, y: Token) -> Token:
    return confined(add(x, y, DOWN))


def shares_in(total: Token, part: Number) -> Token:
    """The shares that a part of the pool gives (``getRoundedLPTokens`` of a deposit)."""
    return held_in(total, TOKENS.of(part_of(total, part, DOWN)))


def shares_out(total: Token, part: Number) -> Token:
    """The shares that a part of the pool costs (``getRoundedLPTokens`` of a withdrawal)."""
    return held_out(total, TOKENS.of(part_of(total, part, UP)))


# --- one side alone ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def fee_of(trading_fee: int) -> Number:
    """A trading fee as a share."""
    return divide(normalize(trading_fee, 0), normalize(FEE_UNIT, 0))


@lru_cache(maxsize=64)
def fee_terms(trading_fee: int) -> tuple[Number, Number]:
    """(what the fee leaves of an input; what half the fee leaves, divided by that): f1 and f2 of the formulas."""
    fee = fee_of(trading_fee)
    rest = subtract(ONE, fee)
    return rest, divide(subtract(ONE, divide(fee, _TWO)), rest)


def solve(a: Number, b: Number, c: Number) -> Number:
    """The larger solution of ``a x*x + b x + c = 0`` (``solveQuadraticEq``)."""
    discriminant = subtract(multiply(b, b), multiply(multiply(_FOUR, a), c))
    return divide(add(negate(b), SMALL.square_root(discriminant)), multiply(_TWO, a))


def shares_for_one(balance: Amount, deposit: Amount, total: Token, trading_fee: int) -> Token:
    """The shares that a deposit of one side gives (equation 3, ``lpTokensOut``)."""
    rest, half = fee_terms(trading_fee)
    part = share_of(deposit, balance)
    c = subtract(SMALL.square_root(add(multiply(half, half), divide(part, rest))), half)
    return TOKENS.of(part_of(total, divide(subtract(part, c), add(ONE, c)), DOWN))


def deposit_for(balance: Amount, total: Token, shares: Token, trading_fee: int) -> Amount:
    """The deposit of one side that gives so many shares (equation 4, ``ammAssetIn``)."""
    rest, half = fee_terms(trading_fee)
    t1 = divide(shares, total)
    t2 = add(ONE, t1)
    d = subtract(half, divide(t1, t2))
    a = divide(ONE, multiply(t2, t2))
    b = subtract(divide(multiply(_TWO, d), t2), divide(ONE, rest))
    c = subtract(multiply(d, d), multiply(half, half))
    return part_of(balance, solve(a, b, c), UP)


def shares_of_one(balance: Amount, withdrawal: Amount, total: Token, trading_fee: int) -> Token:
    """The shares that a withdrawal of one side costs (equation 7, ``lpTokensIn``)."""
    fee, part = fee_of(trading_fee), share_of(withdrawal, balance)
    c = subtract(add(multiply(part, fee), _TWO), fee)
    root = SMALL.square_root(subtract(multiply(c, c), multiply(_FOUR, part)))
    return TOKENS.of(part_of(total, divide(subtract(c, root), _TWO), UP))


def withdrawal_for(balance: Amount, total: Token, shares: Token, trading_fee: int) -> Amount:
    """The withdrawal of one side that so many shares are worth (equation 8, ``ammAssetOut``)."""
    fee, t1 = fee_of(trading_fee), divide(shares, total)
    above = subtract(multiply(t1, t1), multiply(t1, subtract(_TWO, fee)))
    return part_of(balance, divide(above, subtract(multiply(t1, fee), ONE)), DOWN)


def settled_in(balance: Amount, deposit: Amount, total: Token, shares: Token, trading_fee: int) -> tuple[Token, Amount]:
    """(shares, deposit) that belong to each other, never more than was offered (``adjustAssetInByTokens``)."""
    settled = deposit_for(balance, total, shares, trading_fee)
    if is_less(deposit, settled):
        less_in = minus(deposit, minus(settled, deposit))
        shares = held_in(total, shares_for_one(balance, less_in, total, trading_fee))
        settled = deposit_for(balance, total, shares, trading_fee)
    return shares, settled if is_less(settled, deposit) else deposit


def settled_out(
    balance: Amount, withdrawal: Amount, total: Token, shares: Token, trading_fee: int
) -> tuple[Token, Amount]:
    """(shares, withdrawal) that belong to each other, never more than was asked for (``adjustAssetOutByTokens``)."""
    settled = withdrawal_for(balance, total, shares, trading_fee)
    if is_less(withdrawal, settled):
        less_out = minus(withdrawal, minus(settled, withdrawal))
        shares = held_out(total, shares_of_one(balance, less_out, total, trading_fee))
        settled = withdrawal_for(balance, total, shares, trading_fee)
    return shares, settled if is_less(settled, withdrawal) else withdrawal


def deposit_at_price(balance: Amount, total: Token, price: Amount, trading_fee: int) -> tuple[Amount, Token]:
    """(deposit, shares) of one side at which a share costs ``price`` on average (``singleDepositEPrice``)."""
    rest, half = fee_terms(trading_fee)
    whole, each = number_of(balance), number_of(price)
    c = divide(multiply(rest, whole), multiply(each, total))
    d = subtract(add(rest, multiply(c, half)), c)
    squared = multiply(multiply(multiply(c, c), half), half)
    b = subtract(add(squared, multiply(_TWO, c)), multiply(d, d))
    last = add(multiply(multiply(multiply(_TWO, c), half), half), ONE)
    last = subtract(last, multiply(multiply(_TWO, d), half))
    deposit = part_of(balance, multiply(rest, solve(multiply(c, c), b, last)), UP)
    shares = TOKENS.from_number(divide(number_of(deposit, DOWN), number_of(price, DOWN), DOWN))
    return deposit, held_in(total, shares)


def withdrawal_at_price(balance: Amount, total: Token, price: Token, trading_fee: int) -> tuple[Amount, Token]:
    """(withdrawal, shares) of one side at which it costs ``price`` shares on average (``singleWithdrawEPrice``)."""
    fee, product = fee_of(trading_fee), multiply(number_of(balance), price)
    above = add(total, multiply(product, subtract(fee, _TWO)))
    shares = shares_out(total, divide(above, subtract(multiply(total, fee), product)))
    if shares[0] <= 0:
        return amount_of(shares, balance), shares
    return amount_of(divide(shares, price, DOWN), balance, DOWN), shares
