"""What an account gets to see of the embedded ledger: the same message that a real venue's shell would send."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import islice

import msgspec

from neo.chain.money import plain, price_of, price_of_rate
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.ledger import Ledger
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import GLOBAL_FREEZE
from neo.ledger.quality import rate_of
from neo.ledger.text import to_decimal
from neo.messages import (
    Balances,
    Freeze,
    LedgerClosed,
    LedgerTransaction,
    Level,
    MarketState,
    PoolState,
    TakerTrade,
    Terms,
)
from neo.network.applied_trades import trades_of
from neo.network.network import ClosedLedger, ForkedLedger, RecordedTransaction

# Offers told of each side of the book. The touch needs one; the rest show what a larger order would meet.
_DEPTH = 5


def opening_ledger(ledger: Ledger, account: str) -> LedgerClosed:
    """The ledger that a session finds when it comes."""
    return _told(ledger, account, ledger.index - 1, ledger.close_time_s, (), None, ())


def report(ledger: Ledger, closed: ClosedLedger | ForkedLedger, pair: Pair, notice: str | None = None) -> LedgerClosed:
    """A ledger that just closed, with the transactions that touched our account and the trades of all others.

    Args:
        ledger: As that ledger left it.
        closed: What it did.
        pair: Whose view, and of which token.
        notice: What is to be told beside it.
    """
    ours: list[LedgerTransaction] = []
    trades: list[TakerTrade] = []
    account = pair.account
    for done in closed.transactions:
        if isinstance(done, RecordedTransaction):
            trades += read_trades((done.told,), pair)
            continue
        tx, tx_hash, applied = done
        if applied.touches(account):
            ours.append(LedgerTransaction(tx_hash, tx, applied.meta(of=account), applied.result))
        trades += trades_of(applied, tx, tx_hash, pair)
    told = _told(ledger, account, closed.index, closed.close_time_s, tuple(ours), notice, tuple(trades))
    since = closed.since_index if isinstance(closed, ForkedLedger) else None
    return told if since is None else msgspec.structs.replace(told, since_index=since)


def _told(
    ledger: Ledger,
    account: str,
    index: int,
    close_time_s: int,
    transactions: tuple[LedgerTransaction, ...],
    notice: str | None,
    trades: tuple[TakerTrade, ...],
) -> LedgerClosed:
    owner_count = ledger.owner_count(account)
    return LedgerClosed(
        ledger_index=index,
        close_time_s=close_time_s,
        market=MarketState(
            bids=_levels(ledger, account, is_bid=True),
            asks=_levels(ledger, account, is_bid=False),
            pool=_pool(ledger),
            freezes=(Freeze.GLOBAL,) if ledger.state.issuer.flags & GLOBAL_FREEZE else (),
        ),
        terms=_terms(ledger),
        balances=Balances(
            ledger.xrp_drops(account),
            plain(ledger.token_balance(account) or Decimal(0)),
            ledger.fees.reserve_drops(owner_count),
            owner_count,
            ledger.sequence(account),
        ),
        transactions=transactions,
        notice=notice,
        trades=trades,
    )


def _pool(ledger: Ledger) -> PoolState | None:
    amm = ledger.state.amm
    if amm is None:
        return None
    line = amm.account.line
    return _pool_state(amm.account.drops, (0, 0) if line is None else line.balance, amm.trading_fee)


@lru_cache(maxsize=16)  # a pool is traded with in one ledger of many
def _pool_state(drops: int, balance: Token, trading_fee: int) -> PoolState:
    tokens = to_decimal(balance)
    return PoolState(drops, tokens, trading_fee, price_of(drops, tokens))


def _terms(ledger: Ledger) -> Terms:
    """The network has no load, so a transaction enters the open ledger for the base fee."""
    return Terms(
        base_fee_drops=ledger.fees.base_fee_drops,
        open_ledger_fee_drops=ledger.fees.base_fee_drops,
        base_reserve_drops=ledger.fees.reserve_base_drops,
        owner_reserve_drops=ledger.fees.reserve_inc_drops,
    )


def _levels(ledger: Ledger, account: str, *, is_bid: bool) -> tuple[Level, ...]:
    """The best offers of others that have funds behind them."""
    offers = islice(ledger.backed("bids" if is_bid else "asks", without=account), _DEPTH)
    return tuple([_level(*offer) for offer in offers])


@lru_cache(maxsize=256)  # most offers are as they were in the ledger before
def _level(quality: int, gets: Amount, pays: Amount) -> Level:
    """An offer as a level. Its price is its place in the book, which partial fills never change."""
    rate = to_decimal(rate_of(quality))
    if isinstance(gets, int):
        assert not isinstance(pays, int), "an offer that gives XRP is paid in tokens"
        return Level(price_of_rate(rate, of_ask=True), gets, to_decimal(pays))
    assert isinstance(pays, int), "an offer that gives tokens is paid in XRP"
    return Level(price_of_rate(rate, of_ask=False), pays, to_decimal(gets))
