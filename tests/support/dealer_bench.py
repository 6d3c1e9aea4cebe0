"""A dealer that a test tells one message after the other, its records kept as a journal would keep them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from support.desk_by_hand import ASK, BALANCES, BID, PAIR, Pen, ledger, opening, placed, verdict
from support.sessions import config_with

from neo.chain.pair import Pair
from neo.chain.shapes import SignedTransaction
from neo.config.key_wiring import watch_limits
from neo.desk.capital_moves import SignedPayment
from neo.desk.dealer import Dealer
from neo.desk.dealer_settings import DealerSettings
from neo.desk.desk import Desk
from neo.desk.effects import Effects
from neo.messages import CapitalOrdered, Fate, LedgerClosed, MoveCapital, Record, RequestFailed, Submitted
from neo.watch.health import RetryPolicy

SETTINGS = DealerSettings(
    order_lifetime_ledgers=5,
    retries=RetryPolicy(retries_max=2, backoff_s=1.0),
    watch=watch_limits(config_with()),
    reconcile_interval_ledgers=100,
    offer_expiry_s=None,
    fee_max_drops=None,
)
# What the account has after two transactions that did nothing but burn their fees.
AFTER_TWO = msgspec.structs.replace(BALANCES, xrp_drops=99_999_980, sequence=7)


class Purse:
    """An account that pays deposits; it remembers what it was told to be under way."""

    address = "rPurse"

    def __init__(self) -> None:
        self.under_way: list[CapitalOrdered] = []

    def deposit(
        self,
        pair: Pair,
        move: MoveCapital,
        under_way: Collection[CapitalOrdered],
        *,
        fee_drops: int,
        last_ledger_sequence: int,
    ) -> SignedPayment:
        """As if by another wallet."""
        del pair, fee_drops
        self.under_way = list(under_way)
        signed = SignedTransaction(f"D {move.order_id}", f"blob {move.order_id}")
        return SignedPayment(signed, 5, last_ledger_sequence)


class Bench:
    """A dealer whose records are kept as a journal would keep them."""

    def __init__(
        self,
        records: Sequence[Record] = (),
        *,
        first: LedgerClosed | None = None,
        settings: DealerSettings = SETTINGS,
    ) -> None:
        self.pen = Pen()
        self.purse = Purse()
        self.journal = list(records)
        self.dealer = Dealer(settings, PAIR, records, preview=self.pen.preview, sign=self.pen.sign, funding=self.purse)
        self.connected = self.note(self.dealer.on_connected(first or ledger(10), 0.0, lambda *_: opening()))

    def note(self, effects: Effects) -> Effects:
        """Keep what the journal would; returns the effects."""
        self.journal += effects.records
        return effects

    def ledger(self, closed: LedgerClosed) -> Effects:
        """A ledger, told as it closes."""
        return self.note(self.dealer.on_ledger(closed, 4.0 * (closed.ledger_index - 10)))

    def quote(self, tick: int = 1) -> Effects:
        """A verdict about the last ledger: a bid and an ask."""
        return self.note(self.dealer.on_verdict(verdict(tick, self.dealer.ledger_index, BID, ASK)))

    def answer(self, answer: Submitted | Fate | RequestFailed) -> Effects:
        """The venue's answer."""
        return self.note(self.dealer.on_answer(answer))

    @property
    def desk(self) -> Desk:
        """The desk as the journal leaves it."""
        return Desk.replay(self.journal)


def both_resting() -> Bench:
    """A bench with a bid and an ask on the ledger."""
    bench = Bench()
    bench.quote()
    bid, ask = bench.desk.pending()
    bench.ledger(ledger(11, placed(bid), placed(ask), balances=AFTER_TWO))
    return bench
