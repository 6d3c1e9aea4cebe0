"""The start of a mirror: answers that are all pinned to one ledger, put together to an embedded ledger.

Seven requests are enough: both directions of the book, the pool, the issuer's root, our root, our line to the issuer,
our offers; the ledger's times and voted amounts stand in ``ledgerClosed`` (or in the answer to the subscription).

``book_offers`` tells an owner's funds with its best offer of the book (``owner_funds``), and that is all that a
crossing asks of an owner, so its account need not be read:

- Of an ask it is the XRP over the reserve. It stays exact until the owner's root changes, and then metadata tells all
  of the root; but for a vote on the reserve (:meth:`neo.mirror.mirror.Mirror.unknown_roots`).
- Of a bid it is the balance of the line, 0 if that is frozen or if everything is. It stays exact until the line
  changes, and then metadata tells all of it; but for the end of a global freeze, for which everything is read anew.

What it doesn't tell is a deep freeze of an ask's owner, whose offers can't be taken though they look funded; a bid's
owner with funds has none. Those lines can be read besides (:meth:`neo.mirror.mirror.Mirror.unknown_lines`), the best
offers first, as far as the budget of requests goes; :attr:`PinnedRead.owner_lines` takes them.

Source: ``getBookPage`` in NetworkOPs.cpp of the ledger server; xrpl.org, "book_offers" (no marker, a limit of 100).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from neo.chain.pair import Pair
from neo.ledger import Fees, Side, text
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import LINE_AUTH, LINE_FREEZE, LINE_NO_RIPPLE, LINE_RESERVE, Account
from neo.mirror.embedded import (
    UNREADABLE_ENTRY,
    Embedded,
    LineFields,
    OfferFields,
    PoolFields,
    RootFields,
    is_globally_frozen,
)
from neo.mirror.mirror import Mirror
from neo.wire import fields as wire
from neo.wire.answers import AccountInfo, AccountLine, AccountLines
from neo.wire.books import AmmInfo, BookOffers, OfferEntry
from neo.wire.frames import LedgerClosedFrame

# The bit of either side. Source: xrpl.org, "RippleState".
_DEEP_FREEZE = (0x02000000, 0x04000000)


class PinnedReadError(ValueError):
    """Answers that can't be put together: they are of different ledgers, or not of this pair. To be read anew."""


class PairRead(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about one validated ledger, in which no account of ours is watched: the pair's is its issuer.

    Args:
        pair: Ours.
        closed: That ledger, as the stream or the answer to the subscription told it.
        amendments: Those in force that the embedded ledger knows (``neo.ledger.amendments.of_ids``).
        asks: The offers that give XRP.
        bids: The offers that give the token.
        offers_max: The limit that both were asked for with: an answer with fewer is the whole book.
        pool: None if there is none.
        issuer: Its root.
        owner_lines: Lines of owners of offers, by address, as far as they were read.
    """

    pair: Pair
    closed: LedgerClosedFrame
    amendments: frozenset[str]
    asks: BookOffers
    bids: BookOffers
    offers_max: int
    pool: AmmInfo | None
    issuer: AccountInfo
    owner_lines: Mapping[str, AccountLines] = {}


class PinnedRead(PairRead, frozen=True, kw_only=True):
    """Answers about one validated ledger, and about our account on it.

    Args:
        own: Our root.
        own_lines: Our lines, or that to the issuer alone.
        own_offers: All of ours, in whatever pair.
    """

    own: AccountInfo
    own_lines: AccountLines
    own_offers: tuple[OfferEntry, ...]


def start_mirror(read: PairRead) -> Mirror:
    """The mirror of a pinned read, level with its ledger.

    Raises:
        PinnedReadError: The answers are of different ledgers, or not of this pair, or lack the ledger's shape.
    """
    try:
        return _start(read)
    except PinnedReadError:
        raise
    except UNREADABLE_ENTRY as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> PinnedReadError:
    return PinnedReadError(f"an answer lacks the ledger's shape ({error!r})")


def _start(read: PairRead) -> Mirror:
    closed = read.closed
    for answer in (read.asks, read.bids, read.issuer, *read.owner_lines.values()):
        _require_pinned(answer, closed)
    if read.pool is not None:
        _require_pinned(read.pool, closed)
    fees = Fees(closed.base_fee_drops, closed.reserve_base_drops, closed.reserve_inc_drops)
    embedded = Embedded(read.pair, fees, read.amendments)
    embedded.set_root(embedded.issuer, root_of(read.issuer))
    if isinstance(read, PinnedRead):
        _set_own(embedded, read)
    for address, lines in read.owner_lines.items():
        _set_read_line(embedded, embedded.account(address), lines)
    _put_book(embedded, "asks", read.asks.offers, read.offers_max)
    _put_book(embedded, "bids", read.bids.offers, read.offers_max)
    if isinstance(read, PinnedRead):
        _put_own_offers(embedded, read.own_offers)
    if read.pool is not None:
        _set_pool(embedded, read.pool)
    embedded.settle(index=closed.ledger_index, close_time_s=closed.close_time_s)
    return Mirror(embedded, closed.ledger_index, closed.ledger_hash)


def learn(mirror: Mirror, answer: AccountLines | AccountInfo) -> None:
    """Give a mirror what it asked for of one owner (``unknown_lines``, ``unknown_roots``), read at its ledger.

    Raises:
        PinnedReadError: The answer lacks the ledger's shape.
    """
    try:
        _learn(mirror, answer)
    except PinnedReadError:
        raise
    except UNREADABLE_ENTRY as error:
        raise _unreadable(error) from error


def _learn(mirror: Mirror, answer: AccountLines | AccountInfo) -> None:
    if isinstance(answer, AccountInfo):
        mirror.learn_root(answer.account, root_of(answer))
        return
    owner = mirror.embedded.state.accounts.get(answer.account)
    if owner is not None:
        mirror.learn_line(answer.account, _token_line(mirror.embedded, owner, answer))


def _require_pinned(answer: wire.LedgerAnswer, closed: LedgerClosedFrame) -> None:
    told = (answer.ledger_index, answer.ledger_hash)
    if not answer.validated or told != (closed.ledger_index, closed.ledger_hash):
        raise PinnedReadError(
            f"an answer is of ledger {told[0]} ({told[1]}), not of {closed.ledger_index} ({closed.ledger_hash})"
        )


def root_of(info: AccountInfo) -> RootFields:
    """An account's root from the answer to ``account_info``."""
    return RootFields.of(info.entry, str(info.entry.get("PreviousTxnID", "")))


# --- Lines -------------------------------------------------------------------------------------------------------


def _set_own(embedded: Embedded, read: PinnedRead) -> None:
    for answer in (read.own, read.own_lines):
        _require_pinned(answer, read.closed)
    if read.own_lines.account != read.pair.account:
        raise PinnedReadError(f"the lines are those of {read.own_lines.account}, not ours")
    embedded.set_root(embedded.own, root_of(read.own))
    _set_read_line(embedded, embedded.own, read.own_lines)


def _set_read_line(embedded: Embedded, holder: Account, lines: AccountLines) -> None:
    line = _token_line(embedded, holder, lines)
    if line is None:
        embedded.drop_line(holder)
    else:
        embedded.set_line(holder, line)


def _token_line(embedded: Embedded, holder: Account, lines: AccountLines) -> LineFields | None:
    for line in lines.lines:
        if line.peer == embedded.pair.issuer and line.currency == embedded.pair.currency:
            return _line_of(holder, embedded.issuer, line)
    return None


def _line_of(holder: Account, issuer: Account, line: AccountLine) -> LineFields:
    """A line from its holder's view of it; which side pays its reserve is not told, and the holder is taken to."""
    high = int(holder.id > issuer.id)
    told = (
        (line.no_ripple, LINE_NO_RIPPLE[high]),
        (line.no_ripple_peer, LINE_NO_RIPPLE[1 - high]),
        (line.authorized, LINE_AUTH[high]),
        (line.peer_authorized, LINE_AUTH[1 - high]),
        (line.freeze, LINE_FREEZE[high]),
        (line.freeze_peer, LINE_FREEZE[1 - high]),
        (line.deep_freeze, _DEEP_FREEZE[high]),
        (line.deep_freeze_peer, _DEEP_FREEZE[1 - high]),
    )
    return LineFields(
        _token(line.balance),
        _token(line.limit),
        _token(line.limit_peer),
        LINE_RESERVE[high] | sum(flag for is_set, flag in told if is_set),
        (line.quality_in, line.quality_out),
        (0, 0),
        "",
    )


# --- Offers ------------------------------------------------------------------------------------------------------


def _put_book(embedded: Embedded, side: Side, offers: tuple[OfferEntry, ...], offers_max: int) -> None:
    qualities = []
    for entry in offers:
        fields = offer_fields(embedded, entry)
        if fields is None or fields.place[0] != side:
            raise PinnedReadError(f"the offer {entry.index} is none of the {side} of this pair")
        offer = embedded.put_offer(fields)
        qualities.append(offer.quality)
        if entry.owner_funds is not None:
            _take_funds(embedded, offer.owner, side, entry.owner_funds)
    if len(offers) >= offers_max:
        # Of the last quality some may have been cut off; but a book of one quality is better than none.
        embedded.known_to[side] = max((each for each in qualities if each < qualities[-1]), default=qualities[-1])


def _take_funds(embedded: Embedded, owner: Account, side: Side, funds: Decimal) -> None:
    """What an owner can give, where nothing more is known of it. The issuer's own tokens have no end."""
    if owner is embedded.issuer or (side == "asks" and owner is embedded.own):
        return
    if side == "asks":
        embedded.assume_root(owner, int(funds))
    elif owner not in embedded.lines_told:
        embedded.assume_line(owner, _token(funds))


def _put_own_offers(embedded: Embedded, offers: tuple[OfferEntry, ...]) -> None:
    """Ours are known wherever they lie; those beyond the end of a cut-off book are added to it."""
    for entry in offers:
        fields = None if entry.index in embedded.offers else offer_fields(embedded, entry)
        if fields is not None:
            embedded.put_offer(fields)


def offer_fields(embedded: Embedded, entry: OfferEntry) -> OfferFields | None:
    """An offer of the pair's open books, or None if it is in others."""
    place = embedded.place_of((entry.book_directory, *entry.additional_directories))
    if place is None:
        return None
    return OfferFields(
        entry.index,
        entry.account,
        entry.sequence,
        place,
        _amount(entry.taker_pays),
        _amount(entry.taker_gets),
        entry.flags,
        entry.expiration_s,
        "",
    )


# --- The pool ----------------------------------------------------------------------------------------------------


def _set_pool(embedded: Embedded, pool: AmmInfo) -> None:
    """The pool's entry, its account's XRP and its line; a global freeze is the issuer's, not the line's."""
    shares, slot = pool.lp_token, pool.auction_slot
    if not isinstance(shares, wire.TokenAmount) or not isinstance(pool.amount, int):
        raise PinnedReadError("the pool is not one of XRP against a token")
    users = None if slot is None else ((slot.account, *slot.authorized), slot.expires_s)
    account = embedded.account(pool.account)
    embedded.set_pool(
        PoolFields(pool.account, _token(shares.value), shares.currency, pool.trading_fee_per_100k, users, "")
    )
    account.drops = pool.amount
    tokens = _amount(pool.amount2)
    if isinstance(tokens, int):
        raise PinnedReadError("the pool is not one of XRP against a token")
    embedded.assume_line(account, tokens, is_frozen=pool.is_frozen and not is_globally_frozen(embedded.issuer))


# --- Amounts -----------------------------------------------------------------------------------------------------


def _token(value: Decimal) -> Token:
    return text.parse_token(str(value))


def _amount(amount: wire.Amount) -> Amount:
    if isinstance(amount, int):
        return amount
    if isinstance(amount, wire.MptAmount):
        raise PinnedReadError("an amount is of a multi-purpose token, which this pair does not have")
    return _token(amount.value)
