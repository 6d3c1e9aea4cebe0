"""Non-fungible tokens: their ids, the pages they come on, and the reserve that a page takes."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, STRANGER, World, frozen

from neo.ledger import EXCHANGE_3_0, Ledger, UnsupportedTransactionError, keys, nft_pages

TRANSFERABLE, MUTABLE, TRUST_LINE = 8, 16, 4


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def mint(world: World, by: str = ALICE, taxon: int = 0, **fields: Any) -> str:
    """Mint a token."""
    return world.do(by, "NFTokenMint", NFTokenTaxon=taxon, **fields)


def tokens_of(world: World, who: str = ALICE) -> list[list[str]]:
    """The ids on each of somebody's pages."""
    pages = nft_pages.pages_of(world.ledger.state, world.ledger.state.accounts[who])
    listed: list[Any] = [page.fields["NFTokens"] for page in pages]
    return [[token["NFToken"]["NFTokenID"] for token in tokens] for tokens in listed]


def test_an_id_is_flags_fee_issuer_spread_taxon_and_serial() -> None:
    """A token that a real 3.0 server made: transferable, without a fee, of taxon 0, with the serial 7545 (0x1D79)."""
    issuer = bytes.fromhex("C82291C19B307335F123772C07951B36C20D3E62")
    made = nft_pages.token_id(TRANSFERABLE, 0, issuer, 0, 0x1D79)
    assert made.hex().upper() == "00080000C82291C19B307335F123772C07951B36C20D3E62DB4CF01400001D79"


def test_the_first_token_opens_a_page_and_the_next_32_need_one_more() -> None:
    """Alice's line counts one; 32 tokens share a page, the 33rd parts it in two halves, to which it adds itself.

    Her tokens of one taxon are spread by their serials, so a page takes them in the order of their last 12 bytes.
    """
    world = newer()
    assert mint(world) == "tesSUCCESS"
    account = world.ledger.state.accounts[ALICE]
    assert (account.owner_count, account.other) == (2, {"FirstNFTokenSequence": 1, "MintedNFTokens": 1})
    for _ in range(31):
        assert mint(world) == "tesSUCCESS"
    assert [len(page) for page in tokens_of(world)] == [32]
    assert world.ledger.owner_count(ALICE) == 2
    assert mint(world) == "tesSUCCESS"
    assert sorted(len(page) for page in tokens_of(world)) == [16, 17]
    assert world.ledger.owner_count(ALICE) == 3
    ids = [identifier for page in tokens_of(world) for identifier in page]
    assert [identifier[40:] for identifier in ids] == sorted(identifier[40:] for identifier in ids)


def test_pages_are_linked_and_each_ends_below_its_own_key() -> None:
    """200 tokens: every page's tokens end below its key and not below the one before; the last key is the highest."""
    world = newer()
    for _ in range(200):
        assert mint(world) == "tesSUCCESS"
    pages = nft_pages.pages_of(world.ledger.state, world.ledger.state.accounts[ALICE])
    assert len(pages) == world.ledger.owner_count(ALICE) - 1 > 6
    below = bytes(12)
    for page, listed in zip(pages, tokens_of(world), strict=True):
        ends = [bytes.fromhex(identifier)[20:] for identifier in listed]
        assert 1 <= len(ends) <= 32
        assert all(below <= end < page.key[20:] for end in ends)
        below = page.key[20:]
    assert below == b"\xff" * 12
    named = [page.key.hex().upper() for page in pages]
    assert [page.fields.get("NextPageMin") for page in pages] == [*named[1:], None]
    assert [page.fields.get("PreviousPageMin") for page in pages] == [None, *named[:-1]]


def test_only_a_new_page_wants_a_reserve() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the page: with 1.4 XRP the first token is made, and the next ones too."""
    world = newer(drops=1_400_000)
    assert [mint(world) for _ in range(3)] == ["tesSUCCESS"] * 3
    assert mint(newer(drops=1_399_999)) == "tecINSUFFICIENT_RESERVE"


def test_a_failed_minting_leaves_no_number_behind() -> None:
    """Not the first one's either."""
    world = newer(drops=1_399_999)
    assert mint(world) == "tecINSUFFICIENT_RESERVE"
    assert (world.ledger.state.accounts[ALICE].other, tokens_of(world)) == ({}, [])


def test_a_minter_makes_tokens_in_the_name_of_an_issuer_that_named_him() -> None:
    """Bob for Alice: the token and its page are his, the numbers hers, from her next sequence number on."""
    world = newer()
    assert mint(world, by=BOB, Issuer=ALICE) == "tecNO_PERMISSION"
    assert mint(world, by=BOB, Issuer=STRANGER) == "tecNO_ISSUER"
    world.ledger.state.accounts[ALICE].other = {"NFTokenMinter": BOB}
    assert mint(world, by=BOB, Issuer=ALICE, URI="AB") == "tesSUCCESS"
    assert world.ledger.state.accounts[ALICE].other["FirstNFTokenSequence"] == 1
    assert (tokens_of(world), world.ledger.owner_count(BOB)) == ([], 2)
    ((identifier,),) = tokens_of(world, BOB)
    assert identifier[8:48] == keys.account_id(ALICE).hex().upper()


def test_on_a_ticket_the_first_number_is_the_next_sequence_number() -> None:
    """Two tickets made by transaction 1: the next one is 4, and the token's number too."""
    world = newer()
    assert world.do(CAROL, "TicketCreate", TicketCount=2) == "tesSUCCESS"
    assert mint(world, by=CAROL, Sequence=0, TicketSequence=2) == "tesSUCCESS"
    assert world.ledger.state.accounts[CAROL].other["FirstNFTokenSequence"] == 4


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": MUTABLE}, "tesSUCCESS"),
        ({"Flags": TRUST_LINE}, "temINVALID_FLAG"),
        ({"TransferFee": 100}, "temMALFORMED"),
        ({"TransferFee": 50_001, "Flags": TRANSFERABLE}, "temBAD_NFTOKEN_TRANSFER_FEE"),
        ({"TransferFee": 50_000, "Flags": TRANSFERABLE}, "tesSUCCESS"),
        ({"Issuer": ALICE}, "temMALFORMED"),
        ({"URI": ""}, "temMALFORMED"),
        ({"URI": "AB" * 257}, "temMALFORMED"),
        ({"URI": "AB" * 256}, "tesSUCCESS"),
    ],
)
def test_what_is_no_token_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields."""
    assert mint(newer(), **fields) == result


def test_a_token_offered_at_once_is_told_to_be_unknown() -> None:
    """Offers of such tokens are not executed."""
    with pytest.raises(UnsupportedTransactionError, match="offers of non-fungible tokens"):
        mint(newer(), Amount="5")


def like(number: int, low: int) -> bytes:
    """An id whose last 12 bytes are a given number."""
    return number.to_bytes(20, "big") + low.to_bytes(12, "big")


def test_tokens_whose_ends_are_the_same_are_kept_on_one_page() -> None:
    """32 of end 5 fill a page: a 33rd of it has no place, one of a higher end begins after them, a lower one before."""
    for end, place, sizes in ((5, False, [32]), (6, True, [32, 1]), (4, True, [1, 32])):
        world = newer()
        state = world.ledger.state
        alice = state.accounts[ALICE]
        for number in range(32):
            assert nft_pages.add(state, alice, like(number, 5), {})
        assert nft_pages.add(state, alice, like(99, end), {}) is place
        assert [len(page) for page in tokens_of(world)] == sizes


def test_a_page_is_parted_beside_tokens_that_must_stay_together() -> None:
    """After those of its middle that are the same, or before them where nothing comes after."""
    for ends, sizes in (([1] * 10 + [2] * 10 + [3] * 12, [20, 13]), ([1] * 10 + [2] * 22, [10, 23])):
        world = newer()
        state = world.ledger.state
        for number, end in enumerate(ends):
            assert nft_pages.add(state, state.accounts[ALICE], like(number, end), {})
        assert nft_pages.add(state, state.accounts[ALICE], like(99, 9), {})
        assert [len(page) for page in tokens_of(world)] == sizes


def test_a_ledger_with_pages_is_the_same_when_it_is_read_back() -> None:
    """Saved as JSON and read again, it goes on with them."""
    world = newer()
    assert mint(world) == "tesSUCCESS"
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    assert again.apply(world.tx(ALICE, "NFTokenMint", NFTokenTaxon=0), "F" * 64).result == "tesSUCCESS"
    assert again.owner_count(ALICE) == 2
