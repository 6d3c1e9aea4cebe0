"""A small embedded ledger to try things on: an issuer, a few traders, and short words for transactions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from neo.ledger import Applied, Ledger
from neo.ledger.keys import address_of

CURRENCY = "524C555344000000000000000000000000000000"
ISSUER, ALICE, BOB, CAROL, DAVE, STRANGER = (address_of(bytes([number]) * 20) for number in (9, 1, 2, 30, 4, 5))
TRADERS = (ALICE, BOB, CAROL, DAVE)  # Carol's address is above the issuer's, the others' below

PASSIVE, IMMEDIATE, FILL_OR_KILL, SELL = 0x10000, 0x20000, 0x40000, 0x80000
START_DROPS = 1_000_000_000
START_S = 1000


class World:
    """A ledger and the next sequence number of everyone in it.

    Attributes:
        ledger: the ledger. burnt_drops: the fees of all that was applied.
    """

    def __init__(self, *, tokens: str | None = "1000", drops: int = START_DROPS, **made: Any) -> None:
        self.ledger = Ledger.genesis(
            currency=CURRENCY,
            issuer=ISSUER,
            accounts=dict.fromkeys(TRADERS, (drops, tokens)),
            index=10,
            close_time_s=START_S,
            **made,
        )
        self.burnt_drops = 0
        self._hashes = 0

    def tx(self, account: str, kind: str, **fields: Any) -> dict[str, Any]:
        """A transaction with the account's next sequence number."""
        sequence = self.ledger.sequence(account) if account in self.ledger.state.accounts else 1
        return {
            "Account": account,
            "TransactionType": kind,
            "Fee": "10",
            "Flags": 0,
            "Sequence": sequence,
        } | fields

    def apply(self, tx: dict[str, Any]) -> Applied:
        """Apply a transaction under a hash of its own."""
        self._hashes += 1
        applied = self.ledger.apply(tx, f"{self._hashes:064X}")
        if applied.applied:
            self.burnt_drops += int(tx["Fee"])
        return applied

    def do(self, account: str, kind: str, **fields: Any) -> str:
        """Apply a transaction; its result."""
        return self.apply(self.tx(account, kind, **fields)).result

    def ask(self, account: str, drops: int, tokens: str, **fields: Any) -> str:
        """Offer XRP for tokens."""
        return self.do(account, "OfferCreate", TakerGets=str(drops), TakerPays=rlusd(tokens), **fields)

    def bid(self, account: str, drops: int, tokens: str, **fields: Any) -> str:
        """Offer tokens for XRP."""
        return self.do(account, "OfferCreate", TakerGets=rlusd(tokens), TakerPays=str(drops), **fields)

    def pay(self, account: str, to: str, value: Any, **fields: Any) -> str:
        """Pay drops (a string) or tokens (an amount)."""
        return self.do(account, "Payment", Destination=to, Amount=value, **fields)

    def pool(self, drops: int = 100_000_000, tokens: str = "200", fee: int = 0, maker: str = DAVE) -> str:
        """Make the pool."""
        both = {"Amount": str(drops), "Amount2": rlusd(tokens)}
        return self.do(maker, "AMMCreate", TradingFee=fee, **(both | {"Fee": "200000"}))

    def tokens(self, account: str) -> str:
        """An account's tokens, as text."""
        balance = self.ledger.token_balance(account)
        return "no line" if balance is None else f"{balance.normalize():f}"


def rlusd(value: str, issuer: str = ISSUER, currency: str = CURRENCY) -> dict[str, str]:
    """An amount of the token."""
    return {"currency": currency, "issuer": issuer, "value": value}


def frozen(ledger: Ledger) -> str:
    """The whole ledger as text, for comparing two of them."""
    return json.dumps(ledger.to_state(), sort_keys=True)


def codes(applied: Iterable[Applied]) -> list[str]:
    """The results of several transactions."""
    return [item.result for item in applied]
