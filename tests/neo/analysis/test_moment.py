"""Why a side has no quote, moment by moment: what actors tell goes in, the code that an operator reads comes out."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from support import cli_feed as feed

from neo.analysis.moment import Moment, Present, SideMoment
from neo.messages import (
    ActorRestarted,
    EndpointRequests,
    HaltRaised,
    HeldBack,
    Message,
    OwnOffer,
    Quote,
    QuotingPaused,
    QuotingResumed,
    Refusal,
    Side,
    VenueMeasured,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState


def bid(*, pending: bool = False) -> OwnOffer:
    return feed.offer(Side.BUY, "1.9418", pending=pending)


def held(code: HoldCode) -> HeldBack:
    return HeldBack(code, Side.BUY, "its numbers")


QUOTE = Quote(Side.BUY, Decimal("1.9418"), 7_700_000, Decimal(15), None)
REFUSED = Refusal(RefusalCode.RESERVE, Side.BUY, "its numbers")
PAUSED = QuotingPaused(ledger_index=1, close_time_s=1, cause="lunch")
RESUMED = QuotingResumed(ledger_index=1, close_time_s=1, cause="back")
HALT = HaltRaised(reason=HaltReason.DURATION_ELAPSED, detail="60 s", source="session", first=True)


def moment_after(*messages: Message, fills: int = 100) -> Moment:
    """The session after these messages."""
    present = Present()
    for message in messages:
        present.observe(message)
    return present.moment(fills)


def bid_after(*messages: Message) -> SideMoment:
    """Our bid's side after these messages."""
    return moment_after(*messages).bid


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("starting", ()),
        ("starting", (feed.started(),)),
        ("undecided", (feed.view(1),)),
        ("order_pending", (feed.view(1), feed.orders(1, quotes=(QUOTE,)))),
        ("order_pending", (feed.view(1, own=(bid(pending=True),)),)),
        ("filled", (feed.orders(1, quotes=(QUOTE,)), feed.fill(2, Side.BUY), feed.view(2))),
        ("undecided", (feed.orders(1, quotes=(QUOTE,)), feed.fill(2, Side.SELL), feed.view(2))),
        ("undecided", (feed.view(1, own=(bid(),)), feed.orders(1), *map(feed.view, range(2, 9)))),
        ("reserve", (feed.view(1), feed.orders(1, (REFUSED,)))),
        ("reserve", (feed.view(1), feed.orders(1, (REFUSED,)), feed.view(2))),
        ("reserve", (feed.fill(2, Side.BUY), feed.view(2), feed.orders(2, (REFUSED,)))),
        ("stale_verdict", (feed.view(2), feed.orders(1, (), (held(HoldCode.STALE_VERDICT),)))),
        # Of two levels the one that stood was filled; that the other one could not be placed is another matter.
        ("filled", (feed.orders(1, (), (held(HoldCode.NOT_VIABLE),)), feed.fill(2, Side.BUY), feed.view(2))),
        ("paused", (feed.view(1), feed.orders(1, (REFUSED,)), PAUSED)),
        ("paused", (feed.view(1, own=(bid(pending=True),)), PAUSED)),
        # A pause that is over, and an outcome that is known by now, keep nothing back any more.
        ("undecided", (feed.orders(1, (), (held(HoldCode.PAUSED),)), PAUSED, RESUMED, feed.view(2))),
        ("undecided", (feed.orders(1, (), (held(HoldCode.ORDER_PENDING),)), feed.view(2))),
        ("ending", (HALT,)),
        ("ending", (feed.view(1), feed.orders(1, (REFUSED,)), PAUSED, HALT)),
    ],
)
def test_a_side_without_a_quote_has_the_code_of_its_moment(code: str, messages: tuple[Message, ...]) -> None:
    """Who sees an empty side is told why it is empty now, and not why it once was."""
    side = bid_after(*messages)
    assert (side.price, side.code) == (None, code)


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("", ()),
        ("", (feed.fill(1, Side.BUY),)),
        ("paused", (PAUSED,)),
        ("ending", (HALT,)),
        ("not_viable", (feed.orders(1, (), (held(HoldCode.NOT_VIABLE),)),)),
    ],
)
def test_a_quote_that_rests_is_shown_with_what_stands_in_its_way(code: str, messages: tuple[Message, ...]) -> None:
    """The resting one: what is to replace it may never come."""
    side = bid_after(feed.view(1, own=(bid(), bid(pending=True))), *messages)
    assert (side.price, side.code) == (Decimal("1.9418"), code)


def test_an_order_on_its_way_is_no_quote_yet() -> None:
    """The screen shows no price as resting before a ledger has it, but says what is coming."""
    side = bid_after(feed.view(1, own=(bid(pending=True),)))
    assert (side.price, side.resting, side.detail) == (None, 0, "at 1.9418")


# --- The ask's side ----------------------------------------------------------------------------------------------


def ask(price: str, *, pending: bool = False) -> OwnOffer:
    return feed.offer(Side.SELL, price, pending=pending)


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("reserve", (feed.view(1), feed.orders(1, (Refusal(RefusalCode.RESERVE, Side.SELL, "its numbers"),)))),
        ("undecided", (feed.view(1), feed.orders(1, (REFUSED,)))),
        ("no_anchor", (feed.view(1), feed.orders(1, (), (HeldBack(HoldCode.NO_ANCHOR, None, "its numbers"),)))),
        ("undecided", (feed.view(1), feed.orders(1, (), (held(HoldCode.NOT_VIABLE),)))),
        ("filled", (feed.orders(1), feed.fill(2, Side.SELL), feed.view(2))),
        ("order_pending", (feed.view(1, own=(ask("1.9450", pending=True),)),)),
    ],
)
def test_a_code_is_of_the_side_that_it_was_told_of(code: str, messages: tuple[Message, ...]) -> None:
    """A refused bid is no reason for a missing ask; what is held back for both sides is one for each."""
    side = moment_after(*messages).ask
    assert (side.price, side.code) == (None, code)


def test_of_several_levels_the_best_is_shown_and_all_are_counted() -> None:
    """Nearest to the market: the highest bid, the lowest ask, and what is still on its way is neither."""
    own = (
        feed.offer(Side.BUY, "1.9400"),
        feed.offer(Side.BUY, "1.9410"),
        ask("1.9460"),
        ask("1.9450"),
        ask("1.9441", pending=True),
    )
    moment = moment_after(feed.view(1, own=own))
    assert (moment.bid.price, moment.bid.resting) == (Decimal("1.9410"), 2)
    assert (moment.ask.price, moment.ask.resting) == (Decimal("1.9450"), 2)


@pytest.mark.parametrize(
    ("price", "side", "distance"),
    [
        ("1.9420", Side.BUY, "0"),
        ("1.9410", Side.BUY, "-5.1467"),
        ("1.9425", Side.BUY, "2.5733"),
        ("1.9440", Side.SELL, "0"),
        ("1.9450", Side.SELL, "-5.1467"),
        ("1.9435", Side.SELL, "2.5733"),
    ],
)
def test_a_quotes_distance_is_from_its_own_touch(price: str, side: Side, distance: str) -> None:
    """Of a touch of 1.942 and 1.944, in basis points of 1.943: 0.001 is 5.1467, negative behind and positive ahead."""
    moment = moment_after(feed.view(1, own=(feed.offer(side, price),)))
    told = moment.bid if side is Side.BUY else moment.ask
    assert told.distance_bps == Decimal(distance)


def test_a_quote_without_a_touch_beside_it_has_no_distance() -> None:
    """Alone in the book a quote is near to nothing and far from nothing."""
    moment = moment_after(feed.view(1, bids=(), own=(bid(),)))
    assert (moment.bid.price, moment.bid.distance_bps) == (Decimal("1.9418"), None)


# --- The ledger and the account ----------------------------------------------------------------------------------


def test_a_ledger_is_told_with_the_figures_that_follow_from_it() -> None:
    """A touch of 1.942 and 1.944: the mid is 1.943, the spread 0.002 of it; the pool stands 0.0006 above. 100 XRP are
    worth 194.30 RLUSD then, beside 200. A bid of 15 RLUSD and an ask of 7.7 XRP are promised, on their way or not.
    """
    own = (bid(), ask("1.9450", pending=True))
    ledger = moment_after(feed.view(1, own=own)).ledger
    assert ledger is not None
    assert (ledger.mid_price, ledger.best_bid, ledger.best_ask) == (
        Decimal("1.943"),
        Decimal("1.942"),
        Decimal("1.944"),
    )
    assert (ledger.spread_bps, ledger.pool_distance_bps) == (Decimal("10.2934"), Decimal("3.0880"))
    assert (ledger.xrp_value_rlusd, ledger.value_rlusd) == (Decimal("194.3"), Decimal("394.3"))
    assert (ledger.promised_rlusd, ledger.promised_drops) == (Decimal(15), 7_700_000)
    assert (ledger.xrp_drops, ledger.rlusd, ledger.reserve_drops) == (100_000_000, Decimal(200), 1_000_000)
    assert (ledger.fees_day_drops, ledger.requests_minute, ledger.offers) == (120, 14, own)


def test_a_market_with_one_side_is_valued_at_the_pool() -> None:
    """No spread, as there is no other side; the pool is the mid, and stands in no distance from itself."""
    ledger = moment_after(feed.view(1, asks=())).ledger
    assert ledger is not None
    assert (ledger.mid_price, ledger.spread_bps, ledger.best_ask) == (Decimal("1.9436"), None, None)
    assert ledger.pool_distance_bps == 0


def test_a_market_without_prices_has_no_value() -> None:
    """With an empty book and no pool the screen leaves worth open, and carries no old price forward."""
    ledger = moment_after(feed.view(1, bids=(), asks=(), pool=None)).ledger
    assert ledger is not None
    figures = (
        ledger.mid_price,
        ledger.pool_price,
        ledger.pool_distance_bps,
        ledger.xrp_value_rlusd,
        ledger.value_rlusd,
    )
    assert figures == (None,) * 5


def test_before_the_first_ledger_there_is_none() -> None:
    """A session can be looked at from its first second, and shows nothing that it has not seen."""
    moment = moment_after(feed.started())
    assert (moment.ledger, moment.elapsed_s, moment.state, moment.tick) == (None, 0, None, 0)


# --- Counts ------------------------------------------------------------------------------------------------------


def test_time_is_counted_from_the_start_in_ledger_seconds() -> None:
    """The time on the screen is the market's, so it holds in a session that runs faster than life."""
    assert moment_after(feed.started(), feed.view(3)).elapsed_s == 12


def test_a_start_that_was_dropped_is_counted_from_the_first_ledger_seen() -> None:
    """Telemetry may drop any message, so there is no waiting for the first one."""
    assert moment_after(feed.view(3), feed.view(5)).elapsed_s == 8
    assert moment_after(feed.view(3), feed.started(), feed.view(5)).elapsed_s == 20


def test_fills_are_counted_all_and_kept_the_newest_first() -> None:
    """As many as are asked for; beyond what any screen shows none is kept."""
    fills = [feed.fill(number, Side.BUY if number % 3 else Side.SELL, 1_000_000) for number in range(1, 121)]
    moment = moment_after(*fills, fills=2)
    assert (moment.fills, moment.bought_drops, moment.sold_drops) == (120, 80_000_000, 40_000_000)
    assert [fill.order_id for fill in moment.last_fills] == ["t120", "t119"]
    assert [fill.order_id for fill in moment_after(*fills).last_fills][-1] == "t21"


def test_refusals_and_restarts_are_summed_and_the_state_is_the_last() -> None:
    """What went wrong adds up over the session; what is the case is the newest."""
    restart = ActorRestarted(actor="strategy", error="ValueError", restarts=1)
    moment = moment_after(feed.orders(1, (REFUSED, REFUSED)), restart, feed.orders(2, (REFUSED,)), restart)
    assert (moment.refusals, moment.restarts, moment.tick, moment.state) == (3, 2, 2, RiskState.ACTIVE)


def test_the_first_cause_is_the_ending() -> None:
    """As it is in the session's own record; what was raised after it does not change why."""
    later = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="fire", source="operator", first=False)
    moment = moment_after(HALT, later)
    assert (moment.ending, moment.ending_detail) == ("duration_elapsed", "60 s")
    assert moment_after().ending == ""


def test_a_pause_is_told_with_who_said_so_until_it_is_over() -> None:
    """An operator who comes back finds why quoting rests, and no trace of it afterwards."""
    paused, resumed = moment_after(PAUSED), moment_after(PAUSED, RESUMED)
    assert (paused.paused, paused.pause_cause) == (True, "lunch")
    assert (resumed.paused, resumed.pause_cause) == (False, "")


def test_looking_changes_nothing() -> None:
    """However often a screen is drawn, the session is told the same."""
    present = Present()
    for message in feed.session(60):
        present.observe(message)
    assert present.moment() == present.moment()
    assert present.moment(0).last_fills == ()


def test_what_a_real_venue_measured_last_is_a_part_of_the_moment() -> None:
    """Nothing on a simulation; the newest where there is more than one."""
    one = VenueMeasured(
        ledger_index=7, over_ms=60_000, requests=(EndpointRequests("wss://one:443", 9, 30),), requests_minute=9,
        requests_minute_most=9, steady_minute_most=0, submits_minute=30, submits_minute_most=30, quotes=(),
        quotes_unsent=0,
    )  # fmt: skip
    other = msgspec.structs.replace(one, over_ms=75_000)
    assert moment_after(feed.started()).servers is None
    assert moment_after(feed.started(), one, other).servers == other
