"""The embedded ledger through the crowd's eyes: the few readings that makers and the arbitrageur decide from."""

from __future__ import annotations

from neo.ledger import BookOffer, Ledger
from neo.sim.view import PoolView

_FEE_UNIT_PPM = 10  # the ledger writes a trading fee in 1/100,000


class LedgerSight:
    """Reads a ledger for the crowd; an implementation of ``LedgerView``."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def xrp_drops(self, address: str) -> int:
        """XRP balance."""
        return self._ledger.xrp_drops(address)

    def owner_count(self, address: str) -> int:
        """Objects the account owns: its trust line and its offers."""
        return self._ledger.owner_count(address)

    def resting(self, address: str) -> dict[int, int]:
        """An account's offers: sequence -> XRP left in it, in drops."""
        return self._ledger.resting_drops(address)

    def pool(self) -> PoolView | None:
        """The AMM, if there is one."""
        pool = self._ledger.amm()
        return None if pool is None else PoolView(pool.drops, pool.token, pool.trading_fee * _FEE_UNIT_PPM)

    def ahead_drops(self, *, is_buy: bool, limit_nano: int, most_drops: int) -> int:
        """XRP on the book that an order at this limit would meet, up to ``most_drops``."""
        ahead_drops = 0
        for offer in self._ledger.book("asks" if is_buy else "bids"):
            price_nano = _price_nano(offer)
            if ahead_drops >= most_drops or (price_nano > limit_nano if is_buy else price_nano < limit_nano):
                break
            ahead_drops += _xrp_side(offer)
        return min(ahead_drops, most_drops)


def _xrp_side(offer: BookOffer) -> int:
    return offer.taker_gets if isinstance(offer.taker_gets, int) else int(offer.taker_pays)


def _price_nano(offer: BookOffer) -> int:
    """What an offer asks or bids for XRP, nano-RLUSD each, rounded down."""
    tokens = offer.taker_pays if isinstance(offer.taker_gets, int) else offer.taker_gets
    return int(tokens * 10**15) // max(1, _xrp_side(offer))
