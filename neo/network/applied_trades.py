"""Others' trades on an embedded ledger, read from what a transaction changed: no metadata is made for them.

It tells what :mod:`neo.chain.trades` reads from the same transaction's metadata, in the same order.
"""

from __future__ import annotations

from typing import Any

from neo.chain.money import EXACT
from neo.chain.pair import Pair
from neo.chain.trades import TRADING_TYPES, Taken, book_price
from neo.ledger import Applied
from neo.ledger.amount import Token
from neo.ledger.entries import AccountImage, OfferImage, Touched, TrustLineImage
from neo.ledger.text import to_decimal
from neo.messages import Side, TakerTrade, TradeLeg


def trades_of(applied: Applied, tx: dict[str, Any], tx_hash: str, pair: Pair) -> list[TakerTrade]:
    """What somebody else's transaction took of the book and of the pool.

    Args:
        applied: What the ledger did with it.
        tx: In the ledger's JSON form.
        tx_hash: Its hash.
        pair: Ours.
    """
    if applied.alone or tx["Account"] == pair.account or tx["TransactionType"] not in TRADING_TYPES:
        return []
    traded = [touched for touched in applied.touched if _may_have_traded(touched)]
    if not traded:
        return []
    taken = Taken()
    for touched in sorted(traded, key=_by_key):
        if isinstance(touched.before, OfferImage) and isinstance(touched.after, OfferImage):
            _add_leg(taken, touched.before, touched.after, pair)
        elif isinstance(touched.before, AccountImage) and isinstance(touched.after, AccountImage):
            _add_pool(taken, touched.before, touched.after, applied, pair)
    return taken.trades(tx_hash)


def _may_have_traded(touched: Touched) -> bool:
    """Whether an entry is an offer that gives less than before, or a pool's account."""
    before, after = touched.before, touched.after
    if isinstance(before, OfferImage) and isinstance(after, OfferImage):
        return before.alive and before.pays != after.pays and before.gets != after.gets
    return isinstance(before, AccountImage) and before.entry.is_amm


def _add_leg(taken: Taken, before: OfferImage, after: OfferImage, pair: Pair) -> None:
    """Count what one offer gave; who takes XRP from an offer buys."""
    home = before.entry.home
    pays, gets = home.sides
    token = pays if gets is None else gets
    if token is None or None not in home.sides or (token.currency, token.issuer) != (pair.currency, pair.issuer):
        return
    (drops, tokens), (drops_left, tokens_left) = _parts(before), _parts(after)
    price = book_price(home.quality, of_ask=gets is None)
    leg = TradeLeg(price, drops - drops_left, before.entry.owner.address == pair.account)
    given = EXACT.subtract(to_decimal(tokens), to_decimal(tokens_left))
    taken.add_leg(Side.BUY if gets is None else Side.SELL, leg, given)


def _add_pool(taken: Taken, before: AccountImage, after: AccountImage, applied: Applied, pair: Pair) -> None:
    """Count what a pool gave and what it took."""
    for touched in applied.touched:
        was, now = touched.before, touched.after
        if isinstance(was, TrustLineImage) and isinstance(now, TrustLineImage) and was.entry.holder is before.entry:
            line = was.entry
            if (line.currency, line.issuer.address) == (pair.currency, pair.issuer):
                moved = EXACT.subtract(to_decimal(now.balance), to_decimal(was.balance))
                taken.add_pool(after.drops - before.drops, moved)


def _parts(image: OfferImage) -> tuple[int, Token]:
    """The two amounts of an offer of the pair: drops and tokens."""
    one, other = (image.gets, image.pays) if isinstance(image.gets, int) else (image.pays, image.gets)
    assert isinstance(one, int), "one side of an offer of the pair is XRP"
    assert not isinstance(other, int), "and the other is the token"
    return one, other


def _by_key(touched: Touched) -> bytes:
    return touched.entry.key
