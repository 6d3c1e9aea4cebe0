"""The two tables of an order's life, walked pair by pair, and how the journal's words lead through them."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from neo.desk.orders import CANCEL, LIVE, OFFER, PENDING, Order, OrderEvent, OrderStateError, Table, event_told
from neo.messages import OrderStatus, Side

D = Decimal
FINAL = set(OrderStatus) - LIVE - PENDING - {OrderStatus.INTENDED}
TABLES = [pytest.param(OFFER, None, id="offer"), pytest.param(CANCEL, "o000001", id="cancel")]


def order_at(status: OrderStatus, cancels: str | None) -> Order:
    """An order with this status."""
    order = Order(
        order_id="o7",
        ledger_index=10,
        side=Side.BUY,
        price=D(2),
        xrp_drops=1,
        rlusd=D(2),
        replaces=None,
        cancels=cancels,
    )
    order.status = status
    return order


# Each arrow once more, written out: (statuses, event, status after).
UNDER_WAY, ON_THE_BOOK = ("signed", "submitted", "unknown"), ("resting", "partially_filled")
OF_BOTH = """
intended   signed                  signed
under_way  kept                    submitted
under_way  no_answer               unknown
under_way  never_applies           failed
under_way  claimed                 failed
under_way  passed                  failed
under_way  lost                    lost
"""
OF_AN_OFFER = """
under_way  placed                  resting
under_way  partly_filled           partially_filled
under_way  filled                  filled
under_way  killed                  canceled
under_way  expired                 expired
on_book    partly_filled           partially_filled
on_book    filled                  filled
on_book    canceled                canceled
on_book    replaced                replaced
on_book    unfunded                unfunded
on_book    frozen                  frozen
on_book    self_crossed            self_crossed
on_book    expired                 expired
on_book    lost                    lost
"""
OF_A_CANCEL = """
under_way  taken                   done
"""


def arrows(text: str) -> dict[tuple[OrderStatus, OrderEvent], OrderStatus]:
    """The arrows of a text."""
    groups = {"under_way": UNDER_WAY, "on_book": ON_THE_BOOK}
    told = {}
    for before, event, after in (line.split() for line in text.strip().splitlines()):
        for status in groups.get(before, (before,)):
            told[OrderStatus(status), OrderEvent[event.upper()]] = OrderStatus(after)
    return told


@pytest.mark.parametrize(
    ("written", "cancels"),
    [
        pytest.param(OF_BOTH.rstrip() + OF_AN_OFFER, None, id="offer"),
        pytest.param(OF_BOTH.rstrip() + OF_A_CANCEL, "o000001", id="cancel"),
    ],
)
def test_every_pair_is_an_arrow_as_written_or_is_refused(written: str, cancels: str | None) -> None:
    """What is written above happens; everything else names the order, its status and what can't happen to it."""
    table = arrows(written)
    for status, event in itertools.product(OrderStatus, OrderEvent):
        order = order_at(status, cancels)
        after = table.get((status, event))
        if after is None:
            with pytest.raises(OrderStateError, match=f"order o7: '{event}' can't happen to one that is {status}"):
                order.step(event)
            assert order.status is status
        else:
            order.step(event)
            assert order.status is after


@pytest.mark.parametrize(("table", "cancels"), TABLES)
def test_final_is_final(table: Table, cancels: str | None) -> None:
    """No arrow leads out of an ending, and whatever is pending or rests has a way to one."""
    del cancels
    assert not {status for status, _ in table} & FINAL
    for status in {status for status, _ in table} - {OrderStatus.INTENDED}:
        assert {after for (before, _), after in table.items() if before is status} & FINAL


def test_a_cancel_never_rests_nor_fills() -> None:
    """It is no offer: the ledger takes it, refuses it, or never has it."""
    assert set(CANCEL.values()) == {*PENDING, OrderStatus.DONE, OrderStatus.FAILED, OrderStatus.LOST}
    assert OrderStatus.DONE not in OFFER.values()


def test_an_offer_that_rests_can_not_fail() -> None:
    """The ledger has it: from then on it is filled, replaced, canceled, or removed."""
    assert OrderStatus.FAILED not in {after for (before, _), after in OFFER.items() if before in LIVE}


@pytest.mark.parametrize(
    ("status", "told", "result", "event"),
    [
        (OrderStatus.SUBMITTED, OrderStatus.RESTING, "tesSUCCESS", OrderEvent.PLACED),
        (OrderStatus.SUBMITTED, OrderStatus.CANCELED, "tecKILLED", OrderEvent.KILLED),
        (OrderStatus.RESTING, OrderStatus.CANCELED, "tesSUCCESS", OrderEvent.CANCELED),
        (OrderStatus.SUBMITTED, OrderStatus.EXPIRED, "tecEXPIRED", OrderEvent.EXPIRED),
        (OrderStatus.SUBMITTED, OrderStatus.FAILED, "tecUNFUNDED_OFFER", OrderEvent.CLAIMED),
        (OrderStatus.SIGNED, OrderStatus.FAILED, "temBAD_OFFER", OrderEvent.NEVER_APPLIES),
        (OrderStatus.UNKNOWN, OrderStatus.FAILED, "tefMAX_LEDGER", OrderEvent.PASSED),
        (OrderStatus.RESTING, OrderStatus.LOST, "no file", OrderEvent.LOST),
    ],
)
def test_the_journals_words_name_the_event(
    status: OrderStatus, told: OrderStatus, result: str, event: OrderEvent
) -> None:
    """A journal says where an order came to and by which result; the desk takes the step that leads there."""
    order = order_at(status, None)
    assert event_told(order, told, result) is event
    order.step(event)
    assert order.status is told


def test_a_journal_can_not_tell_of_a_step_back() -> None:
    """An order doesn't become signed by what a ledger did."""
    with pytest.raises(OrderStateError, match="told as signed"):
        event_told(order_at(OrderStatus.RESTING, None), OrderStatus.SIGNED, "tesSUCCESS")
