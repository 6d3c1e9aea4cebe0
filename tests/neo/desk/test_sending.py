"""From a verdict to signed transactions: what was tried is what is signed, and sequences leave no hole."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from support.desk_by_hand import (
    ASK,
    BID,
    PAIR,
    Pen,
    allowed,
    ledger,
    observe,
    opened,
    placed,
    quote,
    sender,
    token,
    withdraw,
)

from neo.desk.booking import book, view_of
from neo.desk.daybook import Daybook
from neo.desk.fee import Fee
from neo.desk.sending import send_verdict
from neo.messages import (
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    QuotesJudged,
)
from neo.messages.reasons import HoldCode

D = Decimal


def test_what_was_tried_is_what_is_signed() -> None:
    """To the last field: with its own sequence, fee and last ledger."""
    pen = Pen()
    quote(opened(), BID, ASK, pen=pen)
    assert pen.tried == pen.signed
    assert [tx["Sequence"] for tx in pen.signed] == [5, 6]
    assert pen.signed[0] == {
        "TransactionType": "OfferCreate",
        "Account": "rUs",
        "Fee": "10",
        "Flags": 0x00010000,
        "Sequence": 5,
        "LastLedgerSequence": 15,
        "TakerGets": token("14.985"),
        "TakerPays": "7500000",
    }


def test_a_quote_that_the_preview_rejects_leaves_its_sequence_to_the_next() -> None:
    """The bid would cross: the ask takes sequence 5, and the decision says why."""
    desk, pen = opened(), Pen(BID.price)
    entries = Daybook(desk)
    done = send_verdict(entries, allowed(desk, BID, ASK), sender(pen))
    assert [tx["Sequence"] for tx in pen.tried] == [5, 5]
    assert [tx["TakerGets"] for tx in pen.signed] == ["7500000"]
    assert done.quotes == (ASK,)
    assert [held.code for held in done.held_back] == [HoldCode.WOULD_CROSS]
    assert [type(record) for record in entries.made] == [QuotesJudged, OrderIntended, OrderSigned]


def test_sequences_fill_the_hole_of_what_can_never_apply() -> None:
    """The smallest free sequence at or above the account's, not the one past the largest."""
    desk, pen = opened(), Pen()
    first, second = quote(desk, BID, ASK, pen=pen)
    desk.apply(
        OrderChanged(
            order_id=first.order_id,
            ledger_index=10,
            close_time_s=1000,
            status=OrderStatus.FAILED,
            result="temBAD_OFFER",
            xrp_left_drops=0,
            rlusd_left=D(0),
        )
    )
    (third,) = quote(desk, BID, pen=pen)
    assert (second.sequence, third.sequence, desk.free_sequence(5)) == (6, 5, 7)
    assert desk.order_of_offer(5) is third
    assert desk.order_of_hash(first.tx_hash) is None


def test_the_sequence_of_an_offer_that_rests_is_never_used_again() -> None:
    """A server that lags says that it is free: what happens to that offer would be booked to another order."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    (ask,) = quote(desk, ASK, pen=pen)
    assert (bid.sequence, ask.sequence) == (5, 6)
    assert desk.order_of_offer(5) is bid


def test_a_tick_judged_twice_sends_nothing_twice() -> None:
    """A verdict delivered once more after a crash makes no second intent."""
    desk = opened()
    verdict = allowed(desk, BID)
    first, second = Daybook(desk), Daybook(desk)
    send_verdict(first, verdict, sender(Pen()))
    send_verdict(second, verdict, sender(Pen()))
    assert (len(first.made), second.made) == (3, [])


def test_a_replacement_of_what_is_gone_is_not_sent() -> None:
    """If the old offer was filled meanwhile, its replacement would double the exposure."""
    assert quote(opened(), msgspec.structs.replace(BID, replaces="o000099")) == []


def test_a_replacement_names_the_old_offers_sequence() -> None:
    """Old and new change places in one step."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    quote(desk, msgspec.structs.replace(BID, replaces=bid.order_id), pen=pen)
    assert [tx["OfferSequence"] for tx in pen.signed] == [bid.sequence]


def test_withdrawals_cancel_each_resting_offer_once() -> None:
    """While a cancel is under way no second one is sent; it names the offer by its sequence."""
    desk, pen = opened(), Pen()
    bid, ask = quote(desk, BID, ASK)
    observe(desk, ledger(11, placed(bid), placed(ask)))
    cancels = withdraw(desk, pen)
    assert [order.cancels for order in cancels] == [bid.order_id, ask.order_id]
    assert [(tx["TransactionType"], tx["OfferSequence"]) for tx in pen.signed] == [
        ("OfferCancel", 5),
        ("OfferCancel", 6),
    ]
    assert withdraw(desk) == []
    # Cancels count as transactions of the minute, as quotes do.
    assert desk.spending.spent(desk.close_time_s).requests_minute == 4


def test_what_does_not_rest_yet_is_not_cancelled() -> None:
    """A cancel that comes before its offer is malformed to the ledger, and the offer may rest after it."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    assert quote(desk, withdraw=(bid.order_id, "o000099"), pen=pen) == []
    assert pen.signed == []


def test_an_offer_says_when_it_runs_out_and_a_cancel_does_not() -> None:
    """20 s after the last ledger, which closed at 1000; from half of that on it is to be renewed."""
    desk, pen = opened(), Pen()
    entries = Daybook(desk)
    sends = msgspec.structs.replace(sender(pen), offer_expiry_s=20)
    send_verdict(entries, allowed(desk, BID), sends)
    assert [tx.get("Expiration") for tx in pen.signed] == [1020]
    assert [offer.renew_from_s for offer in desk.own_offers(20)] == [1010]
    observe(desk, ledger(11, placed(desk.pending()[0])))
    withdraw(desk, pen)
    assert "Expiration" not in pen.signed[1]


def test_an_offer_that_ran_out_quotes_nothing_but_is_still_ours() -> None:
    """It ends at 1020: the ledger that closes then is the parent of one that takes from it no more."""
    desk = opened()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    seen = []
    for index, close_time_s in ((12, 1019), (13, 1020)):
        entries = Daybook(desk)
        closed = ledger(index, close_time_s=close_time_s)
        book(entries, closed, PAIR, 20)
        (row,) = entries.made
        assert isinstance(row, LedgerObserved)
        seen.append(row.own_bid)
        view = view_of(desk, closed, None, 10, 20)
        assert view is not None
        assert len(view.own_offers) == 1
    assert seen == [BID.price, None]


def test_above_the_cap_of_the_fee_offers_wait_and_cancels_go() -> None:
    """The ledger asks for 700 drops and 500 may be paid: the ask waits, the bid's cancel burns 500."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    sends = msgspec.structs.replace(sender(pen), fee=Fee(500, 700))
    done = send_verdict(Daybook(desk), allowed(desk, ASK, withdraw=(bid.order_id,)), sends)
    assert [(held.code, held.detail) for held in done.held_back] == [(HoldCode.FEE_ABOVE_CAP, "700 > 500 drops")]
    assert [(tx["TransactionType"], tx["Fee"]) for tx in pen.signed] == [("OfferCancel", "500")]


def test_a_side_with_an_order_of_unknown_fate_gets_no_other() -> None:
    """No answer came about the bid: until the ledger tells, a second one could double it. The ask goes."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    desk.apply(OrderSubmitted(order_id=bid.order_id, tx_hash=bid.tx_hash, preliminary_result="unknown"))
    done = send_verdict(Daybook(desk), allowed(desk, BID, ASK), sender(pen))
    assert [(held.code, held.side) for held in done.held_back] == [(HoldCode.ORDER_PENDING, BID.side)]
    assert [tx["TakerGets"] for tx in pen.signed] == ["7500000"]


def test_cancels_outrank_offers() -> None:
    """In one tick the cancel leaves first, with the lower sequence, so no offer that waits can hold it up."""
    desk, pen = opened(), Pen()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    quote(desk, ASK, withdraw=(bid.order_id,), pen=pen)
    assert [(tx["TransactionType"], tx["Sequence"]) for tx in pen.signed] == [("OfferCancel", 6), ("OfferCreate", 7)]
