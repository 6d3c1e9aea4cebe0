"""The books as a reader sees them: each offer with the part of it that its owner can fund.

Source: ``getBookPage`` in NetworkOPs.cpp of the ledger server (``book_offers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Generic, NamedTuple, TypeAlias

from neo.ledger import amount, number, quality, text
from neo.ledger.amount import DROPS, RATE_ONE, TOKENS, Amount, Asset, In, Out, Token
from neo.ledger.book import Book
from neo.ledger.entries import GLOBAL_FREEZE, Account, Offer
from neo.ledger.json_forms import Json, JsonObject
from neo.ledger.number import AmountRangeError
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind


class BookOffer(NamedTuple):
    """An offer as a reader of the book sees it.

    Attributes:
        account, sequence: who placed it, and its name.
        flags: as on the ledger.
        taker_gets, taker_pays: drops (int) or tokens (Decimal).
        quality: taker_pays / taker_gets of its place in the book, in drops for XRP; partial fills never change it.
        expiration_s: seconds of the ledger's epoch, or None.
        owner_funds: what its owner has left of taker_gets after its better offers in this book.
        funded_gets, funded_pays: the part of the offer that these funds cover.
    """

    account: str
    sequence: int
    flags: int
    taker_gets: int | Decimal
    taker_pays: int | Decimal
    quality: Decimal
    expiration_s: int | None
    owner_funds: int | Decimal
    funded_gets: int | Decimal
    funded_pays: int | Decimal


class BackedOffer(NamedTuple):
    """What an offer stands for to somebody who prices around it: its price, and the part that has funds behind it.

    Attributes:
        quality: as of ``BookOffer``.
        drops, tokens: the funded part.
    """

    quality: Decimal
    drops: int
    tokens: Decimal


class Funded(NamedTuple):
    """How much of an offer its owner can give.

    Attributes:
        quality: of its place in the book.
        is_first: none of the owner's better offers has been read.
    """

    offer: Offer
    quality: int
    funds: Amount
    gets: Amount
    pays: Amount
    is_first: bool


def fund(state: State, offers: Iterable[Offer]) -> Iterator[Funded]:
    """Read offers in order, spending each owner's funds as a taker of all of them would.

    Args:
        offers: a book, or offers to be told as they stand in the books that they were placed in.
    """
    givers: dict[tuple[TokenKind | None, TokenKind | None], AnyGivers] = {}
    book = offers if isinstance(offers, Book) else None
    for offer in offers:
        sides = offer.home.sides
        giver = givers.get(sides)
        if giver is None:
            giver = givers[sides] = _givers_of(state, sides)
        place = offer.quality if book is None else book.quality_of(offer)
        yield Funded(offer, place, *giver.fund(offer, place))


def backed(state: State, book: Book, without: Account | None) -> Iterator[tuple[int, Amount, Amount]]:
    """The offers of a book that have funds behind them, but for one account's: quality, what each gives, for what.

    Args:
        without: the account. Nobody else's funds depend on its offers.
    """
    fund_one = _givers_of(state, (book.pays, book.gets)).fund
    for place in book.qualities:
        for offer in book.at(place):
            if offer.owner is not without:
                _, gets, pays, _ = fund_one(offer, place)
                if (gets if isinstance(gets, int) else gets[0]) > 0:
                    yield place, gets, pays


def _givers_of(state: State, sides: tuple[TokenKind | None, TokenKind | None]) -> AnyGivers:
    pays, gets = sides
    if gets is None:
        return _Givers(state, sides, TOKENS, DROPS)
    return _Givers(state, sides, DROPS, TOKENS) if pays is None else _Givers(state, sides, TOKENS, TOKENS)


class _Givers(Generic[In, Out]):
    """Who gives what a book's takers get: what each has left, offer after offer."""

    __slots__ = ("_asset", "_frozen", "_issuer", "_left", "_other", "_rate", "_state", "_token")

    def __init__(
        self,
        state: State,
        sides: tuple[TokenKind | None, TokenKind | None],
        other: Asset[In],
        asset: Asset[Out],
    ) -> None:
        token = sides[1]
        self._state = state
        self._token = token
        self._other: Asset[In] = other
        self._asset: Asset[Out] = asset
        self._issuer = None if token is None else token.issuer
        self._rate = RATE_ONE if token is None else state.transfer_rate(token)
        issuers = [state.accounts[side.issuer] for side in sides if side is not None]
        self._frozen = any(issuer.flags & GLOBAL_FREEZE for issuer in issuers)
        # What each had before its last offer that was read, and what that one takes of it.
        self._left: dict[Account, tuple[Out, Out]] = {}

    def fund(self, offer: Offer, place: int) -> tuple[Out, Out, In, bool]:
        """How much of an offer its owner can give after all that were read before, as the last fields of ``Funded``."""
        asset, owner = self._asset, offer.owner
        pays, gets = self._other.of(offer.pays), asset.of(offer.gets)
        if owner.address == self._issuer:
            return gets, gets, pays, True
        before = self._left.get(owner)
        if self._frozen:
            before, funds = None, asset.zero
        elif before is None:
            funds = self._state.funds(owner, gets, self._token)
        else:
            funds = asset.subtract(*before)
        if self._rate != RATE_ONE:
            gives, takes, spent = self._with_fee(gets, pays, place, funds)
        elif asset.less(funds, gets):
            gives, takes, spent = funds, _priced(funds, place, self._other, pays), funds
        else:
            gives, takes, spent = gets, pays, gets
        self._left[owner] = funds, spent
        return funds, gives, takes, before is None

    def _with_fee(self, gets: Out, pays: In, place: int, funds: Out) -> tuple[Out, In, Out]:
        """What an owner gives, what for, and what that takes of its funds where the issuer charges a transfer."""
        asset = self._asset
        gives, takes = gets, pays
        rate = number.normalize(self._rate, -9)
        limit = amount.divide(funds, rate, asset)
        if asset.less(limit, gives):
            gives, takes = limit, _priced(limit, place, self._other, takes)
        spent = amount.multiply(gives, rate, asset)
        return gives, takes, funds if asset.less(funds, spent) else spent


AnyGivers: TypeAlias = _Givers[Token, int] | _Givers[int, Token] | _Givers[Token, Token]


def _priced(gets: Out, price: int, other: Asset[In], pays: In) -> In:
    """What so much of an offer costs at its price, but no more than all of it.

    An offer may ask for all the XRP there is, and by its rounded price its last digit but one for more than that.
    """
    try:
        priced = amount.multiply(gets, quality.rate_of(price), other)
    except AmountRangeError:
        return pays
    return priced if other.less(priced, pays) else pays


def book_offer(item: Funded) -> BookOffer:
    """The reader's form of a funded offer."""
    offer = item.offer
    return BookOffer(
        offer.owner.address,
        offer.sequence,
        offer.flags,
        plain(offer.gets),
        plain(offer.pays),
        text.to_decimal(quality.rate_of(item.quality)),
        offer.expiration,
        plain(item.funds),
        plain(item.gets),
        plain(item.pays),
    )


def backed_offer(item: tuple[int, Amount, Amount]) -> BackedOffer:
    """The short form of a funded offer, at a third of the other's cost."""
    place, gets, pays = item
    rate = text.to_decimal(quality.rate_of(place))
    if isinstance(gets, int):
        assert not isinstance(pays, int), "an offer that gives XRP is paid in tokens"
        return BackedOffer(rate, gets, text.to_decimal(pays))
    assert isinstance(pays, int), "an offer that gives tokens is paid in XRP"
    return BackedOffer(rate, pays, text.to_decimal(gets))


def plain(value: Amount) -> int | Decimal:
    """Drops as they are, tokens as a Decimal."""
    return value if isinstance(value, int) else text.to_decimal(value)


def amount_json(token: TokenKind | None, value: Amount) -> Json:
    """An amount in the ledger's JSON form."""
    if isinstance(value, int):
        return str(value)
    assert token is not None, "XRP is counted in drops"
    return {"currency": token.currency, "issuer": token.issuer, "value": text.format_token(value)}


def book_json(state: State, offers: Iterable[Offer]) -> list[JsonObject]:
    """A side of the book in the shape of ``book_offers``, with the fields that a record keeps."""
    rows = []
    for item in fund(state, offers):
        offer = item.offer
        pays, gets = offer.home.sides
        row: JsonObject = {
            "Account": offer.owner.address,
            "Sequence": offer.sequence,
            "TakerGets": amount_json(gets, offer.gets),
            "TakerPays": amount_json(pays, offer.pays),
            "quality": text.format_token(quality.rate_of(item.quality)),
            "Flags": offer.flags,
        }
        if offer.home.domain:
            row["DomainID"] = offer.home.domain
        if offer.expiration is not None:
            row["Expiration"] = offer.expiration
        if item.is_first:
            row["owner_funds"] = str(item.funds) if isinstance(item.funds, int) else text.format_token(item.funds)
        if item.gets != offer.gets:
            row["taker_gets_funded"] = amount_json(gets, item.gets)
            row["taker_pays_funded"] = amount_json(pays, item.pays)
        rows.append(row)
    return rows


def offers_json(account: Account) -> list[JsonObject]:
    """An account's offers in the shape of ``account_offers``, oldest first."""
    rows = []
    for sequence, offer in sorted(account.offers.items()):
        pays, gets = offer.home.sides
        row: JsonObject = {
            "flags": offer.flags,
            "quality": text.format_token(quality.rate_of(offer.quality)),
            "seq": sequence,
            "taker_gets": amount_json(gets, offer.gets),
            "taker_pays": amount_json(pays, offer.pays),
        }
        if offer.expiration is not None:
            row["expiration"] = offer.expiration
        rows.append(row)
    return rows
