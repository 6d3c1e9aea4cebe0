"""Tickets: places set aside for transactions that may come in any order, each to be used once."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, World, frozen

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Ledger, canonical


def with_tickets(count: int = 3, **made: Any) -> World:
    """A world in which Alice has tickets numbered from 2: her first transaction made them."""
    world = World(amendments=EXCHANGE_3_0, **made)
    assert world.do(ALICE, "TicketCreate", TicketCount=count) == "tesSUCCESS"
    return world


def test_tickets_take_the_numbers_after_the_one_that_made_them_and_a_reserve_each() -> None:
    """Three tickets after transaction 1 are 2, 3 and 4; the next sequence number is 5."""
    world = with_tickets()
    account = world.ledger.state.accounts[ALICE]
    held = [entry.fields["TicketSequence"] for entry in world.ledger.state.others.values()]
    assert held == [2, 3, 4]
    assert (account.sequence, account.owner_count, account.other["TicketCount"]) == (5, 4, 3)  # the line is the fourth


def test_an_offer_on_a_ticket_carries_its_number_and_uses_it_up() -> None:
    """In any order; the sequence number stays, and a ticket used twice is none."""
    world = with_tickets()
    assert world.ask(ALICE, 1_000_000, "2", Sequence=0, TicketSequence=4) == "tesSUCCESS"
    assert world.ask(ALICE, 1_000_000, "2", Sequence=0, TicketSequence=2) == "tesSUCCESS"
    assert [offer.sequence for offer in world.ledger.offers(ALICE)] == [2, 4]
    account = world.ledger.state.accounts[ALICE]
    assert (account.sequence, account.owner_count, account.other["TicketCount"]) == (5, 4, 1)
    assert world.ask(ALICE, 1, "2", Sequence=0, TicketSequence=2) == "tefNO_TICKET"
    assert world.ask(ALICE, 1, "2", Sequence=0, TicketSequence=5) == "terPRE_TICKET"
    assert world.ask(ALICE, 1, "2", TicketSequence=3) == "temSEQ_AND_TICKET"
    assert world.do(ALICE, "OfferCancel", OfferSequence=4, Sequence=0, TicketSequence=3) == "tesSUCCESS"
    assert "TicketCount" not in account.other


def test_a_failure_that_costs_a_fee_costs_its_ticket_too() -> None:
    """As it would have cost its sequence number."""
    world = with_tickets(1)
    assert world.ask(ALICE, 10**12, "2", Sequence=0, TicketSequence=2, Flags=0x40000) == "tecKILLED"
    assert world.ledger.state.others == {}


@pytest.mark.parametrize(
    ("count", "result"), [(0, "temINVALID_COUNT"), (251, "temINVALID_COUNT"), (248, "tecDIR_FULL")]
)
def test_an_account_has_at_most_250_tickets(count: int, result: str) -> None:
    """Three are there already."""
    world = with_tickets()
    assert world.do(ALICE, "TicketCreate", TicketCount=count) == result
    assert world.do(ALICE, "TicketCreate", TicketCount=247) == "tesSUCCESS"


def test_tickets_want_their_reserve_beforehand() -> None:
    """1 XRP, 0.2 for the line, 0.2 for each of three: 1.8 XRP is enough, a drop less is not."""
    assert World(amendments=EXCHANGE_3_0, drops=1_800_000).do(ALICE, "TicketCreate", TicketCount=3) == "tesSUCCESS"
    short = World(amendments=EXCHANGE_3_0, drops=1_799_999)
    assert short.do(ALICE, "TicketCreate", TicketCount=3) == "tecINSUFFICIENT_RESERVE"


def test_without_the_amendment_there_are_none() -> None:
    """Neither to be made nor to be used."""
    world = World(amendments=EXCHANGE_2_3)
    assert world.do(ALICE, "TicketCreate", TicketCount=1) == "temDISABLED"
    assert world.ask(ALICE, 1, "2", Sequence=0, TicketSequence=2) == "temMALFORMED"


def test_a_ledger_with_tickets_is_the_same_when_it_is_read_back() -> None:
    """Saved as JSON and read again, it goes on with them."""
    world = with_tickets()
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    tx = world.tx(ALICE, "OfferCancel", OfferSequence=1, Sequence=0, TicketSequence=3)
    assert again.apply(tx, "F" * 64).result == "tesSUCCESS"
    assert len(again.state.others) == 2


def test_in_a_ledger_what_is_on_a_ticket_comes_after_its_accounts_sequence_numbers() -> None:
    """However small the ticket's number; the accounts' order is the salt's."""
    world = World()
    txs = [
        world.tx(ALICE, "OfferCancel", Sequence=0, TicketSequence=2, hash="A" * 64),
        world.tx(BOB, "OfferCancel", Sequence=7, hash="B" * 64),
        world.tx(ALICE, "OfferCancel", Sequence=9, hash="C" * 64),
        world.tx(ALICE, "OfferCancel", Sequence=8, hash="D" * 64),
    ]
    ordered = canonical.canonical_order(txs, bytes(32))
    assert [tx["hash"][0] for tx in ordered] == ["D", "C", "A", "B"]


def test_who_has_used_his_tickets_owns_nothing_any_more() -> None:
    """The first page of his directory stays, empty: he may still ask that his tokens need leave to be held."""
    world = World(amendments=EXCHANGE_3_0, tokens=None)
    assert world.do(ALICE, "TicketCreate", TicketCount=1) == "tesSUCCESS"
    assert world.do(ALICE, "AccountSet", SetFlag=2) == "tecOWNERS"
    assert world.do(ALICE, "AccountSet", Sequence=0, TicketSequence=2) == "tesSUCCESS"
    assert [page.entries for page in world.ledger.state.accounts[ALICE].owned.pages.values()] == [()]
    assert world.do(ALICE, "AccountSet", SetFlag=2) == "tesSUCCESS"
