"""A session without actors: the simulated market, the desk, the quoter and risk, one call each, ledger after ledger."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from support.sim_chance import BARS, streams

from neo.chain.money import BASE_FEE_DROPS, RESERVE_OBJECT_DROPS
from neo.chain.pair import Pair
from neo.config import Config
from neo.config.key_wiring import quote_settings, risk_limits
from neo.desk.dealing import draft, judged, observe, transaction, view_of
from neo.desk.desk import Desk
from neo.desk.preflight import preview_on, previewed
from neo.messages import (
    CapitalMoved,
    LedgerCosts,
    MarketView,
    OrderIntended,
    OrdersAllowed,
    OrderSigned,
    OrderSubmitted,
    QuotesWanted,
    Record,
    SessionStarted,
)
from neo.network.account_view import opening_ledger, report
from neo.risk import judge
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket
from neo.sim.outbox import transaction_hash
from neo.strategy.quoter import Quoter

START_S = 822_268_800
US = crowd_address("our account")
COSTS = LedgerCosts(BASE_FEE_DROPS, RESERVE_OBJECT_DROPS)
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
        self.market = SimMarket.create(
            config.venue.crowd,
            BARS,
            streams(seed),
            account=US,
            xrp_drops=config.venue.opening_drops,
            rlusd=config.venue.opening_rlusd,
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
            records = observe(self.desk, closed, PAIR)
            view = view_of(self.desk, closed, COSTS, None)
            wanted = self.quoter.on_view(view)
            allowed = None
            if wanted is not None:
                allowed = self._previewed(judge(self.limits, wanted))
                records += self._send(allowed, closed.balances.sequence)
            yield Step(records, view, wanted, allowed)

    def _previewed(self, allowed: OrdersAllowed) -> OrdersAllowed:
        drafts = [draft(self.desk, quote, PAIR, fee_drops=BASE_FEE_DROPS) for quote in allowed.quotes]
        return previewed(allowed, [preview_on(self.market.ledger, tx, PAIR) for tx in drafts])

    def _send(self, allowed: OrdersAllowed, account_sequence: int) -> list[Record]:
        records = judged(self.desk, allowed)
        for intent in [record for record in records if isinstance(record, OrderIntended)]:
            order = self.desk.order(intent.order_id)
            assert order is not None
            sequence = self.desk.next_sequence(account_sequence)
            last = self.desk.ledger_index + 5
            tx = transaction(
                self.desk, order, PAIR, fee_drops=BASE_FEE_DROPS, sequence=sequence, last_ledger_sequence=last
            )
            tx_hash = transaction_hash(tx)
            self.desk.apply(
                OrderSigned(
                    order_id=order.order_id, tx_hash=tx_hash, blob="", sequence=sequence, last_ledger_sequence=last
                )
            )
            result = self.market.submit(tx, tx_hash)
            self.desk.apply(OrderSubmitted(order_id=order.order_id, tx_hash=tx_hash, preliminary_result=result))
        return records
