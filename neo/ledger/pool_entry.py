"""The pool's own entry: its shares, its fee, who holds its auction slot, and who voted what.

Source: ledger_entries.macro (``ltAMM``) of the ledger server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from neo.ledger.amount import Token
from neo.ledger.entries import Account, Entry, Image
from neo.ledger.number import ZERO
from neo.ledger.token_kind import TokenKind

DISCOUNT = 10  # the auction slot's holder trades at a tenth of the fee


class Vote(NamedTuple):
    """One account's word on the trading fee. ``fee`` is in 1/100000, ``weight`` in 1/100000 of the shares."""

    account: str
    fee: int
    weight: int


@dataclass(slots=True, eq=False)
class Amm(Entry):
    """A pool: between XRP and the pair's token, or between two other assets.

    Attributes:
        account: the pool's own account, which holds both sides.
        lp_balance: pool shares in circulation.
        lp_currency: their currency code.
        trading_fee: in 1/100000.
        slot_account: who holds the auction slot, and trades at less than the fee.
        slot_expiration_s: until when; seconds of the ledger's epoch.
        slot_fee: what the slot's users pay, in 1/100000; None: a tenth of the fee.
        slot_price: what the slot was bought for, in shares.
        slot_users: accounts that the holder lets use it.
        assets: what it holds, as its entry names them, None being XRP.
        votes: in the order in which the entry has them.
    """

    account: Account
    lp_balance: Token
    lp_currency: str
    trading_fee: int
    slot_account: str | None = None
    slot_expiration_s: int = 0
    slot_fee: int | None = None
    slot_price: Token = ZERO
    slot_users: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    assets: tuple[TokenKind | None, TokenKind | None] = field(kw_only=True)

    def discounted_fee(self) -> int:
        """What the slot's users pay, in 1/100000."""
        return self.trading_fee // DISCOUNT if self.slot_fee is None else self.slot_fee


class AmmImage(Image[Amm]):
    """A pool as it was."""

    __slots__ = (
        "lp_balance",
        "slot_account",
        "slot_expiration_s",
        "slot_fee",
        "slot_price",
        "slot_users",
        "trading_fee",
        "votes",
    )

    def __init__(self, amm: Amm) -> None:
        self.entry = amm
        self.alive = amm.alive
        self.lp_balance = amm.lp_balance
        self.slot_account = amm.slot_account
        self.slot_expiration_s = amm.slot_expiration_s
        self.slot_fee = amm.slot_fee
        self.slot_price = amm.slot_price
        self.slot_users = amm.slot_users
        self.trading_fee = amm.trading_fee
        self.votes = amm.votes

    def undo(self) -> None:
        """Take the pool back to what it was."""
        amm = self.entry
        amm.alive = self.alive
        amm.lp_balance = self.lp_balance
        amm.slot_account = self.slot_account
        amm.slot_expiration_s = self.slot_expiration_s
        amm.slot_fee = self.slot_fee
        amm.slot_price = self.slot_price
        amm.slot_users = self.slot_users
        amm.trading_fee = self.trading_fee
        amm.votes = self.votes

    def has_changed(self) -> bool:
        """Whether the pool is no longer what it was."""
        amm = self.entry
        return (
            amm.alive != self.alive
            or amm.lp_balance != self.lp_balance
            or amm.slot_account != self.slot_account
            or amm.slot_expiration_s != self.slot_expiration_s
            or amm.slot_fee != self.slot_fee
            or amm.slot_price != self.slot_price
            or amm.slot_users != self.slot_users
            or amm.trading_fee != self.trading_fee
            or amm.votes != self.votes
        )


Amm.image_kind = AmmImage
