"""What our account gets to see of the simulated ledger: the same message that a real venue's shell would send."""

from decimal import Context, Decimal
from itertools import islice

from neo.ledger import BookOffer, Ledger
from neo.messages import Balances, LedgerClosed, LedgerTransaction, Level, Pool
from neo.money import DROPS_PER_XRP, plain, price_of
from neo.sim.market import ClosedLedger, SimMarket

# Offers told of each side of the book. The touch needs one; the rest show what a larger order would meet.
_DEPTH = 5

_PRICE = Context(prec=16)
_MILLION = Decimal(DROPS_PER_XRP)


def opening_ledger(market: SimMarket, account: str) -> LedgerClosed:
    """The ledger that a session finds when it comes."""
    return _told(market.ledger, account, market.closed_index, market.ledger.close_time_s, (), None)


def report(market: SimMarket, closed: ClosedLedger, account: str) -> LedgerClosed:
    """A ledger that just closed, with the transactions that touched our account."""
    transactions = tuple(
        LedgerTransaction(done.tx_hash, done.tx, done.applied.meta(), done.applied.result)
        for done in closed.transactions
        if done.applied.touches(account)
    )
    notice = None
    if closed.is_resampled:
        notice = "the recording is used up: its minutes go on in seeded blocks"
    return _told(market.ledger, account, closed.index, closed.close_time_s, transactions, notice)


def _told(
    ledger: Ledger,
    account: str,
    index: int,
    close_time_s: int,
    transactions: tuple[LedgerTransaction, ...],
    notice: str | None,
) -> LedgerClosed:
    amm = ledger.amm()
    owner_count = ledger.owner_count(account)
    return LedgerClosed(
        ledger_index=index,
        close_time_s=close_time_s,
        bids=_levels(ledger, account, is_bid=True),
        asks=_levels(ledger, account, is_bid=False),
        pool=None if amm is None else Pool(amm.drops, amm.token, amm.trading_fee, price_of(amm.drops, amm.token)),
        balances=Balances(
            ledger.xrp_drops(account),
            plain(ledger.token_balance(account) or Decimal(0)),
            ledger.fees.reserve_drops(owner_count),
            owner_count,
            ledger.sequence(account),
        ),
        transactions=transactions,
        notice=notice,
    )


def _levels(ledger: Ledger, account: str, *, is_bid: bool) -> tuple[Level, ...]:
    """The best offers of others that have funds behind them."""
    offers = ledger.book("bids" if is_bid else "asks")
    backed = (offer for offer in offers if offer.account != account and offer.funded_gets > 0)
    return tuple(_level(offer, is_bid=is_bid) for offer in islice(backed, _DEPTH))


def _level(offer: BookOffer, *, is_bid: bool) -> Level:
    # An offer's price is its place in the book, which partial fills never change.
    if is_bid:
        return Level(_PRICE.divide(_MILLION, offer.quality), int(offer.funded_pays), Decimal(offer.funded_gets))
    return Level(_PRICE.multiply(offer.quality, _MILLION), int(offer.funded_gets), Decimal(offer.funded_pays))
