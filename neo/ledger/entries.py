"""The entries of the ledger that one token pair needs: account roots, trust lines, offers, directories, the pool.

They are plain mutable records. Only ``state`` and the transactions change them, and only after the journal has written
them down. For each kind of entry there is an image: what can change of it once it is made, as it was at one moment. An
image takes its entry back there, tells whether it has changed since, and is what metadata is made from.

Source: LedgerFormats.cpp and ledger_entries.macro of the ledger server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, NamedTuple, TypeVar

from neo.ledger.amount import Amount, Token
from neo.ledger.json_forms import JsonObject
from neo.ledger.number import ZERO
from neo.ledger.token_kind import TokenKind

# AccountRoot flags
REQUIRE_DEST_TAG = 0x00020000
REQUIRE_AUTH = 0x00040000
DISALLOW_XRP = 0x00080000
DISABLE_MASTER = 0x00100000
NO_FREEZE = 0x00200000
GLOBAL_FREEZE = 0x00400000
DEFAULT_RIPPLE = 0x00800000
DEPOSIT_AUTH = 0x01000000
DISALLOW_INCOMING_NFT_OFFER = 0x04000000
DISALLOW_INCOMING_CHECK = 0x08000000
DISALLOW_INCOMING_CHANNEL = 0x10000000
DISALLOW_INCOMING_TRUSTLINE = 0x20000000
ALLOW_LOCKING = 0x40000000
ALLOW_CLAWBACK = 0x80000000

# Offer flags
OFFER_PASSIVE = 0x00010000
OFFER_SELL = 0x00020000
OFFER_HYBRID = 0x00040000

# Credential flags
CREDENTIAL_ACCEPTED = 0x00010000

# RippleState flags, each as (low side, high side)
LINE_RESERVE = (0x00010000, 0x00020000)
LINE_AUTH = (0x00040000, 0x00080000)
LINE_NO_RIPPLE = (0x00100000, 0x00200000)
LINE_FREEZE = (0x00400000, 0x00800000)
LINE_DEEP_FREEZE = (0x02000000, 0x04000000)
EITHER_DEEP_FREEZE = LINE_DEEP_FREEZE[0] | LINE_DEEP_FREEZE[1]
LINE_LOCKS = tuple(EITHER_DEEP_FREEZE | freeze for freeze in reversed(LINE_FREEZE))  # by whether the holder is high
LINE_AMM = 0x01000000


@dataclass(slots=True, eq=False)
class Entry:
    """What every ledger entry has.

    Attributes:
        key: the hash that names it.
        alive: it is in the ledger.
        previous_hash, previous_ledger: the transaction that changed it last.
        stretch: of the journal's stretches, the one in which the entry was last written down.
        image_kind: what its images are.
    """

    image_kind: ClassVar[type[Image[Entry]]]

    key: bytes
    alive: bool = field(default=True, kw_only=True)
    previous_hash: str = field(default="", kw_only=True)
    previous_ledger: int = field(default=0, kw_only=True)
    stretch: int = field(default=-1, kw_only=True)

    def image(self) -> Image[Entry]:
        """The entry as it is now."""
        return self.image_kind(self)

    def belongs_to(self, address: str) -> bool:
        """Whether an account's affairs have changed if this entry has."""
        del address
        return False


Kind_co = TypeVar("Kind_co", bound=Entry, covariant=True)  # of what an image is one


class Image(Generic[Kind_co]):
    """An entry as it was. This one is of an entry that comes and goes but does not change.

    The others hold what can change of their kind, by the entry's own names. Each reads and writes every field itself,
    this one's too: no path is hotter.

    Attributes:
        entry: the entry.
        alive: it was in the ledger.
    """

    __slots__ = ("alive", "entry")

    def __init__(self, entry: Kind_co) -> None:
        self.entry: Kind_co = entry
        self.alive = entry.alive

    def undo(self) -> None:
        """Take the entry back to what it was."""
        self.entry.alive = self.alive

    def has_changed(self) -> bool:
        """Whether the entry is no longer what it was."""
        return self.entry.alive != self.alive


Entry.image_kind = Image

E = TypeVar("E", bound=Entry)  # what a directory lists


@dataclass(slots=True, eq=False)
class Account(Entry):
    """An account root, with its trust line for the pair's token and what it owns.

    Attributes:
        id: the 20 bytes behind the address; accounts compare "high" and "low" by them.
        transfer_rate: in billionths, 0 if unset.
        tick_size: significant digits, 0 if unset.
        line: its trust line to the issuer; None on the issuer itself and where there is none.
        lines: all the trust lines over which it may hold something, pool shares too, by their keys.
        offers: its live offers by sequence number.
        owned: its owner directory.
        other: the fields that only a few accounts have, by their ledger names; replaced when one changes, never edited.
    """

    address: str
    id: bytes
    drops: int = 0
    sequence: int = 0
    owner_count: int = 0
    flags: int = 0
    transfer_rate: int = 0
    tick_size: int = 0
    is_amm: bool = False
    line: TrustLine | None = None
    lines: dict[bytes, TrustLine] = field(default_factory=dict)
    offers: dict[int, Offer] = field(default_factory=dict)
    owned: Directory[Entry] = field(default_factory=lambda: Directory(b""))
    other: JsonObject = field(default_factory=dict)

    def line_for(self, token: TokenKind) -> TrustLine | None:
        """The trust line over which it may hold a token."""
        return self.line if token.is_of_pair else self.lines.get(token.line_key(self.id))

    def belongs_to(self, address: str) -> bool:
        """Whether it is this account."""
        return self.address == address


class AccountImage(Image[Account]):
    """An account as it was."""

    __slots__ = ("drops", "flags", "line", "other", "owner_count", "sequence", "tick_size", "transfer_rate")

    def __init__(self, account: Account) -> None:
        self.entry = account
        self.alive = account.alive
        self.drops = account.drops
        self.sequence = account.sequence
        self.owner_count = account.owner_count
        self.flags = account.flags
        self.transfer_rate = account.transfer_rate
        self.tick_size = account.tick_size
        self.line = account.line
        self.other = account.other

    def undo(self) -> None:
        """Take the account back to what it was."""
        account = self.entry
        account.alive = self.alive
        account.drops = self.drops
        account.sequence = self.sequence
        account.owner_count = self.owner_count
        account.flags = self.flags
        account.transfer_rate = self.transfer_rate
        account.tick_size = self.tick_size
        account.line = self.line
        account.other = self.other

    def has_changed(self) -> bool:
        """Whether the account is no longer what it was."""
        account = self.entry
        return (
            account.drops != self.drops
            or account.sequence != self.sequence
            or account.owner_count != self.owner_count
            or account.line is not self.line
            or account.flags != self.flags
            or account.transfer_rate != self.transfer_rate
            or account.tick_size != self.tick_size
            or account.other is not self.other
            or account.alive != self.alive
        )


Account.image_kind = AccountImage


@dataclass(slots=True, eq=False)
class TrustLine(Entry):
    """A trust line between the issuer (or, for pool shares, the pool) and one holder.

    Attributes:
        balance: what the holder holds, in the holder's terms (the ledger writes the low account's).
        limit: how much the holder accepts.
        issuer_limit: how much the issuer accepts of the holder's own (normally 0).
        flags: as on the ledger, low and high bits.
        quality_in, quality_out: the holder's, in billionths, 0 if unset.
        issuer_quality_in, issuer_quality_out: the issuer's.
        holder_page, issuer_page: which page of each owner directory the line is on.
    """

    holder: Account
    issuer: Account
    currency: str
    balance: Token = ZERO
    limit: Token = ZERO
    issuer_limit: Token = ZERO
    flags: int = 0
    quality_in: int = 0
    quality_out: int = 0
    issuer_quality_in: int = 0
    issuer_quality_out: int = 0
    holder_page: int = 0
    issuer_page: int = 0
    holder_is_high: int = field(init=False)

    def __post_init__(self) -> None:
        self.holder_is_high = int(self.holder.id > self.issuer.id)

    def holder_has(self, flag: tuple[int, int]) -> bool:
        """Whether the holder's side of the line has a flag."""
        return bool(self.flags & flag[self.holder_is_high])

    def issuer_has(self, flag: tuple[int, int]) -> bool:
        """Whether the issuer's side of the line has a flag."""
        return bool(self.flags & flag[1 - self.holder_is_high])

    @property
    def is_deep_frozen(self) -> bool:
        """Whether nothing may be received over it either, whichever side said so (``isDeepFrozen``)."""
        return bool(self.flags & EITHER_DEEP_FREEZE)

    @property
    def is_frozen(self) -> bool:
        """Whether the issuer has frozen what the holder holds, alone or with all its tokens (``isFrozen``)."""
        return bool(self.flags & LINE_FREEZE[1 - self.holder_is_high] or self.issuer.flags & GLOBAL_FREEZE)

    @property
    def is_locked(self) -> bool:
        """Whether the holder cannot spend what it holds: frozen by the issuer, or deep-frozen by either side."""
        return bool(self.flags & LINE_LOCKS[self.holder_is_high] or self.issuer.flags & GLOBAL_FREEZE)

    def belongs_to(self, address: str) -> bool:
        """Whether it is one of the two ends."""
        return address in (self.holder.address, self.issuer.address)


class TrustLineImage(Image[TrustLine]):
    """A trust line as it was."""

    __slots__ = (
        "balance",
        "flags",
        "issuer_limit",
        "issuer_quality_in",
        "issuer_quality_out",
        "limit",
        "quality_in",
        "quality_out",
    )

    def __init__(self, line: TrustLine) -> None:
        self.entry = line
        self.alive = line.alive
        self.balance = line.balance
        self.limit = line.limit
        self.issuer_limit = line.issuer_limit
        self.flags = line.flags
        self.quality_in = line.quality_in
        self.quality_out = line.quality_out
        self.issuer_quality_in = line.issuer_quality_in
        self.issuer_quality_out = line.issuer_quality_out

    def undo(self) -> None:
        """Take the line back to what it was, and its holder's list of lines with it."""
        line = self.entry
        if line.alive != self.alive:
            line.alive = self.alive
            if self.alive:
                line.holder.lines[line.key] = line
            else:
                del line.holder.lines[line.key]
        line.balance = self.balance
        line.limit = self.limit
        line.issuer_limit = self.issuer_limit
        line.flags = self.flags
        line.quality_in = self.quality_in
        line.quality_out = self.quality_out
        line.issuer_quality_in = self.issuer_quality_in
        line.issuer_quality_out = self.issuer_quality_out

    def has_changed(self) -> bool:
        """Whether the line is no longer what it was."""
        line = self.entry
        return (
            line.balance != self.balance
            or line.flags != self.flags
            or line.limit != self.limit
            or line.issuer_limit != self.issuer_limit
            or line.quality_in != self.quality_in
            or line.quality_out != self.quality_out
            or line.issuer_quality_in != self.issuer_quality_in
            or line.issuer_quality_out != self.issuer_quality_out
            or line.alive != self.alive
        )


TrustLine.image_kind = TrustLineImage


@dataclass(slots=True, eq=False)
class Offer(Entry):
    """An offer in a book.

    Attributes:
        pays: what its taker pays (drops or tokens).
        gets: what its taker gets.
        quality: the quality of the directory it sits in, set when it was placed and never changed by partial fills.
        expiration: seconds of the ledger's epoch, or None.
        home: its directory.
        book_page, owner_page: the pages it is on.
        open_home, open_page: of a hybrid offer, which stands in the open book too besides its domain's.
    """

    owner: Account
    sequence: int
    pays: Amount
    gets: Amount
    quality: int
    flags: int
    expiration: int | None
    home: Directory[Offer]
    book_page: int = 0
    owner_page: int = 0
    open_home: Directory[Offer] | None = None
    open_page: int = 0

    def belongs_to(self, address: str) -> bool:
        """Whether it is the owner."""
        return self.owner.address == address


class OfferImage(Image[Offer]):
    """An offer as it was."""

    __slots__ = ("gets", "pays")

    def __init__(self, offer: Offer) -> None:
        self.entry = offer
        self.alive = offer.alive
        self.pays = offer.pays
        self.gets = offer.gets

    def undo(self) -> None:
        """Take the offer back to what it was, and its owner's list of offers with it."""
        offer = self.entry
        if offer.alive != self.alive:
            offer.alive = self.alive
            if self.alive:
                offer.owner.offers[offer.sequence] = offer
            else:
                del offer.owner.offers[offer.sequence]
        offer.pays = self.pays
        offer.gets = self.gets

    def has_changed(self) -> bool:
        """Whether the offer is no longer what it was."""
        offer = self.entry
        return offer.alive != self.alive or offer.pays != self.pays or offer.gets != self.gets


Offer.image_kind = OfferImage


@dataclass(slots=True, eq=False)
class Page(Entry, Generic[E]):
    """One page of a directory: at most 32 entries, and the numbers of its neighbours (0 is the root)."""

    directory: Directory[E]
    number: int
    entries: tuple[E, ...] = ()
    next: int = 0
    previous: int = 0

    def belongs_to(self, address: str) -> bool:
        """Whether it is the owner of the directory; a book has none."""
        return self.directory.owner is not None and self.directory.owner.address == address


class PageImage(Image[Page[E]], Generic[E]):
    """A page as it was."""

    __slots__ = ("entries", "next", "previous")

    def __init__(self, page: Page[E]) -> None:
        self.entry = page
        self.alive = page.alive
        self.next = page.next
        self.previous = page.previous
        self.entries: tuple[E, ...] = page.entries

    def undo(self) -> None:
        """Take the page back to what it was, and its directory's list of pages with it."""
        page = self.entry
        if page.alive != self.alive:
            page.alive = self.alive
            if self.alive:
                page.directory.pages[page.number] = page
            else:
                del page.directory.pages[page.number]
        page.next = self.next
        page.previous = self.previous
        page.entries = self.entries

    def has_changed(self) -> bool:
        """Whether the page is no longer what it was."""
        page = self.entry
        return (
            page.entries != self.entries
            or page.alive != self.alive
            or page.next != self.next
            or page.previous != self.previous
        )


Page.image_kind = PageImage


@dataclass(slots=True, eq=False)
class Directory(Generic[E]):
    """A list of entries in pages: all that an account owns, or all offers of one quality.

    Attributes:
        root: the key of the first page.
        owner: the account, for an owner directory.
        quality, sides: for a book's: its price, and the tokens that takers pay and get, None being XRP.
        domain: the permissioned domain whose book it is of, in hex; empty for the open one.
        told_quality: what its pages say, if not its quality: a hybrid offer that was partly taken before it was placed
            makes a directory that tells the whole offer's rate.
        pages: by number; empty means the directory is not in the ledger.
        in_order: entries stay in order of arrival (books); otherwise each page is sorted by key (owners).
    """

    root: bytes
    owner: Account | None = None
    quality: int = 0
    sides: tuple[TokenKind | None, TokenKind | None] = (None, None)
    domain: str = ""
    told_quality: int | None = None
    in_order: bool = False
    pages: dict[int, Page[E]] = field(default_factory=dict)


class Touched(NamedTuple):
    """One entry that a transaction changed.

    Attributes:
        entry: the entry.
        before: as it was; None if nothing changed but the transaction that it names as its last.
        after: as it was when the transaction ended.
        previous_hash, previous_ledger: the transaction that had changed it last.
    """

    entry: Entry
    before: Image[Entry] | None
    after: Image[Entry]
    previous_hash: str
    previous_ledger: int
