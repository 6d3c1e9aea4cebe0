"""What our account gets to see of the simulated ledger: the same message that a real venue's shell would send."""

from decimal import Context, Decimal
from itertools import islice

from neo.fills import Pair
from neo.ledger import Applied, BookOffer, Ledger
from neo.ledger.entries import Account
from neo.messages import Balances, LedgerClosed, LedgerTransaction, Level, Pool, TakerTrade
from neo.money import DROPS_PER_XRP, plain, price_of
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import ClosedLedger, SimMarket
from neo.trades import read_trades

# Offers told of each side of the book. The touch needs one; the rest show what a larger order would meet.
_DEPTH = 5

_PRICE = Context(prec=16)
_MILLION = Decimal(DROPS_PER_XRP)


def opening_ledger(market: SimMarket, account: str) -> LedgerClosed:
    """The ledger that a session finds when it comes."""
    return _told(market.ledger, account, market.closed_index, market.ledger.close_time_s, (), None, ())


def report(market: SimMarket, closed: ClosedLedger, account: str) -> LedgerClosed:
    """A ledger that just closed, with the transactions that touched our account and the trades of all others."""
    ours: list[LedgerTransaction] = []
    traded: list[LedgerTransaction] = []
    for done in closed.transactions:
        is_ours, may_have_traded = done.applied.touches(account), _moved_between_accounts(done.applied)
        if is_ours or may_have_traded:
            # Making the metadata costs more than all the rest here.
            told = LedgerTransaction(done.tx_hash, done.tx, done.applied.meta(), done.applied.result)
            if is_ours:
                ours.append(told)
            if may_have_traded:
                traded.append(told)
    trades = read_trades(traded, Pair(account, RLUSD_CURRENCY, RLUSD_ISSUER))
    notice = None
    if closed.resampling_begins:
        notice = "the recording is used up: from here on its minutes come again in seeded blocks"
    return _told(market.ledger, account, closed.index, closed.close_time_s, tuple(ours), notice, trades)


def _moved_between_accounts(applied: Applied) -> bool:
    """Whether more accounts than the sender's own changed: a trade moves XRP from one to another."""
    return sum(isinstance(touched.entry, Account) for touched in applied.touched) > 1


def _told(
    ledger: Ledger,
    account: str,
    index: int,
    close_time_s: int,
    transactions: tuple[LedgerTransaction, ...],
    notice: str | None,
    trades: tuple[TakerTrade, ...],
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
        trades=trades,
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
