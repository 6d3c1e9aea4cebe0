"""The entries of the ledger that one token pair needs: account roots, trust lines, offers, directories, the pool.

They are plain mutable records. Only ``state`` and the transactions change them, and only through the journal. ``image``
is a snapshot of the fields that metadata shows; ``previous_*`` name the transaction that changed the entry last.

Source: LedgerFormats.cpp and ledger_entries.macro of the ledger server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from neo.ledger.amount import Amount, Token
from neo.ledger.json_forms import JsonObject
from neo.ledger.number import ZERO

# AccountRoot flags
REQUIRE_DEST_TAG = 0x00020000
REQUIRE_AUTH = 0x00040000
DISALLOW_XRP = 0x00080000
DISABLE_MASTER = 0x00100000
NO_FREEZE = 0x00200000
GLOBAL_FREEZE = 0x00400000
DEFAULT_RIPPLE = 0x00800000
DEPOSIT_AUTH = 0x01000000
DISALLOW_INCOMING_TRUSTLINE = 0x20000000
ALLOW_CLAWBACK = 0x80000000

# Offer flags
OFFER_PASSIVE = 0x00010000
OFFER_SELL = 0x00020000

# RippleState flags, each as (low side, high side)
LINE_RESERVE = (0x00010000, 0x00020000)
LINE_AUTH = (0x00040000, 0x00080000)
LINE_NO_RIPPLE = (0x00100000, 0x00200000)
LINE_FREEZE = (0x00400000, 0x00800000)
LINE_AMM = 0x01000000

Image: TypeAlias = tuple[object, ...]


@dataclass(slots=True, eq=False)
class Entry:
    """What every ledger entry has: its key, whether it is in the ledger, and who changed it last."""

    SHOWN: ClassVar[tuple[str, ...]] = ()

    key: bytes
    alive: bool = field(default=True, kw_only=True)
    previous_hash: str = field(default="", kw_only=True)
    previous_ledger: int = field(default=0, kw_only=True)


E = TypeVar("E", bound=Entry)  # what a directory lists


@dataclass(slots=True, eq=False)
class Account(Entry):
    """An account root, with its trust line for the pair's token and what it owns.

    Attributes:
        id: the 20 bytes behind the address; accounts compare "high" and "low" by them.
        transfer_rate: in billionths, 0 if unset. tick_size: significant digits, 0 if unset.
        line: its trust line to the issuer; None on the issuer itself and where there is none.
        offers: its live offers by sequence number.
        owned: its owner directory.
        other: fields that nothing here reads, by their ledger names.
    """

    SHOWN = ("alive", "drops", "sequence", "owner_count", "flags", "transfer_rate", "tick_size", "other")

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
    offers: dict[int, Offer] = field(default_factory=dict)
    owned: Directory[Entry] = field(default_factory=lambda: Directory(b""))
    other: JsonObject = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class TrustLine(Entry):
    """A trust line between the issuer (or, for pool shares, the pool) and one holder.

    Attributes:
        balance: what the holder holds, in the holder's terms (the ledger writes the low account's).
        limit: how much the holder accepts. issuer_limit: how much the issuer accepts of the holder's own (normally 0).
        flags: as on the ledger, low and high bits.
        quality_in, quality_out: the holder's, in billionths, 0 if unset; issuer_quality_*: the issuer's.
        holder_page, issuer_page: which page of each owner directory the line is on.
    """

    SHOWN = (
        "alive",
        "balance",
        "limit",
        "issuer_limit",
        "flags",
        "quality_in",
        "quality_out",
        "issuer_quality_in",
        "issuer_quality_out",
        "holder_page",
        "issuer_page",
    )

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


@dataclass(slots=True, eq=False)
class Offer(Entry):
    """An offer in a book.

    Attributes:
        pays: what its taker pays; gets: what its taker gets (drops or tokens).
        quality: the quality of the directory it sits in, set when it was placed and never changed by partial fills.
        expiration: seconds of the ledger's epoch, or None.
        home: its directory; book_page and owner_page: the pages it is on.
    """

    SHOWN = ("alive", "pays", "gets", "flags", "expiration", "book_page", "owner_page")

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


@dataclass(slots=True, eq=False)
class Page(Entry, Generic[E]):
    """One page of a directory: at most 32 entries, and the numbers of its neighbours (0 is the root)."""

    SHOWN = ("alive", "next", "previous")

    directory: Directory[E]
    number: int
    entries: tuple[E, ...] = ()
    next: int = 0
    previous: int = 0


@dataclass(slots=True, eq=False)
class Directory(Generic[E]):
    """A list of entries in pages: all that an account owns, or all offers of one quality.

    Attributes:
        root: the key of the first page. owner: the account, for an owner directory.
        quality, gives_xrp, token: for a book's; the token as (currency, issuer).
        pages: by number; empty means the directory is not in the ledger.
        in_order: entries stay in order of arrival (books); otherwise each page is sorted by key (owners).
    """

    root: bytes
    owner: Account | None = None
    quality: int = 0
    gives_xrp: bool = False
    token: tuple[str, str] = ("", "")
    in_order: bool = False
    pages: dict[int, Page[E]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Amm(Entry):
    """The pool between XRP and the token.

    Attributes:
        account: the pool's own account, which holds both sides.
        lp_balance: pool shares in circulation. lp_currency: their currency code.
        trading_fee: in 1/100000. slot_*: the auction slot, whose holder trades at a tenth of the fee until it expires.
    """

    SHOWN = ("alive", "lp_balance", "trading_fee")

    account: Account
    lp_balance: Token
    lp_currency: str
    trading_fee: int
    slot_account: str | None = None
    slot_expiration_s: int = 0


class Touched(NamedTuple):
    """One entry that a transaction changed.

    Attributes:
        entry: the entry. before: the fields that changed, as they were. after: its snapshot when the transaction ended.
        previous_hash, previous_ledger: the transaction that had changed it last.
    """

    entry: Entry
    before: dict[str, object]
    after: Image
    previous_hash: str
    previous_ledger: int


IMAGES: dict[type[Entry], Callable[[Entry], Image]] = {
    kind: attrgetter(*kind.SHOWN) for kind in (Account, TrustLine, Offer, Page, Amm)
}
"""For each kind of entry, the function that takes its snapshot."""
