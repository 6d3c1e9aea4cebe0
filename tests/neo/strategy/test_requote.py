"""What a side must do about the offers that rest on it: by the reasons for which one may stay."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import SETTINGS, own

from neo.messages import OwnOffer, Side
from neo.strategy.amounts import PLACED_SHARE
from neo.strategy.requote import Requote, requote

D = Decimal
# A tolerance of 1 bps, ten ledgers, and no less than 3 RLUSD left.
RULES = SETTINGS.requote
NOW = 20


def step(resting: Sequence[OwnOffer], *prices: str, side: Side = Side.BUY) -> Requote:
    return requote(RULES, side, resting, [D(price) for price in prices], (NOW, 4 * NOW))


def test_an_empty_side_is_filled_and_a_side_without_prices_is_emptied() -> None:
    """Every price gets an offer beside the others; every offer without a price is cancelled."""
    assert step([], "2", "1.99") == Requote([(D(2), None), (D("1.99"), None)], [])
    assert step([own("a", Side.BUY, "2"), own("b", Side.BUY, "1.99")]) == Requote([], ["a", "b"])


@pytest.mark.parametrize(
    ("price", "stays"),
    [("2", True), ("2.0002", True), ("1.9998", True), ("2.000201", False), ("1.999799", False)],
)
def test_an_offer_stays_within_the_tolerance_of_its_price(price: str, stays: bool) -> None:
    """A basis point of where it should rest, to either side, the limit itself included."""
    assert (step([own("a", Side.BUY, price, ledger_index=NOW)], "2").place == []) == stays


@pytest.mark.parametrize(("age_ledgers", "stays"), [(10, True), (11, False)])
def test_an_offer_stays_until_it_is_too_old(age_ledgers: int, stays: bool) -> None:
    """At the limit in ledgers it stays, one later it is replaced at the same price."""
    resting = [own("a", Side.BUY, "2", ledger_index=NOW - age_ledgers)]
    assert step(resting, "2") == Requote([] if stays else [(D(2), "a")], [])


@pytest.mark.parametrize(("renew_from_s", "stays"), [(None, True), (4 * NOW + 1, True), (4 * NOW, False)])
def test_an_offer_that_is_about_to_run_out_is_replaced_at_its_price(renew_from_s: int | None, stays: bool) -> None:
    """From the close time on at which it is to be renewed, and never one that lasts for ever."""
    offer = msgspec.structs.replace(own("a", Side.BUY, "2", ledger_index=NOW), renew_from_s=renew_from_s)
    assert step([offer], "2") == Requote([] if stays else [(D(2), "a")], [])


@pytest.mark.parametrize(("over", "stays"), [("0", True), ("-0.000001", False)])
def test_an_offer_stays_until_too_little_is_left_of_it(over: str, stays: bool) -> None:
    """At the least remainder it stays, and a millionth below it is replaced."""
    left = PLACED_SHARE * RULES.min_remainder_rlusd + D(over)
    resting = [msgspec.structs.replace(own("a", Side.BUY, "2", ledger_index=NOW), rlusd=left)]
    assert (step(resting, "2").place == []) == stays


@pytest.mark.parametrize(("side", "best", "next_best"), [(Side.BUY, "2", "1.9"), (Side.SELL, "2", "2.1")])
def test_the_best_offer_is_held_to_the_best_price(side: Side, best: str, next_best: str) -> None:
    """In whatever order they are told: the dearest bid and the cheapest ask come first."""
    resting = [own("next", side, next_best, ledger_index=NOW), own("best", side, best, ledger_index=NOW)]
    assert step(resting, best, next_best, side=side) == Requote([], [])
    assert step(resting, best, side=side) == Requote([], ["next"])
    assert step(resting, "2.5", next_best, side=side).place == [(D("2.5"), "best")]


@given(st.lists(st.integers(1, 400), max_size=6), st.lists(st.integers(1, 400), max_size=6), st.sampled_from(Side))
def test_each_price_gets_one_offer_and_no_offer_is_asked_for_twice(
    resting: list[int], wanted: list[int], side: Side
) -> None:
    """Whatever rests: what stays, what is placed and what is withdrawn come to exactly the prices that are wanted."""
    offers = [own(f"o{n}", side, str(D(price) / 100), ledger_index=NOW) for n, price in enumerate(resting)]
    answer = requote(RULES, side, offers, [D(price) / 100 for price in wanted], (NOW, 4 * NOW))
    gone = [*answer.withdraw, *(replaced for _, replaced in answer.place if replaced is not None)]
    assert len(gone) == len(set(gone))
    assert set(gone) <= {offer.order_id for offer in offers}
    assert len(offers) - len(gone) + len(answer.place) == len(wanted)
