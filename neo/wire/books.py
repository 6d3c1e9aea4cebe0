"""The market as a server answers it: offers, one direction of a book, the pool; each read from one ledger.

Source: xrpl.org, "Offer", "book_offers", "amm_info"; held against recorded conversations.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.wire.fields import (
    Amount,
    Json,
    LedgerAnswer,
    convert,
    need_object,
    need_objects,
    read_amount,
    read_place,
    read_time_s,
    require_amounts,
)


class OfferEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as the ledger has it.

    Args:
        index: The entry's key.
        account: Its owner.
        sequence: Of the transaction, or the ticket, that placed it.
        taker_pays: What the owner gets.
        taker_gets: What the owner gives.
        flags: The entry's.
        expiration_s: In seconds of the ripple epoch, compared with the parent ledger's close; None if it has none.
        book_directory: Its place in a book; the last 16 digits are its quality. A hybrid offer's is in the domain's.
        additional_directories: Its places in further books: a hybrid offer's in the open one.
        domain_id: Of the domain whose book it is in; None of the open one.
        owner_funds: What the owner can give of ``taker_gets``; told by ``book_offers`` alone, once for each owner.
    """

    index: str
    account: str
    sequence: int
    taker_pays: Amount
    taker_gets: Amount
    flags: int
    expiration_s: int | None
    book_directory: str
    additional_directories: tuple[str, ...]
    domain_id: str | None
    owner_funds: Decimal | None


class _Book(msgspec.Struct, frozen=True, rename="pascal"):
    book_directory: str


class _Additional(msgspec.Struct, frozen=True, rename="pascal"):
    book: _Book


class _Offer(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    index: str = msgspec.field(name="index")
    account: str
    sequence: int
    flags: int
    expiration: int | None = None
    book_directory: str
    additional_books: tuple[_Additional, ...] = ()
    domain_id: str | None = msgspec.field(name="DomainID", default=None)
    owner_funds: Decimal | None = msgspec.field(name="owner_funds", default=None)

    def __post_init__(self) -> None:
        require_amounts(self.owner_funds)


def read_offer(entry: Json) -> OfferEntry:
    """An entry of type ``Offer``, with ``owner_funds`` beside its fields if it comes from ``book_offers``."""
    kind = "Offer"
    offer = convert(kind, entry, _Offer)
    return OfferEntry(
        index=offer.index,
        account=offer.account,
        sequence=offer.sequence,
        taker_pays=read_amount(kind, entry.get("TakerPays")),
        taker_gets=read_amount(kind, entry.get("TakerGets")),
        flags=offer.flags,
        expiration_s=offer.expiration,
        book_directory=offer.book_directory,
        additional_directories=tuple(each.book.book_directory for each in offer.additional_books),
        domain_id=offer.domain_id,
        owner_funds=offer.owner_funds,
    )


class BookOffers(LedgerAnswer, frozen=True, kw_only=True):
    """One direction of a book, the best offer first: funded and unfunded ones. There is no marker: ``limit`` cuts."""

    offers: tuple[OfferEntry, ...]


def read_book_offers(result: Json) -> BookOffers:
    """The answer to ``book_offers``."""
    offers = tuple(read_offer(entry) for entry in need_objects("book_offers", result, "offers"))
    return BookOffers(**read_place("book_offers", result), offers=offers)


class AuctionSlot(msgspec.Struct, frozen=True):
    """Who trades against the pool at the discounted fee: ``expires_s`` is compared with the parent ledger's close."""

    account: str
    expires_s: int
    discounted_fee_per_100k: int
    authorized: tuple[str, ...]


class AmmInfo(LedgerAnswer, frozen=True, kw_only=True):
    """The pool. ``amount`` and ``amount2`` are in the order of the request's two assets."""

    account: str
    amount: Amount
    amount2: Amount
    lp_token: Amount
    trading_fee_per_100k: int
    auction_slot: AuctionSlot | None
    is_frozen: bool


class _Holder(msgspec.Struct, frozen=True):
    account: str


class _Slot(msgspec.Struct, frozen=True):
    account: str
    expiration: str
    discounted_fee: int
    auth_accounts: tuple[_Holder, ...] = ()


class _Amm(msgspec.Struct, frozen=True):
    account: str
    trading_fee: int
    auction_slot: _Slot | None = None
    asset_frozen: bool = False
    asset2_frozen: bool = False


def read_amm_info(result: Json) -> AmmInfo:
    """The answer to ``amm_info``."""
    kind = "amm_info"
    told = need_object(kind, result, "amm")
    amm = convert(kind, told, _Amm)
    slot = amm.auction_slot
    return AmmInfo(
        **read_place(kind, result),
        account=amm.account,
        amount=read_amount(kind, told.get("amount")),
        amount2=read_amount(kind, told.get("amount2")),
        lp_token=read_amount(kind, told.get("lp_token")),
        trading_fee_per_100k=amm.trading_fee,
        auction_slot=None
        if slot is None
        else AuctionSlot(
            slot.account,
            read_time_s(kind, slot.expiration),
            slot.discounted_fee,
            tuple(each.account for each in slot.auth_accounts),
        ),
        is_frozen=amm.asset_frozen or amm.asset2_frozen,
    )
