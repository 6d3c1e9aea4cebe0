"""What the page Now has of a status: every fact that an operator looks for, in the panel's words.

Method: a scripted session's messages (``support/cli_feed.py``) are folded into a moment, of which the cells are made.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from support import cli_feed as feed
from support.page_site import moment_of, status_at

from actors.operator.protocol import EndpointHealth, ServiceHealth
from neo.analysis.tally import Counts, Traded
from neo.messages import ActorRestarted, ChannelDepth, HeldBack, LossRoom, Message, QuotingPaused, Refusal, Side
from neo.messages.reasons import HoldCode, RefusalCode
from neo.position.pnl import ProfitAndLoss
from tools.page.now_cells import EQUITY_WORDS, LIMIT_WORDS, Cell, NowData, now_data

BOTH = (feed.offer(Side.BUY, "1.9418"), feed.offer(Side.SELL, "1.9439"))


def data_of(*messages: Message, **fields: Any) -> NowData:
    return now_data(status_at(moment_of([feed.started(), *messages]), **fields))


def texts(rows: list[list[Cell]]) -> list[list[str]]:
    return [[cell.text for cell in row] for row in rows]


def test_the_market_and_our_quotes_stand_in_the_order_of_their_prices() -> None:
    """As a book does, the highest first, each with its distance from the mid."""
    data = data_of(feed.orders(1), feed.view(450, own=BOTH))
    assert texts(data.tables["ladder"]) == [
        ["touch ask", "1.94400", "+5.1 bps"],
        ["our ask", "1.94390", "+4.6 bps"],
        ["AMM pool", "1.94360", "+3.1 bps"],
        ["mid", "1.94300", "-"],
        ["touch bid", "1.94200", "-5.1 bps"],
        ["our bid", "1.94180", "-6.2 bps"],
    ]
    assert data.cells["bid"].text == "1.94180, 1.0 bps behind the touch"
    assert data.cells["ask"].text == "1.94390, 0.5 bps ahead of the touch"
    assert data.cells["spread"].text == "10.3 bps"
    assert data.cells["ledger"].text == "90,000,450"
    assert data.state == "quoting both sides"


def test_an_empty_side_is_told_with_its_code_its_meaning_and_its_numbers() -> None:
    """A code alone would have to be looked up."""
    refusal = Refusal(RefusalCode.RLUSD_EXPOSURE, Side.SELL, "401 > 400")
    held = HeldBack(HoldCode.ANCHOR_DIVERGED, None, "26 bps")
    data = data_of(feed.orders(1, (refusal,), (held,)), feed.view(1))
    assert data.state == "NOT QUOTING: no bid (anchor_diverged), no ask (rlusd_exposure)"
    assert data.cells["state"].tone == "warn"
    assert data.cells["bid"] == Cell("none", "warn")
    assert data.cells["bid_why"].text == (
        "anchor_diverged: pool and book are over strategy.anchor_max_divergence_bps apart: neither is trusted (26 bps)"
    )
    assert data.cells["ask_why"].text.startswith("rlusd_exposure: with every ask filled")


def test_a_pause_is_told_with_who_said_it() -> None:
    """In the words of the panel."""
    paused = QuotingPaused(ledger_index=feed.FIRST_LEDGER, close_time_s=feed.START_S, cause="neo pause: lunch")
    data = data_of(feed.orders(1), feed.view(1), paused)
    assert data.state == "PAUSED (neo pause: lunch)"
    assert data.cells["state"].tone == "warn"


def test_every_limit_has_its_use_in_words_and_as_a_share() -> None:
    """170 XRP at 1.943 are 330.31 of 400 RLUSD, which is near; of the drawdown's 100, 90.78 are left."""
    room = LossRoom(Decimal("90.78"), "risk.max_drawdown_rlusd", Decimal(50), Decimal(100))
    view = feed.view(1, own=BOTH, xrp_drops=170_000_000, rlusd="100")
    data = data_of(msgspec.structs.replace(view, loss_room=room))
    told = {name: data.cells[name].text for name in LIMIT_WORDS}
    assert told == {
        "limit_xrp": "330.31 of 400 RLUSD, 69.69 left, near",
        "limit_rlusd": "100.00 of 400 RLUSD, 300.00 left",
        "limit_loss": "90.78 RLUSD of 100 left until the drawdown limit",
        "limit_order": "15.00 of 25 RLUSD, 10.00 left",
        "limit_fees": "0.000120 of 1 XRP in 24 hours",
        "limit_requests": "14 of 60 a minute",
    }
    assert data.cells["limit_xrp"].tone == "warn"
    assert data.meters == {
        "limit_xrp": 0.8258, "limit_rlusd": 0.25, "limit_loss": 0.0922, "limit_order": 0.6, "limit_fees": 0.0001,
        "limit_requests": 0.2333,
    }  # fmt: skip


def test_a_limit_that_is_used_up_says_so() -> None:
    """In words, since a colour alone is not seen by all."""
    data = data_of(feed.view(1, xrp_drops=300_000_000))
    assert data.cells["limit_xrp"].text == "582.90 of 400 RLUSD, 0.00 left, used up"
    assert data.meters["limit_xrp"] == 1.0
    assert data.cells["limit_xrp"].tone == "bad"


def test_what_is_held_is_split_into_what_is_free_and_what_is_not() -> None:
    """100 XRP less 1 of reserve, 2 of buffer, and 7.7 that an ask would pay."""
    data = data_of(feed.view(1, own=BOTH))
    assert texts(data.tables["balances"]) == [
        ["held", "100.00 XRP", "200.00 RLUSD"],
        ["free", "89.30 XRP", "185.00 RLUSD"],
        ["in our offers", "7.70 XRP", "15.00 RLUSD"],
        ["reserve", "1.00 XRP", "-"],
        ["buffer", "2.00 XRP", "-"],
        ["worth", "194.30 RLUSD", "200.00 RLUSD"],
    ]


def test_equity_has_its_causes_and_holding_beside_it() -> None:
    """100 XRP and a deposit of 50 rose by 0.001; the deposit itself is no gain."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, Decimal(200))
    pnl.mark(Decimal("1.943"))
    pnl.capital(50_000_000, Decimal(0))
    pnl.mark(Decimal("1.944"))
    data = data_of(feed.view(1, xrp_drops=150_000_000, pnl=pnl))
    told = {name: data.cells[name].text for name in EQUITY_WORDS}
    assert told["result"] == "+0.1500 RLUSD"
    assert told["against"] == "+0.0000 RLUSD"
    assert told["revaluation"] == "+0.1500 RLUSD"
    assert told["capital"] == "+97.1500 RLUSD"
    assert data.cells["result"].tone == "good"
    assert data.cells["against"].tone == "", "nothing is neither a gain nor a loss"


def test_open_orders_and_the_last_fills_have_their_age_and_lead_to_the_journal() -> None:
    """An offer that no ledger has shown yet is under way."""
    own = (feed.offer(Side.BUY, "1.9418", pending=True), feed.offer(Side.SELL, "1.9439"))
    data = data_of(feed.fill(1, Side.BUY), feed.view(4, own=own))
    assert texts(data.tables["offers"]) == [
        ["sell 7.70 XRP", "1.94390", "rests", "4 ledgers"],
        ["buy 7.70 XRP", "1.94180", "under way", "4 ledgers"],
    ]
    assert data.tables["offers"][0][0].href == "/session/s1/journal?order=t1-sell"
    assert texts(data.tables["fills"]) == [["bought 7.70 XRP", "1.94300", "+0.0 bps", "3"]]
    assert data.tables["fills"][0][0].href == "/session/s1/journal?order=t1"


def test_endpoints_channels_and_services_are_told_with_what_is_wrong() -> None:
    """In words; a box for the latest message that is full with one is no trouble."""
    data = data_of(
        ActorRestarted(actor="risk", error="ValueError", restarts=1),
        endpoints=(
            EndpointHealth(endpoint="wss://one", state="in use", detail="", lag_ledgers=0, latency_ms=12.4, failures=0),
            EndpointHealth(endpoint="wss://two", state="down", detail="refused", lag_ledgers=None, latency_ms=None,
                           failures=3),
            EndpointHealth(endpoint="wss://six", state="ready", detail="", lag_ledgers=2, latency_ms=80.0, failures=0),
        ),
        channels=(ChannelDepth("risk", 1, 4, 4, 2, 900), ChannelDepth("strategy", 1, 1, 1, 0, 900)),
        services=(ServiceHealth("page", ok=True, detail=""), ServiceHealth("mail", ok=False, detail="no answer")),
    )  # fmt: skip
    assert texts(data.tables["endpoints"]) == [
        ["wss://one", "in use", "level", "12 ms", "0", ""],
        ["wss://two", "down", "-", "-", "3", "refused"],
        ["wss://six", "ready", "2 ledgers behind", "80 ms", "0", ""],
    ]
    assert texts(data.tables["channels"]) == [["risk", "1", "4 (full)", "4", "2"], ["strategy", "1", "1", "1", "0"]]
    assert texts(data.tables["services"]) == [["page", "works", ""], ["mail", "does not work", "no answer"]]
    assert texts(data.tables["watch"])[0] == ["restarts", "1"]


def test_rows_of_the_other_pages_are_counted_so_that_newer_ones_can_be_told() -> None:
    """One count for each page with a table that grows; what happens on one moves that one alone."""
    some = Counts(bought=Traded(fills=2), sold=Traded(fills=1), orders={"place": 4, "cancel": 1}, refused={"a": 3})
    assert data_of(feed.view(1), counts=some).counts == {"fills": 3, "orders": 5, "refusals": 3}
    held = msgspec.structs.replace(some, held_back={"b": 2})
    assert data_of(feed.view(1), counts=held).counts == {"fills": 3, "orders": 5, "refusals": 5}


def test_before_the_first_ledger_nothing_is_made_up() -> None:
    """A dash is no zero, and an unknown share is no meter at nothing."""
    data = now_data(status_at(moment_of([]), ledger_age_s=None))
    assert data.state == "starting"
    assert data.cells["mid"].text == data.cells["age"].text == data.cells["result"].text == "-"
    assert data.meters == {}
    assert texts(data.tables["ladder"]) == [["no ledger has been seen yet"]]
    assert data.cells["bid_why"].text.startswith("starting: no ledger has been seen yet")


def test_an_old_ledger_is_marked() -> None:
    """Networks close one every few seconds."""
    assert data_of(feed.view(1), ledger_age_s=3.0).cells["age"] == Cell("3 s ago")
    assert data_of(feed.view(1), ledger_age_s=16.0).cells["age"] == Cell("16 s ago", "warn")


def test_the_first_rendering_and_the_events_have_the_same_names() -> None:
    """Whatever a session's state is, so a cell that was drawn once is kept fresh for ever."""
    early, late = now_data(status_at(moment_of([]))), data_of(feed.orders(1), feed.view(1, own=BOTH))
    assert early.cells.keys() == late.cells.keys()
    assert early.tables.keys() == late.tables.keys()
