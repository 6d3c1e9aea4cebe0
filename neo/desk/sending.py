"""From a verdict to signed transactions: each is built once with its sequence, tried, and signed as it was tried."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, Form, Sign, SignedTransaction, offer_cancel, offer_create
from neo.desk.daybook import Daybook
from neo.desk.desk import Desk
from neo.desk.fee import Fee
from neo.desk.orders import LIVE
from neo.desk.preflight import Preview, fresh, previewed
from neo.messages import OrderIntended, OrdersAllowed, OrderSigned, Quote, QuotesJudged


class Sender(msgspec.Struct, frozen=True):
    """What a transaction depends on besides what it is to do.

    Args:
        pair: Ours.
        fee: That it burns.
        account_sequence: Our account's next one on the last validated ledger.
        lifetime_ledgers: How many ledgers it may still enter.
        preview: Tries an offer.
        sign: Signs a transaction.
        newest_index: The newest validated ledger that is known; the desk may be behind it.
        void_hashes: Payments of ours that can never apply, though no ledger has told so yet.
        offer_expiry_s: How long an offer may rest; None if for ever.
    """

    pair: Pair
    fee: Fee
    account_sequence: int
    lifetime_ledgers: int
    preview: Callable[[Mapping[str, Any]], Preview]
    sign: Sign
    newest_index: int = 0
    void_hashes: Collection[str] = ()
    offer_expiry_s: int | None = None

    def latest_index(self, desk: Desk) -> int:
        """The ledger that what leaves now comes after."""
        return max(desk.ledger_index, self.newest_index)

    def place(self, desk: Desk, taken: tuple[int, ...] = ()) -> Envelope:
        """Where our next transaction stands; ``taken`` are sequences of what is about to be sent."""
        sequence = desk.free_sequence(self.account_sequence, taken, self.void_hashes)
        return Envelope(self.pair.account, self.fee.drops, sequence, self.latest_index(desk) + self.lifetime_ledgers)


class _Built(NamedTuple):
    quote: Quote
    form: Form


def send_verdict(entries: Daybook, allowed: OrdersAllowed, sender: Sender) -> OrdersAllowed:
    """The tick's decision, and an order for each transaction that follows from it; none for a tick seen before.

    Returns:
        The verdict as it was acted on.
    """
    desk = entries.desk
    if allowed.tick <= desk.tick:
        return allowed
    allowed, built = _tried(desk, fresh(desk, allowed, sender.latest_index(desk), sender.fee), sender)
    entries.add(
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
    # Cancels leave first and have the lower sequences: one must never wait for an offer that the server keeps back.
    for order_id in allowed.withdraw:
        withdraw(entries, order_id, sender)
    for quote, form in built:
        _send_offer(entries, quote, {**form, "Sequence": sender.place(desk).sequence}, sender)
    return allowed


def withdraw_all(entries: Daybook, sender: Sender) -> None:
    """A cancel of each resting offer that none is under way for."""
    for order in entries.desk.resting():
        withdraw(entries, order.order_id, sender)


def _tried(desk: Desk, allowed: OrdersAllowed, sender: Sender) -> tuple[OrdersAllowed, list[_Built]]:
    """Try every offer on the ledger's own rules; one that is rejected leaves its sequence to the next."""
    built: list[_Built] = []
    previews = []
    expires_s = None if sender.offer_expiry_s is None else desk.close_time_s + sender.offer_expiry_s
    for quote in allowed.quotes:
        place = sender.place(desk, tuple(one.form["Sequence"] for one in built))
        replaced = None if quote.replaces is None else desk.order(quote.replaces)
        sequence = None if replaced is None else replaced.sequence
        form = offer_create(place, sender.pair, quote.side, quote.xrp_drops, quote.rlusd, sequence, expires_s)
        preview = sender.preview(form)
        previews.append(preview)
        if preview.only_rests:
            built.append(_Built(quote, form))
    return previewed(allowed, previews), built


def _send_offer(entries: Daybook, quote: Quote, form: Form, sender: Sender) -> None:
    intent = OrderIntended(
        order_id=_new_id(entries.desk),
        tick=entries.desk.tick,
        ledger_index=entries.desk.ledger_index,
        close_time_s=entries.desk.close_time_s,
        side=quote.side,
        price=quote.price,
        xrp_drops=quote.xrp_drops,
        rlusd=quote.rlusd,
        replaces=quote.replaces,
        cancels=None,
    )
    _sign(entries, intent, form, sender.sign(form))


def withdraw(entries: Daybook, order_id: str, sender: Sender) -> None:
    """A cancel of an offer, if it rests and none is under way for it."""
    desk = entries.desk
    target = desk.order(order_id)
    under_way = any(order.cancels == order_id for order in desk.pending())
    if target is None or target.status not in LIVE or under_way:
        return
    intent = OrderIntended(
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
    form = offer_cancel(sender.place(desk), target.sequence)
    _sign(entries, intent, form, sender.sign(form))


def _sign(entries: Daybook, intent: OrderIntended, form: Form, signed: SignedTransaction) -> None:
    entries.add(intent)
    entries.add(
        OrderSigned(
            order_id=intent.order_id,
            tx_hash=signed.tx_hash,
            blob=signed.blob,
            sequence=form["Sequence"],
            last_ledger_sequence=form["LastLedgerSequence"],
        )
    )


def _new_id(desk: Desk) -> str:
    return f"o{desk.orders_made + 1:06d}"
