"""From a payment's paths to the steps that each of them takes, as far as the tokens of this ledger reach.

A path is written as what it passes through: accounts, and assets that are to be bought on the way. The source, what it
sends, what is to arrive and the destination are implied, so the empty path is the direct one.

Source: ``toStrand`` and ``toStep`` in PaySteps.cpp, and the loop checks of BookStep.cpp and DirectStep.cpp.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from neo.ledger import keys
from neo.ledger.amount import Token
from neo.ledger.entries import Account
from neo.ledger.flow.book_step import BookStep
from neo.ledger.flow.context import Context
from neo.ledger.flow.ends import DropsEnd, LineEnd, PriorStep
from neo.ledger.pool import GETS_TOKENS, GETS_XRP, SWAPS_TOKENS
from neo.ledger.token_kind import TokenKind

AnyBookStep: TypeAlias = BookStep[int, Token] | BookStep[Token, int] | BookStep[Token, Token]
Step: TypeAlias = DropsEnd | LineEnd | AnyBookStep
Asset: TypeAlias = tuple[bytes, str]  # currency and issuer; XRP has none

XRP: Asset = (keys.XRP_CURRENCY, "")
_BAD_PATH = "temBAD_PATH"
_LOOP = "temBAD_PATH_LOOP"


class UnknownTokenError(Exception):
    """A path leads through a token that this ledger does not know."""


class PathElement(NamedTuple):
    """One element of a path: an account, or an asset (either of its parts may be left to the one before)."""

    account: str | None = None
    currency: bytes | None = None
    issuer: str | None = None


Path: TypeAlias = tuple[PathElement, ...]


class PaymentEnds(NamedTuple):
    """Where a payment leads.

    Attributes:
        source, destination: the accounts.
        spends: what is sent; with the source as the issuer, what it holds of that currency, whoever issued it.
        delivers: what is to arrive.
    """

    source: Account
    destination: Account
    spends: Asset
    delivers: Asset


class PathBuilder:
    """Builds the steps of one path.

    Attributes:
        steps: those that there are so far.
        signature: what they do; two paths of the same are one.
    """

    def __init__(self, context: Context, route: PaymentEnds, path: Path) -> None:
        self._context = context
        self._state = context.state
        self._route = route
        self._path = path
        self.steps: list[Step] = []
        self.signature: list[tuple[object, ...]] = []
        self._sources: set[Asset] = set()
        self._targets: set[Asset] = set()
        self._bought: set[Asset] = set()

    def build(self) -> str | None:
        """Make the steps; why the path cannot be used, or None.

        Raises:
            UnknownTokenError: it needs a token that this ledger does not know.
        """
        if any(_is_malformed(element) for element in self._path):
            return _BAD_PATH
        elements = self._whole()
        currency = self._route.spends[0]
        asset = XRP if currency == keys.XRP_CURRENCY else (currency, self._route.source.address)
        for place in range(len(elements) - 1):
            here, there = elements[place], elements[place + 1]
            is_last = place == len(elements) - 2
            asset = _moved_on(asset, here)
            refusal = self._between(here, there, asset, is_last=is_last)
            if refusal is not None:
                return refusal
        return None

    def _whole(self) -> list[PathElement]:
        """The path with what is implied at its ends."""
        source, destination, spends, delivers = self._route
        start = spends if spends == XRP else (spends[0], source.address)
        elements = [PathElement(source.address, *start)]
        path = self._path
        if spends[1] != source.address and (not path or path[0].account != spends[1]):
            elements.append(PathElement(spends[1]))
        elements += path
        last = next(element for element in reversed(elements) if element.currency is not None)
        if last.currency != delivers[0] or (self._context.crossing and (last.issuer or "") != delivers[1]):
            elements.append(PathElement(None, *delivers))
        if elements[-1].account != delivers[1] and destination.address != delivers[1]:
            elements.append(PathElement(delivers[1]))
        if elements[-1].account != destination.address:
            elements.append(PathElement(destination.address))
        return elements

    def _between(self, here: PathElement, there: PathElement, asset: Asset, *, is_last: bool) -> str | None:
        """The step from one element to the next."""
        if here.account is None and there.account is not None:
            return self._after_offer(there.account, asset)
        if there.account is None:
            return self._buy(asset, there)
        assert here.account is not None, "two accounts"
        if not self.steps and here.currency == keys.XRP_CURRENCY:
            return self._drops(self._route.source, is_last=False)
        if is_last and here.account == "":
            return self._drops(self._route.destination, is_last=True)
        return self._direct(here.account, there.account, asset[0], is_last=is_last)

    def _after_offer(self, account: str, asset: Asset) -> str | None:
        """From what a book gave to an account; nothing is to be done where that is its issuer."""
        if account in (asset[1], ""):
            return None
        return _BAD_PATH if asset == XRP else self._direct(asset[1], account, asset[0], is_last=False)

    def _prior(self) -> PriorStep | None:
        return self.steps[-1] if self.steps else None

    def _add(self, step: Step, *signature: object) -> None:
        self.steps.append(step)
        self.signature.append(signature)

    def _drops(self, account: Account, *, is_last: bool) -> str | None:
        step = DropsEnd(self._context, account, is_last=is_last)
        self._add(step, account.address, is_last)
        seen = self._sources if is_last else self._targets  # a book on the way gives what was sent no more
        if XRP in seen:
            return step.check() or _LOOP
        seen.add(XRP)
        return step.check()

    def _direct(self, source: str, target: str, currency: bytes, *, is_last: bool) -> str | None:
        """Tokens over one trust line."""
        if not source or not target or source == target:
            return _BAD_PATH
        accounts = self._state.accounts
        if source not in accounts:
            return "terNO_ACCOUNT"
        token = self._token((currency, target), (currency, source))
        if target not in accounts:
            return "terNO_LINE"
        ends = (accounts[source], accounts[target])
        step = LineEnd(self._context, ends, token, self._prior(), is_last=is_last)
        refusal = step.check_freezes() or self._looped((currency, source), (currency, target)) or step.check_line()
        self._add(step, source, target, currency)
        return refusal

    def _looped(self, source: Asset, target: Asset) -> str | None:
        """An account may send a currency once in a path and receive it once; what a book gave goes on at once."""
        if source in self._bought and self.signature[-1][1] != source:
            return _LOOP
        if source in self._sources or target in self._targets:
            return _LOOP
        self._sources.add(source)
        self._targets.add(target)
        return None

    def _buy(self, asset: Asset, there: PathElement) -> str | None:
        """One asset for another, at its book."""
        currency = asset[0] if there.currency is None else there.currency
        bought = (
            XRP if currency == keys.XRP_CURRENCY else (currency, asset[1] if there.issuer is None else there.issuer)
        )
        given = XRP if asset[0] == keys.XRP_CURRENCY else asset
        if given == bought or (bought != XRP and not bought[1]):
            return _BAD_PATH
        if bought in self._bought or bought in self._sources or bought in self._targets:
            return _LOOP
        self._bought.add(bought)
        pays, gets = (None if side == XRP else self._token(side) for side in (given, bought))
        step = book_step(self._context, pays, gets, self._prior(), is_default=not self._path)
        self._add(step, given, bought)
        return step.check()

    def _token(self, *assets: Asset) -> TokenKind:
        """The first of these tokens that the ledger knows."""
        for asset in assets:
            token = self._state.tokens.get(asset)
            if token is not None:
                return token
        raise UnknownTokenError


def book_step(
    context: Context,
    pays: TokenKind | None,
    gets: TokenKind | None,
    prior: PriorStep | None,
    *,
    is_default: bool = True,
) -> AnyBookStep:
    """The step through the book of two assets, None being XRP; the arithmetic of both is chosen here."""
    book = context.state.book(pays, gets, context.domain)
    if pays is None:
        return BookStep(context, book, GETS_TOKENS, prior, is_default=is_default)
    if gets is None:
        return BookStep(context, book, GETS_XRP, prior, is_default=is_default)
    return BookStep(context, book, SWAPS_TOKENS, prior, is_default=is_default)


def _is_malformed(element: PathElement) -> bool:
    account, currency, issuer = element
    if account is not None:
        return currency is not None or issuer is not None or account in _NOBODIES
    if issuer in _NOBODIES:
        return True
    return (currency is None and issuer is None) or (issuer is not None and currency == keys.XRP_CURRENCY)


_NOBODIES = ("", keys.NOBODY_ADDRESS, keys.ISSUERLESS_ADDRESS)


def _moved_on(asset: Asset, here: PathElement) -> Asset:
    """What is held once an element has been reached."""
    currency, issuer = asset
    if here.account is not None:
        issuer = here.account
    elif here.issuer is not None:
        issuer = here.issuer
    if here.currency is not None:
        currency = here.currency
        if currency == keys.XRP_CURRENCY:
            issuer = ""
    return currency, issuer
