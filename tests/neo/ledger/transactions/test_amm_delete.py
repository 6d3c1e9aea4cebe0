"""Pools that are empty: deleted at once, in parts where too many lines hang on them, or filled anew meanwhile."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.ledger_world import ALICE, BOB, CAROL, DAVE, START_DROPS, START_S, World, rlusd
from support.pool_world import (
    ALL,
    ASSETS,
    IF_EMPTY,
    deposit,
    held,
    newcomer,
    share,
    shares,
    with_round_pool,
    withdraw,
)

from neo.ledger import engine


def emptied(lines: int) -> tuple[World, list[str]]:
    """A pool with so many lines of accounts that hold none of its shares, after its last holder has left."""
    world = with_round_pool(fee=300, drops=100 * START_DROPS)
    holders = [newcomer(world, 1000 + number) for number in range(lines)]
    assert withdraw(world, DAVE, Flags=ALL) == "tesSUCCESS"
    return world, holders


def lines_left(world: World, holders: list[str]) -> int:
    """How many of them still have their line, and the reserve for it counted."""
    accounts = [world.ledger.state.accounts[holder] for holder in holders]
    assert all(account.owner_count == len(account.lines) for account in accounts)
    return sum(len(account.lines) for account in accounts)


def delete(world: World, account: str = ALICE) -> str:
    """The pool is to go; the result."""
    return world.do(account, "AMMDelete", **ASSETS)


@pytest.mark.parametrize(("lines", "left"), [(511, 0), (512, 1)])
def test_the_last_withdrawal_passes_512_entries_the_pools_own_among_them(lines: int, left: int) -> None:
    """With 511 lines the pool goes; with one more it stays, empty, and so does that one."""
    world, holders = emptied(lines)
    assert lines_left(world, holders) == left
    assert (world.ledger.state.amm is None) == (left == 0)
    assert delete(world) == ("terNO_AMM" if left == 0 else "tesSUCCESS")
    assert lines_left(world, holders) == 0
    assert world.ledger.state.amm is None


def test_a_deletion_that_is_not_done_deletes_what_it_may() -> None:
    """Of 1,030 lines the withdrawal takes 511, a first deletion 511 more, though it fails, a second the rest."""
    world, holders = emptied(1030)
    had_drops, sequence = world.ledger.xrp_drops(ALICE), world.ledger.sequence(ALICE)
    assert delete(world) == "tecINCOMPLETE"
    assert (world.ledger.xrp_drops(ALICE), world.ledger.sequence(ALICE)) == (had_drops - 10, sequence + 1)
    assert lines_left(world, holders) == 8
    assert delete(world) == "tesSUCCESS"
    assert lines_left(world, holders) == 0
    assert delete(world) == "terNO_AMM"
    assert world.pool(100_000_000, "100", maker=DAVE) == "tesSUCCESS"


def test_a_deletion_that_is_not_done_is_not_put_off() -> None:
    """While failures are put off this one stands at once, and its lines are gone."""
    world, holders = emptied(1030)
    done = engine.apply(world.ledger.state, world.tx(ALICE, "AMMDelete", **ASSETS), "AA", 0, retrying=True)
    assert (done.result, done.applied) == ("tecINCOMPLETE", True)
    assert lines_left(world, holders) == 8


def test_a_pool_with_shares_is_not_deleted() -> None:
    """Nor by who has them all; flags there are none."""
    world = with_round_pool()
    assert delete(world, DAVE) == "tecAMM_NOT_EMPTY"
    assert world.do(DAVE, "AMMDelete", Flags=1, **ASSETS) == "temINVALID_FLAG"
    assert world.do(DAVE, "AMMDelete", **(ASSETS | {"Asset": "XRP"})) == "temMALFORMED"


def test_an_empty_pool_neither_votes_nor_sells_nor_trades_until_it_is_filled_anew() -> None:
    """Who fills it has the vote, the slot and the fee; with 2 XRP and 2 tokens it has 2,000 shares."""
    world, holders = emptied(512)
    assert world.do(BOB, "AMMVote", TradingFee=1, **ASSETS) == "tecAMM_EMPTY"
    assert world.do(BOB, "AMMBid", **ASSETS) == "tecAMM_EMPTY"
    line = {"LimitAmount": share(world, "7")}
    assert world.do(CAROL, "TrustSet", **line) == "tecAMM_EMPTY"
    assert world.do(holders[-1], "TrustSet", **line) == "tesSUCCESS"  # it has one
    assert world.ask(CAROL, 1_000_000, "0.1", Flags=0x20000) == "tecKILLED"
    both = {"Flags": IF_EMPTY, "Amount": "2000000", "Amount2": rlusd("2")}
    assert deposit(world, BOB, TradingFee=500, **both) == "tesSUCCESS"
    assert held(world) == (2_000_000, Decimal(2), Decimal(2000))
    assert shares(world, BOB) == 2000
    amm = world.ledger.state.amm
    assert amm is not None
    assert (amm.slot_account, amm.slot_expiration_s, amm.slot_fee) == (BOB, START_S + 86_400, 50)
    assert amm.votes == ((BOB, 500, 100_000),)
    assert delete(world) == "tecAMM_NOT_EMPTY"
