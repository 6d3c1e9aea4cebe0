"""Why a side has no quote, moment by moment: what actors tell goes in, the code that an operator reads comes out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support import cli_feed as feed

from neo.analysis.moment import Present, SideMoment
from neo.messages import (
    HaltRaised,
    HeldBack,
    Message,
    OwnOffer,
    Quote,
    QuotingPaused,
    QuotingResumed,
    Refusal,
    Side,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode


def bid(*, pending: bool = False) -> OwnOffer:
    return feed.offer(Side.BUY, "1.9418", pending=pending)


def held(code: HoldCode) -> HeldBack:
    return HeldBack(code, Side.BUY, "its numbers")


QUOTE = Quote(Side.BUY, Decimal("1.9418"), 7_700_000, Decimal(15), None)
REFUSED = Refusal(RefusalCode.RESERVE, Side.BUY, "its numbers")
PAUSED = QuotingPaused(ledger_index=1, close_time_s=1, cause="lunch")
RESUMED = QuotingResumed(ledger_index=1, close_time_s=1, cause="back")
HALT = HaltRaised(reason=HaltReason.DURATION_ELAPSED, detail="60 s", source="session", first=True)


def bid_after(*messages: Message) -> SideMoment:
    """Our bid's side after these messages."""
    present = Present()
    for message in messages:
        present.observe(message)
    return present.moment().bid


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
    side = bid_after(feed.view(1, own=(bid(pending=True),)))
    assert (side.price, side.resting, side.detail) == (None, 0, "at 1.9418")
