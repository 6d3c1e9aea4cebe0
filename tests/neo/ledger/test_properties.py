"""What must hold whatever is traded: nothing comes from nothing, nobody trades worse than asked, nothing is lost.

Method: hypothesis draws a ledger (pool or none, transfer fee, tick size, rich or poor traders) and a list of moves
(``support/ledger_play.py``). The draws are the same every time; a wider search is one setting away.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ledger_play as play
from support.ledger_play import Move
from support.ledger_world import (
    ALICE,
    BOB,
    CAROL,
    CURRENCY,
    IMMEDIATE,
    ISSUER,
    PASSIVE,
    SELL,
    STRANGER,
    World,
    frozen,
    rlusd,
)

from neo.chain.fills import read
from neo.chain.pair import Pair
from neo.ledger import Applied, Ledger, Side, quality
from neo.ledger.entries import LINE_RESERVE, Image, Offer, OfferImage, TrustLine
from neo.ledger.flow import strand
from neo.ledger.transactions import offer_create
from neo.messages import LedgerTransaction, OrderStatus

PLAYS = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
games = st.tuples(play.worlds(), st.lists(play.moves(), min_size=1, max_size=25))

TOKEN_SLACK = Fraction(1, 10**12)  # sixteen digits lose a little at every addition
POOL_SLACK = Fraction(3, 10**7)  # what the ledger itself forgives between a limit and the pool's average price


def transactions(world: World, moves: list[Move]) -> Iterator[dict[str, Any]]:
    """Each move that is a transaction, for the reader to apply; the others are made between them."""
    for move in moves:
        tx = play.transaction(world, move)
        if tx is None:
            play.step(world, move)
        else:
            yield tx


def all_drops(world: World) -> int:
    return sum(account.drops for account in world.ledger.state.accounts.values())


def all_tokens(world: World) -> Fraction:
    lines = [account.line for account in world.ledger.state.accounts.values()]
    return sum((exact(line.balance) for line in lines if line is not None), Fraction(0))


def exact(value: Any) -> Fraction:
    return Fraction(value) if isinstance(value, int) else value[0] * Fraction(10) ** value[1]


@PLAYS
@given(games)
def test_xrp_is_conserved_less_fees(game: tuple[World, list[Move]]) -> None:
    world, moves = game
    start_drops, start_burnt = all_drops(world), world.burnt_drops
    for move in moves:
        play.step(world, move)
        assert all_drops(world) + world.burnt_drops == start_drops + start_burnt


@PLAYS
@given(games)
def test_tokens_are_conserved_less_transfer_fees(game: tuple[World, list[Move]]) -> None:
    world, moves = game
    rate = Fraction(world.ledger.state.transfer_rate(), 10**9)
    for move in moves:
        before = all_tokens(world)
        largest = max(abs(exact(line.balance)) for line in _lines(world))
        play.step(world, move)
        lost = before - all_tokens(world)
        slack = TOKEN_SLACK * (largest + 1)
        assert lost >= -slack, "tokens came from nothing"
        assert lost <= slack + (rate - 1) * before, "more was taken than the issuer's fee"
        if rate == 1:
            assert lost <= slack


def _lines(world: World) -> list[TrustLine]:
    return [account.line for account in world.ledger.state.accounts.values() if account.line is not None]


@PLAYS
@given(games)
def test_nobody_trades_at_a_worse_quality_than_its_own(game: tuple[World, list[Move]]) -> None:
    """A standing offer loses at most a drop or a sixteenth digit to rounding; a taker pays at most its limit."""
    world, moves = game
    for move in moves:
        tx = play.transaction(world, move)
        before = _holdings(world, tx) if tx is not None else None
        outcome = play.step(world, move)
        if outcome is None:
            continue
        _check_makers(outcome)
        if tx is not None and before is not None and tx["TransactionType"] == "OfferCreate" and outcome.applied:
            _check_taker(world, tx, before)


def _holdings(world: World, tx: dict[str, Any]) -> tuple[int, Fraction]:
    account = world.ledger.state.accounts[tx["Account"]]
    return account.drops, exact(account.line.balance) if account.line is not None else Fraction(0)


def _check_makers(outcome: Applied) -> None:
    for touched in outcome.touched:
        offer, before = touched.entry, touched.before
        if not isinstance(offer, Offer) or not isinstance(before, OfferImage) or before.pays == offer.pays:
            continue
        got = exact(before.pays) - exact(offer.pays)
        gave = exact(before.gets) - exact(offer.gets)
        rate = exact(quality.rate_of(offer.quality))
        # A drop, where drops are what it gets or gives, and the last digits of what it had.
        slack = (1 if isinstance(offer.pays, int) else rate) + TOKEN_SLACK * exact(before.pays)
        assert got + slack >= rate * gave


def _check_taker(world: World, tx: dict[str, Any], before: tuple[int, Fraction]) -> None:
    drops, tokens = _holdings(world, tx)
    drops_gained, tokens_gained = drops + int(tx["Fee"]) - before[0], tokens - before[1]
    digits = TOKEN_SLACK * (abs(before[1]) + 1)
    fee = Fraction(world.ledger.state.transfer_rate(), 10**9)
    if isinstance(tx["TakerGets"], str):
        spent, got = Fraction(-drops_gained), tokens_gained + digits
        limit = Fraction(tx["TakerGets"]) / Fraction(tx["TakerPays"]["value"])
    else:
        spent, got = -tokens_gained - digits, Fraction(drops_gained)
        limit = fee * Fraction(tx["TakerGets"]["value"]) / Fraction(tx["TakerPays"])
    tick = Fraction(1, 10 ** (world.ledger.state.issuer.tick_size - 1)) if world.ledger.state.issuer.tick_size else 0
    if spent > 0:
        assert spent <= limit * got * (1 + POOL_SLACK + tick) + limit


@PLAYS
@given(games)
def test_nothing_is_negative_and_every_entry_is_in_its_place(game: tuple[World, list[Move]]) -> None:
    world, moves = game
    for move in moves:
        play.step(world, move)
    state = world.ledger.state
    for account in state.accounts.values():
        assert account.drops >= 0
        if account.line is not None:
            assert account.line.balance[0] >= 0
        owned = [entry for page in account.owned.pages.values() for entry in page.entries]
        assert account.owner_count == sum(_is_reserved(account, entry) for entry in owned)
        assert {entry for entry in owned if isinstance(entry, Offer)} == set(account.offers.values())
        for page in account.owned.pages.values():
            assert [entry.key for entry in page.entries] == sorted(entry.key for entry in page.entries)
    for book in (state.asks, state.bids):
        assert book.qualities == sorted(book.directories)
        for offer in book:
            assert offer.alive
            assert exact(offer.pays) > 0
            assert exact(offer.gets) > 0
            assert offer.owner.offers[offer.sequence] is offer


def _is_reserved(account: Any, entry: Any) -> bool:
    """Whether an entry counts towards its owner's reserve."""
    if isinstance(entry, TrustLine):
        side = entry.holder_is_high if entry.holder is account else 1 - entry.holder_is_high
        return bool(entry.flags & LINE_RESERVE[side])
    return isinstance(entry, Offer)


@PLAYS
@given(games)
def test_a_preview_tells_what_would_happen_and_changes_nothing(game: tuple[World, list[Move]]) -> None:
    """Its result and whether it takes anything are what the metadata tells once it has happened."""
    world, moves = game
    for tx in transactions(world, moves):
        before = frozen(world.ledger)
        seen = world.ledger.preview(tx)
        assert frozen(world.ledger) == before
        done = world.ledger.apply(tx, "F" * 64)
        assert seen.result == done.result
        assert seen.takes == (done.applied and _takes(tx, done))


def _takes(tx: dict[str, Any], done: Applied) -> bool:
    """What the reader of fills finds besides the fee and what the transaction replaces."""
    told = LedgerTransaction("F" * 64, tx, done.meta(), done.result)
    reading = read(told, Pair(tx["Account"], CURRENCY, ISSUER))
    lost = [change for change in reading.changes if change.status not in (OrderStatus.REPLACED, OrderStatus.CANCELED)]
    return bool(reading.xrp_change_drops or reading.rlusd_change or lost)


@PLAYS
@given(games)
def test_a_result_is_that_of_the_ledger_as_it_is(game: tuple[World, list[Move]]) -> None:
    """A preview's result is told again while the ledger stays as it is, and never afterwards."""
    world, moves = game
    ledger = world.ledger
    for move in moves:
        tx = play.transaction(world, move)
        if tx is not None:
            for earlier in ({**tx, "LastLedgerSequence": ledger.index - 1}, {**tx, "LastLedgerSequence": "soon"}):
                ledger.preview(earlier)
            seen = ledger.preview(tx).result
            later = {**tx, "LastLedgerSequence": ledger.index + 5}
            past = {**tx, "LastLedgerSequence": ledger.index - 1}
            asked = [ledger.result_of(tx), ledger.result_of(later), ledger.result_of(past)]
            rebuilt = Ledger.from_state(ledger.to_state())
            assert asked == [rebuilt.result_of(tx), rebuilt.result_of(later), rebuilt.result_of(past)]
            assert asked[0] == seen
        play.step(world, move)
        if tx is not None:
            assert ledger.result_of(tx) == Ledger.from_state(ledger.to_state()).result_of(tx)


@PLAYS
@given(games)
def test_depth_is_the_book_without_one_account(game: tuple[World, list[Move]]) -> None:
    """What others have funds behind, at the prices and in the order of the book."""
    world, moves = game
    for move in moves:
        play.step(world, move)
    sides: tuple[Side, Side] = ("asks", "bids")
    for side, others in itertools.product(sides, (ALICE, STRANGER)):
        backed = [offer for offer in world.ledger.book(side) if offer.account != others and offer.funded_gets > 0]
        depth = list(world.ledger.depth(side, without=others))
        gives_xrp = side == "asks"
        assert [level.quality for level in depth] == [offer.quality for offer in backed]
        assert [level.drops for level in depth] == [
            offer.funded_gets if gives_xrp else offer.funded_pays for offer in backed
        ]
        assert [level.tokens for level in depth] == [
            offer.funded_pays if gives_xrp else offer.funded_gets for offer in backed
        ]


@PLAYS
@given(games)
def test_what_a_taker_gets_may_move_last(game: tuple[World, list[Move]]) -> None:
    """With it moved first, and done once more what it makes void, as the server does it, all comes to the same."""
    world, moves = game
    for tx in transactions(world, moves):
        with mock.patch.object(strand.Strand, "waiting_end", return_value=None):
            first = Ledger.from_state(world.ledger.to_state()).apply(tx, "F" * 64)
        last = world.ledger.apply(tx, "F" * 64)
        assert first.result == last.result
        assert (first.meta() if first.applied else None) == (last.meta() if last.applied else None)


@PLAYS
@given(games)
def test_who_is_said_to_have_been_alone_changed_nothing_of_anybody_else(game: tuple[World, list[Move]]) -> None:
    """What is passed over for that belongs to its sender, or is a page of a book; and most quotes are passed over."""
    world, moves = game
    for tx in transactions(world, moves):
        done = world.ledger.apply(tx, "F" * 64)
        if done.alone:
            others = [account for account in world.ledger.state.accounts if account != tx["Account"]]
            assert not [touched for touched in done.touched if any(map(touched.entry.belongs_to, others))]
            assert not any(map(done.touches, others))
            assert done.touches(tx["Account"])


@PLAYS
@given(games)
def test_what_a_transaction_wrote_first_is_what_it_changed(game: tuple[World, list[Move]]) -> None:
    """Of all that it wrote and did not undo, the first image of each entry is listed; what was undone is as it was."""
    world, moves = game
    journal = world.ledger.state.journal
    for tx in transactions(world, moves):
        world.ledger.apply(tx, "F" * 64)
        written: dict[Any, Any] = {}
        for change in journal.changes:
            if isinstance(change, Image):
                written.setdefault(change.entry, change)
        first = {image.entry: image for image in journal.first}
        assert len(first) == len(journal.first)
        for entry, image in written.items():
            assert [getattr(first[entry], name) for name in type(image).__slots__] == [
                getattr(image, name) for name in type(image).__slots__
            ]
        assert not [entry for entry, image in first.items() if entry not in written and image.has_changed()]


@PLAYS
@given(games)
def test_the_quick_look_before_crossing_never_hides_a_trade(game: tuple[World, list[Move]]) -> None:
    """With the whole engine run for every offer, each one ends as it does when makers are spared it."""
    world, moves = game
    for tx in transactions(world, moves):
        with mock.patch.object(offer_create._Crossing, "_may_meet", return_value=True):
            whole = Ledger.from_state(world.ledger.to_state()).apply(tx, "F" * 64)
        quick = world.ledger.apply(tx, "F" * 64)
        assert whole.result == quick.result
        assert (whole.meta() if whole.applied else None) == (quick.meta() if quick.applied else None)


@PLAYS
@given(games)
def test_a_rebuilt_ledger_is_the_same_ledger(game: tuple[World, list[Move]]) -> None:
    """After any play, the state written and read back is the same, and the next transaction does the same to it."""
    world, moves = game
    for move in moves[:-1]:
        play.step(world, move)
    rebuilt = Ledger.from_state(json.loads(json.dumps(world.ledger.to_state())))
    assert frozen(rebuilt) == frozen(world.ledger)
    tx = play.transaction(world, moves[-1])
    if tx is not None:
        assert rebuilt.apply(tx).result == world.ledger.apply(tx).result
        assert frozen(rebuilt) == frozen(world.ledger)


@PLAYS
@given(games)
def test_what_reaches_the_ledger_shows_in_metadata_and_in_touches(game: tuple[World, list[Move]]) -> None:
    """The sum of the balance changes in metadata is the fee; every account named there is told by ``touches``."""
    world, moves = game
    for move in moves:
        outcome = play.step(world, move)
        if outcome is None or not outcome.applied:
            continue
        change = 0
        for item in outcome.meta()["AffectedNodes"]:
            node = next(iter(item.values()))
            if node["LedgerEntryType"] == "AccountRoot":
                final = node.get("FinalFields", node.get("NewFields", {}))
                previous = node.get("PreviousFields", {}).get("Balance", final.get("Balance", "0"))
                change += int(final.get("Balance", "0")) - (0 if "NewFields" in node else int(previous))
                assert outcome.touches(final["Account"])
        assert change == -int(outcome.tx.fields["Fee"])
        assert not outcome.touches(STRANGER)


@pytest.mark.parametrize("seed", range(4))
def test_a_crash_through_book_and_pool_loses_nothing_and_never_shrinks_the_pool(seed: int) -> None:
    """A fifth off the price in ten steps: sellers sweep dozens of bids, with the pool between them in many passes.

    Rule: whatever a swap rounds, it rounds for the pool (AMMHelpers.h ``swapAssetIn``, ``swapAssetOut``), so that the
    product of its balances only grows; and the crossings of a crash conserve what smaller ones do.
    """
    chance = random.Random(seed)
    world = World(drops=10**12, tokens="1000000")
    world.pool(drops=2_000_000_000, tokens="4000", fee=200)
    start_drops, start_tokens = all_drops(world) + world.burnt_drops, all_tokens(world)
    price, swept, product = 2.0, 0, _product(world)
    for step in range(60):
        is_crash = 30 <= step < 40
        price *= 0.98 if is_crash else chance.uniform(0.999, 1.001)
        for move in (*[_quote] * 8, *([_dump] * 2 if is_crash else [])):
            outcome = world.apply(move(chance, world, price))
            gone = [item for item in outcome.touched if isinstance(item.entry, Offer) and not item.entry.alive]
            swept = max(swept, len(gone))
            assert all_drops(world) + world.burnt_drops == start_drops
            assert abs(all_tokens(world) - start_tokens) <= TOKEN_SLACK * start_tokens
            before, product = product, _product(world)
            assert product >= before * (1 - TOKEN_SLACK / 1000)
    assert swept >= 24
    rebuilt = Ledger.from_state(json.loads(json.dumps(world.ledger.to_state())))
    assert frozen(rebuilt) == frozen(world.ledger)


def _product(world: World) -> Fraction:
    pool = world.ledger.amm()
    assert pool is not None
    return pool.drops * Fraction(pool.token)


def _quote(chance: random.Random, world: World, price: float) -> dict[str, Any]:
    """A maker's offer on either side, up to four per cent from the price."""
    is_ask = chance.random() < 0.5
    off = chance.uniform(0.0005, 0.04)
    drops = chance.randint(1_000_000, 200_000_000)
    tokens = rlusd(f"{drops * price * (1 + off if is_ask else 1 - off) / 1e6:.15g}")
    sides = (str(drops), tokens) if is_ask else (tokens, str(drops))
    return world.tx(chance.choice((ALICE, BOB)), "OfferCreate", Flags=PASSIVE, TakerGets=sides[0], TakerPays=sides[1])


def _dump(chance: random.Random, world: World, price: float) -> dict[str, Any]:
    """A seller of XRP in a hurry, content with a tenth less than the price."""
    drops = chance.randint(100_000_000, 5_000_000_000)
    return world.tx(
        CAROL,
        "OfferCreate",
        Flags=chance.choice((IMMEDIATE, IMMEDIATE | SELL)),
        TakerGets=str(drops),
        TakerPays=rlusd(f"{drops * price * 0.9 / 1e6:.15g}"),
    )


def test_readers_agree_with_each_other() -> None:
    """The readers for outsiders tell the same state in drops and decimals."""
    world = World()
    world.ask(ALICE, 5_000_000, "10.25")
    [offer] = world.ledger.book("asks")
    assert (offer.taker_gets, offer.taker_pays) == (5_000_000, Decimal("10.25"))
    assert offer.quality == Decimal("0.00000205")
    assert world.ledger.offers(ALICE)[0].sequence == offer.sequence
