"""Taking back what changed of a ledger's own lists: its accounts, and whether it has a pool.

Entries know themselves how to go back (``entries``); these records are of the ledger around them.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger.entries import Account
from neo.ledger.pool_entry import Amm


class HasPool(Protocol):
    """A ledger of which only the pool matters."""

    amm: Amm | None


class AccountOpened:
    """An account came to the ledger's list of them."""

    __slots__ = ("accounts", "address")

    def __init__(self, accounts: dict[str, Account], address: str) -> None:
        self.accounts = accounts
        self.address = address

    def undo(self) -> None:
        """Take it off the list."""
        del self.accounts[self.address]


class AccountClosed:
    """An account left the ledger's list of them."""

    __slots__ = ("account", "accounts")

    def __init__(self, accounts: dict[str, Account], account: Account) -> None:
        self.accounts = accounts
        self.account = account

    def undo(self) -> None:
        """Put it back on the list."""
        self.accounts[self.account.address] = self.account


class PoolChanged:
    """The ledger came to have a pool, or lost it."""

    __slots__ = ("before", "ledger")

    def __init__(self, ledger: HasPool) -> None:
        self.ledger = ledger
        self.before = ledger.amm

    def undo(self) -> None:
        """Let it have the pool that it had, or none."""
        self.ledger.amm = self.before
