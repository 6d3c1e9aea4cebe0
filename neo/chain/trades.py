"""The one reader of others' trades: what a taker took from the book and from the pool, from the metadata.

Like :mod:`neo.chain.fills` it reads the ledger's own shape, so that every venue tells trades alike: an offer traded if
its TakerGets and TakerPays shrank, and the pool traded if the XRP and the token of its account (the one whose root has
an AMMID) moved against each other.

Source: xrpl.org, "Transaction Metadata"; "Offer Directories" for the price in a directory's last 16 digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from neo.chain.fills import UNREADABLE, MetadataError, is_token, read
from neo.chain.money import EXACT, plain, price_of, price_of_rate
from neo.chain.pair import Pair
from neo.messages import LedgerTransaction, Side, TakerTrade, TradeLeg

TRADING_TYPES: Final = frozenset({"OfferCreate", "Payment", "CheckCash"})
"""What can take from the book; pool deposits and withdrawals move its balances without a trade."""

_ZERO: Final = Decimal(0)


def read_trades(transactions: Iterable[LedgerTransaction], pair: Pair) -> tuple[TakerTrade, ...]:
    """The trades of others in our pair, in the ledger's order; our own transactions are left out.

    Args:
        transactions: Validated ones. Those that can't have traded may be left out to save time.
        pair: Ours.

    Raises:
        MetadataError: if a field that must be there is missing or has another shape.
    """
    trades: list[TakerTrade] = []
    for transaction in transactions:
        tx = transaction.tx
        try:
            if tx.get("Account") != pair.account and tx.get("TransactionType") in TRADING_TYPES:
                trades += _trades(transaction, pair)
        except UNREADABLE as error:
            what = f"metadata lacks the ledger's shape ({error!r})"
            raise MetadataError(transaction.tx_hash, what) from error
    return tuple(trades)


class Taken:
    """What one transaction took of the pair, offer by offer and from the pool."""

    __slots__ = ("_legs", "_pool", "_rlusd")

    def __init__(self) -> None:
        self._legs: dict[Side, list[TradeLeg]] = {side: [] for side in Side}
        self._rlusd: dict[Side, Decimal] = dict.fromkeys(Side, _ZERO)
        self._pool: tuple[Side, int, Decimal] | None = None

    def add_leg(self, side: Side, leg: TradeLeg, rlusd: Decimal) -> None:
        """Count what one offer gave, or took, of the RLUSD."""
        self._legs[side].append(leg)
        self._rlusd[side] = EXACT.add(self._rlusd[side], rlusd)

    def add_pool(self, xrp_change_drops: int, rlusd_change: Decimal) -> None:
        """Count how a pool's holdings changed, if they did so by a trade: the two against each other.

        A trade that bridges meets other pairs' pools too; those hold none of our token.
        """
        if self._pool is None and xrp_change_drops < 0 < rlusd_change:
            self._pool = Side.BUY, -xrp_change_drops, rlusd_change
        elif self._pool is None and rlusd_change < 0 < xrp_change_drops:
            self._pool = Side.SELL, xrp_change_drops, EXACT.minus(rlusd_change)

    def trades(self, tx_hash: str) -> list[TakerTrade]:
        """A trade for each side that was taken from."""
        pool = self._pool
        return [
            _trade(tx_hash, side, legs, self._rlusd[side], pool if pool is not None and pool[0] is side else None)
            for side, legs in self._legs.items()
            if legs or (pool is not None and pool[0] is side)
        ]


def _trades(transaction: LedgerTransaction, pair: Pair) -> list[TakerTrade]:
    taken = Taken()
    pool_accounts: list[str] = []
    for entry in transaction.meta["AffectedNodes"]:
        for node in entry.values():
            fields = node.get("FinalFields")
            previous = node.get("PreviousFields")
            if fields is None:
                continue
            if node["LedgerEntryType"] == "Offer" and previous and "TakerGets" in previous and "TakerPays" in previous:
                _add_leg(taken, fields, previous, pair)
            elif node["LedgerEntryType"] == "AccountRoot" and "AMMID" in fields:
                pool_accounts.append(fields["Account"])
    for account in pool_accounts:
        reading = read(transaction, Pair(account, pair.currency, pair.issuer))
        taken.add_pool(reading.xrp_change_drops, reading.rlusd_change)
    return taken.trades(transaction.tx_hash)


def _add_leg(taken: Taken, fields: Mapping[str, Any], previous: Mapping[str, Any], pair: Pair) -> None:
    """Count what one offer gave; who takes XRP from an offer buys."""
    gives_xrp = isinstance(fields["TakerGets"], str)
    if gives_xrp == isinstance(fields["TakerPays"], str):
        return
    drops_key, token_key = ("TakerGets", "TakerPays") if gives_xrp else ("TakerPays", "TakerGets")
    token = fields[token_key]
    if not is_token(token, pair):
        return
    side = Side.BUY if gives_xrp else Side.SELL
    xrp_drops = int(previous[drops_key]) - int(fields[drops_key])
    given = EXACT.subtract(Decimal(previous[token_key]["value"]), Decimal(token["value"]))
    price = book_price(int(fields["BookDirectory"][-16:], 16), of_ask=gives_xrp)
    taken.add_leg(side, TradeLeg(price, xrp_drops, fields["Account"] == pair.account), given)


@lru_cache(maxsize=256)
def book_price(quality: int, *, of_ask: bool) -> Decimal:
    """RLUSD per XRP of every offer in a book directory: its last 64 bits are pays / gets, partial fills or not."""
    rate = Decimal(quality & 0x00FFFFFFFFFFFFFF).scaleb((quality >> 56) - 100, EXACT)
    return plain(price_of_rate(rate, of_ask=of_ask))


def _trade(
    tx_hash: str, side: Side, legs: list[TradeLeg], book_rlusd: Decimal, pool: tuple[Side, int, Decimal] | None
) -> TakerTrade:
    _, pool_drops, pool_rlusd = pool if pool is not None else (side, 0, Decimal(0))
    prices = [leg.price for leg in legs]
    if not prices:
        prices = [price_of(pool_drops, pool_rlusd)]
    return TakerTrade(
        tx_hash=tx_hash,
        taker_side=side,
        xrp_drops=sum(leg.xrp_drops for leg in legs) + pool_drops,
        rlusd=plain(EXACT.add(book_rlusd, pool_rlusd)),
        pool_drops=pool_drops,
        pool_rlusd=plain(pool_rlusd),
        worst_price=plain(max(prices) if side is Side.BUY else min(prices)),
        legs=tuple(legs),
    )
