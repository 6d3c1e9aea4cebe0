"""The gates in whole sessions: every code is provoked, shown, counted, and nothing leaves that risk has not passed.

Method: the shipped profile with one limit so tight, or one part so wrong, that the code must come. A tempted strategy
is the usual one with its wishes changed on their way to risk.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from support.sessions import Watcher, config_with, journal_of, plan_for
from support.tempting import ChangingChannels, NotingVenue, of_allowed, of_wanted, run_with

from actors.faults import CrashAt, CrashingChannels, VenueWrapper
from actors.parts import RunningVenue, SessionParts
from actors.wiring import Bounds, Channels
from neo.halt import HaltReason
from neo.messages import (
    LedgerClosed,
    OrdersAllowed,
    Quote,
    QuotesJudged,
    QuotesWanted,
    SessionEnded,
    Side,
    Standing,
)
from neo.reasons import HoldCode, RefusalCode, RiskState

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
    RefusalCode.RESERVE: ({"account": {"opening_xrp": D(3)}}, USUAL),
    RefusalCode.INSUFFICIENT_XRP: ({"account": {"opening_xrp": D(10)}}, USUAL),
    RefusalCode.INSUFFICIENT_RLUSD: ({"account": {"opening_rlusd": D(10)}}, USUAL),
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


# --- Quotes held back --------------------------------------------------------------------------------------------


class CrossedVenue(VenueWrapper):
    """Its book is read upside down from the fifth ledger on."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        return msgspec.structs.replace(closed, bids=closed.asks, asks=closed.bids) if self.failing else closed


class GoneVenue(VenueWrapper):
    """No book and no pool from the fifth ledger on."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        return msgspec.structs.replace(closed, bids=(), asks=(), pool=None) if self.failing else closed


class LosingVenue(VenueWrapper):
    """It takes transactions and forgets them."""

    async def submit(self, tx_hash: str, blob: str) -> str:
        del tx_hash, blob
        await trio.lowlevel.checkpoint()
        return "unknown"


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


def test_only_a_pause_is_provoked_elsewhere() -> None:
    """Every code has its session here; the operator's pause has its own tests."""
    assert set(REFUSALS) == set(RefusalCode)
    assert set(HoldCode) - set(HOLDS) == {HoldCode.PAUSED}


# --- Nothing leaves that risk has not passed ---------------------------------------------------------------------


class Witness:
    """Hears what risk says to the gateway, and what the venue is sent; crashes an actor if it is told to."""

    def __init__(self, crash: CrashAt | None = None) -> None:
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

    def _channels(self, bounds: Bounds) -> Channels:
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
    crash = None if actor is None else CrashAt(actor, {9, 30, 61}, moment)
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
