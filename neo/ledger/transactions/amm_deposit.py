"""AMMDeposit: put one or both sides into the pool for shares of it.

Source: AMMDeposit.cpp of the ledger server, with fixAMMv1_3.
"""

from __future__ import annotations

from neo.ledger import amount as amounts
from neo.ledger import pool, pool_shares
from neo.ledger.amount import DROPS, TOKENS, Amount, Token
from neo.ledger.entries import Account
from neo.ledger.flow.pool_offer import fee_for
from neo.ledger.number import DOWN, UP, ZERO, Number, less
from neo.ledger.pool_entry import Amm
from neo.ledger.scale import SMALL
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, XRP, Effect, Transaction, is_positive

LP_TOKEN = 0x00010000
SINGLE_ASSET = 0x00080000
TWO_ASSET = 0x00100000
ONE_ASSET_LP_TOKEN = 0x00200000
LIMIT_LP_TOKEN = 0x00400000
TWO_ASSET_IF_EMPTY = 0x00800000

# What each way of depositing must name, and what it may.
_FIELDS = {
    LP_TOKEN: ({"LPTokenOut"}, {"Amount", "Amount2"}),
    SINGLE_ASSET: ({"Amount"}, {"LPTokenOut"}),
    TWO_ASSET: ({"Amount", "Amount2"}, {"LPTokenOut"}),
    ONE_ASSET_LP_TOKEN: ({"Amount", "LPTokenOut"}, set()),
    LIMIT_LP_TOKEN: ({"Amount", "EPrice"}, set()),
    TWO_ASSET_IF_EMPTY: ({"Amount", "Amount2"}, {"TradingFee"}),
}
_ALL = {"Amount", "Amount2", "EPrice", "LPTokenOut", "TradingFee"}


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~(UNIVERSAL_FLAGS | sum(_FIELDS)):
        return "temINVALID_FLAG"
    way = tx.flags & sum(_FIELDS)
    if way not in _FIELDS:
        return "temMALFORMED"
    must, may = _FIELDS[way]
    named = _ALL & tx.fields.keys()
    if not must <= named <= must | may or (way == LP_TOKEN and ("Amount" in named) != ("Amount2" in named)):
        return "temMALFORMED"
    refused = pool_common.check_amounts(tx, "LPTokenOut", zero_allowed="EPrice" in named)
    if refused != SUCCESS:
        return refused
    if "EPrice" in named:
        refused = pool_common.check_amount(tx, "EPrice", (tx.amount("Amount")[1],))
        if refused != SUCCESS:
            return refused
    return "temBAD_FEE" if tx.counts.get("TradingFee", 0) > pool.TRADING_FEE_MAX else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    amm = pool_common.pool_of(state, tx)
    if amm is None:
        return "terNO_AMM"
    account = state.accounts[tx.account]
    if tx.has(TWO_ASSET_IF_EMPTY) != (amm.lp_balance == ZERO):
        return "tecAMM_NOT_EMPTY" if tx.has(TWO_ASSET_IF_EMPTY) else "tecAMM_EMPTY"
    if state.rules.amm_clawback:
        refused = pool_common.check_may_hold(state, account)
        if refused != SUCCESS:
            return refused
        if state.is_frozen(account) and account is not state.issuer:
            return "tecFROZEN"
    for name in ("Amount", "Amount2"):
        refused = _check_side(state, tx, amm, account, name)
        if refused != SUCCESS:
            return refused
    if "LPTokenOut" in tx.fields and tx.amount("LPTokenOut")[1] != pool_common.shares_issue(amm):
        return "temBAD_AMM_TOKENS"
    if pool_common.shares_held(amm, account) == ZERO and state.liquid_drops(account, 1) <= 0:
        return "tecINSUF_RESERVE_LINE"
    return SUCCESS


def _check_side(state: State, tx: Transaction, amm: Amm, account: Account, name: str) -> str:
    """Whether one side may move, and whether there is enough of it where the transaction says how much."""
    by_shares = tx.has(LP_TOKEN)
    if not by_shares and name not in tx.fields:
        return SUCCESS
    is_xrp = name == "Amount" if by_shares else tx.amount(name)[1] == XRP
    if not is_xrp:
        refused = pool_common.check_tokens(state, amm, account)
        if refused != SUCCESS:
            return refused
    return SUCCESS if by_shares else _check_funds(state, amm, account, tx.amount(name)[0])


def _check_funds(state: State, amm: Amm, account: Account, value: Amount) -> str:
    if isinstance(value, int):
        has_line = pool_common.shares_line(amm, account) is not None
        if state.liquid_drops(account, 0 if has_line else 1) >= value:
            return SUCCESS
        return "tecUNFUNDED_AMM" if has_line else "tecINSUF_RESERVE_LINE"
    held = ZERO if account.line is None else account.line.balance
    return SUCCESS if account is state.issuer or not less(held, value) else "tecUNFUNDED_AMM"


class _Deposit:
    """One deposit at work.

    Attributes:
        first, second: what the pool holds of the side that is named first, and of the other.
        total: its shares.
        fee: what the depositor pays on one side alone, in 1/100000.
    """

    def __init__(self, state: State, tx: Transaction, amm: Amm) -> None:
        self.state, self.tx, self.amm = state, tx, amm
        self.account = state.accounts[tx.account]
        named = tx.amount("Amount")[0] if "Amount" in tx.fields else None
        self.first, self.second = pool_common.balances(state, amm, named, if_frozen=False)
        self.total = amm.lp_balance
        self.fee = fee_for(state, amm, self.account)

    def named(self, field: str) -> Amount | None:
        """An amount of the transaction, if it names one."""
        return self.tx.amount(field)[0] if field in self.tx.fields else None

    def run(self) -> str:
        """Deposit in the way that the transaction's flag says."""
        tx = self.tx
        if tx.has(TWO_ASSET):
            return self._both_up_to(tx.amount("Amount")[0], tx.amount("Amount2")[0])
        if tx.has(LP_TOKEN):
            return self._both_for(TOKENS.of(tx.amount("LPTokenOut")[0]))
        if tx.has(TWO_ASSET_IF_EMPTY):
            return self._anew(tx.amount("Amount")[0], tx.amount("Amount2")[0])
        if tx.has(ONE_ASSET_LP_TOKEN):
            return self._one_for(TOKENS.of(tx.amount("LPTokenOut")[0]), tx.amount("Amount")[0])
        if tx.has(LIMIT_LP_TOKEN):
            return self._one_at(tx.amount("Amount")[0], tx.amount("EPrice")[0])
        return self._one(tx.amount("Amount")[0])

    def _both_for(self, wanted: Token) -> str:
        """Both sides, for so many shares (``equalDepositTokens``)."""
        shares = pool_shares.held_in(self.total, wanted)
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        part = amounts.divide(shares, self.total, TOKENS)
        first, second = pool_shares.part_of(self.first, part, UP), pool_shares.part_of(self.second, part, UP)
        least = self.named("Amount"), self.named("Amount2")
        for value, floor in zip((first, second), least, strict=True):
            if floor is not None and pool_shares.is_less(value, floor):
                return "tecAMM_FAILED"
        return self._take((first, second), shares)

    def _both_up_to(self, most: Amount, most_second: Amount) -> str:
        """Both sides, all of the one that is scarcer (``equalDepositLimit``)."""
        found = self._matching(pool_shares.share_of(most, self.first), self.second)
        if isinstance(found, str):
            return found
        shares, second = found
        if not pool_shares.is_less(most_second, second):
            return self._take_if_enough((most, second), shares)
        found = self._matching(pool_shares.share_of(most_second, self.second), self.first)
        if isinstance(found, str):
            return found
        shares, first = found
        if pool_shares.is_less(most, first):
            return "tecAMM_FAILED"
        return self._take_if_enough((first, most_second), shares)

    def _matching(self, part: Number, other: Amount) -> tuple[Token, Amount] | str:
        """(shares, how much of the other side) for a part of the pool."""
        shares = pool_shares.shares_in(self.total, part)
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        return shares, pool_shares.part_of(other, pool_shares.share_of(shares, self.total), UP)

    def _one(self, deposit: Amount) -> str:
        """One side, all that is offered (``singleDeposit``)."""
        found = self._settled(deposit)
        return "tecAMM_INVALID_TOKENS" if found is None else self._take_if_enough((found[1],), found[0])

    def _settled(self, deposit: Amount) -> tuple[Token, Amount] | None:
        raw = pool_shares.shares_for_one(self.first, deposit, self.total, self.fee)
        shares = pool_shares.held_in(self.total, raw)
        if shares[0] <= 0:
            return None
        shares, deposit = pool_shares.settled_in(self.first, deposit, self.total, shares, self.fee)
        return None if shares == ZERO else (shares, deposit)

    def _one_for(self, wanted: Token, most: Amount) -> str:
        """One side, for so many shares (``singleDepositTokens``)."""
        shares = pool_shares.held_in(self.total, wanted)
        if shares == ZERO:
            return "tecAMM_INVALID_TOKENS"
        deposit = pool_shares.deposit_for(self.first, self.total, shares, self.fee)
        return "tecAMM_FAILED" if pool_shares.is_less(most, deposit) else self._take((deposit,), shares)

    def _one_at(self, most: Amount, price: Amount) -> str:
        """One side, at no more than a price a share (``singleDepositEPrice``)."""
        if is_positive(most):
            found = self._settled(most)
            if found is None:
                return "tecAMM_INVALID_TOKENS"
            shares, deposit = found
            if not less(pool_shares.number_of(price), pool_shares.share_of(deposit, shares)):
                return self._take((deposit,), shares)
        deposit, shares = pool_shares.deposit_at_price(self.first, self.total, price, self.fee)
        if not is_positive(deposit):
            return "tecAMM_FAILED"
        shares, deposit = pool_shares.settled_in(self.first, deposit, self.total, shares, self.fee)
        return "tecAMM_INVALID_TOKENS" if shares == ZERO else self._take((deposit,), shares)

    def _anew(self, first: Amount, second: Amount) -> str:
        """Both sides into an empty pool, whose fee and slot are the depositor's (``equalDepositInEmptyState``)."""
        drops, tokens = (first, second) if isinstance(first, int) else (second, first)
        shares = pool.shares_for(DROPS.of(drops), TOKENS.of(tokens), SMALL, DOWN)
        result = self._take((first, second), shares)
        if result == SUCCESS:
            pool_common.give_slot(self.state, self.amm, self.account, self.tx.counts.get("TradingFee", 0))
        return result

    def _take_if_enough(self, sides: tuple[Amount, ...], shares: Token) -> str:
        least = self.named("LPTokenOut")
        if least is not None and less(shares, TOKENS.of(least)):
            return "tecAMM_FAILED"
        return self._take(sides, shares)

    def _take(self, sides: tuple[Amount, ...], shares: Token) -> str:
        """Move the sides into the pool and give the shares (``deposit``)."""
        if shares[0] <= 0:
            return "tecAMM_INVALID_TOKENS"
        for side in sides:
            if not is_positive(side):
                return "temBAD_AMOUNT"
            if _check_funds(self.state, self.amm, self.account, side) != SUCCESS:
                return "tecUNFUNDED_AMM"
            pool_common.send(self.state, self.account, self.amm.account, side)
        pool_common.give_shares(self.state, self.amm, self.account, shares)
        pool_common.set_total(self.state, self.amm, TOKENS.add(self.total, shares))
        return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Deposit."""
    amm = pool_common.pool_of(state, tx)
    assert amm is not None, "there was a pool when it was looked at"
    try:
        return Effect(_Deposit(state, tx, amm).run())
    except ArithmeticError:
        return Effect("tecINTERNAL")
