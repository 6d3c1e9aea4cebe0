"""A desk that is traded on by hand: small ledgers, quotes and transactions around a price of 2."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from neo.chain.pair import Pair
from neo.chain.shapes import SignedTransaction
from neo.desk.booking import book
from neo.desk.daybook import Daybook
from neo.desk.desk import Desk
from neo.desk.fee import Fee
from neo.desk.orders import Order
from neo.desk.preflight import Preview
from neo.desk.sending import Sender, send_verdict, withdraw_all
from neo.messages import (
    Balances,
    CapitalMoved,
    LedgerClosed,
    LedgerTransaction,
    Level,
    MarketState,
    OrdersAllowed,
    OrderSigned,
    Quote,
    Record,
    SessionStarted,
    Side,
    Terms,
)
from neo.messages.reasons import RiskState

D = Decimal
PAIR = Pair("rUs", "USD", "rIssuer")
TERMS = Terms(base_fee_drops=10, open_ledger_fee_drops=10, base_reserve_drops=1_000_000, owner_reserve_drops=200_000)
BALANCES = Balances(100_000_000, D(200), 1_200_000, 1, 5)
BID = Quote(Side.BUY, D("1.998"), 7_500_000, D("14.985"), None)
ASK = Quote(Side.SELL, D("2.002"), 7_500_000, D("15.015"), None)


def session_started(balances: Balances, ledger_index: int, close_time_s: int) -> SessionStarted:
    """A session that opens with these balances at this ledger."""
    return SessionStarted(
        venue="sim",
        seed=1,
        config_sha256="",
        market_sha256="",
        account="rUs",
        opening=balances,
        ledger_index=ledger_index,
        close_time_s=close_time_s,
    )


def opening(balances: Balances = BALANCES, ledger_index: int = 10, close_time_s: int = 1000) -> list[Record]:
    """The first records of a session that opens with these balances."""
    capital = CapitalMoved(
        ledger_index=ledger_index,
        close_time_s=close_time_s,
        cause="opening balance",
        xrp_drops=balances.xrp_drops,
        rlusd=balances.rlusd,
    )
    return [session_started(balances, ledger_index, close_time_s), capital]


def opened() -> Desk:
    """A desk that has just opened at ledger 10."""
    return Desk.replay(opening())


def ledger(index: int, *transactions: LedgerTransaction, **fields: Any) -> LedgerClosed:
    """A closed ledger with a two-sided book around 2 RLUSD."""
    book_of_2 = MarketState(
        (Level(D("1.999"), 10_000_000, D("19.99")),), (Level(D("2.001"), 10_000_000, D("20.01")),), None
    )
    values: dict[str, Any] = {
        "ledger_index": index,
        "close_time_s": 1000 + 4 * (index - 10),
        "market": book_of_2,
        "terms": TERMS,
        "balances": BALANCES,
        "transactions": transactions,
        "notice": None,
    }
    return LedgerClosed(**(values | fields))


def observe(desk: Desk, closed: LedgerClosed, pair: Pair = PAIR) -> list[Record]:
    """Book a ledger; returns its records."""
    entries = Daybook(desk)
    book(entries, closed, pair)
    return entries.made


def allowed(desk: Desk, *quotes: Quote, withdraw: tuple[str, ...] = ()) -> OrdersAllowed:
    """A verdict for the next tick."""
    return verdict(desk.tick + 1, desk.ledger_index, *quotes, withdraw=withdraw)


def verdict(tick: int, ledger_index: int, *quotes: Quote, withdraw: tuple[str, ...] = ()) -> OrdersAllowed:
    """A verdict of risk's."""
    return OrdersAllowed(
        tick=tick,
        ledger_index=ledger_index,
        state=RiskState.ACTIVE,
        anchor_price=D(2),
        held_back=(),
        quotes=quotes,
        withdraw=withdraw,
        refusals=(),
        halt=None,
    )


class Pen:
    """Tries and signs by hand: what it tried is kept, and a transaction's hash is a letter and its sequence.

    Args:
        rejects: Prices that the preview says would cross.
    """

    def __init__(self, *rejects: Decimal) -> None:
        self._rejects = rejects
        self.tried: list[dict[str, Any]] = []
        self.signed: list[dict[str, Any]] = []

    def preview(self, tx: Any) -> Preview:
        """Note it; it only rests, unless its price is to be rejected."""
        self.tried.append(dict(tx))
        token, drops = sorted((tx["TakerGets"], tx["TakerPays"]), key=lambda amount: isinstance(amount, str))
        price = D(token["value"]) / int(drops) * 1_000_000
        return Preview("tesSUCCESS", takes=price in self._rejects)

    def sign(self, tx: Any) -> SignedTransaction:
        """Note it; each signature is another transaction."""
        self.signed.append(dict(tx))
        letter = {"OfferCreate": "O", "OfferCancel": "C", "Payment": "P"}[tx["TransactionType"]]
        return SignedTransaction(f"{letter}{tx['Sequence']}.{len(self.signed)}", f"blob {len(self.signed)}")


def sender(pen: Pen, account_sequence: int = 5) -> Sender:
    """Sends with a pen."""
    return Sender(PAIR, Fee(10, 10), account_sequence, lifetime_ledgers=5, preview=pen.preview, sign=pen.sign)


def quote(desk: Desk, *quotes: Quote, withdraw: tuple[str, ...] = (), pen: Pen | None = None) -> list[Order]:
    """Send these quotes in the next tick; returns their orders and those of the cancels."""
    entries = Daybook(desk)
    send_verdict(entries, allowed(desk, *quotes, withdraw=withdraw), sender(pen or Pen()))
    return _orders(entries)


def _orders(entries: Daybook) -> list[Order]:
    made = {record.order_id for record in entries.made if isinstance(record, OrderSigned)}
    return [order for order in entries.desk.pending() if order.order_id in made]


def withdraw(desk: Desk, pen: Pen | None = None) -> list[Order]:
    """Cancel what rests; returns the cancels' orders."""
    entries = Daybook(desk)
    withdraw_all(entries, sender(pen or Pen(), 7))
    return _orders(entries)


def token(value: str) -> dict[str, str]:
    """An amount of the token."""
    return {"currency": "USD", "issuer": "rIssuer", "value": value}


def placed(order: Order) -> LedgerTransaction:
    """The transaction that leaves an order's offer on the book as it is."""
    amount, drops = token(str(order.rlusd_left)), str(order.xrp_left_drops)
    is_buy = order.side is Side.BUY
    sides = {"TakerGets": amount if is_buy else drops, "TakerPays": drops if is_buy else amount}
    fields = {"Account": "rUs", "Sequence": order.sequence, **sides}
    offer = {"CreatedNode": {"LedgerEntryType": "Offer", "NewFields": fields}}
    return own(order.tx_hash, "OfferCreate", offer)


def own(
    tx_hash: str, kind: str, *nodes: dict[str, Any], result: str = "tesSUCCESS", **fields: Any
) -> LedgerTransaction:
    """A transaction of ours that burned its fee and did this."""
    root = {"FinalFields": {"Account": "rUs", "Balance": "90"}, "PreviousFields": {"Balance": "100"}}
    touched = [*nodes, {"ModifiedNode": {"LedgerEntryType": "AccountRoot", **root}}]
    tx = {"Account": "rUs", "Fee": "10", "TransactionType": kind, **fields}
    return LedgerTransaction(tx_hash, tx, {"AffectedNodes": touched}, result)
