"""What the desk makes of a validated ledger: fills, fees, capital, what became of our orders, and the market's course.

A ledger's records end with :class:`LedgerObserved`, and go to the journal in one piece; a ledger that the desk has
seen is passed over, so a message delivered twice books nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from neo.chain.fills import OfferChange, Placed, Reading, read
from neo.chain.money import EXACT, gap_bps, plain, price_of, sum_rlusd
from neo.chain.pair import Pair
from neo.chain.prices import mid_price, within_2bps
from neo.chain.result_codes import EXPIRED, KILLED, MAX_LEDGER, TES_SUCCESS
from neo.desk.daybook import Daybook
from neo.desk.desk import Desk
from neo.desk.orders import Order
from neo.desk.untold import book_untold
from neo.messages import (
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerClosed,
    LedgerCosts,
    LedgerObserved,
    LedgerTransaction,
    LossRoom,
    MarketState,
    MarketView,
    OrderChanged,
    OrderStatus,
    Side,
    TakerTraded,
)

_NO_MARKET: Final = MarketState((), (), None)

# What an offer came to that left nothing on the book and filled nothing; any other result failed it.
_NOTHING_PLACED: Final = {
    TES_SUCCESS: OrderStatus.CANCELED,
    KILLED: OrderStatus.CANCELED,
    EXPIRED: OrderStatus.EXPIRED,
}


class LedgerGapError(Exception):
    """Ledgers are missing, so what became of our orders can't be told: they must be fetched first."""

    def __init__(self, seen_index: int, next_index: int) -> None:
        super().__init__(f"ledger {seen_index} was followed by {next_index}")
        self.seen_index = seen_index
        self.next_index = next_index


def book(entries: Daybook, closed: LedgerClosed, pair: Pair, offer_expiry_s: int | None = None) -> None:
    """Book a validated ledger: fills, fees, capital, what became of our orders, and the market.

    Args:
        entries: Takes its records.
        closed: The ledger.
        pair: Ours.
        offer_expiry_s: How long an offer may rest; None if for ever.

    Raises:
        LedgerGapError: if a ledger is missing between the last one and this.
        MetadataError: if a transaction's metadata can't be read.
    """
    desk = entries.desk
    if closed.ledger_index <= desk.ledger_index:
        return
    if closed.first_index > desk.ledger_index + 1:
        raise LedgerGapError(desk.ledger_index, closed.first_index)
    mid = mid_of(closed)
    seen: set[str] = set()
    for transaction in closed.transactions:
        # A transaction that matches several subscriptions arrives once for each.
        if transaction.tx_hash not in seen:
            seen.add(transaction.tx_hash)
            _book(entries, closed, transaction, pair, mid)
    if closed.untold is not None:
        book_untold(entries, closed, closed.untold)
    for order in desk.pending():
        if order.last_ledger_sequence <= closed.ledger_index:
            # Ledgers come without a gap, so a transaction not seen by its last ledger can never apply.
            entries.add(_changed(order, closed, OrderStatus.FAILED, MAX_LEDGER))
    for trade in closed.trades:
        entries.add(TakerTraded(ledger_index=closed.ledger_index, close_time_s=closed.close_time_s, trade=trade))
    entries.add(_observed(desk, closed, mid, offer_expiry_s))


def _book(
    entries: Daybook, closed: LedgerClosed, transaction: LedgerTransaction, pair: Pair, mid: Decimal | None
) -> None:
    desk = entries.desk
    # The desk is at the ledger before this one until this one is told as a whole. Over a span the last ledger's parent
    # was not told, and closed a few seconds before it.
    spans = closed.ledger_index != desk.ledger_index + 1
    parent_close_time_s = closed.close_time_s if spans else desk.close_time_s
    frozen = closed.market is not None and bool(closed.market.freezes)
    reading = read(transaction, pair, parent_close_time_s, frozen=frozen)
    order = desk.order_of_hash(transaction.tx_hash)
    if reading.fee_drops:
        entries.add(
            FeePaid(
                tx_hash=transaction.tx_hash,
                ledger_index=closed.ledger_index,
                close_time_s=closed.close_time_s,
                fee_drops=reading.fee_drops,
            )
        )
    fills = _fills(desk, closed, transaction, reading, order, pair, mid)
    for fill in fills:
        entries.add(fill)
    for change in reading.changes:
        changed = desk.order_of_offer(change.offer_sequence)
        if changed is not None:
            entries.add(_changed(changed, closed, change.status, transaction.result, change))
    if order is not None:
        entries.add(_outcome(order, closed, transaction.result, reading, fills))
    moved = _capital(closed, transaction, reading, fills)
    if moved is not None:
        entries.add(moved)


def _capital(
    closed: LedgerClosed, transaction: LedgerTransaction, reading: Reading, fills: Sequence[Fill]
) -> CapitalMoved | None:
    """What moved beyond fills and the fee: a payment may fill our offer and pay us in one transaction."""
    xrp_drops, rlusd = reading.xrp_change_drops, reading.rlusd_change
    for fill in fills:
        buying = fill.side is Side.BUY
        xrp_drops += -fill.xrp_drops if buying else fill.xrp_drops
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
        return _changed(order, closed, OrderStatus.DONE if result == TES_SUCCESS else OrderStatus.FAILED, result)
    if reading.placed is not None:
        status = OrderStatus.PARTIALLY_FILLED if fills else OrderStatus.RESTING
        return _changed(order, closed, status, result, reading.placed)
    if fills and result == TES_SUCCESS:
        return _changed(order, closed, OrderStatus.FILLED, result)
    return _changed(order, closed, _NOTHING_PLACED.get(result, OrderStatus.FAILED), result)


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


def _observed(desk: Desk, closed: LedgerClosed, mid: Decimal | None, offer_expiry_s: int | None) -> LedgerObserved:
    market = closed.market or _NO_MARKET
    best_bid = market.bids[0].price if market.bids else None
    best_ask = market.asks[0].price if market.asks else None
    own = desk.resting()
    if offer_expiry_s is not None:
        # The next ledger takes from no offer that ran out by now: it rests, but quotes nothing.
        own = [order for order in own if order.made_s + offer_expiry_s > closed.close_time_s]
    own_bid = max((order.price for order in own if order.side is Side.BUY), default=None)
    own_ask = min((order.price for order in own if order.side is Side.SELL), default=None)
    bid_bps, ask_bps = gap_bps(own_bid, best_bid, mid), gap_bps(best_ask, own_ask, mid)
    return LedgerObserved(
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        best_bid=best_bid,
        best_ask=best_ask,
        mid_price=mid,
        pool_price=None if market.pool is None else market.pool.price,
        own_bid=own_bid,
        own_ask=own_ask,
        distance_to_clob_bid_bps=bid_bps,
        distance_to_clob_ask_bps=ask_bps,
        xrp_drops=closed.balances.xrp_drops,
        rlusd=closed.balances.rlusd,
        within_2bps_bid=within_2bps(bid_bps),
        within_2bps_ask=within_2bps(ask_bps),
        is_ending=desk.is_ending or msgspec.UNSET,
    )


def mid_of(closed: LedgerClosed) -> Decimal | None:
    """The mid of a ledger's market, None if it has none or was told late."""
    return None if closed.market is None else mid_price(closed.market.bids, closed.market.asks, closed.market.pool)


def view_of(
    desk: Desk,
    closed: LedgerClosed,
    loss_room: LossRoom | None,
    fee_drops: int | None = None,
    offer_expiry_s: int | None = None,
) -> MarketView | None:
    """What the strategy sees of a ledger that the desk has booked; None if its market was not told.

    Args:
        desk: With the ledger booked.
        closed: The ledger.
        loss_room: What may still be lost, as the watch knows it.
        fee_drops: What a transaction burns; the base fee if None.
        offer_expiry_s: How long an offer may rest; None if for ever.
    """
    market, terms = closed.market, closed.terms
    if market is None:
        return None
    return MarketView(
        ledger_index=closed.ledger_index,
        close_time_s=closed.close_time_s,
        bids=market.bids,
        asks=market.asks,
        pool=market.pool,
        balances=closed.balances,
        own_offers=desk.own_offers(offer_expiry_s),
        xrp_total_drops=desk.inventory.xrp_total_drops,
        rlusd_total=desk.inventory.rlusd_total,
        spent=desk.spending.spent(closed.close_time_s),
        costs=LedgerCosts(terms.base_fee_drops if fee_drops is None else fee_drops, terms.owner_reserve_drops),
        capital=desk.capital_under_way(),
        loss_room=loss_room,
        split=desk.pnl.parts(),
        holding_rlusd=desk.pnl.holding_rlusd,
        freezes=market.freezes,
    )
