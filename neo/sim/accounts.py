"""The accounts of the simulated crowd: real addresses, made from names, with nobody behind them."""

from __future__ import annotations

from neo.network.unsigned import made_up_address
from neo.sim.facts import TAKER_ACCOUNTS


def crowd_address(name: str) -> str:
    """The address that belongs to a crowd member's name, the same in every session."""
    return made_up_address(name)


def maker_addresses(maker_count: int) -> list[str]:
    """One account for each maker."""
    return [crowd_address(f"maker {number}") for number in range(maker_count)]


def taker_addresses() -> list[str]:
    """The accounts that taker orders come from."""
    return [crowd_address(f"taker {number}") for number in range(TAKER_ACCOUNTS)]


ARBITRAGEUR = crowd_address("arbitrageur")

# Where an operator's deposits come from and withdrawals go to. It never trades.
FUNDING = crowd_address("funding")
