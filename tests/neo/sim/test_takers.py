"""Takers: they arrive at random, busier in busy minutes, with heavy-tailed sizes, and take what is there or nothing.

Method: no ledger; single draws are written down where a figure is worked out by hand, and many are counted where the
promise is about how often.
"""

from __future__ import annotations

from collections import Counter
from math import exp

import pytest
from support.crowd_orders import XRP, is_buy, price, size_drops
from support.sim_chance import WrittenChance, chance
from support.sim_world import CONFIG, HandView, config_with, seen

from neo.network.pending import Transaction
from neo.sim.accounts import taker_addresses
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import TAKER_XRP
from neo.sim.outbox import TF_IMMEDIATE_OR_CANCEL, TF_SELL, Outbox
from neo.sim.takers import Takers

ADDRESSES = taker_addresses()
# 0.4 orders a ledger: 8,640 a day are one in ten seconds, and a ledger is four.
STEADY = config_with(taker_orders_per_day=8640, taker_size_xrp_min=10, taker_informed_percent=50)


def funded(xrp: int = TAKER_XRP) -> HandView:
    """All takers with so much XRP."""
    view = HandView()
    view.balances = dict.fromkeys(ADDRESSES, xrp * XRP)
    return view


def orders(config: SimConfig, ledgers: int, moved_nano: int = 0, activity_permille: int = 1000) -> list[Transaction]:
    """What comes in so many ledgers."""
    takers, outbox, view = Takers(config, ADDRESSES, chance(3)), Outbox(lambda _: 1), funded()
    for index in range(ledgers):
        takers.act(seen(view, index, moved_nano=moved_nano)._replace(activity_permille=activity_permille), outbox)
    return outbox.transactions


def written(
    floats: list[float], integers: list[int], moved_nano: int = 0, xrp: int = TAKER_XRP, config: SimConfig = STEADY
) -> list[Transaction]:
    """One ledger's orders with these draws."""
    outbox = Outbox(lambda _: 1)
    takers = Takers(config, ADDRESSES, WrittenChance(floats, integers))
    takers.act(seen(funded(xrp), 1, moved_nano=moved_nano), outbox)
    return outbox.transactions


# --- When --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draws", "arrivals"),
    [
        ([0.6], 0),
        ([exp(-0.4)], 0),  # the floor itself is no longer above it
        ([0.9, 0.7], 1),  # 0.9, then 0.63
        ([0.9, 0.8, 0.9], 2),  # 0.9, 0.72, then 0.648
    ],
)
def test_so_many_arrive_as_draws_are_multiplied_before_they_fall_to_the_floor(
    draws: list[float], arrivals: int
) -> None:
    """Knuth's way to a Poisson draw of mean 0.4: the floor is e to the power of -0.4, 0.67032."""
    sizes = [0.0] * arrivals
    informed_address_side = [0, 99, 0] * arrivals
    assert len(written([*draws, *sizes], informed_address_side)) == arrivals


def test_over_many_ledgers_they_come_as_often_as_configured() -> None:
    """10,000 ledgers of 0.4 are 4,000, and as many buy as sell."""
    sent = orders(STEADY, 10_000)
    assert len(sent) == pytest.approx(4000, rel=0.05)
    assert sum(map(is_buy, sent)) == pytest.approx(2000, rel=0.08)


@pytest.mark.parametrize(("activity_permille", "expected"), [(500, 2000), (3000, 12_000)])
def test_a_busy_minute_brings_more_of_them_in_proportion(activity_permille: int, expected: int) -> None:
    assert len(orders(STEADY, 10_000, activity_permille=activity_permille)) == pytest.approx(expected, rel=0.06)


def test_a_crowd_without_takers_sends_nothing() -> None:
    assert orders(config_with(taker_orders_per_day=0), 1000) == []


def test_all_accounts_take_their_turns() -> None:
    """So that the order within a ledger is well mixed."""
    counts = Counter(tx["Account"] for tx in orders(STEADY, 10_000))
    assert counts.keys() == set(ADDRESSES)
    assert max(counts.values()) < 2 * min(counts.values())


# --- How much ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "drops"),
    [
        (0.0, 10 * XRP),  # nothing is smaller than the smallest
        (1 - 1 / 8, 40 * XRP),  # one in eight is four times it, as 8 to the power of 2/3 is 4
        (1 - 1 / 1000, 1_000 * XRP),  # and one in a thousand a hundred times
        (1 - 1 / 2828, 1_999_800_000),  # 2,828 to the power of 2/3, in thousandths: 199.98
        (1 - 1e-9, 2_000 * XRP),  # but never more than two hundred times
    ],
)
def test_a_size_is_a_power_of_a_draw_up_to_two_hundred_times_the_smallest(draw: float, drops: int) -> None:
    """A Pareto draw with exponent 1.5. Source: Gopikrishnan et al., Phys. Rev. E 62 (2000)."""
    [tx] = written([0.9, 0.1, draw], [0, 99, 0])
    assert size_drops(tx) == drops


def test_sizes_have_a_heavy_tail() -> None:
    """The median is 1.6 times the smallest order, and one order in a hundred is over 20 times it."""
    sizes = sorted(size_drops(tx) for tx in orders(STEADY, 50_000))
    assert sizes[0] >= 10 * XRP
    assert sizes[len(sizes) // 2] == pytest.approx(15.9 * XRP, rel=0.05)
    assert sum(size > 215 * XRP for size in sizes) == pytest.approx(len(sizes) / 100, rel=0.3)


# --- Which way, and at what price --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("informed_draw", "moved_nano", "buys"),
    [(49, 1, True), (49, -1, False), (50, 1, False), (50, -1, False), (49, 0, False)],
)
def test_the_informed_half_follows_the_move_and_the_others_do_not(
    informed_draw: int, moved_nano: int, buys: bool
) -> None:
    """Draws of 0 to 49 in 100 are informed. The others' draw says sell here, and so does everybody's without a move."""
    sell = 0
    followed = informed_draw < 50 and moved_nano
    [tx] = written([0.9, 0.1, 0.0], [3, informed_draw, *([] if followed else [sell])], moved_nano)
    assert (tx["Account"], is_buy(tx)) == (ADDRESSES[3], buys)


@pytest.mark.parametrize(("percent", "informed_draw"), [(0, 0), (100, 99)])
def test_all_or_none_may_be_informed(percent: int, informed_draw: int) -> None:
    """At 0 not even the lowest draw follows a rise, at 100 even the highest does."""
    config = config_with(taker_orders_per_day=8640, taker_informed_percent=percent)
    [tx] = written([0.9, 0.1, 0.0], [0, informed_draw, *([] if percent else [0])], 1, config=config)
    assert is_buy(tx) is bool(percent)


@pytest.mark.parametrize(
    ("xrp", "draw_xrp", "buys"),
    [(0, 0, True), (TAKER_XRP, TAKER_XRP, True), (TAKER_XRP, TAKER_XRP - 1, False), (2 * TAKER_XRP, 119_999, False)],
)
def test_who_has_much_xrp_sells_and_who_has_little_buys(xrp: int, draw_xrp: int, buys: bool) -> None:
    """So that balances return to where they began: without any he always buys, with twice as much he always sells."""
    [tx] = written([0.9, 0.1, 0.0], [0, 99, draw_xrp * XRP], xrp=xrp)
    assert is_buy(tx) is buys


def test_a_taker_takes_or_leaves_up_to_forty_basis_points_from_the_reference() -> None:
    """His order never rests, and a sale gives all that it offers: at 2 RLUSD he pays 2.008 or takes 1.992."""
    for tx in orders(CONFIG, 500):
        assert tx["Flags"] == (TF_IMMEDIATE_OR_CANCEL if is_buy(tx) else TF_IMMEDIATE_OR_CANCEL | TF_SELL)
        assert float(price(tx)) == pytest.approx(2.008 if is_buy(tx) else 1.992, rel=1e-6)
        assert "OfferSequence" not in tx
