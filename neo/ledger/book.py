"""One side of the exchange: every quality at which offers stand, best first, and the offers of each in time order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from neo.ledger import directory
from neo.ledger.entries import Directory, Offer
from neo.ledger.token_kind import TokenKind
from neo.ledger.undo import Journal


class Book:
    """The offers of one direction.

    Finding, adding and removing a quality costs the logarithm of how many there are (and a memory move); an offer
    inside its quality costs the same whatever stands elsewhere.

    Attributes:
        pays, gets: the token that a taker pays, and gets; None is XRP.
        base: the first 24 bytes of every directory's key.
        qualities: every quality at which an offer stands, ascending: the first is the best for a taker.
        directories: the offers of each quality.
        domain: the permissioned domain whose book it is, in hex; empty for the open one.
    """

    __slots__ = ("base", "directories", "domain", "gets", "pays", "qualities")

    def __init__(self, base: bytes, pays: TokenKind | None, gets: TokenKind | None, domain: str = "") -> None:
        self.base = base
        self.pays = pays
        self.gets = gets
        self.domain = domain
        self.qualities: list[int] = []
        self.directories: dict[int, Directory[Offer]] = {}

    def home_of(self, journal: Journal, quality: int, told: int | None = None) -> Directory[Offer]:
        """The directory of a quality, added to the book if it is new.

        Args:
            told: what a new one says of its quality, if something else.
        """
        home = self.directories.get(quality)
        if home is None:
            root = self.base + quality.to_bytes(8, "big")
            home = Directory(root, quality=quality, sides=(self.pays, self.gets), in_order=True)
            home.domain = self.domain
            home.told_quality = None if told == quality else told
            self.add(home)
            journal.note(_Came(self, quality))
        return home

    def leave(self, journal: Journal, quality: int) -> None:
        """Forget a quality whose directory has emptied."""
        journal.note(_Left(self, self.remove(quality)))

    def add(self, home: Directory[Offer]) -> None:
        """Take a quality in, unjournaled."""
        insort(self.qualities, home.quality)
        self.directories[home.quality] = home

    def remove(self, quality: int) -> Directory[Offer]:
        """Put a quality out, unjournaled; returns its directory."""
        del self.qualities[bisect_left(self.qualities, quality)]
        return self.directories.pop(quality)

    def best(self) -> int | None:
        """The best quality, or None if the book is empty."""
        return self.qualities[0] if self.qualities else None

    def quality_of(self, offer: Offer) -> int:
        """The quality at which an offer stands here: a hybrid one's may differ in its two books."""
        beside = offer.open_home
        return offer.quality if beside is None or self.domain else beside.quality

    def best_offer(self) -> Offer | None:
        """The offer that a taker meets first."""
        if not self.qualities:
            return None
        best = self.directories[self.qualities[0]]
        on_root = best.pages[0].entries
        return on_root[0] if on_root else directory.first(best)

    def __iter__(self) -> Iterator[Offer]:
        """Every offer, best first, oldest first within a quality. The book must not change meanwhile."""
        for quality in self.qualities:
            yield from self.at(quality)

    def at(self, quality: int) -> Iterable[Offer]:
        """The offers of one quality, oldest first."""
        root = self.directories[quality].pages[0]
        return directory.contents(root.directory) if root.next else root.entries


class _Came:
    """A quality came to a book."""

    __slots__ = ("book", "quality")

    def __init__(self, book: Book, quality: int) -> None:
        self.book = book
        self.quality = quality

    def undo(self) -> None:
        """Put it out again."""
        self.book.remove(self.quality)


class _Left:
    """A quality left a book."""

    __slots__ = ("book", "home")

    def __init__(self, book: Book, home: Directory[Offer]) -> None:
        self.book = book
        self.home = home

    def undo(self) -> None:
        """Take it in again."""
        self.book.add(self.home)
