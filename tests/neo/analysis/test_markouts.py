"""Mark-outs: what a fill was worth some ledgers later, signed our way and weighted by XRP; absent without a mid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.invented import fill

from neo.analysis.markouts import HORIZONS_LEDGERS, MarkOutFold, mark_out_bps, mark_outs
from neo.messages import Fill, Side


def test_the_horizons_are_one_five_and_twenty_ledgers() -> None:
    """The names of the stored figures have them in them."""
    assert HORIZONS_LEDGERS == (1, 5, 20)
    assert [mark.ledgers for mark in mark_outs([], {})] == [1, 5, 20]


@pytest.mark.parametrize(
    ("side", "price", "mid_later", "bps"),
    [
        (Side.BUY, "2", 2.002, 10),
        (Side.BUY, "2", 1.99, -50),
        (Side.SELL, "2", 2.002, -10),
        (Side.SELL, "2", 1.99, 50),
        (Side.BUY, "2", 2.0, 0),
        # The spread that was asked for is in it: a market that stands still is a gain.
        (Side.BUY, "1.99", 2.0, 50.2513),
        (Side.SELL, "2.01", 2.0, 49.7512),
    ],
)
def test_a_mark_out_is_positive_if_the_market_went_our_way(
    side: Side, price: str, mid_later: float, bps: float
) -> None:
    """In basis points of what was paid or got: a purchase gains when the mid rises, a sale when it falls."""
    assert mark_out_bps(fill(1, side, price), mid_later) == pytest.approx(bps, abs=1e-4)


def test_mark_outs_are_weighted_by_xrp() -> None:
    """3 XRP bought and 1 sold at 2 before a mid of 2.002, 1 sold before one of 1.99: 10, -10 and 50 bps."""
    fills = [fill(1, Side.BUY, "2", "3"), fill(1, Side.SELL), fill(4, Side.SELL)]
    one, five, twenty = mark_outs(fills, {2: 2.002, 5: 1.99, 6: 2.001})
    assert (one.fills, five.fills, twenty.fills) == (3, 2, 0)
    assert one.bid_bps == pytest.approx(10)
    assert one.ask_bps == pytest.approx((-10 + 50) / 2)
    assert one.mean_bps == pytest.approx((3 * 10 - 10 + 50) / 5)
    assert five.bid_bps == pytest.approx(5)
    assert five.ask_bps == pytest.approx(-5)
    assert (twenty.mean_bps, twenty.bid_bps, twenty.ask_bps) == (None, None, None)


def test_the_total_is_in_rlusd() -> None:
    """3 XRP that gained 0.002 each, one that lost 0.002, one that gained 0.01."""
    fills = [fill(1, Side.BUY, "2", "3"), fill(1, Side.SELL), fill(4, Side.SELL)]
    one, _, twenty = mark_outs(fills, {2: 2.002, 5: 1.99})
    assert one.total == pytest.approx(0.006 - 0.002 + 0.01)
    assert twenty.total == 0


@pytest.mark.parametrize(("horizon", "at"), [(1, 11), (5, 15), (20, 30)])
def test_a_horizon_is_counted_in_ledgers_from_the_fills_own(horizon: int, at: int) -> None:
    """The mid of one ledger sooner or later is another one."""
    bought = [fill(10, Side.BUY)]
    for index in (at - 1, at, at + 1):
        [mark] = [mark for mark in mark_outs(bought, {index: 2.2}) if mark.ledgers == horizon]
        assert mark.fills == (index == at)


def test_the_mid_of_the_fills_own_ledger_tells_nothing() -> None:
    """It is the one that the fill itself left behind."""
    assert [mark.fills for mark in mark_outs([fill(10, Side.BUY)], {10: 2.2})] == [0, 0, 0]


def test_only_one_side_has_only_that_sides_figures() -> None:
    """A session that only sold says nothing of its buying: absent, not zero."""
    one = mark_outs([fill(1, Side.SELL), fill(2, Side.SELL)], {2: 1.98, 3: 2.02})[0]
    assert (one.fills, one.bid_bps) == (2, None)
    assert one.mean_bps == one.ask_bps == pytest.approx(0, abs=1e-9)


def test_a_fill_at_no_price_is_left_out() -> None:
    """So small that its price came to 0: there is nothing to measure it by, and nothing to divide by."""
    nothing = fill(1, Side.BUY, "0", "0.000001")
    assert [mark.fills for mark in mark_outs([nothing], {2: 2.0})] == [0, 0, 0]
    assert mark_outs([nothing, fill(1, Side.BUY)], {2: 2.0})[0].fills == 1


def test_small_fills_count_by_their_size() -> None:
    """A drop beside a thousand XRP moves no mean, and alone it has one."""
    drop = fill(1, Side.BUY, "1", "0.000001")
    assert mark_outs([drop], {2: 2.0})[0].mean_bps == pytest.approx(10_000)
    assert mark_outs([drop, fill(1, Side.BUY, "2", "1000")], {2: 2.0})[0].mean_bps == pytest.approx(0, abs=0.001)


fills_of_any_kind = st.lists(
    st.builds(
        fill,
        st.integers(1, 30),
        st.sampled_from(Side),
        st.decimals("0.5", "5", places=4).map(str),
        st.decimals("0.000001", "500", places=6).map(str),
    ),
    max_size=12,
)


@given(fills_of_any_kind, st.dictionaries(st.integers(1, 50), st.floats(0.5, 5), max_size=30))
def test_a_mean_lies_between_its_fills_and_the_sides_make_up_the_whole(
    fills: list[Fill], mids: dict[int, float]
) -> None:
    """Bid and ask, weighted by their XRP, explain the mean beside them."""
    for mark in mark_outs(fills, mids):
        known = [each for each in fills if each.ledger_index + mark.ledgers in mids]
        each_bps = [mark_out_bps(each, mids[each.ledger_index + mark.ledgers]) for each in known]
        assert mark.fills == len(known)
        assert (mark.mean_bps is None) is (not known)
        if mark.mean_bps is not None:
            assert min(each_bps) - 1e-6 <= mark.mean_bps <= max(each_bps) + 1e-6
        sides = [
            (bps, sum(each.xrp_drops for each in known if each.side is side))
            for side, bps in ((Side.BUY, mark.bid_bps), (Side.SELL, mark.ask_bps))
            if bps is not None
        ]
        if mark.mean_bps is not None:
            whole = sum(bps * drops for bps, drops in sides) / sum(drops for _, drops in sides)
            assert mark.mean_bps == pytest.approx(whole, abs=1e-6)


def test_what_is_measured_is_the_price_that_was_told_and_not_one_of_the_amounts() -> None:
    """The ledger rounds amounts; a fill's price is its place in the book."""
    sold = fill(1, Side.SELL, "2")
    apart = Fill(**{name: getattr(sold, name) for name in sold.__struct_fields__} | {"rlusd": Decimal("1.9")})
    assert mark_outs([apart], {2: 2.0})[0].mean_bps == 0


@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(Side), st.integers(1, 9)), max_size=30).map(sorted),
    st.dictionaries(st.integers(1, 70), st.floats(1, 3), max_size=70),
)
def test_the_fold_tells_what_is_worked_out_of_all_at_once(
    traded: list[tuple[int, Side, int]], mids: dict[int, float]
) -> None:
    """To the last bit, whichever ledgers have a mid, and it keeps no fill beyond its last horizon."""
    fills = [fill(index, side, "2", str(size)) for index, side, size in traded]
    fold = MarkOutFold()
    for ledger_index in range(1, 71):
        for one in fills:
            if one.ledger_index == ledger_index:
                fold.add(one)
        fold.observe(ledger_index, mids.get(ledger_index))
    assert fold.told() == mark_outs(fills, mids)
    assert fold.totals == tuple(mark.total for mark in fold.told())
    assert not fold._waiting
