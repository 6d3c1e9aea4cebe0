"""Deposits: every way that the flags name, in a pool of 100 XRP and 200 tokens, whose shares are the root of 2e10."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, DAVE, ISSUER, World, rlusd
from support.pool_world import IF_EMPTY, LIMIT, LP_TOKEN, ONE_FOR, SINGLE, TOTAL, TWO, deposit, held, share, with_pool

from neo.ledger import EXCHANGE_3_0


def test_a_pool_gives_the_root_of_its_product_rounded_down() -> None:
    """sqrt(100,000,000 drops * 200) = 141,421.35623730950..., and its maker the one vote."""
    world = with_pool(fee=300)
    assert held(world) == (100_000_000, Decimal(200), Decimal(TOTAL))
    amm = world.ledger.state.amm
    assert amm is not None
    assert (amm.votes, amm.slot_account, amm.discounted_fee()) == (((DAVE, 300, 100_000),), DAVE, 30)


@pytest.mark.parametrize(
    ("fields", "drops", "tokens"),
    [
        ({"Flags": TWO, "Amount": "10000000", "Amount2": rlusd("30")}, 10_000_000, "20"),
        ({"Flags": TWO, "Amount": "30000000", "Amount2": rlusd("20")}, 10_000_000, "20"),
        ({"Flags": TWO, "Amount": rlusd("20"), "Amount2": "30000000"}, 10_000_000, "20"),
        ({"Flags": SINGLE, "Amount": "21000000"}, 21_000_000, "0"),
        ({"Flags": SINGLE, "Amount": rlusd("42")}, 0, "42"),
        ({"Flags": LIMIT, "Amount": "21000000", "EPrice": "2000"}, 21_000_000, "0"),
    ],
)
def test_what_goes_in_is_a_tenth_of_the_shares(fields: dict[str, Any], drops: int, tokens: str) -> None:
    """Both sides at a tenth, or one at 21 %: without a fee (1.1)^2 = 1.21 of it is 1.1 of the shares."""
    world = with_pool()
    assert deposit(world, **fields) == "tesSUCCESS"
    now_drops, now_tokens, shares = held(world)
    assert abs(now_drops - 100_000_000 - drops) <= 1
    assert abs(now_tokens - 200 - Decimal(tokens)) < Decimal("1e-11")
    assert abs(shares - Decimal(TOTAL) * Decimal("1.1")) < Decimal("1e-4")
    assert world.ledger.xrp_drops(ALICE) == 10**9 - 10 - (now_drops - 100_000_000)
    assert world.ledger.token_balance(ALICE) == 1200 - now_tokens
    assert world.ledger.owner_count(ALICE) == 2  # the token's line, and that of the shares


@pytest.mark.parametrize(
    ("flags", "extra", "drops"),
    [(LP_TOKEN, {}, 10_000_000), (ONE_FOR, {"Amount": "21000001"}, 21_000_000)],
)
def test_so_many_shares_cost_what_they_are_worth(flags: int, extra: dict[str, Any], drops: int) -> None:
    """A tenth of the shares, for both sides or for one, rounded up; with a lower limit there are none."""
    world = with_pool()
    tenth = share(world, "14142.13562373095")
    assert deposit(world, Flags=flags, LPTokenOut=tenth, **extra) == "tesSUCCESS"
    assert 0 <= held(world)[0] - 100_000_000 - drops <= 1
    if extra:
        assert deposit(world, Flags=flags, LPTokenOut=tenth, Amount="20000000") == "tecAMM_FAILED"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": SINGLE | TWO, "Amount": "1"}, "temMALFORMED"),
        ({"Flags": SINGLE}, "temMALFORMED"),
        ({"Flags": SINGLE, "Amount": "1", "EPrice": "1"}, "temMALFORMED"),
        ({"Flags": SINGLE, "Amount": "0"}, "temBAD_AMOUNT"),
        ({"Flags": SINGLE, "Amount": rlusd("1", currency="USD")}, "temBAD_AMM_TOKENS"),
        ({"Flags": TWO, "Amount": "1", "Amount2": "2"}, "temBAD_AMM_TOKENS"),
        ({"Flags": 1, "Amount": "1"}, "temINVALID_FLAG"),
        ({"Flags": SINGLE, "Amount": rlusd("1001")}, "tecUNFUNDED_AMM"),
        ({"Flags": SINGLE, "Amount": "1000000000"}, "tecINSUF_RESERVE_LINE"),
        ({"Flags": IF_EMPTY, "Amount": "1", "Amount2": rlusd("1")}, "tecAMM_NOT_EMPTY"),
        ({"Flags": LIMIT, "Amount": "1", "EPrice": rlusd("1")}, "temBAD_AMM_TOKENS"),
        ({"Flags": TWO, "Amount": "1", "Amount2": rlusd("1"), "TradingFee": 1}, "temMALFORMED"),
    ],
)
def test_what_cannot_be_deposited_is_refused_by_its_real_name(fields: dict[str, Any], result: str) -> None:
    """And changes nothing of the pool."""
    world = with_pool()
    assert deposit(world, **fields) == result
    assert held(world) == (100_000_000, Decimal(200), Decimal(TOTAL))


def test_nothing_frozen_goes_in() -> None:
    """Neither side, while one's own line is frozen, or the pool's for what it holds."""
    world = with_pool()
    limit = rlusd("0", issuer=ALICE)
    assert world.do(ISSUER, "TrustSet", LimitAmount=limit, Flags=0x100000) == "tesSUCCESS"
    assert deposit(world, Flags=SINGLE, Amount="1000000") == "tecFROZEN"
    assert world.do(ISSUER, "TrustSet", LimitAmount=limit, Flags=0x200000) == "tesSUCCESS"
    pool = world.ledger.amm()
    assert pool is not None
    frozen_pool = rlusd("0", issuer=pool.account)
    assert world.do(ISSUER, "TrustSet", LimitAmount=frozen_pool, Flags=0x100000) == "tesSUCCESS"
    assert deposit(world, Flags=SINGLE, Amount=rlusd("1")) == "tecFROZEN"
    assert deposit(world, Flags=SINGLE, Amount="1000000") == "tesSUCCESS"


def test_without_a_pool_there_is_nothing_to_deposit_into() -> None:
    """It may come yet: the server keeps the transaction."""
    world = World(amendments=EXCHANGE_3_0)
    assert deposit(world, BOB, Flags=SINGLE, Amount="1") == "terNO_AMM"


def test_a_price_that_is_too_dear_for_all_buys_as_much_as_it_allows() -> None:
    """One side buys shares at 1,414.2 drops each and more; at 1,500 on average it goes up by a quarter."""
    world = with_pool()
    assert deposit(world, Flags=LIMIT, Amount="90000000", EPrice="1414") == "tecAMM_FAILED"
    assert deposit(world, Flags=LIMIT, Amount="90000000", EPrice="1500") == "tesSUCCESS"
    drops, _, shares = held(world)
    paid, given = drops - 100_000_000, shares - Decimal(TOTAL)
    assert abs(paid / given - 1500) < Decimal("0.001")
    # Without a fee, shares go with the root r of what the side grows by: paid = (r^2 - 1) * 1e8, given = (r - 1) * T.
    root = 1500 * Decimal(TOTAL) / 10**8 - 1
    assert abs(paid - (root * root - 1) * 10**8) < 10
