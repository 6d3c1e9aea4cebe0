"""AMMBid: buy the pool's auction slot, whose holder and four more accounts trade at a tenth of the fee for a day.

Who is outbid is paid back for the time that is left; the rest of the price is taken out of circulation.

Source: https://xrpl.org/docs/references/protocol/transactions/types/ammbid, AMMBid.cpp and AMMCore.cpp of the ledger
server.
"""

from __future__ import annotations

from collections.abc import Sequence

from neo.ledger import keys, pool_shares
from neo.ledger.amount import TOKENS, Token
from neo.ledger.entries import Account
from neo.ledger.number import ONE, ZERO, Number, add, divide, less, multiply, normalize, subtract
from neo.ledger.pool_entry import DISCOUNT, Amm
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction

USERS_MAX = 4
INTERVALS = 20  # a slot's day in so many parts; in the last one it costs the least, and nothing is paid back
INTERVAL_S = pool_common.SLOT_S // INTERVALS

_BIDS = ("BidMin", "BidMax")
_LEAST_PART = normalize(25, 0)  # the least price is the fee's share of all shares, divided by this
_RAISE = normalize(105, -2)  # what an owned slot costs more than it was bought for
_PARTS = normalize(INTERVALS, 0)
_DECAY = 60  # how steeply its price falls toward the end of the day


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    refused = pool_common.check_pair(tx)
    for name in _BIDS:
        if refused == SUCCESS and name in tx.fields:
            refused = pool_common.check_amount(tx, name, ())
    if refused != SUCCESS:
        return refused
    users = _users(tx)
    is_fit = len(users) <= USERS_MAX and len({tx.account, *users}) == len(users) + 1
    return SUCCESS if is_fit else MALFORMED


def _users(tx: Transaction) -> tuple[str, ...]:
    """The accounts that are to use the slot beside its holder.

    Raises:
        TypeError: they are no list of objects.
        KeyError: one of them names no account.
        ValueError: what it names is no address.
    """
    told = tx.fields.get("AuthAccounts", ())
    if not isinstance(told, Sequence):
        raise TypeError("AuthAccounts is a list")
    users = tuple(each["AuthAccount"]["Account"] for each in told)
    for address in users:
        keys.account_id(address)  # fails if it is no address
    return users


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    amm = pool_common.pool_of(state, tx)
    if amm is None:
        return "terNO_AMM"
    if amm.lp_balance == ZERO:
        return "tecAMM_EMPTY"
    if any(user not in state.accounts for user in _users(tx)):
        return "terNO_ACCOUNT"
    held = pool_common.shares_held(amm, state.accounts[tx.account])
    if held == ZERO:
        return "tecAMM_INVALID_TOKENS"
    for name in _BIDS:
        if name in tx.fields:
            refused = _check_bid(tx, name, amm, held)
            if refused != SUCCESS:
                return refused
    least, most = _limit(tx, "BidMin"), _limit(tx, "BidMax")
    return "tecAMM_INVALID_TOKENS" if least is not None and most is not None and less(most, least) else SUCCESS


def _check_bid(tx: Transaction, name: str, amm: Amm, held: Token) -> str:
    """Whether a limit is of the pool's shares, and the account has them without having all there are."""
    value, issue = tx.amount(name)
    if issue != pool_common.shares_issue(amm):
        return "temBAD_AMM_TOKENS"
    shares = TOKENS.of(value)
    return "tecAMM_INVALID_TOKENS" if less(held, shares) or not less(shares, amm.lp_balance) else SUCCESS


def _limit(tx: Transaction, name: str) -> Token | None:
    return TOKENS.of(tx.amount(name)[0]) if name in tx.fields else None


def apply(state: State, tx: Transaction) -> Effect:
    """Sell the slot to the account at the price of this moment, or at what it bids if that is more."""
    amm, bidder = pool_common.pool_of(state, tx), state.accounts[tx.account]
    assert amm is not None, "there was a pool when it was looked at"
    owner, used = state.accounts.get(amm.slot_account or ""), _used(state, amm)
    price, back = _least_price(amm), ZERO
    if owner is not None and used is not None:
        price = add(multiply(multiply(amm.slot_price, _RAISE), subtract(ONE, _power(used, _DECAY))), price)
        back = multiply(subtract(ONE, used), amm.slot_price)
    paid = _paid(tx, price, pool_common.shares_held(amm, bidder))
    if isinstance(paid, str):
        return Effect(paid)
    if owner is not None and owner is not bidder:
        _pay(state, amm, bidder, owner, TOKENS.from_number(back))
    _sell(state, tx, amm, bidder, paid)
    _burn(state, amm, bidder, subtract(paid, back))
    return Effect(SUCCESS)


def _used(state: State, amm: Amm) -> Number | None:
    """How much of its day the slot is in, by whole parts begun; None once that has passed (``ammAuctionTimeSlot``)."""
    passed_s = state.parent_close_time_s - (amm.slot_expiration_s - pool_common.SLOT_S)
    if not 0 <= passed_s < pool_common.SLOT_S:
        return None
    return divide(normalize(passed_s // INTERVAL_S + 1, 0), _PARTS)


def _least_price(amm: Amm) -> Number:
    return divide(multiply(amm.lp_balance, pool_shares.fee_of(amm.trading_fee)), _LEAST_PART)


def _power(x: Number, exponent: int) -> Number:
    """``x`` to a whole power, squared and multiplied in the server's order, since each step rounds."""
    if exponent == 1:
        return x
    root = _power(x, exponent // 2)
    squared = multiply(root, root)
    return multiply(squared, x) if exponent % 2 else squared


def _paid(tx: Transaction, price: Number, held: Token) -> Number | str:
    """What the bidder pays, or why it does not."""
    least, most = _limit(tx, "BidMin"), _limit(tx, "BidMax")
    if most is not None and less(most, price):
        return "tecAMM_FAILED"
    if least is not None and less(price, least):
        price = least
    return "tecAMM_INVALID_TOKENS" if less(held, price) else price


def _pay(state: State, amm: Amm, bidder: Account, owner: Account, shares: Token) -> None:
    """Shares from the bidder to who is outbid. It is always less than the price."""
    if shares == ZERO:
        return
    line = pool_common.shares_line(amm, bidder)
    assert line is not None, "who bids has shares"
    pool_common.give_shares(state, amm, owner, shares)
    state.redeem_over(line, shares)


def _sell(state: State, tx: Transaction, amm: Amm, bidder: Account, price: Number) -> None:
    state.journal.touch(amm)
    amm.slot_account = bidder.address
    amm.slot_expiration_s = state.parent_close_time_s + pool_common.SLOT_S
    amm.slot_fee = amm.trading_fee // DISCOUNT
    amm.slot_price = TOKENS.from_number(price)
    amm.slot_users = _users(tx)


def _burn(state: State, amm: Amm, bidder: Account, price: Number) -> None:
    """Take what is left of the price out of circulation, as far as the total can tell it."""
    burnt = pool_shares.held_out(amm.lp_balance, TOKENS.from_number(price))
    line = pool_common.shares_line(amm, bidder)
    assert line is not None, "who bids has shares"
    state.redeem_over(line, burnt)
    amm.lp_balance = TOKENS.subtract(amm.lp_balance, burnt)
