"""Withdrawals: every way that the flags name, out of a pool of 100 XRP and 200 tokens that Dave has all shares of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, DAVE, ISSUER, frozen, rlusd
from support.pool_world import (
    ALL,
    LIMIT,
    LP_TOKEN,
    ONE_ALL,
    ONE_FOR,
    SINGLE,
    TOTAL,
    TWO,
    deposit,
    held,
    share,
    with_pool,
    withdraw,
)

from neo.ledger import Ledger
from neo.ledger.text import parse_token


@pytest.mark.parametrize(
    ("fields", "drops", "tokens"),
    [
        ({"Flags": TWO, "Amount": "10000000", "Amount2": rlusd("30")}, 10_000_000, "20"),
        ({"Flags": TWO, "Amount": "30000000", "Amount2": rlusd("20")}, 10_000_000, "20"),
        ({"Flags": SINGLE, "Amount": "19000000"}, 19_000_000, "0"),
        ({"Flags": SINGLE, "Amount": rlusd("38")}, 0, "38"),
    ],
)
def test_what_comes_out_costs_a_tenth_of_the_shares(fields: dict[str, Any], drops: int, tokens: str) -> None:
    """Both sides at a tenth, or one at 19 %: without a fee what stays is (0.9)^2 = 0.81 of it."""
    world = with_pool()
    assert withdraw(world, **fields) == "tesSUCCESS"
    now_drops, now_tokens, shares = held(world)
    assert 0 <= now_drops - 100_000_000 + drops <= 1
    assert abs(now_tokens - 200 + Decimal(tokens)) < Decimal("1e-11")
    assert abs(shares - Decimal(TOTAL) * Decimal("0.9")) < Decimal("1e-4")
    assert world.ledger.token_balance(DAVE) == 1000 - now_tokens


@pytest.mark.parametrize(
    ("fields", "drops"),
    [({"Flags": LP_TOKEN}, 10_000_000), ({"Flags": ONE_FOR, "Amount": "18999999"}, 19_000_000)],
)
def test_so_many_shares_are_worth_their_part(fields: dict[str, Any], drops: int) -> None:
    """Rounded down, and not to be had for more than that."""
    world = with_pool()
    tenth = share(world, "14142.13562373095")
    assert withdraw(world, LPTokenIn=tenth, **fields) == "tesSUCCESS"
    assert 0 <= held(world)[0] - 100_000_000 + drops <= 1
    if "Amount" in fields:
        assert withdraw(world, LPTokenIn=tenth, Flags=ONE_FOR, Amount="19000000") == "tecAMM_FAILED"


def test_a_price_in_shares_is_kept() -> None:
    """An XRP costs 707.1 shares and more; at 0.0007443 a drop a tenth of the shares is given for 19 XRP."""
    world = with_pool()
    assert withdraw(world, Flags=LIMIT, Amount="0", EPrice=share(world, "0.00074432292756479")) == "tesSUCCESS"
    drops, _, shares = held(world)
    assert abs(drops - 81_000_000) < 10
    assert abs(shares - Decimal(TOTAL) * Decimal("0.9")) < Decimal("0.1")


def test_the_last_share_ends_the_pool() -> None:
    """Its account, its lines and its entry are gone, both sides are back, and another may be made."""
    world = with_pool()
    pool = world.ledger.amm()
    assert pool is not None
    assert withdraw(world, Flags=ALL) == "tesSUCCESS"
    assert world.ledger.amm() is None
    assert pool.account not in world.ledger.state.accounts
    assert (world.ledger.xrp_drops(DAVE), world.tokens(DAVE)) == (10**9 - 200_000 - 10, "1000")
    assert world.ledger.owner_count(DAVE) == 1
    assert withdraw(world, Flags=ALL) == "terNO_AMM"
    assert world.pool(50_000_000, "10") == "tesSUCCESS"


def test_a_pool_that_is_ended_for_a_try_is_there_again() -> None:
    """A preview takes back all of it; the ledger that went on without one is the same."""
    world, other = with_pool(), with_pool()
    applied = world.ledger.preview(world.tx(DAVE, "AMMWithdraw", Asset={"currency": "XRP"}, **_token_side(), Flags=ALL))
    assert applied.result == "tesSUCCESS"
    assert frozen(world.ledger) == frozen(other.ledger)
    assert withdraw(world, Flags=ONE_ALL, Amount="0") == "tecAMM_BALANCE"


def _token_side() -> dict[str, Any]:
    return {"Asset2": {key: value for key, value in rlusd("0").items() if key != "value"}}


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": ALL, "Amount": "1"}, "temMALFORMED"),
        ({"Flags": SINGLE, "Amount": "0"}, "temBAD_AMOUNT"),
        ({"Flags": SINGLE, "Amount": "100000001"}, "tecAMM_BALANCE"),
        ({"Flags": SINGLE, "Amount": "100000000"}, "tecAMM_BALANCE"),
        ({"Flags": TWO, "Amount": "1", "Amount2": "1"}, "temBAD_AMM_TOKENS"),
        ({"Flags": LIMIT, "Amount": "1", "EPrice": "1"}, "temBAD_AMM_TOKENS"),
        ({"Flags": LP_TOKEN, "LPTokenIn": rlusd("1")}, "temBAD_AMM_TOKENS"),
        ({"Flags": 0x800000}, "temINVALID_FLAG"),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_by_its_real_name(fields: dict[str, Any], result: str) -> None:
    """And changes nothing of the pool."""
    world = with_pool()
    assert withdraw(world, **fields) == result
    assert held(world) == (100_000_000, Decimal(200), Decimal(TOTAL))


def test_nobody_takes_more_shares_than_he_has() -> None:
    """None at all, or some."""
    world = with_pool()
    assert withdraw(world, BOB, Flags=ALL) == "tecAMM_BALANCE"
    assert deposit(world, ALICE, Flags=SINGLE, Amount="1000000") == "tesSUCCESS"
    whole = share(world, "100000")
    assert withdraw(world, ALICE, Flags=LP_TOKEN, LPTokenIn=whole) == "tecAMM_INVALID_TOKENS"


def test_who_has_no_reserve_for_the_tokens_line_does_not_get_them() -> None:
    """Two entries are free; a third one, the line that the tokens would need, is not (fixAMMv1_2)."""
    world = with_pool()
    assert deposit(world, ALICE, Flags=SINGLE, Amount="1000000") == "tesSUCCESS"
    assert world.pay(ALICE, ISSUER, rlusd(world.tokens(ALICE))) == "tesSUCCESS"
    assert world.do(ALICE, "TrustSet", LimitAmount=rlusd("0")) == "tesSUCCESS"
    assert world.tokens(ALICE) == "no line"
    assert world.ask(ALICE, 1_000_000, "50") == "tesSUCCESS"
    spare = world.ledger.xrp_drops(ALICE) - 1_599_000  # what stays is a little less than three entries want
    assert world.pay(ALICE, BOB, str(spare - 10)) == "tesSUCCESS"
    assert withdraw(world, ALICE, Flags=SINGLE, Amount=rlusd("0.1")) == "tecINSUFFICIENT_RESERVE"
    assert withdraw(world, ALICE, Flags=SINGLE, Amount="100000") == "tesSUCCESS"


def test_a_ledger_with_shares_and_votes_is_the_same_when_it_is_read_back() -> None:
    """Saved as JSON and read again, it withdraws as the first one does."""
    world = with_pool(fee=500)
    assert deposit(world, ALICE, Flags=SINGLE, Amount="1000000") == "tesSUCCESS"
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    tx = world.tx(ALICE, "AMMWithdraw", Asset={"currency": "XRP"}, **_token_side(), Flags=ALL)
    assert again.apply(tx, "A" * 64).result == world.ledger.apply(tx, "A" * 64).result == "tesSUCCESS"
    assert frozen(again) == frozen(world.ledger)


@pytest.mark.parametrize(("total", "result"), [("141421.3562373", "tesSUCCESS"), ("142900", "tecAMM_INVALID_TOKENS")])
def test_the_last_holders_shares_are_the_total_if_roundings_moved_them_apart(total: str, result: str) -> None:
    """By less than a thousandth; by more, something else is wrong."""
    world = with_pool()
    amm = world.ledger.state.amm
    assert amm is not None
    amm.lp_balance = parse_token(total)
    assert withdraw(world, Flags=ALL) == result
    assert (world.ledger.amm() is None) == (result == "tesSUCCESS")
