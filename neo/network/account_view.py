"""What an account gets to see of the embedded ledger: the same message that a real venue's shell would send."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from neo.chain.money import plain, price_of, price_of_rate
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.ledger import Applied, Ledger
from neo.ledger.entries import GLOBAL_FREEZE, Account, Entry, Offer, TrustLine
from neo.ledger.metadata import nodes
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
    traded: list[LedgerTransaction] = []
    for done in closed.transactions:
        if isinstance(done, RecordedTransaction):
            traded.append(done.told)
            continue
        applied = done.applied
        if applied.touches(pair.account):
            ours.append(LedgerTransaction(done.tx_hash, done.tx, applied.meta(with_pages=False), applied.result))
        if _moved_between_accounts(applied):
            traded.append(LedgerTransaction(done.tx_hash, done.tx, _trade_meta(applied), applied.result))
    trades = read_trades(traded, pair)
    told = _told(ledger, pair.account, closed.index, closed.close_time_s, tuple(ours), notice, trades)
    since = closed.since_index if isinstance(closed, ForkedLedger) else None
    return told if since is None else msgspec.structs.replace(told, since_index=since)


def _moved_between_accounts(applied: Applied) -> bool:
    """Whether more accounts than the sender's own changed: a trade moves XRP from one to another."""
    return sum(isinstance(touched.entry, Account) for touched in applied.touched) > 1


def _trade_meta(applied: Applied) -> dict[str, Any]:
    """The metadata's nodes that tell of a trade: offers, and the pool's own. Making all of them costs much more."""
    return {"AffectedNodes": nodes(touched for touched in applied.touched if _tells_of_trade(touched.entry))}


def _tells_of_trade(entry: Entry) -> bool:
    if isinstance(entry, Offer):
        return True
    return entry.is_amm if isinstance(entry, Account) else isinstance(entry, TrustLine) and entry.holder.is_amm


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
    amm = ledger.amm()
    return None if amm is None else PoolState(amm.drops, amm.token, amm.trading_fee, price_of(amm.drops, amm.token))


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
    offers = islice(ledger.depth("bids" if is_bid else "asks", without=account), _DEPTH)
    # An offer's price is its place in the book, which partial fills never change.
    return tuple(Level(price_of_rate(rate, of_ask=not is_bid), drops, tokens) for rate, drops, tokens in offers)
