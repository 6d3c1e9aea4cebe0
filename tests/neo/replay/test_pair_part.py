"""Which of a ledger's transactions are the pair's: held against what transactions did to a small ledger."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import recorded_mirror
from support.ledger_world import ALICE, BOB, CAROL, CURRENCY, DAVE, IMMEDIATE, ISSUER, World, rlusd

from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.ledger import Ledger
from neo.messages import LedgerTransaction
from neo.mirror.assembly import Completeness, LedgerAssembly
from neo.mirror.pinned_read import start_mirror
from neo.replay.fork import Fork
from neo.replay.pair_part import PairPart, state_of
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.wire.frames import LedgerClosedFrame

PAIR = Pair(ISSUER, CURRENCY, ISSUER)
SIDES = ("asks", "bids")


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


def test_a_fork_of_what_a_real_server_streamed_is_level_with_the_mirror_at_every_ledger() -> None:
    """Read once as a maker did, then told the pair's part of its stream alone: both books and the pool.

    But for offers of an owner whose line is deep-frozen: the mirror sets them aside, the ledger as it meets them.
    """
    mirror = start_mirror(recorded_mirror.first_read())
    told = msgspec.json.decode(msgspec.json.encode(state_of(mirror)), type=RecordedState)
    fork, part = Fork.begin(told), PairPart(mirror.pair, mirror.embedded.state.accounts)
    assembly = LedgerAssembly(
        Completeness.ALL, mirror.ledger_index, mirror.pair.account, mirror.root_hash, mirror.ledger_hash
    )
    passed_over = 0
    for frame in recorded_mirror.stream():
        if isinstance(frame, LedgerClosedFrame):
            done = assembly.take_closed(frame, 0.0)
        else:
            done = assembly.take_transaction(frame, 0.0)
        for ledger in done:
            ours = part.of(ledger.transactions)
            passed_over += len(ledger.transactions) - len(ours)
            fork.close(
                RecordedLedger(
                    ledger_index=ledger.index,
                    ledger_hash=ledger.ledger_hash,
                    parent_hash=mirror.ledger_hash,
                    close_time_s=ledger.close_time_s,
                    parent_close_time_s=mirror.ledger.parent_close_time_s,
                    transactions=ours,
                    is_whole=False,
                )
            )
            mirror.apply(ledger)
            aside = {key for key, each in mirror.embedded.offers.items() if mirror.embedded.is_set_aside(each)}
            assert offers(fork.ledger, aside) == offers(mirror.ledger, aside)
            assert fork.ledger.amm() == mirror.ledger.amm()
    assert mirror.ledger_index - told.ledger_index == 95
    assert fork.counts.executed.total() > 120
    assert passed_over > 0


def offers(ledger: Ledger, aside: set[str]) -> list[tuple[str, Any, Any]]:
    """The offers of both sides in the order of the book, without these: key, and what is left of each."""
    listed = [(each.key.hex().upper(), each.gets, each.pays) for side in SIDES for each in getattr(ledger.state, side)]
    return [each for each in listed if each[0] not in aside]
