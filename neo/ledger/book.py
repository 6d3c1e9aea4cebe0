"""One side of the exchange: every quality at which offers stand, best first, and the offers of each in time order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from neo.ledger import directory
from neo.ledger.entries import Directory, Offer
from neo.ledger.undo import Journal


class Book:
    """The offers of one direction.

    Finding, adding and removing a quality costs the logarithm of how many there are (and a memory move); an offer
    inside its quality costs the same whatever stands elsewhere.

    Attributes:
        gives_xrp: True for the asks (the taker gets XRP), False for the bids (the taker gets tokens).
        base: the first 24 bytes of every directory's key.
        qualities: every quality at which an offer stands, ascending: the first is the best for a taker.
        directories: the offers of each quality.
        token: the pair's token, as (currency, issuer).
    """

    __slots__ = ("base", "directories", "gives_xrp", "qualities", "token")

    def __init__(self, base: bytes, token: tuple[str, str], *, gives_xrp: bool) -> None:
        self.base = base
        self.token = token
        self.gives_xrp = gives_xrp
        self.qualities: list[int] = []
        self.directories: dict[int, Directory[Offer]] = {}

    def home_of(self, journal: Journal, quality: int) -> Directory[Offer]:
        """The directory of a quality, added to the book if it is new."""
        home = self.directories.get(quality)
        if home is None:
            root = self.base + quality.to_bytes(8, "big")
            home = Directory(root, quality=quality, gives_xrp=self.gives_xrp, token=self.token, in_order=True)
            journal.put(self.directories, quality, home)
            journal.insert(self.qualities, bisect_left(self.qualities, quality), quality)
        return home

    def leave(self, journal: Journal, quality: int) -> None:
        """Forget a quality whose directory has emptied."""
        journal.drop(self.directories, quality)
        journal.remove(self.qualities, bisect_left(self.qualities, quality))

    def best(self) -> int | None:
        """The best quality, or None if the book is empty."""
        return self.qualities[0] if self.qualities else None

    def best_offer(self) -> Offer | None:
        """The offer that a taker meets first."""
        if not self.qualities:
            return None
        return directory.first(self.directories[self.qualities[0]])

    def __iter__(self) -> Iterator[Offer]:
        """Every offer, best first, oldest first within a quality. The book must not change meanwhile."""
        for quality in self.qualities:
            yield from directory.contents(self.directories[quality])
