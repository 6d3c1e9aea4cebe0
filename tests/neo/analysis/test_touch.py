"""Distance to the touch and time with quotes: the figures of small series worked out by hand."""

from __future__ import annotations

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.analysis.touch import TOUCH_WINDOW_LEDGERS, TouchCount, TouchWindow, bucket_of, quote_time, side_touch
from neo.chain.prices import within_2bps

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


@pytest.mark.parametrize(
    ("distance", "bucket"),
    [
        (0.0, "0-2"), (0.0001, "0-2"), (250.0, "0-2"), (-2.0, "0-2"), (-2.0001, "2-5"), (-5.0, "2-5"),
        (-5.0001, "5-10"), (-10.0, "5-10"), (-10.0001, "10+"), (-9999.0, "10+"), (-0.0, "0-2"),
    ],
)  # fmt: skip
def test_a_bucket_holds_its_upper_edge(distance: float, bucket: str) -> None:
    """And what stands ahead of the touch counts as the nearest."""
    assert bucket_of(distance) == bucket


@given(st.lists(st.floats(-200, 200).map(lambda bps: round(bps, 4)), max_size=40))
def test_every_ledger_is_in_one_bucket_and_those_within_are_the_first(distances: list[float]) -> None:
    """The buckets add up to the ledgers measured: none is counted twice and none is missing."""
    touch = side_touch(distances)
    assert sum(touch.buckets.values()) == touch.measured == len(distances)
    assert touch.buckets["0-2"] == touch.within_2bps
    assert touch.ahead <= touch.within_2bps


def test_one_ledger_is_its_own_mean_and_median() -> None:
    """A very short session has true figures too."""
    touch = side_touch([-7.5])
    assert (touch.mean_bps, touch.median_bps, touch.within_2bps_share, touch.ahead) == (-7.5, -7.5, 0.0, 0)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_each_ledger_has_both_quotes_one_or_neither(quoted: list[tuple[bool, bool]]) -> None:
    """The four counts of quoting time fit together, so shares made of them can't exceed the whole."""
    times = quote_time(quoted)
    assert times.bid + times.ask - times.both + times.neither == times.ledgers == len(quoted)
    assert times.both <= min(times.bid, times.ask)


# --- The window --------------------------------------------------------------------------------------------------


def test_a_window_tells_each_side_by_its_own_ledgers() -> None:
    """Three ledgers: the bid at 0, -3 and absent; the ask absent, -1 and 4."""
    window = TouchWindow()
    for bid, ask in ((D(0), None), (D("-3.0000"), D("-1")), (None, D("4.25"))):
        window.add(bid, ask)
    assert window.summary() == {
        "ledgers": 3,
        "distance_to_clob_bid_bps": {"quoted_ledgers": 2, "last": "-3.0000", "mean": "-1.5000", "median": "-1.5000"},
        "distance_to_clob_ask_bps": {"quoted_ledgers": 2, "last": "4.25", "mean": "1.6250", "median": "1.625"},
        "within_2bps_bid": 1,
        "within_2bps_ask": 2,
    }


def test_a_window_of_nothing_has_no_distances() -> None:
    """A log line about a time without quotes says that there were none, and no distance of zero."""
    window = TouchWindow()
    empty = {
        "distance_to_clob_bid_bps": None,
        "distance_to_clob_ask_bps": None,
        "within_2bps_bid": 0,
        "within_2bps_ask": 0,
    }
    assert window.summary() == {"ledgers": 0} | empty
    window.add(None, None)
    assert window.summary() == {"ledgers": 1} | empty


def test_a_ledger_leaves_the_window_after_ten_minutes() -> None:
    """A window of 150 ledgers of 4 s: what was far behind counts for so long and no longer, quoted or not."""
    window = TouchWindow()
    window.add(D(-40), D(-40))
    for _ in range(TOUCH_WINDOW_LEDGERS - 1):
        window.add(D(0), None)
    assert (window.summary()["within_2bps_bid"], window.summary()["within_2bps_ask"]) == (149, 0)
    assert window.summary()["distance_to_clob_ask_bps"] is not None
    window.add(D(0), None)
    assert (window.summary()["within_2bps_bid"], window.summary()["ledgers"]) == (150, 150)
    assert window.summary()["distance_to_clob_ask_bps"] is None


@given(st.lists(st.none() | st.decimals("-50", "50", places=4), max_size=40))
def test_a_count_that_keeps_no_distance_tells_the_same(distances: list[Decimal | None]) -> None:
    """All figures but the median and the histogram; an absent distance is left out."""
    count = TouchCount()
    for distance in distances:
        count.add(distance)
    touch = side_touch([float(distance) for distance in distances if distance is not None])
    assert (count.measured, count.within_2bps, count.ahead) == (touch.measured, touch.within_2bps, touch.ahead)
    assert count.within_2bps_share == touch.within_2bps_share
    assert count.mean_bps == (None if touch.mean_bps is None else pytest.approx(touch.mean_bps, abs=1e-9))
