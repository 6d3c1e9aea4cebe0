"""What may still be added to a side: the arithmetic that the gates judge by and the strategy sizes its quotes by.

Method: an account of 100 XRP and 200 RLUSD at a price of 2, with a reserve of 1.2 XRP, a buffer of 2 XRP and a fee of
10 drops; each figure is worked out beside its case.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.quoting_views import own, view
from support.risk_ticks import ASK, BID, LIMITS, tick

from neo.chain.money import value_rlusd
from neo.messages import CapitalUnderWay, LossRoom, MarketView, OwnOffer, Quote, Side
from neo.risk import gates
from neo.risk.gates import Case
from neo.risk.room import NOTHING, Load, Room

D = Decimal
TWO = D(2)


def room(market: MarketView | None = None, **made: Any) -> Room:
    """The room of a tick without quotes unless it is told of some."""
    return Room(LIMITS, market or view(), TWO, **made)


def fall(rlusd: str, move_bps: str = "100") -> LossRoom:
    return LossRoom(D(rlusd), "risk.max_drawdown_rlusd", D(move_bps), D(50))


def offer(order_id: str, side: Side, price: str, xrp: int, *, pending: bool = False) -> OwnOffer:
    """One of ours with whole XRP."""
    return OwnOffer(order_id, side, D(price), xrp * 1_000_000, D(price) * xrp, 5, pending, 10)


# --- What may be filled ------------------------------------------------------------------------------------------


def test_nothing_is_a_load_of_nothing() -> None:
    """To ask about a side without offers adds nothing to what is held."""
    assert (NOTHING.offers, NOTHING.xrp_drops, NOTHING.rlusd) == ((), 0, D(0))


def test_a_load_adds_up_exactly_and_one_more_leaves_it_as_it_was() -> None:
    """29 digits and more: a sum that is rounded would be a limit that is."""
    load = Load(((1, D("1e-20")), (2, D(123456789012345678))))
    more = load.beside(BID)
    assert (load.xrp_drops, load.rlusd) == (3, D("123456789012345678.00000000000000000001"))
    assert (more.xrp_drops, more.rlusd) == (7_500_003, D("123456789012345692.99250000000000000001"))


def test_a_sides_load_is_all_of_it_on_the_ledger_under_way_and_decided_in_this_tick() -> None:
    """Also the one that a quote replaces: it may be filled just before the replacement comes."""
    market = view(
        own=(
            offer("o1", Side.BUY, "1.9", 10),
            offer("o2", Side.BUY, "1.8", 5, pending=True),
            offer("o3", Side.SELL, "2.1", 3),
        )
    )
    replacing = msgspec.structs.replace(BID, replaces="o1")
    tried = room(market, quotes=2, beside=(replacing, ASK))
    bids, asks = tried.load(Side.BUY), tried.load(Side.SELL)
    assert (bids.xrp_drops, bids.rlusd) == (22_500_000, D("42.9925"))  # 19 + 9 + 14.9925
    assert (asks.xrp_drops, asks.rlusd) == (10_500_000, D("21.3075"))  # 6.3 + 15.0075


# --- What is locked up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own_offers", "made", "fees_drops", "locked_drops"),
    [
        ((), {}, 0, 1_200_000),
        ((), {"quotes": 1, "objects": 1}, 20, 1_400_020),
        ((), {"quotes": 2, "objects": 1}, 40, 1_400_040),  # one of the two replaces an offer
        ((offer("o1", Side.BUY, "1.9", 1),), {}, 20, 1_200_020),  # it has its object in the reserve already
        ((offer("o1", Side.BUY, "1.9", 1, pending=True),), {}, 20, 1_400_020),
        (
            (offer("o1", Side.BUY, "1.9", 1), offer("o2", Side.SELL, "2.1", 1, pending=True)),
            {"quotes": 3, "objects": 2},
            100,
            1_800_100,
        ),
    ],
)
def test_each_order_locks_up_two_fees_and_each_new_one_an_object(
    own_offers: tuple[OwnOffer, ...], made: dict[str, int], fees_drops: int, locked_drops: int
) -> None:
    """Placed and cancelled it burns 20 drops; an object is 0.2 XRP beside the reserve of 1.2."""
    tried = room(view(own=own_offers), **made)
    assert (tried.fees_drops, tried.locked_drops) == (fees_drops, locked_drops)
    assert tried.free_drops == 100_000_000 - locked_drops - 2_000_000


def test_what_is_being_withdrawn_is_gone_and_what_is_being_deposited_not_there_to_spend() -> None:
    """Of two ways to read money on the move the engine takes the careful one."""
    tried = room(view(capital=CapitalUnderWay(5_000_000, 7_000_000, D(11), D(13))))
    assert (tried.xrp_drops, tried.free_drops, tried.free_rlusd) == (93_000_000, 89_800_000, D(187))


def test_an_account_below_its_reserve_has_less_than_nothing_to_sell() -> None:
    """How much is missing stays visible and is not cut off at zero."""
    assert room(view(xrp_drops=1_000_000)).free_drops == -2_200_000


# --- What it comes to --------------------------------------------------------------------------------------------


def test_exposure_counts_what_is_held_what_is_coming_and_what_may_be_filled() -> None:
    """100 XRP, 5 on their way and 7.5 in the bid are worth 225 at 2; 200, 11 and 15.0075 RLUSD are 226.0075."""
    tried = room(view(capital=CapitalUnderWay(5_000_000, 0, D(11), D(0))))
    assert tried.xrp_value(NOTHING.beside(BID)) == 225
    assert tried.rlusd(NOTHING.beside(ASK)) == D("226.0075")


@pytest.mark.parametrize(
    ("move_bps", "bids", "rlusd"),
    [
        ("0", (), "0"),
        ("100", (), "2"),  # 100 XRP lose 0.02 each
        ("100", ((7_500_000, D("14.9925")),), "2.1425"),  # 7.5 XRP are worth 14.85 then
        ("100", ((7_500_000, D("14.85")),), "2"),  # bought at the fallen price
        ("100", ((7_500_000, D(12)),), "2"),  # a bid further down makes up for nothing
        ("100", ((7_500_000, D("14.9925")), (1_000_000, D("1.5"))), "2.1425"),
        ("10000", (), "200"),  # a fall to nothing
        ("15000", ((7_500_000, D("14.9925")),), "214.9925"),  # and no further
    ],
)
def test_a_fall_takes_from_what_is_held_and_from_what_was_bought_above_it(
    move_bps: str, bids: tuple[tuple[int, Decimal], ...], rlusd: str
) -> None:
    """What a fall may cost counts the bids that it would fill, and never more than all there is."""
    assert room(view(loss_room=fall("9", move_bps))).at_risk(Load(bids)) == D(rlusd)


def test_what_is_at_risk_counts_the_fees_of_our_orders() -> None:
    """Five orders with two fees each: 100 drops, at 2 RLUSD 0.0002."""
    assert room(view(loss_room=fall("9")), quotes=5).at_risk(NOTHING) == D("2.0002")


# --- How large a quote may be ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("market", "size_rlusd"),
    [
        (view(), "50"),  # 250 less the 200 that are held, less than the XRP's 193.6968
        (view(rlusd="20"), "193.6968"),  # 100 XRP less 1.2 and 2 at 2.001
        (view(rlusd="250"), "0"),
        (view(rlusd="251"), "-1"),
        (view(xrp_drops=3_200_000), "0"),
        (view(xrp_drops=3_100_000), "-0.2001"),
    ],
)
def test_an_ask_is_held_by_the_xrp_that_is_free_and_by_the_room_for_rlusd(market: MarketView, size_rlusd: str) -> None:
    """An ask is sized by the tighter of its two limits, by figures worked out beside it."""
    assert room(market).size_rlusd(Side.SELL, D("2.001"), NOTHING) == D(size_rlusd)


@pytest.mark.parametrize(
    ("market", "size_rlusd"),
    [
        (view(), "49.975"),  # 50 more at 2 are 25 XRP, which cost 49.975 at 1.999
        (view(rlusd="30"), "30"),
        (view(xrp_drops=125_000_000), "0"),
        (view(xrp_drops=126_000_000), "-1.999"),
        (view(rlusd="0"), "0"),
    ],
)
def test_a_bid_is_held_by_the_rlusd_that_is_free_and_by_the_room_for_xrp(market: MarketView, size_rlusd: str) -> None:
    """A bid asks for no more than can be paid and may be held."""
    assert room(market).size_rlusd(Side.BUY, D("1.999"), NOTHING) == D(size_rlusd)


@pytest.mark.parametrize(
    ("left", "price", "size_rlusd"),
    [
        ("2.1", "1.999", "10.52105"),  # 0.1 is left beside the 2 that is held; of 1.999 RLUSD 0.019 are lost
        ("2", "1.999", "0"),
        ("1.9", "1.999", "-10.52105"),
        ("2.1", "1.98", "49.5"),  # at the fallen price nothing is lost: the room for XRP holds it
        ("2", "1.9", "47.5"),
        ("1.9", "1.9", "-0.1"),  # nothing is lost of it, but too much is at risk already
    ],
)
def test_a_bid_is_held_by_what_may_be_lost_of_it_in_a_fall(left: str, price: str, size_rlusd: str) -> None:
    """A bid is only as large as the loss that the operator still allows."""
    size = room(view(loss_room=fall(left))).size_rlusd(Side.BUY, D(price), NOTHING)
    assert size.quantize(D("0.00001")) == D(size_rlusd)


def test_what_is_on_the_side_already_takes_its_part() -> None:
    """A bid of 15 RLUSD for 7.5 XRP leaves 185 RLUSD and room for 35 at 2; an ask of 15 leaves room for 35."""
    taken = Load(((7_500_000, D(15)),))
    assert room().size_rlusd(Side.BUY, TWO, taken) == 35
    assert room().size_rlusd(Side.SELL, TWO, taken) == 35
    assert room(view(rlusd="40")).size_rlusd(Side.BUY, TWO, taken) == 25
    assert room(view(xrp_drops=20_700_000)).size_rlusd(Side.SELL, TWO, taken) == 20


_BY_SIZE = (gates.xrp_exposure, gates.rlusd_exposure, gates.free_xrp, gates.free_rlusd, gates.loss_room)

situations = st.builds(
    view,
    xrp_drops=st.integers(2_000_000, 125_000_000),
    rlusd=st.integers(0, 250_000_000).map(lambda micro: f"{D(micro).scaleb(-6):f}"),
    own=st.lists(
        st.builds(
            own,
            st.uuids().map(str),
            st.sampled_from(Side),
            st.sampled_from(["1.95", "2.05"]),
            rlusd=st.integers(1, 40).map(str),
            pending=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    loss_room=st.none() | st.builds(fall, st.integers(0, 20).map(str), st.integers(0, 800).map(str)),
)


@given(situations, st.sampled_from(Side), st.integers(18_000, 22_000).map(lambda price: D(price).scaleb(-4)))
def test_the_largest_quote_that_fits_passes_and_two_drops_more_do_not(
    market: MarketView, side: Side, price: Decimal
) -> None:
    """The strategy sizes by this, risk judges by the gates: neither leaves the other something to refuse, or room."""
    tried = room(market, quotes=1, objects=1)
    size_rlusd = tried.size_rlusd(side, price, tried.load(side))
    assume(size_rlusd >= 0)
    fitting = int(size_rlusd / price * 1_000_000)
    for xrp_drops, passes in ((fitting, True), (fitting + 2, False)):
        quote = Quote(side, price, xrp_drops, value_rlusd(xrp_drops, price), None)
        judged = Case(LIMITS, tick(quote, market=market), frozenset(), (), quote, tried, tried.load(side).beside(quote))
        assert all(gate(judged) is None for gate in _BY_SIZE) is passes


# --- What rests --------------------------------------------------------------------------------------------------


def test_a_side_without_offers_breaks_nothing_however_little_there_is() -> None:
    """An account with nothing in the book has nothing to withdraw, even when it is broke."""
    poor = room(view(xrp_drops=0, rlusd="0", loss_room=fall("-5")))
    assert poor.holds(Side.BUY)
    assert poor.holds(Side.SELL)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"rlusd": "15"}, True),
        ({"rlusd": "14.999999"}, False),  # 7.5 XRP at 2 cost 15
        ({"xrp_drops": 117_500_000}, True),
        ({"xrp_drops": 117_500_001}, False),  # with 7.5 XRP more it is worth more than 250
        ({"loss_room": fall("2.15004")}, True),
        ({"loss_room": fall("2.150039")}, False),  # 100 and 7.5 XRP lose 0.02 each, and 20 drops of fees are 0.00004
    ],
)
def test_bids_hold_while_each_of_their_limits_does(changes: dict[str, Any], holds: bool) -> None:
    """What rests in the book is withdrawn once a single limit is passed by the smallest step, and not before."""
    resting = own("o1", Side.BUY, "2")
    assert room(view(own=(resting,), **changes)).holds(Side.BUY) is holds


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"xrp_drops": 10_700_020}, True),
        ({"xrp_drops": 10_700_019}, False),  # 7.5 XRP, 1.2, the buffer of 2 and 20 drops
        ({"rlusd": "235"}, True),
        ({"rlusd": "235.000001"}, False),
        ({"loss_room": fall("-5")}, True),  # an ask takes from what may fall
    ],
)
def test_asks_hold_while_each_of_their_limits_does(changes: dict[str, Any], holds: bool) -> None:
    """Offers to sell stay up to the last drop of their limits, and are no reason for alarm in a fall."""
    resting = own("o1", Side.SELL, "2")
    assert room(view(own=(resting,), **changes)).holds(Side.SELL) is holds
