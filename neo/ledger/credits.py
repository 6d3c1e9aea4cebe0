"""Money received inside a payment may not be spent inside it: the record that makes this so.

While a payment or a crossing runs, every credit and debit is noted with the balance before the first one. What an
account can use is then its first balance less its debits, never more than it has. Nested stretches of work (the whole
crossing, one pass over the books, one try at a pass) each keep their own record and pass it outward when they succeed.

Source: ``DeferredCredits`` and the hooks in PaymentSandbox.cpp of the ledger server.
"""

from __future__ import annotations

from typing import TypeAlias

from neo.ledger.amount import TOKENS, Token
from neo.ledger.entries import Account
from neo.ledger.number import ZERO, less, negate
from neo.ledger.token_kind import TokenKind

Holding: TypeAlias = Account | tuple[Account, TokenKind]
"""What an account holds of a token: the account alone stands for the pair's, which nearly every payment is about."""


class Credits:
    """What moved in one stretch of work.

    Attributes:
        drops: for each account, [drops it sent, balance before].
        tokens: for each holding, [tokens sent to the issuer, tokens the issuer sent, balance before].
        owner_counts: for each account, [owner count before the first change, the largest seen].
    """

    __slots__ = ("drops", "owner_counts", "tokens")

    def __init__(self) -> None:
        self.drops: dict[Account, list[int]] = {}
        self.tokens: dict[Holding, list[Token]] = {}
        self.owner_counts: dict[Account, list[int]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing has moved yet."""
        return not (self.drops or self.tokens or self.owner_counts)

    def note_drops(self, account: Account, sent: int) -> None:
        """Note that an account is about to send (or, with 0, to receive) drops."""
        record = self.drops.get(account)
        if record is None:
            self.drops[account] = [sent, account.drops]
        else:
            record[0] += sent

    def note_tokens(self, holder: Holding, sent: Token, received: Token, before: Token) -> None:
        """Note that a holder is about to send tokens to the issuer, or to receive them."""
        record = self.tokens.get(holder)
        if record is None:
            self.tokens[holder] = [sent, received, before]
            return
        record[0] = TOKENS.add(record[0], sent)
        record[1] = TOKENS.add(record[1], received)

    def note_owner_count(self, account: Account, before: int, after: int) -> None:
        """Note that an owner count is about to change."""
        record = self.owner_counts.get(account)
        if record is None:
            self.owner_counts[account] = [before, max(before, after)]
        else:
            record[1] = max(record[1], before, after)

    def merge_into(self, outer: Credits) -> None:
        """Pass this record outward; the outer one's first balances stand."""
        for account, (sent, before) in self.drops.items():
            kept = outer.drops.get(account)
            if kept is None:
                outer.drops[account] = [sent, before]
            else:
                kept[0] += sent
        for holder, record in self.tokens.items():
            known = outer.tokens.get(holder)
            if known is None:
                outer.tokens[holder] = list(record)
            else:
                known[0] = TOKENS.add(known[0], record[0])
                known[1] = TOKENS.add(known[1], record[1])
        for account, counts in self.owner_counts.items():
            earlier = outer.owner_counts.get(account)
            if earlier is None:
                outer.owner_counts[account] = counts
            else:
                earlier[1] = max(earlier[1], counts[1])


def holding(holder: Account, token: TokenKind) -> Holding:
    """What an account holds of a token, as this record names it."""
    return holder if token.is_of_pair else (holder, token)


def usable_drops(stack: list[Credits], account: Account, drops: int) -> int:
    """The part of a balance of drops that was there before the payment and is not spent yet."""
    sent, first, least, moved = 0, drops, drops, False
    for credits_ in reversed(stack):
        record = credits_.drops.get(account)
        if record is not None:
            moved = True
            sent += record[0]
            first = record[1]
            least = min(least, first)
    return max(0, min(first - sent, least)) if moved else drops


def usable_tokens(stack: list[Credits], holder: Holding, balance: Token) -> Token:
    """The part of a holder's balance that was there before the payment and is not spent yet."""
    return _usable(stack, holder, balance, sender=0)


def usable_issue(stack: list[Credits], holder: Holding, balance: Token) -> Token:
    """The same from the issuer's side: ``balance`` is in the issuer's terms, negative what the holder holds."""
    return _usable(stack, holder, balance, sender=1)


def _usable(stack: list[Credits], holder: Holding, balance: Token, *, sender: int) -> Token:
    sent, first, least, moved = ZERO, balance, balance, False
    for credits_ in reversed(stack):
        record = credits_.tokens.get(holder)
        if record is not None:
            moved = True
            sent = TOKENS.add(sent, record[sender])
            first = negate(record[2]) if sender else record[2]
            if less(first, least):
                least = first
    if not moved:
        return balance
    rest = TOKENS.subtract(first, sent)
    if less(rest, least):
        least = rest
    return least


def usable_owner_count(stack: list[Credits], account: Account, count: int) -> int:
    """The owner count to reserve for: the largest it has been during the payment."""
    for credits_ in stack:
        record = credits_.owner_counts.get(account)
        if record is not None and record[1] > count:
            count = record[1]
    return count
