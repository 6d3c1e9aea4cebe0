"""The offers of a book as a taker meets them: the dead ones swept away, each live one with the funds behind it.

Source: OfferStream.cpp and BookTip.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import domains, quality
from neo.ledger.amount import DROPS, TOKENS, Amount, Asset, In, Token
from neo.ledger.book import Book
from neo.ledger.entries import Account, Offer
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind

OFFERS_MAX = 1000  # how many offers one pass over a book looks at, dead ones included (fix1515)


class OfferStream:
    """Walks a book from its best offer. Moving on deletes the offer behind.

    Attributes:
        tip: the offer at hand.
        funds: what its owner can give of what it offers.
        quality: that at which it stands in this book.
        swept: offers that are to leave the ledger even if this pass is undone (expired, found unfunded, the taker's
            own).
        seen: how many offers the pass has looked at.
    """

    __slots__ = ("_book", "_gets", "_pays", "_state", "funds", "quality", "seen", "swept", "tip")

    def __init__(self, state: State, book: Book) -> None:
        self._state = state
        self._book = book
        self._pays, self._gets = book.pays, book.gets
        self.tip: Offer | None = None
        self.funds: Amount = 0
        self.quality = 0
        self.swept: set[Offer] = set()
        self.seen = 0

    def step(self) -> bool:
        """Move to the next offer that can trade; False if there is none (or too many have been looked at)."""
        state, book = self._state, self._book
        while True:
            if self.tip is not None:
                state.delete_offer(self.tip)
            self.tip = offer = book.best_offer()
            if offer is None or self.seen >= OFFERS_MAX:
                return False
            self.seen += 1
            gets = offer.gets
            if (
                (offer.expiration is not None and offer.expiration <= state.parent_close_time_s)
                or not _is_positive(offer.pays)
                or not _is_positive(gets)
                or (self._pays is not None and may_not_receive(offer.owner, self._pays))
                or (offer.home.domain and has_left(state, offer))
            ):
                self.swept.add(offer)
                continue
            self.funds = funds = state.funds(offer.owner, gets, self._gets)
            if not _is_positive(funds) or (self._gets is not None and has_shrunk(book, offer, funds)):
                if state.funds_before(offer.owner, gets, self._gets) == funds:
                    self.swept.add(offer)  # found so; one that became so in this pass goes only if the pass counts
                continue
            self.quality = book.qualities[0]
            return True


def may_not_receive(owner: Account, token: TokenKind) -> bool:
    """Whether no taker may pay the owner of an offer these tokens, because its line is deep-frozen."""
    line = owner.line if token.is_of_pair else owner.line_for(token)
    return line is not None and line.is_deep_frozen


def has_left(state: State, offer: Offer) -> bool:
    """Whether the owner of a domain's offer is no longer in the domain; a hybrid one is dead in both books then."""
    return not domains.has_member(state, offer.home.domain, offer.owner.address)


def has_shrunk(book: Book, offer: Offer, funds: Amount) -> bool:
    """Whether so little is left of a funded offer that the least amount makes it worse than its quality.

    Only where the taker pays XRP, or fewer tokens than it gets: the other way round rounding makes the offer absurdly
    good instead.
    Source: ``shouldRmSmallIncreasedQOffer`` (fixRmSmallIncreasedQOffers).
    """
    pays, gets = offer.pays, offer.gets
    if isinstance(gets, int):
        return False
    assert not isinstance(funds, int), "what gives tokens is funded in tokens"
    if isinstance(pays, int):
        if pays > 1 and gets[0] > 0 and not TOKENS.less(funds, gets):
            return False  # funded in full and no dust, as nearly all are
        return _is_too_small((offer, book.quality_of(offer)), (DROPS, pays), gets, funds)
    return TOKENS.less(pays, gets) and _is_too_small((offer, book.quality_of(offer)), (TOKENS, pays), gets, funds)


def _is_too_small(placed: tuple[Offer, int], paid: tuple[Asset[In], In], gets: Token, funds: Token) -> bool:
    (offer, rate), (asset, pays) = placed, paid
    token = offer.home.sides[1]
    assert token is not None, "what gives tokens names them"
    if offer.owner.address != token.issuer and TOKENS.less(funds, gets):
        pays, gets = quality.limit_out(rate, pays, gets, funds, asset, TOKENS, up=False)
    if not asset.is_positive(pays) or gets[0] <= 0:
        return True
    return not asset.less(asset.least, pays) and quality.quality_of(pays, gets) > rate


def _is_positive(amount: Amount) -> bool:
    return amount > 0 if isinstance(amount, int) else amount[0] > 0
