"""The accounts of the simulated crowd: real addresses, made from names, with nobody behind them."""

from __future__ import annotations

import hashlib

from neo.ledger.keys import address_of
from neo.sim.facts import TAKER_ACCOUNTS


def crowd_address(name: str) -> str:
    """The address that belongs to a crowd member's name, the same in every session.

    The account id is the first 20 bytes of SHA-512 over the name; on the real network it would be the hash of a public
    key, but the crowd has no keys.
    """
    return address_of(hashlib.sha512(b"NEO\0crowd\0" + name.encode()).digest()[:20])


def maker_addresses(maker_count: int) -> list[str]:
    """One account for each maker."""
    return [crowd_address(f"maker {number}") for number in range(maker_count)]


def taker_addresses() -> list[str]:
    """The accounts that taker orders come from."""
    return [crowd_address(f"taker {number}") for number in range(TAKER_ACCOUNTS)]


ARBITRAGEUR = crowd_address("arbitrageur")

# Where an operator's deposits come from and withdrawals go to. It never trades.
FUNDING = crowd_address("funding")
