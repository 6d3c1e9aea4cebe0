"""Makers, takers and the arbitrageur each do what their docstring says, alone, on a view made by hand.

Method: no ledger; what they send is read from the outbox.
"""

from decimal import Decimal
from itertools import pairwise

import pytest
from support.sim_chance import chance
from support.sim_world import CONFIG, HandView, config_with, seen

from neo.network.pending import Transaction
from neo.sim.accounts import ARBITRAGEUR, maker_addresses, taker_addresses
from neo.sim.arbitrageur import Arbitrageur, arbitrage
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import LAYERS, MAKER_XRP, TAKER_LIMIT_PPM, TAKER_XRP
from neo.sim.makers import Makers
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox, rlusd_amount, transaction_hash
from neo.sim.takers import Takers
from neo.sim.view import PoolView

XRP = 1_000_000
PATIENT = config_with(maker_count=1, maker_lag_ledgers_max=1)


def _is_buy(tx: Transaction) -> bool:
    return isinstance(tx["TakerPays"], str)


def _price(tx: Transaction) -> float:
    gets, pays = tx["TakerGets"], tx["TakerPays"]
    drops, token = (pays, gets) if _is_buy(tx) else (gets, pays)
    return float(token["value"]) * XRP / int(drops)


def _size_drops(tx: Transaction) -> int:
    return int(tx["TakerPays"] if _is_buy(tx) else tx["TakerGets"])


def _maker(config: SimConfig = PATIENT) -> tuple[Makers, HandView, str]:
    (address,) = maker_addresses(1)
    view = HandView()
    view.balances[address] = MAKER_XRP * XRP
    return Makers(config, [address], chance(1)), view, address


def _act(makers: Makers, view: HandView, index: int, reference_nano: int = 2_000_000_000) -> list[Transaction]:
    outbox = Outbox(lambda _: 10 * index)
    makers.act(seen(view, index, reference_nano), outbox)
    return outbox.transactions


def test_maker_layers_both_sides() -> None:
    """A maker begins with every layer on both sides, bids below and asks above the reference."""
    makers, view, _ = _maker()
    sent = _act(makers, view, 1)
    assert len(sent) == 2 * LAYERS
    bids, asks = [_price(tx) for tx in sent if _is_buy(tx)], [_price(tx) for tx in sent if not _is_buy(tx)]
    assert len(bids) == len(asks) == LAYERS
    assert max(bids) < 2.0 < min(asks)


def test_maker_leaves_near_quotes_alone_and_replaces_strayed_ones() -> None:
    """A quote stays until its target moved beyond the tolerance; then it is replaced in one transaction."""
    makers, view, address = _maker()
    first = _act(makers, view, 1)
    view.offers[address] = {tx["Sequence"]: _size_drops(tx) for tx in first}
    assert _act(makers, view, 2, 2_000_000_000 + 400_000) == []  # 2 bps
    moved = _act(makers, view, 3, 2_000_000_000 + 1_200_000)  # 6 bps: the first layer strays, the second is patient
    assert len(moved) == 2
    assert {tx["OfferSequence"] for tx in moved} <= view.offers[address].keys()
    assert [_is_buy(tx) for tx in moved] == [False, True]  # the retreating ask first


def test_maker_renews_what_was_filled() -> None:
    """A quote that is gone or mostly filled is placed anew, and a gone one replaces nothing."""
    makers, view, address = _maker()
    first = _act(makers, view, 1)
    view.offers[address] = {tx["Sequence"]: _size_drops(tx) for tx in first}
    gone, worn = first[0]["Sequence"], first[-1]["Sequence"]
    del view.offers[address][gone]
    view.offers[address][worn] //= 10
    view.balances[address] += 1  # whoever is filled sees it in its balance
    renewed = _act(makers, view, 2)
    assert sorted(tx.get("OfferSequence", 0) for tx in renewed) == [0, worn]


def test_maker_leans_against_its_inventory() -> None:
    """A maker with too much XRP quotes lower on both sides, one with too little higher."""
    prices = []
    for xrp in (MAKER_XRP - 10_000, MAKER_XRP, MAKER_XRP + 10_000):
        makers, view, address = _maker()
        view.balances[address] = xrp * XRP
        prices.append([_price(tx) for tx in _act(makers, view, 1)])
    for low, middle, high in zip(*prices, strict=True):
        assert low > middle > high


def test_maker_looks_again_within_its_lag() -> None:
    """No maker stays away from the market longer than the longest lag."""
    config = config_with(maker_count=1, maker_lag_ledgers_max=3)
    makers, view, _ = _maker(config)
    looked = [index for index in range(1, 200) if _act(makers, view, index)]  # nothing rests, so every look sends
    gaps = {after - before for before, after in pairwise(looked)}
    assert gaps == {1, 2, 3}


def _taker_orders(config: SimConfig, ledgers: int, moved_nano: int = 0) -> list[Transaction]:
    view = HandView()
    view.balances = dict.fromkeys(taker_addresses(), TAKER_XRP * XRP)
    takers, outbox = Takers(config, taker_addresses(), chance(3)), Outbox(lambda _: 1)
    for index in range(ledgers):
        takers.act(seen(view, index, moved_nano=moved_nano), outbox)
    return outbox.transactions


def test_takers_arrive_as_often_as_configured() -> None:
    """Over many ledgers the number of taker orders is the configured one, and both sides are as likely."""
    orders = _taker_orders(config_with(taker_orders_per_day=8640), 10_000)
    assert len(orders) == pytest.approx(4000, rel=0.05)
    assert sum(map(_is_buy, orders)) == pytest.approx(2000, rel=0.08)


def test_takers_sizes_have_a_heavy_tail() -> None:
    """The median is 1.6 times the smallest order, and one order in a hundred is over 20 times it."""
    sizes = sorted(_size_drops(tx) for tx in _taker_orders(config_with(taker_size_xrp_min=10), 20_000))
    assert sizes[0] >= 10 * XRP
    assert sizes[len(sizes) // 2] == pytest.approx(15.9 * XRP, rel=0.05)
    assert sum(size > 215 * XRP for size in sizes) == pytest.approx(len(sizes) / 100, rel=0.3)


def test_takers_take_or_leave() -> None:
    """A taker order never rests, spends what it sells, and pays no more than its limit."""
    for tx in _taker_orders(CONFIG, 500):
        assert tx["Flags"] == (TF_IMMEDIATE_OR_CANCEL if _is_buy(tx) else TF_IMMEDIATE_OR_CANCEL | TF_SELL)
        assert abs(_price(tx) / 2.0 - 1) == pytest.approx(TAKER_LIMIT_PPM / 1e6, rel=1e-3)


def test_informed_takers_follow_the_move() -> None:
    """When all are informed and the reference rose, all buy; when it fell, all sell."""
    informed = config_with(taker_informed_percent=100)
    assert all(map(_is_buy, _taker_orders(informed, 300, moved_nano=1)))
    assert not any(map(_is_buy, _taker_orders(informed, 300, moved_nano=-1)))


def _pool(price: str, xrp: int = 60_000) -> PoolView:
    return PoolView(xrp * XRP, Decimal(price) * xrp, 5000)


@pytest.mark.parametrize(("price", "side"), [("2.009", 0), ("1.991", 0), ("1.989", 1), ("2.011", -1)])
def test_arbitrageur_acts_only_beyond_the_fee(price: str, side: int) -> None:
    """Within its fee of the reference the pool is left alone; below it is bought from, above it is sold to."""
    trade = arbitrage(_pool(price), 2_000_000_000)
    assert (0 if trade is None else 1 if trade.is_buy else -1) == side


@pytest.mark.parametrize("price", ["1.9", "1.985", "2.015", "2.1"])
def test_arbitrage_stops_at_the_discounted_fee(price: str) -> None:
    """After the trade the pool's price with a tenth of its fee is the reference, to a tenth of a basis point."""
    pool = _pool(price)
    trade = arbitrage(pool, 2_000_000_000)
    assert trade is not None
    left = pool.xrp_drops - trade.size_drops if trade.is_buy else pool.xrp_drops + trade.size_drops
    spot = float(pool.rlusd) * pool.xrp_drops / left / left * XRP  # x * y stays
    with_fee = spot / (1 - 0.0005) if trade.is_buy else spot * (1 - 0.0005)
    assert with_fee == pytest.approx(2.0, rel=1e-5)
    paid = float(pool.rlusd) * (pool.xrp_drops / left - 1) / (pool.xrp_drops - left) * XRP
    paid_with_fee = paid / (1 - 0.0005) if trade.is_buy else paid * (1 - 0.0005)
    assert trade.average_nano == pytest.approx(paid_with_fee * 1e9, rel=1e-5)


def test_arbitrageur_sends_one_order_at_the_average() -> None:
    """The order is limited at the trade's average and large enough for the better offers in front of the pool."""
    view = HandView(_pool("1.985"))
    view.ahead = 7 * XRP
    outbox = Outbox(lambda _: 5)
    Arbitrageur(ARBITRAGEUR).act(seen(view, 1), outbox)
    (tx,) = outbox.transactions
    trade = arbitrage(_pool("1.985"), 2_000_000_000)
    assert trade is not None
    assert _size_drops(tx) == trade.size_drops + 7 * XRP
    assert _price(tx) == pytest.approx(trade.average_nano / 1e9, rel=1e-6)
    assert _price(tx) < 2.0
    assert tx["Flags"] == TF_IMMEDIATE_OR_CANCEL


def test_arbitrageur_rests_without_a_pool() -> None:
    """A ledger without an AMM is no error."""
    outbox = Outbox(lambda _: 5)
    Arbitrageur(ARBITRAGEUR).act(seen(HandView(), 1), outbox)
    assert outbox.transactions == []


def test_outbox_numbers_an_accounts_transactions() -> None:
    """Several transactions of one account in one ledger carry its next sequences in order."""
    outbox = Outbox(lambda _: 41)
    sent = [outbox.offer(ARBITRAGEUR, is_buy=True, size_drops=XRP, price_nano=10**9) for _ in range(3)]
    assert sent == [41, 42, 43]


def test_amounts_and_hashes_are_deterministic() -> None:
    """A token value has no superfluous zeros, and a hash depends on content, not on the order of keys."""
    assert rlusd_amount(15_000_000)["value"] == "15"
    assert rlusd_amount(1_900_050)["value"] == "1.90005"
    tx = {"Account": ARBITRAGEUR, "Fee": "10"}
    assert transaction_hash(tx) == transaction_hash(dict(reversed(tx.items())))
    assert transaction_hash(tx) != transaction_hash({**tx, "Fee": "11"})


def test_crowd_accounts_are_distinct() -> None:
    """Every crowd member has an account of its own."""
    accounts = [*maker_addresses(12), *taker_addresses(), ARBITRAGEUR]
    assert len(set(accounts)) == len(accounts)
