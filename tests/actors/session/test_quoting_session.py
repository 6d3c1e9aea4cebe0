"""Quoting in whole sessions of the shipped profile: it competes, makes, and what rests was asked for."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.sessions import Watcher, config_with, journal_of, plan_for, run

from neo.analysis.summary import SessionSummary
from neo.messages import (
    LedgerObserved,
    MarketView,
    OrderChanged,
    OrderIntended,
    OrderStatus,
    QuotesJudged,
    Record,
    Side,
)
from neo.strategy.models import MODELS

D = Decimal
HALF_HOUR_S = 1800
TEN_MINUTES_S = 600


def course(
    folder: Path, *, seed: int = 7, duration_s: int = TEN_MINUTES_S, **sections: dict[str, Any]
) -> tuple[SessionSummary, list[Record], list[MarketView]]:
    """A session's summary, its journal and what it saw."""
    database, watcher = folder / f"{seed}.sqlite3", Watcher()
    summary = run(plan_for(database, seed=seed, duration_s=duration_s, config=config_with(**sections)), watcher)
    views = [message for message in watcher.seen if isinstance(message, MarketView)]
    return summary, journal_of(database, summary.session_id), views


def observed(records: list[Record]) -> list[LedgerObserved]:
    """The course of the market and of our touch."""
    return [record for record in records if isinstance(record, LedgerObserved)]


def share(ledgers: list[LedgerObserved], side: str) -> float:
    """Share of ledgers with a quote of ours on that side."""
    return sum(getattr(ledger, side) is not None for ledger in ledgers) / len(ledgers)


@pytest.fixture(scope="module")
def half_hour(tmp_path_factory: pytest.TempPathFactory) -> tuple[SessionSummary, list[Record]]:
    """Half an hour of the default session, for all that only look at it."""
    summary, records, _ = course(tmp_path_factory.mktemp("half_hour"), duration_s=HALF_HOUR_S)
    return summary, records


def test_the_default_session_quotes_most_of_the_time_and_is_filled(
    half_hour: tuple[SessionSummary, list[Record]],
) -> None:
    """Each side has a quote in three of four ledgers at least; dozens of fills, and one in five at most as taker."""
    assert_quoted_and_filled(*half_hour)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [8, 9])
def test_it_does_so_from_other_seeds(seed: int, tmp_path: Path) -> None:
    """By the same measures."""
    summary, records, _ = course(tmp_path, seed=seed, duration_s=HALF_HOUR_S)
    assert_quoted_and_filled(summary, records)


def assert_quoted_and_filled(summary: SessionSummary, records: list[Record]) -> None:
    """Two-sided, traded with, and seldom as taker."""
    ledgers = observed(records)
    assert share(ledgers, "own_bid") > 0.75
    assert share(ledgers, "own_ask") > 0.75
    assert summary.fills > 30
    assert summary.taker_fills * 5 <= summary.fills
    assert summary.bought_drops > 0
    assert summary.sold_drops > 0
    assert summary.refusals == 0


def test_the_offer_placed_is_the_offer_asked_for(half_hour: tuple[SessionSummary, list[Record]]) -> None:
    """What the ledger's metadata shows of each new offer is its intent, to the drop and to the last digit."""
    _, records = half_hour
    intents = {record.order_id: record for record in records if isinstance(record, OrderIntended)}
    placed = [r for r in records if isinstance(r, OrderChanged) and r.status is OrderStatus.RESTING]
    assert len(placed) > 50
    for rests in placed:
        intent = intents[rests.order_id]
        assert (rests.xrp_left_drops, rests.rlusd_left) == (intent.xrp_drops, intent.rlusd)
        assert intent.rlusd <= 15


def test_our_own_offers_never_cross(half_hour: tuple[SessionSummary, list[Record]]) -> None:
    """In every ledger our dearest bid lies below our cheapest ask, and none of our offers removed another."""
    _, records = half_hour
    both = [each for each in observed(records) if each.own_bid is not None and each.own_ask is not None]
    assert len(both) > 200
    assert all(each.own_bid < each.own_ask for each in both if each.own_bid is not None and each.own_ask is not None)
    replaced = {r.replaces for r in records if isinstance(r, OrderIntended)}
    cancelled = {r.cancels for r in records if isinstance(r, OrderIntended)}
    gone = [r for r in records if isinstance(r, OrderChanged) and r.status is OrderStatus.CANCELED]
    assert {r.order_id for r in gone} <= replaced | cancelled


def test_a_quote_is_replaced_in_one_transaction_and_only_for_a_reason(tmp_path: Path) -> None:
    """No cancel while quoting; a wide tolerance sends far fewer transactions than none; a short life sends more."""
    sent, ages = {}, {}
    for name, tolerance_bps, age_ledgers in (("none", D(0), 225), ("wide", D(5), 225), ("short", D(5), 2)):
        folder = tmp_path / name
        folder.mkdir()
        strategy = {"requote_tolerance_bps": tolerance_bps, "quote_age_ledgers_max": age_ledgers}
        _, records, views = course(folder, strategy=strategy)
        assert_cancels_are_withdrawals(records, views[-1].ledger_index - 5)
        sent[name] = sum(isinstance(r, OrderIntended) for r in records)
        ages[name] = max(view.ledger_index - offer.ledger_index for view in views for offer in view.own_offers)
    assert sent["wide"] * 2 < sent["none"]
    assert sent["wide"] < sent["short"]
    # An offer is judged too old in a ledger, and its replacement is in the next.
    assert ages["short"] <= 2 + 2 < ages["wide"]


def assert_cancels_are_withdrawals(records: list[Record], last_index: int) -> None:
    """Up to a ledger, a cancel is sent for an offer of a side that is not quoted, and for no other."""
    sides = {r.order_id: r.side for r in records if isinstance(r, OrderIntended) and not r.cancels}
    withdrawn: set[str] = set()
    for judged in records:
        if isinstance(judged, QuotesJudged):
            quoted = {quote.side for quote in judged.quotes}
            assert not quoted & {sides[order_id] for order_id in judged.withdraw}
            withdrawn.update(judged.withdraw)
    cancelled = {
        r.cancels for r in records if isinstance(r, OrderIntended) and r.cancels and r.ledger_index < last_index
    }
    assert cancelled <= withdrawn


def test_small_remainders_do_not_stay(tmp_path: Path) -> None:
    """An offer with less than 10 RLUSD left of it is replaced: the ledger after, nothing of it rests."""
    _, _, views = course(tmp_path, duration_s=HALF_HOUR_S, order_size={"min_remainder_rlusd": D(10)})
    small = {(offer.order_id, view.ledger_index) for view in views for offer in view.own_offers if offer.rlusd < D(10)}
    assert small
    for order_id, ledger_index in small:
        assert (order_id, ledger_index + 2) not in small


def test_levels_rest_side_by_side(tmp_path: Path) -> None:
    """Three levels a side: most ledgers show three bids and three asks, each as far apart as the profile says."""
    strategy = {"levels": 3, "level_step_bps": D(4)}
    _, records, views = course(tmp_path, strategy=strategy, risk={"max_requests_minute": 200})
    counts = Counter(sum(offer.side is Side.BUY for offer in view.own_offers) for view in views)
    assert counts[3] > len(views) / 2
    assert max(counts) <= 3
    judged = [record for record in records if isinstance(record, QuotesJudged)]
    bids = [[quote.price for quote in each.quotes if quote.side is Side.BUY] for each in judged]
    assert sum(len(prices) == 3 for prices in bids) > 50
    for prices in bids:
        assert prices == sorted(prices, reverse=True)
        if len(prices) == 3:
            assert all(D("3.9") < (a / b - 1) * 10_000 < D("4.1") for a, b in pairwise(prices))


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_runs_is_filled_and_repeats(model: str, tmp_path: Path) -> None:
    """A profile that names it runs; the same seed gives the same journal; another model gives another one."""
    hashes = []
    for name in ("first", "again"):
        folder = tmp_path / name
        folder.mkdir()
        summary, _, _ = course(folder, strategy={"model": model})
        assert summary.fills > 5
        hashes.append(summary.journal_sha256)
    assert hashes[0] == hashes[1]


def test_at_the_networks_threshold_this_market_keeps_quotes_away(tmp_path: Path) -> None:
    """The simulated pool, whose fee is three times 10 bps, parts from the book again and again: pulls are counted."""
    strategy = {"anchor_max_divergence_bps": D(10), "anchor_rejoin_bps": D(8)}
    summary, records, _ = course(tmp_path, duration_s=HALF_HOUR_S, strategy=strategy)
    assert summary.anchor_pulls > 5
    assert summary.held_back["anchor_diverged"] > 5 * summary.anchor_pulls
    assert 0.2 < share(observed(records), "own_bid") < 0.75
