"""Clawback: an issuer that may takes tokens back, from holders and from pools."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, DAVE, IMMEDIATE, ISSUER, World, rlusd
from support.pool_world import ASSETS, SINGLE, TOTAL, deposit, held

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0
from neo.ledger.entries import ALLOW_CLAWBACK, NO_FREEZE

FREEZE = 0x100000
ASSET, XRP_SIDE = ASSETS["Asset2"], ASSETS["Asset"]


def clawing(**made: Any) -> World:
    """A world whose issuer may claw back, as RLUSD's may: it said so before it owned or issued anything."""
    world = World(amendments=EXCHANGE_3_0, **made)
    world.ledger.state.issuer.flags |= ALLOW_CLAWBACK
    return world


def claw(world: World, holder: str, value: str) -> str:
    """Take tokens from a holder, whom the amount names."""
    return world.do(ISSUER, "Clawback", Amount=rlusd(value, issuer=holder))


def claw_pool(world: World, holder: str, value: str | None = None, **fields: Any) -> str:
    """Take tokens out of the pool, for a holder's shares."""
    amount = {} if value is None else {"Amount": rlusd(value)}
    return world.do(ISSUER, "AMMClawback", Asset=ASSET, Asset2=XRP_SIDE, Holder=holder, **amount, **fields)


@pytest.mark.parametrize("flags", [0, 0x100000, 0x100000 | 0x400000])
def test_tokens_are_taken_from_a_holder_frozen_or_not(flags: int) -> None:
    """So many, or all there are."""
    world = clawing()
    if flags:
        frozen_line = rlusd("0", issuer=ALICE)
        assert world.do(ISSUER, "TrustSet", LimitAmount=frozen_line, Flags=flags) == "tesSUCCESS"
    assert claw(world, ALICE, "400") == "tesSUCCESS"
    assert world.tokens(ALICE) == "600"
    assert claw(world, ALICE, "601") == "tesSUCCESS"
    assert world.tokens(ALICE) == "0"
    assert claw(world, ALICE, "1") == "tecINSUFFICIENT_FUNDS"


def test_an_offer_whose_tokens_were_clawed_back_is_removed_when_it_is_met() -> None:
    """Half taken, it fills by half; all taken, it goes unfilled."""
    world = clawing()
    for maker in (ALICE, BOB):
        assert world.bid(maker, 500_000_000, "1000") == "tesSUCCESS"
    assert claw(world, ALICE, "1000") == "tesSUCCESS"
    assert claw(world, BOB, "500") == "tesSUCCESS"
    assert world.ask(CAROL, 500_000_000, "1000", Flags=IMMEDIATE) == "tesSUCCESS"
    assert world.tokens(CAROL) == "1500"
    assert list(world.ledger.book("bids")) == []


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Amount": "5"}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("5")}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("0", issuer=ALICE)}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("5", issuer=ALICE), "Holder": ALICE}, "temMALFORMED"),
        ({"Amount": rlusd("5", issuer=ALICE), "Flags": 1}, "temINVALID_FLAG"),
        ({"Amount": rlusd("5", issuer=ALICE, currency="USD")}, "tecNO_LINE"),
        ({"Amount": rlusd("5", issuer="rrrrrrrrrrrrrrrrrrrrBZbvji")}, "terNO_ACCOUNT"),
    ],
)
def test_what_cannot_be_clawed_back_is_refused_by_its_real_name(fields: dict[str, Any], result: str) -> None:
    """Nothing moves."""
    world = clawing()
    assert world.do(ISSUER, "Clawback", **fields) == result
    assert world.tokens(ALICE) == "1000"


@pytest.mark.parametrize("flags", [0, ALLOW_CLAWBACK | NO_FREEZE])
def test_who_may_not_claw_back_does_not(flags: int) -> None:
    """An issuer that never said it may, and one that gave freezing up."""
    world = World(amendments=EXCHANGE_3_0)
    assert world.pool() == "tesSUCCESS"
    world.ledger.state.issuer.flags |= flags
    assert claw(world, ALICE, "1") == "tecNO_PERMISSION"
    assert claw_pool(world, DAVE) == "tecNO_PERMISSION"
    pool = world.ledger.amm()
    assert pool is not None
    assert claw(world, pool.account, "1") == "tecAMM_ACCOUNT"


def test_a_pool_of_a_token_that_may_be_clawed_back_can_be_made_since_amm_clawback() -> None:
    """Before, it could not."""
    assert clawing().pool() == "tesSUCCESS"
    older = World(amendments=EXCHANGE_2_3)
    older.ledger.state.issuer.flags |= ALLOW_CLAWBACK
    assert older.pool() == "tecNO_PERMISSION"


def test_out_of_a_pool_the_issuer_takes_its_tokens_and_the_holder_gets_the_xrp() -> None:
    """20 of 200 tokens are a tenth: a tenth of the shares goes, and 10 of 100 XRP come back to Dave."""
    world = clawing()
    assert world.pool(100_000_000, "200") == "tesSUCCESS"
    before = world.ledger.xrp_drops(DAVE)
    assert claw_pool(world, DAVE, "20") == "tesSUCCESS"
    drops, tokens, shares = held(world)
    assert abs(drops - 90_000_000) <= 1
    assert abs(tokens - 180) < Decimal("1e-11")
    assert abs(shares - Decimal(TOTAL) * Decimal("0.9")) < Decimal("1e-8")
    assert world.ledger.xrp_drops(DAVE) == before + 100_000_000 - drops
    assert world.tokens(DAVE) == "800"


def test_all_of_a_holders_shares_go_if_they_are_worth_less_or_no_amount_is_named() -> None:
    """Alice's here; with Dave's, the last ones, the pool goes too."""
    for value in ("150", None):
        world = clawing()
        assert world.pool(100_000_000, "200") == "tesSUCCESS"
        assert deposit(world, ALICE, Flags=SINGLE, Amount=rlusd("42")) == "tesSUCCESS"
        assert claw_pool(world, ALICE, value) == "tesSUCCESS"
        assert world.ledger.owner_count(ALICE) == 1
        assert abs(Decimal(world.tokens(ALICE)) - 958) < Decimal("1e-11")  # what came was taken, to the last digits
        assert abs(held(world)[0] - Decimal("1e9") / 11) < 2  # of 11 shares in 10 + 1 one is gone
        assert claw_pool(world, ALICE, value) == "tecAMM_BALANCE"
        assert claw_pool(world, DAVE) == "tesSUCCESS"
        assert world.ledger.amm() is None


def test_the_reserve_for_having_frozen_a_pools_line_comes_back_when_the_pool_goes() -> None:
    """The issuer keeps one entry's reserve for its freeze, until the last shares are clawed out of the pool."""
    world = clawing()
    assert world.pool(100_000_000, "200") == "tesSUCCESS"
    amm = world.ledger.amm()
    assert amm is not None
    pools_line = rlusd("0", issuer=amm.account)
    assert world.do(ISSUER, "TrustSet", LimitAmount=pools_line, Flags=FREEZE) == "tesSUCCESS"
    assert world.ledger.owner_count(ISSUER) == 1
    assert claw_pool(world, DAVE) == "tesSUCCESS"
    assert (world.ledger.amm(), world.ledger.owner_count(ISSUER), world.ledger.owner_count(DAVE)) == (None, 0, 1)


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Flags": 2}, "temINVALID_FLAG"),
        ({"Holder": ISSUER}, "temMALFORMED"),
        ({"Asset": XRP_SIDE, "Asset2": ASSET}, "temMALFORMED"),
        ({"Amount": "5"}, "temBAD_AMOUNT"),
        ({"Amount": rlusd("0")}, "temBAD_AMOUNT"),
        ({"Holder": "rrrrrrrrrrrrrrrrrrrrBZbvji"}, "terNO_ACCOUNT"),
    ],
)
def test_what_cannot_be_clawed_out_of_a_pool_is_refused_by_its_real_name(fields: dict[str, Any], result: str) -> None:
    """Nothing moves."""
    world = clawing()
    assert world.pool(100_000_000, "200") == "tesSUCCESS"
    whole = {"Asset": ASSET, "Asset2": XRP_SIDE, "Holder": DAVE} | fields
    assert world.do(ISSUER, "AMMClawback", **whole) == result
    assert held(world) == (100_000_000, Decimal(200), Decimal(TOTAL))
