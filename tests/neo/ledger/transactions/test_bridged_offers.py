"""Offers of one token for another: they take from their own book and over XRP, whichever is better.

Figures are worked out by hand: XRP stands at 2 RLUSD, and at 2.5 USD, so over XRP 4 RLUSD are 5 USD.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_two_tokens import TwoTokens, usd
from support.ledger_world import ALICE, BOB, CAROL, DAVE, FILL_OR_KILL, SELL, frozen, rlusd

from neo.ledger import Ledger


def with_offers(**made: int) -> TwoTokens:
    """Bob gives 12 XRP for 24 RLUSD, Carol gives 30 USD for 12 XRP."""
    world = TwoTokens(**made)
    assert world.offer(BOB, "12000000", rlusd("24")) == "tesSUCCESS"
    assert world.offer(CAROL, usd("30"), "12000000") == "tesSUCCESS"
    return world


def test_an_offer_bridges_over_xrp_and_rests_with_what_is_left() -> None:
    """48 RLUSD for 60 USD: half of it trades, the other half stands in its own book at the same price."""
    world = with_offers()
    assert world.offer(ALICE, rlusd("48"), usd("60")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("976", "1030")
    assert (world.tokens(BOB), world.usd_of(CAROL)) == ("1024", "970")
    state = world.ledger.state
    (rest,) = state.book(world.usd, state.token)
    assert (rest.owner.address, rest.pays, rest.gets) == (ALICE, (3 * 10**15, -14), (24 * 10**14, -14))
    assert not list(state.asks)
    assert not list(state.book(None, world.usd))


def test_the_better_way_is_taken_first() -> None:
    """Dave's 12 USD for 10 RLUSD come after the bridge's 30 for 24, and before 7 for 7 are looked at."""
    world = with_offers()
    assert world.offer(DAVE, usd("12"), rlusd("10")) == "tesSUCCESS"
    assert world.offer(DAVE, usd("7"), rlusd("7")) == "tesSUCCESS"
    assert world.offer(ALICE, rlusd("34"), usd("39.1"), Flags=SELL) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("966", "1042")
    assert [offer.sequence for offer in world.ledger.offers(DAVE)] == [2]


def test_a_bridge_dearer_than_the_offer_is_left_alone() -> None:
    """1.25 USD for 1 RLUSD there, 1.26 wanted: nothing trades, and who must fill is killed."""
    world = with_offers()
    assert world.offer(ALICE, rlusd("10"), usd("12.6"), Flags=FILL_OR_KILL) == "tecKILLED"
    assert world.offer(ALICE, rlusd("10"), usd("12.6")) == "tesSUCCESS"
    assert world.usd_of(ALICE) == "1000"


def test_owners_pay_the_fees_of_what_they_give_and_the_taker_of_what_it_gives() -> None:
    """Alice sends 24.24 RLUSD for Bob's 24 (1 %); Carol sends 31.5 USD for Alice's 30 (5 %)."""
    world = with_offers(transfer_rate=1_010_000_000, usd_transfer_rate=1_050_000_000)
    assert world.offer(ALICE, rlusd("24"), usd("30")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("975.76", "1024")
    assert (world.usd_of(ALICE), world.usd_of(CAROL)) == ("1030", "968.5")


def test_an_own_offer_on_the_bridge_is_taken_without_a_fee() -> None:
    """Alice's own XRP stand in the way: she pays herself 24 RLUSD and no fee, and only Carol's side is a trade."""
    world = TwoTokens(transfer_rate=1_010_000_000)
    assert world.offer(ALICE, "12000000", rlusd("24")) == "tesSUCCESS"
    assert world.offer(CAROL, usd("30"), "12000000") == "tesSUCCESS"
    assert world.offer(ALICE, rlusd("24"), usd("30")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("1000", "1030")
    assert world.ledger.xrp_drops(ALICE) == 1_000_000_000 - 12_000_000 - 20
    assert world.ledger.offers(ALICE) == []


def test_an_own_offer_in_the_direct_book_is_removed() -> None:
    """As in any book: one does not trade with oneself."""
    world = TwoTokens()
    assert world.offer(ALICE, usd("30"), rlusd("24")) == "tesSUCCESS"
    assert world.offer(ALICE, rlusd("24"), usd("30")) == "tesSUCCESS"
    assert [offer.sequence for offer in world.ledger.offers(ALICE)] == [2]
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("1000", "1000")


@pytest.mark.parametrize(
    ("rlusd_digits", "usd_digits", "gives"), [(5, 3, "123.304562"), (3, 5, "123.304562"), (0, 4, "123.441550")]
)
def test_the_coarser_tick_of_the_two_issuers_rounds_an_offer(rlusd_digits: int, usd_digits: int, gives: str) -> None:
    """0.81000007 RLUSD for 1 USD becomes 0.811 with three digits, 0.8101 with four: 100 RLUSD buy 100 / 0.811 USD."""
    world = TwoTokens(tick_size=rlusd_digits, usd_tick_size=usd_digits)
    assert world.offer(ALICE, usd("123.45678"), rlusd("100")) == "tesSUCCESS"
    (offer,) = world.ledger.offers(ALICE)
    assert str(offer.taker_gets).startswith(gives)


def test_a_second_tokens_books_and_pools_are_the_same_when_they_are_read_back() -> None:
    """Saved as JSON and read again, the ledger goes on with them."""
    world = with_offers()
    world.usd_pool(1_000_000_000, "3000")
    assert world.offer(DAVE, usd("12"), rlusd("10")) == "tesSUCCESS"
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    tx = world.tx(ALICE, "OfferCreate", TakerGets=rlusd("34"), TakerPays=usd("39.1"), Flags=SELL)
    results = [ledger.apply(tx, "F" * 64) for ledger in (again, world.ledger)]
    assert [applied.result for applied in results] == ["tesSUCCESS", "tesSUCCESS"]
    assert results[0].meta() == results[1].meta()
    assert frozen(again) == frozen(world.ledger)


def test_metadata_names_both_tokens() -> None:
    """An offer that is placed names its two sides, and its directory their currencies and issuers."""
    world = TwoTokens()
    meta: Any = world.apply(world.tx(ALICE, "OfferCreate", TakerGets=usd("3"), TakerPays=rlusd("2"))).meta()
    created = [node["CreatedNode"] for node in meta["AffectedNodes"] if "CreatedNode" in node]
    made = {node["LedgerEntryType"]: node for node in created}
    offer = made["Offer"]["NewFields"]
    assert (offer["TakerGets"], offer["TakerPays"]) == (usd("3"), rlusd("2"))
    home = made["DirectoryNode"]["NewFields"]
    assert home["TakerPaysCurrency"] == rlusd("2")["currency"]
    assert home["TakerGetsCurrency"] == "0000000000000000000000005553440000000000"
    assert (home["TakerPaysIssuer"], home["TakerGetsIssuer"]) == ("09" * 20, "08" * 20)
