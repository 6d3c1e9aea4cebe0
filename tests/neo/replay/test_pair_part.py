"""Which of a ledger's transactions are the pair's: held against what transactions did to a small ledger."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, CURRENCY, DAVE, IMMEDIATE, ISSUER, World, rlusd

from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.messages import LedgerTransaction
from neo.replay.pair_part import PairPart

PAIR = Pair(ISSUER, CURRENCY, ISSUER)


def done(world: World, account: str, kind: str, **fields: Any) -> LedgerTransaction:
    """A transaction and what it did."""
    tx = world.tx(account, kind, **fields)
    applied = world.apply(tx)
    assert applied.result == "tesSUCCESS"
    return LedgerTransaction(f"{applied.index:064X}", tx, applied.meta(), applied.result)


def offer(world: World, account: str) -> LedgerTransaction:
    """An ask that rests."""
    return done(world, account, "OfferCreate", TakerGets="1000000", TakerPays=rlusd("9"))


def payment(world: World, account: str, to: str, amount: Any) -> LedgerTransaction:
    """Somebody pays somebody."""
    return done(world, account, "Payment", Destination=to, Amount=amount)


def test_who_has_an_offer_is_followed_from_that_offer_on() -> None:
    """What happens between others is none of the pair's, before and after."""
    world, part = World(), PairPart(PAIR)
    before, between = payment(world, ALICE, BOB, "1000000"), payment(world, BOB, CAROL, rlusd("1"))
    placed = offer(world, ALICE)
    paid, lent = payment(world, BOB, ALICE, "1000000"), payment(world, BOB, ALICE, rlusd("1"))
    assert part.of((before, between)) == ()
    assert part.of((placed, paid, payment(world, BOB, CAROL, "1000000"), lent)) == (placed, paid, lent)


def test_the_pool_and_whoever_is_known_already_belong_to_it() -> None:
    """With its account, whose line of the token tells each trade."""
    world = World()
    part = PairPart(PAIR, (CAROL,))
    pool = done(world, DAVE, "AMMCreate", TradingFee=0, Amount="100000000", Amount2=rlusd("200"), Fee="200000")
    known, unknown = payment(world, BOB, CAROL, "1000000"), payment(world, BOB, DAVE, "1000000")
    assert part.of((pool, unknown, known)) == (pool, known)
    gives, wants = rlusd("1"), "100000"
    taken = done(world, ALICE, "OfferCreate", Flags=IMMEDIATE, TakerGets=gives, TakerPays=wants)
    assert part.of((taken,)) == (taken,)


def test_offers_of_another_token_are_none_of_it() -> None:
    """By their books' directories, as a server lists them."""
    world = World()
    other = PairPart(Pair(BOB, "USD", BOB))
    assert other.of((offer(world, ALICE),)) == ()


@pytest.mark.parametrize("kind", ["FeeSettings", "Amendments"])
def test_what_holds_for_everybody_belongs_to_it(kind: str) -> None:
    """Voted amounts and rules."""
    meta = {"AffectedNodes": [{"ModifiedNode": {"LedgerEntryType": kind, "LedgerIndex": "0" * 64, "FinalFields": {}}}]}
    voted = LedgerTransaction("0" * 64, {}, meta, "tesSUCCESS")
    assert PairPart(PAIR).of((voted,)) == (voted,)


@pytest.mark.parametrize("meta", [{}, {"AffectedNodes": [{"CreatedNode": {"LedgerIndex": "0" * 64}}]}])
def test_metadata_without_the_ledgers_shape_is_the_servers_fault(meta: dict[str, Any]) -> None:
    """It is told with the transaction that it is of."""
    with pytest.raises(MetadataError, match="metadata lacks the ledger's shape"):
        PairPart(PAIR).of((LedgerTransaction("0" * 64, {}, meta, "tesSUCCESS"),))
