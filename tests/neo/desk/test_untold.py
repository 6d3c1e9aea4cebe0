"""What the desk makes of ledgers that no server tells of, out of what they left: offers and balances."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.desk_by_hand import ASK, BID, ledger, observe, opened, placed, quote, withdraw

from neo.desk.desk import Desk
from neo.desk.orders import Order
from neo.messages import Balances, CapitalMoved, LedgerClosed, OrderChanged, OrderStatus, Record, RestingPart

D = Decimal
STRETCH = "ledgers 12 to 30, which no server tells of"
# Of 100 XRP and 200 RLUSD, after two fees of 10 drops.
DROPS, TOKENS = 99_999_980, D(200)


def resting() -> tuple[Desk, Order, Order]:
    """A desk whose bid (sequence 5) and ask (6), each of 7.5 XRP, rest on ledger 11."""
    desk = opened()
    bid, ask = quote(desk, BID, ASK)
    observe(desk, ledger(11, placed(bid), placed(ask)))
    assert (bid.sequence, ask.sequence) == (5, 6)
    return desk, bid, ask


def untold(
    *parts: RestingPart, drops: int = DROPS, tokens: Decimal = TOKENS, sequence: int = 7, last: int = 30
) -> LedgerClosed:
    """Ledgers from 12 on, of which only what they left is known."""
    balances = Balances(drops, tokens, 1_200_000, len(parts), sequence)
    return ledger(last, since_index=12, balances=balances, market=None, untold=parts)


def changes(records: list[Record]) -> list[tuple[str, OrderStatus, str, int, Decimal]]:
    """What became of orders: which, its status, why, and what is left."""
    return [
        (each.order_id, each.status, each.result, each.xrp_left_drops, each.rlusd_left)
        for each in records
        if isinstance(each, OrderChanged)
    ]


def moved(records: list[Record]) -> list[tuple[str, int, Decimal]]:
    """Movements of capital: their cause, drops and RLUSD."""
    return [(each.cause, each.xrp_drops, each.rlusd) for each in records if isinstance(each, CapitalMoved)]


def test_an_offer_that_rests_with_less_was_filled_in_part_and_what_moved_is_one_movement() -> None:
    """The other one rests as it did, of which nothing is to be told."""
    desk, bid, ask = resting()
    parts = (RestingPart(5, 7_500_000, D("14.985")), RestingPart(6, 2_500_000, D("5.005")))
    records = observe(desk, untold(*parts, drops=DROPS - 5_000_000, tokens=D("210.01")))
    assert changes(records) == [(ask.order_id, OrderStatus.PARTIALLY_FILLED, STRETCH, 2_500_000, D("5.005"))]
    assert moved(records) == [(STRETCH, -5_000_000, D("10.01"))]
    assert desk.resting() == [bid, ask]
    standing = desk.standing()
    assert (standing.xrp_engine_drops, standing.rlusd_engine) == (94_999_980, D("210.01"))


def test_an_offer_that_is_gone_is_lost() -> None:
    """Filled, cancelled, or unfunded: nobody tells; that a cancel of it was in a ledger is not known either."""
    desk, bid, ask = resting()
    cancels = withdraw(desk)
    assert [each.sequence for each in cancels] == [7, 8]
    records = observe(desk, untold(RestingPart(5, 7_500_000, D("14.985")), drops=DROPS - 10, sequence=8))
    assert changes(records) == [
        (ask.order_id, OrderStatus.LOST, STRETCH, 0, D(0)),
        (cancels[0].order_id, OrderStatus.LOST, STRETCH, 0, D(0)),
        # The account has not come to its sequence, and no ledger after its last one takes it.
        (cancels[1].order_id, OrderStatus.FAILED, "tefMAX_LEDGER", 0, D(0)),
    ]
    assert moved(records) == [(STRETCH, -10, D(0))]
    assert desk.resting() == [bid]


@pytest.mark.parametrize("is_past", [True, False])
def test_an_order_that_was_under_way_rests_or_never_applied_or_waits_for_its_last_ledger(is_past: bool) -> None:
    """By the account's next sequence: what is below it was in a ledger, and nothing else was."""
    desk = opened()
    bid, ask = quote(desk, BID, ASK)
    last = ask.last_ledger_sequence - (not is_past)
    part = RestingPart(5, 7_500_000, D("14.985"))
    closed = ledger(
        last, since_index=11, balances=Balances(99_999_990, TOKENS, 1_200_000, 1, 6), market=None, untold=(part,)
    )
    told = {order_id: status for order_id, status, *_ in changes(observe(desk, closed))}
    assert told == {bid.order_id: OrderStatus.RESTING} | ({ask.order_id: OrderStatus.FAILED} if is_past else {})
    assert desk.pending() == ([] if is_past else [ask])


def test_nothing_is_made_of_a_ledger_that_never_had_an_offer_of_ours() -> None:
    """The account has not come to the sequence that the offer was placed with: this is no successor of that ledger."""
    desk, bid, ask = resting()
    records = observe(desk, untold(drops=50, tokens=D(0), sequence=6))
    assert (changes(records), moved(records)) == ([], [])
    assert desk.resting() == [bid, ask]
