"""Which price is the anchor, worked by hand around a book's middle of 2 (1 bps is 0.0002)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import SETTINGS, level, pool, view

from neo.messages import MarketView, PoolState
from neo.messages.reasons import HoldCode
from neo.strategy.anchor import Anchor, AnchorReading

D = Decimal


def read(market: MarketView) -> AnchorReading:
    """A first reading of a market."""
    return Anchor(SETTINGS.anchor).read(market)


@pytest.mark.parametrize(
    ("spot", "anchor"),
    [
        ("2.0000", "2.0000"),
        ("2.0006", "2.0006"),  # 3 bps: the pool still
        ("2.00062", "2.000"),  # 3.1 bps: the book
        ("1.9994", "1.9994"),
        ("1.99938", "2.000"),
        ("2.0020", "2.000"),  # 10 bps: the book still
    ],
)
def test_the_pool_is_the_anchor_until_the_book_is_too_far_from_it(spot: str, anchor: str) -> None:
    """At the switch threshold the pool, just beyond it the book's middle."""
    reading = read(view(pool=pool(spot)))
    assert (reading.price, reading.hold, reading.clob_mid) == (D(anchor), None, D(2))


def test_too_far_apart_neither_is_trusted_until_they_have_met_again() -> None:
    """Beyond 10 bps out, at 9 bps still out, at 8 bps back: the way in is narrower than the way out."""
    anchor = Anchor(SETTINGS.anchor)
    told = [anchor.read(view(pool=pool(spot))) for spot in ("2.0018", "2.0022", "2.0018", "2.0016", "2.0018")]
    assert [reading.price for reading in told] == [2, None, None, 2, 2]
    assert told[1].hold is not None
    assert (told[1].hold.code, told[1].hold.side, told[1].hold.detail) == (
        HoldCode.ANCHOR_DIVERGED,
        None,
        "11.00 > 10 bps",
    )
    assert told[2].hold is not None
    assert told[2].hold.detail == "9.00 > 8 bps"


def test_one_of_them_gone_while_parted_is_not_a_meeting() -> None:
    """The pool vanishes after they parted: nobody knows which was right, so quotes stay away."""
    anchor = Anchor(SETTINGS.anchor)
    anchor.read(view(pool=pool("2.0022")))
    alone = anchor.read(view())
    assert alone.price is None
    assert alone.hold is not None
    assert alone.hold.code is HoldCode.ANCHOR_DIVERGED
    assert anchor.read(view(pool=pool("2.0000"))).price == 2


@pytest.mark.parametrize(
    ("market", "anchor"),
    [
        (view(bids=(), pool=pool("1.9")), "1.9"),
        (view(asks=(), pool=pool("1.9")), "1.9"),
        (view(pool=None), "2"),
        (view(pool=PoolState(0, D(0), 300, D("1.9"))), "2"),  # a pool with nothing in it
    ],
)
def test_where_one_price_is_missing_the_other_stands_alone(market: MarketView, anchor: str) -> None:
    """A book with an empty side has no middle; a pool without funds has no price."""
    reading = read(market)
    assert (reading.price, reading.hold) == (D(anchor), None)


@pytest.mark.parametrize("market", [view(bids=()), view(asks=()), view(bids=(), asks=())])
def test_without_any_price_there_is_no_anchor(market: MarketView) -> None:
    """Nothing to quote around, and the reason."""
    reading = read(market)
    assert reading.price is None
    assert reading.hold is not None
    assert reading.hold.code is HoldCode.NO_ANCHOR


@pytest.mark.parametrize("ask", ["1.999", "1.998"])
def test_a_crossed_read_is_not_trusted_whatever_the_pool_says(ask: str) -> None:
    """A ledger's book is never crossed, so the read is wrong."""
    reading = read(view(asks=(ask,), pool=pool("2")))
    assert reading.price is None
    assert reading.hold is not None
    assert (reading.hold.code, reading.hold.detail) == (HoldCode.CROSSED_BOOK, f"bid 1.999 >= ask {ask}")


def test_dust_does_not_make_the_middle() -> None:
    """A bid of 0.99 RLUSD right below the ask moves nothing; one of a whole RLUSD does."""
    assert read(view(bids=(level("2.0008", "0.99"), "1.999"))).clob_mid == 2
    assert read(view(bids=(level("2.0008", "1"), "1.999"))).clob_mid == D("2.0009")
    assert read(view(bids=(level("2.0008", "0.5"),), pool=pool("1.9"))).price == D("1.9")


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=30))
def test_an_anchor_is_one_of_the_two_prices_and_only_while_they_are_near(spots_bps: list[int]) -> None:
    """Whatever the course: a trusted anchor is the spot or the middle, and they are within 10 bps then."""
    anchor = Anchor(SETTINGS.anchor)
    for bps in spots_bps:
        spot = D(2) + D("0.0002") * bps
        reading = anchor.read(view(pool=pool(str(spot))))
        assert (reading.price is None) == (reading.hold is not None)
        if reading.price is not None:
            assert reading.price == (spot if abs(bps) <= 3 else 2)
            assert abs(bps) <= 10
        elif abs(bps) <= 10:
            assert abs(bps) > 8
