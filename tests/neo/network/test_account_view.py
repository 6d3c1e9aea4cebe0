"""What a node tells an account of a ledger: the book without its own offers, its standing, what touched it, who traded.

Method: two accounts on a ledger without a pool, or with one that is made by hand. Prices are round: 2 RLUSD for 1 XRP.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sim_world import US
from support.small_network import OPENED_S, OTHER, A, B, C, D, ask, bid, close, offer, rlusd, small_network

from neo.chain.pair import Pair
from neo.ledger import Fees
from neo.ledger.entries import GLOBAL_FREEZE
from neo.messages import Balances, Freeze, LedgerClosed, Level, MarketState, PoolState, Side, Terms, TradeLeg
from neo.network.account_view import opening_ledger, report
from neo.network.network import Network
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

XRP = 1_000_000
PAIR = Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER)
TERMS = Terms(base_fee_drops=10, open_ledger_fee_drops=10, base_reserve_drops=1_000_000, owner_reserve_drops=200_000)
HASHES = ("01", "02", "03", "04", "05", "06", "07")


@pytest.fixture
def network() -> Network:
    return small_network()


def told(network: Network, *others: tuple[dict[str, Any], str], notice: str | None = None) -> LedgerClosed:
    """What our account sees of the next ledger."""
    return report(network.ledger, close(network, *others), PAIR, notice)


def market(seen: LedgerClosed) -> MarketState:
    """The market that was told; a node that closes a ledger itself always has it."""
    assert seen.market is not None
    return seen.market


def level(price: str, xrp: int, value: str) -> Level:
    return Level(Decimal(price), xrp * XRP, Decimal(value))


# --- The first ledger --------------------------------------------------------------------------------------------


def test_the_first_ledger_is_the_one_that_closed_last_with_nothing_in_it(network: Network) -> None:
    """Whoever comes finds an account of 100 XRP and 100 RLUSD, whose trust line is its one object."""
    assert opening_ledger(network.ledger, US) == LedgerClosed(
        ledger_index=0,
        close_time_s=OPENED_S,
        market=MarketState((), (), None),
        terms=TERMS,
        balances=Balances(100 * XRP, Decimal(100), 1_200_000, 1, 1),
        transactions=(),
        notice=None,
    )


def test_who_comes_later_finds_the_book_and_his_own_standing(network: Network) -> None:
    """A trader who joins a running market sees the others' offers and knows his own money from the start."""
    close(network, (bid(1, OTHER, 10, "19"), A))
    network.submit(offer(1), B)
    close(network)
    ours, theirs = opening_ledger(network.ledger, US), opening_ledger(network.ledger, OTHER)
    assert (ours.ledger_index, ours.close_time_s) == (2, OPENED_S + 8)
    assert market(ours).bids == (level("1.9", 10, "19"),)
    assert market(theirs).bids == (level("2", 1, "2"),)
    assert ours.balances == Balances(100 * XRP - 10, Decimal(100), 1_400_000, 2, 2)


def test_an_account_without_a_trust_line_has_no_rlusd_and_one_object_less(network: Network) -> None:
    """A newcomer is read as he stands, without a failure and with the reserve that he owes."""
    ledger = network.ledger
    stranger = crowd_address("stranger")
    ledger.state.create_account(stranger, sequence=7).drops = 5 * XRP
    assert opening_ledger(ledger, stranger).balances == Balances(5 * XRP, Decimal(0), XRP, 0, 7)


def test_a_ledger_is_told_with_its_own_fees_and_reserves(network: Network) -> None:
    """They are voted on and may change; without load the open ledger takes whatever pays the base fee."""
    assert told(network).terms == TERMS
    network.ledger.state.fees = Fees(12, 2_000_000, 500_000)
    seen = told(network)
    assert seen.terms == Terms(
        base_fee_drops=12, open_ledger_fee_drops=12, base_reserve_drops=2_000_000, owner_reserve_drops=500_000
    )
    assert seen.balances.reserve_drops == 2_500_000


# --- The book ----------------------------------------------------------------------------------------------------


def test_the_book_is_told_best_first_by_price_of_an_xrp(network: Network) -> None:
    """A bid's rate on the ledger is XRP for a token, an ask's the other way round; both are told in RLUSD per XRP."""
    seen = told(
        network,
        (bid(1, OTHER, 10, "19"), A),
        (bid(2, OTHER, 5, "9.75"), B),
        (ask(3, OTHER, 4, "8.4"), C),
        (ask(4, OTHER, 8, "16.4"), D),
    )
    assert market(seen).bids == (level("1.95", 5, "9.75"), level("1.9", 10, "19"))
    assert market(seen).asks == (level("2.05", 8, "16.4"), level("2.1", 4, "8.4"))


def test_our_own_offers_are_no_part_of_the_market(network: Network) -> None:
    """The strategy never chases its own quote, or takes itself for competition."""
    network.submit(offer(1), A)
    network.submit(ask(2, US, 1, "3"), B)
    seen = told(network)
    assert (market(seen).bids, market(seen).asks) == ((), ())
    assert seen.balances.owner_count == 3


@pytest.mark.parametrize(("offers", "shown"), [(0, 0), (1, 1), (5, 5), (6, 5), (7, 5)])
def test_five_offers_of_a_side_are_told_and_no_more(network: Network, offers: int, shown: int) -> None:
    """The five best ones."""
    placed = [(ask(n + 1, OTHER, 1, f"{2 + n}"), HASHES[n]) for n in range(offers)]
    seen = told(network, *placed)
    assert [each.price for each in market(seen).asks] == [Decimal(2 + n) for n in range(shown)]


def test_what_has_no_funds_behind_it_is_not_there(network: Network) -> None:
    """100 RLUSD back a bid of 60 and two thirds of the next one; the third has nothing left.

    The price of the one that is cut short stays that of its place in the book.
    """
    seen = told(
        network,
        (bid(1, OTHER, 30, "60"), A),
        (bid(2, OTHER, 60, "60"), B),
        (bid(3, OTHER, 120, "60"), C),
    )
    assert market(seen).bids == (level("2", 30, "60"), level("1", 40, "40"))


def test_a_partly_filled_offer_keeps_its_price_and_tells_what_is_left(network: Network) -> None:
    """Of 3 XRP for 7 RLUSD somebody takes 1 XRP: 2 are left, and a price of 2.333 that no rounding moves."""
    first = told(network, (ask(1, OTHER, 3, "7"), A))
    network.submit(bid(1, US, 1, "3"), B)
    second = told(network)
    assert market(first).asks[0].price == market(second).asks[0].price == Decimal("2.333333333333333")
    assert market(second).asks[0].xrp_drops == 2 * XRP


# --- The pool ----------------------------------------------------------------------------------------------------


def with_pool(network: Network, fee: int = 500) -> None:
    """A pool of 10 XRP and 20 RLUSD, made by the other account."""
    tx = {
        "TransactionType": "AMMCreate",
        "Account": OTHER,
        "Fee": "200000",
        "Sequence": 1,
        "Flags": 0,
        "Amount": str(10 * XRP),
        "Amount2": rlusd("20"),
        "TradingFee": fee,
    }
    assert network.ledger.apply(tx, "AB").result == "tesSUCCESS"


def test_a_pool_is_told_with_its_balances_its_fee_and_its_price(network: Network) -> None:
    """A fee of 500 in 100,000 is half a percent; the price is that of the balances, without the fee."""
    with_pool(network)
    assert market(told(network)).pool == PoolState(10 * XRP, Decimal(20), 500, Decimal(2))


def test_a_freeze_of_the_whole_token_is_told_with_the_market(network: Network) -> None:
    """As a server tells it: nothing is quoted under one."""
    assert market(told(network)).freezes == ()
    network.ledger.state.issuer.flags |= GLOBAL_FREEZE
    assert market(told(network)).freezes == (Freeze.GLOBAL,)


def test_a_trade_with_the_pool_alone_is_told_as_one(network: Network) -> None:
    """Somebody buys 1 XRP of a pool of 10 and 20 without a fee: 9 are left, so 20 * 10 / 9 = 22.22 RLUSD lie there."""
    with_pool(network, fee=0)
    buy = bid(2, OTHER, 1, "3") | {"Flags": 0x20000}
    seen = told(network, (buy, A))
    [trade] = seen.trades
    assert (trade.taker_side, trade.xrp_drops, trade.pool_drops, trade.legs) == (Side.BUY, XRP, XRP, ())
    pool = market(seen).pool
    assert pool is not None
    assert pool.xrp_drops == 9 * XRP
    assert trade.rlusd == trade.pool_rlusd == pool.rlusd - 20
    assert Decimal("2.2222") < trade.rlusd < Decimal("2.2223")
    assert trade.worst_price == trade.rlusd


# --- What happened -----------------------------------------------------------------------------------------------


def test_a_notice_goes_beside_what_the_ledger_did(network: Network) -> None:
    """What a user has to know about the venue comes with the ledger that it concerns."""
    assert told(network).notice is None
    assert told(network, notice="the recording is used up").notice == "the recording is used up"


def test_what_touched_nothing_of_ours_is_no_transaction_of_ours(network: Network) -> None:
    """Other people's orders don't enter our books."""
    assert told(network, (bid(1, OTHER, 1, "1"), A)).transactions == ()


def test_what_others_do_to_our_offers_is_ours_to_know(network: Network) -> None:
    """Our ask of 4 XRP at 2 is met for 1 XRP: the transaction with its metadata, the trade with our leg in it."""
    network.submit(ask(1, US, 4, "8"), A)
    told(network)
    seen = told(network, (bid(1, OTHER, 1, "2"), B))
    [touching] = seen.transactions
    assert (touching.tx_hash, touching.tx["Account"], touching.result) == (B, OTHER, "tesSUCCESS")
    kinds = [next(iter(node.values()))["LedgerEntryType"] for node in touching.meta["AffectedNodes"]]
    assert sorted(set(kinds)) == ["AccountRoot", "Offer", "RippleState"], "all of it, not only what tells of trades"
    [trade] = seen.trades
    assert (trade.taker_side, trade.our_side, trade.won_drops) == (Side.BUY, Side.SELL, XRP)
    assert trade.legs == (TradeLeg(Decimal(2), XRP, own=True),)
    assert seen.balances == Balances(99 * XRP - 10, Decimal(102), 1_400_000, 2, 2)


def test_what_we_take_ourselves_is_a_transaction_and_no_trade_of_others(network: Network) -> None:
    """Our own taking is booked once, and is not counted as flow that we lost."""
    told(network, (ask(1, OTHER, 4, "8"), A))
    network.submit(bid(1, US, 1, "2"), B)
    seen = told(network)
    assert [done.tx_hash for done in seen.transactions] == [B]
    assert seen.trades == ()


def test_what_we_did_in_vain_is_told_with_its_result(network: Network) -> None:
    """A killed order moved nothing and cost its fee."""
    network.submit(bid(1, US, 1, "2") | {"Flags": 0x20000}, A)
    seen = told(network)
    assert [(done.tx_hash, done.result) for done in seen.transactions] == [(A, "tecKILLED")]
    assert seen.balances == Balances(100 * XRP - 10, Decimal(100), 1_200_000, 1, 2)


def test_a_payment_between_others_is_no_trade_and_one_to_us_is_ours(network: Network) -> None:
    """It moves XRP from one account to another as a trade does."""
    third = crowd_address("third")
    network.ledger.state.create_account(third, sequence=1).drops = 5 * XRP

    def payment(sequence: int, to: str) -> dict[str, Any]:
        fields = {"TransactionType": "Payment", "Account": OTHER, "Destination": to, "Amount": str(2 * XRP)}
        return fields | {"Fee": "10", "Flags": 0, "Sequence": sequence}

    between = told(network, (payment(1, third), A))
    assert (between.transactions, between.trades) == ((), ())
    to_us = told(network, (payment(2, US), B))
    assert [done.tx_hash for done in to_us.transactions] == [B]
    assert to_us.trades == ()
    assert to_us.balances.xrp_drops == 102 * XRP


prices = st.integers(1, 40).map(lambda tenths: Decimal(tenths) / 10)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), prices, st.integers(1, 30)), max_size=10), st.booleans())
def test_a_told_book_is_sorted_never_crossed_and_free_of_our_own(
    offers: list[tuple[bool, Decimal, int]], other_first: bool
) -> None:
    """Whatever two accounts send: bids fall, asks rise, none of them is empty, and the two sides don't overlap.

    They may touch: a bid's rate is rounded in its last digit, so it can rest beside an ask that is told at its price.
    """
    network = small_network()
    accounts = (OTHER, US) if other_first else (US, OTHER)
    for number, (is_bid, price, xrp) in enumerate(offers):
        account = accounts[number % 2]
        place = bid if is_bid else ask
        tx = place(network.ledger.sequence(account), account, xrp, f"{price * xrp:f}")
        seen = told(network, (tx, f"{number:02X}"))
        bids, asks = [each.price for each in market(seen).bids], [each.price for each in market(seen).asks]
        assert (bids, asks) == (sorted(bids, reverse=True), sorted(asks))
        assert not bids or not asks or bids[0] <= asks[0]
        assert all(each.xrp_drops > 0 and each.rlusd > 0 for each in (*market(seen).bids, *market(seen).asks))
        assert len(bids) + len(asks) <= len(network.ledger.offers(OTHER))
