"""Distance to the touch, time with quotes, mark-outs: the figures of small series worked out by hand."""

from __future__ import annotations

import statistics
from decimal import Decimal

import pytest

from neo.analysis.markouts import mark_outs
from neo.analysis.touch import TOUCH_WINDOW_LEDGERS, TouchWindow, bucket_of, quote_time, side_touch
from neo.chain.prices import within_2bps
from neo.messages import Fill, Side

D = Decimal


def test_shares_mean_median_and_histogram() -> None:
    """At the touch, ahead of it, and each bucket behind it; ahead counts as within and as nearest."""
    touch = side_touch([0.0, 3.5, -2.0, -2.1, -5.0, -9.0, -10.0, -30.0])
    assert touch.measured == 8
    assert touch.within_2bps == 3
    assert touch.within_2bps_share == 3 / 8
    assert touch.ahead == 1
    assert touch.mean_bps == pytest.approx(-54.6 / 8)
    assert touch.median_bps == pytest.approx(-3.55)
    assert touch.buckets == {"0-2": 3, "2-5": 2, "5-10": 2, "10+": 1}


def test_no_quote_has_no_statistics() -> None:
    """A side that never stood beside a touch is absent, not at zero."""
    touch = side_touch([])
    assert (touch.within_2bps_share, touch.mean_bps, touch.median_bps) == (None, None, None)
    assert set(touch.buckets.values()) == {0}


@pytest.mark.parametrize(
    ("distance", "within"), [("0", True), ("-2", True), ("-2.0001", False), ("7", True), (None, None)]
)
def test_within_2bps_is_the_first_bucket(distance: str | None, within: bool | None) -> None:
    """The flag that each ledger keeps and the histogram's first bucket are one thing."""
    value = None if distance is None else D(distance)
    assert within_2bps(value) is within
    if value is not None:
        assert (bucket_of(float(value)) == "0-2") is within


def test_time_with_quotes() -> None:
    """Each side, both, and neither, as counts and as shares of all ledgers."""
    times = quote_time([(True, True), (True, False), (False, True), (False, False)])
    assert (times.ledgers, times.bid, times.ask, times.both, times.neither) == (4, 2, 2, 1, 1)
    assert times.share(times.both) == 0.25
    assert quote_time([]).share(0) is None


def fill(index: int, side: Side, price: str, xrp_drops: int = 1_000_000) -> Fill:
    return Fill(
        order_id="o",
        offer_sequence=1,
        tx_hash="F",
        ledger_index=index,
        close_time_s=4 * index,
        side=side,
        xrp_drops=xrp_drops,
        rlusd=D(price) * xrp_drops / 10**6,
        rlusd_rounding=D(0),
        price=D(price),
        taker=False,
        mid_price=None,
    )


def test_mark_outs_are_weighted_and_signed_our_way() -> None:
    """A buy gains when the mid rises, a sale when it falls; larger fills weigh more; the last have no later mid."""
    fills = [fill(1, Side.BUY, "2", 3_000_000), fill(1, Side.SELL, "2"), fill(4, Side.SELL, "2")]
    one, five, twenty = mark_outs(fills, {2: 2.002, 5: 1.99, 6: 2.001})
    assert (one.ledgers, one.fills, five.fills, twenty.fills) == (1, 3, 2, 0)
    assert one.bid_bps == pytest.approx(10)
    assert one.ask_bps == pytest.approx((-10 + 50) / 2)
    assert one.mean_bps == pytest.approx((30 - 10 + 50) / 5)
    assert one.total == pytest.approx(0.006 - 0.002 + 0.01)
    assert (twenty.mean_bps, twenty.total) == (None, 0)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 149, 150, 400])
def test_the_window_has_the_true_median(count: int) -> None:
    """Of an even number of distances it is the middle of the two in the middle, over the window alone."""
    window = TouchWindow()
    distances = [D(number * 7919 % 997) / 8 for number in range(count)]
    for distance in distances:
        window.add(distance, None)
    kept = distances[-TOUCH_WINDOW_LEDGERS:]
    told = window.summary()
    assert told["distance_to_clob_bid_bps"]["median"] == f"{statistics.median(kept):f}"  # type: ignore[index]
    assert (told["ledgers"], told["distance_to_clob_ask_bps"]) == (len(kept), None)
