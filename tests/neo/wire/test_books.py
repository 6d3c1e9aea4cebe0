"""The market as a real server answers it: offers with their funds, the pool with its slot, hybrids with both books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support import conversations

from neo.chain.pair import Pair
from neo.wire import books, requests
from neo.wire.fields import FrameError, TokenAmount

MAKER = conversations.parties("maker-session")
PAIR = Pair(MAKER["our_account"], MAKER["currency"], MAKER["issuer"])

OFFER = {
    "LedgerEntryType": "Offer",
    "index": "C115",
    "Account": "rA",
    "Sequence": 5,
    "Flags": 0,
    "BookDirectory": "C6C0",
    "TakerGets": "50000000",
    "TakerPays": {"currency": "USD", "issuer": "rI", "value": "100.5"},
}


def answer(request: requests.WireRequest[Any], *, nth: int = 0) -> Any:
    return conversations.answer_to("maker-session", request, nth=nth)


def test_asks_give_xrp_and_tell_their_owners_funds_once() -> None:
    """Offers are exact, and an owner's funds count once: they come with the first of its offers alone."""
    book = answer(requests.book_offers(PAIR, asks=True, limit=10))
    first, second = book.offers[:2]
    assert (book.ledger_index, book.validated, len(book.offers)) == (17, True, 10)
    assert (first.account, first.sequence, first.flags) == (PAIR.account, 5, 65_536)
    assert first.taker_gets == 50_000_000
    assert first.taker_pays == TokenAmount(PAIR.currency, PAIR.issuer, Decimal("100.5"))
    assert first.book_directory == "C6C0C640F96C5B5A83B1B2F844F5748EB2C0E0D130C2FF1B4F07241597FFA000"
    assert (first.owner_funds, second.owner_funds) == (Decimal(99_992_999_644), None)


def test_a_bid_under_a_global_freeze_is_told_with_no_funds() -> None:
    """Tokens that are frozen can not be sold to us, so such a bid has funds of nought for all its size."""
    bid = answer(requests.book_offers(PAIR, asks=False, limit=10)).offers[0]
    assert bid.taker_gets == TokenAmount(PAIR.currency, PAIR.issuer, Decimal("59.7"))
    assert (bid.taker_pays, bid.owner_funds) == (30_000_000, Decimal(0))


def test_the_pool_tells_xrp_first_as_it_was_asked_for() -> None:
    """Its slot runs out at 2026-11-27T00:25:24Z, a day after the pool was made."""
    pool = answer(requests.amm_info(PAIR))
    assert (pool.account, pool.trading_fee_per_100k, pool.is_frozen) == (MAKER["amm_account"], 300, False)
    assert pool.amount == 20_000_000_000
    assert pool.amount2 == TokenAmount(PAIR.currency, PAIR.issuer, Decimal(40_000))
    assert pool.lp_token.value == Decimal("28284271.2474619")
    assert pool.auction_slot == books.AuctionSlot(MAKER["accounts"]["t0"], 849_054_324, 30, ())


@pytest.mark.parametrize("flag", ["asset_frozen", "asset2_frozen"])
def test_a_pool_is_frozen_if_either_of_its_assets_is(flag: str) -> None:
    """Which of the two the token is depends on how the pool was asked for. Source: xrpl.org, "amm_info"."""
    token = {"currency": "USD", "issuer": "rI", "value": "1"}
    pool = {"account": "rP", "trading_fee": 0, "amount": "1", "amount2": token, "lp_token": token}
    frozen = [
        books.read_amm_info({"amm": {**pool, **flags}, "ledger_index": 8}).is_frozen
        for flags in ({}, {flag: False}, {flag: True})
    ]
    assert frozen == [False, False, True]


def test_whom_the_slots_holder_lets_in_is_told() -> None:
    """All who trade at the slot's low fee are known, so that the pool's price is right for each of them."""
    slots = [answer(requests.amm_info(PAIR), nth=nth).auction_slot for nth in range(7)]
    assert any(slot.authorized for slot in slots)
    assert all(address.startswith("r") for slot in slots for address in slot.authorized)


def test_a_hybrid_offer_tells_both_its_books() -> None:
    """The domain's in its own place, the open one's beside. Source: xrpl.org, "Offer", lsfHybrid."""
    additional = [{"Book": {"BookDirectory": "9BEE", "BookNode": "0"}}]
    hybrid = books.read_offer({**OFFER, "Flags": 0x40000, "DomainID": "D0", "AdditionalBooks": additional})
    assert (hybrid.domain_id, hybrid.book_directory, hybrid.additional_directories) == ("D0", "C6C0", ("9BEE",))
    plain = books.read_offer({**OFFER, "Expiration": 848_967_940})
    assert (plain.domain_id, plain.additional_directories, plain.expiration_s) == (None, (), 848_967_940)


@pytest.mark.parametrize(
    "missing", ["index", "Account", "Sequence", "Flags", "BookDirectory", "TakerGets", "TakerPays"]
)
def test_an_offer_without_what_it_must_have_is_refused(missing: str) -> None:
    """An offer that lacks a part is refused as one, since a book with a guessed price is worse than none."""
    with pytest.raises(FrameError, match=r"^Offer: "):
        books.read_offer({name: value for name, value in OFFER.items() if name != missing})


@pytest.mark.parametrize(
    ("read", "result"),
    [
        (books.read_book_offers, {"offers": [{**OFFER, "owner_funds": "NaN"}], "ledger_index": 8}),
        (books.read_book_offers, {"offers": None, "ledger_index": 8}),
        (books.read_book_offers, {"offers": []}),
        (books.read_amm_info, {"amm": {"account": "rP", "trading_fee": 300}, "ledger_index": 8}),
        (books.read_amm_info, {"ledger_index": 8}),
    ],
)
def test_a_market_without_what_it_must_have_is_refused(read: Any, result: dict[str, Any]) -> None:
    """A spoilt book or pool is an error, and never an empty market that would look like one without competitors."""
    with pytest.raises(FrameError):
        read(result)
