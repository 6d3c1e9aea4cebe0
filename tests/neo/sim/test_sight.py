"""The ledger through the crowd's eyes: balances, what rests, the pool, and what stands in front of an order.

Method: two accounts' offers around 2 RLUSD on a ledger that is filled by hand.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.crowd_orders import XRP
from support.sim_world import US, world
from support.small_network import OTHER, ask, bid, small_ledger

from neo.ledger import Ledger
from neo.sim.sight import LedgerSight
from neo.sim.view import LedgerView, PoolView


def placed(*offers: tuple[str, int, str]) -> Ledger:
    """A ledger with these offers of one account: side, XRP and RLUSD of each."""
    ledger = small_ledger()
    for number, (side, xrp, value) in enumerate(offers, start=1):
        place = bid if side == "bid" else ask
        assert ledger.apply(place(number, OTHER, xrp, value), f"{number:064X}").result == "tesSUCCESS"
    return ledger


ASKS = placed(("ask", 3, "6.3"), ("ask", 4, "8"), ("ask", 5, "11"))  # at 2.1, 2 and 2.2
BIDS = placed(("bid", 3, "5.7"), ("bid", 4, "8"), ("bid", 5, "9"))  # at 1.9, 2 and 1.8


def test_balances_and_objects_are_the_accounts_own() -> None:
    """A trust line and three offers; each transaction cost 10 drops."""
    sight: LedgerView = LedgerSight(ASKS)
    assert (sight.xrp_drops(OTHER), sight.owner_count(OTHER)) == (100 * XRP - 30, 4)
    assert (sight.xrp_drops(US), sight.owner_count(US)) == (100 * XRP, 1)


def test_what_rests_is_told_by_its_sequence_with_the_xrp_left_in_it() -> None:
    """Of a bid as of an ask."""
    assert LedgerSight(ASKS).resting(OTHER) == {1: 3 * XRP, 2: 4 * XRP, 3: 5 * XRP}
    assert LedgerSight(BIDS).resting(OTHER) == {1: 3 * XRP, 2: 4 * XRP, 3: 5 * XRP}
    assert LedgerSight(ASKS).resting(US) == {}


def test_what_was_taken_rests_no_more() -> None:
    ledger = placed(("ask", 4, "8"), ("ask", 3, "6.3"))
    assert ledger.apply(bid(1, US, 5, "10.5"), "AB").result == "tesSUCCESS"
    assert LedgerSight(ledger).resting(OTHER) == {2: 2 * XRP}


def test_a_pool_is_told_with_its_fee_in_millionths_and_no_pool_as_none() -> None:
    """32 bps are 3,200 millionths."""
    sight = LedgerSight(world(1).ledger)
    assert sight.pool() == PoolView(100_000 * XRP, Decimal("1.9454") * 100_000, 3_200)
    assert LedgerSight(small_ledger()).pool() is None


@pytest.mark.parametrize(
    ("limit_nano", "ahead_xrp"),
    [
        (1_999_999_999, 0),
        (2_000_000_000, 4),
        (2_099_999_999, 4),
        (2_100_000_000, 7),
        (2_200_000_000, 12),
        (9_000_000_000, 12),
    ],
)
def test_a_buyer_meets_the_asks_up_to_his_limit(limit_nano: int, ahead_xrp: int) -> None:
    """4 XRP at 2, 3 at 2.1 and 5 at 2.2; a limit is met by an offer at exactly that price."""
    assert LedgerSight(ASKS).ahead_drops(is_buy=True, limit_nano=limit_nano, most_drops=10**12) == ahead_xrp * XRP


@pytest.mark.parametrize(
    ("limit_nano", "ahead_xrp"), [(2_000_000_001, 0), (2_000_000_000, 4), (1_900_000_000, 7), (1, 12)]
)
def test_a_seller_meets_the_bids_down_to_his_limit(limit_nano: int, ahead_xrp: int) -> None:
    """4 XRP at 2, 3 at 1.9 and 5 at 1.8."""
    assert LedgerSight(BIDS).ahead_drops(is_buy=False, limit_nano=limit_nano, most_drops=10**12) == ahead_xrp * XRP


@pytest.mark.parametrize(("most_drops", "ahead_drops"), [(0, 0), (1, 1), (4 * XRP, 4 * XRP), (5 * XRP, 5 * XRP)])
def test_no_more_is_counted_than_an_order_could_take(most_drops: int, ahead_drops: int) -> None:
    """The last offer that is met counts with the part that is taken of it."""
    sight = LedgerSight(ASKS)
    assert sight.ahead_drops(is_buy=True, limit_nano=9_000_000_000, most_drops=most_drops) == ahead_drops


@pytest.mark.parametrize("is_buy", [True, False])
def test_nothing_stands_in_front_on_an_empty_book(is_buy: bool) -> None:
    assert LedgerSight(small_ledger()).ahead_drops(is_buy=is_buy, limit_nano=1, most_drops=XRP) == 0
