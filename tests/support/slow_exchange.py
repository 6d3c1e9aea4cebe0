"""A second model of how value flows along paths of books: whole fractions, one offer of each book at a time.

It knows the rules of the exchange and none of the engine's passes, roundings and digits. Of the ways that lead from
what is spent to what is wanted, the one whose best offers are cheapest is taken as far as those offers, their owners'
funds, the taker's funds and its limits go; then it is asked again. An offer that nothing is left behind counts as
standing until somebody who takes its way finds it out. What somebody receives on the way can't be spent in the same
transaction.

Rules: the transfer fee of a token is borne by who sends it on. A payment's taker bears all of them; in a crossing each
owner bears that of what its offer gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

ENDLESS = Fraction(10**60)


@dataclass
class SlowOffer:
    """An offer: what its taker pays and gets, by the names of the assets; the amounts shrink as it is taken."""

    owner: str
    wants: str
    gives: str
    pays: Fraction
    gets: Fraction
    price: Fraction = field(init=False)  # what a taker pays for one; it stays as it was placed

    def __post_init__(self) -> None:
        self.price = self.pays / self.gets


@dataclass(frozen=True)
class Terms:
    """What a taker asks for.

    Attributes:
        taker, receiver: who spends, and who gets what is bought.
        ways: the assets of each way, from what is spent to what is wanted.
        most, wanted: what may be spent, transfer fee included, and what is to arrive.
        limit: the worst price of any part that is taken, fees included; None if every price will do.
        crossing: it is an offer, not a payment.
    """

    taker: str
    receiver: str
    ways: Sequence[tuple[str, ...]]
    most: Fraction
    wanted: Fraction
    limit: Fraction | None
    crossing: bool


@dataclass
class SlowExchange:
    """Offers in the order in which they were placed, what each owner has to give, and what has moved.

    Attributes:
        offers: oldest first.
        funds: what (owner, asset) can still give.
        rates: what sending one of an asset costs, 1 without a fee.
        moved: how the holdings of (owner, asset) changed.
    """

    offers: list[SlowOffer]
    funds: dict[tuple[str, str], Fraction]
    rates: dict[str, Fraction]
    moved: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def flow(self, terms: Terms) -> tuple[Fraction, Fraction]:
        """Take what the terms allow; (what was spent, what arrived)."""
        spent = arrived = Fraction(0)
        ways = list(terms.ways)
        while ways and arrived < terms.wanted and spent < terms.most:
            way = min(ways, key=lambda way: self._price(self._tips(way, terms), terms))
            tips = self._backed(way, terms)
            price = self._price(tips, terms)
            if not tips or (terms.limit is not None and price > terms.limit):
                ways.remove(way)
                continue
            most = min(terms.most - spent, self.funds[terms.taker, way[0]])
            part = min(terms.wanted - arrived, most / price, self._room(tips, terms))
            if part == 0:
                break
            self._take(tips, part, terms)
            spent, arrived = spent + part * price, arrived + part
        return spent, arrived

    def _tips(self, way: tuple[str, ...], terms: Terms) -> list[SlowOffer]:
        """The best offer of every book along a way; none of them if one book has nothing."""
        tips = []
        for sides in pairwise(way):
            standing = [
                offer
                for offer in self.offers
                if (offer.wants, offer.gives) == sides and offer.gets > 0 and offer.owner != terms.taker
            ]
            if not standing:
                return []
            tips.append(min(standing, key=lambda offer: offer.price))  # the oldest of those with one price
        return tips

    def _backed(self, way: tuple[str, ...], terms: Terms) -> list[SlowOffer]:
        """The same, once the offers without funds in front of them are removed."""
        while True:
            tips = self._tips(way, terms)
            dead = [offer for offer in tips if self.funds[offer.owner, offer.gives] <= 0]
            for offer in dead:
                offer.gets = Fraction(0)
            if not dead:
                return tips

    def _after(self, offer: SlowOffer, terms: Terms) -> Fraction:
        """How much of what an offer gives its taker pays on the way on: more than one where a fee is taken from it."""
        return Fraction(1) if terms.crossing else self.rates[offer.gives]

    def _price(self, tips: list[SlowOffer], terms: Terms) -> Fraction:
        """What one unit that arrives costs the taker; more than anyone has if there is nothing to take."""
        if not tips:
            return ENDLESS
        price = self.rates[tips[0].wants]
        for offer in tips:
            price *= offer.price * self._after(offer, terms)
        return price

    def _room(self, tips: list[SlowOffer], terms: Terms) -> Fraction:
        """How much may arrive until one of the offers, or its owner's funds, is used up."""
        room = ENDLESS
        for place, offer in enumerate(tips):
            if place:
                room /= offer.price
            room = min(room, offer.gets, self.funds[offer.owner, offer.gives] / self._given(offer, terms))
            room /= self._after(offer, terms)
        return room

    def _given(self, offer: SlowOffer, terms: Terms) -> Fraction:
        """What leaves an owner for each unit that its offer gives."""
        return self.rates[offer.gives] if terms.crossing else Fraction(1)

    def _take(self, tips: list[SlowOffer], part: Fraction, terms: Terms) -> None:
        """Move value along a way so that ``part`` arrives."""
        self._move(terms.receiver, tips[-1].gives, part)
        for offer in reversed(tips):
            got = part * self._after(offer, terms)
            self._move(offer.owner, offer.gives, -got * self._given(offer, terms))
            part = got * offer.price
            offer.gets -= got
            offer.pays -= part
            self._move(offer.owner, offer.wants, part)
            if self.funds[offer.owner, offer.gives] == 0:
                offer.gets = Fraction(0)  # used up as well as one that is taken whole
        self._move(terms.taker, tips[0].wants, -part * self.rates[tips[0].wants])
        for offer in tips:
            if offer.gets == 0:
                self._backed((offer.wants, offer.gives), terms)  # whoever takes an offer whole looks for the next one

    def _move(self, owner: str, asset: str, amount: Fraction) -> None:
        self.moved[owner, asset] += amount
        if amount < 0:
            self.funds[owner, asset] += amount
