"""AMMWithdraw: take one or both sides out of the pool for shares of it.

Source: AMMWithdraw.cpp of the ledger server, with fixAMMv1_1, fixAMMv1_2 and fixAMMv1_3.
"""

from __future__ import annotations

from neo.ledger import amount as amounts
from neo.ledger import pool_shares
from neo.ledger.amount import TOKENS, Amount, Token
from neo.ledger.entries import Account
from neo.ledger.flow.pool_offer import fee_for
from neo.ledger.number import DOWN, ZERO, less
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import FREE_ENTRIES, SUCCESS, UNIVERSAL_FLAGS, XRP, Effect, Transaction, is_positive

LP_TOKEN = 0x00010000
WITHDRAW_ALL = 0x00020000
ONE_ASSET_WITHDRAW_ALL = 0x00040000
SINGLE_ASSET = 0x00080000
TWO_ASSET = 0x00100000
ONE_ASSET_LP_TOKEN = 0x00200000
LIMIT_LP_TOKEN = 0x00400000


# What each way of withdrawing must name; it may name nothing else.
_FIELDS: dict[int, set[str]] = {
    LP_TOKEN: {"LPTokenIn"},
    WITHDRAW_ALL: set(),
    ONE_ASSET_WITHDRAW_ALL: {"Amount"},
    SINGLE_ASSET: {"Amount"},
    TWO_ASSET: {"Amount", "Amount2"},
    ONE_ASSET_LP_TOKEN: {"Amount", "LPTokenIn"},
    LIMIT_LP_TOKEN: {"Amount", "EPrice"},
}
_ALL = {"Amount", "Amount2", "EPrice", "LPTokenIn"}
_ZERO_ALLOWED = ONE_ASSET_WITHDRAW_ALL | ONE_ASSET_LP_TOKEN | LIMIT_LP_TOKEN


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~(UNIVERSAL_FLAGS | sum(_FIELDS)):
        return "temINVALID_FLAG"
    way = tx.flags & sum(_FIELDS)
    if way not in _FIELDS or _ALL & tx.fields.keys() != _FIELDS[way]:
        return "temMALFORMED"
    refused = pool_common.check_amounts(tx, "LPTokenIn", zero_allowed=bool(way & _ZERO_ALLOWED))
    if refused == SUCCESS and "EPrice" in tx.fields:
        refused = pool_common.check_amount(tx, "EPrice", ())
    return refused


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    amm = pool_common.pool_of(state, tx)
    if amm is None:
        return "terNO_AMM"
    if amm.lp_balance == ZERO:
        return "tecAMM_EMPTY"
    account = state.accounts[tx.account]
    for name in ("Amount", "Amount2"):
        if name in tx.fields:
            refused = _check_side(state, amm, account, *tx.amount(name))
            if refused != SUCCESS:
                return refused
    refused = _check_shares(tx, amm, account)
    if refused != SUCCESS:
        return refused
    if tx.has(LP_TOKEN) or tx.has(WITHDRAW_ALL):
        return pool_common.check_tokens(state, amm, account)
    return SUCCESS


def _check_shares(tx: Transaction, amm: Amm, account: Account) -> str:
    """Whether the account has the shares, and all that is said of shares is of this pool's."""
    held = pool_common.shares_held(amm, account)
    if held[0] <= 0:
        return "tecAMM_BALANCE"
    if "LPTokenIn" in tx.fields:
        shares, issue = tx.amount("LPTokenIn")
        if issue != pool_common.shares_issue(amm):
            return "temBAD_AMM_TOKENS"
        if less(held, TOKENS.of(shares)):
            return "tecAMM_INVALID_TOKENS"
    is_other = "EPrice" in tx.fields and tx.amount("EPrice")[1] != pool_common.shares_issue(amm)
    return "temBAD_AMM_TOKENS" if is_other else SUCCESS


def _check_side(state: State, amm: Amm, account: Account, value: Amount, issue: tuple[bytes, str]) -> str:
    if pool_shares.is_less(pool_common.balances(state, amm, value)[0], value):
        return "tecAMM_BALANCE"
    return SUCCESS if issue == XRP else pool_common.check_tokens(state, amm, account)


class Withdrawal:
    """One withdrawal at work, by the shares' holder or from it.

    Args:
        holder: whose shares they are.
        named: an amount of the side that comes first; XRP does without.
        prior_drops: the sender's balance before the fee.
        if_frozen: tokens that are frozen are withdrawn all the same.
        takes_all: all of the holder's shares are meant.
    """

    def __init__(
        self,
        state: State,
        amm: Amm,
        holder: Account,
        named: Amount | None,
        *,
        prior_drops: int,
        if_frozen: bool = False,
        takes_all: bool = False,
    ) -> None:
        self._state, self._amm, self._holder = state, amm, holder
        self._prior_drops = prior_drops
        self._takes_all = takes_all
        self.first, self.second = pool_common.balances(state, amm, named, if_frozen=if_frozen)
        self.total = amm.lp_balance
        self._fee = fee_for(state, amm, holder)
        self.taken: tuple[Amount, ...] = ()

    def _held(self, shares: Token) -> Token:
        return shares if self._takes_all else pool_shares.held_out(self.total, shares)

    def both_for(self, wanted: Token) -> str:
        """Both sides, for so many shares (``equalWithdrawTokens``)."""
        if wanted == self.total:
            return self.take((self.first, self.second), wanted)
        shares = self._held(wanted)
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        part = amounts.divide(shares, self.total, TOKENS)
        first, second = pool_shares.part_of(self.first, part, DOWN), pool_shares.part_of(self.second, part, DOWN)
        if not is_positive(first) or not is_positive(second):
            return "tecAMM_FAILED"
        return self.take((first, second), shares)

    def both_up_to(self, most: Amount, most_second: Amount) -> str:
        """Both sides, as much as the smaller limit allows (``equalWithdrawLimit``)."""
        found = self._matching(most, self.first, self.second)
        if found is None:
            return "tecAMM_INVALID_TOKENS"
        shares, second = found
        if not pool_shares.is_less(most_second, second):
            return self.take((most, second), shares)
        found = self._matching(most_second, self.second, self.first)
        if found is None:
            return "tecAMM_INVALID_TOKENS"
        shares, first = found
        return "tecAMM_FAILED" if pool_shares.is_less(most, first) else self.take((first, most_second), shares)

    def _matching(self, value: Amount, side: Amount, other: Amount) -> tuple[Token, Amount] | None:
        """(shares, how much of the other side) for so much of one."""
        shares = pool_shares.shares_out(self.total, pool_shares.share_of(value, side))
        if shares == ZERO:
            return None
        return shares, pool_shares.part_of(other, pool_shares.share_of(shares, self.total), DOWN)

    def one(self, wanted: Amount) -> str:
        """One side, so much of it (``singleWithdraw``)."""
        shares = self._held(pool_shares.shares_of_one(self.first, wanted, self.total, self._fee))
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        shares, value = pool_shares.settled_out(self.first, wanted, self.total, shares, self._fee)
        return "tecAMM_INVALID_TOKENS" if shares == ZERO else self.take((value,), shares)

    def one_for(self, wanted: Token, least: Amount) -> str:
        """One side, for so many shares (``singleWithdrawTokens``)."""
        shares = self._held(wanted)
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        value = pool_shares.withdrawal_for(self.first, self.total, shares, self._fee)
        return "tecAMM_FAILED" if pool_shares.is_less(value, least) else self.take((value,), shares)

    def one_at(self, least: Amount, price: Token) -> str:
        """One side, at no more than a price in shares (``singleWithdrawEPrice``)."""
        value, shares = pool_shares.withdrawal_at_price(self.first, self.total, price, self._fee)
        if shares[0] <= 0:
            return "tecAMM_INVALID_TOKENS"
        return "tecAMM_FAILED" if pool_shares.is_less(value, least) else self.take((value,), shares)

    def take(self, sides: tuple[Amount, ...], shares: Token) -> str:
        """Move the sides out of the pool and the shares back into it (``withdraw``)."""
        state, amm, holder = self._state, self._amm, self._holder
        held = pool_common.shares_held(amm, holder)
        if shares[0] <= 0 or less(held, shares):
            return "tecAMM_INVALID_TOKENS"
        pairs = list(zip(sides, (self.first, self.second), strict=False))
        empties = [side == had for side, had in pairs] + [False] * (2 - len(pairs))
        too_much = any(pool_shares.is_less(had, side) for side, had in pairs)
        if any(empties) != all(empties) or (shares == self.total and not all(empties)) or too_much:
            return "tecAMM_BALANCE"
        for side in sides:
            if not isinstance(side, int) and not self._may_receive():
                return "tecINSUFFICIENT_RESERVE"
            pool_common.send(state, amm.account, holder, side)
        line = pool_common.shares_line(amm, holder)
        assert line is not None, "shares are held over a line"
        state.redeem_over(line, shares)
        pool_common.set_total(state, amm, TOKENS.subtract(self.total, shares))
        self.taken = sides
        return SUCCESS

    def _may_receive(self) -> bool:
        """Whether the holder has the reserve for the token's line, should it need one (fixAMMv1_2)."""
        state, holder = self._state, self._holder
        if not state.rules.pool_falls_back or holder.line is not None or holder is state.issuer:
            return True
        if holder.owner_count < FREE_ENTRIES:
            return True
        return max(self._prior_drops, holder.drops) >= state.fees.reserve_drops(holder.owner_count + 1)


def apply(state: State, tx: Transaction) -> Effect:
    """Withdraw."""
    amm, holder = pool_common.pool_of(state, tx), state.accounts[tx.account]
    assert amm is not None, "there was a pool when it was looked at"
    refused = pool_common.settle_last_holder(state, amm, holder)
    if refused != SUCCESS:
        return Effect(refused)
    try:
        return Effect(_run(state, tx, amm, holder))
    except ArithmeticError:
        return Effect("tecINTERNAL")


def _run(state: State, tx: Transaction, amm: Amm, holder: Account) -> str:
    """Withdraw in the way that the transaction's flag says."""
    named = tx.amount("Amount")[0] if "Amount" in tx.fields else None
    takes_all = tx.has(WITHDRAW_ALL) or tx.has(ONE_ASSET_WITHDRAW_ALL)
    at_work = Withdrawal(state, amm, holder, named, prior_drops=tx.prior_drops, takes_all=takes_all)
    shares = pool_common.shares_held(amm, holder)
    if "LPTokenIn" in tx.fields:
        shares = TOKENS.of(tx.amount("LPTokenIn")[0])
    if named is None:
        return at_work.both_for(shares)
    if tx.has(TWO_ASSET):
        return at_work.both_up_to(named, tx.amount("Amount2")[0])
    if tx.has(LIMIT_LP_TOKEN):
        return at_work.one_at(named, TOKENS.of(tx.amount("EPrice")[0]))
    return at_work.one(named) if tx.has(SINGLE_ASSET) else at_work.one_for(shares, named)
