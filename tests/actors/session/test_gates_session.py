"""The gates in whole sessions: every code is provoked, shown, counted, and nothing leaves that risk has not passed.

Method: the shipped profile with one limit so tight, or one part so wrong, that the code must come. A tempted strategy
is the usual one with its wishes changed on their way to risk.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loguru import logger
from support.failing import CountedCrash
from support.sessions import Watcher, config_with, journal_of, plan_for, run
from support.tempting import ChangingChannels, NotingVenue, of_allowed, of_wanted, run_with

from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.parts import SessionParts
from actors.store import reports as stored
from actors.venues.host import RunningVenue
from neo.messages import (
    Fate,
    LedgerClosed,
    Lookup,
    MarketState,
    MarketView,
    OrdersAllowed,
    Quote,
    QuotesJudged,
    QuotesWanted,
    SessionEnded,
    Side,
    Standing,
    Submit,
    Submitted,
    VenueAnswer,
    VenueRequest,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState
from neo.watch.loss_limits import Losses
from tools.proofs.faults import CrashingChannels, VenueWrapper

D = Decimal
FOUR_MINUTES_S = 240
Sections = dict[str, dict[str, Any]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def course(database: Path, sections: Sections, parts: SessionParts) -> tuple[Standing, list[QuotesJudged], Watcher]:
    """A session's last standing, its verdicts, and what was to be seen of it."""
    watcher = Watcher()
    summary = run_with(plan_for(database, duration_s=FOUR_MINUTES_S, config=config_with(**sections)), parts, watcher)
    records = journal_of(database, summary.session_id)
    last = records[-1]
    assert isinstance(last, SessionEnded)
    assert summary.orders_left == ()
    assert summary.inventory.exact
    return last.standing, [record for record in records if isinstance(record, QuotesJudged)], watcher


def changing(change: Callable[[Any], Any]) -> SessionParts:
    """A session's parts with its messages changed."""
    return SessionParts(channels=functools.partial(ChangingChannels, change=change))


def quotes_changed(change: Callable[[Any, QuotesWanted], Any]) -> SessionParts:
    """A strategy whose every quote is changed."""

    def changed(wanted: QuotesWanted) -> QuotesWanted:
        return msgspec.structs.replace(wanted, quotes=tuple(change(quote, wanted) for quote in wanted.quotes))

    return changing(of_wanted(changed))


def at_the_anchor(quote: Any, wanted: QuotesWanted) -> Any:
    """Bid and ask at one price."""
    return msgspec.structs.replace(quote, price=wanted.anchor_price)


# --- Refusals ----------------------------------------------------------------------------------------------------

USUAL = SessionParts()
REFUSALS: dict[RefusalCode, tuple[Sections, SessionParts]] = {
    RefusalCode.HALTED: ({"risk": {"max_rlusd_exposure": D(150)}}, USUAL),
    # 100 XRP are worth 194 or so, 200 RLUSD are held.
    RefusalCode.REDUCE_ONLY: ({"risk": {"max_xrp_exposure": D(230)}}, USUAL),
    RefusalCode.XRP_EXPOSURE: ({"risk": {"max_xrp_exposure": D(205), "reduce_only_percent": D(100)}}, USUAL),
    RefusalCode.RLUSD_EXPOSURE: ({"risk": {"max_rlusd_exposure": D(210), "reduce_only_percent": D(100)}}, USUAL),
    RefusalCode.ORDER_SIZE: ({"risk": {"max_order_rlusd": D(14)}}, USUAL),
    RefusalCode.PRICE_BAND: ({"risk": {"price_band_bps": D(3)}}, USUAL),
    RefusalCode.SELF_CROSS: ({}, quotes_changed(at_the_anchor)),
    RefusalCode.RESERVE: ({"venue": {"opening_xrp": D(3)}}, USUAL),
    RefusalCode.INSUFFICIENT_XRP: ({"venue": {"opening_xrp": D("4.6")}}, USUAL),
    RefusalCode.INSUFFICIENT_RLUSD: ({"venue": {"opening_rlusd": D(2)}}, USUAL),
    # 100 XRP at 1.94 lose 0.97 in a fall of 50 bps.
    RefusalCode.LOSS_ROOM: ({"risk": {"max_session_loss_rlusd": D("0.9")}}, USUAL),
    RefusalCode.FEE_BUDGET: ({"risk": {"max_fees_day_xrp": D("0.0001")}}, USUAL),
    RefusalCode.REQUEST_BUDGET: ({"risk": {"max_requests_minute": 24, "cancel_requests_minute": 20}}, USUAL),
}


@pytest.mark.parametrize("code", list(RefusalCode))
def test_a_refusal_is_kept_counted_and_to_be_seen(code: RefusalCode, database: Path) -> None:
    """With its numbers in the journal, by its code in the standing, and on the stream that screen and tap show."""
    sections, parts = REFUSALS[code]
    standing, verdicts, watcher = course(database, sections, parts)
    kept = Counter(refusal.code for verdict in verdicts for refusal in verdict.refusals)
    assert kept[code] > 0
    assert standing.refused == kept
    assert standing.refusals == sum(kept.values())
    shown = [refusal for message in watcher.seen if isinstance(message, OrdersAllowed) for refusal in message.refusals]
    assert any(refusal.code is code and refusal.detail for refusal in shown)


def test_near_a_limit_the_session_quotes_only_the_side_that_reduces(database: Path) -> None:
    """Too much XRP: asks rest and are filled, not one bid leaves, and the state says so."""
    sections, parts = REFUSALS[RefusalCode.REDUCE_ONLY]
    standing, verdicts, _ = course(database, sections, parts)
    assert verdicts[0].state is RiskState.REDUCE_ONLY
    near = [verdict for verdict in verdicts if verdict.state is RiskState.REDUCE_ONLY]
    assert {quote.side for verdict in near for quote in verdict.quotes} == {Side.SELL}
    assert standing.sold_drops > 0


def test_a_minutes_budget_leaves_cancels_their_share(database: Path) -> None:
    """Four quotes a minute are all that leaves, and what rests is cancelled at the end all the same."""
    sections, parts = REFUSALS[RefusalCode.REQUEST_BUDGET]
    _, verdicts, _ = course(database, sections, parts)
    by_minute = Counter(verdict.ledger_index // 15 for verdict in verdicts for _ in verdict.quotes)
    assert max(by_minute.values()) <= 8  # a minute's window may lie across two of these
    assert sum(by_minute.values()) >= 10


# --- Sessions that are short of everything -----------------------------------------------------------------------

TEN_MINUTES_S = 600


@pytest.mark.parametrize("seed", [3, pytest.param(5, marks=pytest.mark.soak)])
def test_an_account_short_of_money_keeps_its_buffer_and_goes_on_quoting(seed: int, database: Path) -> None:
    """14 XRP and 25 RLUSD back hardly one offer of 15 a side and its replacement: however they are filled, XRP stays
    above reserve and buffer at every ledger, and there is nearly always a quote.
    """
    config = config_with(venue={"opening_xrp": D(14), "opening_rlusd": D(25)})
    watcher = Watcher()
    summary = run(plan_for(database, seed=seed, duration_s=TEN_MINUTES_S, config=config), watcher)
    views = [message for message in watcher.seen if isinstance(message, MarketView)]
    free_drops = [view.balances.xrp_drops - view.balances.reserve_drops for view in views]
    assert len(free_drops) > 140
    assert min(free_drops) >= config.risk.reserve_buffer_xrp * 1_000_000
    assert min(free_drops) < 8_000_000, "it was really short"
    assert summary.fills > 20
    assert summary.absence is not None
    assert summary.absence.ledgers_without_quote < summary.ledgers / 10


def test_near_both_limits_a_session_goes_on_trading(database: Path) -> None:
    """100 XRP are worth 195 of 225 and 200 RLUSD are held of 225: one side is quoted after the other, within both."""
    config = config_with(risk={"max_xrp_exposure": D(225), "max_rlusd_exposure": D(225)})
    watcher = Watcher()
    summary = run(plan_for(database, duration_s=TEN_MINUTES_S, config=config), watcher)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert (summary.bought_drops > 0, summary.sold_drops > 0) == (True, True)
    assert summary.absence is not None
    assert summary.absence.ledgers_without_quote < summary.ledgers / 5
    assert max(view.rlusd_total for view in watcher.seen if isinstance(view, MarketView)) <= 225


@pytest.fixture
def warned() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Warnings of the log: event and fields."""
    told: list[tuple[str, dict[str, Any]]] = []
    sink = logger.add(
        lambda message: told.append((message.record["message"], message.record["extra"])), level="WARNING"
    )
    yield told
    logger.remove(sink)


# What keeps a session from quoting at all, whatever else it may do.
QUIET: dict[str, tuple[Sections, SessionParts, str]] = {
    "no capital": ({"venue": {"opening_xrp": D("4.6"), "opening_rlusd": D(2)}}, USUAL, "insufficient_rlusd"),
    "fees used up": ({"risk": {"max_fees_day_xrp": D("0.000005")}}, USUAL, "fee_budget"),
    "orders that get lost": ({}, SessionParts(venue=lambda inner: LosingVenue(inner, 5)), "order_pending"),
    "no market": ({}, SessionParts(venue=lambda inner: GoneVenue(inner, 0)), "no_anchor"),
    "sizes below the least": (
        {"order_size": {"base_size_rlusd": D("2.5")}},
        USUAL,
        "below_minimum",
    ),
    "limits hit by holdings": (
        {"risk": {"max_session_loss_rlusd": D(90), "adverse_move_bps": D(5000), "max_rlusd_exposure": D(210)}},
        USUAL,
        "loss_room",
    ),
}


@pytest.mark.parametrize("cause", list(QUIET))
def test_a_session_that_quotes_nothing_says_so_and_why(
    cause: str, database: Path, warned: list[tuple[str, dict[str, Any]]]
) -> None:
    """After the profile's time, again when it has doubled, and in the summary; the session itself goes on."""
    sections, parts, code = QUIET[cause]
    sections = {**sections, "engine": {"quiet_warning_seconds": 60}}
    watcher = Watcher()
    plan = plan_for(database, duration_s=FOUR_MINUTES_S, config=config_with(**sections))
    summary = run_with(plan, parts, watcher)
    quiet = [fields for event, fields in warned if event == "no_quote_for_long"]
    assert [fields["seconds"] for fields in quiet] == [60, 120, 240]
    assert all(code in fields["reasons"] for fields in quiet)
    assert summary.absence is not None
    # All but the one on which it ends.
    assert summary.absence.ledgers_without_quote >= summary.ledgers - 1
    assert summary.absence.quote_reasons[code] > 0


def test_a_session_that_quotes_has_nothing_to_warn_of(database: Path, warned: list[tuple[str, dict[str, Any]]]) -> None:
    """Ten minutes of the shipped profile, without a warning that quotes are missing."""
    run(plan_for(database, duration_s=TEN_MINUTES_S))
    assert [event for event, _ in warned if event.endswith("_for_long")] == []


def test_a_broken_loss_limit_is_in_the_summary_with_its_overshoot(database: Path) -> None:
    """Limit, loss by then, and what is beyond: the price moves further in a ledger than anyone can act on."""
    plan = plan_for(database, duration_s=TEN_MINUTES_S, config=config_with(risk={"max_drawdown_rlusd": D("0.5")}))
    summary = run(plan)
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    broken = summary.loss_limit
    assert broken is not None
    assert (broken.key, broken.limit_rlusd) == ("risk.max_drawdown_rlusd", D("0.5"))
    assert broken.overshoot_rlusd == broken.lost_rlusd - D("0.5") > 0
    assert f"{broken.lost_rlusd:.2f} > 0.5" in summary.halt_detail
    assert f"{broken.overshoot_rlusd:.2f} beyond the limit" in summary.halt_detail


def test_a_sessions_losses_can_be_folded_anew_with_what_the_way_down_added(database: Path) -> None:
    """From the journal alone, whatever ended it: the most that was lost is no less than at the halt."""
    plan = plan_for(database, duration_s=TEN_MINUTES_S, config=config_with(risk={"max_drawdown_rlusd": D("0.5")}))
    summary = run(plan)
    losses = Losses(plan.config.risk.price_distance_max_bps)
    course = stored.course(database, summary.session_id, losses)
    assert summary.loss_limit is not None
    assert losses.drawdown.most_rlusd >= summary.loss_limit.lost_rlusd
    assert losses.drawdown.most_rlusd >= losses.drawdown.now_rlusd > D("0.5")
    assert summary.equity_change_rlusd is not None
    assert abs(losses.session.now_rlusd + summary.equity_change_rlusd) < D("0.001")
    assert course.absence == summary.absence


# --- Quotes held back --------------------------------------------------------------------------------------------


class CrossedVenue(VenueWrapper):
    """Its book is read upside down from the fifth ledger on."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        market = closed.market
        if market is None or not self.failing:
            return closed
        return msgspec.structs.replace(closed, market=MarketState(market.asks, market.bids, market.pool))


class GoneVenue(VenueWrapper):
    """No book and no pool from the fifth ledger on."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        return msgspec.structs.replace(closed, market=MarketState((), (), None)) if self.failing else closed


class LosingVenue(VenueWrapper):
    """It takes transactions and forgets them."""

    def __init__(self, inner: RunningVenue, ledgers_well: int) -> None:
        super().__init__(inner, ledgers_well)
        self._lost: set[str] = set()

    def post(self, request: VenueRequest) -> None:
        if not isinstance(request, Submit):
            self.inner.post(request)
            return
        self._lost.add(request.tx_hash)
        self.inner.post(Lookup(tx_hash=request.tx_hash))

    def answered(self, answer: VenueAnswer) -> VenueAnswer:
        if isinstance(answer, Fate) and answer.tx_hash in self._lost:
            return Submitted(tx_hash=answer.tx_hash, result="unknown")
        return answer


def venue_of(kind: type[VenueWrapper]) -> SessionParts:
    """A session on a venue with something wrong."""
    return SessionParts(venue=lambda inner: kind(inner, 5))


def across_the_spread(wanted: QuotesWanted) -> QuotesWanted:
    """A single bid, for 7 XRP and above the best ask."""
    price = wanted.view.asks[0].price * D("1.0005")
    bid = Quote(Side.BUY, price, 7_000_000, price * 7, None)
    return msgspec.structs.replace(wanted, quotes=(bid,))


def of_nothing(quote: Any, _: QuotesWanted) -> Any:
    """An offer for no XRP at all."""
    return msgspec.structs.replace(quote, xrp_drops=0)


def overtaken(allowed: OrdersAllowed) -> OrdersAllowed:
    """A verdict about the ledger before."""
    return msgspec.structs.replace(allowed, ledger_index=allowed.ledger_index - 1)


def for_a_ghost(allowed: OrdersAllowed) -> OrdersAllowed:
    """Quotes in place of an offer that isn't there."""
    quotes = tuple(msgspec.structs.replace(quote, replaces="o999999") for quote in allowed.quotes)
    return msgspec.structs.replace(allowed, quotes=quotes)


NARROW = {"anchor_max_divergence_bps": D(2), "anchor_rejoin_bps": D(1), "clob_switch_threshold_bps": D(1)}
HOLDS: dict[HoldCode, tuple[Sections, SessionParts]] = {
    HoldCode.NO_ANCHOR: ({}, venue_of(GoneVenue)),
    HoldCode.CROSSED_BOOK: ({}, venue_of(CrossedVenue)),
    HoldCode.ANCHOR_DIVERGED: ({"strategy": NARROW}, USUAL),
    HoldCode.ORDER_PENDING: ({}, venue_of(LosingVenue)),
    HoldCode.NOT_VIABLE: ({"strategy": {"viability_sigmas": D(10)}}, USUAL),
    HoldCode.BELOW_MINIMUM: ({"order_size": {"base_size_rlusd": D("2.5")}}, USUAL),
    HoldCode.STALE_VERDICT: ({}, changing(of_allowed(overtaken))),
    HoldCode.REPLACED_GONE: ({}, changing(of_allowed(for_a_ghost))),
    HoldCode.WOULD_CROSS: ({}, changing(of_wanted(across_the_spread))),
    HoldCode.WOULD_FAIL: ({}, quotes_changed(of_nothing)),
}


@pytest.mark.parametrize("code", list(HOLDS))
def test_a_quote_held_back_is_kept_counted_and_to_be_seen(code: HoldCode, database: Path) -> None:
    """Why a side is empty is in the journal, in the standing and on the stream, as a code."""
    sections, parts = HOLDS[code]
    standing, verdicts, watcher = course(database, sections, parts)
    ticks = sum(any(held.code is code for held in verdict.held_back) for verdict in verdicts)
    assert standing.held_back[code] == ticks > 0
    shown = [held for message in watcher.seen if isinstance(message, OrdersAllowed) for held in message.held_back]
    assert any(held.code is code for held in shown)
    if code is HoldCode.ANCHOR_DIVERGED:
        assert 0 < standing.anchor_pulls < ticks
    if code is HoldCode.WOULD_CROSS:
        assert standing.taker_fills == 0


def test_every_code_is_provoked_here_or_told_where() -> None:
    """The operator's pause has its own tests; nobody freezes a simulated ledger, and no load raises its fee."""
    assert set(REFUSALS) == set(RefusalCode)
    assert set(HoldCode) - set(HOLDS) == {HoldCode.PAUSED, HoldCode.FROZEN, HoldCode.FEE_ABOVE_CAP}


# --- Nothing leaves that risk has not passed ---------------------------------------------------------------------


class Witness:
    """Hears what risk says to the gateway, and what the venue is sent; crashes an actor if it is told to."""

    def __init__(self, crash: CountedCrash | None = None) -> None:
        self.verdicts: dict[int, OrdersAllowed] = {}
        self.venue: NotingVenue | None = None
        self._crash = crash

    def parts(self) -> SessionParts:
        """A session's parts with the witness between them."""
        return SessionParts(channels=self._channels, venue=self._venue)

    def unpassed(self) -> list[Mapping[str, Any]]:
        """Offers that were sent though no verdict holds their quote, each quote counting once."""
        assert self.venue is not None
        passed = Counter(
            (quote.side, quote.xrp_drops, quote.rlusd) for verdict in self.verdicts.values() for quote in verdict.quotes
        )
        unpassed = []
        for tx in self.venue.sent.values():
            if tx["TransactionType"] == "OfferCancel":
                continue
            offer = _side_and_amounts(tx)
            if not passed[offer]:
                unpassed.append(tx)
            passed[offer] -= 1
        return unpassed

    def _channels(self, bounds: ChannelBounds) -> Channels:
        return CrashingChannels(bounds, self._hear)

    def _venue(self, inner: RunningVenue) -> RunningVenue:
        self.venue = NotingVenue(inner)
        return self.venue

    def _hear(self, actor: str, moment: str, message: object) -> None:
        if actor == "gateway" and moment == "before" and isinstance(message, OrdersAllowed):
            self.verdicts[message.tick] = message
        if self._crash is not None:
            self._crash(actor, moment, message)


def _side_and_amounts(tx: Mapping[str, Any]) -> tuple[Side, int, Decimal]:
    gets, pays = tx["TakerGets"], tx["TakerPays"]
    if isinstance(gets, str):
        return Side.SELL, int(gets), D(pays["value"])
    return Side.BUY, int(pays), D(gets["value"])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("actor", ["gateway", "strategy", "risk", "persistence", None])
def test_nothing_is_sent_that_risk_has_not_passed(actor: str | None, moment: str, database: Path) -> None:
    """Every offer that the venue is sent is a quote of a verdict, once, also when an actor crashes three times over."""
    crash = None if actor is None else CountedCrash(actor, {9, 30, 61}, moment)
    witness = Witness(crash)
    summary = run_with(plan_for(database, duration_s=FOUR_MINUTES_S), witness.parts())
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.restarts == (0 if crash is None else crash.crashes)
    assert crash is None or crash.crashes >= 2
    assert witness.venue is not None
    kinds = Counter(tx["TransactionType"] for tx in witness.venue.sent.values())
    assert kinds["OfferCreate"] > 20
    assert kinds["OfferCancel"] >= 1
    assert witness.unpassed() == []


def test_the_witness_would_notice(database: Path) -> None:
    """A verdict taken away from its hearing leaves offers that nobody passed: the check can fail."""
    witness = Witness()
    run_with(plan_for(database, duration_s=FOUR_MINUTES_S), witness.parts())
    busy = next(tick for tick, verdict in witness.verdicts.items() if verdict.quotes)
    del witness.verdicts[busy]
    assert witness.unpassed() != []
