"""Random but sensible play on a small embedded ledger: what a hypothesis draws, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from support.ledger_world import (
    FILL_OR_KILL,
    IMMEDIATE,
    ISSUER,
    PASSIVE,
    SELL,
    START_S,
    TRADERS,
    World,
    rlusd,
)

KINDS = ("offer", "offer", "offer", "offer", "cancel", "pay", "pay", "close", "freeze")


@dataclass(frozen=True)
class Move:
    """One thing somebody does. The numbers are read as each kind needs them."""

    kind: str
    actor: int
    other: int
    drops: int
    price_ppm: int
    flags: int
    option: int


def offers_flags() -> st.SearchStrategy[int]:
    return st.sampled_from(
        [0, 0, 0, PASSIVE, SELL, IMMEDIATE, IMMEDIATE | SELL, FILL_OR_KILL, FILL_OR_KILL | SELL, PASSIVE | SELL]
    )


def moves() -> st.SearchStrategy[Move]:
    drops = st.one_of(st.integers(1, 50), st.integers(1_000, 10**6), st.integers(10**6, 4 * 10**8))
    return st.builds(
        Move,
        kind=st.sampled_from(KINDS),
        actor=st.integers(0, len(TRADERS) - 1),
        other=st.integers(0, len(TRADERS) - 1),
        drops=drops,
        price_ppm=st.integers(1_960_000, 2_040_000),
        flags=offers_flags(),
        option=st.integers(0, 11),
    )


def worlds() -> st.SearchStrategy[World]:
    """Ledgers with and without a pool, transfer fees, tick sizes, and with poor traders."""
    return st.builds(
        _world,
        pool=st.sampled_from([None, 0, 30, 500, 1000]),
        transfer_rate=st.sampled_from([0, 0, 1_002_000_000, 1_150_000_000]),
        tick_size=st.sampled_from([0, 0, 4, 7]),
        tokens=st.sampled_from(["1000", "3.5", "0.000001", "123456789.123456"]),
        drops=st.sampled_from([10**9, 2_600_000, 10**12]),
    )


def _world(pool: int | None, transfer_rate: int, tick_size: int, tokens: str, drops: int) -> World:
    world = World(tokens=tokens, drops=drops, transfer_rate=transfer_rate, tick_size=tick_size)
    if pool is not None and drops > 10**8 and tokens in ("1000", "123456789.123456"):
        assert world.pool(fee=pool) == "tesSUCCESS"
    return world


def transaction(world: World, move: Move) -> dict[str, Any] | None:
    """The transaction of a move; None closes the ledger."""
    account, other = TRADERS[move.actor], TRADERS[move.other]
    if move.kind == "close":
        return None
    if move.kind == "offer":
        return _offer(world, account, move)
    if move.kind == "cancel":
        standing = [offer.sequence for offer in world.ledger.offers(account)]
        return world.tx(account, "OfferCancel", OfferSequence=standing[0] if standing else 1)
    if move.kind == "freeze":
        flag = 0x00100000 if move.option < 5 else 0x00200000
        return world.tx(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=account), Flags=flag)
    return _payment(world, account, other, move)


def tokens_of(move: Move) -> str:
    """A token amount worth the move's drops at its price."""
    return f"{move.drops * move.price_ppm}e-12"


def _offer(world: World, account: str, move: Move) -> dict[str, Any]:
    tokens, drops = rlusd(tokens_of(move)), str(move.drops)
    sides = {"TakerGets": drops, "TakerPays": tokens} if move.option % 2 else {"TakerGets": tokens, "TakerPays": drops}
    extra: dict[str, Any] = {}
    if move.option in (2, 3):
        extra["Expiration"] = world.ledger.parent_close_time_s + 5
    standing = world.ledger.offers(account)
    if move.option in (4, 5) and standing:
        extra["OfferSequence"] = standing[0].sequence
    return world.tx(account, "OfferCreate", Flags=move.flags, **sides, **extra)


def _payment(world: World, account: str, other: str, move: Move) -> dict[str, Any]:
    tokens, drops = rlusd(tokens_of(move)), str(move.drops)
    partial = {"Flags": 0x20000} if move.option % 3 == 0 else {}
    forms: list[dict[str, Any]] = [
        {"Amount": drops},
        {"Amount": tokens} | partial,
        {"Amount": tokens, "SendMax": str(move.drops * 2)} | partial,
        {"Amount": drops, "SendMax": rlusd(f"{move.drops * 4}e-6")} | partial,
    ]
    return world.tx(account, "Payment", Destination=other, **forms[move.option % 4])


def step(world: World, move: Move) -> Any:
    """Play a move; the outcome, or None if the ledger closed."""
    tx = transaction(world, move)
    if tx is None:
        world.ledger.close(max(world.ledger.close_time_s, START_S) + 4)
        return None
    return world.apply(tx)
