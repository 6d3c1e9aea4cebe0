"""AMMClawback: an issuer that may takes its tokens out of a pool, for the shares of one who holds some.

The holder is paid the other side.

Source: AMMClawback.cpp of the ledger server, with fixAMMClawbackRounding.
"""

from __future__ import annotations

from neo.ledger import pool_shares
from neo.ledger.amount import TOKENS, Token
from neo.ledger.number import DOWN, ZERO, less, multiply
from neo.ledger.state import State
from neo.ledger.transactions import clawback, pool_common
from neo.ledger.transactions.amm_withdraw import Withdrawal
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_positive,
)

CLAW_TWO_ASSETS = 0x00000001


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~(UNIVERSAL_FLAGS | CLAW_TWO_ASSETS):
        return "temINVALID_FLAG"
    asset, other = pool_common.asset_field(tx, "Asset"), pool_common.asset_field(tx, "Asset2")
    if _holder(tx) == tx.account or asset == XRP:
        return MALFORMED
    if tx.has(CLAW_TWO_ASSETS) and asset[1] != other[1]:
        return "temINVALID_FLAG"
    if asset[1] != tx.account:
        return MALFORMED
    if "Amount" in tx.fields:
        value, issue = tx.amount("Amount")
        if issue != asset or not is_positive(value):
            return "temBAD_AMOUNT"
    return SUCCESS


def _holder(tx: Transaction) -> str:
    value = tx.fields["Holder"]
    if not isinstance(value, str):
        raise TypeError("a holder is an address")
    return value


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    if _holder(tx) not in state.accounts:
        return "terNO_ACCOUNT"
    if pool_common.pool_of(state, tx) is None:
        return "terNO_AMM"
    if not state.rules.clawback_rounding:
        raise UnsupportedTransactionError("the embedded ledger knows AMMClawback since fixAMMClawbackRounding")
    return SUCCESS if clawback.may_claw_back(state.accounts[tx.account].flags) else "tecNO_PERMISSION"


def apply(state: State, tx: Transaction) -> Effect:
    """Withdraw for the holder, and take the tokens of it back."""
    amm, holder = pool_common.pool_of(state, tx), state.accounts[_holder(tx)]
    assert amm is not None, "there was a pool when it was looked at"
    shares = pool_common.shares_held(amm, holder)
    if shares == ZERO:
        return Effect("tecAMM_BALANCE")
    refused = pool_common.settle_last_holder(state, amm, holder)
    if refused != SUCCESS:
        return Effect(refused)
    wanted = TOKENS.of(tx.amount("Amount")[0]) if "Amount" in tx.fields else None
    try:
        at_work = Withdrawal(state, amm, holder, ZERO, prior_drops=tx.prior_drops, if_frozen=True, takes_all=True)
        result = at_work.both_for(shares) if wanted is None else _take_matching(at_work, shares, wanted)
    except ArithmeticError:
        return Effect("tecINTERNAL")
    if result == SUCCESS:
        state.redeem(holder, TOKENS.of(at_work.taken[0]))
    return Effect(result)


def _take_matching(at_work: Withdrawal, held: Token, wanted: Token) -> str:
    """Both sides, so that the tokens are what is wanted, or all that the holder's shares are worth.

    Source: ``equalWithdrawMatchingOneAmount``.
    """
    part = pool_shares.share_of(wanted, at_work.first)
    if less(held, TOKENS.from_number(multiply(at_work.total, part))):
        return at_work.both_for(held)
    shares = pool_shares.shares_out(at_work.total, part)
    if shares == ZERO:
        return "tecAMM_INVALID_TOKENS"
    part = pool_shares.share_of(shares, at_work.total)
    sides = pool_shares.part_of(at_work.first, part, DOWN), pool_shares.part_of(at_work.second, part, DOWN)
    return at_work.take(sides, shares)
