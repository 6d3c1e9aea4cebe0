"""AMMVote: say what a pool's fee should be; it is the average of the votes, weighed by shares.

Source: https://xrpl.org/docs/references/protocol/transactions/types/ammvote and AMMVote.cpp of the ledger server.
"""

from __future__ import annotations

from typing import NamedTuple

from neo.ledger import keys, pool
from neo.ledger.amount import Token
from neo.ledger.number import ZERO, Number, add, divide, less, multiply, normalize, subtract, to_integer
from neo.ledger.pool_entry import DISCOUNT, Amm, Vote
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction

VOTES_MAX = 8

_WHOLE = normalize(pool_common.VOTE_WEIGHT_WHOLE, 0)


class _Ballot(NamedTuple):
    """A vote that counts: whose it is, for which fee, and the shares behind it."""

    account: str
    fee: int
    shares: Token


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    refused = pool_common.check_pair(tx)
    if refused != SUCCESS:
        return refused
    return "temBAD_FEE" if tx.counts["TradingFee"] > pool.TRADING_FEE_MAX else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    amm = pool_common.pool_of(state, tx)
    if amm is None:
        return "terNO_AMM"
    if amm.lp_balance == ZERO:
        return "tecAMM_EMPTY"
    has_shares = pool_common.shares_held(amm, state.accounts[tx.account]) != ZERO
    return SUCCESS if has_shares else "tecAMM_INVALID_TOKENS"


def apply(state: State, tx: Transaction) -> Effect:
    """Take the vote, weigh all votes anew by the shares that stand behind them now, and set the fee."""
    amm = pool_common.pool_of(state, tx)
    assert amm is not None, "there was a pool when it was looked at"
    own = _Ballot(tx.account, tx.counts["TradingFee"], pool_common.shares_held(amm, state.accounts[tx.account]))
    ballots, top, bottom = _counted(state, amm, own)
    state.journal.touch(amm)
    amm.votes = tuple(Vote(each.account, each.fee, _weight(each, amm.lp_balance)) for each in ballots)
    amm.trading_fee = to_integer(divide(top, bottom))
    amm.slot_fee = amm.trading_fee // DISCOUNT
    return Effect(SUCCESS)


def _weight(ballot: _Ballot, total: Token) -> int:
    return to_integer(divide(multiply(ballot.shares, _WHOLE), total))


def _counted(state: State, amm: Amm, own: _Ballot) -> tuple[list[_Ballot], Number, Number]:
    """The votes that stand now, and the fraction that is their fee: the sum of fees by shares, and that of shares.

    A vote without shares goes. Of a full list, a new vote takes the place of the weakest, if it is stronger. The sums
    are run up in the server's order, and what leaves is taken off them, since each step rounds.
    """
    ballots: list[_Ballot] = []
    top = bottom = ZERO
    for vote in amm.votes:
        voter = state.accounts.get(vote.account)
        shares = ZERO if voter is None else pool_common.shares_held(amm, voter)
        if shares == ZERO:
            continue
        ballot = own if vote.account == own.account else _Ballot(vote.account, vote.fee, shares)
        top, bottom = _with(top, bottom, ballot)
        ballots.append(ballot)
    if own in ballots:
        return ballots, top, bottom
    if len(ballots) < VOTES_MAX:
        return [*ballots, own], *_with(top, bottom, own)
    weakest = _weakest(ballots)
    least = ballots[weakest]
    if less(least.shares, own.shares) or (least.shares == own.shares and own.fee > least.fee):
        top, bottom = _without(top, bottom, least)
        ballots[weakest] = own
        top, bottom = _with(top, bottom, own)
    return ballots, top, bottom


def _with(top: Number, bottom: Number, ballot: _Ballot) -> tuple[Number, Number]:
    return add(top, multiply(normalize(ballot.fee, 0), ballot.shares)), add(bottom, ballot.shares)


def _without(top: Number, bottom: Number, ballot: _Ballot) -> tuple[Number, Number]:
    weighed = multiply(normalize(ballot.fee, 0), ballot.shares)
    return subtract(top, weighed), subtract(bottom, ballot.shares)


def _weakest(ballots: list[_Ballot]) -> int:
    """The place of the vote with the fewest shares; of equal ones that for the lowest fee, then the lowest account."""
    found = 0
    for place, ballot in enumerate(ballots):
        least = ballots[found]
        if less(ballot.shares, least.shares) or (
            ballot.shares == least.shares
            and (ballot.fee, keys.account_id(ballot.account)) < (least.fee, keys.account_id(least.account))
        ):
            found = place
    return found
