"""Closing an account: what holds it back, and what goes with it."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, START_S, STRANGER, World, frozen, rlusd

from neo.ledger import EXCHANGE_3_0, Ledger, directory, others
from neo.ledger.json_forms import JsonObject

FEE = "200000"
OLD = 300  # a ledger in which an account that began with sequence 10 is old enough


def with_stranger(drops: str = "50000000", ledger: int = OLD) -> World:
    """A world in which a stranger without a line has some XRP since ledger 10; time has gone on since."""
    world = World(amendments=EXCHANGE_3_0)
    assert world.pay(ALICE, STRANGER, drops) == "tesSUCCESS"
    world.ledger.open_at(index=ledger, close_time_s=START_S + 900, parent_close_time_s=START_S + 900)
    return world


def delete(world: World, who: str = STRANGER, to: str = BOB, **fields: Any) -> str:
    """Close an account."""
    return world.do(who, "AccountDelete", Destination=to, **({"Fee": FEE} | fields))


def test_what_is_left_after_the_fee_goes_to_another_and_the_account_is_gone() -> None:
    """50 XRP less 0.2."""
    world = with_stranger()
    applied = world.apply(world.tx(STRANGER, "AccountDelete", Destination=BOB, Fee=FEE))
    assert (applied.result, applied.meta()["DeliveredAmount"]) == ("tesSUCCESS", "49800000")
    assert world.ledger.xrp_drops(BOB) == 1_049_800_000
    assert STRANGER not in world.ledger.state.accounts
    assert world.do(STRANGER, "AccountSet") == "terNO_ACCOUNT"


def test_asks_tickets_signers_and_leave_go_with_it() -> None:
    """A taker finds nothing of what rested; the ledger saved and read back is the same."""
    world = with_stranger()
    for drops in range(1_000_000, 41_000_000, 1_000_000):  # 40 offers: two pages of its directory
        assert world.ask(STRANGER, drops, "9") == "tesSUCCESS"
    assert world.do(STRANGER, "TicketCreate", TicketCount=2) == "tesSUCCESS"
    assert world.do(STRANGER, "DepositPreauth", Authorize=BOB) == "tesSUCCESS"
    signer = {"SignerEntry": {"Account": BOB, "SignerWeight": 1}}
    assert world.do(STRANGER, "SignerListSet", SignerQuorum=1, SignerEntries=[signer]) == "tesSUCCESS"
    gone = world.ledger.state.accounts[STRANGER]
    world.ledger.open_at(index=OLD + 100, close_time_s=START_S + 999, parent_close_time_s=START_S + 999)
    assert delete(world) == "tesSUCCESS"
    assert (list(world.ledger.book("asks")), world.ledger.state.others) == ([], {})
    assert (directory.is_empty(gone.owned), gone.owned.pages, gone.owner_count) == (True, {}, 0)
    assert frozen(Ledger.from_state(world.ledger.to_state())) == frozen(world.ledger)
    assert world.bid(CAROL, 5_000_000, "100") == "tesSUCCESS"
    assert len(world.ledger.offers(CAROL)) == 1


def test_a_closed_account_can_come_again_with_the_ledgers_number() -> None:
    """It begins anew, with nothing."""
    world = with_stranger()
    assert delete(world) == "tesSUCCESS"
    assert world.pay(ALICE, STRANGER, "2000000") == "tesSUCCESS"
    account = world.ledger.state.accounts[STRANGER]
    assert (account.drops, account.sequence, account.owner_count) == (2_000_000, OLD, 0)


@pytest.mark.parametrize(("ledger", "result"), [(265, "tesSUCCESS"), (264, "tecTOO_SOON")])
def test_an_account_is_closed_255_ledgers_behind(ledger: int, result: str) -> None:
    """It began with sequence number 10: in ledger 265 its 10 and 255 are reached."""
    assert delete(with_stranger(ledger=ledger)) == result


def test_tokens_that_it_minted_hold_an_account_back_by_their_numbers_too() -> None:
    """Five, all burnt: the first was number 10, so 15 and 255 are to be reached."""
    for ledger, result in ((269, "tecTOO_SOON"), (270, "tesSUCCESS")):
        world = with_stranger(ledger=ledger)
        minted: JsonObject = {"FirstNFTokenSequence": 10, "MintedNFTokens": 5, "BurnedNFTokens": 5}
        world.ledger.state.accounts[STRANGER].other = minted
        assert delete(world) == result


def test_obligations_hold_an_account_back() -> None:
    """A line, a check to it, an NFT of its own, an NFT that is out."""
    world = with_stranger()
    assert delete(world, who=CAROL) == "tecHAS_OBLIGATIONS"
    assert world.do(ALICE, "CheckCreate", Destination=STRANGER, SendMax=rlusd("5")) == "tesSUCCESS"
    assert delete(world) == "tecHAS_OBLIGATIONS"
    world = with_stranger()
    assert world.do(STRANGER, "NFTokenMint", NFTokenTaxon=0) == "tesSUCCESS"
    world.ledger.state.accounts[STRANGER].other = {}  # as if another had minted it
    assert delete(world) == "tecHAS_OBLIGATIONS"
    world = with_stranger()
    world.ledger.state.accounts[STRANGER].other = {"MintedNFTokens": 1}
    assert delete(world) == "tecHAS_OBLIGATIONS"


def test_the_receiver_must_be_there_and_take_it() -> None:
    """Not a stranger of a stranger, not without its tag, not without its leave."""
    world = with_stranger()
    assert delete(world, to=STRANGER) == "temDST_IS_SRC"
    assert delete(world, to="rrrrrrrrrrrrrrrrrrrrBZbvji") == "tecNO_DST"
    assert world.do(BOB, "AccountSet", Flags=0x10000, SetFlag=9) == "tesSUCCESS"
    assert delete(world) == "tecDST_TAG_NEEDED"
    assert delete(world, DestinationTag=1) == "tecNO_PERMISSION"
    assert world.do(BOB, "DepositPreauth", Authorize=STRANGER) == "tesSUCCESS"
    assert delete(world, DestinationTag=1) == "tesSUCCESS"


def test_closing_costs_the_reserve_of_an_entry() -> None:
    """0.2 XRP."""
    world = with_stranger()
    assert delete(world, Fee="199999") == "telINSUF_FEE_P"
    assert delete(world, Fee="200000") == "tesSUCCESS"


def test_more_than_a_thousand_entries_are_too_many_to_go_along() -> None:
    """The limit of one transaction."""
    for count, result in ((1000, "tesSUCCESS"), (1001, "tefTOO_BIG")):
        world = with_stranger()
        account = world.ledger.state.accounts[STRANGER]
        for number in range(count):
            key = number.to_bytes(32, "big")
            others.create(world.ledger.state, "DepositPreauth", key, {"Flags": 0}, ((account, "OwnerNode"),))
        assert delete(world) == result


def test_the_page_that_an_escrow_left_empty_goes_with_the_account() -> None:
    """What is fetched from an escrow leaves its directory's first page standing, with nothing on it."""
    world = with_stranger(ledger=10)
    terms = {"Destination": BOB, "Amount": "5000000", "FinishAfter": START_S + 905}
    sequence = world.ledger.sequence(STRANGER)
    assert world.do(STRANGER, "EscrowCreate", **terms) == "tesSUCCESS"
    world.ledger.open_at(index=OLD, close_time_s=START_S + 910, parent_close_time_s=START_S + 910)
    assert world.do(BOB, "EscrowFinish", Owner=STRANGER, OfferSequence=sequence) == "tesSUCCESS"
    gone = world.ledger.state.accounts[STRANGER]
    assert [page.entries for page in gone.owned.pages.values()] == [()]
    assert delete(world) == "tesSUCCESS"
    assert gone.owned.pages == {}
