"""What the desk does with a closed ledger, with allowed quotes and with a venue's answers.

Each function applies its records to the desk as it makes them and returns them in order: the caller makes them
durable before it acts on them. A ledger's records end with :class:`LedgerObserved`, and go to the journal in one
piece; a ledger that the desk has seen is passed over, so a message delivered twice books nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from neo.chain.fills import OfferChange, Placed, Reading, read
from neo.chain.money import EXACT, gap_bps, plain, price_of, sum_rlusd
from neo.chain.pair import Pair
from neo.chain.prices import mid_price, within_2bps
from neo.desk.desk import Desk
from neo.desk.orders import LIVE, PENDING, Order
from neo.desk.preflight import fresh
from neo.messages import (
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerClosed,
    LedgerCosts,
    LedgerObserved,
    LedgerTransaction,
    LossRoom,
    MarketView,
    OrderChanged,
    OrderIntended,
    OrdersAllowed,
    OrderStatus,
    Quote,
    QuotesJudged,
    Record,
    Side,
    TakerTraded,
)

# OfferCreate's tfPassive: don't take offers of exactly our own quality. Better ones are taken all the same, so the
# strategy prices behind the touch as well.
TF_PASSIVE = 0x00010000


class LedgerGapError(Exception):
    """Ledgers are missing, so what became of our orders can't be told: they must be fetched first."""

    def __init__(self, seen_index: int, next_index: int) -> None:
        super().__init__(f"ledger {seen_index} was followed by {next_index}")
        self.seen_index = seen_index
        self.next_index = next_index


# --- A ledger closed ---------------------------------------------------------------------------------------------


def observe(desk: Desk, closed: LedgerClosed, pair: Pair) -> list[Record]:
    """Book a validated ledger: fills, fees, capital, what became of our orders, and the market.

    Raises:
        LedgerGapError: if a ledger is missing between the last one and this.
        MetadataError: if a transaction's metadata can't be read.
    """
    if closed.ledger_index <= desk.ledger_index:
        return []
    if closed.ledger_index != desk.ledger_index + 1:
        raise LedgerGapError(desk.ledger_index, closed.ledger_index)
    records = _Records(desk)
    mid = mid_price(closed.bids, closed.asks, closed.pool)
    seen: set[str] = set()
    for transaction in closed.transactions:
        # A transaction that matches several subscriptions arrives once for each.
        if transaction.tx_hash not in seen:
            seen.add(transaction.tx_hash)
            _book(records, closed, transaction, pair, mid)
    for order in desk.pending():
        if order.last_ledger_sequence <= closed.ledger_index:
            # Ledgers come without a gap, so a transaction not seen by its last ledger can never apply.
            records.add(_changed(order, closed, OrderStatus.FAILED, "tefMAX_LEDGER"))
    for trade in closed.trades:
        records.add(TakerTraded(ledger_index=closed.ledger_index, close_time_s=closed.close_time_s, trade=trade))
    records.add(_observed(desk, closed, mid))
    return records.made


def _book(
    records: _Records, closed: LedgerClosed, transaction: LedgerTransaction, pair: Pair, mid: Decimal | None
) -> None:
    reading = read(transaction, pair)
    desk = records.desk
    order = desk.order_of_hash(transaction.tx_hash)
    if reading.fee_drops:
        records.add(
            FeePaid(
                tx_hash=transaction.tx_hash,
                ledger_index=closed.ledger_index,
                close_time_s=closed.close_time_s,
                fee_drops=reading.fee_drops,
            )
        )
    fills = _fills(desk, closed, transaction, reading, order, pair, mid)
    for fill in fills:
        records.add(fill)
    for change in reading.changes:
        changed = desk.order_of_offer(change.offer_sequence)
        if changed is not None:
            records.add(_changed(changed, closed, change.status, transaction.result, change))
    if order is not None:
        records.add(_outcome(order, closed, transaction.result, reading, fills))
    moved = _capital(closed, transaction, reading, fills)
    if moved is not None:
        records.add(moved)


def _capital(
    closed: LedgerClosed, transaction: LedgerTransaction, reading: Reading, fills: Sequence[Fill]
) -> CapitalMoved | None:
    """What moved beyond fills and the fee: a payment may fill our offer and pay us in one transaction."""
    xrp_drops, rlusd = reading.xrp_change_drops, reading.rlusd_change
    for fill in fills:
        buying = fill.side is Side.BUY
        xrp_drops -= fill.xrp_drops if buying else -fill.xrp_drops
        rlusd = EXACT.add(rlusd, fill.rlusd) if buying else EXACT.subtract(rlusd, fill.rlusd)
        rlusd = EXACT.subtract(rlusd, fill.rlusd_rounding)
    if not xrp_drops and not rlusd:
        return None
    return CapitalMoved(
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        cause=f"{transaction.tx['TransactionType']} {transaction.tx_hash}",
        xrp_drops=xrp_drops,
        rlusd=rlusd,
    )


def _fills(
    desk: Desk,
    closed: LedgerClosed,
    transaction: LedgerTransaction,
    reading: Reading,
    order: Order | None,
    pair: Pair,
    mid: Decimal | None,
) -> list[Fill]:
    """The fills of one transaction. Their RLUSD and its rounding sum to the balance's exact change.

    In a payment from or to us the rest of that change is capital, not rounding.
    """
    traded = [(change, desk.order_of_offer(change.offer_sequence)) for change in reading.changes]
    legs = [
        (changed.order_id, change.offer_sequence, change.side, change.xrp_drops, change.rlusd, False)
        for change, changed in traded
        if changed is not None and (change.xrp_drops or change.rlusd)
    ]
    if not legs and order is not None and order.cancels is None and (reading.xrp_change_drops or reading.rlusd_change):
        # Our own offer crossed the book or the pool: what moved beyond the fee is what it took.
        xrp_drops, rlusd = abs(reading.xrp_change_drops), reading.rlusd_change.copy_abs()
        legs.append((order.order_id, order.sequence, order.side, xrp_drops, rlusd, True))
    told = sum_rlusd(EXACT.minus(leg[4]) if leg[2] is Side.BUY else leg[4] for leg in legs)
    tx = transaction.tx
    paid = tx["TransactionType"] == "Payment" and pair.account in {tx["Account"], tx.get("Destination")}
    rounding = Decimal(0) if paid else EXACT.subtract(reading.rlusd_change, told)
    fills = []
    for order_id, sequence, side, xrp_drops, rlusd, taker in legs:
        fills.append(
            Fill(
                order_id=order_id,
                offer_sequence=sequence,
                tx_hash=transaction.tx_hash,
                ledger_index=closed.ledger_index,
                close_time_s=closed.close_time_s,
                side=side,
                xrp_drops=xrp_drops,
                rlusd=plain(rlusd),
                rlusd_rounding=plain(rounding),
                price=plain(price_of(xrp_drops, rlusd)) if xrp_drops else Decimal(0),
                taker=taker,
                mid_price=mid,
            )
        )
        rounding = Decimal(0)  # the balance was rounded once for the whole transaction
    return fills


def _outcome(order: Order, closed: LedgerClosed, result: str, reading: Reading, fills: Sequence[Fill]) -> OrderChanged:
    """What our own transaction came to, from its result code and what it left on the book."""
    if order.cancels is not None:
        # The code says only that the ledger took the cancel; the offer's own history says what became of it.
        return _changed(order, closed, OrderStatus.DONE if result == "tesSUCCESS" else OrderStatus.FAILED, result)
    if reading.placed is not None:
        status = OrderStatus.PARTIALLY_FILLED if fills else OrderStatus.RESTING
        return _changed(order, closed, status, result, reading.placed)
    if fills and result == "tesSUCCESS":
        return _changed(order, closed, OrderStatus.FILLED, result)
    status = OrderStatus.CANCELED if result in {"tesSUCCESS", "tecKILLED"} else OrderStatus.FAILED
    return _changed(order, closed, status, result)


def _changed(
    order: Order, closed: LedgerClosed, status: OrderStatus, result: str, left: OfferChange | Placed | None = None
) -> OrderChanged:
    return OrderChanged(
        order_id=order.order_id,
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        status=status,
        result=result,
        xrp_left_drops=0 if left is None else left.xrp_left_drops,
        rlusd_left=Decimal(0) if left is None else left.rlusd_left,
    )


def _observed(desk: Desk, closed: LedgerClosed, mid: Decimal | None) -> LedgerObserved:
    best_bid = closed.bids[0].price if closed.bids else None
    best_ask = closed.asks[0].price if closed.asks else None
    own = desk.resting()
    own_bid = max((order.price for order in own if order.side is Side.BUY), default=None)
    own_ask = min((order.price for order in own if order.side is Side.SELL), default=None)
    bid_bps, ask_bps = gap_bps(own_bid, best_bid, mid), gap_bps(best_ask, own_ask, mid)
    return LedgerObserved(
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        best_bid=best_bid,
        best_ask=best_ask,
        mid_price=mid,
        pool_price=None if closed.pool is None else closed.pool.price,
        own_bid=own_bid,
        own_ask=own_ask,
        distance_to_clob_bid_bps=bid_bps,
        distance_to_clob_ask_bps=ask_bps,
        xrp_drops=closed.balances.xrp_drops,
        rlusd=closed.balances.rlusd,
        within_2bps_bid=within_2bps(bid_bps),
        within_2bps_ask=within_2bps(ask_bps),
    )


def view_of(desk: Desk, closed: LedgerClosed, costs: LedgerCosts, loss_room: LossRoom | None) -> MarketView:
    """What the strategy sees of a ledger that the desk has booked.

    Args:
        desk: With the ledger booked.
        closed: The ledger.
        costs: What the ledger asks for.
        loss_room: What may still be lost, as the watch knows it.
    """
    return MarketView(
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        bids=closed.bids,
        asks=closed.asks,
        pool=closed.pool,
        balances=closed.balances,
        own_offers=desk.own_offers(),
        xrp_total_drops=desk.inventory.xrp_total_drops,
        rlusd_total=desk.inventory.rlusd_total,
        spent=desk.spending.spent(closed.close_time_s),
        costs=costs,
        capital=desk.capital_under_way(),
        loss_room=loss_room,
        split=desk.pnl.parts(),
    )


# --- Orders go out -----------------------------------------------------------------------------------------------


def judged(desk: Desk, allowed: OrdersAllowed) -> list[Record]:
    """The tick's decision and an intent for each transaction that follows from it; empty for a tick seen before."""
    if allowed.tick <= desk.tick:
        return []
    allowed = fresh(desk, allowed)
    records = _Records(desk)
    records.add(
        QuotesJudged(
            tick=allowed.tick,
            ledger_index=allowed.ledger_index,
            state=allowed.state,
            anchor_price=allowed.anchor_price,
            quotes=allowed.quotes,
            withdraw=allowed.withdraw,
            held_back=allowed.held_back,
            refusals=allowed.refusals,
        )
    )
    for quote in allowed.quotes:
        records.add(_intent(desk, quote))
    for order_id in allowed.withdraw:
        _withdraw(records, order_id)
    return records.made


def withdrawals(desk: Desk) -> list[Record]:
    """An intent to cancel each resting offer that no cancel is under way for."""
    records = _Records(desk)
    for order in desk.resting():
        _withdraw(records, order.order_id)
    return records.made


def _withdraw(records: _Records, order_id: str) -> None:
    desk = records.desk
    target = desk.order(order_id)
    under_way = any(order.cancels == order_id for order in desk.pending())
    if target is None or target.status not in LIVE or under_way:
        return
    records.add(
        OrderIntended(
            order_id=_new_id(desk),
            tick=desk.tick,
            ledger_index=desk.ledger_index,
            close_time_s=desk.close_time_s,
            side=target.side,
            price=target.price,
            xrp_drops=target.xrp_left_drops,
            rlusd=target.rlusd_left,
            replaces=None,
            cancels=order_id,
        )
    )


def _intent(desk: Desk, quote: Quote) -> OrderIntended:
    return OrderIntended(
        order_id=_new_id(desk),
        tick=desk.tick,
        ledger_index=desk.ledger_index,
        close_time_s=desk.close_time_s,
        side=quote.side,
        price=quote.price,
        xrp_drops=quote.xrp_drops,
        rlusd=quote.rlusd,
        replaces=quote.replaces,
        cancels=None,
    )


def _new_id(desk: Desk) -> str:
    return f"o{desk.orders_made + 1:06d}"


def draft(desk: Desk, quote: Quote, pair: Pair, *, fee_drops: int) -> dict[str, Any]:
    """The transaction that a quote would become, to be tried and not to be sent: it has no place in our sequence."""
    order = Order(
        order_id="",
        ledger_index=desk.ledger_index,
        side=quote.side,
        price=quote.price,
        xrp_drops=quote.xrp_drops,
        rlusd=quote.rlusd,
        replaces=quote.replaces,
        cancels=None,
    )
    return transaction(desk, order, pair, fee_drops=fee_drops, sequence=0, last_ledger_sequence=desk.ledger_index + 1)


def transaction(
    desk: Desk, order: Order, pair: Pair, *, fee_drops: int, sequence: int, last_ledger_sequence: int
) -> dict[str, Any]:
    """The ledger's JSON form of an order's transaction.

    Source: xrpl.org, "OfferCreate" and "OfferCancel". Amounts are drops as text, or a token's currency, issuer, value.
    """
    common = {
        "Account": pair.account,
        "Fee": str(fee_drops),
        "Sequence": sequence,
        "LastLedgerSequence": last_ledger_sequence,
    }
    if order.cancels is not None:
        target = desk.order(order.cancels)
        assert target is not None, f"order {order.order_id} cancels {order.cancels}, which is gone"
        return {"TransactionType": "OfferCancel", "Flags": 0, "OfferSequence": target.sequence, **common}
    token = {"currency": pair.currency, "issuer": pair.issuer, "value": format(order.rlusd_left, "f")}
    drops = str(order.xrp_left_drops)
    tx: dict[str, Any] = {
        "TransactionType": "OfferCreate",
        "Flags": TF_PASSIVE,
        "TakerGets": token if order.side is Side.BUY else drops,
        "TakerPays": drops if order.side is Side.BUY else token,
        **common,
    }
    if order.replaces is not None:
        replaced = desk.order(order.replaces)
        assert replaced is not None, f"order {order.order_id} replaces {order.replaces}, which is gone"
        tx["OfferSequence"] = replaced.sequence
    return tx


def answered(desk: Desk, order: Order, result: str) -> list[Record]:
    """What a venue's preliminary answer means: a malformed transaction (``tem``) can never apply, all else is open."""
    if order.status not in PENDING or not result.startswith("tem"):
        return []
    records = _Records(desk)
    records.add(
        OrderChanged(
            order_id=order.order_id,
            ledger_index=desk.ledger_index,
            close_time_s=desk.close_time_s,
            status=OrderStatus.FAILED,
            result=result,
            xrp_left_drops=0,
            rlusd_left=Decimal(0),
        )
    )
    return records.made


class _Records:
    """Records in the order in which they change the desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.made: list[Record] = []

    def add(self, record: Record) -> None:
        self.desk.apply(record)
        self.made.append(record)
