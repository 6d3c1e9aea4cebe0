"""Makers: layers on both sides, left alone while they are near, replaced when they strayed or were filled.

Method: no ledger; what a maker sends is read from the outbox. Its chance always draws the middle where figures are
worked out by hand, so that sizes and prices are their means: around 2 RLUSD, 1 bps is 0.0002.
"""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.crowd_orders import XRP, is_buy, price, size_drops
from support.sim_chance import MiddleChance, chance
from support.sim_world import HandView, config_with, seen

from neo.market.chance import Chance
from neo.network.pending import Transaction
from neo.sim.accounts import maker_addresses
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import MAKER_XRP
from neo.sim.makers import Makers
from neo.sim.outbox import Outbox

TWO = 2_000_000_000
BPS = TWO // 10_000
PATIENT = config_with(maker_count=1, maker_lag_ledgers_max=1)


class Alone:
    """One maker on a view made by hand, with all that it placed resting there."""

    def __init__(self, config: SimConfig = PATIENT, draws: Chance | None = None, xrp: int = MAKER_XRP) -> None:
        [self.address] = maker_addresses(1)
        self.view = HandView()
        self.view.balances[self.address] = xrp * XRP
        self.makers = Makers(config, [self.address], draws or MiddleChance())

    def looks(self, index: int, reference_nano: int = TWO) -> list[Transaction]:
        """What it sends for a ledger; nothing of it rests yet."""
        outbox = Outbox(lambda _: 10 * index)
        self.makers.act(seen(self.view, index, reference_nano), outbox)
        return outbox.transactions

    def placed(self, index: int = 1) -> list[Transaction]:
        """Its first quotes, which rest from then on, and their fees paid."""
        sent = self.looks(index)
        self.view.offers[self.address] = {tx["Sequence"]: size_drops(tx) for tx in sent}
        self.view.balances[self.address] -= 10 * len(sent)
        return sent

    @property
    def resting(self) -> dict[int, int]:
        return self.view.offers[self.address]


def told(sent: list[Transaction]) -> dict[str, int]:
    """Each quote's price, to seven decimals as its RLUSD are rounded to six, and its size in drops."""
    return {f"{'bid' if is_buy(tx) else 'ask'} {rounded(tx).normalize()}": size_drops(tx) for tx in sent}


def rounded(tx: Transaction) -> Decimal:
    """A quote's price to seven decimals."""
    return price(tx).quantize(Decimal("0.0000001"))


# --- The first quotes --------------------------------------------------------------------------------------------


def test_a_maker_begins_with_two_layers_on_each_side() -> None:
    """At 4 bps and 13 bps from the reference, with 32 and 64 XRP."""
    assert told(Alone().looks(1)) == {
        "ask 2.0008": 32 * XRP,
        "ask 2.0026": 64 * XRP,
        "bid 1.9992": 32 * XRP,
        "bid 1.9974": 64 * XRP,
    }


def test_first_quotes_replace_nothing_and_may_rest() -> None:
    sent = Alone().looks(1)
    assert not any("OfferSequence" in tx for tx in sent)
    assert {tx["Flags"] for tx in sent} == {0}
    assert [tx["Sequence"] for tx in sent] == [10, 11, 12, 13]


@pytest.mark.parametrize(
    ("makers", "first_asks"),
    [
        (0, []),
        (1, ["2.0008"]),
        (2, ["2.0008", "2.0028"]),
        (3, ["2.0008", "2.0018", "2.0028"]),
        (4, ["2.0008", "2.001466", "2.002132", "2.0028"]),
    ],
)
def test_makers_spread_evenly_between_the_nearest_and_the_farthest(makers: int, first_asks: list[str]) -> None:
    """From 4 to 14 bps, in whole millionths."""
    view, addresses = HandView(), maker_addresses(makers)
    view.balances = dict.fromkeys(addresses, MAKER_XRP * XRP)
    outbox = Outbox(lambda _: 1)
    Makers(config_with(maker_count=makers), addresses, MiddleChance()).act(seen(view, 1), outbox)
    asks: dict[str, list[Decimal]] = {address: [] for address in addresses}
    for tx in outbox.transactions:
        if not is_buy(tx):
            asks[tx["Account"]].append(rounded(tx))
    assert [min(prices) for prices in asks.values()] == [Decimal(text) for text in first_asks]


@given(st.integers(0, 2**32))
def test_chance_moves_a_size_by_half_and_a_price_by_a_third_of_a_basis_point_at_most(seed: int) -> None:
    for tx, price_mean, size_mean in zip(
        Alone(draws=chance(seed)).looks(1), ("2.0008", "2.0026", "1.9992", "1.9974"), (32, 64, 32, 64), strict=True
    ):
        assert abs(price(tx) / Decimal(price_mean) - 1) <= Decimal("0.000031")
        assert size_mean * XRP // 2 <= size_drops(tx) <= size_mean * XRP * 3 // 2


# --- Leaning -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xrp_more", "center"),
    [
        (0, "2"),
        (1_000, "1.99996"),  # 0.2 bps for each 1,000 XRP
        (-1_000, "2.00004"),
        (10_000, "1.9996"),
        (15_000, "1.9994"),
        (16_000, "1.9994"),  # 3 bps at the most
        (-15_000, "2.0006"),
        (-200_000, "2.0006"),
    ],
)
def test_a_maker_leans_against_its_inventory_up_to_a_limit(xrp_more: int, center: str) -> None:
    """With too much XRP all its quotes go down, so that its asks are met sooner."""
    sent = Alone(xrp=MAKER_XRP + xrp_more).looks(1)
    [near_ask, _, near_bid, _] = [rounded(tx) for tx in sent]
    assert (near_ask + near_bid) / 2 == Decimal(center)


# --- What is left alone ------------------------------------------------------------------------------------------


def test_a_quote_within_its_tolerance_is_left_alone() -> None:
    """4 bps of the new target for the first layer, twice that for the second: 3.9 bps up moves nothing."""
    alone = Alone()
    alone.placed()
    assert alone.looks(2, TWO + BPS * 39 // 10) == []
    assert alone.looks(3, TWO - BPS * 39 // 10) == []


@pytest.mark.parametrize(
    ("moved_bps", "replaced"),
    [(5, ["ask 2.0018004", "bid 2.0001996"]), (-5, ["bid 1.9982004", "ask 1.9997996"])],
)
def test_the_first_layer_is_replaced_before_the_second_and_the_retreating_side_first(
    moved_bps: int, replaced: list[str]
) -> None:
    """The price rises by 5 bps: the ask goes up before the bid follows, so that the bid never meets it."""
    alone = Alone()
    alone.placed()
    sent = alone.looks(2, TWO + BPS * moved_bps)
    assert list(told(sent)) == replaced
    assert {tx["OfferSequence"] for tx in sent} == {10, 12}, "the two first layers"


def test_beyond_twice_the_tolerance_everything_moves() -> None:
    alone = Alone()
    alone.placed()
    assert [tx["OfferSequence"] for tx in alone.looks(2, TWO + 9 * BPS)] == [10, 11, 12, 13]


def test_a_quote_of_two_fifths_of_its_size_stays_and_a_smaller_one_is_renewed() -> None:
    """Of the first ask of 32 XRP 12.8 are left, of the first bid a drop less."""
    alone = Alone()
    ask, _, bid, _ = (tx["Sequence"] for tx in alone.placed())
    alone.resting.update({ask: 12_800_000, bid: 12_799_999})
    alone.view.balances[alone.address] += 1  # whoever is filled sees it in its balance
    [renewed] = alone.looks(2)
    assert (renewed["OfferSequence"], size_drops(renewed)) == (bid, 32 * XRP)


def test_a_quote_that_is_gone_is_placed_anew_and_replaces_nothing() -> None:
    """An ``OfferSequence`` of an offer that is gone would be harmless, and say what is not so."""
    alone = Alone()
    ask, *_ = (tx["Sequence"] for tx in alone.placed())
    del alone.resting[ask]
    [renewed] = alone.looks(2)
    assert "OfferSequence" not in renewed
    assert told([renewed]) == {"ask 2.0008": 32 * XRP}


def test_what_was_filled_is_noticed_by_the_balance_or_by_what_the_account_owns() -> None:
    """Reading its offers costs much, so a maker does it only when one of the two is not as it left it."""
    alone = Alone()
    sequences = [tx["Sequence"] for tx in alone.placed()]
    for sequence in sequences:
        alone.resting[sequence] = 1
    assert alone.looks(2) == [], "as many objects and the balance that it expects: it does not look"
    alone.view.balances[alone.address] -= 1
    assert len(alone.looks(3)) == 4


def test_a_maker_counts_the_fees_that_it_paid_itself() -> None:
    """Its own four fees are no fill: after them, with nothing changed, it reads nothing and sends nothing."""
    alone = Alone()
    alone.placed()
    alone.view.offers[alone.address] = dict.fromkeys(alone.resting, 1)  # which it would see if it looked
    assert alone.looks(2) == []


# --- When it looks -----------------------------------------------------------------------------------------------


def test_a_maker_looks_again_within_its_lag_and_after_every_length_of_it() -> None:
    alone = Alone(config_with(maker_count=1, maker_lag_ledgers_max=3), chance(1))
    looked = [index for index in range(1, 200) if alone.looks(index)]  # nothing rests, so every look sends
    assert {after - before for before, after in pairwise(looked)} == {1, 2, 3}


def test_between_two_looks_its_quotes_are_stale() -> None:
    """It looks at ledger 1 and, with a lag of up to 3 ledgers in the middle, at ledger 3."""
    alone = Alone(config_with(maker_count=1, maker_lag_ledgers_max=3))
    alone.placed()
    assert alone.looks(2, TWO + 50 * BPS) == []
    assert len(alone.looks(3, TWO + 50 * BPS)) == 4


# --- Put down and taken up ---------------------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.integers(-60, 60))
def test_put_down_and_taken_up_it_goes_on_with_what_it_placed(seed: int, moved_bps: int) -> None:
    """Through JSON; its generator is the market's to keep."""
    one = Alone(draws=chance(seed))
    one.placed()
    other = Alone(draws=chance("other"))
    other.view = one.view
    other.makers.restore(json.loads(json.dumps(one.makers.to_state())))
    other.makers._chance = one.makers._chance
    saved = one.makers._chance.getstate()
    expected = one.looks(2, TWO + moved_bps * BPS)
    one.makers._chance.setstate(saved)
    assert other.looks(2, TWO + moved_bps * BPS) == expected
    assert other.makers.to_state() == one.makers.to_state()
