"""A session without actors: the simulated market, the desk, the quoter and risk, one call each, ledger after ledger."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from support.profile_tables import sim_venue
from support.sim_chance import BARS, streams

from neo.chain.money import BASE_FEE_DROPS
from neo.chain.pair import Pair
from neo.chain.shapes import SignedTransaction
from neo.config import Config
from neo.config.key_wiring import quote_settings, risk_limits
from neo.desk.booking import book, view_of
from neo.desk.daybook import Daybook
from neo.desk.desk import Desk
from neo.desk.fee import Fee
from neo.desk.preflight import preview_on
from neo.desk.sending import Sender, send_verdict
from neo.messages import (
    CapitalMoved,
    MarketView,
    OrdersAllowed,
    OrderSigned,
    OrderSubmitted,
    QuotesWanted,
    Record,
    SessionStarted,
)
from neo.network.account_view import opening_ledger, report
from neo.network.unsigned import transaction_hash
from neo.risk import judge
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.strategy.quoter import Quoter

START_S = 822_268_800
US = crowd_address("our account")
PAIR = Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER)


class Step(msgspec.Struct, frozen=True):
    """One ledger: what was booked on it, what was seen, wanted and let pass."""

    records: list[Record]
    view: MarketView
    wanted: QuotesWanted | None
    allowed: OrdersAllowed | None


class QuotingWorld:
    """One seed's session."""

    def __init__(self, config: Config, seed: int) -> None:
        venue = sim_venue(config)
        self.market = SimMarket.create(
            venue.crowd,
            BARS,
            streams(seed),
            account=US,
            xrp_drops=venue.opening_drops,
            rlusd=venue.opening_rlusd,
            start_close_time_s=START_S,
        )
        self.quoter = Quoter(quote_settings(config))
        self.limits = risk_limits(config)
        self.desk = Desk()
        first = opening_ledger(self.market.ledger, US)
        opening = first.balances
        self.desk.apply(
            SessionStarted(
                venue="sim",
                seed=seed,
                config_sha256="",
                market_sha256="",
                account=US,
                opening=opening,
                ledger_index=first.ledger_index,
                close_time_s=first.close_time_s,
            )
        )
        self.desk.apply(
            CapitalMoved(
                ledger_index=first.ledger_index,
                close_time_s=first.close_time_s,
                cause="opening balance",
                xrp_drops=opening.xrp_drops,
                rlusd=opening.rlusd,
            )
        )

    def steps(self, ledgers: int) -> Iterator[Step]:
        """Run so many ledgers."""
        for _ in range(ledgers):
            closed = report(self.market.ledger, self.market.close_next(), PAIR)
            entries = Daybook(self.desk)
            book(entries, closed, PAIR)
            view = view_of(self.desk, closed, None)
            assert view is not None
            wanted = self.quoter.on_view(view)
            allowed = None
            if wanted is not None:
                allowed = send_verdict(entries, judge(self.limits, wanted), self._sender(closed.balances.sequence))
                self._submit(entries.made)
            yield Step(entries.made, view, wanted, allowed)

    def _sender(self, account_sequence: int) -> Sender:
        return Sender(
            PAIR,
            Fee(BASE_FEE_DROPS, BASE_FEE_DROPS),
            account_sequence,
            lifetime_ledgers=5,
            preview=lambda tx: preview_on(self.market.ledger, tx, PAIR),
            sign=lambda tx: SignedTransaction(transaction_hash(dict(tx)), msgspec.json.encode(tx).decode()),
        )

    def _submit(self, records: list[Record]) -> None:
        for signed in [record for record in records if isinstance(record, OrderSigned)]:
            result = self.market.submit(msgspec.json.decode(signed.blob), signed.tx_hash)
            self.desk.apply(OrderSubmitted(order_id=signed.order_id, tx_hash=signed.tx_hash, preliminary_result=result))
