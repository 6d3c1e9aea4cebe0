"""What a crowd member's transaction says, read as anybody outside would: side, price, size."""

from __future__ import annotations

from decimal import Decimal

from neo.network.pending import Transaction

XRP = 1_000_000


def is_buy(tx: Transaction) -> bool:
    """Whether it asks for XRP, which is written as a text of drops."""
    return isinstance(tx["TakerPays"], str)


def size_drops(tx: Transaction) -> int:
    """Its XRP."""
    return int(tx["TakerPays"] if is_buy(tx) else tx["TakerGets"])


def price(tx: Transaction) -> Decimal:
    """RLUSD for each XRP, to 28 digits."""
    token = tx["TakerGets"] if is_buy(tx) else tx["TakerPays"]
    return Decimal(token["value"]) * XRP / size_drops(tx)
