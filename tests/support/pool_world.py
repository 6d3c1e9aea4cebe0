"""A small ledger of today's rules with a pool of 100 XRP and 200 tokens, whose shares are the root of 2e10."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from support.ledger_world import ALICE, CURRENCY, DAVE, ISSUER, World

from neo.ledger import EXCHANGE_3_0

LP_TOKEN, ALL, ONE_ALL, SINGLE, TWO = 0x10000, 0x20000, 0x40000, 0x80000, 0x100000
ONE_FOR, LIMIT, IF_EMPTY = 0x200000, 0x400000, 0x800000
ASSETS = {"Asset": {"currency": "XRP"}, "Asset2": {"currency": CURRENCY, "issuer": ISSUER}}
TOTAL = "141421.3562373095"


def with_pool(**made: Any) -> World:
    """A world whose pool Dave made of 100 XRP and 200 tokens, at no fee unless told."""
    fee = made.pop("fee", 0)
    world = World(amendments=EXCHANGE_3_0, **made)
    assert world.pool(100_000_000, "200", fee) == "tesSUCCESS"
    return world


def share(world: World, value: str) -> dict[str, str]:
    """An amount of the pool's shares."""
    amm = world.ledger.state.amm
    assert amm is not None
    return {"currency": amm.lp_currency, "issuer": amm.account.address, "value": value}


def held(world: World) -> tuple[int, Decimal, Decimal]:
    """The pool's XRP, tokens and shares."""
    pool = world.ledger.amm()
    assert pool is not None
    return pool.drops, pool.token, pool.lp_token


def deposit(world: World, account: str = ALICE, **fields: Any) -> str:
    """A deposit; its result."""
    return world.do(account, "AMMDeposit", **ASSETS, **fields)


def withdraw(world: World, account: str = DAVE, **fields: Any) -> str:
    """A withdrawal; its result."""
    return world.do(account, "AMMWithdraw", **ASSETS, **fields)
